"""The stand-alone verifier: run as a stranger would, on files with one planted fault each."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import station_journal.standalone_verifier
from station_journal.codec import encode
from station_journal.export import ExportItem, SignedCertificate, SignedPosition, StoredRecord, export_chunks
from station_journal.records import Side
from station_journal.seal import Position, countersign, extend, seal, sign_certificate
from tests.factories import journal

VERIFIER = Path(station_journal.standalone_verifier.__file__)
RECORDS = 30
HELD = 20


def _items() -> list[ExportItem]:
    items: list[ExportItem] = []
    for side, key in ((Side.STATION, 1), (Side.HQ, 2)):
        certificate = journal.certificate(side)
        items.append(SignedCertificate(certificate, sign_certificate(journal.key(2), certificate)))
        make = journal.taken if side is Side.STATION else lambda n: journal.granted(50_000 + n, n)
        run = [encode(journal.record(make(n), minute=n)) for n in range(1, RECORDS + 1)]
        digests = extend(certificate.start(), run)
        for seq, (data, digest) in enumerate(zip(run, digests, strict=True), 1):
            items.append(StoredRecord(side, 1, seq, digest, data))
            position = Position(1, seq, digest)
            if side is Side.STATION and seq == HELD:
                items.append(SignedPosition(side, position, countersign(journal.key(2), "JY0427", position), held=True))
        position = Position(1, RECORDS, digests[-1])
        items.append(SignedPosition(side, position, seal(journal.key(key), side, "JY0427", position)))
    return items


def _verify(tmp_path: Path, data: bytes, *options: str) -> tuple[int, dict[str, Any]]:
    path = tmp_path / "journals.export"
    path.write_bytes(data)
    command = [sys.executable, "-I", str(VERIFIER), str(path), "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    return done.returncode, json.loads(done.stdout) if done.stdout else {"error": done.stderr}


def _export(items: list[ExportItem], hq: int = 2) -> bytes:
    return b"".join(export_chunks(journal.public(hq), items, [journal.tariff().to_bytes()]))


def test_whole_journals_pass_and_say_how_far_hq_holds_them(tmp_path: Path):
    code, report = _verify(tmp_path, _export(_items()), "--hq-key", journal.public(2).hex())
    assert (code, report["faults"]) == (0, [])
    assert (report["station_records"], report["hq_records"], report["held_by_hq_to"]) == (RECORDS, RECORDS, HELD)


def _station(items: list[ExportItem], seq: int) -> int:
    return next(
        i for i, x in enumerate(items) if isinstance(x, StoredRecord) and x.side is Side.STATION and x.seq == seq
    )


def _alter(items: list[ExportItem]) -> None:
    at = _station(items, 12)
    record = items[at]
    assert isinstance(record, StoredRecord)
    data = encode(journal.record(journal.taken(12, amount_fen=1), minute=12))
    items[at] = StoredRecord(record.side, record.epoch, record.seq, record.digest, data)


def _rewrite_all_digests(items: list[ExportItem]) -> None:
    """Alter a record and mend the chain after it, as somebody with the database but not the key could."""
    _alter(items)
    digest = journal.certificate().start().digest
    for i, item in enumerate(items):
        if isinstance(item, StoredRecord) and item.side is Side.STATION:
            digest = extend(Position(1, item.seq, digest), [item.data])[0]
            items[i] = StoredRecord(item.side, item.epoch, item.seq, digest, item.data)


@pytest.mark.parametrize(
    ("plant", "seq", "words"),
    [
        (_alter, 12, "it was altered"),
        (lambda items: items.pop(_station(items, 12)), 13, "record 12 is missing"),
        (lambda items: items.insert(_station(items, 12), items[_station(items, 12)]), 12, "stands here again"),
        (_rewrite_all_digests, HELD, "another history"),
    ],
)
def test_a_planted_fault_is_named_by_record_and_date(
    tmp_path: Path, plant: Callable[[list[ExportItem]], object], seq: int, words: str
):
    items = _items()
    plant(items)
    code, report = _verify(tmp_path, _export(items))
    assert code == 1
    first = report["faults"][0]
    assert (first["station"], first["journal"], first["seq"]) == ("JY0427", "station", seq)
    assert words in first["fault"]
    if words != "another history":
        assert first["date"].startswith("2026-11-23 12:")
        assert len(report["faults"]) == 1


def test_every_fault_is_named_and_not_the_first_only(tmp_path: Path):
    items = _items()
    _alter(items)
    items.pop(_station(items, 25))
    _, report = _verify(tmp_path, _export(items))
    assert [fault["seq"] for fault in report["faults"]] == [12, 26]


def test_a_cut_file_is_noticed(tmp_path: Path):
    code, report = _verify(tmp_path, _export(_items())[:-300])
    assert code == 1
    assert any("closing item is missing" in fault["fault"] for fault in report["faults"])


def test_missing_records_at_the_end_that_hq_had_acknowledged_are_named(tmp_path: Path):
    items = [x for x in _items() if not (isinstance(x, StoredRecord) and x.side is Side.STATION and x.seq >= HELD)]
    code, report = _verify(tmp_path, _export(items))
    assert code == 1
    assert any(fault["fault"] == f"HQ holds record {HELD}, which is not in this file" for fault in report["faults"])


def test_a_range_is_verified_against_the_anchor_before_it(tmp_path: Path):
    items = _items()
    at = _station(items, HELD)
    anchor = next(x for x in items if isinstance(x, SignedPosition) and x.held)
    ranged = [items[0], anchor, *items[at + 2 :]]
    code, report = _verify(tmp_path, _export(ranged))
    assert (code, report["station_records"]) == (0, RECORDS - HELD)


def test_a_certificate_hq_did_not_sign_is_a_fault(tmp_path: Path):
    items = _items()
    assert isinstance(items[0], SignedCertificate)
    items[0] = SignedCertificate(items[0].certificate, sign_certificate(journal.key(9), items[0].certificate))
    code, report = _verify(tmp_path, _export(items))
    assert code == 1
    assert "not signed by HQ" in report["faults"][0]["fault"]


def test_another_hq_key_than_the_one_on_the_slip_is_a_fault(tmp_path: Path):
    code, _ = _verify(tmp_path, _export(_items()), "--hq-key", journal.public(9).hex())
    assert code == 1


@pytest.mark.parametrize("data", [b"", b"hello", b"station-journal export 1\n" + struct.pack(">cI", b"R", 2**31)])
def test_what_is_no_export_says_so_and_exits_with_two(tmp_path: Path, data: bytes):
    code, report = _verify(tmp_path, data)
    if len(data) < 20:
        assert code == 2
        assert "cannot verify" in report["error"]
    else:
        assert code == 2
        assert "claims" in report["error"]
