"""A biller company's front system over HTTP/JSON: inquiry, payment, status, reversal, and a control side for faults.

    python -m station_pos.demo.outside.biller_simulator --book /tmp/billers.sqlite3 --seed demo

The first line on standard output is JSON with the address; then it serves until SIGTERM. One process may be several
billers: every path begins with the biller's code. POST bodies and answers are JSON; amounts are integer fen.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import socket
import sqlite3
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from station_pos.demo.outside.biller_book import (
    BillerBook,
    NumberReusedError,
    Payment,
    PaymentRequest,
    UnknownAccountError,
    business_date_of,
)
from station_pos.demo.outside.biller_faults import KINDS, Fault, FaultBoard, FaultRefusedError
from station_pos.demo.outside.biller_seed import SeedRefusedError, demo_seed, sow
from station_pos.demo.outside.biller_settlement import SettlementRefusedError, read_order, write_settlement_file

BODY_LIMIT_BYTES = 4_000_000
OUR_NO_PATTERN = re.compile(r"[\x21-\x7b\x7d\x7e]{1,32}")  # printable ASCII without the field separator |
Answer = tuple[int, dict[str, Any]]


class RequestRefusedError(ValueError):
    """The request is malformed; the message is one sentence and nothing was booked."""


class BillerFront:
    """What the biller does with a request, apart from HTTP."""

    def __init__(self, book_path: Path, offset_s: int | None) -> None:
        """Open the book; `offset_s` shifts the biller's clock (None: as last set)."""
        self.faults = FaultBoard()
        self.offset_s = 0
        self.book = BillerBook(book_path, self.now)
        self.offset_s = int(self.book.setting("offset_s", "0")) if offset_s is None else offset_s
        self._in_flight: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the biller's time in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.offset_s)

    def call(self, biller: str, operation: str, body: dict[str, Any], fault: Fault | None) -> Answer:
        """Answer one of the four operations. Raises `RequestRefusedError`."""
        if operation == "inquiry":
            return self._inquiry(biller, body)
        our_no = _our_no(body)
        if operation == "status":
            return self._status(biller, our_no, fault)
        if operation == "reverse":
            reason = self.book.reverse(biller, our_no)
            done = _declined(reason) if reason else {"outcome": "reversed"}
            return HTTPStatus.OK, {**done, "our_no": our_no}
        return self._pay(biller, our_no, body, fault)

    def _inquiry(self, biller: str, body: dict[str, Any]) -> Answer:
        try:
            account = self.book.inquire(biller, str(body.get("account_no", "")))
        except UnknownAccountError:
            return HTTPStatus.NOT_FOUND, {"error": "unknown account"}
        bills = [{"bill_no": b.bill_no, "period": b.period, "amount_fen": b.amount_fen} for b in account.bills]
        named = {"account_no": account.account_no, "payer_name": account.payer_name, "address": account.address}
        return HTTPStatus.OK, {**named, "bills": bills}

    def _status(self, biller: str, our_no: str, fault: Fault | None) -> Answer:
        payment = self.book.status(biller, our_no)
        with self._lock:
            waiting = (biller, our_no) in self._in_flight
        if payment is None and waiting:
            return HTTPStatus.OK, {"outcome": "pending", "our_no": our_no}
        if payment is None or (fault and fault.kind == "forget"):
            return HTTPStatus.OK, {"outcome": "not_found", "our_no": our_no}
        return HTTPStatus.OK, _told(payment)

    def _pay(self, biller: str, our_no: str, body: dict[str, Any], fault: Fault | None) -> Answer:
        amount_fen, account_no, bill_no = body.get("amount_fen"), body.get("account_no"), body.get("bill_no", "")
        if type(amount_fen) is not int or amount_fen <= 0:
            msg = "amount_fen must be a whole number above 0"
            raise RequestRefusedError(msg)
        if not isinstance(account_no, str) or not account_no or not isinstance(bill_no, str):
            msg = "account_no and bill_no must be text"
            raise RequestRefusedError(msg)
        if fault and fault.kind == "merge" and (alike := self.book.last_alike(biller, account_no, amount_fen)):
            return HTTPStatus.OK, {**_told(alike), "our_no": our_no}
        key = (biller, our_no)
        with self._lock:
            self._in_flight[key] = self._in_flight.get(key, 0) + 1
        try:
            if fault and fault.kind == "delay":
                time.sleep(fault.seconds)
            refuse_with = "E99 暂停受理" if fault and fault.kind == "decline" else ""
            payment = self.book.pay(biller, PaymentRequest(our_no, account_no, bill_no, amount_fen), refuse_with)
        except NumberReusedError:
            return HTTPStatus.CONFLICT, {"error": "our_no stands for another payment"}
        finally:
            with self._lock:
                self._in_flight[key] -= 1
                if not self._in_flight[key]:
                    del self._in_flight[key]
        return HTTPStatus.OK, _told(payment)

    def control(self, action: str, body: dict[str, Any]) -> Answer:
        """Answer POST /control/<action>. Raises one of the refusals, each with one sentence."""
        if action == "fault":
            biller = body.get("biller", "")
            if biller not in self.book.biller_codes():
                msg = f"unknown biller {biller!r}"
                raise RequestRefusedError(msg)
            self.faults.arm(biller, body)
            return HTTPStatus.OK, {"armed": self.faults.describe()}
        if action == "clock":
            offset_s = body.get("offset_s")
            if type(offset_s) is not int:
                msg = "offset_s must be a whole number of seconds"
                raise RequestRefusedError(msg)
            self.offset_s = offset_s
            self.book.set_setting("offset_s", str(offset_s))
            return HTTPStatus.OK, self.clock()
        if action == "seed":
            return HTTPStatus.OK, {"seeded": sow(self.book, body)}
        if action == "settlement":
            if body.get("biller") not in self.book.biller_codes() or not body.get("out_dir"):
                msg = "settlement needs a known biller and an out_dir"
                raise RequestRefusedError(msg)
            order = read_order(body, Path(str(body["out_dir"])))
            return HTTPStatus.OK, write_settlement_file(self.book, order)
        return HTTPStatus.NOT_FOUND, {"error": f"no control action {action!r}"}

    def clock(self) -> dict[str, Any]:
        """Return the biller's time and business date."""
        moment = self.now()
        return {
            "offset_s": self.offset_s,
            "now": moment.isoformat(timespec="seconds"),
            "business_date": business_date_of(moment).isoformat(),
        }

    def overview(self, action: str, query: dict[str, str]) -> Answer:
        """Answer GET /control, /control/book and /control/payments."""
        if action == "":
            state = {"billers": self.book.biller_codes(), "kinds": KINDS, "armed": self.faults.describe()}
            return HTTPStatus.OK, {**state, "clock": self.clock()}
        if action == "book":
            return HTTPStatus.OK, {"billers": self.book.totals()}
        if action == "payments":
            booked = self.book.payments(query.get("biller", ""))
            return HTTPStatus.OK, {"payments": [_listed(payment) for payment in booked]}
        return HTTPStatus.NOT_FOUND, {"error": f"no control action {action!r}"}


def _our_no(body: dict[str, Any]) -> str:
    our_no = body.get("our_no")
    if not isinstance(our_no, str) or not OUR_NO_PATTERN.fullmatch(our_no):
        msg = "our_no must be 1 to 32 printable ASCII characters without |"
        raise RequestRefusedError(msg)
    return our_no


def _declined(reason: str) -> dict[str, Any]:
    """Refuse with this biller's code and its words, as its own clerks know them."""
    code, _, words = reason.partition(" ")
    return {"outcome": "declined", "code": code, "reason": words}


def _told(payment: Payment) -> dict[str, Any]:
    """Return the answer a caller gets about a payment; it names `our_no`, so that a stray answer can be told apart."""
    if payment.status == "declined":
        return {**_declined(payment.reason), "our_no": payment.our_no}
    return {
        "outcome": payment.status,
        "biller_no": payment.biller_no,
        "our_no": payment.our_no,
        "account_no": payment.account_no,
        "bill_no": payment.bill_no,
        "amount_fen": payment.amount_fen,
        "posted_at": payment.posted_at.isoformat(),
        "business_date": payment.business_date.isoformat(),
    }


def _listed(payment: Payment) -> dict[str, Any]:
    told = _told(payment)
    plain = {"our_no": payment.our_no, "account_no": payment.account_no, "amount_fen": payment.amount_fen}
    return {**plain, **told, "business_date": payment.business_date.isoformat()}


class BillerHandler(BaseHTTPRequestHandler):
    """HTTP around `BillerFront`, and the faults that show on the wire."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True
    server: BillerServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (name set by the base class)
        """Keep standard error for refusals; requests are in the book."""

    def do_GET(self) -> None:
        """Serve status and the control overview."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        first, *rest = [part for part in parts.path.split("/") if part] or [""]
        front = self.server.front
        if first == "control":
            self._send(*front.overview("/".join(rest), query))
        elif first in front.book.biller_codes() and rest == ["status"]:
            self._serve(first, "status", query)
        else:
            self._send(HTTPStatus.NOT_FOUND, {"error": "no such address"})

    def do_POST(self) -> None:
        """Serve inquiry, pay, reverse and the control actions."""
        front = self.server.front
        first, *rest = [part for part in urlsplit(self.path).path.split("/") if part] or [""]
        try:
            body = self._body()
            if first == "control":
                self._send(*front.control("/".join(rest), body))
                return
        except (RequestRefusedError, FaultRefusedError, SeedRefusedError, SettlementRefusedError) as refused:
            self._send(HTTPStatus.BAD_REQUEST, {"error": str(refused)})
            return
        if first in front.book.biller_codes() and rest in (["inquiry"], ["pay"], ["reverse"]):
            self._serve(first, rest[0], body)
        else:
            self._send(HTTPStatus.NOT_FOUND, {"error": "no such address"})

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > BODY_LIMIT_BYTES:
            self.close_connection = True
            msg = f"Content-Length of at most {BODY_LIMIT_BYTES} bytes expected"
            raise RequestRefusedError(msg)
        try:
            body = json.loads(self.rfile.read(int(length)) or b"{}")
        except (ValueError, RecursionError) as error:
            msg = "the body is not JSON"
            raise RequestRefusedError(msg) from error
        if not isinstance(body, dict):
            msg = "the body must be a JSON object"
            raise RequestRefusedError(msg)
        return body

    def _serve(self, biller: str, operation: str, body: dict[str, Any]) -> None:
        fault = self.server.front.faults.take(biller, operation)
        kind = fault.kind if fault else ""
        if fault and kind == "delay" and operation != "pay":  # a delayed payment waits inside, where it is pending
            time.sleep(fault.seconds)
        if fault and not fault.booked:
            self._misbehave(kind)
            return
        try:
            status, answer = self.server.front.call(biller, operation, body, fault)
        except RequestRefusedError as refused:
            status, answer = HTTPStatus.BAD_REQUEST, {"error": str(refused)}
        if kind in {"lose_reply", "drop", "garbage", "error500"}:
            self._misbehave(kind)
            return
        self._send(status, answer, times=2 if kind == "answer_twice" else 1)

    def _misbehave(self, kind: str) -> None:
        if kind == "garbage":
            self._send_bytes(HTTPStatus.OK, "<html>系统繁忙".encode("gb18030") + b"\xff\x00", "text/html")
        elif kind == "error500":
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "internal error"})
        else:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, status: int, answer: dict[str, Any], times: int = 1) -> None:
        self._send_bytes(status, json.dumps(answer, ensure_ascii=False).encode(), "application/json", times)

    def _send_bytes(self, status: int, content: bytes, kind: str, times: int = 1) -> None:
        for _ in range(times):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)


class BillerServer(ThreadingHTTPServer):
    """One listening socket on the loopback interface."""

    daemon_threads = True
    request_queue_size = 128
    """Callers who come at the same moment; the library's own 5 turns the others away."""

    def __init__(self, port: int, front: BillerFront) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        self.front = front
        super().__init__(("127.0.0.1", port), BillerHandler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say one line when a caller goes away in the middle; anything else keeps its trace."""
        if isinstance(sys.exc_info()[1], OSError):
            print(f"caller {client_address} went away", file=sys.stderr)
        else:
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def main(argv: list[str] | None = None) -> int:
    """Run the simulator; return 0 after SIGTERM or SIGINT, 2 when it cannot start."""
    parser = argparse.ArgumentParser(
        prog="biller_simulator",
        description="A biller company's front system for demonstration and test; it keeps its own book.",
        epilog="example: python -m station_pos.demo.outside.biller_simulator --book b.sqlite3 --seed demo --port 8801",
    )
    parser.add_argument("--book", type=Path, required=True, help="the biller's SQLite book, created when absent")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default 0: a free one)")
    parser.add_argument("--seed", help="'demo' or a JSON file with billers, accounts and bills; adds what is absent")
    parser.add_argument(
        "--clock-offset-s", type=int, help="shift the biller's clock (default: as last set in the book)"
    )
    options = parser.parse_args(argv)
    try:
        front = BillerFront(options.book, options.clock_offset_s)
        if options.seed:
            seed = demo_seed() if options.seed == "demo" else json.loads(Path(options.seed).read_text("utf-8"))
            sow(front.book, seed)
        server = BillerServer(options.port, front)
    except (OSError, ValueError, sqlite3.Error) as error:
        print(f"biller_simulator cannot start: {error}", file=sys.stderr)
        return 2
    stopping = lambda *_: threading.Thread(target=server.shutdown).start()  # noqa: E731 (shutdown must not run in the serving thread)
    signal.signal(signal.SIGTERM, stopping)
    signal.signal(signal.SIGINT, stopping)
    port = server.server_address[1]
    ready = {"ready": True, "url": f"http://127.0.0.1:{port}", "port": port, "billers": front.book.biller_codes()}
    print(json.dumps(ready), flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    front.book.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
