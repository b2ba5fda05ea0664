"""The posting rules: what an auditor would check of every figure, whatever the order of sync."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_journal.accounts import Account, Ledger, NormalSide, normal_side
from station_journal.balances import Books, accounts_digest, merge_order
from station_journal.facts.commission import (
    DISTRIBUTION_PRODUCT,
    BranchCommissionStated,
    CommissionPaid,
    CommissionReturned,
)
from station_journal.posting import CashStatus, NotComputableError, Payment, PaymentStatus, Suspense
from station_journal.records import (
    CashReturned,
    CommissionLine,
    CommissionStated,
    Fact,
    InvoiceIssued,
    Outcome,
    PaymentResubmitted,
    PendingSlipIssued,
    ReceiptIssued,
    Record,
    ReversalAnswered,
    ReversalReason,
    ReversalRequested,
    Side,
)
from tests.factories import journal

PLAIN = journal.tariff()
WITH_FEE = journal.tariff(journal.product(fee_fen=30), journal.product(102, biller_code="JYSW"), version="v2")
TARIFFS = {PLAIN.hash: PLAIN, WITH_FEE.hash: WITH_FEE}


class Station:
    """A station's two journals, written by hand, and the books folded from them."""

    def __init__(self, *, adopt=PLAIN, credit_fen: int = 50_000):
        self.books = Books(TARIFFS)
        self.journals: dict[Side, list[Record]] = {Side.STATION: [], Side.HQ: []}
        self.station(journal.adopted(adopt))
        if credit_fen:
            self.hq(journal.granted(credit_fen))

    def station(self, fact: Fact, seen_seq: int | None = None):
        seen = len(self.journals[Side.HQ]) if seen_seq is None else seen_seq
        return self._append(Side.STATION, journal.record(fact, seen_seq=seen))

    def hq(self, fact: Fact):
        return self._append(Side.HQ, journal.record(fact, seen_seq=len(self.journals[Side.STATION]), operator_no=0))

    def _append(self, side: Side, record: Record):
        self.journals[side].append(record)
        return self.books.apply(side, len(self.journals[side]), record)

    @property
    def seq(self) -> int:
        return len(self.journals[Side.STATION])

    def fen(self, account: Account, party: str = "") -> int:
        return self.books.balance_fen(account, party)

    def payment(self, seq: int) -> Payment:
        payment = self.books.payment(seq)
        assert payment is not None
        return payment

    def nonzero(self) -> dict[Ledger, int]:
        return {ledger: fen for ledger, fen in self.books.balances.items() if fen}


class TestABill:
    def test_holds_credit_and_takes_the_cash_before_anybody_is_asked(self):
        station = Station()
        station.station(journal.taken())
        assert station.nonzero() == {
            Ledger(Account.BANK_CLEARING): 50_000,
            Ledger(Account.CREDIT_FREE): 42_740,
            Ledger(Account.CREDIT_HELD): 7_260,
            Ledger(Account.DRAWER): 7_260,
            Ledger(Account.CUSTOMER_CASH): 7_260,
        }

    def test_is_owed_to_the_biller_once_confirmed_however_often_it_answers(self):
        station = Station()
        station.station(journal.taken())
        for _ in range(3):
            station.hq(journal.answered(station.seq))
        assert station.fen(Account.BILLER_PAYABLE, "SCDL") == 7_260
        assert station.fen(Account.CREDIT_HELD) == station.fen(Account.CUSTOMER_CASH) == 0
        assert station.fen(Account.SHOP_FUNDS) == station.fen(Account.DRAWER) == 7_260

    def test_frees_the_credit_when_declined_and_owes_the_customer_the_cash(self):
        station = Station()
        station.station(journal.taken())
        paid = station.seq
        station.hq(journal.answered(paid, Outcome.DECLINED, "already paid"))
        assert station.fen(Account.CREDIT_FREE) == 50_000
        assert station.fen(Account.CUSTOMER_CASH) == station.fen(Account.DRAWER) == 7_260
        station.station(CashReturned(paid))
        assert station.fen(Account.CUSTOMER_CASH) == station.fen(Account.DRAWER) == 0
        assert station.payment(paid).cash is CashStatus.RETURNED

    def test_stays_held_while_the_answer_is_unknown(self):
        station = Station()
        station.station(journal.taken())
        before = station.nonzero()
        station.hq(journal.answered(station.seq, Outcome.UNKNOWN))
        station.station(PendingSlipIssued(2))
        assert station.nonzero() == before
        assert station.payment(2).status is PaymentStatus.HELD

    def test_carries_the_tariff_fee_it_was_taken_under(self):
        station = Station(adopt=WITH_FEE)
        station.station(journal.taken())
        station.hq(journal.answered(station.seq))
        assert station.fen(Account.FEE_INCOME) == 30
        assert station.fen(Account.BILLER_PAYABLE, "SCDL") == 7_260
        assert station.fen(Account.DRAWER) == 7_290

    def test_sent_again_moves_no_cash_and_holds_credit_anew(self):
        station = Station()
        station.station(journal.taken(offline=True))
        station.hq(journal.answered(2, Outcome.DECLINED))
        station.station(PaymentResubmitted(2, operation_no=2))
        assert station.fen(Account.DRAWER) == station.fen(Account.CREDIT_HELD) == 7_260
        assert station.payment(2).cash is CashStatus.SENT_AGAIN
        station.hq(journal.answered(3))
        assert station.fen(Account.BILLER_PAYABLE, "SCDL") == 7_260
        assert station.fen(Account.CUSTOMER_CASH) == 0


class TestABrokenRule:
    @pytest.mark.parametrize(
        ("second", "reason"),
        [
            (journal.taken(2, bill_no="B1"), Suspense.BILL_TWICE),
            (journal.taken(1, bill_no="B2"), Suspense.OPERATION_TWICE),
            (journal.taken(2, amount_fen=42_741), Suspense.OVER_CREDIT),
            (journal.taken(2, product_code=999), Suspense.PRODUCT_UNKNOWN),
        ],
    )
    def test_rests_in_suspense_and_charges_nobody(self, second: Fact, reason: Suspense):
        station = Station()
        station.station(journal.taken())
        effects = station.station(second)
        assert effects.broken is reason
        assert station.fen(Account.SUSPENSE, reason.value) == second.amount_fen  # type: ignore[union-attr]
        assert station.fen(Account.CREDIT_FREE) == 42_740
        assert station.payment(3).status is PaymentStatus.SUSPENDED

    def test_cash_paid_out_that_was_not_due_rests_in_suspense(self):
        station = Station()
        station.station(journal.taken())
        station.station(CashReturned(2))
        assert station.fen(Account.DRAWER) == 0
        assert station.fen(Account.SUSPENSE, "CASH_NOT_DUE") == -7_260
        assert station.fen(Account.CUSTOMER_CASH) == 7_260

    def test_a_biller_that_confirms_what_it_declined_charges_nobody_at_the_station(self):
        station = Station()
        station.station(journal.taken())
        station.hq(journal.answered(2, Outcome.DECLINED))
        station.station(CashReturned(2))
        station.hq(journal.answered(2))
        assert station.fen(Account.CREDIT_FREE) == 50_000
        assert station.fen(Account.BILLER_PAYABLE, "SCDL") == 7_260
        assert station.fen(Account.SUSPENSE, "LATE_CONFIRMATION") == -7_260

    def test_a_credit_the_station_had_not_seen_cannot_be_spent(self):
        station = Station(credit_fen=0)
        station.hq(journal.granted())
        effects = station.station(journal.taken(), seen_seq=0)
        assert effects.broken is Suspense.OVER_CREDIT


class TestAReversal:
    @given(st.integers(1, 49_000), st.booleans())
    def test_puts_every_account_back_once_the_cash_is_returned(self, amount_fen: int, with_fee: bool):
        station = Station(adopt=WITH_FEE if with_fee else PLAIN)
        before = station.nonzero()
        station.station(journal.taken(amount_fen=amount_fen))
        station.hq(journal.answered(2))
        station.station(ReversalRequested(2, ReversalReason.WRONG_ACCOUNT))
        station.hq(ReversalAnswered(2, accepted=True, reason=""))
        station.hq(ReversalAnswered(2, accepted=True, reason=""))
        station.station(CashReturned(2))
        assert station.nonzero() == before

    def test_refused_moves_nothing_and_may_be_asked_for_again(self):
        station = Station()
        station.station(journal.taken())
        station.hq(journal.answered(2))
        before = station.nonzero()
        station.station(ReversalRequested(2, ReversalReason.WRONG_AMOUNT))
        station.hq(ReversalAnswered(2, accepted=False, reason="past cut-off"))
        assert station.nonzero() == before
        assert station.payment(2).reversal_seq == 0


def test_receipts_are_numbered_without_a_gap():
    station = Station()
    for number in (1, 2, 3):
        station.station(journal.taken(number, amount_fen=100))
        station.station(ReceiptIssued(station.seq))
    assert [p.receipt_no for p in station.books.payments.values()] == [1, 2, 3]


def test_commission_is_owed_net_of_the_tax_withheld():
    station = Station()
    line = CommissionLine(101, 3, 30_460, "2026-1", "304.60 x 0.5%", 235_060)
    station.hq(CommissionStated(202611, 235_060, 31_012, "LABOUR-2019", (line,)))
    assert station.fen(Account.COMMISSION_PAYABLE) == 204_048
    assert station.fen(Account.TAX_WITHHELD) == 31_012
    assert station.fen(Account.COMMISSION_EXPENSE) == 235_060


def test_commission_that_a_branch_pays_is_owed_apart_and_gone_once_it_was_paid():
    station = Station()
    line = CommissionLine(DISTRIBUTION_PRODUCT, 3, 27_000, "fx-1", "3 x 6.00", 1_800)
    station.hq(BranchCommissionStated(202611, 1_800, 200, "LABOUR-2019", (line,)))
    station.hq(CommissionStated(202611, 36, 0, "LABOUR-2019", ()))
    payable = {by: Ledger(Account.COMMISSION_PAYABLE, by) for by in ("", "BRANCH")}
    assert {by: station.books.balances.get(ledger, 0) for by, ledger in payable.items()} == {"": 36, "BRANCH": 1_600}
    station.hq(CommissionPaid(202611, True, 1_600, date(2026, 12, 18), "PO000001"))
    assert {by: station.books.balances.get(ledger, 0) for by, ledger in payable.items()} == {"": 36, "BRANCH": 0}
    station.hq(CommissionPaid(202611, False, 36, date(2026, 12, 18), "PO000002"))
    assert station.fen(Account.COMMISSION_PAYABLE) == 0
    assert station.fen(Account.BANK_ACCOUNT) == -1_636
    station.hq(CommissionReturned(202611, True, 1_600, date(2026, 12, 21), "AC04", "PO000001-1"))
    assert {by: station.books.balances.get(ledger, 0) for by, ledger in payable.items()} == {"": 0, "BRANCH": 1_600}
    assert station.fen(Account.BANK_ACCOUNT) == -36
    assert station.fen(Account.TAX_WITHHELD) == 200


def test_a_missing_tariff_is_an_error_that_names_the_record_and_never_zero():
    station = Station()
    books = Books({})
    books.apply(Side.STATION, 1, station.journals[Side.STATION][0])
    with pytest.raises(NotComputableError, match="not computable from station record 2"):
        books.apply(Side.STATION, 2, journal.record(journal.taken()))


@pytest.mark.parametrize("seq", [1, 3, 9])
def test_a_repeated_or_missing_record_is_an_error(seq: int):
    station = Station()
    with pytest.raises(NotComputableError, match="record 2 should come first"):
        station.books.apply(Side.STATION, seq, journal.record(journal.taken()))


def _random_life(rng: random.Random, steps: int) -> Station:
    """Live through anything, rule breaks and stale views included: a station need not be honest to be computable."""
    station = Station(adopt=rng.choice((PLAIN, WITH_FEE)), credit_fen=rng.choice((0, 50_000)))
    for _ in range(steps):
        station_seqs = range(1, station.seq + 2)
        target = rng.choice(station_seqs)
        last_seen = station.journals[Side.STATION][-1].seen_seq
        seen = rng.randint(last_seen, len(station.journals[Side.HQ]))
        facts: list[Fact] = [
            journal.taken(
                rng.randint(1, 6),
                bill_no=rng.choice(("", "B1", "B2")),
                product_code=rng.choice((101, 101, 102)),
                amount_fen=rng.choice((1, 7_260, 30_000)),
                offline=rng.random() < 0.3,
            ),
            CashReturned(target),
            PaymentResubmitted(target, rng.randint(1, 9)),
            ReversalRequested(target, ReversalReason.WRONG_AMOUNT),
            ReceiptIssued(target),
            PendingSlipIssued(target),
        ]
        hq_facts: list[Fact] = [
            journal.granted(rng.choice((50_000, 80_000))),
            journal.answered(target, rng.choice(list(Outcome))),
            ReversalAnswered(target, rng.random() < 0.7, ""),
            InvoiceIssued(target, "INV1"),
        ]
        if rng.random() < 0.5:
            station.hq(rng.choice(hq_facts))
        else:
            station.station(rng.choice(facts), seen_seq=seen)
    return station


def _fold(entries: Iterable[tuple[Side, int, Record]]) -> Books:
    books = Books(TARIFFS)
    for side, seq, record in entries:
        books.apply(side, seq, record)
    return books


@given(st.integers(0, 2**32))
def test_the_figures_do_not_depend_on_when_hq_records_were_synced(number: int):
    station = _random_life(random.Random(number), 40)
    ordered = merge_order(enumerate(station.journals[Side.STATION], 1), enumerate(station.journals[Side.HQ], 1))
    canonical = _fold(ordered)
    assert {k: v for k, v in canonical.balances.items() if v} == station.nonzero()
    statuses = {seq: (p.status, p.cash, p.receipt_no, p.reversal_seq) for seq, p in canonical.payments.items()}
    assert statuses == {
        seq: (p.status, p.cash, p.receipt_no, p.reversal_seq) for seq, p in station.books.payments.items()
    }


@given(st.integers(0, 2**32))
def test_credit_is_never_overspent_and_every_account_is_explained(number: int):
    station = _random_life(random.Random(number), 40)
    books = station.books
    assert books.balance_fen(Account.CREDIT_FREE) >= 0
    assert books.balance_fen(Account.CREDIT_HELD) >= 0
    held = sum(p.total_fen for p in books.payments.values() if p.status is PaymentStatus.HELD)
    assert books.balance_fen(Account.CREDIT_HELD) == held
    signed = sum(
        fen if normal_side(ledger.account) is NormalSide.DEBIT else -fen for ledger, fen in books.balances.items()
    )
    assert signed == 0


@given(st.integers(0, 2**32))
def test_both_sides_compute_one_digest_at_a_day_end_whatever_hq_already_knows(number: int):
    station = _random_life(random.Random(number), 30)
    hq_records, last = station.journals[Side.HQ], station.journals[Side.STATION][-1]
    at_station = _fold(
        merge_order(enumerate(station.journals[Side.STATION], 1), enumerate(hq_records[: last.seen_seq], 1))
    )
    at_hq = station.books.balances_at(last.seen_seq)
    assert accounts_digest(at_station.balances) == accounts_digest(at_hq)
