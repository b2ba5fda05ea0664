"""The stations' withdrawals as HQ has posted them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from hq_server.db.ledger_tables import subjects
from station_journal.rules.withdrawal import OPEN_STATES, TERMS_KEY, TermsBook, Withdrawal
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from datetime import date, time

    from sqlalchemy import ColumnElement, Connection

    from station_journal.rules.withdrawal import Terms

_CHINA = timezone(timedelta(hours=8))
_ALL = 2**62


class HeldWithdrawal(NamedTuple):
    """A withdrawal of a station."""

    station_code: str
    withdrawal: Withdrawal


def calendar_day(moment: datetime) -> date:
    """Give the calendar day in Beijing's time."""
    return moment.astimezone(_CHINA).date()


def local_time(moment: datetime) -> time:
    """Give the time of day in Beijing."""
    return moment.astimezone(_CHINA).time()


def withdrawals(
    connection: Connection, station_code: str | None = None, *, only_open: bool = False
) -> list[HeldWithdrawal]:
    """List the withdrawals of all stations, or of one, by station and number."""
    conditions: list[ColumnElement[bool]] = [subjects.c.kind == Withdrawal.SUBJECT]
    if station_code is not None:
        conditions.append(subjects.c.station_code == station_code)
    if only_open:
        conditions.append(subjects.c.state.in_([int(state) for state in OPEN_STATES]))
    query = select(subjects.c.station_code, subjects.c.data).where(*conditions)
    found = connection.execute(query.order_by(subjects.c.station_code, subjects.c.key))
    return [HeldWithdrawal(code, from_row_bytes(Withdrawal, data)) for code, data in found]


def terms_of(connection: Connection, station_code: str, day: date) -> Terms:
    """Give the terms in force at a station on a day."""
    mine = (subjects.c.station_code == station_code) & (subjects.c.kind == TermsBook.SUBJECT)
    data = connection.scalar(select(subjects.c.data).where(mine, subjects.c.key == TERMS_KEY.key))
    book = TermsBook() if data is None else from_row_bytes(TermsBook, data)
    return book.at(day, _ALL)
