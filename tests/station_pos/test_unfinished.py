"""What a cut leaves in the middle beside bills: a batch that nobody signed, a count that no close followed."""

from __future__ import annotations

import pytest

from station_journal.facts.cash import CloseVerdict, NoteLine
from station_journal.facts.parcels import ParcelCondition
from station_pos.commands.cash_orders import CloseDay, CountDay
from station_pos.commands.outcome import Accepted
from station_pos.commands.parcel_orders import ScanInParcel
from station_pos.queries import Queries
from station_pos.register.pins import Pins
from station_pos.services.in_flight import Happened
from station_pos.station_services.parcels import StationParcels
from station_pos.station_services.unfinished import Unfinished
from tests.station_pos.world import OWNER, World


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    yield made
    made.close()


def unfinished_of(world):
    queries = Queries(world.database, world.register.tariffs)
    parcels = StationParcels(world.register, queries, Pins(world.register, world.clock), world.clock)
    return Unfinished(world.register, parcels)


def test_a_count_without_a_close_is_listed_until_the_close_and_moves_no_cash(world):
    unfinished = unfinished_of(world)
    assert unfinished.in_flight() == ()
    seq = world.accepted(world.pay(amount_fen=5_000, tendered_fen=5_000)).seq
    world.answer(seq)
    counted = world.register.execute(CountDay(OWNER, 1, (NoteLine(5_000, 1),), 0))
    assert isinstance(counted, Accepted), counted
    (item,) = unfinished.in_flight()
    assert (item.service, item.happened, item.hand_out_fen, item.take_back_fen) == (
        *("day_close", Happened.NOT_DONE),
        *(0, 0),
    )
    closed = world.register.execute(CloseDay(OWNER, counted.seq, CloseVerdict.AGREED))
    assert isinstance(closed, Accepted), closed
    assert unfinished.in_flight() == ()


def test_a_batch_that_nobody_signed_is_listed_with_its_items(world):
    unfinished = unfinished_of(world)
    scanned = world.register.execute(
        ScanInParcel(OWNER, 0, "773100000001", "A-12-045", "POST", "*三", "1386621", ParcelCondition.WHOLE)
    )
    assert isinstance(scanned, Accepted), scanned
    (item,) = unfinished.in_flight()
    assert (item.service, item.happened, item.amount_fen) == ("receiving", Happened.NOT_DONE, 0)
    assert "1" in item.title
