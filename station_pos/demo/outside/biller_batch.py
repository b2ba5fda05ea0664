"""A biller company that takes batch files: reads request files from a folder, books them, writes result files.

    python -m station_pos.demo.outside.biller_batch --book b.sqlite3 --seed demo --biller JYSW \
        --requests /tmp/out --results /tmp/in

The first line on standard output is JSON; then it looks into the folder until SIGTERM (or once, with ``--once``).
Files have the form: header, dense lines, trailer with count, amount and SHA-256, an empty ``.ok`` beside them last.
A file whose totals disagree, or of a number seen before with other content, is left in ``bad/`` and nothing is booked.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import signal
import sqlite3
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from station_pos.demo.outside.biller_book import BillerBook, NumberReusedError, PaymentRequest, business_date_of
from station_pos.demo.outside.biller_seed import SeedRefusedError, demo_seed, sow

LOOK_EVERY_S = 0.1


class RequestFileError(ValueError):
    """The request file is not taken, as a whole; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a request file."""

    our_no: str
    kind: str
    account_no: str
    bill_no: str
    amount_fen: int


def read_requests(data: bytes, biller: str) -> tuple[int, list[Line]]:
    """Read a request file: its number and its lines. Raises `RequestFileError`."""
    text = data.decode("utf-8", errors="replace")
    rows = text.split("\n")
    if rows.pop() != "" or len(rows) < 2:  # noqa: PLR2004 (header and trailer)
        msg = "the file is cut"
        raise RequestFileError(msg)
    body = "".join(f"{row}\n" for row in rows[:-1]).encode()
    head, trailer = rows[0].split("|"), rows[-1].split("|")
    lines = [_line(number, row) for number, row in enumerate(rows[1:-1], 1)]
    totals = ["T", str(len(lines)), str(sum(line.amount_fen for line in lines)), hashlib.sha256(body).hexdigest()]
    if trailer != totals:
        msg = "the trailer differs from the lines"
        raise RequestFileError(msg)
    if [*head[:2], head[-1]] != ["H", biller, "1"] or not head[3].isdigit():
        msg = "the header is not of this biller and format"
        raise RequestFileError(msg)
    return int(head[3]), lines


def _line(number: int, row: str) -> Line:
    parts = row.split("|")
    if len(parts) != 7 or parts[:2] != ["D", str(number)] or parts[3] not in {"PAY", "REV"} or not parts[6].isdigit():  # noqa: PLR2004 (fields of a line)
        msg = f"line {number + 1} is not readable"
        raise RequestFileError(msg)
    return Line(parts[2], parts[3], parts[4], parts[5], int(parts[6]))


class BatchDesk:
    """Takes one biller's request files and answers each with one result file."""

    def __init__(self, book: BillerBook, biller: str, requests: Path, results: Path) -> None:
        """Use a book for one biller and two folders."""
        self.book, self.biller, self.requests, self.results = book, biller, requests, results

    def look(self) -> int:
        """Take every request file that is whole; return how many."""
        done = 0
        for flag in sorted(self.requests.glob("*.ok")):
            path = flag.with_suffix("")
            try:
                self._take(path)
            except (RequestFileError, NumberReusedError) as refused:
                print(f"{path.name} is not taken: {refused}", file=sys.stderr)
                self._aside(path, flag, "bad")
                continue
            self._aside(path, flag, "done")
            done += 1
        return done

    def _take(self, path: Path) -> None:
        data = path.read_bytes()
        number, lines = read_requests(data, self.biller)
        digest, known = hashlib.sha256(data).hexdigest(), f"batch {self.biller} {number}"
        with self.book.transaction():
            earlier = self.book.setting(known, "")
            if earlier and earlier != digest:
                msg = f"run {number} was seen before with other content"
                raise RequestFileError(msg)
            rows = [self._answer(at, line) for at, line in enumerate(lines, 1)]
            day = business_date_of(datetime.now(UTC))
            result_no = int(self.book.setting(f"batch result {self.biller}", "0")) + (0 if earlier else 1)
            self.book.set_setting(f"batch result {self.biller}", str(result_no))
            self.book.set_setting(known, digest)
        if earlier:
            return
        body = "".join(f"{row}\n" for row in [f"H|{self.biller}|{day:%Y%m%d}|{result_no}|1", *rows]).encode()
        total_fen = sum(line.amount_fen for line in lines)
        trailer = f"T|{len(lines)}|{total_fen}|{hashlib.sha256(body).hexdigest()}\n".encode()
        name = f"{self.biller}_RES_{day:%Y%m%d}_{result_no:06d}.txt"
        self.results.mkdir(parents=True, exist_ok=True)
        draft = self.results / f".{name}"
        draft.write_bytes(body + trailer)
        draft.rename(self.results / name)
        (self.results / f"{name}.ok").touch()

    def _answer(self, number: int, line: Line) -> str:
        if line.kind == "REV":
            reason, biller_no = self.book.reverse(self.biller, line.our_no), ""
        else:
            asked = PaymentRequest(line.our_no, line.account_no, line.bill_no, line.amount_fen)
            payment = self.book.pay(self.biller, asked)
            reason, biller_no = payment.reason, payment.biller_no
        word = "REFUSED" if reason else "DONE"
        return f"D|{number}|{line.our_no}|{line.kind}|{word}|{biller_no}|{line.amount_fen}|{reason}"

    @staticmethod
    def _aside(path: Path, flag: Path, folder_name: str) -> None:
        folder = path.parent / folder_name
        folder.mkdir(exist_ok=True)
        path.rename(folder / path.name)
        flag.unlink()


def main(argv: list[str] | None = None) -> int:
    """Run the batch desk; return 0 after SIGTERM or SIGINT, 2 when it cannot start."""
    parser = argparse.ArgumentParser(
        prog="biller_batch",
        description="A biller company that takes request files and answers with result files; it keeps its own book.",
        epilog="example: python -m station_pos.demo.outside.biller_batch --book b.sqlite3 --seed demo --biller JYSW"
        " --requests out --results in --once",
    )
    parser.add_argument("--book", type=Path, required=True, help="the biller's SQLite book, created when absent")
    parser.add_argument("--seed", help="'demo' or a JSON file with billers, accounts and bills; adds what is absent")
    parser.add_argument("--biller", required=True, help="code of the biller")
    parser.add_argument("--requests", type=Path, required=True, help="folder of request files")
    parser.add_argument("--results", type=Path, required=True, help="folder for result files")
    parser.add_argument("--once", action="store_true", help="look once, then end")
    options = parser.parse_args(argv)
    try:
        book = BillerBook(options.book, lambda: datetime.now(UTC))
        if options.seed:
            sow(book, demo_seed() if options.seed == "demo" else json.loads(Path(options.seed).read_text("utf-8")))
        options.requests.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError, sqlite3.Error, SeedRefusedError) as error:
        print(f"biller_batch cannot start: {error}", file=sys.stderr)
        return 2
    desk = BatchDesk(book, options.biller, options.requests, options.results)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, lambda *_: ended.set())
    print(json.dumps({"ready": True, "biller": options.biller, "taken": desk.look()}), flush=True)
    while not options.once and not ended.wait(LOOK_EVERY_S):
        desk.look()
    book.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
