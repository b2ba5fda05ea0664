"""Conditions that filters of lists are made of."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any

from sqlalchemy import DateTime, or_

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

CHINA = timezone(timedelta(hours=8))
_LAST_BUT_ONE = date.max - timedelta(days=1)
"""The last day that another follows: nothing of the books is of the very last one."""


def contains(*columns: ColumnElement[Any]) -> Callable[[str], ColumnElement[bool]]:
    """Any of the columns holds the text, in either case."""
    return lambda text: or_(*(column.icontains(text, autoescape=True) for column in columns))


def starts_with(column: ColumnElement[Any]) -> Callable[[str], ColumnElement[bool]]:
    """The column begins with the text."""
    return lambda text: column.startswith(text, autoescape=True)


def is_one_of(column: ColumnElement[Any]) -> Callable[[Any], ColumnElement[bool]]:
    """The column is the value."""
    return lambda value: column == value


def from_day(column: ColumnElement[Any]) -> Callable[[date], ColumnElement[bool]]:
    """The column, a date or a time, is on or after a day in China."""
    return lambda day: column >= _start(column, day)


def to_day(column: ColumnElement[Any]) -> Callable[[date], ColumnElement[bool]]:
    """The column, a date or a time, is on or before a day in China."""
    return lambda day: column < _start(column, min(day, _LAST_BUT_ONE) + timedelta(days=1))


def _start(column: ColumnElement[Any], day: date) -> date:
    return datetime.combine(day, time(), CHINA) if isinstance(column.type, DateTime) else day
