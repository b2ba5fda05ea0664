"""Bytes on the wire for each station record, all in, beside JSON with zstd -19 of the same records."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.figure import Figure
from benchmarks.trade import Trade
from station_journal.codec import encode, readable_kinds
from station_journal.exchange import Hello, write_hello
from station_journal.frame import make_frame
from station_journal.records import Record, Side
from station_journal.seal import Certificate, Position, extend

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SKIPPED = 500
"""Records before the run that is measured, so that numbers have the size they have in use."""


def figures() -> Iterator[Figure]:
    """Measure batches of 200, 10 and 1 station records, hello and seal included."""
    records = [entry.record for entry in Trade().entries(SKIPPED + 200) if entry.side is Side.STATION]
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    certificate = Certificate(Side.STATION, "JY0427", 1, key.public_key().public_bytes_raw())
    run = [encode(record) for record in records]
    before = Position(1, SKIPPED, extend(certificate.start(), run[:SKIPPED])[-1])
    for count in (200, 10, 1):
        batch = run[SKIPPED : SKIPPED + count]
        frame, _after = make_frame(key, certificate, before, batch)
        hello = Hello("JY0427", before, before, 20, 65_536, (), readable_kinds(Side.HQ))
        sent = len(write_hello(key, hello, (frame,)))
        plain = _json_zstd(records[SKIPPED : SKIPPED + count])
        yield Figure(f"wire_bytes_{count}", sent / count, "bytes/record", plain / count)


def _json_zstd(records: Sequence[Record]) -> int:
    rows = [{"seq": seq, "kind": type(r.fact).__name__, **asdict(r)} for seq, r in enumerate(records, SKIPPED + 1)]
    return len(zstandard.compress(json.dumps(rows, default=_plain, ensure_ascii=False).encode(), 19))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
