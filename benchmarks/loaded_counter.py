"""A station after years: 200,000 records in its journal and 10,000 parcels on its shelves, against an empty one.

The records are laid into the store and folded as a recovered journal is, not sold one by one. ``lookup_p99_ms`` is
the home line's look-up among bills and on the shelves, for whole numbers, phone and waybill tails, shelf codes and
initials; ``start_loaded_ratio`` the time to the first usable picture over that of an empty station.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench_station import HQ_KEY, BenchStation, certificates
from benchmarks.cold_start import start
from benchmarks.figure import Figure, percentile
from benchmarks.trade import OPENED, Trade, tariff
from station_journal.codec import encode
from station_journal.facts.parcels import ParcelCondition, ParcelScannedIn
from station_journal.records import RULES_VERSION, Actor, ActorKind, OperatorEnrolled, OperatorRole, Record, Side
from station_journal.seal import Position, next_digest, sign_certificate
from station_journal.shelf_code import SHELVES
from station_pos.bootstrap import open_station
from station_pos.register.epochs import Epoch, begin_epoch
from station_pos.store import journal, reference
from station_pos.store.database import Database
from station_pos.store.reference import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDS = 200_000
PARCELS = 10_000
LOOKUPS = 1_000
STARTS = 5
LOOKUP_LIMIT_MS = 30.0
START_LIMIT_RATIO = 1.3
_A_SHELF, _A_LEVEL = 1_250, 250
_HOUR = timedelta(hours=1)


def figures() -> Iterator[Figure]:
    """Load a station, look things up at its counter, then start it and an empty one turn about."""
    with tempfile.TemporaryDirectory() as loaded, tempfile.TemporaryDirectory() as empty:
        load(Path(loaded), RECORDS, PARCELS)
        yield Figure("lookup_p99_ms", percentile(_lookups(Path(loaded)), 99), "ms", LOOKUP_LIMIT_MS)
        BenchStation(Path(empty)).database.close()
        seconds: dict[str, list[float]] = {loaded: [], empty: []}
        for _ in range(STARTS):
            for folder, taken in seconds.items():
                command = [sys.executable, "-m", "station_pos", "run", "--data", folder]
                taken.append(start(command, "口令").seconds)
        ratio = statistics.median(seconds[loaded]) / statistics.median(seconds[empty])
        yield Figure("start_loaded_ratio", ratio, "ratio", START_LIMIT_RATIO)


def load(folder: Path, records: int, parcels: int) -> None:
    """Lay so many station records into a store, the last of them parcels that wait on the shelf, and fold them."""
    database = Database(folder, create=True)
    own, hq = certificates()
    signed = sign_certificate(HQ_KEY, own), sign_certificate(HQ_KEY, hq)
    profile = Profile("张家坝便民服务站", "江油支局", "张家坝村", "11183")
    begin_epoch(database, Epoch(own, signed[0], hq, signed[1], HQ_KEY.public_key().public_bytes_raw(), profile))
    heads = {Side.STATION: own.start(), Side.HQ: hq.start()}
    owner, now = Actor(ActorKind.PERSON, 1), OPENED
    with database.transaction() as connection:

        def add(side: Side, record: Record) -> None:
            data, before = encode(record), heads[side]
            heads[side] = Position(1, before.seq + 1, next_digest(before.digest, data))
            journal.append(connection, side, heads[side], data)

        reference.keep_document(connection, tariff().to_bytes())
        for entry in Trade().entries(records - parcels - 1):
            add(entry.side, entry.record)
            now = entry.record.recorded_at
        seen_seq = heads[Side.HQ].seq

        def own_record(fact: OperatorEnrolled | ParcelScannedIn) -> Record:
            return Record(now, (now + 8 * _HOUR).date(), owner, seen_seq, RULES_VERSION, fact)

        add(Side.STATION, own_record(OperatorEnrolled(1, "张三", OperatorRole.OWNER)))
        for number in range(parcels):
            add(Side.STATION, own_record(parcel(number)))
    database.close()
    opened = open_station(folder, lambda: now + _HOUR)
    assert opened.register.blocked() is None, opened.register.blocked()
    opened.stop()


def parcel(number: int) -> ParcelScannedIn:
    """Give a parcel that came in: its shelf, waybill and phone follow from its number."""
    shelf, place = SHELVES[number // _A_SHELF % len(SHELVES)], number % _A_SHELF
    return ParcelScannedIn(
        batch_no=number // 100 + 1,
        waybill=f"7731{number * 7919 % 10**9:09d}",
        code=f"{shelf}-{place // _A_LEVEL + 1:02d}-{place % _A_LEVEL + 1:03d}",
        carrier="ZTO",
        recipient="*三",
        phone=f"138{number * 7919 % 10**4:04d}",
        condition=ParcelCondition.WHOLE,
    )


def _lookups(folder: Path) -> list[float]:
    station = open_station(folder, lambda: OPENED)
    try:
        counter, taken, found = station.counter, [], 0
        asked = [text for number in range(LOOKUPS // 5) for text in _questions(number)]
        for text in asked:
            began = time.perf_counter()
            counter.find(text)
            shelved = counter.parcels.find(text)
            taken.append((time.perf_counter() - began) * 1_000)
            found += bool(shelved and shelved.people)
        assert found >= len(asked) * 3 // 5, "tails and codes of what is on hand are found"
        return taken
    finally:
        station.stop()


def _questions(number: int) -> tuple[str, str, str, str, str]:
    one = parcel(number * 37 % PARCELS)
    return one.phone[-4:], one.waybill[-5:], one.code, f"50{number * 7919 % 10**8:08d}", "df"
