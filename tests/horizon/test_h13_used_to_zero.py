"""H13: a removed till that held zero of something still counted as active, and the branch could not close.

Zero balances and what was taken away never affect a close: it has the figures it would have had without them.
"""

from __future__ import annotations

from pathlib import Path

from station_journal.facts.cash import CashReason, CloseVerdict, DayClosed, NoteLine
from station_journal.records import OperatorRole, Outcome
from station_pos.commands.cash_orders import CancelPouch, CloseDay, CountDay, CountFloat, MoveCash, SealPouch
from station_pos.commands.orders import EnrolOperator, ReturnCash
from tests.station_pos.world import CLERK, OWNER, WATER, World

FLOAT = (NoteLine(10_000, 5),)


def closed(world: World, counted_fen: int) -> DayClosed:
    count = world.accepted(CountDay(CLERK, 1, (), counted_fen))
    (fact,) = world.accepted(CloseDay(CLERK, count.seq, CloseVerdict.AGREED)).facts
    assert isinstance(fact, DayClosed)
    return fact


def test_h13_what_was_used_to_zero_and_removed_leaves_the_close_as_if_it_had_never_been(tmp_path: Path) -> None:
    plain, used = World(tmp_path / "plain").ready(), World(tmp_path / "used").ready()
    for world in (plain, used):
        world.accepted(CountFloat(OWNER, FLOAT, 0))
    # A second counter's operator, a pouch, cash and a bill: each used, brought back to zero, and gone.
    used.accepted(EnrolOperator(OWNER, 9, "王五", OperatorRole.CLERK))
    used.accepted(SealPouch(9, "FD-1301", FLOAT, 0))
    used.accepted(CancelPouch(9, "FD-1301"))
    for reason in (CashReason.OWNER_IN, CashReason.OWNER_OUT):
        used.accepted(MoveCash(9, used.register.open_operation(), reason, 12_300))
    taken = used.accepted(used.pay(operator_no=9, product_code=WATER, bill_no="", amount_fen=2_000, tendered_fen=2_050))
    used.answer(taken.seq, Outcome.DECLINED)
    used.accepted(ReturnCash(9, taken.seq))
    used.accepted(EnrolOperator(OWNER, 9, "(离岗)", OperatorRole.CLERK))

    first, second = closed(plain, 49_000), closed(used, 49_000)
    assert (second.z_no, second.opening_fen, second.expected_fen) == (first.z_no, first.opening_fen, first.expected_fen)
    assert second.pending_count == first.pending_count == 0
    moved = [sum(line.in_fen - line.out_fen for line in fact.cash) for fact in (first, second)]
    assert moved[0] == moved[1]
    nonzero = "SELECT account, party, balance_fen FROM balances WHERE balance_fen<>0 ORDER BY account, party"
    assert used.rows(nonzero) == plain.rows(nonzero)
    plain.close()
    used.close()
