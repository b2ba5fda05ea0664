"""What monitoring is told: figures from the books, and one sentence for each thing that somebody has to look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from hq_server.db import make_conninfo
from hq_server.db.leading import Leading
from hq_server.hq_journal import WORK_CHANNEL, HqJournal
from hq_server.ingest.exchange_desk import ExchangeDesk
from hq_server.ledger.book import Bookkeeper
from hq_server.reference.hq_key import public_bytes
from hq_server.statements.condition import SILENT_AFTER_S, Condition, condition
from station_journal.records import Equipment, OutageOpened
from tests.hq_server.counterpart import Station
from tests.hq_server.people import NOON, SteppingClock, add_people, enrol_station

HQ = Ed25519PrivateKey.from_private_bytes(b"h" * 32)
WELL = Condition(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, jobs_working=True)


@pytest.fixture
def station(engine: Engine) -> Station:
    add_people(engine)
    return Station.of(enrol_station(engine, HQ), public_bytes(HQ))


def test_records_wait_to_be_posted_until_they_are(engine: Engine, station: Station) -> None:
    station.write(OutageOpened(Equipment.LINK), OutageOpened(Equipment.PRINTER))
    station.exchange(ExchangeDesk(engine, HqJournal(HQ), SteppingClock()))
    with engine.connect() as connection:
        assert condition(connection, NOON).records_unposted >= 2
    Bookkeeper(HqJournal(HQ)).run(engine, SteppingClock())
    with engine.connect() as connection:
        found = condition(connection, NOON)
        later = condition(connection, NOON + timedelta(seconds=SILENT_AFTER_S + 1))
    assert (found.records_unposted, found.stations, found.stations_silent) == (0, 1, 0)
    assert later.stations_silent == 1


def test_a_jobs_process_counts_while_it_leads(engine: Engine) -> None:
    with Leading(make_conninfo(engine), WORK_CHANNEL) as leading:
        assert leading.leads()
        with engine.connect() as connection:
            assert condition(connection, NOON).jobs_working
    with engine.connect() as connection:
        found = condition(connection, NOON)
    assert not found.jobs_working
    assert [one.en for one in found.troubles()] == ["no jobs process is working"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"jobs_working": False}, "no jobs process is working"),
        ({"stations_stopped": 2}, "posting has stopped for 2 stations"),
        ({"payments_waiting_s": 7_260}, "a payment has waited 121 minutes for its biller"),
        ({"difference_fen": -5}, "the trial balance is off by -5 fen"),
    ],
)
def test_each_trouble_has_its_sentence(changed: dict[str, Any], said: str) -> None:
    assert not WELL.troubles()
    assert [one.en for one in replace(WELL, **changed).troubles()] == [said]
