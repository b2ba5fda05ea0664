"""The nightly check finds what was altered behind HQ's back, names it, and tells the station the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from hq_server.hq_journal import alarms_of
from hq_server.ingest.exchange_desk import ExchangeDesk
from hq_server.integrity.nightly import NightlyCheck, night_of
from hq_server.integrity.queries import CheckLine, FaultLine, faults_of, last_checks, network_digests_since
from station_journal.balances import accounts_digest
from station_journal.facts.cash import NoteLine, PouchSealed
from station_journal.facts.integrity import BooksChecked
from station_journal.records import AlarmCode, AlarmRaised, BusinessDayEnded
from tests.hq_server.counterpart import DAY, Station
from tests.hq_server.ledger.test_book import JOURNAL, a_day, desk, opened, post
from tests.hq_server.people import SteppingClock

__all__ = ["desk"]  # a fixture, found by its name

CODE = "ST-0417"
TONIGHT = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)


_ROW_OF_NO_RECORD = """
    INSERT INTO ledger_entries
    SELECT station_code, side, epoch, 9999, line, debit_account, debit_party, credit_account, credit_party, amount_fen,
           business_date
    FROM ledger_entries WHERE side = 'S' AND seq = 2 AND line = 1
"""


@pytest.fixture
def station(engine: Engine, desk: ExchangeDesk) -> Station:
    station = opened(engine, desk)
    a_day(engine, desk, station)
    post(engine)
    return station


def checks(engine: Engine, now: datetime = TONIGHT) -> list[CheckLine]:
    """Run the night's check until nothing is due, and give what stands of each station then."""
    check = NightlyCheck(JOURNAL)
    while check.run(engine, SteppingClock(now)):
        pass
    with engine.connect() as connection:
        return last_checks(connection)


def faults(engine: Engine, now: datetime = TONIGHT) -> list[FaultLine]:
    (check,) = checks(engine, now)
    with engine.connect() as connection:
        return faults_of(connection, check)


def told(station: Station, desk: ExchangeDesk, kind: type) -> list[Any]:
    station.exchange(desk)
    return [fact for fact in station.hq_facts if isinstance(fact, kind)]


@pytest.mark.parametrize(
    ("at", "night"),
    [("2026-11-23T15:29:59", 22), ("2026-11-23T15:30:00", 23), ("2026-11-24T15:29:59", 23)],
)
def test_a_night_begins_when_its_business_date_has_ended(at: str, night: int) -> None:
    assert night_of(datetime.fromisoformat(at).replace(tzinfo=UTC)).day == night


def test_clean_books_are_said_to_be_clean_and_once(engine: Engine, desk: ExchangeDesk, station: Station) -> None:
    (check,) = checks(engine)
    assert (check.station_code, check.checked_on, check.fault_count) == (CODE, TONIGHT.date(), 0)
    (said,) = told(station, desk, BooksChecked)
    assert (said.checked_on, said.station_seq, said.faults) == (DAY, check.station_seq, 0)
    with engine.connect() as connection:
        assert network_digests_since(connection, DAY)[0][1] == said.network_digest

    assert NightlyCheck(JOURNAL).run(engine, SteppingClock(TONIGHT + timedelta(hours=2))) == 0
    # The next night is checked too, but a station with nothing new costs no record.
    post(engine)
    (next_check,) = checks(engine, TONIGHT + timedelta(days=1))
    assert next_check.checked_on.day == 24
    assert len(told(station, desk, BooksChecked)) == 1


def test_a_station_is_not_due_for_a_night_before_it_began(engine: Engine, desk: ExchangeDesk) -> None:
    opened(engine, desk)
    assert NightlyCheck(JOURNAL).run(engine, SteppingClock(TONIGHT - timedelta(minutes=1))) == 0
    assert NightlyCheck(JOURNAL).run(engine, SteppingClock(TONIGHT)) == 1


@pytest.mark.parametrize(
    ("damage", "seq", "off_fen", "what"),
    [
        ("UPDATE payments SET amount_fen = amount_fen + 100 WHERE seq = 2", 2, 100, "payment"),
        ("DELETE FROM payments WHERE seq = 2", 2, -7_260, "payment"),
        ("UPDATE ledger_entries SET amount_fen = 1 WHERE side = 'S' AND seq = 2 AND line = 1", 2, -7_259, "rows"),
        ("DELETE FROM ledger_entries WHERE side = 'S' AND seq = 2 AND line = 2", 2, -7_260, "rows"),
        (
            _ROW_OF_NO_RECORD,
            9_999,
            0,
            "does not have",
        ),
        ("UPDATE balances SET balance_fen = balance_fen + 5 WHERE account = 1001", 0, 5, "balance"),
    ],
)
def test_what_was_altered_is_named_with_its_amount_and_the_station_sees_the_same(
    engine: Engine, desk: ExchangeDesk, station: Station, damage: str, seq: int, off_fen: int, what: str
) -> None:
    own = dict(station.books.balances)
    with engine.begin() as connection:
        assert connection.execute(text(damage)).rowcount == 1
    (fault,) = faults(engine)
    assert (fault.seq, fault.amount_fen) == (seq, off_fen)
    assert what in fault.what.en
    assert not fault.what.zh.isascii()
    alarm = AlarmRaised(AlarmCode.BOOKS_DIFFER, seq, abs(off_fen))
    assert told(station, desk, AlarmRaised)[-1] == alarm
    assert told(station, desk, BooksChecked)[-1].faults == 1
    with engine.connect() as connection:
        last = alarms_of(connection, CODE)[-1]
    assert (last.code, last.station_seq, last.amount_fen) == (alarm.code, alarm.station_seq, alarm.amount_fen)
    assert dict(station.books.balances) == own, "an alarm moves no money"


def test_the_fault_is_told_again_every_night_until_it_is_gone(engine: Engine, desk: ExchangeDesk, station) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE balances SET balance_fen = balance_fen + 5 WHERE account = 1001"))
    assert len(faults(engine)) == 1
    assert len(faults(engine, TONIGHT + timedelta(days=1))) == 1
    with engine.begin() as connection:
        connection.execute(text("UPDATE balances SET balance_fen = balance_fen - 5 WHERE account = 1001"))
    post(engine)
    assert faults(engine, TONIGHT + timedelta(days=2)) == []
    assert [one.faults for one in told(station, desk, BooksChecked)] == [1, 0]


def test_one_pouch_at_two_stations_is_told_to_both(engine: Engine, desk: ExchangeDesk) -> None:
    both = [opened(engine, desk, "ST-0001"), opened(engine, desk, "ST-0002")]
    for station in both:
        station.write(PouchSealed("P-77", (NoteLine(10_000, 2),), 0))
        station.exchange(desk)
    post(engine)
    assert [one.fault_count for one in checks(engine)] == [0, 0]
    for station in both:
        assert AlarmRaised(AlarmCode.OBJECT_TWICE, station.head.seq, 20_000) in told(station, desk, AlarmRaised)


def test_one_key_at_two_stations_is_told_to_both(engine: Engine, desk: ExchangeDesk) -> None:
    both = [opened(engine, desk, "ST-0001"), opened(engine, desk, "ST-0002")]
    with engine.begin() as connection:
        # What a copied machine enrolled under a second code would leave behind.
        of = "side = 'S' AND station_code ="
        copied = connection.scalar(text(f"SELECT certificate FROM journal_epochs WHERE {of} 'ST-0001'"))
        changed = text(f"UPDATE journal_epochs SET certificate = :copied WHERE {of} 'ST-0002'")
        connection.execute(changed, {"copied": copied})
    checks(engine)
    with engine.connect() as connection:
        for station in both:
            assert AlarmCode.KEY_TWICE in {one.code for one in alarms_of(connection, station.code)}


def test_days_without_a_close_are_told_once(engine: Engine, desk: ExchangeDesk, station: Station) -> None:
    for days in (1, 2, 3):
        day = DAY + timedelta(days=days)
        station.write(BusinessDayEnded(day, (), accounts_digest(station.books.balances)), day=day)
    station.exchange(desk)
    post(engine)
    for night in (3, 4):
        checks(engine, TONIGHT + timedelta(days=night))
    missing = [one for one in told(station, desk, AlarmRaised) if one.code is AlarmCode.CLOSE_MISSING]
    assert missing == [AlarmRaised(AlarmCode.CLOSE_MISSING, 0, 0)]
