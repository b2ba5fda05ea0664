"""The scripted day as a reader runs it: one process, one line of JSON at the end, and books that agree.

What it prints is held against what it left behind: the billers' own book, the paper in the tray, the stored slips.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from station_pos.receipts.paper import Cut, Feed, Paper, Qr, from_bytes, to_text

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(600)]

PLANTED = (
    "ACCOUNT_MISMATCH",
    "AMOUNT_MISMATCH",
    "CUTOFF_SHIFT",
    "DUPLICATE_OURS",
    "DUPLICATE_THEIRS",
    "FILE_TOTAL_MISMATCH",
    "OURS_ONLY",
    "STATUS_MISMATCH",
    "THEIRS_ONLY",
)
GAS_FEE_FEN = 100


@dataclass(frozen=True)
class Day:
    """A day that was played: exit code, what it said, its last line, and its folder."""

    code: int
    said: str
    line: dict[str, Any]
    folder: Path

    def booked(self) -> list[tuple[str, int]]:
        """What stands in the billers' own book: biller and amount in fen."""
        with closing(sqlite3.connect(self.folder / "billers.sqlite3")) as book:
            return book.execute("SELECT biller, amount_fen FROM payment WHERE status = 'confirmed'").fetchall()

    def paper(self) -> list[list[str]]:
        """The lines of every slip in the printer's tray, in the order of the cuts."""
        files = sorted((self.folder / "paper").glob("*.json"))
        return [_words(json.loads(file.read_text("utf-8"))["lines"]) for file in files]


def _words(lines: list[str]) -> list[str]:
    """Lines without the blanks that place them."""
    return ["".join(line.split()) for line in lines if line.strip()]


def _stored_words(paper: Paper) -> tuple[str, ...]:
    """A stored slip as a reader of the paper sees it: its words without blanks, then what its codes carry."""
    words = replace(paper, items=tuple(item for item in paper.items if not isinstance(item, Qr | Cut | Feed)))
    codes = (item.data for item in paper.items if isinstance(item, Qr))
    return "".join(_words(to_text(words).splitlines())), *codes


@pytest.fixture(scope="module")
def day() -> Iterator[Day]:
    with tempfile.TemporaryDirectory(prefix="spday-") as name:  # short: control sockets lie in it
        folder = Path(name)
        command = [sys.executable, "-m", "station_pos", "demo", "--scripted", "--folder", name]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=580, stdin=subprocess.DEVNULL, check=False
        )
        print(done.stderr)
        last = done.stdout.rstrip("\n").split("\n")[-1]
        assert last.startswith("{"), done.stderr[-2_000:]
        yield Day(done.returncode, done.stdout, json.loads(last), folder)


class TestTheScriptedDay:
    def test_ends_with_books_that_agree(self, day: Day) -> None:
        assert day.line["disagreements"] == []
        assert (day.code, day.line["ok"], day.line["heads_equal"]) == (0, True, True)
        assert (day.line["trial_balance_fen"], day.line["unknown_open"], day.line["credit_held_fen"]) == (0, 0, 0)

    def test_takes_at_least_forty_bills_across_four_billers(self, day: Day) -> None:
        assert day.line["bills"] >= 40
        assert day.line["billers"] == 4
        assert day.line["payments"]["DECLINED"] == 2
        assert day.line["payments"]["REVERSED"] == 1

    def test_finds_one_break_of_each_class_and_nothing_else(self, day: Day) -> None:
        assert day.line["breaks_planted"] == dict.fromkeys(PLANTED, 1)
        assert day.line["breaks"] == dict.fromkeys(PLANTED, 1)

    def test_expects_in_the_drawer_what_the_billers_own_book_adds_up_to(self, day: Day) -> None:
        booked = day.booked()
        fees_fen = GAS_FEE_FEN * sum(biller == "ZYRQ" for biller, _ in booked)
        merged_fen = 5_000  # the top-up that the biller took for a repetition: paid at the counter, not booked there
        assert day.line["drawer_expected_fen"] == sum(fen for _, fen in booked) + fees_fen + merged_fen
        bought_fen = 600_000
        assert day.line["credit_left_fen"] == bought_fen - day.line["drawer_expected_fen"]

    def test_puts_on_paper_exactly_the_slips_that_were_stored(self, day: Day) -> None:
        with closing(sqlite3.connect(day.folder / "station" / "station.sqlite")) as store:
            stored = [from_bytes(row[0]) for row in store.execute("SELECT paper FROM print_jobs")]
        printed = [json.loads(file.read_text("utf-8")) for file in (day.folder / "paper").glob("*.json")]
        assert len(printed) == day.line["slips_printed"]
        on_paper = Counter(("".join(_words(one["lines"])), *one["qr"]) for one in printed)
        assert on_paper == Counter(_stored_words(one) for one in stored)

    def test_prints_every_receipt_for_the_reader_and_marks_the_copy(self, day: Day) -> None:
        receipts = [lines for lines in day.paper() if lines[0] == "代收费收据"]
        copies = [lines for lines in receipts if any("补打" in line for line in lines)]
        assert len(receipts) - len(copies) == day.line["receipts_printed"]
        assert len(copies) == 1
        assert day.said.count("代收费收据") == len(receipts)

    def test_pays_commission_on_what_matched_and_nothing_else(self, day: Day) -> None:
        by_hand = Counter({"SCDL": 36, "JYSW": 50, "ZYRQ": 36})
        booked = Counter(biller for biller, _ in day.booked())
        # One electricity, two water and one gas payment stand in breaks and earn later.
        items_fen = sum(
            by_hand[biller] * (booked[biller] - wait) for biller, wait in (("SCDL", 1), ("JYSW", 2), ("ZYRQ", 1))
        )
        top_ups_fen = sum(fen for biller, fen in day.booked() if biller == "YDCZ")
        assert day.line["commission_gross_fen"] == items_fen + (top_ups_fen * 5 + 500) // 1_000
        net_fen = day.line["commission_gross_fen"] - day.line["commission_tax_fen"]
        assert day.line["commission_net_fen"] == net_fen

    def test_leaves_no_process_behind(self, day: Day) -> None:
        left = [line for line in _command_lines() if str(day.folder) in line]
        assert left == []


def _command_lines() -> Iterator[str]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                yield (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
