"""What withdrawals do to the accounts: drawer, what the bank owes, what HQ must settle, in any order of sync."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station_journal.accounts import Account, Ledger, NormalSide, Posting, normal_side
from station_journal.balances import Books, accounts_digest, merge_order
from station_journal.facts.withdrawals import (
    CreditRestored,
    FailureKind,
    PayoutInstructed,
    WithdrawalPaid,
    WithdrawalPendingSlipIssued,
    WithdrawalVoidRefused,
    WithdrawalVoidRequested,
)
from station_journal.own_postings import own_records, postings_of
from station_journal.payment import Suspense
from station_journal.records import Fact, Record, Side
from station_journal.rules.withdrawal import Withdrawal, WithdrawalState, withdrawal_key
from tests.factories import journal
from tests.factories import withdrawal as wd

_RECEIVABLE = Ledger(Account.BANK_RECEIVABLE, "100")
_REFUTED = Ledger(Account.SUSPENSE, Suspense.PAYOUT_REFUTED.value)
_OVER = Ledger(Account.SUSPENSE, Suspense.OVER_PAYOUT_ALLOWANCE.value)


class Station:
    """Two journals written by hand, and the books folded from them."""

    def __init__(self) -> None:
        self.books = Books({})
        self.journals: dict[Side, list[Record]] = {Side.STATION: [], Side.HQ: []}

    def station(self, fact: Fact, seen_seq: int | None = None):
        seen = len(self.journals[Side.HQ]) if seen_seq is None else seen_seq
        return self._append(Side.STATION, journal.record(fact, seen_seq=seen))

    def hq(self, fact: Fact, seen_seq: int | None = None):
        seen = len(self.journals[Side.STATION]) if seen_seq is None else seen_seq
        return self._append(Side.HQ, journal.record(fact, seen_seq=seen, operator_no=0))

    def _append(self, side: Side, record: Record):
        self.journals[side].append(record)
        return self.books.apply(side, len(self.journals[side]), record)

    def paid_out(self, **intent: object) -> int:
        """Live through a whole withdrawal; gives the number of its intent."""
        self.station(wd.intended(self.seq + 1, **intent))
        seq = self.seq
        for fact in (wd.approved(seq), PayoutInstructed(seq), WithdrawalPaid(seq, notes_exchanged=False)):
            self.station(fact)
        return seq

    @property
    def seq(self) -> int:
        return len(self.journals[Side.STATION])

    def one(self, seq: int) -> Withdrawal:
        found = self.books.subject(Withdrawal, withdrawal_key(seq).key)
        assert found is not None
        return found

    def nonzero(self) -> dict[Ledger, int]:
        return {ledger: fen for ledger, fen in self.books.balances.items() if fen}


class TestAWithdrawal:
    def test_moves_the_drawer_when_the_cash_is_handed_out_and_not_before(self):
        station = Station()
        station.station(wd.intended())
        assert station.nonzero() == {}
        station.station(wd.approved(1))
        station.station(PayoutInstructed(1))
        assert station.nonzero() == {_RECEIVABLE: 50_000, Ledger(Account.PAYOUT_DUE): 50_000}
        station.station(WithdrawalPaid(1, notes_exchanged=False))
        assert station.nonzero() == {_RECEIVABLE: 50_000, Ledger(Account.DRAWER): -50_000}

    def test_is_the_owners_money_with_its_fee_once_the_bank_confirms_however_often(self):
        station = Station()
        seq = station.paid_out()
        for _ in range(3):
            station.hq(wd.bank(seq))
        assert station.nonzero() == {
            Ledger(Account.DRAWER): -50_000,
            Ledger(Account.OWNER_ACCOUNT): 50_100,
            Ledger(Account.SHOP_FUNDS): 100,
        }

    def test_that_the_bank_denies_after_the_cash_is_hqs_open_item_and_not_the_drawers(self):
        station = Station()
        seq = station.paid_out(amount_fen=15_000)
        effects = station.hq(wd.bank(seq, debited=False))
        assert effects.broken is Suspense.PAYOUT_REFUTED
        assert station.nonzero() == {Ledger(Account.DRAWER): -15_000, _REFUTED: -15_000}

    def test_denied_before_the_operator_says_that_the_cash_is_out_ends_alike(self):
        station = Station()
        station.station(wd.intended(amount_fen=15_000))
        station.station(wd.approved(1))
        station.station(PayoutInstructed(1))
        station.hq(wd.bank(1, debited=False))
        station.station(WithdrawalPaid(1, notes_exchanged=False))
        assert station.nonzero() == {Ledger(Account.DRAWER): -15_000, _REFUTED: -15_000}

    def test_confirmed_after_all_puts_the_suspense_right(self):
        station = Station()
        seq = station.paid_out()
        station.hq(wd.bank(seq, debited=False))
        station.hq(wd.bank(seq))
        assert _REFUTED not in station.nonzero()
        assert station.nonzero()[Ledger(Account.OWNER_ACCOUNT)] == 50_100

    @pytest.mark.parametrize("steps", [0, 1, 2])
    def test_that_fails_leaves_nothing_in_any_account(self, steps: int):
        station = Station()
        station.station(wd.intended())
        for fact in (wd.approved(1), PayoutInstructed(1))[:steps]:
            station.station(fact)
        station.station(wd.failed(1, FailureKind.REVERSED))
        assert station.nonzero() == {}
        assert station.one(1).state is WithdrawalState.FAILED

    def test_unknown_moves_nothing_until_the_bank_says_that_the_card_was_debited(self):
        station = Station()
        station.station(wd.intended())
        station.station(WithdrawalPendingSlipIssued(1, "8841", "农业银行", ""))
        station.hq(wd.bank(1))
        assert station.nonzero() == {}
        station.station(PayoutInstructed(1))
        station.station(WithdrawalPaid(1, notes_exchanged=False))
        assert station.nonzero() == {
            Ledger(Account.DRAWER): -50_000,
            Ledger(Account.OWNER_ACCOUNT): 50_100,
            Ledger(Account.SHOP_FUNDS): 100,
        }

    def test_undone_at_the_terminal_or_not_is_told_by_the_records(self):
        station = Station()
        station.station(wd.intended())
        for fact in (wd.approved(1), PayoutInstructed(1), WithdrawalVoidRequested(1)):
            station.station(fact)
        assert station.one(1).state is WithdrawalState.VOIDING
        station.station(WithdrawalVoidRefused(1, "不支持撤销"))
        assert station.one(1).state is WithdrawalState.PAYABLE
        station.station(WithdrawalPaid(1, notes_exchanged=True))
        assert station.nonzero()[Ledger(Account.DRAWER)] == -50_000

    def test_reversed_that_the_bank_debited_all_the_same_is_shown_as_money_of_the_customer(self):
        station = Station()
        station.station(wd.intended())
        station.station(wd.failed(1))
        effects = station.hq(wd.bank(1, fee_fen=0))
        assert effects.broken is Suspense.DEBITED_NOT_PAID
        owed = Ledger(Account.SUSPENSE, Suspense.DEBITED_NOT_PAID.value)
        assert station.nonzero() == {Ledger(Account.OWNER_ACCOUNT): 50_000, owed: 50_000}
        station.hq(wd.bank(1, debited=False))
        assert station.nonzero() == {}


class TestABrokenRule:
    def test_cash_without_an_approval_rests_in_suspense_until_the_bank_speaks(self):
        station = Station()
        station.station(wd.intended())
        effects = station.station(WithdrawalPaid(1, notes_exchanged=False))
        assert effects.broken is Suspense.PAYOUT_NOT_APPROVED
        station.hq(wd.bank(1, fee_fen=0))
        assert station.nonzero() == {Ledger(Account.DRAWER): -50_000, Ledger(Account.OWNER_ACCOUNT): 50_000}

    def test_cash_handed_out_twice_rests_in_suspense(self):
        station = Station()
        seq = station.paid_out()
        effects = station.station(WithdrawalPaid(seq, notes_exchanged=False))
        assert effects.broken is Suspense.PAYOUT_NOT_DUE
        assert station.nonzero()[Ledger(Account.SUSPENSE, "PAYOUT_NOT_DUE")] == -50_000

    @given(st.lists(st.integers(1, 60).map(lambda tens: tens * 1_000), min_size=1, max_size=12))
    def test_what_waits_for_the_bank_never_exceeds_free_credit_and_allowance(self, amounts: list[int]):
        station = Station()
        station.hq(journal.granted(20_000))
        station.hq(wd.terms(payout_allowance_fen=100_000))
        for amount_fen in amounts:
            station.paid_out(amount_fen=amount_fen)
        waiting_fen = station.books.balance_fen(Account.BANK_RECEIVABLE, "100")
        assert waiting_fen <= 120_000
        rest_fen = -station.nonzero().get(_OVER, 0)
        assert waiting_fen + rest_fen == sum(amounts)

    def test_terms_that_the_station_had_not_seen_do_not_bind_it(self):
        station = Station()
        station.hq(wd.terms(payout_allowance_fen=0))
        station.station(wd.intended(), seen_seq=0)
        assert station.station(wd.approved(1), seen_seq=0).broken is None
        station.station(wd.intended(2), seen_seq=0)
        assert station.station(wd.approved(3), seen_seq=1).broken is Suspense.OVER_PAYOUT_ALLOWANCE

    def test_terms_that_are_not_in_force_yet_do_not_bind_it(self):
        station = Station()
        station.hq(wd.terms(payout_allowance_fen=0, effective_on=journal.TODAY.replace(day=24)))
        station.station(wd.intended())
        assert station.station(wd.approved(1)).broken is None


class TestCreditRestored:
    def test_comes_back_once_when_the_acquirer_has_settled_with_hq(self):
        station = Station()
        station.hq(wd.terms(restores_credit=True))
        seq = station.paid_out()
        assert station.hq(CreditRestored(seq, 50_000)).broken is Suspense.NOT_RESTORABLE
        station.hq(wd.bank(seq))
        station.hq(CreditRestored(seq, 50_000))
        assert station.hq(CreditRestored(seq, 50_000)).broken is Suspense.NOT_RESTORABLE
        assert station.books.credit_free_fen(99) == 50_000
        assert station.nonzero() == {
            Ledger(Account.DRAWER): -50_000,
            Ledger(Account.SHOP_FUNDS): -49_900,
            Ledger(Account.OWNER_ACCOUNT): 100,
            Ledger(Account.BANK_CLEARING): 50_000,
            Ledger(Account.CREDIT_FREE): 50_000,
        }

    def test_never_comes_from_the_stations_own_records(self):
        station = Station()
        station.hq(wd.terms(restores_credit=True))
        station.paid_out()
        assert station.books.credit_free_fen(99) == 0


def _random_life(rng: random.Random, steps: int) -> Station:
    """Live through anything, in any order, with stale views on both sides."""
    station = Station()
    station.hq(wd.terms(restores_credit=rng.random() < 0.5))
    station.station(wd.intended(amount_fen=10_000), seen_seq=rng.randint(0, 1))
    for step in range(steps):
        target = rng.randint(1, min(station.seq, 2))
        last = {side: records[-1].seen_seq if records else 0 for side, records in station.journals.items()}
        own: list[Fact] = [
            wd.intended(step, amount_fen=rng.choice((10_000, 200_000))),
            wd.approved(target),
            wd.approved(target),
            PayoutInstructed(target),
            WithdrawalPaid(target, notes_exchanged=False),
            wd.failed(target, rng.choice(list(FailureKind))),
            WithdrawalPendingSlipIssued(target, "8841", "", ""),
            WithdrawalVoidRequested(target),
            WithdrawalVoidRefused(target, "x"),
        ]
        hqs: list[Fact] = [
            journal.granted(50_000),
            wd.bank(target, debited=rng.random() < 0.6, fee_fen=rng.choice((0, 100))),
            wd.bank(target, debited=rng.random() < 0.6),
            CreditRestored(target, 10_000),
            wd.terms(payout_allowance_fen=rng.choice((0, 150_000)), restores_credit=rng.random() < 0.5),
        ]
        if rng.random() < 0.45:
            station.hq(rng.choice(hqs), seen_seq=rng.randint(last[Side.HQ], station.seq))
        else:
            station.station(rng.choice(own), seen_seq=rng.randint(last[Side.STATION], len(station.journals[Side.HQ])))
    return station


def _canonical(station: Station, hq_count: int | None = None) -> Books:
    books = Books({})
    hqs = station.journals[Side.HQ][:hq_count]
    for side, seq, record in merge_order(enumerate(station.journals[Side.STATION], 1), enumerate(hqs, 1)):
        books.apply(side, seq, record)
    return books


@settings(max_examples=settings().max_examples * 3 // 2)
@given(st.integers(0, 2**32))
def test_figures_and_withdrawals_do_not_depend_on_when_hq_records_were_synced(number: int):
    station = _random_life(random.Random(number), 14)
    canonical = _canonical(station)
    assert {k: v for k, v in canonical.balances.items() if v} == station.nonzero()
    assert canonical.subjects == station.books.subjects
    signed = sum(
        fen if normal_side(ledger.account) is NormalSide.DEBIT else -fen
        for ledger, fen in station.books.balances.items()
    )
    assert signed == 0


@given(st.integers(0, 2**32))
def test_both_sides_compute_one_digest_whatever_hq_already_knows(number: int):
    station = _random_life(random.Random(number), 14)
    seen = station.journals[Side.STATION][-1].seen_seq
    at_station = _canonical(station, seen)
    assert accounts_digest(at_station.balances) == accounts_digest(station.books.balances_at(seen))
    for account in (Account.BANK_RECEIVABLE, Account.SUSPENSE):
        assert at_station.account_fen(account, seen) == station.books.account_fen(account, seen)


@given(st.integers(0, 2**32))
def test_what_is_due_to_customers_is_what_was_approved_and_neither_paid_nor_failed(number: int):
    station = _random_life(random.Random(number), 14)
    withdrawals = [one for one in station.books.subjects.values() if isinstance(one, Withdrawal)]
    stands = {WithdrawalState.APPROVED, WithdrawalState.PAYABLE, WithdrawalState.VOIDING}
    due_fen = sum(one.amount_fen for one in withdrawals if one.state in stands)
    assert station.books.balance_fen(Account.PAYOUT_DUE) == due_fen


@given(st.integers(0, 2**32))
def test_the_postings_of_a_withdrawal_follow_from_its_own_records_alone(number: int):
    station = _random_life(random.Random(number), 14)
    books, made = Books({}), {}
    for side, seq, record in merge_order(
        enumerate(station.journals[Side.STATION], 1), enumerate(station.journals[Side.HQ], 1)
    ):
        made[side, seq] = books.apply(side, seq, record).postings
    for one in books.subjects.values():
        if isinstance(one, Withdrawal):
            found = postings_of(one, lambda side, seq: station.journals[side][seq - 1])
            own = own_records(one)
            by_all = {place: list(made[place]) for place in own if made[place]}
            by_own: dict[tuple[Side, int], list[Posting]] = {}
            for side, seq, posting in found:
                by_own.setdefault((side, seq), []).append(posting)
            assert by_own == by_all
