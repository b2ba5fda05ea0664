"""Stations that use up their credit day by day: a fixed threshold against the forecast, on the same customers.

The load is the network's own: 6.5 bills of 72.60 a day at a mean station, small ones with a third of it and large ones
with three times, quiet weekends, and a day a month on which the electricity bills of the village fall due. The branch
is closed at weekends and on the holidays of the State Council's list. Both owners look at the counter each morning and
afternoon and go to the branch when it says so.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from station_pos.commands.credit_forecast import HISTORY_DAYS, BranchDays, Use, forecast
from station_pos.config import ZONE

if TYPE_CHECKING:
    from collections.abc import Callable

START = date(2026, 1, 5)
WARM_UP_DAYS = HISTORY_DAYS
THRESHOLD_FEN = 50_000
BOUGHT_FEN = 200_000
"""The fixed rule: below one day's mean use buy four days' use, as stations without a forecast do."""
HIGH_THRESHOLD_FEN = 280_000
"""A threshold with which as much credit lies idle as with the forecast."""
_HOLIDAYS = (
    *[(1, day) for day in (1, 2, 3)],
    *[(2, day) for day in range(15, 24)],
    *[(4, day) for day in (4, 5, 6)],
    *[(5, day) for day in range(1, 6)],
    *[(6, day) for day in (19, 20, 21)],
    *[(9, day) for day in (25, 26, 27)],
    *[(10, day) for day in range(1, 8)],
)
_WORKED = {
    date(2026, 1, 4),
    date(2026, 2, 14),
    date(2026, 2, 28),
    date(2026, 5, 9),
    date(2026, 9, 20),
    date(2026, 10, 10),
}
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Result:
    """How often stations ran dry (days on which a bill was turned away), and the mean free credit in fen."""

    runs_dry: int = 0
    refused: int = 0
    bills: int = 0
    idle_fen_days: int = 0
    days: int = 0


def branch_days() -> BranchDays:
    """The branch's days of 2026; the electricity day is announced."""
    holidays = {date(2026, month, day) for month, day in _HOLIDAYS}
    every = [date(2026, 1, 1) + n * _DAY for n in range(365)]
    closed = frozenset(day for day in every if day in holidays or (day.weekday() > 4 and day not in _WORKED))  # noqa: PLR2004
    return BranchDays(frozenset({2026}), closed, frozenset(day for day in every if day.day == 28))  # noqa: PLR2004


def customers(rng: random.Random, size: float, day: date) -> list[tuple[int, int]]:
    """Give the bills of a day as (minute, fen), in order."""
    mean = 6.5 * size * (0.6 if day.weekday() > 4 else 1.1)  # noqa: PLR2004
    if day.day == 28:  # noqa: PLR2004
        mean *= rng.uniform(3, 5)
    count = max(0, round(rng.gauss(mean, mean**0.5)))
    minutes = sorted(int(rng.triangular(8 * 60, 18 * 60, 10 * 60)) for _ in range(count))
    return [(minute, max(500, int(rng.lognormvariate(8.7, 0.6)))) for minute in minutes]


def by_threshold(_now: datetime, _today: date, free_fen: int, _use: Use) -> int:
    """Buy when the credit is below a fixed sum."""
    return BOUGHT_FEN if free_fen < THRESHOLD_FEN else 0


def by_high_threshold(_now: datetime, _today: date, free_fen: int, _use: Use) -> int:
    """Buy when the credit is below a high fixed sum."""
    return BOUGHT_FEN if free_fen < HIGH_THRESHOLD_FEN else 0


def by_forecast(days: BranchDays) -> Callable[[datetime, date, int, Use], int]:
    """Buy when the forecast says so, what it says."""

    def advise(now: datetime, today: date, free_fen: int, use: Use) -> int:
        found = forecast(now, today, free_fen, use, days)
        return found.suggest_fen if found is not None and found.buy_today else 0

    return advise


def live(
    rng: random.Random,
    days: int,
    branch: BranchDays,
    advise: Callable[[datetime, date, int, Use], int],
    result: Result,
) -> None:
    """Let one station live; the customers follow from ``rng`` alone, whatever is advised."""
    size = rng.choice((0.35, 0.7, 1.0, 1.0, 1.6, 3.0))
    by_day: dict[date, int] = defaultdict(int)
    by_hour = [0] * 24
    use = Use(START, by_day, by_hour)
    free_fen = 300_000
    for n in range(WARM_UP_DAYS + days):
        today, dry = START + n * _DAY, False
        warm = n < WARM_UP_DAYS
        visits = [] if warm or not branch.is_open(today) else [9 * 60, 15 * 60]
        for minute, fen in customers(rng, size, today):
            while visits and visits[0] <= minute:
                free_fen += _visit(today, visits.pop(0), free_fen, use, advise)
            result.bills += not warm
            if not warm and fen > free_fen:
                dry = True
                result.refused += 1
                continue
            free_fen -= 0 if warm else fen
            by_day[today] += fen
            by_hour[minute // 60] += fen
        for visit in visits:
            free_fen += _visit(today, visit, free_fen, use, advise)
        if not warm:
            result.runs_dry += dry
            result.idle_fen_days += free_fen
            result.days += 1


def _visit(today: date, minute: int, free_fen: int, use: Use, advise: Callable[[datetime, date, int, Use], int]) -> int:
    now = datetime(today.year, today.month, today.day, minute // 60, minute % 60, tzinfo=ZONE)
    return advise(now, today, free_fen, use)


def back_test(stations: int = 201, days: int = 200, seed: int = 20261023) -> tuple[Result, Result]:
    """Give how both rules fare on the same stations and customers: the fixed threshold, then the forecast."""
    branch = branch_days()
    return _fares(by_threshold, stations, days, seed), _fares(by_forecast(branch), stations, days, seed)


def idle_threshold_test(stations: int = 201, days: int = 200, seed: int = 20261023) -> Result:
    """Give how a threshold fares that costs the owner as much idle credit as the forecast."""
    return _fares(by_high_threshold, stations, days, seed)


def _fares(advise: Callable[[datetime, date, int, Use], int], stations: int, days: int, seed: int) -> Result:
    result, branch = Result(), branch_days()
    for number in range(stations):
        live(random.Random(seed * 1_000 + number), days, branch, advise, result)
    return result
