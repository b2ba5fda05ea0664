"""From a bill's command to its durable commit, interleaved with a bare SQLite commit of one row (WAL, FULL).

The bill is sold offline, the longest road: two records, the receipt composed and its print queued in one transaction.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench_station import BenchStation
from benchmarks.figure import Figure, percentile
from station_pos.commands.outcome import Accepted

if TYPE_CHECKING:
    from collections.abc import Iterator

WARM_UP = 30
SAMPLES = 1_000
SALES_PER_OUTAGE = 9


def figures() -> Iterator[Figure]:
    """Measure both commits turn about on the same disk."""
    with tempfile.TemporaryDirectory() as folder:
        station = BenchStation(Path(folder) / "station")
        bare = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        bare.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (n INTEGER, data BLOB);")
        ours, reference = [], []
        for number in range(WARM_UP + SAMPLES):
            if number % SALES_PER_OUTAGE == 0:
                station.next_outage()
            command = station.bill(number)
            started = time.perf_counter()
            outcome = station.register.execute(command)
            between = time.perf_counter()
            assert isinstance(outcome, Accepted), outcome
            bare.execute("BEGIN IMMEDIATE")
            bare.execute("INSERT INTO t VALUES (?, ?)", (number, bytes(60)))
            bare.execute("COMMIT")
            ended = time.perf_counter()
            if number >= WARM_UP:
                ours.append((between - started) * 1000)
                reference.append((ended - between) * 1000)
        bare.close()
        station.database.close()
    for percent in (50, 99):
        ratio = percentile(ours, percent) / percentile(reference, percent)
        yield Figure(f"commit_p{percent}_ratio", ratio, "ratio", 1.0)
        yield Figure(f"commit_p{percent}_ms", percentile(ours, percent), "ms", percentile(reference, percent))
