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

from station_journal.accounts import Account, Ledger
from station_journal.records import CommissionStated, Side
from station_pos.demo.audit import BillerPayment, Evidence, audit
from station_pos.demo.hq_book import HqBook
from station_pos.demo.journal_book import read_journals
from station_pos.demo.paper_book import read_paper
from station_pos.demo.service_audit import ServiceBooks, bank_sales
from station_pos.demo.till_book import TillBook, Visit
from station_pos.receipts.paper import Barcode, Cut, Feed, Item, Paper, Qr, from_bytes, to_text

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
SERVICES = (
    "withdrawals",
    "withdrawals_paid_fen",
    "parcels_on_hand",
    "parcels_handed_off",
    "parcels_missing",
    "cod_fen",
    "grants_released_fen",
    "z_no",
    "pouches_fen",
)


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

    def bank(self) -> dict[str, int]:
        """The sales that stand in the bank's own book: trace number and fen."""
        return bank_sales(json.loads((self.folder / "bank.json").read_text("utf-8")))

    def paper(self) -> list[list[str]]:
        """The lines of every slip in the printer's tray, in the order of the cuts."""
        files = sorted((self.folder / "paper").glob("*.json"))
        return [_words(json.loads(file.read_text("utf-8"))["lines"]) for file in files]


def _words(lines: list[str]) -> list[str]:
    """Lines without the blanks that place them."""
    return ["".join(line.split()) for line in lines if line.strip()]


def _pieces(paper: Paper) -> Iterator[Paper]:
    """The pieces of paper of a stored slip: one of two copies is cut in the middle."""
    piece: list[Item] = []
    for item in (*paper.items, Cut()):
        if not isinstance(item, Cut):
            piece.append(item)
        elif piece:
            yield replace(paper, items=tuple(piece))
            piece = []


def _stored_words(paper: Paper) -> tuple[str, ...]:
    """A piece as a reader sees it: its words without blanks, then what its codes carry."""
    words = replace(paper, items=tuple(item for item in paper.items if not isinstance(item, Qr | Barcode | Feed)))
    codes = (item.data for item in paper.items if isinstance(item, Qr))
    return "".join(_words(to_text(words).splitlines())), *codes


@pytest.fixture(scope="module")
def day() -> Iterator[Day]:
    with tempfile.TemporaryDirectory(prefix="spday-") as name:  # short: control sockets lie in it
        folder = Path(name)
        command = [sys.executable, "-m", "station_pos", "demo", "--scripted", "--folder", name]
        env = {**os.environ, "HQ_PASSWORD_MEMORY_MIB": "19"}  # a guess at a password costs as little as it may
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=580, stdin=subprocess.DEVNULL, env=env, check=False
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
        bills_fen = sum(fen for _, fen in booked) + fees_fen + merged_fen
        cod_fen, paid_out_fen, float_fen, pouch_fen = 19_900, sum(day.bank().values()), 98_000, 50_000
        assert day.line["drawer_expected_fen"] == bills_fen + float_fen + cod_fen - paid_out_fen - pouch_fen
        bought_fen, by_code_fen = 600_000, 50_000
        assert day.line["credit_left_fen"] == bought_fen + by_code_fen - bills_fen - cod_fen

    def test_does_every_service_and_says_what_the_outside_books_say(self, day: Day) -> None:
        assert day.bank() == {"000101": 20_000, "000102": 17_000}
        said = {name: day.line[name] for name in SERVICES}
        assert said == {
            "withdrawals": {"PAID": 2},
            "withdrawals_paid_fen": 37_000,
            "parcels_on_hand": 2,
            "parcels_handed_off": 3,
            "parcels_missing": 1,
            "cod_fen": 19_900,
            "grants_released_fen": 50_000,
            "z_no": 1,
            "pouches_fen": 50_000,
        }

    def test_puts_on_paper_exactly_the_slips_that_were_stored(self, day: Day) -> None:
        with closing(sqlite3.connect(day.folder / "station" / "station.sqlite")) as store:
            stored = [from_bytes(row[0]) for row in store.execute("SELECT paper FROM print_jobs")]
        printed = [json.loads(file.read_text("utf-8")) for file in (day.folder / "paper").glob("*.json")]
        assert len(printed) == day.line["slips_printed"]
        on_paper = Counter(("".join(_words(one["lines"])), *one["qr"]) for one in printed)
        assert on_paper == Counter(_stored_words(piece) for one in stored for piece in _pieces(one))

    def test_prints_every_receipt_for_the_reader_and_marks_the_copy(self, day: Day) -> None:
        receipts = [lines for lines in day.paper() if lines[0] == "代收费收据"]
        copies = [lines for lines in receipts if any("【补打】" in line for line in lines)]
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


class TestTheAudit:
    """The same audit over the books the day left, each spoilt in one place: it must say so."""

    def test_agrees_with_the_books_as_they_are(self, evidence: Evidence) -> None:
        assert audit(evidence) == []

    def test_misses_a_slip_that_was_taken_away_and_one_that_came_out_twice(self, evidence: Evidence) -> None:
        receipt = next(slip for slip in evidence.slips if slip.kind == "receipt")
        without = tuple(slip for slip in evidence.slips if slip is not receipt)
        assert audit(replace(evidence, slips=without))
        assert audit(replace(evidence, slips=(*evidence.slips, receipt)))

    def test_notices_a_slip_with_another_amount_or_of_no_payment(self, evidence: Evidence) -> None:
        first, *rest = evidence.slips
        for spoilt in (
            replace(first, amount_fen=(first.amount_fen or 0) + 1),
            replace(first, our_no="ST-0417-999999-00000000"),
        ):
            (sentence,) = audit(replace(evidence, slips=(spoilt, *rest)))
            assert f"第 {first.number} 张" in sentence

    def test_notices_what_the_biller_has_otherwise_or_has_alone(self, evidence: Evidence) -> None:
        first, *rest = evidence.biller
        (sentence,) = audit(replace(evidence, biller=(replace(first, amount_fen=first.amount_fen + 1), *rest)))
        assert first.our_no in sentence
        (sentence,) = audit(replace(evidence, biller=tuple(rest)))
        assert first.our_no in sentence
        stranger = replace(first, our_no="ST-0417-999999-00000000")
        (sentence,) = audit(replace(evidence, biller=(*evidence.biller, stranger)))
        assert stranger.our_no in sentence

    def test_notices_a_balance_a_head_or_a_payment_that_hq_has_otherwise(self, evidence: Evidence) -> None:
        hq = evidence.hq
        drawer = Ledger(Account.DRAWER)
        off_by_one = {**hq.balances, drawer: hq.balances[drawer] + 1}
        number = next(iter(hq.payments))
        for spoilt in (
            replace(hq, balances=off_by_one),
            replace(hq, heads={**hq.heads, Side.STATION: (hq.heads[Side.STATION][0], "00" * 32)}),
            replace(hq, payments={**hq.payments, number: ("HELD", 1)}),
            replace(hq, trial_balance_fen=1),
            replace(hq, breaks={name: count for name, count in hq.breaks.items() if name != "CUTOFF_SHIFT"}),
            replace(hq, breaks={**hq.breaks, "SUSPENSE": 1}),
        ):
            assert len(audit(replace(evidence, hq=spoilt))) == 1

    def test_notices_cash_that_the_customers_remember_otherwise(self, evidence: Evidence) -> None:
        visits = dict(evidence.till.visits)
        seq, visit = next(iter(visits.items()))
        visits[seq] = replace(visit, change_fen=visit.change_fen + 100)
        sentences = audit(replace(evidence, till=TillBook(visits, evidence.till.moves)))
        assert len(sentences) == 2
        assert all("抽屉" in sentence for sentence in sentences)

    def test_notices_what_the_bank_the_courier_or_the_branch_has_otherwise(self, evidence: Evidence) -> None:
        outside = evidence.outside
        for spoilt in (
            replace(outside, bank={**outside.bank, "000101": 1}),
            replace(outside, left_there=outside.left_there | {"YT0000000000001"}),
            replace(outside, still_carried=frozenset()),
            replace(outside, codes_fen=0),
        ):
            assert len(audit(replace(evidence, outside=spoilt))) == 1

    def test_misses_a_close_that_came_out_once(self, evidence: Evidence) -> None:
        report = next(slip for slip in evidence.slips if slip.kind == "z")
        without = tuple(slip for slip in evidence.slips if slip is not report)
        sentences = audit(replace(evidence, slips=without))
        assert [sentence for sentence in sentences if "各项业务" in sentence]

    def test_notices_commission_that_the_rates_do_not_give(self, evidence: Evidence) -> None:
        hq = replace(evidence.hq, gross_fen=evidence.hq.gross_fen + 1, net_fen=evidence.hq.net_fen + 1)
        assert len(audit(replace(evidence, hq=hq))) == 2


@pytest.fixture(scope="module")
def evidence(day: Day) -> Evidence:
    """The day's books as they lie in its folder; HQ's figures are those its own journal and our fold give."""
    journals = read_journals(day.folder / "journals.spj")
    with closing(sqlite3.connect(day.folder / "billers.sqlite3")) as book:
        rows = book.execute("SELECT biller, our_no, account_no, amount_fen, status FROM payment").fetchall()
    biller = tuple(BillerPayment(*row) for row in rows)
    payments = journals.payments()
    (stated,) = [fact for _, fact in journals.facts(CommissionStated) if isinstance(fact, CommissionStated)]
    hq = HqBook(
        public_key="",
        heads={side: journals.head(side) for side in Side},
        balances={ledger: fen for ledger, fen in journals.books.balances.items() if fen},
        payments={number: (one.status.name, one.amount_fen) for number, one in payments.items()},
        trial_balance_fen=0,
        unknown_open=0,
        breaks=day.line["breaks"],
        month=stated.month,
        gross_fen=stated.gross_fen,
        tax_fen=stated.tax_fen,
        net_fen=stated.gross_fen - stated.tax_fen,
        report=(),
    )
    merged = frozenset(payments.keys() - {one.our_no for one in biller})
    written = json.loads((day.folder / "notebook.json").read_text("utf-8"))
    notes = [Visit(**row) for row in written["visits"]]
    moves = [(what, fen) for what, fen in written["moves"]]
    announced = [line.split(",")[2] for line in (day.folder / "M1125.csv").read_text("utf-8").splitlines()[1:-1]]
    collected = frozenset(announced[:3])
    slips = tuple(read_paper(day.folder / "paper"))
    return Evidence(
        journals=journals,
        hq=hq,
        biller=biller,
        slips=slips,
        till=TillBook({one.payment_seq: one for one in notes}, moves),
        printer_count=len(slips),
        planted=day.line["breaks_planted"],
        merged=merged,
        unmatched=frozenset(day.line["unmatched"]),
        outside=ServiceBooks(
            bank=day.bank(),
            left_there=frozenset({*announced[:-1], "YT0000000099001"}),
            still_carried=frozenset(announced[-1:]),
            collected=collected,
            codes_fen=50_000,
        ),
    )


def _command_lines() -> Iterator[str]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                yield (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
