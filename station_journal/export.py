"""The export of a station's journals: one file that anybody can verify and replay without us.

It holds the raw stored bytes with their digests, certificates, seals, HQ's countersignatures, tariffs and evidence, as
a plain run of items: a type letter, a length of four bytes (big-endian), the payload. ``standalone_verifier`` reads it
with nothing of ours; the two are held together by tests only.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from station_journal.seal import Certificate, Position
    from station_journal.side import Side

MAGIC = b"station-journal export 1\n"
_HEAD = struct.Struct(">cI")
_POSITION = struct.Struct(">cIQ")


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it lies in storage: position, digest after it, bytes."""

    side: Side
    epoch: int
    seq: int
    digest: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """A certificate with HQ's signature on it."""

    certificate: Certificate
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedPosition:
    """A position with a signature over it: a writer's seal, or HQ's countersignature (``held``)."""

    side: Side
    position: Position
    signature: bytes
    held: bool = False


ExportItem = SignedCertificate | StoredRecord | SignedPosition


def export_chunks(
    hq_public_key: bytes, items: Iterable[ExportItem], tariffs: Iterable[bytes], evidence: Iterable[bytes] = ()
) -> Iterator[bytes]:
    """Write an export, chunk by chunk, in the order given; ``evidence`` are documents that records name by hash.

    Certificates come before the records of their epoch. For a range that starts later, give a ``SignedPosition`` for
    the record before it: the verifier takes it as anchor. The last item counts all others, so a cut file is noticed.
    """
    total = hashlib.sha256()
    count = 0
    for chunk in _all_chunks(hq_public_key, items, (tariffs, evidence)):
        total.update(chunk)
        count += 1
        yield chunk
    yield _item(b"E", struct.pack(">Q", count) + total.digest())


def _all_chunks(
    hq_public_key: bytes, items: Iterable[ExportItem], documents: tuple[Iterable[bytes], Iterable[bytes]]
) -> Iterator[bytes]:
    yield MAGIC
    yield _item(b"K", hq_public_key)
    for letter, some in zip((b"T", b"D"), documents, strict=True):
        for document in some:
            yield _item(letter, document)
    for item in items:
        yield _chunk(item)


def _chunk(item: ExportItem) -> bytes:
    if isinstance(item, SignedCertificate):
        return _item(b"C", item.signature + item.certificate.to_bytes())
    if isinstance(item, StoredRecord):
        return _item(b"R", _POSITION.pack(item.side.value.encode(), item.epoch, item.seq) + item.digest + item.data)
    head = _POSITION.pack(item.side.value.encode(), item.position.epoch, item.position.seq)
    return _item(b"H" if item.held else b"S", head + item.position.digest + item.signature)


def _item(letter: bytes, payload: bytes) -> bytes:
    return _HEAD.pack(letter, len(payload)) + payload
