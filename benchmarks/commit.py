"""From a bill's command to its durable commit, interleaved with a bare SQLite commit of one row (WAL, FULL).

The bill is sold offline, the longest road: two records, the receipt composed and its print queued in one transaction.
Each round is a station and a bare database of its own; of what the rounds give, the median stands. Whoever else uses
the disk for a moment so spoils one round's hundredth, not the figure.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench_station import BenchStation
from benchmarks.figure import Figure, percentile
from station_pos.commands.outcome import Accepted

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 5
WARM_UP = 30
SAMPLES = 400
SALES_PER_OUTAGE = 9


def figures() -> Iterator[Figure]:
    """Measure both commits turn about on the same disk."""
    rounds = [measured() for _ in range(ROUNDS)]
    for percent in (50, 99):
        pairs = [(percentile(ours, percent), percentile(bare, percent)) for ours, bare in rounds]
        ratio = statistics.median(ours_ms / bare_ms for ours_ms, bare_ms in pairs)
        yield Figure(f"commit_p{percent}_ratio", ratio, "ratio", 1.0)
        ours_ms, bare_ms = (statistics.median(side) for side in zip(*pairs, strict=True))
        yield Figure(f"commit_p{percent}_ms", ours_ms, "ms", bare_ms)


def measured() -> tuple[list[float], list[float]]:
    """Take one round: milliseconds of each of our commits, and of the bare one after it."""
    with tempfile.TemporaryDirectory() as folder:
        station = BenchStation(Path(folder) / "station")
        bare = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        bare.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (n INTEGER, data BLOB);")
        ours, reference = [], []
        sold_seqs: list[int] = []
        for number in range(WARM_UP + SAMPLES):
            if number % SALES_PER_OUTAGE == 0:
                station.next_outage(sold_seqs)
                sold_seqs = []
            command = station.bill(number)
            started = time.perf_counter()
            outcome = station.register.execute(command)
            between = time.perf_counter()
            assert isinstance(outcome, Accepted), outcome
            bare.execute("BEGIN IMMEDIATE")
            bare.execute("INSERT INTO t VALUES (?, ?)", (number, bytes(60)))
            bare.execute("COMMIT")
            ended = time.perf_counter()
            sold_seqs.append(outcome.seq)
            if number >= WARM_UP:
                ours.append((between - started) * 1000)
                reference.append((ended - between) * 1000)
        bare.close()
        station.database.close()
    return ours, reference
