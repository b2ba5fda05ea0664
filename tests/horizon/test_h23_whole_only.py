"""H23: reversing one line printed a full-reversal receipt and left the rest posted; the clerk was told to pay twice.

Only a whole transaction reverses, once, and the cash told to pay is the cash posted.
"""

from __future__ import annotations

from collections.abc import Callable

from station_journal.accounts import Account
from station_journal.records import ReversalRequested, Side
from tests.horizon.harness import Case, balances, books_agree


def test_h23_no_line_of_a_payment_reverses_alone_and_the_whole_reverses_once_for_what_the_slip_says(
    open_case: Callable[..., Case],
) -> None:
    case = open_case()
    day, station = case.day, case.station
    before = balances(books_agree(case))
    payment = day.sell(day.queue.next("ZYRQ"))
    total_fen = payment["amount_fen"] + payment["fee_fen"]
    assert payment["fee_fen"] > 0
    made = books_agree(case)
    lines = [seq for seq in range(1, made.head(Side.STATION)[0] + 1) if seq != payment["seq"]]
    for seq in lines:  # its receipt, its papers, whatever else the journal holds
        refused = station.ask("reverse", payment_seq=seq)
        assert (refused["accepted"], refused["refused"]) == (False, "no_such_payment")
    part = station.ask("reverse", payment_seq=payment["seq"], amount_fen=payment["fee_fen"])
    assert part["accepted"], "an amount asked for beside it means nothing: it is the whole"
    day.settled_as(payment["seq"], "REVERSED")
    assert station.state()["customer_cash_fen"] == total_fen
    day.hand_back(payment["seq"], "reversed")
    again = station.ask("reverse", payment_seq=payment["seq"])
    assert (again["accepted"], again["refused"]) == (False, "already_reversed")
    twice = station.ask("return_cash", payment_seq=payment["seq"])
    assert (twice["accepted"], twice["refused"]) == (False, "cash_not_due")
    journals = books_agree(case)
    assert balances(journals) == before
    assert len(journals.facts(ReversalRequested)) == 1
    (slip,) = [one for one in case.slips() if one.kind == "reversal"]
    assert slip.amount_fen == total_fen, "the paper says what the drawer gave"
    assert journals.books.balance_fen(Account.DRAWER) == day.till.drawer_fen() == 0
