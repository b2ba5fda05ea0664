"""A manifest's whole road: the courier's own book, HQ, sync, shelves, customers, the return run, and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hq_server.ledger.book import Bookkeeper
from hq_server.ledger.checking import check_station
from hq_server.parcels import desk
from hq_server.parcels.cases import courier_cases
from hq_server.parcels.manifests import import_manifest
from hq_server.reference.couriers import CourierRow, name_courier
from hq_server.wording import RefusedError
from station_journal.accounts import Account
from station_journal.facts.parcels import (
    Found,
    GivenBack,
    HandedParcel,
    IdentityShown,
    ParcelCondition,
    ParcelScannedIn,
    Place,
    ReturnedParcel,
    ReturnReason,
)
from station_pos.commands.outcome import Accepted
from station_pos.commands.parcel_orders import (
    AcceptParcel,
    HandOffParcels,
    RefuseParcel,
    ReturnParcels,
    ScanInParcel,
    SignBatch,
    SignUplift,
)
from station_pos.demo.outside.courier_book import CourierBook, Item
from station_pos.queries import Queries
from station_pos.register.inspection import compare
from station_pos.register.pins import Pins
from station_pos.station_services.parcels import StationParcels
from tests.flows.sync_sides import OWNER, STATION, HqAtWork, StationAtWork, clock, hq_at_work
from tests.hq_server.conftest import database_url, engine, postgres_url
from tests.hq_server.people import MAKER

__all__ = ["database_url", "engine", "postgres_url"]
pytestmark = [pytest.mark.enable_socket]
W = [f"YT00000000{number:05d}" for number in range(78_120, 78_130)]
PIN = "246810"


@pytest.fixture
def hq(engine) -> Iterator[HqAtWork]:
    with hq_at_work(engine) as at_work:
        yield at_work


@pytest.fixture
def station(hq, tmp_path) -> Iterator[StationAtWork]:
    machine = StationAtWork(tmp_path / "station", hq.url)
    machine.enrol(hq, hq.first_code())
    hq.publish_tariff()
    hq.grant(100_000)
    machine.open()
    machine.open_shop()
    machine.syncer.sync_once()
    yield machine
    machine.close()
    machine.client.close()


def courier_with(hq: HqAtWork) -> CourierBook:
    with hq.engine.begin() as connection:
        name_courier(connection, MAKER, CourierRow(101, "李师傅", "JYPOST", ""), PIN, clock())
    return CourierBook("JYPOST", 101, "李师傅", PIN, STATION)


def announce(hq: HqAtWork, content: bytes) -> None:
    import_manifest(hq.engine, hq.hq.journal, MAKER, content, clock())


def shelves_of(station: StationAtWork) -> StationParcels:
    queries = Queries(station.database, station.register.tariffs)
    return StationParcels(station.register, queries, Pins(station.register, clock), clock)


class Shop:
    """The station's counter in this story."""

    def __init__(self, station: StationAtWork):
        self.station, self.parcels = station, shelves_of(station)
        self.batch_no = 0

    def does(self, order) -> Accepted:
        outcome = self.station.register.execute(order)
        assert isinstance(outcome, Accepted), outcome
        return outcome

    def scan_in(self, waybill: str, condition=ParcelCondition.WHOLE) -> None:
        known = self.parcels.parcel(waybill)
        name, phone = self.parcels.contact(known) if known else ("", "")
        key = phone[:3] + phone[-4:] if phone else ""
        masked = "*" + name[1:] if name else ""
        code = self.parcels.place_for(key, masked)
        order = ScanInParcel(OWNER, self.batch_no, waybill, code, "YTO", masked, key, condition)
        fact = self.does(order).facts[0]
        assert isinstance(fact, ParcelScannedIn)
        self.batch_no = fact.batch_no

    def hand_off(self, text: str, tendered_fen: int = 0) -> None:
        found = self.parcels.find(text)
        assert found is not None
        handed = tuple(HandedParcel(one.waybill, one.waybill) for one in found.parcels)
        self.does(HandOffParcels(OWNER, handed, Found.PHONE_TAIL, tendered_fen, IdentityShown.NONE))


def sync_and_post(hq: HqAtWork, station: StationAtWork) -> None:
    for _ in range(3):
        station.syncer.sync_once()
    Bookkeeper(hq.hq.journal).run(hq.engine, clock)


def places(hq: HqAtWork) -> dict[str, Place]:
    with hq.engine.connect() as connection:
        return {one.waybill: one.where for one in desk.parcels(connection, STATION)}


def test_three_books_agree_after_a_day_of_parcels(hq, station):
    courier = courier_with(hq)
    items = (
        Item(W[0], "YTO", "张三", "13800006621", consented=True),
        Item(W[1], "YTO", "张三", "13800006621", cod_fen=19_900, sender="JLG", product="TV_SHOP"),
        Item(W[2], "YTO", "李四", "15900000073"),
        Item(W[3], "YTO", "王五", "13700000042", cod_fen=8_800, sender="JLG"),
        Item(W[4], "YTO", "赵六", "13600000001", product="JD"),
    )
    announce(hq, courier.announce("M1", clock().date(), items))
    sync_and_post(hq, station)
    shop = Shop(station)
    (manifest,) = shop.parcels.manifests()
    assert (manifest.line_count, manifest.courier_name, manifest.has_contacts) == (5, "李师傅", True)

    # The courier forgot one and brought one for another station; one box is crushed.
    courier.hand_over(W[0], W[1], W[2], W[3], W[9])
    for waybill in (W[0], W[1], W[3]):
        shop.scan_in(waybill)
    shop.scan_in(W[2], ParcelCondition.DAMAGED_BEFORE)
    assert shop.parcels.courier_signs(101, PIN)
    assert not shop.parcels.courier_signs(101, "000000")
    missing = tuple(one.waybill for one in shop.parcels.expected("M1"))
    shop.does(
        SignBatch(
            OWNER,
            shop.batch_no,
            "M1",
            101,
            "李师傅",
            courier_signed=True,
            missing=missing,
            given_back=((W[9], GivenBack.WRONG_STATION),),
        )
    )
    courier.take_back(W[9], "WRONG_STATION")

    shop.hand_off("6621", tendered_fen=20_000)
    shop.does(RefuseParcel(OWNER, W[3]))
    due = shop.parcels.returns_due()
    assert [one.waybill for one in due] == [W[3]]
    returned = tuple(ReturnedParcel(one.waybill, ReturnReason.REFUSED) for one in due)
    shop.does(ReturnParcels(OWNER, 101, "李师傅", courier_signed=True, parcels=returned))
    courier.take_back(W[3], "REFUSED")
    shop.does(
        AcceptParcel(
            OWNER,
            "RR123456785CN",
            "POST",
            "张三",
            IdentityShown.RESIDENT_ID,
            "11010519491231002X",
            "",
            inspected=True,
            postage_fen=1_200,
            tendered_fen=1_200,
        )
    )
    shop.does(SignUplift(OWNER, 101, "李师傅", courier_signed=True, waybills=("RR123456785CN",)))
    courier.pick_up("RR123456785CN")
    sync_and_post(hq, station)

    found = places(hq)
    assert found == {
        W[0]: Place.CUSTOMER,
        W[1]: Place.CUSTOMER,
        W[2]: Place.SHELF,
        W[3]: Place.COURIER,
        W[4]: Place.MISSING,
        W[9]: Place.COURIER,
        "RR123456785CN": Place.COURIER,
    }
    # The courier's own book says the same: what was left there, what came back, what never left the van.
    assert courier.left_there == {one for one, where in found.items() if where in {Place.CUSTOMER, Place.SHELF}}
    assert courier.still_carried == {one for one, where in found.items() if where is Place.MISSING}
    gone = set(courier.taken_back) | courier.picked_up
    assert gone == {one for one, where in found.items() if where is Place.COURIER}
    with hq.engine.connect() as connection:
        cases = {(case.kind, case.waybill, case.leg) for case in courier_cases(connection, STATION)}
        assert cases == {
            ("DAMAGED", W[2], "BEFORE_STATION"),
            ("MISSING", W[4], "BEFORE_STATION"),
            ("WRONG_STATION", W[9], "BEFORE_STATION"),
        }
        assert desk.cod_due(connection) == [("JLG", STATION, 19_900)]
        assert desk.custody_differences(connection, STATION) == {}
        checked = check_station(connection, STATION, hq.hq.journal.public_key)
        assert checked.faults == ()
        owed = connection.exec_driver_sql("SELECT account, balance_fen FROM balances WHERE balance_fen <> 0").all()
    at_hq = {int(account): int(fen) for account, fen in owed}
    with station.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT account, balance_fen FROM balances WHERE balance_fen <> 0").fetchall()
    assert {int(account): int(fen) for account, fen in rows} == at_hq
    assert at_hq[int(Account.DRAWER)] == 19_900 + 1_200
    assert at_hq[int(Account.CREDIT_FREE)] == 100_000 - 19_900 - 1_200
    assert compare(station.database).differing == ()


def test_a_manifest_cut_in_half_announces_nothing_and_whole_is_taken_once(hq, station):
    courier = courier_with(hq)
    whole = courier.announce("M1", clock().date(), tuple(Item(one, "YTO", "张三", "13800006621") for one in W[:3]))
    with pytest.raises(RefusedError, match="refused whole"):
        announce(hq, whole[: whole.index(W[1].encode())])
    sync_and_post(hq, station)
    shop = Shop(station)
    assert shop.parcels.manifests() == ()
    assert places(hq) == {}
    announce(hq, whole)
    with pytest.raises(RefusedError, match="taken before"):
        announce(hq, whole)
    sync_and_post(hq, station)
    (manifest,) = shop.parcels.manifests()
    assert manifest.line_count == 3
    assert len(shop.parcels.expected("M1")) == 3


def test_scanned_before_the_manifest_came_it_is_the_same_parcel_on_both_sides(hq, station):
    courier = courier_with(hq)
    shop = Shop(station)
    shop.scan_in(W[0])
    announce(hq, courier.announce("M1", clock().date(), (Item(W[0], "YTO", "张三", "13800006621", 5_000, "JLG"),)))
    sync_and_post(hq, station)
    at_station = shop.parcels.parcel(W[0])
    with hq.engine.connect() as connection:
        assert desk.parcels(connection, STATION) == [at_station]
    assert at_station is not None
    assert (at_station.where, at_station.cod_fen) == (Place.SHELF, 5_000)
    assert compare(station.database).differing == ()
