"""A courier's manifest at HQ: taken whole, once, and announced to its station with its contacts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from hq_server import audit
from hq_server.ingest.exchange_desk import ExchangeDesk
from hq_server.parcels import desk
from hq_server.parcels.cases import courier_cases
from hq_server.parcels.manifest_file import parse_manifest
from hq_server.parcels.manifests import import_manifest
from hq_server.parcels.terms import make_terms, set_terms
from hq_server.parcels.watch import raise_parcel_alarms
from hq_server.reference.couriers import CourierRow, name_courier
from hq_server.reference.stations import remember_hello
from hq_server.wording import RefusedError
from station_journal.codec import readable_kinds
from station_journal.contacts import read_contacts
from station_journal.facts.parcel_terms import ParcelTermsSet, ShelvesCounted
from station_journal.facts.parcels import (
    CaseCause,
    CodReturned,
    CourierNamed,
    DamageLeg,
    GivenBack,
    ManifestAnnounced,
    ParcelCaseOpened,
    ParcelCondition,
    ParcelReshelved,
    ParcelRuled,
    ParcelsReceived,
    Place,
    UpliftSigned,
    Waybill,
    WaybillGivenBack,
)
from station_journal.records import AlarmCode, AlarmRaised
from station_journal.side import Side
from station_pos.demo.outside.courier_book import CourierBook, Item
from tests.factories.parcels import accepted, handed, scanned_in
from tests.hq_server.counter_side import BRANCH_HEAD, CODE, FINANCE, Counter
from tests.hq_server.counterpart import Station
from tests.hq_server.people import MAKER, NOON, SteppingClock

W1, W2, W3 = "YT0000000078124", "JT0000000090337", "RR123456785CN"
DAY = date(2026, 11, 23)
ITEMS = (
    Item(W1, "YTO", "张三", "13800006621", consented=True),
    Item(W2, "JT", "李四", "15900000073", cod_fen=19_900, sender="JLG", product="TV_SHOP"),
    Item(W3, "POST", "张三", "138-0000-6621", registered=True),
)


@pytest.fixture
def counter(engine: Engine) -> Counter:
    counter = Counter(engine, SteppingClock())
    with engine.begin() as connection:
        remember_hello(connection, CODE, readable_kinds(Side.HQ), NOON)
    with engine.begin() as connection:
        name_courier(connection, MAKER, CourierRow(101, "李师傅", "JYPOST", ""), "246810", NOON)
    return counter


def book() -> CourierBook:
    return CourierBook("JYPOST", 101, "李师傅", "246810", CODE)


def take(counter: Counter, content: bytes, by=BRANCH_HEAD):
    return import_manifest(counter.engine, counter.journal, by, content, NOON)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_manifest_is_announced_with_every_line_and_its_contacts(counter: Counter, encoding: str) -> None:
    made = take(counter, book().announce("M1", DAY, ITEMS, encoding))
    assert (made.line_count, made.cod_fen) == (3, 19_900)
    (announced,) = counter.told(ManifestAnnounced)
    assert [(line.waybill, line.cod_fen, line.registered) for line in announced.lines] == [
        (W1, 0, False),
        (W2, 19_900, False),
        (W3, 0, True),
    ]
    (courier,) = counter.told(CourierNamed)
    assert courier.name == "李师傅"
    assert courier.pin_hash.startswith("$argon2id$")
    station = Station.of(counter.station, counter.journal.public_key)
    reply = station.exchange(
        ExchangeDesk(counter.engine, counter.journal, SteppingClock()), wants=(announced.contacts_hash,)
    )
    (document,) = reply.documents
    assert [(one.recipient, one.phone) for one in read_contacts(document)] == [
        ("张三", "13800006621"),
        ("李四", "15900000073"),
        ("张三", "138-0000-6621"),
    ]
    assert b"13800006621" not in b"".join(reply.hq_frames)


def test_the_courier_is_introduced_once_and_again_when_he_changed(counter: Counter) -> None:
    take(counter, book().announce("M1", DAY, ITEMS[:1]))
    take(counter, book().announce("M2", DAY, ITEMS[1:2]))
    assert len(counter.told(CourierNamed)) == 1
    with counter.engine.begin() as connection:
        name_courier(connection, MAKER, CourierRow(101, "王师傅", "JYPOST", ""), "", NOON)
    take(counter, book().announce("M3", DAY, ITEMS[2:]))
    assert [one.name for one in counter.told(CourierNamed)] == ["李师傅", "王师傅"]


WHOLE = book().announce("M1", DAY, ITEMS)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(WHOLE) - 1))
def test_a_manifest_cut_anywhere_is_refused_whole(length: int) -> None:
    with pytest.raises(RefusedError, match="refused whole"):
        parse_manifest(WHOLE[:length])


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_a_manifest_with_a_damaged_byte_is_refused_or_says_the_same(at: int, step: int) -> None:
    damaged = WHOLE[:at] + bytes([(WHOLE[at] + step) % 256]) + WHOLE[at + 1 :]
    try:
        read = parse_manifest(damaged)
    except RefusedError:
        return
    assert (read.lines, read.contacts) == (parse_manifest(WHOLE).lines, parse_manifest(WHOLE).contacts)


class TestRefused:
    def test_whole_and_on_the_audit_trail_with_nothing_announced(self, counter: Counter) -> None:
        with pytest.raises(RefusedError, match="T line is missing"):
            take(counter, WHOLE[: WHOLE.index(b"D,2")])
        assert counter.told(ManifestAnnounced) == []
        with counter.engine.connect() as connection:
            assert audit.entries(connection)[-1].tag == "parcels.manifest_refused"

    def test_the_same_file_twice(self, counter: Counter) -> None:
        take(counter, WHOLE)
        with pytest.raises(RefusedError, match="taken before"):
            take(counter, WHOLE)
        assert len(counter.told(ManifestAnnounced)) == 1

    def test_the_same_number_with_other_content_and_an_item_announced_before(self, counter: Counter) -> None:
        take(counter, WHOLE)
        with pytest.raises(RefusedError, match="other content"):
            take(counter, book().announce("M1", DAY, (Item("YT0000000000001", "YTO", "王五", "13800000001"),)))
        with pytest.raises(RefusedError, match=f"{W1} is in manifest M1"):
            take(counter, book().announce("M2", DAY, ITEMS[:1]))

    @pytest.mark.parametrize(
        ("item", "words"),
        [
            (Item("RR123456784CN", "POST", "张三", "13800006621"), "wrong check digit"),
            (Item(W1, "YTO", "张三", "13800006621", cod_fen=1), "without a sender"),
            (Item(W1, "YTO", " ", "13800006621"), "recipient"),
            (Item(W1, "YTO", "张三", "none"), "phone"),
            (Item(W1, "YTO", "张三", "13800006621", product="SHOES"), "product"),
        ],
    )
    def test_for_one_bad_line_that_is_named(self, counter: Counter, item: Item, words: str) -> None:
        with pytest.raises(RefusedError, match=rf"line 3: .*{words}"):
            take(counter, book().announce("M1", DAY, (ITEMS[1], item)))

    def test_of_a_courier_of_another_company_and_by_who_may_not(self, counter: Counter) -> None:
        stranger = CourierBook("OTHER", 101, "", "", CODE)
        with pytest.raises(RefusedError, match="OTHER has no courier 101"):
            take(counter, stranger.announce("M1", DAY, ITEMS))
        with pytest.raises(RefusedError, match="may not do this"):
            take(counter, WHOLE, by=FINANCE)


class TestTheDesk:
    def test_lists_cases_with_their_leg_custody_and_what_senders_are_owed(self, counter: Counter) -> None:
        take(counter, WHOLE)
        counter.send(
            scanned_in(W1, "A-01-001", 2, condition=ParcelCondition.DAMAGED_BEFORE),
            scanned_in(W2, "A-01-002", 2),
            ParcelsReceived(
                2,
                "M1",
                101,
                "李师傅",
                courier_signed=True,
                missing=(Waybill(W3),),
                given_back=(WaybillGivenBack("YT0000000071120", GivenBack.WRONG_STATION),),
            ),
            handed(W2, collected_fen=19_900),
            ParcelCaseOpened(W1, CaseCause.DAMAGED, DamageLeg.AT_STATION),
        )
        with counter.engine.connect() as connection:
            cases = courier_cases(connection, CODE)
            assert [(case.kind, case.waybill, case.leg, case.courier_no) for case in cases] == [
                ("DAMAGED", W1, "BEFORE_STATION", 101),
                ("MISSING", W3, "BEFORE_STATION", 101),
                ("WRONG_STATION", "YT0000000071120", "BEFORE_STATION", 101),
                ("DAMAGED", W1, "AT_STATION", 0),
            ]
            assert desk.cod_due(connection) == [("JLG", CODE, 19_900)]
            assert desk.custody_differences(connection, CODE) == {}
            where = {one.waybill: one.where for one in desk.parcels(connection, CODE)}
        assert where == {W1: Place.CASE, W2: Place.CUSTOMER, W3: Place.MISSING, "YT0000000071120": Place.COURIER}

    def test_names_what_was_kept_unannounced_and_cash_that_nobody_could_collect(self, counter: Counter) -> None:
        extra = "YT0000000071130"
        (first,) = counter.send(scanned_in(W2, "A-01-001", 2))
        counter.send(handed(W2), scanned_in(extra, "A-01-002", 2))
        take(counter, WHOLE)
        signed = ParcelsReceived(2, "M1", 101, "李师傅", courier_signed=True, missing=(), given_back=())
        counter.send(signed)
        with counter.engine.connect() as connection:
            cases = courier_cases(connection, CODE)
        assert [(case.kind, case.waybill, case.courier_no, case.amount_fen) for case in cases] == [
            ("COD_NOT_COLLECTED", W2, 0, 19_900),
            ("KEPT_NOT_ANNOUNCED", extra, 101, 0),
        ]
        assert cases[0].seq == first + 1

    def test_names_cash_of_a_customer_who_has_not_the_item(self, counter: Counter) -> None:
        take(counter, WHOLE)
        counter.send(scanned_in(W2, "A-01-001", 2), handed(W2, collected_fen=19_900))
        counter.send(ParcelCaseOpened(W2, CaseCause.CONTESTED, DamageLeg.NOT_DAMAGE), ParcelReshelved(W2, "A-01-003"))
        with counter.engine.connect() as connection:
            [dispute, unsettled] = courier_cases(connection, CODE)
        assert (dispute.kind, unsettled.kind) == ("CONTESTED", "COD_PAID_NOT_DELIVERED")
        assert unsettled.amount_fen == 19_900
        counter.send(CodReturned(W2, 19_900))
        with counter.engine.connect() as connection:
            assert [one.kind for one in courier_cases(connection, CODE)] == ["CONTESTED"]
            assert desk.cod_due(connection) == []

    def test_sets_terms_once_and_refuses_days_that_make_no_sense(self, counter: Counter) -> None:
        for remind, days in (((), 15), ((3, 1), 15), ((1, 15), 15), ((1,), 6), ((1,), 31)):
            with pytest.raises(RefusedError):
                make_terms(remind, days, 15, asks_phone=False)
        terms = make_terms((1, 4), 10, 20, asks_phone=True)
        with pytest.raises(RefusedError, match="may not do this"):
            set_terms(counter.engine, counter.journal, FINANCE, terms, CODE, NOON)
        assert set_terms(counter.engine, counter.journal, MAKER, terms, None, NOON) == 1
        counter.post()
        assert set_terms(counter.engine, counter.journal, MAKER, terms, CODE, NOON) == 0
        assert counter.told(ParcelTermsSet) == [terms]

    def test_hears_of_full_shelves_and_of_a_courier_who_does_not_come(self, counter: Counter) -> None:
        (full,) = counter.send(ShelvesCounted(77, 80), operator_no=0)
        (waits,) = counter.send(accepted("RR473124829CN"))
        now = counter.clock()
        assert raise_parcel_alarms(counter.engine, counter.journal, now) == 1
        later = now + timedelta(days=2)
        assert raise_parcel_alarms(counter.engine, counter.journal, later) == 1
        assert raise_parcel_alarms(counter.engine, counter.journal, later) == 0
        told = [(one.code, one.station_seq) for one in counter.told(AlarmRaised)]
        assert told == [(AlarmCode.SHELVES_FULL, full), (AlarmCode.COURIER_MISSED, waits)]
        counter.send(ShelvesCounted(60, 80), operator_no=0)
        counter.send(UpliftSigned(101, "李师傅", (Waybill("RR473124829CN"),)))
        assert raise_parcel_alarms(counter.engine, counter.journal, later + timedelta(days=9)) == 0

    def test_rules_on_a_dispute_once(self, counter: Counter) -> None:
        take(counter, WHOLE)
        counter.send(scanned_in(W1, "A-01-001", 2), ParcelCaseOpened(W1, CaseCause.NOT_FOUND, DamageLeg.NOT_DAMAGE))
        with counter.engine.begin() as connection:
            desk.rule(connection, counter.journal, MAKER, (CODE, W1, Place.LOST), "查无下落", NOON)
        counter.post()
        assert [one.place for one in counter.told(ParcelRuled)] == [Place.LOST]
        with counter.engine.begin() as connection:
            assert [one.waybill for one in desk.parcels(connection, CODE, Place.LOST)] == [W1]
            with pytest.raises(RefusedError, match="still waits"):
                desk.rule(connection, counter.journal, MAKER, (CODE, W1, Place.SHELF), "again", NOON)
