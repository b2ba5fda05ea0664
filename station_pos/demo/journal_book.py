"""The station's book as an auditor reads it: the exported journals, proved by the stand-alone verifier, then folded.

Nothing here asks the station's database: one file is all an auditor is given.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from station_journal import standalone_verifier
from station_journal.balances import Books, merge_order
from station_journal.codec import decode
from station_journal.records import Record, Side
from station_journal.reference_no import our_no
from station_journal.tariff import read_tariff, tariff_hash
from station_pos.demo.processes import WorldError, call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from station_journal.payment import Payment
    from station_journal.records import Fact
    from station_journal.tariff import Tariff

_POSITION = struct.Struct(">cIQ")
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of an export with the digest after it."""

    side: Side
    seq: int
    digest: bytes
    record: Record


@dataclass(frozen=True, slots=True)
class JournalBook:
    """Both journals of a station with everything that follows from them."""

    station_code: str
    entries: tuple[Entry, ...]
    tariffs: dict[bytes, Tariff]
    books: Books
    faults: tuple[str, ...]

    def of(self, side: Side) -> tuple[Entry, ...]:
        """Give one journal, oldest record first."""
        return tuple(entry for entry in self.entries if entry.side is side)

    def head(self, side: Side) -> tuple[int, str]:
        """Give the number of a journal's last record and the digest after it, in hex."""
        last = next((entry for entry in reversed(self.entries) if entry.side is side), None)
        return (0, "") if last is None else (last.seq, last.digest.hex())

    def facts(self, kind: type[Fact]) -> list[tuple[int, Fact]]:
        """List the facts of one kind with their record numbers."""
        return [(entry.seq, entry.record.fact) for entry in self.entries if isinstance(entry.record.fact, kind)]

    def payments(self) -> dict[str, Payment]:
        """Give every payment as it now stands, by our number."""
        digests = {entry.seq: entry.digest for entry in self.of(Side.STATION)}
        found = self.books.payments.values()
        return {our_no(self.station_code, payment.seq, digests[payment.seq]): payment for payment in found}


def read_journals(export: Path, hq_key: str = "") -> JournalBook:
    """Verify an export by the stand-alone verifier, as its own process, then read and fold it.

    Raises:
        WorldError: the file is no export, or the verifier could not run.
    """
    arguments = ["station_journal.standalone_verifier", export, "--json"]
    found = json.loads(call([*arguments, *(["--hq-key", hq_key] if hq_key else [])], wrong_ok=True))
    faults = [f"{fault['journal']} record {fault['seq']}: {fault['fault']}" for fault in found["faults"]]
    tariffs: dict[bytes, Tariff] = {}
    entries: list[Entry] = []
    for letter, payload in _items(export):
        if letter == b"T":
            tariffs[tariff_hash(payload)] = read_tariff(payload)
        elif letter == b"R":
            entries.append(_entry(payload))
    books = Books(tariffs)
    station, hq = (_numbered(entries, side) for side in (Side.STATION, Side.HQ))
    for side, seq, record in merge_order(station, hq):
        books.apply(side, seq, record)
    return JournalBook(found["station"], tuple(entries), tariffs, books, tuple(faults))


def _numbered(entries: list[Entry], side: Side) -> list[tuple[int, Record]]:
    return [(entry.seq, entry.record) for entry in entries if entry.side is side]


def _items(export: Path) -> Iterator[tuple[bytes, bytes]]:
    with export.open("rb") as stream:
        if stream.read(len(standalone_verifier.MAGIC)) != standalone_verifier.MAGIC:
            raise WorldError(f"{export} is no export of journals")
        for letter, payload, _ in standalone_verifier.items(stream):
            yield letter, payload


def _entry(payload: bytes) -> Entry:
    letter, _epoch, seq = _POSITION.unpack_from(payload)
    body = payload[_POSITION.size :]
    side = Side(letter.decode())
    return Entry(side, seq, body[:_DIGEST_BYTES], decode(body[_DIGEST_BYTES:], side))
