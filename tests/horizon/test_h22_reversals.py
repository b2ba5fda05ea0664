"""H22: after an upgrade a reversal doubled what it should have cancelled.

A payment and its reversal are zero in every account, and a payment is reversed at most once.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from station_journal.accounts import Account, Ledger
from station_journal.balances import Books
from station_journal.payment import PaymentStatus
from station_journal.records import (
    CashReturned,
    ReceiptIssued,
    ReversalAnswered,
    ReversalReason,
    ReversalRequested,
    Side,
)
from tests.factories import journal as make
from tests.horizon.harness import Case, balances, books_agree


class Ledgers:
    """Both journals folded as they grow; each record has seen everything before it."""

    def __init__(self, fee_fen: int) -> None:
        tariff = make.tariff(make.product(fee_fen=fee_fen))
        self.books = Books({tariff.hash: tariff})
        self.add(Side.HQ, make.granted(2_000_000))
        self.add(Side.STATION, make.adopted(tariff))

    def add(self, side: Side, fact) -> int:
        other = Side.HQ if side is Side.STATION else Side.STATION
        seq = self.books.seqs[side] + 1
        self.books.apply(side, seq, make.record(fact, seen_seq=self.books.seqs[other]))
        return seq

    def accounts(self) -> dict[Ledger, int]:
        return {ledger: fen for ledger, fen in self.books.balances.items() if fen}


@given(
    amount_fen=st.integers(1, 500_000),
    fee_fen=st.integers(0, 500),
    offline=st.booleans(),
    with_bill=st.booleans(),
    reason=st.sampled_from(ReversalReason),
    others=st.integers(0, 3),
)
def test_h22_any_kind_of_payment_and_its_reversal_are_zero_in_every_account(
    amount_fen: int, fee_fen: int, offline: bool, with_bill: bool, reason: ReversalReason, others: int
) -> None:
    ledgers = Ledgers(fee_fen)
    for number in range(others):
        other = ledgers.add(Side.STATION, make.taken(100 + number, amount_fen=700))
        ledgers.add(Side.HQ, make.answered(other))
    before = ledgers.accounts()
    bill_no = "B1" if with_bill else ""
    taken = make.taken(1, amount_fen=amount_fen, tendered_fen=amount_fen + fee_fen, offline=offline, bill_no=bill_no)
    payment = ledgers.add(Side.STATION, taken)
    ledgers.add(Side.HQ, make.answered(payment))
    ledgers.add(Side.STATION, ReceiptIssued(payment))
    assert ledgers.accounts() != before
    ledgers.add(Side.STATION, ReversalRequested(payment, reason))
    ledgers.add(Side.HQ, ReversalAnswered(payment, accepted=True, reason=""))
    ledgers.add(Side.STATION, CashReturned(payment))
    assert ledgers.accounts() == before

    ledgers.add(Side.STATION, ReversalRequested(payment, reason))
    ledgers.add(Side.HQ, ReversalAnswered(payment, accepted=True, reason=""))
    assert ledgers.accounts() == before, "a second reversal moves nothing"
    assert ledgers.books.payments[payment].status is PaymentStatus.REVERSED


def test_h22_a_reversed_payment_leaves_every_account_of_both_books_as_it_was(open_case: Callable[..., Case]) -> None:
    case = open_case()
    day = case.day
    day.sell(day.queue.next("SCDL"))
    before = balances(books_agree(case))
    payment = day.sell(day.queue.next("ZYRQ"))
    assert payment["fee_fen"] > 0, "the fee comes back too"
    assert case.station.ask("reverse", payment_seq=payment["seq"])["accepted"]
    day.settled_as(payment["seq"], "REVERSED")
    due_fen = case.station.state()["customer_cash_fen"]
    assert due_fen == payment["amount_fen"] + payment["fee_fen"]
    day.hand_back(payment["seq"], "reversed")
    again = case.station.ask("reverse", payment_seq=payment["seq"])
    assert (again["accepted"], again["refused"]) == (False, "already_reversed")
    twice = case.station.ask("return_cash", payment_seq=payment["seq"])
    assert (twice["accepted"], twice["refused"]) == (False, "cash_not_due")
    journals = books_agree(case)
    assert balances(journals) == before
    assert journals.books.balance_fen(Account.CUSTOMER_CASH) == 0
    assert [one.status for one in case.booked()] == ["confirmed", "reversed"]
    assert [slip.kind for slip in case.slips()] == ["receipt", "receipt", "reversal"]
