"""H13: a removed till that held zero of something still counted as active, and the branch could not close.

Zero balances and what was taken away never affect a close: it has the figures it would have had without them.
"""

from __future__ import annotations

from pathlib import Path

from station_journal.facts.cash import CashReason, CloseVerdict, DayClosed, NoteLine
from station_journal.records import OperatorRole, Outcome
from station_pos.commands.cash_orders import CancelPouch, CloseDay, CountDay, CountFloat, MoveCash, SealPouch
from station_pos.commands.orders import EnrolOperator, ReturnCash
from station_pos.demo.station_process import CLERK_NO, OWNER_NO
from tests.horizon.harness import Case, balances, books_agree
from tests.station_pos.world import CLERK, OWNER, WATER, World

FLOAT = (NoteLine(10_000, 5),)

GONE_NO, HELD_FEN = 9, 12_300


def test_h13_what_was_used_to_zero_and_removed_reaches_no_close_no_paper_and_neither_book(drawer_case: Case) -> None:
    case = drawer_case
    case.put_in(60_000)
    assert case.close_day(case.count(case.drawer_fen()))["accepted"]
    before = books_agree(case)
    papers = len(case.slips())

    # A second counter's operator, a pouch, cash and a bill: each used, brought back to zero, and gone.
    case.station.sign_in(OWNER_NO)
    role = OperatorRole.CLERK
    assert case.station.ask("enrol_operator", new_operator_no=GONE_NO, name="王五", role=role)["accepted"]
    label = f"FD{case.shop.code[-4:]}001301"
    assert case.station.ask("seal_pouch", label=label, notes=[[10_000, 5]])["accepted"]
    assert case.station.ask("cancel_pouch", label=label)["accepted"]
    case.put_in(HELD_FEN)
    case.put_in(-HELD_FEN)
    case.world.biller.fault("SCDL", "decline")
    payment = case.day.settled(case.day.take(case.day.queue.next("SCDL")), "DECLINED")
    case.day.hand_back(payment["seq"], "declined")
    assert case.station.ask("enrol_operator", new_operator_no=GONE_NO, name="(离岗)", role=role)["accepted"]
    case.station.sign_in(CLERK_NO)

    assert case.close_day(case.count(case.drawer_fen()))["accepted"]
    after = books_agree(case)
    first, second = [fact for _, fact in after.facts(DayClosed)][-2:]
    assert isinstance(first, DayClosed)
    assert isinstance(second, DayClosed)
    left_fen = case.drawer_fen()
    assert (second.z_no, second.opening_fen, second.expected_fen) == (first.z_no + 1, left_fen, left_fen)
    assert second.pending_count == first.pending_count
    assert balances(after) == balances(before)
    (sheet,) = [one for one in case.hq_books()["closes"] if one["z_no"] == second.z_no]
    assert (sheet["difference_fen"], sheet["disputed"], sheet["unexplained"]) == (0, False, False)
    slips = [slip.text for slip in case.slips()[papers:] if f"Z {second.z_no:04d} 号" in slip.text]
    assert len(slips) == 2
    yuan = f"{second.expected_fen // 100:,}.{second.expected_fen % 100:02d}"
    assert all(yuan in text and "王五" not in text and "离岗" not in text for text in slips)


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
