"""Stand-alone verifier for exported station journals.

Usage: python standalone_verifier.py EXPORT [--hq-key HEX] [--json]

One file; it needs Python 3.11 or newer and the ``cryptography`` package, nothing of the system that made the export.
It reads the file once, in constant memory, and names every fault by journal, record number and date; it goes on after
a fault. Exit code 0: everything holds; 1: at least one fault; 2: the file cannot be read as an export.

What it checks: the digest chain over the stored bytes (SHA-256), numbers without gap or repetition, the certificates
and the writers' seals and HQ's countersignatures (Ed25519), and that the file is whole. Pass ``--hq-key`` with the key
shown when your station was enrolled; without it the key inside the file is used and shown for comparison.
"""

# ruff: noqa: ANN401, PLR2004, T201 - one file on its own: it spells the format out in figures and prints what it finds

from __future__ import annotations

import argparse
import hashlib
import json
import struct
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"station-journal export 1\n"
ITEM_BYTES_MAX = 8 * 1024 * 1024
POSITION = struct.Struct(">cIQ")
TAG_GENESIS = b"station-journal genesis 1\x00"
TAG_SEAL = b"station-journal seal 1\x00"
TAG_HELD = b"station-journal held 1\x00"
TAG_CERTIFICATE = b"station-journal certificate 1\x00"
JOURNALS = {b"S": "station", b"H": "HQ"}
BEIJING = timezone(timedelta(hours=8))


class NotAnExportError(Exception):
    """The file is no export; nothing can be said of its records."""


def cbor_head(data: bytes, at: int) -> tuple[int, int, int]:
    """Read one CBOR head: major type, argument, next offset (RFC 8949 section 3)."""
    major, low = data[at] >> 5, data[at] & 31
    if low < 24:
        return major, low, at + 1
    if low > 27:
        raise ValueError("indefinite lengths are not used here")
    size = 1 << (low - 24)
    return major, int.from_bytes(data[at + 1 : at + 1 + size], "big"), at + 1 + size


def cbor_value(data: bytes, at: int = 0) -> tuple[Any, int]:
    """Read one CBOR value out of integers, strings and arrays; gives it and the next offset."""
    major, argument, at = cbor_head(data, at)
    if major == 0:
        return argument, at
    if major == 1:
        return -1 - argument, at
    if major in (2, 3):
        raw = data[at : at + argument]
        if len(raw) != argument:
            raise ValueError("cut string")
        return (raw if major == 2 else raw.decode()), at + argument
    if major == 4:
        values = []
        for _ in range(argument):
            value, at = cbor_value(data, at)
            values.append(value)
        return values, at
    if major == 7:
        return {20: False, 21: True}.get(argument), at
    raise ValueError("a CBOR type that is not used here")


def cbor_write(value: Any) -> bytes:
    """Write integers, strings and arrays in the shortest form (RFC 8949 section 4.2.1)."""
    if isinstance(value, bytes):
        return _cbor_write_head(2, len(value)) + value
    if isinstance(value, str):
        return _cbor_write_head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _cbor_write_head(4, len(value)) + b"".join(cbor_write(item) for item in value)
    return _cbor_write_head(0, value)


def _cbor_write_head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    for low, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << (8 * size):
            return bytes([major << 5 | low]) + argument.to_bytes(size, "big")
    raise ValueError("a number above 64 bits")


def when(data: bytes) -> str:
    """Say when a record was made, from its bytes; records start [kind, seconds since 1970 UTC, business date, ...]."""
    try:
        seconds = cbor_value(data, cbor_value(data, cbor_head(data, 0)[2])[1])[0]
        return datetime.fromtimestamp(seconds, BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, IndexError, TypeError, OverflowError, OSError):
        return "unreadable date"


def signed_by(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Check an Ed25519 signature (RFC 8032)."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class Chain:
    """How far one journal has been verified."""

    def __init__(self) -> None:
        """Start before any certificate or anchor."""
        self.station_code = ""
        self.public_keys: dict[int, bytes] = {}
        self.starts: dict[int, tuple[int, bytes]] = {}
        self.epoch = 0
        self.seq: int | None = None
        self.digest = b""
        self.records = 0
        self.sealed_to = 0
        self.held_to = 0


class Verifier:
    """Checks an export item by item and collects faults."""

    def __init__(self, hq_key: bytes | None) -> None:
        """Trust ``hq_key`` if given, else the key in the file."""
        self.hq_key = hq_key
        self.hq_key_given = hq_key is not None
        self.chains = {b"S": Chain(), b"H": Chain()}
        self.faults: list[dict[str, Any]] = []
        self.count = 0
        self.total = hashlib.sha256()
        self.ended = False

    def fault(self, journal: bytes, seq: int, date: str, what: str) -> None:
        """Note a fault with its place."""
        name = JOURNALS.get(journal, "file")
        station = self.chains[b"S"].station_code or self.chains[b"H"].station_code
        self.faults.append({"station": station, "journal": name, "seq": seq, "date": date, "fault": what})

    def item(self, letter: bytes, payload: bytes, chunk: bytes) -> None:
        """Check one item."""
        if letter == b"E":
            count, digest = struct.unpack(">Q", payload[:8])[0], payload[8:]
            if count != self.count or digest != self.total.digest():
                self.fault(b"", 0, "", "the file's closing count or digest does not fit what came before it")
            self.ended = True
            return
        self.count += 1
        self.total.update(chunk)
        if letter == b"K":
            if self.hq_key_given and payload != self.hq_key:
                self.fault(b"", 0, "", "the HQ key in the file is not the one you gave")
            self.hq_key = self.hq_key or payload
        elif letter == b"C":
            self.certificate(payload[:64], payload[64:])
        elif letter in (b"R", b"S", b"H"):
            journal, epoch, seq = POSITION.unpack(payload[: POSITION.size])
            rest = payload[POSITION.size :]
            if journal not in self.chains or len(rest) < 32:
                self.fault(b"", self.count, "", "an item is cut or names no journal")
            elif letter == b"R":
                self.record(journal, epoch, seq, rest[:32], rest[32:])
            else:
                self.signed_position(letter, journal, epoch, seq, rest[:32], rest[32:])

    def certificate(self, signature: bytes, data: bytes) -> None:
        """Check a certificate and keep its key and start."""
        try:
            _form, _suite, side, code, epoch, key, prior_seq, _prior = cbor_value(data)[0]
            chain = self.chains[side.encode()]
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            self.fault(b"", 0, "", "a certificate cannot be read")
            return
        if not signed_by(self.hq_key or b"", signature, TAG_CERTIFICATE + data):
            self.fault(side.encode(), prior_seq + 1, "", f"the certificate of epoch {epoch} is not signed by HQ")
        chain.station_code = code
        chain.public_keys[epoch] = key
        chain.starts[epoch] = (prior_seq, hashlib.sha256(TAG_GENESIS + data).digest())

    def record(self, journal: bytes, epoch: int, seq: int, digest: bytes, data: bytes) -> None:
        """Check one record: number, epoch, digest."""
        chain = self.chains[journal]
        self.follow_on(chain, journal, epoch, seq, when(data))
        if chain.seq is not None and seq <= chain.seq:
            return
        computed = hashlib.sha256(chain.digest + data).digest()
        if chain.digest and computed != digest:
            self.fault(journal, seq, when(data), "the record's bytes do not fit its digest: it was altered")
        # Go on from the stored digest, so that one altered record is one fault.
        chain.epoch, chain.seq, chain.digest = epoch, seq, digest
        chain.records += 1

    def follow_on(self, chain: Chain, journal: bytes, epoch: int, seq: int, date: str) -> None:
        """Check that a record is the next one; a new epoch starts from its certificate."""
        if epoch != chain.epoch:
            start = chain.starts.get(epoch)
            if start is None:
                self.fault(journal, seq, date, f"epoch {epoch} has no certificate")
                chain.digest = b""
            else:
                if chain.seq is not None and start[0] != chain.seq:
                    what = f"epoch {epoch} starts after record {start[0]}, but the one before ends at {chain.seq}"
                    self.fault(journal, seq, date, what)
                chain.seq, chain.digest = start
            chain.epoch = epoch
        if chain.seq is None:
            return
        if seq <= chain.seq:
            self.fault(journal, seq, date, f"record {seq} stands here again")
        elif seq > chain.seq + 1:
            one = seq == chain.seq + 2
            missing = f"record {seq - 1} is" if one else f"records {chain.seq + 1} to {seq - 1} are"
            self.fault(journal, seq, date, f"{missing} missing before it")
            chain.digest = b""

    def signed_position(
        self, letter: bytes, journal: bytes, epoch: int, seq: int, digest: bytes, signature: bytes
    ) -> None:
        """Check a seal or a countersignature; one before any record is the anchor of a range."""
        chain = self.chains[journal]
        held = letter == b"H"
        key = self.hq_key if held else chain.public_keys.get(epoch)
        message = (TAG_HELD if held else TAG_SEAL) + cbor_write(
            [1, journal.decode(), chain.station_code, epoch, seq, digest]
        )
        what = "countersignature" if held else "seal"
        if not signed_by(key or b"", signature, message):
            self.fault(journal, seq, "", f"the {what} over record {seq} is not valid")
            return
        if chain.seq is None:
            chain.epoch, chain.seq, chain.digest = epoch, seq, digest
        elif seq == chain.seq and digest != chain.digest:
            self.fault(journal, seq, "", f"the {what} is over another history up to record {seq}")
            return
        elif seq > chain.seq:
            done = "HQ holds" if held else "the writer sealed"
            self.fault(journal, seq, "", f"{done} record {seq}, which is not in this file")
        elif seq < chain.seq:
            return
        if held:
            chain.held_to = max(chain.held_to, seq)
        else:
            chain.sealed_to = max(chain.sealed_to, seq)

    def finish(self) -> None:
        """Check what only the end can show."""
        if not self.ended:
            self.fault(b"", 0, "", "the file is cut: its closing item is missing")
        for journal, chain in self.chains.items():
            if chain.records and max(chain.sealed_to, chain.held_to) < (chain.seq or 0):
                first = max(chain.sealed_to, chain.held_to) + 1
                self.fault(journal, first, "", f"records {first} to {chain.seq} are covered by no signature")


def items(stream: BinaryIO) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Read items one at a time: letter, payload, whole chunk."""
    while True:
        head = stream.read(5)
        if len(head) < 5:
            return
        letter, size = head[:1], int.from_bytes(head[1:], "big")
        if size > ITEM_BYTES_MAX:
            raise NotAnExportError(f"an item claims {size} bytes, which none has")
        payload = stream.read(size)
        if len(payload) < size:
            return
        yield letter, payload, head + payload


def verify(stream: BinaryIO, hq_key: bytes | None = None) -> Verifier:
    """Verify an export; the result holds the faults and how far each journal goes."""
    if stream.read(len(MAGIC)) != MAGIC:
        raise NotAnExportError("the file does not start as an export of station journals")
    verifier = Verifier(hq_key)
    verifier.count = 1
    verifier.total.update(MAGIC)
    for letter, payload, chunk in items(stream):
        verifier.item(letter, payload, chunk)
    verifier.finish()
    return verifier


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export")
    parser.add_argument("--hq-key", help="HQ's public key in hex, shown when your station was enrolled")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    options = parser.parse_args(arguments)
    try:
        key = bytes.fromhex(options.hq_key) if options.hq_key else None
        with Path(options.export).open("rb") as stream:
            verifier = verify(stream, key)
    except (NotAnExportError, OSError, ValueError) as error:
        print(f"cannot verify: {error}", file=sys.stderr)
        return 2
    report(verifier, as_json=options.json)
    return 1 if verifier.faults else 0


def report(verifier: Verifier, *, as_json: bool) -> None:
    """Print what was found, one line a fault."""
    chains = verifier.chains
    if as_json:
        summary = {
            "ok": not verifier.faults,
            "station": chains[b"S"].station_code,
            "hq_key": (verifier.hq_key or b"").hex(),
            "station_records": chains[b"S"].records,
            "hq_records": chains[b"H"].records,
            "held_by_hq_to": chains[b"S"].held_to,
            "faults": verifier.faults,
        }
        print(json.dumps(summary, ensure_ascii=False))
        return
    for fault in verifier.faults:
        print("FAULT {station} {journal} journal, record {seq}, {date}: {fault}".format(**fault))
    if not verifier.hq_key_given:
        print(f"HQ key in the file: {(verifier.hq_key or b'').hex()} (compare it with the one shown at enrolment)")
    for journal, chain in chains.items():
        print(f"{JOURNALS[journal]} journal: {chain.records} records up to {chain.seq or 0}")
    print(f"HQ holds the station journal up to record {chains[b'S'].held_to}")
    print(f"FAIL: {len(verifier.faults)} faults" if verifier.faults else "OK")


if __name__ == "__main__":
    sys.exit(main())
