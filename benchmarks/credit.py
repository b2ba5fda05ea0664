"""How often stations run dry: the forecast against a fixed threshold, on the same customers.

Once against the threshold of a day's mean use, and once against one so high that as much credit lies idle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.credit_load import back_test, idle_threshold_test
from benchmarks.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

STATIONS = 60


def figures() -> Iterator[Figure]:
    """Count the station days on which a bill was turned away for want of credit."""
    threshold, forecast = back_test(STATIONS)
    rich = idle_threshold_test(STATIONS)
    yield Figure("credit_dry_days", forecast.runs_dry, "days", threshold.runs_dry)
    yield Figure("credit_dry_cut_pct", 100 * (1 - forecast.runs_dry / threshold.runs_dry), "%")
    yield Figure("credit_dry_days_same_idle", forecast.runs_dry, "days", rich.runs_dry)
    yield Figure("credit_idle_fen", forecast.idle_fen_days / forecast.days, "fen", rich.idle_fen_days / rich.days)
