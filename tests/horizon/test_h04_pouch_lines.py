"""H04: a pouch with the same item twice lost a line; its two copies disagreed, and the rest stayed in transit.

Every copy is rendered from the one entry, equal lines are quantities that add up, and a reversal leaves nothing behind.
"""

from __future__ import annotations

from station_journal.accounts import Account
from station_pos.demo.headquarters import BRANCH, CLERK
from tests.horizon.harness import Case, balances, books_agree

LINES = [[10_000, 5], [10_000, 5], [10_000, 5]]


def test_h04_three_equal_lines_are_1500_on_both_copies_in_the_reversal_and_in_both_books(drawer_case: Case) -> None:
    case = drawer_case
    case.put_in(150_000)
    before = balances(books_agree(case))
    papers = len(case.slips())
    sealed = case.station.ask("seal_pouch", label="FD-0401", notes=LINES)
    assert sealed["accepted"]
    case.moved_fen -= 150_000
    in_transit = books_agree(case)
    assert in_transit.books.balance_fen(Account.CASH_IN_TRANSIT, "FD-0401") == 150_000
    assert case.station.ask("cancel_pouch", label="FD-0401")["accepted"]
    case.moved_fen += 150_000
    journals = books_agree(case)
    assert balances(journals) == before, "nothing is left in transit"
    first, second, reversal = [slip for slip in case.slips()[papers:] if "FD-0401" in slip.text]
    for copy in (first, second, reversal):
        assert copy.text.count("100 元 x 5") == 3
        assert copy.amount_fen == 150_000
    assert first.text.replace("第 1 联", "") == second.text.replace("第 2 联", "")


def test_h04_what_the_branch_counts_clears_the_transit_whole(drawer_case: Case) -> None:
    case = drawer_case
    case.put_in(150_000)
    assert case.station.ask("seal_pouch", label="FD-0402", notes=LINES)["accepted"]
    case.moved_fen -= 150_000
    before = books_agree(case).books.balance_fen(Account.STATION_CURRENT)
    entered = case.world.hq.ask(CLERK, "pouch", "receive", case.shop.code, "FD-0402", "1500.00")
    case.world.hq.run(BRANCH, "pouch", "approve", case.shop.code, entered["entry_no"])
    case.heard(lambda: not case.station.ask("pouches")["outgoing"])
    journals = books_agree(case)
    assert journals.books.balance_fen(Account.CASH_IN_TRANSIT, "FD-0402") == 0
    assert journals.books.balance_fen(Account.STATION_CURRENT) == before + 150_000
    refused = case.station.ask("cancel_pouch", label="FD-0402")
    assert refused["refused"] == "pouch_collected"
