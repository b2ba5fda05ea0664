"""Time to make a station-year's projections again from its journals, over reading and hashing the same rows."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench_station import HQ_KEY, OPENED, certificates
from benchmarks.figure import Figure
from benchmarks.trade import Trade, tariff
from station_journal.codec import encode
from station_journal.records import Side
from station_journal.seal import Position, next_digest, sign_certificate
from station_pos.register import Register
from station_pos.register.epochs import Epoch, begin_epoch
from station_pos.store import journal, reference
from station_pos.store.database import DATABASE_NAME, Database
from station_pos.store.reference import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

STATION_YEAR = 73_000


def figures() -> Iterator[Figure]:
    """Lay a year of both journals into a store, then open it: nothing is projected yet."""
    with tempfile.TemporaryDirectory() as folder:
        database = _a_year(Path(folder))
        started = time.perf_counter()
        register = Register(database, lambda: OPENED)
        elapsed = time.perf_counter() - started
        assert register.head(Side.STATION).seq >= STATION_YEAR
        assert register.blocked() is None, register.blocked()
        database.close()
        yield Figure("rebuild_station_year_s", elapsed, "s", _bare_read(Path(folder) / DATABASE_NAME))


def _a_year(folder: Path) -> Database:
    database = Database(folder, create=True)
    own, hq = certificates()
    signed = sign_certificate(HQ_KEY, own), sign_certificate(HQ_KEY, hq)
    profile = Profile("张家坝便民服务站", "江油支局", "张家坝村", "11183")
    begin_epoch(database, Epoch(own, signed[0], hq, signed[1], HQ_KEY.public_key().public_bytes_raw(), profile))
    heads = {Side.STATION: own.start(), Side.HQ: hq.start()}
    with database.transaction() as connection:
        reference.keep_document(connection, tariff().to_bytes())
        for entry in Trade().entries(STATION_YEAR):
            data = encode(entry.record)
            before = heads[entry.side]
            heads[entry.side] = Position(1, entry.seq, next_digest(before.digest, data))
            journal.append(connection, entry.side, heads[entry.side], data)
    return database


def _bare_read(path: Path) -> float:
    started = time.perf_counter()
    with sqlite3.connect(path) as bare:
        for (data,) in bare.execute("SELECT bytes FROM journal ORDER BY side, seq"):
            hashlib.sha256(data).digest()
    return time.perf_counter() - started
