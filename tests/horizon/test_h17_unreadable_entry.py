"""H17: a balance stopped being built part-way, without an error, and was taken for the truth.

A replay that cannot read every entry yields an error that names the entry, never a number; on both sides.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing

import cbor2

from station_pos.demo.processes import WorldError, call, until
from tests.horizon.harness import Case, books_agree

STRANGE_KIND = 63


def append_of_unknown_kind(case: Case) -> int:
    """Append a record of a kind this version does not know, as a later one would; give its number."""
    with closing(sqlite3.connect(case.shop.folder / "station" / "station.sqlite")) as store, store:
        seq, epoch, data, digest = store.execute(
            "SELECT seq, epoch, bytes, digest FROM journal WHERE side = 'S' ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        row = cbor2.loads(data)
        row[0] = STRANGE_KIND
        strange = cbor2.dumps(row)
        store.execute(
            "INSERT INTO journal (side, seq, epoch, bytes, digest) VALUES ('S', ?, ?, ?, ?)",
            (seq + 1, epoch, strange, hashlib.sha256(digest + strange).digest()),
        )
    return int(seq) + 1


def test_h17_a_record_of_an_unknown_kind_stops_the_figures_of_both_sides_and_is_named(
    open_case: Callable[..., Case],
) -> None:
    case = open_case()
    sold = case.day.sell(case.day.queue.next("SCDL"))
    books_agree(case)
    before = case.hq_books()
    case.station.stop()
    seq = append_of_unknown_kind(case)

    case.station.start()
    state = case.station.state()
    assert state["read_only"]
    assert str(seq) in state["read_only_reason"]
    refused = case.day.try_to_take(case.day.queue.next("SCDL"), inquire=False)
    assert (refused["accepted"], refused["refused"]) == (False, "not_computable")
    assert refused["detail"]["seq"] == seq
    assert str(seq) in state["not_computable"]
    figures = [name for name in state if name.endswith("_fen")]
    assert {name: state[name] for name in figures} == dict.fromkeys(figures), "an error, never a number"

    until("HQ to hold the strange record", lambda: case.station.state()["unsent"] == 0, 60.0, 0.2)
    sentence = until("HQ to stop at it", lambda: refusal_of_hq(case), 60.0, 0.5)
    assert str(seq) in sentence
    assert case.shop.code in sentence
    assert before["payments_held"] == 0

    case.station.stop()
    checked = json.loads(case.station.run("rebuild", "--json", wrong_ok=True))
    assert str(seq) in checked["blocked"]

    an_altered_entry_is_named_too(case, sold["seq"])


def refusal_of_hq(case: Case) -> str:
    """What HQ says instead of figures; empty while it still gives some."""
    try:
        case.hq_books()
    except WorldError as error:
        return str(error)
    return ""


def an_altered_entry_is_named_too(case: Case, altered: int) -> None:
    """Bend one bit on the disk: the station's own check and the stand-alone verifier name the entry."""
    with closing(sqlite3.connect(case.shop.folder / "station" / "station.sqlite")) as store, store:
        data = store.execute("SELECT bytes FROM journal WHERE side = 'S' AND seq = ?", (altered,)).fetchone()[0]
        bent = bytes([*data[:-1], data[-1] ^ 1])
        store.execute("UPDATE journal SET bytes = ? WHERE side = 'S' AND seq = ?", (bent, altered))
    said = case.station.run("verify", "--json", wrong_ok=True)
    assert f'"seq": {altered}' in said
    export = case.station.export(case.shop.folder / "bent.spj")
    found = call(["station_journal.standalone_verifier", export, "--json"], wrong_ok=True)
    assert f'"seq": {altered}' in found
