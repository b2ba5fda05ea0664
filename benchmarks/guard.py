"""How often the amount guard asks: on normal sales, where each question is one too many, and on slips of the keys.

Accounts are drawn as a village has them: households whose electricity follows the season, water that hardly varies, and
top-ups of a few round sums. Slips are those of keypads: a factor of ten either way, two neighbours exchanged.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import cos, pi
from typing import TYPE_CHECKING

from benchmarks.figure import Figure
from station_pos.commands.amount_guard import HISTORY_LEAST, is_odd

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNTS = 4_000
SEED = 20261023
_KEPT = 12
_MONTHS = 12
_SUMMER_PEAK = 7.5
_DENOMINATIONS_FEN = (1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 30_000, 50_000)


@dataclass(slots=True)
class Counts:
    """Questions asked of how many sales."""

    asked: int = 0
    of: int = 0

    def add(self, *, asked: bool) -> None:
        """Count one sale."""
        self.asked += asked
        self.of += 1

    @property
    def percent(self) -> float:
        """Give the share in per cent."""
        return 100 * self.asked / self.of


def amounts(rng: random.Random, kind: str, count: int) -> list[int]:
    """Give the amounts of an account over some months, oldest first."""
    if kind == "top-up":
        usual = rng.sample(_DENOMINATIONS_FEN[2:6], 2)
        return [rng.choices((*usual, rng.choice(_DENOMINATIONS_FEN)), (70, 26, 4))[0] for _ in range(count)]
    if kind == "water":
        base = rng.uniform(1_500, 6_000)
        return [max(300, round(base * rng.lognormvariate(0, 0.15))) for _ in range(count)]
    base, swing, first = rng.uniform(3_500, 14_000), rng.uniform(0.1, 0.5), rng.randrange(_MONTHS)
    season = [1 + swing * cos(2 * pi * (first + n - _SUMMER_PEAK) / _MONTHS) for n in range(count)]
    return [max(500, round(base * factor * rng.lognormvariate(0, 0.15))) for factor in season]


def swapped(rng: random.Random, fen: int) -> int | None:
    """Exchange two neighbouring digits that differ, the first not with a zero; None where there are none."""
    digits = str(fen)
    places = [n for n in range(len(digits) - 1) if digits[n] != digits[n + 1] and not (n == 0 and digits[1] == "0")]
    if not places:
        return None
    at = rng.choice(places)
    return int(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :])


def measure(accounts: int = ACCOUNTS, seed: int = SEED) -> dict[str, Counts]:
    """Give what the guard asked, by what was keyed: normal, times ten, a tenth, swapped.

    Only accounts with enough behind them are judged, as at the counter.
    """
    rng = random.Random(seed)
    counts = {name: Counts() for name in ("normal", "times_ten", "tenth", "swapped")}
    for _ in range(accounts):
        kind = rng.choices(("electricity", "water", "top-up"), (60, 15, 25))[0]
        known = rng.randint(HISTORY_LEAST, _KEPT)
        *history, amount_fen = amounts(rng, kind, known + 1)
        counts["normal"].add(asked=is_odd(amount_fen, history))
        counts["times_ten"].add(asked=is_odd(amount_fen * 10, history))
        counts["tenth"].add(asked=is_odd(max(1, amount_fen // 10), history))
        mixed = swapped(rng, amount_fen)
        if mixed is not None:
            counts["swapped"].add(asked=is_odd(mixed, history))
    return counts


def figures() -> Iterator[Figure]:
    """Give the shares; exchanged digits, which often stay near the right sum, are reported beside."""
    counts = measure()
    slips = [counts["times_ten"], counts["tenth"]]
    caught = Counts(sum(one.asked for one in slips), sum(one.of for one in slips))
    yield Figure("guard_prompt_pct", counts["normal"].percent, "%", 1)
    yield Figure("guard_caught_pct", caught.percent, "%", 95)
    yield Figure("guard_caught_times_ten_pct", counts["times_ten"].percent, "%")
    yield Figure("guard_caught_tenth_pct", counts["tenth"].percent, "%")
    yield Figure("guard_caught_swapped_pct", counts["swapped"].percent, "%")
