"""H24: the screen showed a wrong change amount, and the drawer was short.

Change shown is tender minus total of the entry about to be written, whatever was aborted before.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from station_journal.accounts import Account
from station_journal.records import BillPaymentTaken
from station_pos.demo.processes import until
from station_pos.demo.till_book import Visit
from tests.horizon.harness import Case, books_agree
from tests.horizon.terminal import ENTER, ESCAPE, Terminal

PHONE = "13908162007"


def test_h24_after_an_aborted_sale_the_change_is_of_the_new_one_on_screen_paper_and_in_the_drawer(
    open_case: Callable[..., Case],
) -> None:
    case = open_case()
    case.station.stop()
    known = case.station.secrets
    with Terminal(case.station.environment) as counter:
        counter.shows("口令", 60.0)
        counter.keys(known.pass_phrase + ENTER, then="工号")
        counter.keys("2" + ENTER, then="密码")
        counter.keys(known.pins[2] + ENTER, then="缴费")
        counter.keys(PHONE + ENTER, then="金额")
        counter.keys("48.00" + ENTER, then="实收")
        counter.keys("100", then="100")
        counter.keys(ESCAPE * 3, then="首字母")
        counter.keys(PHONE + ENTER, then="金额")
        counter.keys("12.30" + ENTER, then="实收")
        counter.keys("20" + ENTER, then="缴 成 了")
        counter.shows("找您 7.70")  # what to say to the customer: the last row of the picture
        changes = set(re.findall(r"找 ?零\s*([0-9,.]+)", counter.since_keys()))
        assert changes == {"7.70"}
        until("the receipt to be cut before the counter is left", case.slips)
    case.station.start()
    (sale,) = case.station.ask("recent", limit=5)["payments"]
    assert (sale["amount_fen"], sale["tendered_fen"]) == (1_230, 2_000)
    case.day.till.came(Visit(sale["seq"], "YDCZ", PHONE, 1_230, 2_000, 770))
    journals = books_agree(case)
    assert len(journals.facts(BillPaymentTaken)) == 1
    assert journals.books.balance_fen(Account.DRAWER) == 1_230
    assert [slip.change_fen for slip in case.slips()] == [770]
    assert [one.amount_fen for one in case.booked()] == [1_230]
