"""H40: unidentified credits were held for three years and then taken as profit; no shopkeeper was ever shown them.

Money that a biller gives back without a number is shown, by a record of HQ's journal, to every station that took a
payment of that sum in those days, and stays open at HQ under the biller until two people end it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from station_journal.records import AlarmCode
from station_pos.demo.headquarters import ECOM
from tests.horizon.biller_file import BillerFile
from tests.horizon.harness import Case, books_agree

WATER = 102
SUM_FEN = 5_717


def test_h40_a_refund_without_a_number_is_shown_to_every_station_that_could_own_it(
    drawer_case: Case, open_case: Callable[..., Case]
) -> None:
    shops = (drawer_case, open_case())
    case = drawer_case
    befores, tolds = [], []
    file: BillerFile | None = None
    for one in shops:
        account = f"394{one.shop.code[-4:]}1"
        sold = one.day.sell(one.owes("JYSW", account, f"{one.shop.code}-h40", SUM_FEN, WATER))
        journals = books_agree(one)
        befores.append({str(of): fen for of, fen in journals.books.balances.items()})
        number, mine = next((no, paid) for no, paid in journals.payments().items() if paid.seq == sold["seq"])
        file = file or BillerFile("JYSW", date.fromisoformat(str(mine.business_date)), 740)
        file.line(number, account, SUM_FEN)
        tolds.append({"code": AlarmCode.UNMATCHED_CREDIT.name, "station_seq": mine.seq, "amount_fen": SUM_FEN})
    assert file is not None
    file.line("", "unknown", SUM_FEN, "REV")

    case.world.hq.run(ECOM, "import-file", file.write(case.shop.folder))
    found = case.world.hq.ask(ECOM, "reconcile", "--biller", "JYSW", "--date", file.day)
    case.world.hq.ask(ECOM, "reconcile", "--biller", "JYSW", "--date", file.day)

    assert found["breaks"]["UNIDENTIFIED_CREDIT"] == 1, "one credit, whoever could own it"
    for one, told, before in zip(shops, tolds, befores, strict=True):
        one.heard(partial(_shown, one, told))
        assert _shown(one, told) == 1, "once, however often the file is looked at"
        now = {str(of): fen for of, fen in books_agree(one).books.balances.items()}
        assert now == before, "seeing it moves nothing"


def _shown(case: Case, told: dict[str, object]) -> int:
    return sum(
        all(alarm[name] == value for name, value in told.items()) for alarm in case.station.ask("board")["alarms"]
    )
