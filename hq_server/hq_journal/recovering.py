"""Stations from which a restored HQ has still to take back what it had signed: until then it writes nothing to them.

A record that HQ appended after a restore, under a number that the station has another record for, would be a fork that
nobody can mend. So a restore marks every station, and a station that states more of HQ's journal than HQ holds marks
itself. What is marked is not appended to, posted or asked about at billers; it ends when HQ holds both journals as far
as the station does (`hq_server.ingest.recovery`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, insert, select, text

from hq_server.db.journal_tables import hq_recoveries, journal_heads
from hq_server.hq_journal.held import held_head
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection


class RecoveryCause(StrEnum):
    """Why a recovery began: HQ was restored, or a station stated more of HQ's journal than HQ holds."""

    RESTORED = "RESTORED"
    STATION_AHEAD = "STATION_AHEAD"


class Recovery(NamedTuple):
    """A recovery from one station: how far HQ held both journals when it began, and where it ended, None before."""

    station_code: str
    recovery_no: int
    cause: str
    station_seq: int
    hq_seq: int
    begun_at: datetime
    recovered_station_seq: int | None
    recovered_hq_seq: int | None
    ended_at: datetime | None


_COLUMNS = [hq_recoveries.c[name] for name in Recovery._fields]
_MARK_ALL = text("""
    INSERT INTO hq_recoveries (station_code, recovery_no, cause, station_seq, hq_seq, begun_at)
    SELECT h.station_code, 1 + coalesce((SELECT max(r.recovery_no) FROM hq_recoveries r
            WHERE r.station_code = h.station_code), 0), 'RESTORED',
        max(h.seq) FILTER (WHERE h.side = 'S'), max(h.seq) FILTER (WHERE h.side = 'H'), :now
    FROM journal_heads h WHERE h.station_code NOT IN
        (SELECT r.station_code FROM hq_recoveries r WHERE r.ended_at IS NULL)
    GROUP BY h.station_code
""")


def going_on() -> ColumnElement[bool]:
    """Say of a recovery that it has not ended."""
    return hq_recoveries.c.ended_at.is_(None)


def recovery_of(connection: Connection, station_code: str) -> Recovery | None:
    """Give the recovery from a station that goes on; None where nothing is missing that anybody knows of."""
    query = select(*_COLUMNS).where(hq_recoveries.c.station_code == station_code, going_on())
    row = connection.execute(query).one_or_none()
    return None if row is None else Recovery(*row)


def mark_all(connection: Connection, now: datetime) -> int:
    """Mark every station after a restore; gives how many. One that is marked already stays as it is."""
    connection.execute(select(journal_heads.c.seq).where(journal_heads.c.side == Side.HQ.value).with_for_update())
    return connection.execute(_MARK_ALL, {"now": now}).rowcount


def mark_ahead(connection: Connection, station_code: str, now: datetime) -> Recovery | None:
    """Mark a station that stated more of HQ's journal than HQ holds; None before it is approved."""
    hqs = held_head(connection, station_code, Side.HQ, lock=True)
    own = held_head(connection, station_code, Side.STATION)
    known = recovery_of(connection, station_code)
    if known is not None or hqs is None or own is None:
        return known
    table = hq_recoveries.c
    last = connection.scalar(select(func.max(table.recovery_no)).where(table.station_code == station_code)) or 0
    row = Recovery(station_code, last + 1, RecoveryCause.STATION_AHEAD, own.seq, hqs.seq, now, None, None, None)
    connection.execute(insert(hq_recoveries).values(row._asdict()))
    return row


def recoveries(connection: Connection, *, limit: int = 100, offset: int = 0) -> tuple[list[Recovery], int]:
    """List recoveries, those that go on first: a page of them, and how many there are."""
    table = hq_recoveries.c
    count = connection.scalar(select(func.count()).select_from(hq_recoveries)) or 0
    order = (table.ended_at.is_not(None), table.begun_at.desc(), table.station_code)
    rows = connection.execute(select(*_COLUMNS).order_by(*order).limit(limit).offset(offset))
    return [Recovery(*row) for row in rows], count
