"""Records that arrive while a bookkeeper works are posted by the next look, and stop nobody; several work at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from hq_server.ingest.exchange_desk import ExchangeDesk
from hq_server.ledger.batch import SHARES, due_shares, due_stations
from hq_server.ledger.book import LEDGER_LOCK, Bookkeeper
from hq_server.reference.tariffs import publish
from station_journal.records import CreditGranted
from tests.hq_server.ledger.test_book import CLOCK, JOURNAL, books_agree, hq_writes, opened, taken
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


@contextmanager
def another_posts(engine: Engine, share: int) -> Iterator[None]:
    """Another process is in the middle of posting a share."""
    with engine.begin() as connection:
        locks = "SELECT pg_advisory_xact_lock_shared(:lock), pg_advisory_xact_lock(:lock, :share)"
        connection.execute(text(locks), {"lock": LEDGER_LOCK, "share": share})
        yield


def test_a_share_that_another_process_posts_is_left_to_it_and_every_other_station_is_posted(
    engine: Engine, desk: ExchangeDesk
) -> None:
    stations = [opened(engine, desk, f"ST-{number:04d}") for number in range(6)]
    for station in stations:
        station.write(taken(1))
        station.exchange(desk)
    stations[-1].write(*(taken(number) for number in range(2, 30)))
    stations[-1].exchange(desk)
    keeper = Bookkeeper(JOURNAL)
    with engine.connect() as connection:
        shares = due_shares(connection, retry_stopped=False)
    assert sorted(code for _, codes in shares for code in codes) == [station.code for station in stations]
    assert {share for share, _ in shares} <= set(range(SHARES))
    assert len(shares) > 1
    assert stations[-1].code in shares[0][1]  # the share with most to do comes first
    share, left = shares[0]
    with another_posts(engine, share):
        assert keeper.run(engine, CLOCK) > 0
        books_agree(engine, *(station for station in stations if station.code not in left))
        with engine.connect() as connection:
            assert due_shares(connection, retry_stopped=False) == [(share, left)]
    assert keeper.run(engine, CLOCK) > 0
    books_agree(engine, *stations)


def test_several_bookkeepers_at_once_post_each_record_once(engine: Engine, desk: ExchangeDesk) -> None:
    stations = [opened(engine, desk, f"ST-{number:04d}") for number in range(8)]
    failures: list[BaseException] = []
    done = threading.Event()

    def keep_posting() -> None:
        keeper = Bookkeeper(JOURNAL)
        try:
            while not done.is_set():
                keeper.run(engine, CLOCK)
            keeper.run(engine, CLOCK)
        except BaseException as error:  # noqa: BLE001 - told by the test
            failures.append(error)

    keepers = [threading.Thread(target=keep_posting) for _ in range(2)]
    for thread in keepers:
        thread.start()
    for number in range(1, 5):
        for station in stations:
            station.write(taken(number))
            station.exchange(desk)
    done.set()
    for thread in keepers:
        thread.join()
    assert not failures
    Bookkeeper(JOURNAL).post_new(engine, CLOCK)
    books_agree(engine, *stations)


def test_nobody_posts_while_the_books_are_to_stand_still(engine: Engine, desk: ExchangeDesk) -> None:
    station = opened(engine, desk)
    station.exchange(desk)
    with engine.begin() as connection:
        Bookkeeper.lock(connection)
        with engine.begin() as other:
            other.execute(text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                Bookkeeper._take_share(other, 0, wait=False)  # noqa: SLF001 - the door that every posting goes through
