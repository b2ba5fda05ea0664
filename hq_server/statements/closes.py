"""Closes of stations as a reconciler reads them: the Z reports, what was disputed, and days that nobody closed.

A difference is stated, never explained by blame: where no finding is recorded it is "unexplained".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from hq_server.db.ledger_tables import standings, subjects
from station_journal.facts.cash import CloseVerdict
from station_journal.rules.cash import ZStatement
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LISTED_MAX = 1_000


@dataclass(frozen=True, slots=True)
class CloseLine:
    """One Z report of a station; ``unexplained`` is set where there is a difference that nobody explained yet."""

    station_code: str
    z_no: int
    business_date: date
    closed_at: datetime
    operator_no: int
    after_seq: int
    cut_seq: int
    counted_fen: int
    expected_fen: int
    difference_fen: int
    disputed: bool
    unexplained: bool


@dataclass(frozen=True, slots=True)
class OverdueClose:
    """A station whose shopkeeper has not closed: ``days`` business dates ended since the last close."""

    station_code: str
    last_close: date | None
    day_ended: date
    days: int


def close_lines(connection: Connection, station_code: str | None = None, *, disputed: bool = False) -> list[CloseLine]:
    """List Z reports, of one station or the disputed ones only if asked; the newest first within a station."""
    table = subjects.c
    query = select(table.station_code, table.data).where(table.kind == ZStatement.SUBJECT)
    if station_code is not None:
        query = query.where(table.station_code == station_code)
    if disputed:
        query = query.where(table.state == int(CloseVerdict.DISPUTED))
    rows = connection.execute(query.order_by(table.station_code, table.key.desc()).limit(_LISTED_MAX))
    return [_line(code, from_row_bytes(ZStatement, data)) for code, data in rows]


def _line(station_code: str, one: ZStatement) -> CloseLine:
    disputed = one.verdict is CloseVerdict.DISPUTED
    return CloseLine(
        station_code=station_code,
        z_no=one.z_no,
        business_date=one.business_date,
        closed_at=one.closed_at,
        operator_no=one.operator_no,
        after_seq=one.after_seq,
        cut_seq=one.cut_seq,
        counted_fen=one.counted_fen,
        expected_fen=one.expected_fen,
        difference_fen=one.difference_fen,
        disputed=disputed,
        unexplained=bool(one.difference_fen),
    )


def overdue_closes(connection: Connection, station_code: str | None = None) -> list[OverdueClose]:
    """List stations with business dates that ended after their last close, the longest first.

    A close of a later date covers the days before it. Silence is explicit: a station that never closed is listed.
    """
    query = select(standings.c.station_code, standings.c.day_ended).where(standings.c.day_ended.is_not(None))
    if station_code is not None:
        query = query.where(standings.c.station_code == station_code)
    ended = {row.station_code: row.day_ended for row in connection.execute(query)}
    lasts: dict[str, date] = {}
    for line in close_lines(connection, station_code):
        lasts[line.station_code] = max(line.business_date, lasts.get(line.station_code, line.business_date))
    found = [
        OverdueClose(code, lasts.get(code), day, _days(lasts.get(code), day))
        for code, day in ended.items()
        if code not in lasts or lasts[code] < day
    ]
    return sorted(found, key=lambda one: (-one.days, one.station_code))


def _days(last_close: date | None, day_ended: date) -> int:
    return 1 if last_close is None else (day_ended - last_close) // timedelta(days=1)
