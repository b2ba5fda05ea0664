"""HQ's intake and posting by two worker processes on the embedded PostgreSQL, over a raw COPY of the rows they wrote.

Each worker takes in the frames of half of the stations, 200 records a frame, one by one, each durable before the next
as in service. When both are done they post both journals, share by share, as several jobs processes do. The reference
writes the same rows to tables of the same make, indexes included, by one COPY a table of ready bytes over one
connection: what the database alone takes. The server runs on the same machine as the workers.
"""

from __future__ import annotations

import multiprocessing
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from benchmarks.figure import Figure
from benchmarks.scratch_database import scratch_database
from benchmarks.trade import OPENED, Trade, tariff
from hq_server.db import make_engine, raw_connection
from hq_server.db.migrating import migrate
from hq_server.hq_journal import HqJournal
from hq_server.ingest.acceptance import Fate
from hq_server.ingest.intake import take_frame
from hq_server.ledger.book import Bookkeeper
from station_journal.codec import encode
from station_journal.frame import make_frame
from station_journal.records import Side
from station_journal.seal import Certificate, extend, sign_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection as Pipe

    from sqlalchemy import Connection, Engine

ROUNDS = 5
WORKERS = 2
STATIONS = 30
RECORDS_PER_STATION = 600
RECORDS_PER_FRAME = 200
WRITTEN = ("journal_records", "journal_seals", "ledger_entries", "payments", "balances", "standings")
_HQ_RECORDS = "COPY journal_records (station_code, side, seq, epoch, data, digest, stored_at) FROM STDIN"


def figures() -> Iterator[Figure]:
    """Measure records a second through intake and posting, and the whole against COPY."""
    with scratch_database() as url:
        engine = make_engine(url)
        try:
            migrate(engine)
            with _workers(url) as workers:
                yield from _measure(engine, workers)
        finally:
            engine.dispose()


class Worker:
    """A process that takes in frames and posts, when told to."""

    def __init__(self, url: str) -> None:
        """Start it."""
        spawning = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawning.Pipe()
        self._process = spawning.Process(target=work, args=(url, theirs), daemon=True)
        self._process.start()
        self.wait()

    def tell(self, job: object) -> None:
        """Give it frames of stations to take in, True to post, or None to end."""
        self._pipe.send(job)

    def wait(self) -> int:
        """Wait until it is done; gives how many records it took in or posted."""
        count: int = self._pipe.recv()
        return count

    def end(self) -> None:
        """Let it end."""
        self.tell(None)
        self._process.join()


@contextmanager
def _workers(url: str) -> Iterator[list[Worker]]:
    started = [Worker(url) for _ in range(WORKERS)]
    try:
        yield started
    finally:
        for worker in started:
            worker.end()


def work(url: str, pipe: Pipe) -> None:
    """Be a worker: do what comes down the pipe and answer with how many records it was."""
    engine = make_engine(url)
    journal = _journal()
    keeper = Bookkeeper(journal)
    pipe.send(0)
    while (job := pipe.recv()) is not None:
        pipe.send(keeper.run(engine, lambda: OPENED) if job is True else _take(engine, journal, job))
    engine.dispose()


def _take(engine: Engine, journal: HqJournal, frames: Sequence[tuple[str, bytes]]) -> int:
    count = 0
    for code, frame in frames:
        judgement = take_frame(engine, journal, code, frame, OPENED)
        assert judgement.fate is Fate.APPENDED, judgement.reason
        count += len(judgement.digests)
    return count


def _journal() -> HqJournal:
    return HqJournal(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def _measure(engine: Engine, workers: Sequence[Worker]) -> Iterator[Figure]:
    """Take the quickest of some rounds for each part, since whatever else the machine does only ever slows one down."""
    with engine.begin() as connection:
        _publish(connection)
    rounds = [_round(engine, workers, number) for number in range(ROUNDS)]
    taken_s, posted_s, copied_s = (min(parts) for parts in zip(*rounds, strict=True))
    records = STATIONS * RECORDS_PER_STATION
    yield Figure("intake_per_s", records / taken_s, "records/s")
    yield Figure("posting_per_s", records / posted_s, "records/s")
    yield Figure("ingest_per_s", records / (taken_s + posted_s), "records/s")
    yield Figure("ingest_vs_copy", copied_s / (taken_s + posted_s), "ratio", 1.0)


def _round(engine: Engine, workers: Sequence[Worker], number: int) -> tuple[float, float, float]:
    """Take in and post the journals of some new stations, then copy what that wrote; gives the seconds of each."""
    codes = [f"ST-{number}{i:03d}" for i in range(STATIONS)]
    shares: list[list[tuple[str, bytes]]] = [[] for _ in workers]
    with engine.begin() as connection:
        for i, code in enumerate(codes):
            shares[i % len(workers)] += [(code, frame) for frame in _station(connection, _journal(), code, i)]
    taken, taken_s = _all_do(workers, shares)
    posted, posted_s = _all_do(workers, [True for _ in workers])
    assert posted > taken >= STATIONS * RECORDS_PER_STATION
    return taken_s, posted_s, _copy_again(engine, f"ST-{number}%")


def _all_do(workers: Sequence[Worker], jobs: Sequence[object]) -> tuple[int, float]:
    """Have every worker do its job at the same time; gives the records and the seconds until the last was done."""
    started = time.perf_counter()
    for worker, job in zip(workers, jobs, strict=True):
        worker.tell(job)
    count = sum(worker.wait() for worker in workers)
    return count, time.perf_counter() - started


def _publish(connection: Connection) -> None:
    document = tariff()
    connection.execute(
        text("INSERT INTO tariffs VALUES (:hash, :version, :day, :document, :at, 11)"),
        {
            "hash": document.hash,
            "version": document.version,
            "day": document.effective_on,
            "document": document.to_bytes(),
            "at": OPENED,
        },
    )


def _station(connection: Connection, journal: HqJournal, code: str, seed: int) -> list[bytes]:
    """Certify a station, write HQ's half of its journals, and give the frames that the station sends."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    runs: dict[Side, list[bytes]] = {Side.STATION: [], Side.HQ: []}
    for entry in Trade(seed).entries(RECORDS_PER_STATION):
        runs[entry.side].append(encode(entry.record))
    certificates = {
        Side.STATION: Certificate(Side.STATION, code, 1, key.public_key().public_bytes_raw()),
        Side.HQ: Certificate(Side.HQ, code, 1, journal.public_key),
    }
    digests = extend(certificates[Side.HQ].start(), runs[Side.HQ])
    with raw_connection(connection).cursor() as cursor, cursor.copy(_HQ_RECORDS.encode()) as copy:
        for seq, (data, digest) in enumerate(zip(runs[Side.HQ], digests, strict=True), 1):
            copy.write_row((code, "H", seq, 1, data, digest, OPENED))
    heads = {Side.STATION: certificates[Side.STATION].start(), Side.HQ: None}
    for side, certificate in certificates.items():
        start = heads[side]
        seq, digest = (start.seq, start.digest) if start else (len(digests), digests[-1])
        parameters = {"code": code, "side": side.value, "at": OPENED, "seq": seq, "digest": digest}
        signed = {"certificate": certificate.to_bytes(), "signature": sign_certificate(journal.key, certificate)}
        connection.execute(
            text("INSERT INTO journal_epochs VALUES (:code, :side, 1, :certificate, :signature, :at, NULL)"),
            parameters | signed,
        )
        connection.execute(text("INSERT INTO journal_heads VALUES (:code, :side, 1, :seq, :digest)"), parameters)
    frames, at = [], certificates[Side.STATION].start()
    for first in range(0, len(runs[Side.STATION]), RECORDS_PER_FRAME):
        run = runs[Side.STATION][first : first + RECORDS_PER_FRAME]
        frame, at = make_frame(key, certificates[Side.STATION], at, run)
        frames.append(frame)
    return frames


def _copy_again(engine: Engine, codes: str) -> float:
    """Write every row that intake and posting wrote for some stations once more, by COPY; gives the seconds."""
    elapsed = 0.0
    for table in WRITTEN:
        wanted = f"SELECT * FROM {table} WHERE station_code LIKE '{codes}'"  # noqa: S608 - our own tables
        if table == "journal_records":
            wanted += " AND side = 'S'"
        with engine.begin() as connection:
            connection.execute(text(f"CREATE TABLE IF NOT EXISTS copy_of_{table} (LIKE {table} INCLUDING ALL)"))
            with (
                raw_connection(connection).cursor() as cursor,
                cursor.copy(f"COPY ({wanted}) TO STDOUT (FORMAT BINARY)".encode()) as out,
            ):
                blocks = [bytes(block) for block in out]
        started = time.perf_counter()
        with engine.begin() as connection, raw_connection(connection).cursor() as cursor:
            with cursor.copy(f"COPY copy_of_{table} FROM STDIN (FORMAT BINARY)".encode()) as copy:
                for block in blocks:
                    copy.write(block)
            assert cursor.rowcount > 0
        elapsed += time.perf_counter() - started
    return elapsed
