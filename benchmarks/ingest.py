"""HQ's intake and posting on the embedded PostgreSQL, over a raw COPY of every row that they wrote.

Frames of 200 records of many stations are taken in one by one, each durable before the next as in service, then both
journals are posted. The reference writes the same rows to empty tables of the same make, indexes included, by COPY of
ready bytes: what the database alone takes.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from benchmarks.figure import Figure
from benchmarks.trade import OPENED, Trade, tariff
from hq_server.db import make_engine, raw_connection
from hq_server.db.embedded import embedded_url
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
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

ROUNDS = 3
STATIONS = 5
RECORDS_PER_STATION = 3_000
RECORDS_PER_FRAME = 200
WRITTEN = ("journal_records", "journal_seals", "ledger_entries", "payments", "balances", "standings")
_HQ_RECORDS = "COPY journal_records (station_code, side, seq, epoch, data, digest, stored_at) FROM STDIN"


def figures() -> Iterator[Figure]:
    """Measure records a second through intake and posting, and the whole against COPY."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(embedded_url(Path(folder)))
        try:
            migrate(engine)
            yield from _measure(engine)
        finally:
            engine.dispose()


def _measure(engine: Engine) -> Iterator[Figure]:
    """Take the quickest of some rounds for each part, since whatever else the machine does only ever slows one down."""
    journal = HqJournal(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    keeper = Bookkeeper(journal)
    with engine.begin() as connection:
        _publish(connection)
    rounds = [_round(engine, journal, keeper, number) for number in range(ROUNDS)]
    taken_s, posted_s, copied_s = (min(parts) for parts in zip(*rounds, strict=True))
    records = STATIONS * RECORDS_PER_STATION
    yield Figure("intake_per_s", records / taken_s, "records/s")
    yield Figure("posting_per_s", records / posted_s, "records/s")
    yield Figure("ingest_per_s", records / (taken_s + posted_s), "records/s")
    yield Figure("ingest_vs_copy", copied_s / (taken_s + posted_s), "ratio", 1.0)


def _round(engine: Engine, journal: HqJournal, keeper: Bookkeeper, number: int) -> tuple[float, float, float]:
    """Take in and post the journals of some new stations, then copy what that wrote; gives the seconds of each."""
    codes = [f"ST-{number}{i:03d}" for i in range(STATIONS)]
    with engine.begin() as connection:
        frames = [(code, _station(connection, journal, code, i)) for i, code in enumerate(codes)]
    started = time.perf_counter()
    for code, sealed in frames:
        for frame in sealed:
            judgement = take_frame(engine, journal, code, frame, OPENED)
            assert judgement.fate is Fate.APPENDED, judgement.reason
    taken_s = time.perf_counter() - started
    started = time.perf_counter()
    posted = keeper.post_new(engine, lambda: OPENED)
    posted_s = time.perf_counter() - started
    assert posted >= STATIONS * RECORDS_PER_STATION
    return taken_s, posted_s, _copy_again(engine, f"ST-{number}%")


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
