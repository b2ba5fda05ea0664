"""How long the free credit lasts, in days and clock time, and how much to buy when.

From the station's own use by day and hour, the days on which the branch is closed, and the days on which bills fall
due. Sums are means; whether to buy today is judged by a sum that is exceeded one time in twenty, since what matters is
whether the next chance to buy comes in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import isqrt
from typing import TYPE_CHECKING

from station_pos.config import CUT_OFF, ZONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HISTORY_DAYS = 70
"""How far back days count: two months of due days, ten of each weekday."""
HORIZON_DAYS = 60
COVER_DAYS = 5
"""A purchase is to last this many days at least, so that nobody travels to the branch daily."""
STEP_FEN = 50_000
"""Credit is bought by 500.00 (article 8, part three, item four 1(3))."""
DAYS_LEAST = 5
"""With fewer days behind it a forecast would be a guess."""
BRANCH_CLOSES = time(17, 0)
_DAY = timedelta(days=1)
_SATURDAY = 5
_DUE_FACTOR = 3  # of an ordinary day, before the station has lived through one that was announced
_PEAK_FACTOR = 2  # of an ordinary day: what a date of the month must reach each time to count as one
_WEEKDAY_LEAST = 3
_PEAKS_LEAST = 2
_QUANTILE_PER_100 = 165  # 1.65 standard deviations: one day in twenty


@dataclass(frozen=True, slots=True)
class BranchDays:
    """When the branch is closed and when bills fall due, for the years in ``years``; Monday to Friday beyond them."""

    years: frozenset[int] = frozenset()
    closed: frozenset[date] = frozenset()
    due: frozenset[date] = frozenset()

    def is_open(self, day: date) -> bool:
        """Tell whether credit can be bought at the branch."""
        return day not in self.closed if day.year in self.years else day.weekday() < _SATURDAY


@dataclass(frozen=True, slots=True)
class Use:
    """What the station used of its credit: in fen by business date from ``first`` on, and by hour of the day."""

    first: date
    by_day: Mapping[date, int]
    by_hour: Sequence[int]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to expect.

    ``runs_dry_at`` is when the free credit is used up (None beyond two months), ``mean_fen`` an ordinary day's use.
    ``suggest_fen`` is what to buy at the next visit, 0 for nothing; ``buy_today``: the next chance would be too late.
    ``lasts_until`` is the last whole day that is covered after buying. ``closed_ahead`` and ``due_ahead`` are the days
    of the coming week on which the branch is closed, and due days with what they are expected to use.
    """

    runs_dry_at: datetime | None
    mean_fen: int
    suggest_fen: int
    buy_today: bool
    lasts_until: date | None
    closed_ahead: tuple[date, ...]
    due_ahead: tuple[tuple[date, int], ...]


class Expectation:
    """What a day is expected to use, from the days before ``today``."""

    def __init__(self, use: Use, days: BranchDays, today: date) -> None:
        """Take the days that count."""
        start = max(use.first, today - HISTORY_DAYS * _DAY)
        past = [start + n * _DAY for n in range((today - start).days)]
        ordinary = [use.by_day.get(day, 0) for day in past if day not in days.due]
        self.days_known = len(past)
        median = sorted(ordinary)[len(ordinary) // 2] if ordinary else 0
        # Peaks that nobody announced are no ordinary days either: they would make every day look large.
        calm = [fen for fen in ordinary if fen <= 4 * median] if median else ordinary
        self.mean_fen = sum(calm) // len(calm) if calm else 0
        self._variance = sum((fen - self.mean_fen) ** 2 for fen in calm) // len(calm) if calm else 0
        self._due_days = days.due
        dues = [use.by_day.get(day, 0) for day in past if day in days.due]
        self._due_fen = max(dues) if dues else _DUE_FACTOR * self.mean_fen
        self._by_weekday = [
            [
                use.by_day.get(day, 0)
                for day in past
                if day.weekday() == weekday and (not median or use.by_day.get(day, 0) <= 4 * median)
            ]
            for weekday in range(7)
        ]
        self._by_date: dict[int, list[int]] = {}
        for day in past:
            self._by_date.setdefault(day.day, []).append(use.by_day.get(day, 0))
        self._found: dict[date, tuple[int, int]] = {}

    def is_due(self, day: date) -> bool:
        """Tell whether a day is one of the large ones: announced, or large on that date of the month every time."""
        if day in self._due_days:
            return True
        same = self._by_date.get(day.day, ())
        return len(same) >= _PEAKS_LEAST and min(same) > _PEAK_FACTOR * self.mean_fen > 0

    def of(self, day: date) -> int:
        """Give the mean use of a day."""
        return self._of(day)[0]

    def variance(self, day: date) -> int:
        """Give the variance of a day's use; a due day varies by half of itself."""
        return self._of(day)[1]

    def _of(self, day: date) -> tuple[int, int]:
        """Reckon each day once: a forecast asks for the same weeks over and over."""
        found = self._found.get(day)
        if found is None:
            mean_fen = self._mean(day)
            variance = max(self._variance, (mean_fen // 2) ** 2 if self.is_due(day) else 0)
            found = self._found[day] = mean_fen, variance
        return found

    def _mean(self, day: date) -> int:
        if self.is_due(day):
            same = self._by_date.get(day.day, ())
            return max(self._due_fen if day in self._due_days else 0, *same, self.mean_fen)
        weekday = self._by_weekday[day.weekday()]
        if len(weekday) < _WEEKDAY_LEAST:
            return self.mean_fen
        return (self.mean_fen + sum(weekday) // len(weekday)) // 2


def forecast(now: datetime, today: date, free_fen: int, use: Use, days: BranchDays) -> Forecast | None:
    """Say how long the free credit lasts from now on; None with too short a history.

    ``today`` is the business date; its use so far is left out, the rest of it follows the hours of earlier days.
    """
    expected = Expectation(use, days, today)
    if expected.days_known < DAYS_LEAST or not expected.mean_fen:
        return None
    rest_per_1000 = _rest_of_day(now, today, use.by_hour)
    at_branch = days.is_open(today) and now.astimezone(ZONE).time() < BRANCH_CLOSES
    following = _next_open(days, today)
    too_late = free_fen < _high(expected, today, following, rest_per_1000)
    suggest_fen = 0
    if too_late:
        until = max(_next_open(days, following), today + COVER_DAYS * _DAY)
        missing_fen = _high(expected, today, until, rest_per_1000) - free_fen
        suggest_fen = -(-max(missing_fen, STEP_FEN) // STEP_FEN) * STEP_FEN
    week = [today + n * _DAY for n in range(1, 8)]
    return Forecast(
        runs_dry_at=_runs_dry(now, today, free_fen, expected, use.by_hour),
        mean_fen=expected.mean_fen,
        suggest_fen=suggest_fen,
        buy_today=too_late and at_branch,
        lasts_until=_covered(expected, today, free_fen + suggest_fen, rest_per_1000),
        closed_ahead=tuple(day for day in week if not days.is_open(day)),
        due_ahead=tuple((day, expected.of(day)) for day in [today, *week] if expected.is_due(day)),
    )


def _next_open(days: BranchDays, day: date) -> date:
    """Give the next day on which the branch is open; a fortnight of closed days is an error of the list, not a fact."""
    return next((day + n * _DAY for n in range(1, 15) if days.is_open(day + n * _DAY)), day + _DAY)


def _rest_of_day(now: datetime, today: date, by_hour: Sequence[int]) -> int:
    """Give what part of a day's use is still to come, in thousandths."""
    local, total = now.astimezone(ZONE), sum(by_hour)
    if local.date() > today or local.time() >= CUT_OFF:
        return 0 if local.date() > today else 1000
    if local.date() < today:
        return 1000
    if not total:
        return max(0, 1000 - (local.hour * 60 + local.minute) * 1000 // 1440)
    passed = sum(by_hour[: local.hour]) + by_hour[local.hour] * local.minute // 60
    return (total - passed) * 1000 // total


def _high(expected: Expectation, today: date, until: date, rest_per_1000: int) -> int:
    """Give what is used from now to the end of a day and is exceeded one time in twenty."""
    *_, high_fen = _highs(expected, today, (until - today).days, rest_per_1000)
    return high_fen


def _highs(expected: Expectation, today: date, days: int, rest_per_1000: int) -> Iterator[int]:
    """Give the same for the end of today and of each of so many days after it."""
    mean_fen, variance = expected.of(today) * rest_per_1000 // 1000, expected.variance(today) * rest_per_1000 // 1000
    yield mean_fen + isqrt(variance) * _QUANTILE_PER_100 // 100
    for n in range(1, days + 1):
        mean_fen += expected.of(today + n * _DAY)
        variance += expected.variance(today + n * _DAY)
        yield mean_fen + isqrt(variance) * _QUANTILE_PER_100 // 100


def _runs_dry(
    now: datetime, today: date, free_fen: int, expected: Expectation, by_hour: Sequence[int]
) -> datetime | None:
    left_fen, total = free_fen, sum(by_hour)
    hours = by_hour if total else [1] * 24
    total = total or 24
    moment = now.astimezone(ZONE).replace(minute=0, second=0, microsecond=0)
    last = datetime.combine(today + HORIZON_DAYS * _DAY, time(0), ZONE)
    while moment < last:
        left_fen -= expected.of(moment.date()) * hours[moment.hour] // total
        if left_fen < 0:
            return max(moment, now.astimezone(ZONE))
        moment += timedelta(hours=1)
    return None


def _covered(expected: Expectation, today: date, free_fen: int, rest_per_1000: int) -> date | None:
    """Give the last day that is covered whole with some certainty; None if not even today is."""
    for n, high_fen in enumerate(_highs(expected, today, HORIZON_DAYS - 1, rest_per_1000)):
        if high_fen > free_fen:
            return today + (n - 1) * _DAY if n else None
    return today + HORIZON_DAYS * _DAY
