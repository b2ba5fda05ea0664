"""Time to verify a station's year (73,000 records) with the stand-alone verifier, over hashing the same bytes."""

from __future__ import annotations

import hashlib
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.figure import Figure
from benchmarks.trade import Trade
from station_journal.codec import encode
from station_journal.export import ExportItem, SignedCertificate, SignedPosition, StoredRecord, export_chunks
from station_journal.records import Side
from station_journal.seal import Certificate, Position, extend, seal, sign_certificate
from station_journal.standalone_verifier import verify

if TYPE_CHECKING:
    from collections.abc import Iterator

STATION_YEAR = 73_000
RECORDS_PER_SEAL = 200


def figures() -> Iterator[Figure]:
    """Measure the chain, the seals and the whole file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "year.export"
        with path.open("wb") as out:
            out.writelines(_export())
        started = time.perf_counter()
        hashlib.sha256(path.read_bytes()).digest()
        hashed = time.perf_counter() - started
        started = time.perf_counter()
        with path.open("rb") as stream:
            verifier = verify(stream)
        elapsed = time.perf_counter() - started
    assert not verifier.faults, verifier.faults[:3]
    yield Figure("verify_station_year_s", elapsed, "s", hashed)


def _export() -> Iterator[bytes]:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    certificate = Certificate(Side.STATION, "JY0427", 1, key.public_key().public_bytes_raw())
    items: list[ExportItem] = [SignedCertificate(certificate, sign_certificate(key, certificate))]
    run = [encode(entry.record) for entry in Trade().entries(STATION_YEAR) if entry.side is Side.STATION]
    for seq, (data, digest) in enumerate(zip(run, extend(certificate.start(), run), strict=True), 1):
        items.append(StoredRecord(Side.STATION, 1, seq, digest, data))
        if seq % RECORDS_PER_SEAL == 0 or seq == len(run):
            position = Position(1, seq, digest)
            items.append(SignedPosition(Side.STATION, position, seal(key, Side.STATION, "JY0427", position)))
    return export_chunks(key.public_key().public_bytes_raw(), items, [])
