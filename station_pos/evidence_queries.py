"""What the evidence screen and its packets read: outages with both ends, and HQ's records alone."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from station_journal.codec import UnreadableRecordError, decode
from station_journal.records import Equipment, Side
from station_journal.rules.integrity import LAST_CHECK, LastCheck
from station_pos.services.evidence import OutageRow
from station_pos.store import journal, subject_rows
from station_pos.store.database import rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from station_journal.records import Record


def outages(connection: Connection, since: datetime) -> tuple[OutageRow, ...]:
    """List outages that lasted at or after a moment, oldest first."""
    found = rows(connection, "SELECT equipment, opened_at, closed_seq FROM outages ORDER BY opened_seq DESC LIMIT 200")
    listed = []
    for equipment, opened_at, closed_seq in found:
        closed_at = _made_at(connection, closed_seq) if closed_seq else None
        if closed_at is None or closed_at >= since:
            listed.append(OutageRow(Equipment(equipment), datetime.fromtimestamp(opened_at, UTC), closed_at))
    return tuple(reversed(listed))


def _made_at(connection: Connection, seq: int) -> datetime | None:
    entry = journal.entry(connection, Side.STATION, seq)
    try:
        return None if entry is None else decode(entry.data, Side.STATION).recorded_at
    except UnreadableRecordError:
        return None


def last_check(connection: Connection) -> LastCheck | None:
    """Read what HQ's last nightly check of this station found; None before the first."""
    found = subject_rows.find(connection, LAST_CHECK)
    return found if isinstance(found, LastCheck) else None


def station_record(connection: Connection, seq: int) -> Record | None:
    """Read one of the station's own records; None where there is none that can be read."""
    entry = journal.entry(connection, Side.STATION, seq)
    try:
        return None if entry is None else decode(entry.data, Side.STATION)
    except UnreadableRecordError:
        return None


def station_records(connection: Connection, limit: int) -> Iterator[tuple[int, Record]]:
    """Read the newest of the station's own records, newest first; what cannot be read is left out."""
    found = rows(connection, "SELECT seq, bytes FROM journal WHERE side='S' ORDER BY seq DESC LIMIT ?", (limit,))
    for seq, data in found:
        with suppress(UnreadableRecordError):
            yield seq, decode(data, Side.STATION)
