"""Closes of stations as a reconciler reads them: the Z reports, what was disputed, and days that nobody closed.

A difference is stated, never explained by blame: where no finding is recorded it is "unexplained".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hq_server.db.journal_tables import journal_epochs
from hq_server.db.ledger_tables import standings, subjects
from hq_server.reference.working_days import business_date_of
from station_journal.facts.cash import CloseVerdict
from station_journal.rules.cash import ZStatement
from station_journal.side import Side
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
    """A station whose shopkeeper has not closed: ``days`` business dates ended since the last close.

    ``last_cut_seq`` is the station record at which that close cut, 0 before the first.
    """

    station_code: str
    last_close: date | None
    day_ended: date
    days: int
    last_cut_seq: int


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

    A close of a later date covers the days before it. Silence is explicit: a station that never closed is listed, its
    days counted from the day it was approved.
    """
    statements, ended, epochs = subjects.c, standings.c, journal_epochs.c
    # One row a station, read from the end of its close numbers: a network has more closes than anybody reads.
    last = (
        select(statements.data)
        .where(statements.station_code == ended.station_code, statements.kind == ZStatement.SUBJECT)
        .order_by(statements.key.desc())
        .limit(1)
        .scalar_subquery()
    )
    opened = (
        select(func.min(epochs.opened_at))
        .where(epochs.station_code == ended.station_code, epochs.side == Side.STATION.value)
        .scalar_subquery()
    )
    query = select(ended.station_code, ended.day_ended, last, opened).where(ended.day_ended.is_not(None))
    if station_code is not None:
        query = query.where(ended.station_code == station_code)
    found = []
    for code, day_ended, data, opened_at in connection.execute(query):
        close = None if data is None else from_row_bytes(ZStatement, data)
        if close is not None and close.business_date >= day_ended:
            continue
        covered = business_date_of(opened_at) - timedelta(days=1) if close is None else close.business_date
        days = max(1, (day_ended - covered).days)
        cut_seq = 0 if close is None else close.cut_seq
        found.append(OverdueClose(code, None if close is None else close.business_date, day_ended, days, cut_seq))
    return sorted(found, key=lambda one: (-one.days, one.station_code))
