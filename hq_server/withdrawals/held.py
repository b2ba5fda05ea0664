"""The stations' withdrawals as HQ has posted them.

A bank's day asks for those of a few days and for the terminals of its own lines, so what is read does not grow with the
years.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from hq_server.db.ledger_tables import subjects
from station_journal.rules.withdrawal import TERMS_KEY, TermsBook, Withdrawal
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, time

    from sqlalchemy import ColumnElement, Connection

    from station_journal.rules.withdrawal import Terms

_CHINA = timezone(timedelta(hours=8))
_ALL = 2**62


class HeldWithdrawal(NamedTuple):
    """A withdrawal of a station."""

    station_code: str
    withdrawal: Withdrawal


def local_time(moment: datetime) -> time:
    """Give the time of day in Beijing."""
    return moment.astimezone(_CHINA).time()


class Terminals(NamedTuple):
    """Whose the terminals are, as of one day: the station of each number asked for, and who has one that is known."""

    station_of: dict[str, str]
    stations: frozenset[str]


_IS_WITHDRAWAL = subjects.c.kind == Withdrawal.SUBJECT


def withdrawals(
    connection: Connection, station_code: str | None = None, *, days: tuple[date, date] | None = None
) -> list[HeldWithdrawal]:
    """List the withdrawals of all stations, or of one, by station and number; of the calendar days from and to."""
    conditions: list[ColumnElement[bool]] = [_IS_WITHDRAWAL]
    if station_code is not None:
        conditions.append(subjects.c.station_code == station_code)
    if days is not None:
        conditions.append(subjects.c.on_day.between(*days))
    query = select(subjects.c.station_code, subjects.c.data).where(*conditions)
    found = connection.execute(query.order_by(subjects.c.station_code, subjects.c.key))
    return [HeldWithdrawal(code, from_row_bytes(Withdrawal, data)) for code, data in found]


def terminals(
    connection: Connection, near: Iterable[HeldWithdrawal], numbers: Collection[str], stations: Iterable[str], day: date
) -> Terminals:
    """Say whose terminals are on a day: of ``numbers``, and which of ``stations`` have one that is known.

    A terminal is of the station that used it last by that day; one not used before is of the one that used it first
    after. ``near`` are the withdrawals of the days around, which name nearly all of them.
    """
    uses = {(one.withdrawal.terminal_no, one.station_code, one.withdrawal.on_day) for one in near}
    wanted = {number for number in numbers if number}
    missing = wanted - {number for number, _, on in uses if on <= day}
    lasts = {code: _last_terminal(connection, code, day) for code in set(stations)}
    missing |= {number for number in lasts.values() if number}
    uses |= _uses(connection, missing, day)
    in_order = sorted(uses, key=lambda use: (*_worth(use[2], day), use[1]))
    owners = {number: code for number, code, _ in in_order}  # the last to be put stays
    return Terminals(
        {number: code for number, code in owners.items() if number in wanted},
        frozenset(code for code, number in lasts.items() if number and owners[number] == code),
    )


def _worth(on: date, day: date) -> tuple[bool, timedelta]:
    """Order uses so that the last of those up to the day comes last, and the first after it last of the others."""
    return (True, on - day) if on <= day else (False, day - on)


def _uses(connection: Connection, numbers: Collection[str], day: date) -> set[tuple[str, str, date]]:
    """Read who used terminals when: each station's last use by the day, and its first after it."""
    if not numbers:
        return set()
    table, found = subjects.c, set()
    for bound, is_in in ((func.max(table.on_day), table.on_day <= day), (func.min(table.on_day), table.on_day > day)):
        query = select(table.device_no, table.station_code, bound).where(_IS_WITHDRAWAL, is_in)
        rows = connection.execute(
            query.where(table.device_no.in_(numbers)).group_by(table.device_no, table.station_code)
        )
        found |= {(number, code, on) for number, code, on in rows}
    return found


def _last_terminal(connection: Connection, station_code: str, day: date) -> str | None:
    """Give the terminal of a station's last withdrawal by the day that names one, else of its first after it."""
    table = subjects.c
    mine = _IS_WITHDRAWAL & (table.station_code == station_code) & table.device_no.is_not(None)
    before = select(table.device_no).where(mine, table.on_day <= day).order_by(table.key.desc()).limit(1)
    after = select(table.device_no).where(mine, table.on_day > day).order_by(table.key).limit(1)
    number: str | None = connection.scalar(before) or connection.scalar(after)
    return number


def terms_of(connection: Connection, station_code: str, day: date) -> Terms:
    """Give the terms in force at a station on a day."""
    mine = (subjects.c.station_code == station_code) & (subjects.c.kind == TermsBook.SUBJECT)
    data = connection.scalar(select(subjects.c.data).where(mine, subjects.c.key == TERMS_KEY.key))
    book = TermsBook() if data is None else from_row_bytes(TermsBook, data)
    return book.at(day, _ALL)
