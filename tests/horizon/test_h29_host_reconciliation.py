"""H29: counter data and host data differed, and were put right centrally without the shop's knowledge.

HQ's totals are computed from the station's signed journal, never from a feed of their own; where a table of HQ was
altered, both sides are told the same, the entry is named, and the station's figures stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from hq_server.config import Settings
from hq_server.db import open_engine
from station_journal.facts.integrity import BooksChecked
from station_journal.records import AlarmCode, AlarmRaised
from station_pos.demo.headquarters import ADMIN
from station_pos.demo.processes import WorldError
from tests.horizon.harness import Case, books_agree


def alter_hq(case: Case, *damage: str) -> None:
    """Change HQ's tables as somebody with the database's password could."""
    engine = open_engine(Settings(data=case.world.hq.data))
    with engine.begin() as connection:
        for sql in damage:
            assert connection.execute(text(sql), {"code": case.shop.code}).rowcount == 1
    engine.dispose()


def checked(case: Case) -> list[Any]:
    """Have HQ check this station as it does at night; give what it found, in words."""
    try:
        case.world.hq.ask(None, "integrity", "run", "--station", case.shop.code)
    except WorldError:
        found: dict[str, Any] = case.world.hq.ask(None, "integrity", "list", "--station", case.shop.code)
        return list(found["faults"])
    return []


def told(case: Case, kind: type) -> list[Any]:
    """What HQ's journal, as the station holds it, says of a kind."""
    return [fact for _, fact in case.journals().facts(kind)]


def test_h29_a_table_altered_at_hq_is_named_to_both_sides_and_moves_no_figure(
    open_case: Callable[..., Case],
) -> None:
    case = open_case()
    sales = [case.day.sell(case.owes("SCDL", f"290000000{n}", f"H29-{n}", 6_000, 101)) for n in range(2)]
    journals = books_agree(case)
    assert checked(case) == []
    case.heard(lambda: told(case, BooksChecked))

    altered, dropped = (sale["seq"] for sale in sales)
    amounts = {seq: journals.books.payments[seq].amount_fen for seq in (altered, dropped)}
    alter_hq(
        case,
        f"UPDATE payments SET amount_fen = amount_fen + 100 WHERE station_code = :code AND seq = {altered}",
        f"DELETE FROM payments WHERE station_code = :code AND seq = {dropped}",
    )
    faults = checked(case)
    assert {fault["seq"]: fault["amount_fen"] for fault in faults} == {altered: 100, dropped: -amounts[dropped]}

    case.heard(lambda: told(case, BooksChecked)[-1].faults == 2 == len(told(case, AlarmRaised)))
    assert {(one.code, one.station_seq, one.amount_fen) for one in told(case, AlarmRaised)} == {
        (AlarmCode.BOOKS_DIFFER, altered, 100),
        (AlarmCode.BOOKS_DIFFER, dropped, amounts[dropped]),
    }
    after = case.journals()
    assert {of: fen for of, fen in after.books.balances.items() if fen} == {
        of: fen for of, fen in journals.books.balances.items() if fen
    }

    case.world.hq.ask(ADMIN, "replay", wrong_ok=True)
    assert checked(case) == []
    case.heard(lambda: told(case, BooksChecked)[-1].faults == 0)
    books_agree(case)
