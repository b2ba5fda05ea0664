"""Devices by the records of their outages: the same on both sides, whatever order the records came in."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from station_journal.balances import Books
from station_journal.records import Equipment, OutageClosed, OutageOpened, Side
from station_journal.rules.devices import ANSWERS, AWAY, DeviceHealth
from station_journal.subject import from_row_bytes, to_row_bytes
from tests.factories import journal

steps = st.lists(st.tuples(st.sampled_from(Equipment), st.booleans(), st.integers(1, 40)), max_size=40)


def health(books, equipment):
    return books.subject(DeviceHealth, equipment.name)


@given(steps)
def test_a_device_is_away_from_its_outage_to_the_record_that_ends_it(taken):
    books = Books({})
    away: dict[Equipment, int] = {}
    counted: dict[Equipment, int] = {}
    for seq, (equipment, opens, named) in enumerate(taken, 1):
        fact = OutageOpened(equipment) if opens else OutageClosed(equipment, named)
        record = journal.record(fact, operator_no=0)
        books.apply(Side.STATION, seq, record)
        if opens and equipment not in away:
            away[equipment] = seq
            counted[equipment] = counted.get(equipment, 0) + 1
        elif not opens and away.get(equipment) == named:
            del away[equipment]
    for equipment in Equipment:
        found = health(books, equipment)
        assert (found.opened_seq if found else 0) == away.get(equipment, 0)
        assert (found.outages if found else 0) == counted.get(equipment, 0)
        if found is not None:
            assert found.state_no == (AWAY if equipment in away else ANSWERS)
            assert from_row_bytes(DeviceHealth, to_row_bytes(found)) == found
    assert not books.balances


def test_it_says_since_when():
    books = Books({})
    books.apply(Side.STATION, 1, journal.record(OutageOpened(Equipment.SCANNER), operator_no=0))
    assert health(books, Equipment.SCANNER).since == journal.NOON
    books.apply(Side.STATION, 2, journal.record(OutageClosed(Equipment.SCANNER, 1), minute=5, operator_no=0))
    assert health(books, Equipment.SCANNER).since == journal.NOON + timedelta(minutes=5)
