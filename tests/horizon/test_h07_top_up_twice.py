"""H07: a top-up timed out and was sent again, and the provider had two.

A timed-out outside call is unknown, stays listed, and asking again never makes a second one.
"""

from __future__ import annotations

from collections.abc import Callable

from station_journal.records import BillPaymentTaken, PendingSlipIssued
from station_pos.demo.processes import until
from tests.horizon.harness import Case, books_agree


def test_h07_a_top_up_whose_reply_is_lost_is_credited_once_although_the_clerk_tries_twice_more(
    open_case: Callable[..., Case],
) -> None:
    case = open_case(answer_wait_s=4)
    top_up = case.day.queue.top_up(3, 5_000)
    case.world.biller.fault("YDCZ", "lose_reply")
    case.world.biller.fault("YDCZ", "forget", operation="status")
    held = case.day.take(top_up)
    case.day.unknown.add(held["seq"])
    tries = [case.day.try_to_take(top_up) for _ in range(2)]
    assert [one.get("refused") for one in tries] == ["same_payment_unknown"] * 2
    listed = until("the unknown case", lambda: [one for one in case.station.cases() if one["pending_seq"]], 60.0, 0.1)
    assert [one["seq"] for one in listed] == [held["seq"]]
    assert case.station.payment(held["seq"])["status"] == "HELD"
    assert case.station.state()["credit_held_fen"] == 5_000
    third = case.day.try_to_take(top_up)
    assert third.get("refused") == "same_payment_unknown", "unknown is shown, and nobody is told to do it again"

    case.day.settled(held, "CONFIRMED", 90.0)
    case.day.unknown.clear()
    journals = books_agree(case)
    assert len(journals.facts(BillPaymentTaken)) == 1
    assert len(journals.facts(PendingSlipIssued)) == 1
    assert [(one.account_no, one.amount_fen) for one in case.booked()] == [(top_up.account_no, 5_000)]
    assert [slip.kind for slip in case.slips()] == ["pending", "receipt"]
