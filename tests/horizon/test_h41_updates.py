"""H41: an update changed the figures of some shops, and could not be taken back everywhere.

Every release folds the journals that earlier releases recorded (``tests/golden/recorded``) to the figures that those
releases gave. An update at the station is whole or has not happened: the books of the release before are made anew in
one transaction, whatever cuts it, and the same holds on the way back.
"""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from station_journal.balances import accounts_digest
from station_journal.records import Side
from station_pos.demo.journal_book import read_journals
from tests.horizon.harness import Case, books_agree

RECORDED = sorted((Path(__file__).parents[1] / "golden" / "recorded").glob("*.spj"))
CUTS = 6


@pytest.mark.parametrize("journals", RECORDED, ids=lambda path: path.stem)
def test_h41_recorded_journals_give_the_figures_of_the_release_that_recorded_them(journals: Path) -> None:
    then = json.loads(journals.with_suffix(".json").read_text("utf-8"))
    now = read_journals(journals)
    assert now.faults == ()
    assert {side.value: list(now.head(side)) for side in Side} == then["heads"]
    books = now.books
    assert accounts_digest(books.balances).hex() == then["accounts_digest"]
    kept = {f"{int(of.account)} {of.party}".strip(): fen for of, fen in books.balances.items() if fen}
    assert kept == then["balances_fen"]
    found: dict[str, list[int]] = {}
    for payment in books.payments.values():
        count, total_fen = found.get(payment.status.name, (0, 0))
        found[payment.status.name] = [count + 1, total_fen + payment.total_fen]
    assert found == then["payments"]
    # A later release may know of more; what an earlier one knew it knows alike.
    states = Counter(f"{type(one).__name__} {one.state_no}" for one in books.subjects.values())
    assert {name: states[name] for name in then["subjects"]} == then["subjects"]


def as_another_release_left_it(store: sqlite3.Connection) -> None:
    """Make the derived tables those of another release: another rules number, a table more, one less, a figure off."""
    store.execute("UPDATE marker SET rules = rules + 1")
    store.execute("CREATE TABLE IF NOT EXISTS standing (one INTEGER PRIMARY KEY, note TEXT)")
    store.execute("DROP TABLE IF EXISTS hq_notes")
    store.execute("UPDATE balances SET balance_fen = balance_fen + 1")


def figures(store: sqlite3.Connection) -> dict[str, list[Any]]:
    """What the derived tables say."""
    tables = ("balances", "payments", "subjects", "drawer_rows", "issued_papers", "marker")
    return {table: sorted(store.execute(f"SELECT * FROM {table}")) for table in tables}


def test_h41_an_update_cut_anywhere_is_whole_or_has_not_happened(open_case: Callable[..., Case], seed: int) -> None:
    case, drawn = open_case(), random.Random(seed)
    for number in range(3):
        case.day.sell(case.owes("SCDL", f"410000{number:04d}", f"H41-{number}", 5_000 + number, 101))
    before = books_agree(case)
    case.station.stop()
    path = case.shop.folder / "station" / "station.sqlite"
    with closing(sqlite3.connect(path)) as store, store:
        right = figures(store)
        as_another_release_left_it(store)
        other = store.execute("SELECT rules FROM marker").fetchone()

    wholes = 0
    for _ in range(CUTS):
        cut_rebuild(path.parent, drawn.uniform(0.2, 1.2))
        with closing(sqlite3.connect(path)) as store, store:
            if store.execute("SELECT rules FROM marker").fetchone() == other:
                continue
            assert figures(store) == right
            wholes += 1
            as_another_release_left_it(store)

    case.station.start()
    after = books_agree(case)
    assert after.head(Side.STATION)[0] >= before.head(Side.STATION)[0]
    assert {of: fen for of, fen in after.books.balances.items() if fen} == {
        of: fen for of, fen in before.books.balances.items() if fen
    }
    with closing(sqlite3.connect(path)) as store:
        assert figures(store)["balances"] == right["balances"], f"after {wholes} whole updates of {CUTS}"


def cut_rebuild(folder: Path, after_s: float) -> None:
    """Begin an update of the derived tables and cut the power some time later."""
    command = [sys.executable, "-m", "station_pos", "rebuild", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as updating:
        try:
            updating.wait(after_s)
        except subprocess.TimeoutExpired:
            updating.kill()
