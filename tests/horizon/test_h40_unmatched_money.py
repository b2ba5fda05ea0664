"""H40: unidentified credits were held for three years and then taken as profit; no shopkeeper was ever shown them.

Money that a biller gives back without a number is shown, by a record of HQ's journal, to the station that took a
payment of that sum in those days, and stays open at HQ under the biller until two people end it.
"""

from __future__ import annotations

from datetime import date

from station_journal.records import AlarmCode
from station_pos.demo.headquarters import ECOM
from tests.horizon.biller_file import BillerFile
from tests.horizon.harness import Case, books_agree

WATER = 102
SUM_FEN = 5_717


def test_h40_a_refund_without_a_number_is_shown_to_the_station_that_could_own_it(drawer_case: Case) -> None:
    case = drawer_case
    account = f"394{case.shop.code[-4:]}1"
    sold = case.day.sell(case.owes("JYSW", account, f"{case.shop.code}-h40", SUM_FEN, WATER))
    journals = books_agree(case)
    before = {str(of): fen for of, fen in journals.books.balances.items()}
    number, mine = next((no, one) for no, one in journals.payments().items() if one.seq == sold["seq"])
    day = date.fromisoformat(str(mine.business_date))
    file = BillerFile("JYSW", day, 740)
    file.line(number, account, SUM_FEN)
    file.line("", "unknown", SUM_FEN, "REV")

    case.world.hq.run(ECOM, "import-file", file.write(case.shop.folder))
    found = case.world.hq.ask(ECOM, "reconcile", "--biller", "JYSW", "--date", day)
    case.world.hq.ask(ECOM, "reconcile", "--biller", "JYSW", "--date", day)

    assert found["breaks"]["UNIDENTIFIED_CREDIT"] == 1
    told = {"code": AlarmCode.UNMATCHED_CREDIT.name, "station_seq": mine.seq, "amount_fen": SUM_FEN}
    case.heard(lambda: _shown(case, told))
    assert _shown(case, told) == 1, "once, however often the file is looked at"
    assert {str(of): fen for of, fen in books_agree(case).books.balances.items()} == before, "seeing it moves nothing"


def _shown(case: Case, told: dict[str, object]) -> int:
    return sum(
        all(alarm[name] == value for name, value in told.items()) for alarm in case.station.ask("board")["alarms"]
    )
