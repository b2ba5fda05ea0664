"""Dates and times as a layout writes them: fixed places, digits only, Beijing time (GB/T 7408 without its zone)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CHINA = timezone(timedelta(hours=8))
_PLACES = {"YYYY": ("year", 4), "YY": ("short", 2), "MM": ("month", 2), "DD": ("day", 2)}
_CLOCK = {"hh": ("hour", 2), "mm": ("minute", 2), "ss": ("second", 2)}
_TOKEN = re.compile("YYYY|YY|MM|DD|hh|mm|ss|.", re.DOTALL)
_HALF_YEAR = timedelta(days=183)
_FIRST_YEAR = 1970


class TimeFormError(ValueError):
    """A form of dates or times in a profile cannot be used."""


@dataclass(frozen=True, slots=True)
class TimeForm:
    """A form such as ``YYYY-MM-DD hh:mm:ss``; `read` gives None for text that is not of it."""

    text: str
    pattern: str
    has_year: bool
    has_day: bool
    read: Callable[[str, date | None], datetime | None]


def time_form(text: str) -> TimeForm:
    """Make the reader of a form.

    A form without a year takes the year in which it comes nearest to the date given; one without a day takes that date.

    Raises:
        TimeFormError: a place stands twice, or month without day, or nothing is left to read.
    """
    names: list[str] = []
    parts: list[str] = []
    for token in _TOKEN.findall(text):
        name, digits = _PLACES.get(token) or _CLOCK.get(token) or ("", 0)
        if name in names:
            raise TimeFormError(text)
        names += [name] if name else []
        parts.append(f"(?P<{name}>[0-9]{{{digits}}})" if name else re.escape(token))
    has_day = "day" in names
    has_year = "year" in names or "short" in names
    if not names or has_day is not ("month" in names) or (has_year and not has_day) or {"year", "short"} <= {*names}:
        raise TimeFormError(text)
    places = tuple(names)
    whole = re.compile("".join(parts))

    def read(value: str, near: date | None) -> datetime | None:
        match = whole.fullmatch(value)
        if match is None:
            return None
        found = dict(zip(places, map(int, match.groups()), strict=True))
        clock = (found.get("hour", 0), found.get("minute", 0), found.get("second", 0))
        try:
            day = _day_of(found, near)
            return None if day is None else datetime(day.year, day.month, day.day, *clock, tzinfo=CHINA)
        except ValueError:
            return None

    return TimeForm(text, re.sub(r"\?P<\w+>", "?:", whole.pattern), has_year, has_day, read)


def _day_of(found: dict[str, int], near: date | None) -> date | None:
    if "day" not in found:
        return near
    if "year" in found:
        return date(found["year"], found["month"], found["day"]) if found["year"] >= _FIRST_YEAR else None
    if "short" in found:
        return date(2000 + found["short"], found["month"], found["day"])
    if near is None:
        return None
    for year in (near.year, near.year - 1, near.year + 1):
        try:
            day = date(year, found["month"], found["day"])
        except ValueError:  # 29 February of a year that has none
            continue
        if abs(day - near) <= _HALF_YEAR:
            return day
    return None


def utc(at: datetime) -> datetime:
    """Give the same instant in UTC."""
    return at.astimezone(UTC)
