"""A bank that takes files of payment orders, works on them in its own time, and tells by HTTP what became of each.

    python -m station_pos.demo.outside.payment_bank --book /tmp/bank.sqlite3

The first line on standard output is JSON with the address; then it serves until SIGTERM. It reads a customary CSV table
of batch payments (GB18030, yuan) and keeps a book of its own: what it took, and how each payment ended.

    POST /files                       the table's bytes; refused whole where its total row disagrees
    GET  /orders?reference=PO000007   what became of it; POST /control/work ends the payments taken so far,
    POST /control/fault               {"kind": "silent" | "wrong_amount" | "other_order" | ""}
"""

from __future__ import annotations

import argparse
import json
import signal
import sqlite3
import sys
import threading
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

BODY_LIMIT_BYTES = 16_000_000
CLOSED_ACCOUNT_END = "9"
"""Accounts that end so are closed at this bank: what is paid to them comes back."""


class TableRefusedError(ValueError):
    """The table is none, or its total row disagrees; nothing was taken. The message is one sentence."""


def read_table(data: bytes) -> tuple[str, list[tuple[int, str, str, int]]]:
    """Read a table of batch payments: the order's reference, and number, account, name and fen of each row.

    Raises:
        TableRefusedError: it is none.
    """
    try:
        rows = [line.split(",") for line in data.decode("gb18030").splitlines()]
    except UnicodeDecodeError as error:
        raise TableRefusedError("the table is not in GB18030") from error
    if len(rows) < 2 or len(rows[-1]) < 4 or rows[-1][0] != "合计":  # noqa: PLR2004 - heading and totals, four cells
        raise TableRefusedError("the table has no heading or no totals")
    try:
        paid = [(int(row[0]), row[1], row[2], _fen(row[3])) for row in rows[1:-1]]
        count, total_fen = int(rows[-1][1]), _fen(rows[-1][3])
    except (IndexError, ValueError, InvalidOperation) as error:
        raise TableRefusedError("a row of the table is none") from error
    if count != len(paid) or total_fen != sum(row[3] for row in paid):
        raise TableRefusedError("the totals disagree with the rows")
    return rows[-1][2], paid


def _fen(yuan: str) -> int:
    return int(Decimal(yuan) * 100)


class PaymentBank:
    """The bank's book, and what it tells of it."""

    def __init__(self, book: Path) -> None:
        """Open the book, which outlives the process."""
        self._lock = threading.Lock()
        self._book = sqlite3.connect(book, check_same_thread=False, isolation_level=None)
        self._book.execute(
            """CREATE TABLE IF NOT EXISTS payments (reference TEXT, seq INTEGER, account_no TEXT, name TEXT,
               fen INTEGER, state TEXT, PRIMARY KEY (reference, seq))"""
        )
        self.fault = ""

    def take(self, data: bytes) -> dict[str, Any]:
        """Take a table whole; one that was taken before changes nothing."""
        reference, rows = read_table(data)
        with self._lock:
            for seq, account_no, name, fen in rows:
                values = (reference, seq, account_no, name, fen)
                self._book.execute("INSERT OR IGNORE INTO payments VALUES (?, ?, ?, ?, ?, 'pending')", values)
        return {"reference": reference, "count": len(rows)}

    def work(self, at_most: int) -> dict[str, Any]:
        """Work off the oldest payments: booked, or back where the account is closed."""
        with self._lock:
            waiting = self._book.execute(
                "SELECT reference, seq, account_no FROM payments WHERE state='pending' ORDER BY 1, 2 LIMIT ?",
                (at_most,),
            ).fetchall()
            for reference, seq, account_no in waiting:
                state = "returned" if account_no.endswith(CLOSED_ACCOUNT_END) else "paid"
                self._book.execute("UPDATE payments SET state=? WHERE reference=? AND seq=?", (state, reference, seq))
        return {"worked": len(waiting)}

    def status(self, reference: str) -> dict[str, Any]:
        """Tell what became of an order."""
        with self._lock:
            rows = self._book.execute(
                "SELECT seq, fen, state FROM payments WHERE reference=? ORDER BY seq", (reference,)
            ).fetchall()
        if not rows:
            return {"reference": reference, "state": "not_found", "items": []}
        pending = sum(state == "pending" for _, _, state in rows)
        state = "done" if not pending else "accepted" if pending == len(rows) else "working"
        more = 1 if self.fault == "wrong_amount" else 0
        items = [
            {
                "seq": seq,
                "amount_fen": fen + more,
                "state": ended,
                "reason": "账户已销户" if ended == "returned" else "",
            }
            for seq, fen, ended in rows
        ]
        named = "PO999999" if self.fault == "other_order" else reference
        return {"reference": named, "state": state, "items": items}


class BankHandler(BaseHTTPRequestHandler):
    """HTTP around a bank; ``handler_of`` makes the class for one."""

    bank: PaymentBank

    def do_GET(self) -> None:
        """Answer a question about an order."""
        place = urlsplit(self.path)
        if place.path != "/orders":
            self._send(HTTPStatus.NOT_FOUND, {"error": "no such page"})
        elif self.bank.fault == "silent":
            self.close_connection = True
        else:
            self._send(HTTPStatus.OK, self.bank.status(parse_qs(place.query).get("reference", [""])[0]))

    def do_POST(self) -> None:
        """Take a table, or do what the control side asks."""
        size = int(self.headers.get("Content-Length") or 0)
        if not 0 <= size <= BODY_LIMIT_BYTES:
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"error": "too large"})
            return
        data = self.rfile.read(size)
        try:
            self._send(HTTPStatus.OK, self._posted(data))
        except ValueError as error:
            self._send(HTTPStatus.BAD_REQUEST, {"error": str(error)})

    def _posted(self, data: bytes) -> dict[str, Any]:
        if self.path == "/files":
            return self.bank.take(data)
        body = json.loads(data or b"{}")
        if self.path == "/control/fault":
            self.bank.fault = str(body.get("kind", ""))
            return {"fault": self.bank.fault}
        if self.path == "/control/work":
            return self.bank.work(int(body.get("at_most", 1_000_000)))
        msg = "no such page"
        raise ValueError(msg)

    def _send(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def handler_of(bank: PaymentBank) -> type[BankHandler]:
    """Make the class that answers requests for one bank."""
    return type("BankHandlerOfOne", (BankHandler,), {"bank": bank})


def main() -> int:
    """Run the bank until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--book", type=Path, required=True, help="the bank's book, an SQLite file")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    chosen = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", chosen.port), handler_of(PaymentBank(chosen.book)))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_address[1]}"}), flush=True)
    server.serve_forever()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
