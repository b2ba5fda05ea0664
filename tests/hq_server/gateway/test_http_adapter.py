"""What a front system may send over a real socket, and what HQ makes of it: an answer about this payment, or none."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hq_server.gateway.answers import AccountUnknownError, Answer, Asked, BillerSilentError, Word, plain
from hq_server.gateway.http_adapter import HttpAdapter

pytestmark = pytest.mark.enable_socket
ASKED = Asked("ST-0417-000002-0a1b2c3d", "0081234567", "B1", 7_260)
GOOD = {
    "outcome": "confirmed",
    "biller_no": "N1",
    "our_no": ASKED.our_no,
    "account_no": "0081234567",
    "amount_fen": 7_260,
}


def _http(body: bytes, status: str = "200 OK", head: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body


def _json(fields: Any, status: str = "200 OK") -> bytes:
    return _http(json.dumps(fields).encode(), status)


@contextmanager
def _front(*pieces: bytes, pause_s: float = 0.0) -> Iterator[tuple[str, list[bytes]]]:
    """A front system that sends the same bytes to whoever connects; gives its address and what it was sent."""
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line:
                heard.append(line.recv(65_536))
                try:
                    for piece in pieces:
                        line.sendall(piece)
                        if ended.wait(pause_s):
                            break
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
    finally:
        ended.set()
        with socket.create_connection(listener.getsockname(), timeout=60) as last:
            last.sendall(b"bye")
        listener.close()
        thread.join(timeout=60)


def _asked(reply: bytes, ask: Callable[[HttpAdapter], Answer] = lambda road: road.pay(ASKED)) -> Answer:
    with _front(reply) as (address, _):
        road = HttpAdapter(address, 2)
        try:
            return ask(road)
        finally:
            road.close()


class TestAnAnswer:
    def test_about_this_payment_counts(self) -> None:
        assert _asked(_json(GOOD)) == Answer(Word.CONFIRMED, "N1")
        declined = {"outcome": "declined", "reason": "账单已缴", "our_no": ASKED.our_no}
        assert _asked(_json(declined)) == Answer(Word.DECLINED, "", "账单已缴")
        assert _asked(_json({**declined, "code": "E03"})) == Answer(Word.DECLINED, "", "E03 账单已缴")

    @pytest.mark.parametrize(
        "reply",
        [
            _json({**GOOD, "our_no": "ST-0417-000003-0a1b2c3d"}),
            _json({**GOOD, "our_no": None}),
            _json({name: value for name, value in GOOD.items() if name != "our_no"}),
            _json({**GOOD, "account_no": "0081234568"}),
            _json({**GOOD, "amount_fen": 7_261}),
            _json({**GOOD, "amount_fen": "7260"}),
            _json({**GOOD, "biller_no": ""}),
            _json({**GOOD, "biller_no": 17}),
            _json({**GOOD, "outcome": "CONFIRMED"}),
            _json({**GOOD, "outcome": ["confirmed"]}),
            _json({**GOOD, "outcome": "reversed"}),
            _json({"our_no": ASKED.our_no}),
            _json([GOOD]),
            _json(GOOD, "201 Created"),
            _json(GOOD, "409 Conflict"),
            _json(GOOD, "500 Internal Server Error"),
            _http(b"", "302 Found", "Location: http://127.0.0.1:1/\r\n"),
            _http(b"[" * 100_000),
            _http(b"x" * 300_000),
            _http(b"\xff\xfe"),
            _json(GOOD)[:-1],
            b"",
            b"\x00\x01garbage\r\n\r\n",
        ],
    )
    def test_that_is_none_leaves_the_payment_unknown(self, reply: bytes) -> None:
        assert _asked(reply).word is Word.SILENT

    def test_that_drips_in_ends_at_the_deadline(self) -> None:
        data = _json({**GOOD, "reason": "x" * 200})
        pieces = [data[:60], *(bytes([byte]) for byte in data[60:])]
        with _front(*pieces, pause_s=0.2) as (address, _):
            road = HttpAdapter(address, 1)
            answer = road.pay(ASKED)
            road.close()
        assert answer.word is Word.SILENT

    def test_sent_twice_never_reaches_the_next_question(self) -> None:
        with _front(_json(GOOD) * 2) as (address, heard):
            road = HttpAdapter(address, 30)
            road.pay(ASKED)
            other = Asked("ST-0417-000009-ffffffff", "0081234567", "B9", 7_260)
            assert road.pay(other).word is Word.SILENT
            road.close()
        assert len([request for request in heard if request.startswith(b"POST")]) == 2  # a connection each

    def test_cannot_come_from_where_nobody_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        road = HttpAdapter(f"http://127.0.0.1:{port}", 1)
        assert road.pay(ASKED).word is Word.NOT_SENT
        road.close()


class TestAnInquiry:
    @pytest.mark.parametrize(
        "fields",
        [
            {"payer_name": "张三", "bills": "none"},
            {"payer_name": 7, "bills": []},
            {"payer_name": "张三", "bills": [{"bill_no": "B1", "period": "2026-13", "amount_fen": 1}]},
            {"payer_name": "张三", "bills": [{"bill_no": "B1", "period": "2026-10", "amount_fen": 0}]},
            {"payer_name": "张三", "bills": [{"bill_no": "B1", "period": "2026-10", "amount_fen": 1.5}]},
            {"payer_name": "张三", "bills": [{"bill_no": "B\x1b[2J", "period": "2026-10", "amount_fen": 1}]},
            {"payer_name": "张三", "bills": [["B1"]]},
            {"payer_name": "张三", "bills": [], "account_no": "0081234568"},
        ],
    )
    def test_with_an_answer_that_makes_no_sense_is_silence(self, fields: dict[str, Any]) -> None:
        with pytest.raises(BillerSilentError):
            _asked(_json(fields), lambda road: road.inquire("0081234567"))  # type: ignore[arg-type,return-value]

    def test_about_no_account_is_told_apart_from_a_wrong_address(self) -> None:
        unknown = _json({"error": "unknown account"}, "404 Not Found")
        with pytest.raises(AccountUnknownError):
            _asked(unknown, lambda road: road.inquire("1"))  # type: ignore[arg-type,return-value]
        with pytest.raises(BillerSilentError):
            _asked(_json({"error": "no such address"}, "404 Not Found"), lambda road: road.inquire("1"))  # type: ignore[arg-type,return-value]


def test_texts_from_outside_are_one_plain_line() -> None:
    assert plain("a\x1b[31m\n b\x00\u202e  c") == "a [31m b c"
    assert plain("x" * 500) == "x" * 120
