"""Custody balances like money, cash on delivery like a bill, whatever the order of sync."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_journal.accounts import Account, Ledger, NormalSide, normal_side
from station_journal.balances import Books, merge_order
from station_journal.facts.parcels import (
    CaseCause,
    CodReturned,
    ConsentGiven,
    ConsentRevoked,
    ConsentScope,
    ConsentSource,
    CourierNamed,
    DamageLeg,
    GivenBack,
    ParcelCaseOpened,
    ParcelLost,
    ParcelRefused,
    ParcelReshelved,
    ParcelRuled,
    ParcelsReceived,
    ParcelsReturned,
    PickupTryFailed,
    Place,
    ReminderNoted,
    ReminderOutcome,
    ReturnedParcel,
    ReturnReason,
    UpliftSigned,
    Waybill,
    WaybillGivenBack,
)
from station_journal.parcel import CodeUse, CustodyTotal, Parcel
from station_journal.payment import Suspense
from station_journal.records import Fact, Record, Side
from station_journal.rules import subject_keys
from station_journal.rules.parcels import custody_counts
from station_journal.subject import Subject, SubjectKey, from_row_bytes, to_row_bytes
from tests.factories import journal
from tests.factories.parcels import PHONE, RECIPIENT, accepted, announced, handed, line, scanned_in

TARIFF = journal.tariff()
TARIFFS = {TARIFF.hash: TARIFF}


class NamedBooks(Books):
    """Books that give a rule only the subjects its record names, as HQ's bulk reading does."""

    allowed: frozenset[SubjectKey] = frozenset()

    def apply(self, side, seq, record):
        wanted, named = set(subject_keys(seq, record)), set()
        while wanted:
            named |= wanted
            found = [self.subjects[key] for key in wanted if key in self.subjects]
            wanted = {key for subject in found for key in subject.related} - named
        self.allowed = frozenset(named)
        return super().apply(side, seq, record)

    def subject(self, subject_class, key):
        place = SubjectKey(subject_class.SUBJECT, key)
        assert place in self.allowed, f"the record does not name {place}"
        return super().subject(subject_class, key)


class Station:
    """A station's two journals and the books folded from them as the records come."""

    def __init__(self, credit_fen: int = 50_000):
        self.books = NamedBooks(TARIFFS)
        self.journals: dict[Side, list[Record]] = {Side.STATION: [], Side.HQ: []}
        self.today = journal.TODAY
        if credit_fen:
            self.hq(journal.granted(credit_fen))

    def station(self, fact: Fact, seen_seq: int | None = None):
        seen = len(self.journals[Side.HQ]) if seen_seq is None else seen_seq
        record = replace(journal.record(fact, seen_seq=seen), business_date=self.today)
        return self._append(Side.STATION, record)

    def hq(self, fact: Fact, seen_seq: int | None = None):
        seen = len(self.journals[Side.STATION]) if seen_seq is None else seen_seq
        return self._append(Side.HQ, journal.record(fact, seen_seq=seen, operator_no=0))

    def _append(self, side: Side, record: Record):
        self.journals[side].append(record)
        return self.books.apply(side, len(self.journals[side]), record)

    def parcel(self, waybill: str) -> Parcel:
        found = self.books.subjects[Parcel(waybill).place]
        assert isinstance(found, Parcel)
        return found

    def fen(self, account: Account, party: str = "") -> int:
        return self.books.balance_fen(account, party)


def test_an_announced_item_goes_from_courier_to_shelf_to_customer():
    station = Station()
    station.hq(announced(line("W1")))
    assert station.parcel("W1").where is Place.EXPECTED
    station.station(scanned_in("W1", "A-01-001"))
    assert station.parcel("W1").where is Place.SHELF
    assert station.station(handed("W1")).broken is None
    assert station.parcel("W1").where is Place.CUSTOMER
    assert _totals(station.books) == {Place.CUSTOMER: 1}


class TestCashOnDelivery:
    def test_consumes_credit_and_is_owed_to_the_sender_exactly(self):
        station = Station()
        station.hq(announced(line("W1", 19_900), line("W2", 1), line("W3")))
        for number, waybill in enumerate(("W1", "W2", "W3"), 1):
            station.station(scanned_in(waybill, f"A-01-{number:03d}"))
        assert station.station(handed("W1", "W2", "W3", collected_fen=19_901)).broken is None
        assert station.fen(Account.DRAWER) == station.fen(Account.SHOP_FUNDS) == 19_901
        assert station.fen(Account.CREDIT_FREE) == 50_000 - 19_901
        assert station.fen(Account.COD_PAYABLE, "JLG") == 19_901

    @pytest.mark.parametrize(("collected_fen", "rule"), [(19_899, "COD_NOT_EXACT"), (0, "COD_NOT_EXACT")])
    def test_that_is_not_exact_rests_in_suspense(self, collected_fen: int, rule: str):
        station = Station()
        station.hq(announced(line("W1", 19_900)))
        station.station(scanned_in("W1", "A-01-001"))
        assert station.station(handed("W1", collected_fen=collected_fen)).broken == rule
        assert station.fen(Account.SUSPENSE, rule) == collected_fen
        assert station.fen(Account.CREDIT_FREE) == 50_000

    def test_above_the_credit_rests_in_suspense_and_the_item_is_gone_all_the_same(self):
        station = Station(credit_fen=100)
        station.hq(announced(line("W1", 19_900)))
        station.station(scanned_in("W1", "A-01-001"))
        assert station.station(handed("W1", collected_fen=19_900)).broken is Suspense.OVER_CREDIT
        assert station.fen(Account.SUSPENSE, "OVER_CREDIT") == 19_900
        assert station.fen(Account.CREDIT_FREE) == 100
        assert station.parcel("W1").where is Place.CUSTOMER

    def test_that_the_station_had_not_heard_of_is_not_collected(self):
        station = Station()
        station.hq(announced(line("W1", 19_900)))
        station.station(scanned_in("W1", "A-01-001"), seen_seq=1)
        assert station.station(handed("W1"), seen_seq=1).broken is None

    def test_is_not_collected_again_for_an_item_that_was_brought_back(self):
        station = Station()
        station.hq(announced(line("W1", 19_900)))
        station.station(scanned_in("W1", "A-01-001"))
        station.station(handed("W1", collected_fen=19_900))
        station.station(ParcelCaseOpened("W1", CaseCause.CONTESTED, DamageLeg.NOT_DAMAGE))
        station.station(ParcelReshelved("W1", "A-01-002"))
        assert station.station(handed("W1")).broken is None
        assert station.fen(Account.COD_PAYABLE, "JLG") == station.fen(Account.DRAWER) == 19_900

    def test_of_a_refused_item_books_nothing(self):
        station = Station()
        station.hq(announced(line("W1", 19_900)))
        station.station(scanned_in("W1", "A-01-001"))
        assert not station.station(ParcelRefused("W1")).postings
        station.station(ParcelsReturned(101, "李师傅", (ReturnedParcel("W1", ReturnReason.REFUSED),)))
        assert station.parcel("W1").where is Place.COURIER
        assert station.fen(Account.DRAWER) == 0


class TestCashOnDeliveryGivenBack:
    def brought_back(self, days: int = 0) -> Station:
        station = Station()
        station.hq(announced(line("W1", 19_900)))
        station.station(scanned_in("W1", "A-01-001"))
        station.station(handed("W1", collected_fen=19_900))
        station.today += timedelta(days=days)
        station.station(ParcelCaseOpened("W1", CaseCause.CONTESTED, DamageLeg.NOT_DAMAGE))
        station.station(ParcelReshelved("W1", "A-01-002"))
        return station

    def test_on_the_same_day_undoes_every_account_and_may_be_collected_again(self):
        station = self.brought_back()
        assert station.station(CodReturned("W1", 19_900)).broken is None
        assert station.fen(Account.CREDIT_FREE) == 50_000
        assert {fen for ledger, fen in station.books.balances.items() if ledger.account is not Account.CREDIT_FREE} <= {
            0,
            50_000,
        }
        assert station.fen(Account.DRAWER) == station.fen(Account.COD_PAYABLE, "JLG") == 0
        assert station.station(CodReturned("W1", 19_900)).broken is Suspense.COD_NOT_RETURNABLE
        assert station.fen(Account.SUSPENSE, "COD_NOT_RETURNABLE") == -19_900
        assert station.station(handed("W1", collected_fen=19_900)).broken is None
        assert station.fen(Account.COD_PAYABLE, "JLG") == 19_900

    @pytest.mark.parametrize(
        ("days", "amount_fen"), [(1, 19_900), (0, 19_899), (0, 19_901)], ids=["the day after", "less", "more"]
    )
    def test_otherwise_leaves_the_senders_money_alone(self, days: int, amount_fen: int):
        station = self.brought_back(days)
        assert station.station(CodReturned("W1", amount_fen)).broken is Suspense.COD_NOT_RETURNABLE
        assert station.fen(Account.COD_PAYABLE, "JLG") == 19_900
        assert station.fen(Account.CREDIT_FREE) == 50_000 - 19_900

    def test_while_the_customer_has_the_item_is_a_broken_rule(self):
        station = Station()
        station.hq(announced(line("W1", 19_900)))
        station.station(scanned_in("W1", "A-01-001"))
        station.station(handed("W1", collected_fen=19_900))
        assert station.station(CodReturned("W1", 19_900)).broken is Suspense.PARCEL_NOT_HERE
        assert station.fen(Account.COD_PAYABLE, "JLG") == 19_900


class TestOnce:
    def test_an_item_is_received_and_handed_off_once(self):
        station = Station()
        station.station(scanned_in("W1", "A-01-001"))
        assert station.station(scanned_in("W1", "A-01-002")).broken is Suspense.PARCEL_TWICE
        station.station(handed("W1"))
        assert station.station(handed("W1", collected_fen=500)).broken is Suspense.PARCEL_TWICE
        assert station.fen(Account.SUSPENSE, "PARCEL_TWICE") == 500
        assert station.parcel("W1").code == "A-01-001"

    def test_a_code_is_not_given_to_two_items_nor_again_within_thirty_days(self):
        station = Station()
        station.station(scanned_in("W1", "A-01-001"))
        assert station.station(scanned_in("W2", "A-01-001")).broken is Suspense.CODE_TWICE
        station.station(handed("W1"))
        station.today += timedelta(days=29)
        assert station.station(scanned_in("W3", "A-01-001")).broken is Suspense.CODE_TWICE
        station.station(handed("W3"))
        station.today += timedelta(days=30)
        assert station.station(scanned_in("W4", "A-01-001")).broken is None

    def test_postage_is_taken_once_for_an_item(self):
        station = Station()
        assert station.station(accepted("W1")).broken is None
        assert station.fen(Account.POSTAGE_PAYABLE, "POST") == 1_200
        assert station.station(accepted("W1")).broken is Suspense.PARCEL_TWICE
        station.station(UpliftSigned(101, "李师傅", (Waybill("W1"),)))
        assert station.parcel("W1").where is Place.COURIER


def test_five_wrong_tries_lock_a_code_until_the_item_has_a_new_label():
    station = Station()
    station.station(scanned_in("W1", "A-01-001"))
    for _ in range(4):
        station.station(PickupTryFailed("W1"))
    assert not station.parcel("W1").locked
    station.station(PickupTryFailed("W1"))
    assert station.parcel("W1").locked
    station.station(ParcelReshelved("W1", "A-01-002"))
    assert not station.parcel("W1").locked


def test_a_standing_consent_counts_for_later_items_until_it_is_revoked():
    station = Station()
    station.station(ConsentGiven("", RECIPIENT, PHONE, ConsentScope.STANDING, ConsentSource.BY_PHONE))
    station.station(scanned_in("W1", "A-01-001"))
    assert station.parcel("W1").has_consent
    station.station(ConsentRevoked(RECIPIENT, PHONE))
    station.station(scanned_in("W2", "A-01-002"))
    assert not station.parcel("W2").has_consent


class TestARuling:
    def test_lies_over_what_hq_had_seen_until_the_station_goes_on(self):
        station = Station()
        station.station(scanned_in("W1", "A-01-001"))
        station.station(ParcelCaseOpened("W1", CaseCause.NOT_FOUND, DamageLeg.NOT_DAMAGE))
        station.hq(ParcelRuled("W1", Place.LOST, "searched twice"))
        assert station.parcel("W1").where is Place.LOST
        assert station.station(handed("W1")).broken is Suspense.PARCEL_NOT_HERE

    def test_on_what_hq_had_not_seen_does_nothing(self):
        station = Station()
        station.station(scanned_in("W1", "A-01-001"))
        station.station(ParcelCaseOpened("W1", CaseCause.NOT_FOUND, DamageLeg.NOT_DAMAGE))
        station.station(ParcelReshelved("W1", "A-01-001"))
        station.hq(ParcelRuled("W1", Place.LOST, ""), seen_seq=2)
        assert station.parcel("W1").where is Place.SHELF


_WAYBILLS = ("W1", "W2", "W3")
_CODES = ("A-01-001", "A-01-002", "B-02-001")


def _station_fact(rng: random.Random) -> Fact:
    some = tuple(rng.choice(_WAYBILLS) for _ in range(rng.randint(1, 3)))
    one, code = some[0], rng.choice(_CODES)
    return rng.choice(
        (
            scanned_in(one, code, rng.randint(1, 3)),
            scanned_in(one, code, rng.randint(1, 3)),
            ParcelsReceived(
                rng.randint(1, 3),
                rng.choice(("M1", "M2", "")),
                101,
                "",
                courier_signed=False,
                missing=tuple(map(Waybill, some)),
                given_back=(WaybillGivenBack(rng.choice(_WAYBILLS), GivenBack.NOT_ANNOUNCED),),
            ),
            ParcelReshelved(one, code),
            ReminderNoted(one, ReminderOutcome.NOTIFIED),
            handed(*some, collected_fen=rng.choice((0, 5_000, 19_900, 24_900))),
            ParcelRefused(one),
            ParcelCaseOpened(one, rng.choice(list(CaseCause)), DamageLeg.AT_STATION),
            ParcelsReturned(101, "", tuple(ReturnedParcel(w, ReturnReason.OVERDUE) for w in some)),
            ParcelLost(one, 16),
            accepted(one, rng.choice((0, 1_200, 60_000))),
            UpliftSigned(101, "", tuple(map(Waybill, some))),
            ConsentGiven(one, RECIPIENT, PHONE, rng.choice(list(ConsentScope)), ConsentSource.BY_PHONE),
            ConsentRevoked(RECIPIENT, PHONE),
            PickupTryFailed(one),
            CodReturned(one, rng.choice((0, 5_000, 19_900))),
        )
    )


def _hq_fact(rng: random.Random) -> Fact:
    lines = tuple(line(w, rng.choice((0, 5_000, 19_900))) for w in rng.sample(_WAYBILLS, 2))
    return rng.choice(
        (
            announced(*lines, number=rng.choice(("M1", "M2"))),
            ParcelRuled(rng.choice(_WAYBILLS), rng.choice(list(Place)), ""),
            ParcelRuled(rng.choice(_WAYBILLS), Place.LOST, ""),
            journal.granted(20_000),
            CourierNamed(101, "李师傅", "JYPOST", ""),
        )
    )


def _random_life(rng: random.Random, steps: int) -> Station:
    """Live through anything: a station need not be honest to be computable."""
    station = Station(credit_fen=rng.choice((0, 50_000)))
    for _ in range(steps):
        if rng.random() < 0.3 or not station.journals[Side.HQ]:
            station.hq(_hq_fact(rng))
        else:
            last = station.journals[Side.STATION][-1].seen_seq if station.journals[Side.STATION] else 0
            station.today += timedelta(days=rng.choice((0, 0, 0, 12)))
            station.station(_station_fact(rng), seen_seq=rng.randint(last, len(station.journals[Side.HQ])))
    return station


def _totals(books: Books) -> dict[Place, int]:
    return {one.where: one.count for one in books.subjects.values() if isinstance(one, CustodyTotal) and one.count}


def _fold(entries: Iterable[tuple[Side, int, Record]]) -> Books:
    books = NamedBooks(TARIFFS)
    for side, seq, record in entries:
        books.apply(side, seq, record)
    return books


@given(st.integers(0, 2**32))
def test_neither_custody_nor_money_depends_on_when_hq_records_were_synced(number: int):
    station = _random_life(random.Random(number), 50)
    ordered = merge_order(enumerate(station.journals[Side.STATION], 1), enumerate(station.journals[Side.HQ], 1))
    canonical = _fold(ordered)
    assert {k: v for k, v in canonical.balances.items() if v} == {k: v for k, v in station.books.balances.items() if v}
    assert _lasting(canonical) == _lasting(station.books)


def _lasting(books: Books) -> dict[SubjectKey, Subject]:
    return {k: s for k, s in books.subjects.items() if not (isinstance(s, CustodyTotal) and s.count == 0)}


@given(st.integers(0, 2**32))
def test_every_item_is_in_one_place_and_the_totals_kept_by_the_moves_are_the_counts(number: int):
    books = _random_life(random.Random(number), 50).books
    parcels = [one for one in books.subjects.values() if isinstance(one, Parcel)]
    assert _totals(books) == custody_counts(parcels)
    assert sum(_totals(books).values()) == sum(one.where is not Place.NOWHERE for one in parcels)


@given(st.integers(0, 2**32))
def test_no_two_items_on_hand_have_one_code_unless_the_record_said_so_and_it_was_flagged(number: int):
    station = Station()
    rng = random.Random(number)
    flagged = False
    for _ in range(40):
        flagged = station.station(_station_fact(rng)).broken is Suspense.CODE_TWICE or flagged
    on_hand = [one for one in station.books.subjects.values() if isinstance(one, Parcel) and one.where is Place.SHELF]
    codes = Counter(one.code for one in on_hand)
    assert flagged or max(codes.values(), default=0) <= 1


@given(st.integers(0, 2**32))
def test_collected_cash_is_explained_by_items_and_credit_is_never_overspent(number: int):
    books = _random_life(random.Random(number), 50).books
    assert books.balance_fen(Account.CREDIT_FREE) >= 0
    signed = sum(
        fen if normal_side(ledger.account) is NormalSide.DEBIT else -fen for ledger, fen in books.balances.items()
    )
    assert signed == 0
    owed = sum(fen for ledger, fen in books.balances.items() if ledger.account is Account.COD_PAYABLE)
    paid = sum(fen for ledger, fen in books.balances.items() if ledger.account is Account.POSTAGE_PAYABLE)
    assert books.balances[Ledger(Account.SHOP_FUNDS)] == owed + paid


@given(st.integers(0, 2**32))
def test_subjects_survive_their_rows(number: int):
    books = _random_life(random.Random(number), 20).books
    for subject in books.subjects.values():
        assert from_row_bytes(type(subject), to_row_bytes(subject)) == subject


def test_a_code_that_was_given_up_keeps_its_date():
    station = Station()
    station.station(scanned_in("W1", "A-01-001"))
    station.station(handed("W1"))
    use = station.books.subjects[CodeUse("A-01-001", "").place]
    assert use == CodeUse("A-01-001", "W1", date(2026, 11, 23))
