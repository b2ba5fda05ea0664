"""Cash by the posting rules: counts, closes and pouches, whatever the order of sync, explained to the last fen."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_journal.accounts import Account, Ledger, NormalSide, normal_side
from station_journal.balances import Books, accounts_digest, merge_order
from station_journal.codec import decode, encode
from station_journal.facts.cash import (
    CashLine,
    CashMoved,
    CashReason,
    CloseVerdict,
    DayClosed,
    DayCounted,
    FloatCounted,
    NoteLine,
    PouchAccepted,
    PouchCancelled,
    PouchReceived,
    PouchSealed,
    PouchSent,
    ServiceCash,
    TrialIssued,
)
from station_journal.payment import Suspense
from station_journal.records import Fact, Record, Side
from station_journal.rules.cash import CASH_BOOK_KEY, CashBook, CashCount, ZStatement
from station_journal.rules.pouches import IncomingPouch, OutgoingPouch, PouchState
from station_journal.subject import from_row_bytes, to_row_bytes
from tests.factories import journal

PLAIN = journal.tariff()
VECTORS = Path(__file__).parents[1] / "golden" / "wire" / "cash.json"


class Drawer:
    """A station's two journals, written by hand, and the books folded from them."""

    def __init__(self, *, float_fen: int = 50_000):
        self.books = Books({PLAIN.hash: PLAIN})
        self.journals: dict[Side, list[Record]] = {Side.STATION: [], Side.HQ: []}
        self.station(journal.adopted(PLAIN))
        self.hq(journal.granted())
        self.station(FloatCounted((), float_fen))

    def station(self, fact: Fact, seen_seq: int | None = None):
        seen = len(self.journals[Side.HQ]) if seen_seq is None else seen_seq
        return self._append(Side.STATION, journal.record(fact, seen_seq=seen))

    def hq(self, fact: Fact, seen_seq: int | None = None):
        seen = len(self.journals[Side.STATION]) if seen_seq is None else seen_seq
        return self._append(Side.HQ, journal.record(fact, seen_seq=seen, operator_no=0))

    def _append(self, side: Side, record: Record):
        assert decode(encode(record), side) == record
        self.journals[side].append(record)
        return self.books.apply(side, len(self.journals[side]), record)

    @property
    def seq(self) -> int:
        return len(self.journals[Side.STATION])

    def fen(self, account: Account, party: str = "") -> int:
        return self.books.balance_fen(account, party)

    def book(self) -> CashBook:
        found = self.books.subject(CashBook, CASH_BOOK_KEY)
        assert found is not None
        return found

    def count(self, counted_fen: int) -> int:
        self.station(DayCounted(self.book().count_no + 1, (), counted_fen))
        return self.seq

    def close(self, count_seq: int, verdict: CloseVerdict = CloseVerdict.AGREED):
        count = self.books.subject(CashCount, str(count_seq))
        expected_fen = count.expected_fen if count else 0
        book = self.book()
        fact = DayClosed(book.z_no + 1, count_seq, verdict, book.opening_fen, expected_fen, 0, (), ())
        return self.station(fact)

    def nonzero(self) -> dict[Ledger, int]:
        return {ledger: fen for ledger, fen in self.books.balances.items() if fen}


class TestAClose:
    def test_that_agrees_with_the_books_moves_nothing(self):
        drawer = Drawer()
        before = drawer.nonzero()
        assert drawer.close(drawer.count(50_000)).postings == ()
        assert drawer.nonzero() == before

    @pytest.mark.parametrize("counted_fen", [45_000, 50_500])
    def test_agreed_puts_the_difference_into_the_shops_funds(self, counted_fen: int):
        drawer = Drawer()
        drawer.close(drawer.count(counted_fen))
        assert drawer.fen(Account.DRAWER) == drawer.fen(Account.SHOP_FUNDS) == counted_fen

    @pytest.mark.parametrize("counted_fen", [45_000, 50_500])
    def test_disputed_is_owed_by_nobody_and_the_drawer_is_what_was_counted(self, counted_fen: int):
        drawer = Drawer()
        effects = drawer.close(drawer.count(counted_fen), CloseVerdict.DISPUTED)
        assert effects.broken is None, "to disagree breaks no rule"
        assert drawer.fen(Account.DRAWER) == counted_fen
        assert drawer.fen(Account.SHOP_FUNDS) == 50_000
        assert drawer.fen(Account.SUSPENSE, "CASH_DISPUTED") == counted_fen - 50_000

    def test_takes_the_difference_at_the_count_however_long_it_is_talked_over(self):
        drawer = Drawer()
        count = drawer.count(49_000)
        drawer.station(journal.taken())
        drawer.close(count)
        assert drawer.fen(Account.DRAWER) == 49_000 + 7_260
        statement = drawer.books.subject(ZStatement, "00000001")
        assert statement is not None
        assert (statement.cut_seq, statement.difference_fen) == (count, -1_000)

    def test_happens_once_a_count_and_by_the_newest_count_alone(self):
        drawer = Drawer()
        first, second = drawer.count(49_000), drawer.count(48_000)
        assert drawer.close(first).broken is Suspense.CLOSE_OUT_OF_ORDER
        assert drawer.close(second).broken is None
        assert drawer.close(second).broken is Suspense.CLOSE_OUT_OF_ORDER
        assert drawer.close(99).broken is Suspense.CLOSE_OUT_OF_ORDER
        assert drawer.fen(Account.DRAWER) == 48_000
        assert drawer.book().z_no == 1

    def test_whose_figures_are_not_those_of_the_books_charges_nobody(self):
        drawer = Drawer()
        count = drawer.count(49_000)
        wrong = DayClosed(1, count, CloseVerdict.AGREED, 0, 49_000, 0, (), ())
        assert drawer.station(wrong).broken is Suspense.FIGURES_DIFFER
        assert drawer.fen(Account.SHOP_FUNDS) == 50_000
        assert drawer.fen(Account.SUSPENSE, "FIGURES_DIFFER") == -1_000


class TestCashInAndOut:
    @given(st.sampled_from(CashReason), st.integers(1, 40_000))
    def test_and_back_is_zero_in_every_account(self, reason: CashReason, amount_fen: int):
        drawer = Drawer()
        before = drawer.nonzero()
        back = CashReason.OWNER_OUT if reason.brings_in else CashReason.OWNER_IN
        drawer.station(CashMoved(1, reason, amount_fen))
        assert drawer.nonzero() != before
        drawer.station(CashMoved(2, back, amount_fen))
        assert drawer.nonzero() == before

    def test_counts_once_a_counter_job(self):
        drawer = Drawer()
        drawer.station(CashMoved(1, CashReason.OWNER_IN, 100))
        assert drawer.station(CashMoved(1, CashReason.OWNER_IN, 100)).broken is Suspense.OPERATION_TWICE
        assert drawer.fen(Account.DRAWER) == 50_100
        assert drawer.books.standing().operation_no == 1

    def test_cash_that_is_missing_is_no_float(self):
        drawer = Drawer()
        assert drawer.station(FloatCounted((), 49_999)).broken is Suspense.FLOAT_BELOW_BOOKS
        assert drawer.fen(Account.DRAWER) == 50_000


TWO_LINES = (NoteLine(10_000, 5), NoteLine(10_000, 5), NoteLine(10_000, 5))
"""Three lines of one value are quantities that add up: 1,500.00."""


class TestAPouchToTheBranch:
    def test_and_its_cancellation_are_zero_in_every_account(self):
        drawer = Drawer(float_fen=200_000)
        before = drawer.nonzero()
        drawer.station(PouchSealed("FD-1", TWO_LINES, 0))
        assert drawer.fen(Account.CASH_IN_TRANSIT, "FD-1") == 150_000
        assert drawer.fen(Account.DRAWER) == 50_000
        drawer.station(PouchCancelled("FD-1"))
        assert drawer.nonzero() == before

    def test_received_whole_is_the_stations_claim_on_the_branch(self):
        drawer = Drawer(float_fen=200_000)
        drawer.station(PouchSealed("FD-1", TWO_LINES, 0))
        drawer.hq(PouchReceived("FD-1", 150_000, 11, 12))
        assert drawer.fen(Account.CASH_IN_TRANSIT, "FD-1") == 0
        assert drawer.fen(Account.STATION_CURRENT) == drawer.fen(Account.BRANCH_CASH) == 150_000
        assert drawer.fen(Account.SHOP_FUNDS) == drawer.fen(Account.DRAWER) == 50_000

    @pytest.mark.parametrize("counted_fen", [140_000, 160_000, 0])
    def test_counted_differently_leaves_the_difference_in_suspense(self, counted_fen: int):
        drawer = Drawer(float_fen=200_000)
        drawer.station(PouchSealed("FD-1", TWO_LINES, 0))
        drawer.hq(PouchReceived("FD-1", counted_fen, 11, 12))
        assert drawer.fen(Account.CASH_IN_TRANSIT, "FD-1") == 0
        assert drawer.fen(Account.SUSPENSE, "POUCH_DIFFERS") == counted_fen - 150_000
        assert drawer.fen(Account.STATION_CURRENT) == min(counted_fen, 150_000)

    def test_taken_back_and_received_stays_in_sight_whoever_was_heard_first(self):
        ends = []
        for cancel_first in (True, False):
            drawer = Drawer(float_fen=200_000)
            drawer.station(PouchSealed("FD-1", TWO_LINES, 0))
            seen_hq, seen_station = len(drawer.journals[Side.HQ]), drawer.seq
            if cancel_first:
                drawer.station(PouchCancelled("FD-1"), seen_seq=seen_hq)
                drawer.hq(PouchReceived("FD-1", 150_000, 11, 12), seen_seq=seen_station)
            else:
                drawer.hq(PouchReceived("FD-1", 150_000, 11, 12), seen_seq=seen_station)
                drawer.station(PouchCancelled("FD-1"), seen_seq=seen_hq)
            pouch = drawer.books.subject(OutgoingPouch, "FD-1")
            assert pouch is not None
            assert pouch.state is PouchState.CLAIMED_TWICE
            assert drawer.fen(Account.CASH_IN_TRANSIT, "FD-1") == -150_000
            ends.append(drawer.nonzero())
        assert ends[0] == ends[1]

    def test_is_sealed_cancelled_and_received_once(self):
        drawer = Drawer(float_fen=400_000)
        drawer.station(PouchSealed("FD-1", TWO_LINES, 0))
        assert drawer.station(PouchSealed("FD-1", TWO_LINES, 0)).broken is Suspense.POUCH_TWICE
        drawer.hq(PouchReceived("FD-1", 150_000, 11, 12))
        before = drawer.nonzero()
        assert drawer.hq(PouchReceived("FD-1", 150_000, 11, 12)).broken is Suspense.POUCH_TWICE
        assert drawer.nonzero() == before
        assert drawer.station(PouchCancelled("FD-1")).broken is Suspense.POUCH_BOTH_WAYS
        assert drawer.station(PouchCancelled("FD-1")).broken is Suspense.POUCH_TWICE


class TestAPouchFromTheBranch:
    def test_brings_its_cash_once_however_often_it_is_accepted(self):
        drawer = Drawer()
        drawer.hq(PouchSent("P", (NoteLine(10_000, 80),), 0, 11, 12))
        assert drawer.fen(Account.CASH_SENT, "P") == 800_000
        for _ in range(20):
            drawer.station(PouchAccepted("P", 800_000))
        assert drawer.fen(Account.DRAWER) == 850_000
        assert drawer.fen(Account.CASH_SENT, "P") == 0
        assert drawer.fen(Account.STATION_CURRENT) == drawer.fen(Account.BRANCH_CASH) == -800_000

    @pytest.mark.parametrize("counted_fen", [799_000, 801_000])
    def test_counted_differently_leaves_the_difference_in_suspense(self, counted_fen: int):
        drawer = Drawer()
        drawer.hq(PouchSent("P", (NoteLine(10_000, 80),), 0, 11, 12))
        drawer.station(PouchAccepted("P", counted_fen))
        assert drawer.fen(Account.DRAWER) == 50_000 + counted_fen
        assert drawer.fen(Account.SUSPENSE, "POUCH_DIFFERS") == counted_fen - 800_000
        assert drawer.fen(Account.CASH_SENT, "P") == 0

    def test_that_the_station_had_not_heard_of_rests_in_suspense(self):
        drawer = Drawer()
        drawer.hq(PouchSent("P", (NoteLine(10_000, 80),), 0, 11, 12))
        effects = drawer.station(PouchAccepted("P", 800_000), seen_seq=1)
        assert effects.broken is Suspense.POUCH_UNKNOWN
        assert drawer.fen(Account.SUSPENSE, "POUCH_UNKNOWN") == 800_000
        pouch = drawer.books.subject(IncomingPouch, "P")
        assert pouch is not None
        assert pouch.accepted_seq == 0


def test_golden_vectors_hold_the_bytes_for_ever():
    facts = (
        FloatCounted((NoteLine(10_000, 5),), 250),
        CashMoved(7, CashReason.OWNER_OUT, 10_000),
        PouchSealed("FD-1", TWO_LINES, 0),
        PouchCancelled("FD-1"),
        PouchAccepted("P", 800_000),
        DayCounted(1, (NoteLine(100, 24),), 200),
        TrialIssued(0, -100, 1, (CashLine(3, 2, 14_520, 0),), (ServiceCash(101, 2, 14_520),)),
        DayClosed(1, 9, CloseVerdict.DISPUTED, 0, 103_580, 1, (CashLine(3, 2, 14_520, 0),), ()),
        PouchReceived("FD-1", 150_000, 11, 12),
        PouchSent("P", (NoteLine(10_000, 80),), 0, 11, 12),
    )
    found = {type(fact).__name__: encode(journal.record(fact)).hex() for fact in facts}
    assert found == json.loads(VECTORS.read_text())


def _random_life(rng: random.Random, steps: int) -> Drawer:
    """Live through anything, rule breaks and stale views included."""
    drawer = Drawer(float_fen=rng.choice((0, 300_000)))
    labels = ("A", "B", "C")
    for _ in range(steps):
        last_seen = {side: drawer.journals[side][-1].seen_seq for side in Side}
        other = {Side.STATION: len(drawer.journals[Side.HQ]), Side.HQ: drawer.seq}
        label, amount_fen = rng.choice(labels), rng.choice((0, 100, 7_300, 60_000))
        notes = (NoteLine(100, rng.randint(0, 3)), NoteLine(100, rng.randint(0, 3)))
        book = drawer.book()
        count = drawer.books.subject(CashCount, str(book.count_seq))
        facts: list[Fact] = [
            journal.taken(rng.randint(1, 9), bill_no="", amount_fen=rng.choice((1, 7_260))),
            CashMoved(rng.randint(1, 9), rng.choice(list(CashReason)), amount_fen),
            FloatCounted(notes, amount_fen),
            PouchSealed(label, notes, amount_fen),
            PouchCancelled(label),
            PouchAccepted(label, amount_fen),
            DayCounted(book.count_no + 1, notes, amount_fen),
            TrialIssued(book.opening_fen, amount_fen, 0, (), ()),
            DayClosed(
                book.z_no + rng.randint(0, 1),
                rng.choice((book.count_seq, drawer.seq)),
                rng.choice(list(CloseVerdict)),
                book.opening_fen,
                count.expected_fen if count and rng.random() < 0.8 else amount_fen,
                0,
                (),
                (),
            ),
        ]
        hq_facts: list[Fact] = [PouchReceived(label, amount_fen, 11, 12), PouchSent(label, notes, amount_fen, 11, 12)]
        if rng.random() < 0.3:
            drawer.hq(rng.choice(hq_facts), rng.randint(last_seen[Side.HQ], other[Side.HQ]))
        else:
            drawer.station(rng.choice(facts), rng.randint(last_seen[Side.STATION], other[Side.STATION]))
    return drawer


def _merged(drawer: Drawer) -> Books:
    books = Books({PLAIN.hash: PLAIN})
    for side, seq, record in merge_order(
        enumerate(drawer.journals[Side.STATION], 1), enumerate(drawer.journals[Side.HQ], 1)
    ):
        books.apply(side, seq, record)
    return books


@given(st.integers(0, 2**32))
def test_figures_and_subjects_do_not_depend_on_when_hq_records_were_synced(number: int):
    drawer = _random_life(random.Random(number), 40)
    canonical = _merged(drawer)
    assert {k: v for k, v in canonical.balances.items() if v} == drawer.nonzero()
    assert canonical.subjects == drawer.books.subjects
    for subject in canonical.subjects.values():
        assert from_row_bytes(type(subject), to_row_bytes(subject)) == subject


@given(st.integers(0, 2**32))
def test_both_sides_compute_one_digest_whatever_hq_already_knows(number: int):
    drawer = _random_life(random.Random(number), 30)
    last = drawer.journals[Side.STATION][-1]
    at_station = Books({PLAIN.hash: PLAIN})
    for side, seq, record in merge_order(
        enumerate(drawer.journals[Side.STATION], 1), enumerate(drawer.journals[Side.HQ][: last.seen_seq], 1)
    ):
        at_station.apply(side, seq, record)
    assert accounts_digest(at_station.balances) == accounts_digest(drawer.books.balances_at(last.seen_seq))


@given(st.integers(0, 2**32))
def test_drawer_transit_and_shop_funds_are_explained_by_replay(number: int):
    drawer = _random_life(random.Random(number), 40)
    signed = sum(
        fen if normal_side(ledger.account) is NormalSide.DEBIT else -fen
        for ledger, fen in drawer.books.balances.items()
    )
    assert signed == 0
    book = drawer.book()
    if book.closed_seq:
        cut = next(
            one for one in drawer.books.subjects.values() if isinstance(one, CashCount) and one.seq == book.cut_seq
        )
        assert book.opening_fen == cut.counted_fen
    statements = [one for one in drawer.books.subjects.values() if isinstance(one, ZStatement)]
    assert sorted(one.z_no for one in statements) == list(range(1, book.z_no + 1))
    ordered = sorted(statements, key=lambda one: one.z_no)
    assert [one.after_seq for one in ordered] == [0, *(one.cut_seq for one in ordered[:-1])][: len(ordered)]
