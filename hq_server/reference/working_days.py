"""Working days 工作日 and business dates 营业日.

A working day is what the State Council's yearly list says: Monday to Friday without the public holidays, with the
make-up weekends. The list of a year appears in about November of the year before, so a table knows whole years and
refuses every date outside them: a guess would miss the make-up days and move a due date.

Counting (Civil Code articles 201 and 203): the start day is not counted, and N working days after an event is the Nth
working day after it. Dues on a day of the month roll to the preceding working day unless told otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, timezone
from importlib import metadata
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import chinese_calendar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China's one time zone: UTC+8 without daylight saving (since 1991), so a fixed offset is exact."""

CUT_OFF = time(23, 0)
"""Default cut-off 日切 in Shanghai time: a sale at 23:00:00 or later carries the next calendar date."""

Roll = Literal["preceding", "following"]

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_ALERT_MONTH = 12


class YearNotKnown(LookupError):  # noqa: N818 (named for what the reader must hear)
    """The table has no list for `year`; nothing was guessed. The message is one sentence."""

    def __init__(self, year: int) -> None:
        super().__init__(
            f"The working-day list of {year} is not known; enter the State Council's list for {year} first."
        )
        self.year = year


@dataclass(frozen=True, slots=True)
class YearList:
    """One year's list: `rest_days` are weekdays off, `make_up_days` weekend days worked, `source` says whose list."""

    year: int
    rest_days: frozenset[date]
    make_up_days: frozenset[date]
    source: str

    def __post_init__(self) -> None:
        """Refuse (ValueError) a day of another year, a rest day on a weekend, a make-up day on a weekday."""
        for day in self.rest_days | self.make_up_days:
            if day.year != self.year:
                raise ValueError(f"{day} does not belong to the list of {self.year}.")
            if (day in self.rest_days) == (day.weekday() >= _SATURDAY):
                raise ValueError(f"{day} is listed on the wrong side: rest days are weekdays, make-up days weekends.")


@dataclass(frozen=True, slots=True)
class WorkingDayTable:
    """Known years and the questions about them. Every method raises `YearNotKnown` for a date outside them."""

    years: Mapping[int, YearList] = field(hash=False)

    def __post_init__(self) -> None:
        """Own a read-only copy; refuse (ValueError) a list filed under another year."""
        for year, listed in self.years.items():
            if year != listed.year:
                raise ValueError(f"The list of {listed.year} is filed under {year}.")
        object.__setattr__(self, "years", MappingProxyType(dict(self.years)))

    def with_year(self, listed: YearList) -> WorkingDayTable:
        """Return a table in which `listed` replaces or adds its year."""
        return replace(self, years={**self.years, listed.year: listed})

    def is_working_day(self, day: date) -> bool:
        """Tell whether `day` is worked."""
        listed = self.years.get(day.year)
        if listed is None:
            raise YearNotKnown(day.year)
        if day.weekday() >= _SATURDAY:
            return day in listed.make_up_days
        return day not in listed.rest_days

    def on_or_before(self, day: date) -> date:
        """Return `day` when it is worked, otherwise the last working day before it."""
        while not self.is_working_day(day):
            day -= _ONE_DAY
        return day

    def on_or_after(self, day: date) -> date:
        """Return `day` when it is worked, otherwise the first working day after it."""
        while not self.is_working_day(day):
            day += _ONE_DAY
        return day

    def next_working_day(self, day: date) -> date:
        """Return the first working day strictly after `day` (T+1 of funds)."""
        return self.on_or_after(day + _ONE_DAY)

    def preceding_working_day(self, day: date) -> date:
        """Return the last working day strictly before `day`."""
        return self.on_or_before(day - _ONE_DAY)

    def add_working_days(self, start: date, count: int) -> date:
        """Return the `count`-th working day after `start`; `start` itself is not counted. `count` is at least 1."""
        if count < 1:
            raise ValueError(f"A term has at least one working day, not {count}.")
        self.is_working_day(start)  # a term may not begin in a year that nobody listed
        day = start
        for _ in range(count):
            day = self.next_working_day(day)
        return day

    def due_by_day_of_month(self, year: int, month: int, day: int, *, roll: Roll = "preceding") -> date:
        """Return the working day by which something due on a day of the month is due ("…日前" includes that day).

        Raises `ValueError` for a day that the month has not.
        """
        due = date(year, month, day)
        return self.on_or_before(due) if roll == "preceding" else self.on_or_after(due)

    def year_to_enter(self, today: date) -> int | None:
        """Return the year whose list is missing and due: this one, or the next from 1 December on; otherwise None."""
        if today.year not in self.years:
            return today.year
        following = today.year + 1
        return following if today.month == _ALERT_MONTH and following not in self.years else None


def seeded_table(years: Iterable[int] = range(2004, 2100)) -> WorkingDayTable:
    """Return the table of those of `years` that the chinesecalendar library knows; the others stay unknown."""
    source = f"chinesecalendar {metadata.version('chinesecalendar')}"
    lists = (_list_from_library(year, source) for year in years)
    return WorkingDayTable({listed.year: listed for listed in lists if listed is not None})


def _list_from_library(year: int, source: str) -> YearList | None:
    rest_days: set[date] = set()
    make_up_days: set[date] = set()
    day = date(year, 1, 1)
    while day.year == year:
        try:
            works = chinese_calendar.is_workday(day)
        except NotImplementedError:
            return None
        if works and day.weekday() >= _SATURDAY:
            make_up_days.add(day)
        elif not works and day.weekday() < _SATURDAY:
            rest_days.add(day)
        day += _ONE_DAY
    return YearList(year, frozenset(rest_days), frozenset(make_up_days), source)


def business_date_of(at: datetime, cut_off: time = CUT_OFF) -> date:
    """Return the business date of an instant: its Shanghai date, or the next from `cut_off` on (weekends included).

    A cut-off of 00:00 means that business date and calendar date are the same. Raises `ValueError` for a naive time.
    """
    if at.tzinfo is None:
        raise ValueError("A business date needs a time with its zone.")
    local = at.astimezone(SHANGHAI)
    shifted = cut_off != time(0) and local.time() >= cut_off
    return local.date() + _ONE_DAY if shifted else local.date()
