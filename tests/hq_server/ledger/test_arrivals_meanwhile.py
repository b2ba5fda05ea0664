"""Records that arrive while the bookkeeper works are posted by its next look, and stop nobody."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from hq_server.ingest.exchange_desk import ExchangeDesk
from hq_server.ledger.batch import due_stations
from hq_server.ledger.book import Bookkeeper
from hq_server.reference.tariffs import publish
from station_journal.records import CreditGranted
from tests.hq_server.ledger.test_book import CLOCK, JOURNAL, hq_writes, opened, taken
from tests.hq_server.people import MAKER, NOON, SECOND, add_people, tariff


@pytest.fixture
def desk(engine: Engine) -> ExchangeDesk:
    add_people(engine)
    with engine.begin() as connection:
        publish(connection, MAKER, tariff(), NOON)
    return ExchangeDesk(engine, JOURNAL, CLOCK)


def grant(number: int) -> CreditGranted:
    return CreditGranted(60_000, number, MAKER.staff_no, SECOND.staff_no)


def test_a_sale_that_saw_a_newer_hq_record_than_the_bookkeeper_is_no_fault(engine: Engine, desk: ExchangeDesk) -> None:
    station = opened(engine, desk)
    keeper = Bookkeeper(JOURNAL)
    keeper.run(engine, CLOCK)
    hq_writes(engine, "ST-0417", grant(2))
    with engine.begin() as connection:
        keeper.lock(connection)
        batches = due_stations(connection, retry_stopped=False)
        hq_writes(engine, "ST-0417", grant(3))
        station.exchange(desk)
        station.write(taken(1))
        station.exchange(desk)
        posted = keeper.post(connection, batches, NOON)
    assert [one.stop for one in posted] == [None]
    assert keeper.run(engine, CLOCK) > 0
    with engine.connect() as connection:
        assert due_stations(connection, retry_stopped=True) == []
