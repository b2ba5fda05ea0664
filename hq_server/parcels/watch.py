"""What HQ is told about shelves without asking: they are full, or a courier does not come for what waits for him.

So that a station is not blamed for items that nobody fetches: each alarm is dated by the station's own records and told
to the station too. Looked at now and then; the same finding again is no second alarm.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import select

from hq_server.db.ledger_tables import subjects
from hq_server.hq_journal import raise_alarm
from hq_server.reference.working_days import business_date_of
from station_journal.facts.parcels import Place
from station_journal.parcel import Parcel
from station_journal.records import AlarmCode, AlarmRaised
from station_journal.rules.parcel_terms import ParcelTermsInForce, ShelfRoom
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from sqlalchemy import Connection, Engine

    from hq_server.db import Clock
    from hq_server.hq_journal import HqJournal

LOOK_EVERY = timedelta(hours=1)
COURIER_DAYS = 2
"""So many days an item may wait for a courier before he counts as not having come."""
DEFAULT_RETURN_DAYS = 15
_FULL, _ROWS = 1, 1_000


class ParcelWatch:
    """Looks over all stations at most once an hour."""

    def __init__(self, journal: HqJournal) -> None:
        """Nothing was looked at yet."""
        self._journal = journal
        self._looked_at: datetime | None = None

    def run(self, engine: Engine, clock: Clock) -> int:
        """Raise what is to be raised; gives how many alarms are new."""
        now = clock()
        if self._looked_at is not None and now - self._looked_at < LOOK_EVERY:
            return 0
        raised = raise_parcel_alarms(engine, self._journal, now)
        self._looked_at = now
        return raised


def raise_parcel_alarms(engine: Engine, journal: HqJournal, now: datetime) -> int:
    """Raise alarms for full shelves, and for what has waited longest for a courier; gives how many are new."""
    with engine.connect() as connection:
        found = [*_full_shelves(connection), *_not_fetched(connection, business_date_of(now))]
    raised = 0
    for station_code, finding in found:
        with engine.begin() as connection:
            raised += raise_alarm(connection, journal, station_code, finding, now)
    return raised


def _full_shelves(connection: Connection) -> Iterator[tuple[str, AlarmRaised]]:
    table = subjects.c
    query = select(table.station_code, table.data).where(table.kind == ShelfRoom.SUBJECT, table.state == _FULL)
    for code, data in connection.execute(query.order_by(table.station_code)):
        yield code, AlarmRaised(AlarmCode.SHELVES_FULL, from_row_bytes(ShelfRoom, data).seq, 0)


def _not_fetched(connection: Connection, today: date) -> Iterator[tuple[str, AlarmRaised]]:
    table = subjects.c
    terms = select(table.station_code, table.data).where(table.kind == ParcelTermsInForce.SUBJECT)
    return_days = {
        code: from_row_bytes(ParcelTermsInForce, data).return_days for code, data in connection.execute(terms)
    }
    waiting = select(table.station_code, table.data).where(
        table.kind == Parcel.SUBJECT, table.state.in_([int(Place.SHELF), int(Place.OUTBOUND)])
    )
    rows = connection.execution_options(yield_per=_ROWS).execute(waiting.order_by(table.station_code))
    for code, items in groupby(rows, key=lambda row: row[0]):
        days = return_days.get(code, DEFAULT_RETURN_DAYS)
        oldest = _waits_longest((from_row_bytes(Parcel, data) for _, data in items), days)
        if oldest is not None and (today - waits_since(oldest, days)).days >= COURIER_DAYS:
            yield code, AlarmRaised(AlarmCode.COURIER_MISSED, oldest.custody_seq, 0)


def waits_since(parcel: Parcel, return_days: int) -> date:
    """Give the day since which an item waits for a courier: accepted for dispatch then, or due back."""
    return parcel.since if parcel.outbound else parcel.received_on + timedelta(days=return_days)


def _waits_longest(items: Iterable[Parcel], return_days: int) -> Parcel | None:
    return min(items, key=lambda one: (waits_since(one, return_days), one.waybill), default=None)
