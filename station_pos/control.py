"""A running station without a screen: commands as JSON lines over a local socket, answered in the same form.

For scripted days and unattended machines. The socket lies in the data folder and only its owner may use it; what an
operator does needs that operator's PIN, in the line itself or by a ``sign_in`` before it on the same connection, so the
author of a record is as true here as at the screen.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import socketserver
import threading
from datetime import date, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from station_journal.posting import NotComputableError
from station_journal.records import DrawerReason, OperatorRole, ReversalReason
from station_pos.commands.orders import (
    EnrolOperator,
    IssueCopy,
    OpenDrawer,
    RequestReversal,
    ResubmitPayment,
    ReturnCash,
    TakeBillPayment,
)
from station_pos.commands.outcome import Accepted, RegisterFault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from station_pos.commands.orders import Command
    from station_pos.counter import Counter, OperatorRow

SOCKET_NAME = "control.sock"
LINE_BYTES_MAX = 64 * 1024
NUMBER_LIMIT = 2**53
"""What JSON carries exactly (RFC 8259 section 6), far inside what the books can hold."""
_log = logging.getLogger(__name__)


class AskedWrongError(ValueError):
    """A line asks for nothing that can be done; the message is one sentence."""


class Session:
    """One connection: who is signed in, and what each ``do`` means."""

    def __init__(self, counter: Counter, stop: Callable[[], None]) -> None:
        """Serve one connection; ``stop`` ends the program."""
        self._counter = counter
        self._stop = stop
        self._operator: OperatorRow | None = None

    def answer(self, line: bytes) -> dict[str, Any]:
        """Answer one line; whatever is wrong with it is in the answer, as one sentence under ``error``."""
        try:
            asked = json.loads(line)
            if not isinstance(asked, dict) or not isinstance(asked.get("do"), str):
                raise AskedWrongError('A line is a JSON object with "do".')  # noqa: TRY301
            action = getattr(self, f"_do_{asked['do']}", None)
            if action is None:
                raise AskedWrongError(f"There is no {asked['do']!r}.")  # noqa: TRY301
            return {"ok": True, **action(asked)}
        except (AskedWrongError, RegisterFault, NotComputableError, LookupError) as error:
            return {"ok": False, "error": str(error)}
        except (ValueError, TypeError) as error:
            return {"ok": False, "error": f"The line cannot be read: {error}."}

    def _operator_no(self, asked: dict[str, Any]) -> int:
        if "pin" in asked:
            self._operator = self._counter.sign_in(_number(asked, "operator_no"), _text(asked, "pin"))
        if self._operator is None:
            raise AskedWrongError("Nobody is signed in, or the PIN is wrong.")
        return self._operator.operator_no

    def _submit(self, command: Command) -> dict[str, Any]:
        outcome = self._counter.submit(command).result()
        if isinstance(outcome, Accepted):
            return {
                "accepted": True,
                "seq": outcome.seq,
                "payment": plain(outcome.payment),
                "print_jobs": list(outcome.print_jobs),
            }
        return {"accepted": False, "refused": outcome.reason.value, "detail": dict(outcome.detail)}

    def _do_unlock(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"unlocked": self._counter.unlock(_text(asked, "pass_phrase"))}

    def _do_sign_in(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._operator = self._counter.sign_in(_number(asked, "operator_no"), _text(asked, "pin"))
        return {"signed_in": self._operator is not None}

    def _do_state(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"state": plain(self._counter.state()), "unlocked": self._counter.unlocked()}

    def _do_pay(self, asked: dict[str, Any]) -> dict[str, Any]:
        amount_fen = _number(asked, "amount_fen")
        command = TakeBillPayment(
            operator_no=self._operator_no(asked),
            operation_no=_number(asked, "operation_no", 0) or self._counter.open_operation(),
            product_code=_number(asked, "product_code"),
            account_no=_text(asked, "account_no"),
            bill_no=_text(asked, "bill_no", ""),
            bill_period=_text(asked, "bill_period", ""),
            payer_name=_text(asked, "payer_name", ""),
            amount_fen=amount_fen,
            tendered_fen=_number(asked, "tendered_fen", amount_fen),
            offline=bool(asked.get("offline", False)),
        )
        return self._submit(command)

    def _do_return_cash(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._submit(ReturnCash(self._operator_no(asked), _number(asked, "payment_seq")))

    def _do_resubmit(self, asked: dict[str, Any]) -> dict[str, Any]:
        operation_no = self._counter.open_operation()
        return self._submit(ResubmitPayment(self._operator_no(asked), operation_no, _number(asked, "payment_seq")))

    def _do_reverse(self, asked: dict[str, Any]) -> dict[str, Any]:
        reason = ReversalReason(_number(asked, "reason", ReversalReason.WRONG_AMOUNT))
        return self._submit(RequestReversal(self._operator_no(asked), _number(asked, "payment_seq"), reason))

    def _do_copy(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._submit(IssueCopy(self._operator_no(asked), _number(asked, "of_seq")))

    def _do_open_drawer(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._submit(OpenDrawer(self._operator_no(asked), DrawerReason(_number(asked, "reason"))))

    def _do_enrol_operator(self, asked: dict[str, Any]) -> dict[str, Any]:
        role = OperatorRole(_number(asked, "role", OperatorRole.CLERK))
        number = _number(asked, "new_operator_no")
        return self._submit(EnrolOperator(self._operator_no(asked), number, _text(asked, "name"), role))

    def _do_await(self, asked: dict[str, Any]) -> dict[str, Any]:
        wait_s = _number(asked, "timeout_s", 25)
        future = self._counter.await_answer(_number(asked, "payment_seq"), wait_s)
        return {"payment": plain(future.result())}

    def _do_inquire(self, asked: dict[str, Any]) -> dict[str, Any]:
        future = self._counter.inquire(_number(asked, "product_code"), _text(asked, "account_no"))
        return {"answer": plain(future.result())}

    def _do_find(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"candidates": plain(self._counter.find(_text(asked, "text")))}

    def _do_offline_left(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"left": plain(self._counter.offline_left(_number(asked, "product_code")))}

    def _do_payment(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"payment": plain(self._counter.payment(_number(asked, "payment_seq")))}

    def _do_open_cases(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"payments": plain(self._counter.open_cases())}

    def _do_recent(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"payments": plain(self._counter.recent(_number(asked, "limit", 20)))}

    def _do_journal(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"records": plain(self._counter.journal(_number(asked, "limit", 20)))}

    def _do_commission(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"statements": plain(self._counter.commission())}

    def _do_receipt(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"text": self._counter.receipt_text(_number(asked, "payment_seq"))}

    def _do_doubtful(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"jobs": plain(self._counter.doubtful_prints())}

    def _do_settle_doubtful(self, asked: dict[str, Any]) -> dict[str, Any]:
        came_out = bool(asked.get("came_out", False))
        job_no, operator_no = _number(asked, "job_no"), self._operator_no(asked)
        said = self._counter.settle_doubtful(job_no, came_out=came_out, operator_no=operator_no)
        return {"settled": True} if said is None else {"settled": False, "refused": said.reason.value}

    def _do_sync(self, _asked: dict[str, Any]) -> dict[str, Any]:
        self._counter.sync_now()
        return {}

    def _do_stop(self, _asked: dict[str, Any]) -> dict[str, Any]:
        self._stop()
        return {}


class ControlServer:
    """Serves the socket in threads of its own until it is closed."""

    def __init__(self, folder: Path, counter: Counter, stop: Callable[[], None]) -> None:
        """Listen on the folder's socket; a socket left behind by a crash is replaced (the folder's lock is held).

        Raises:
            OSError: the folder cannot hold a socket.
        """
        path = folder / SOCKET_NAME
        path.unlink(missing_ok=True)

        class _Lines(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                session = Session(counter, stop)
                while line := self.rfile.readline(LINE_BYTES_MAX + 1):
                    if len(line) > LINE_BYTES_MAX:
                        return
                    answer = json.dumps(session.answer(line), ensure_ascii=False)
                    self.wfile.write(answer.encode() + b"\n")

        class _Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, _request: Any, _client: Any) -> None:  # noqa: ANN401  the base class's signature
                _log.debug("a control connection ended early", exc_info=True)

        self._server = _Server(str(path), _Lines)
        path.chmod(0o600)
        self._path = path
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End and take the socket away."""
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)


def plain(value: Any) -> Any:  # noqa: ANN401  any row of the counter
    """Give rows as JSON can hold them: dates as ISO text, bytes as hex, enums by name or text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, IntEnum):
        return value.name
    return value


def _number(asked: dict[str, Any], name: str, default: int | None = None) -> int:
    value = asked.get(name, default)
    if type(value) is not int and not isinstance(value, OperatorRole | ReversalReason):
        raise AskedWrongError(f"{name!r} is a whole number.")
    if not -NUMBER_LIMIT < value < NUMBER_LIMIT:
        raise AskedWrongError(f"{name!r} is too large a number.")
    return int(value)


def _text(asked: dict[str, Any], name: str, default: str | None = None) -> str:
    value = asked.get(name, default)
    if not isinstance(value, str):
        raise AskedWrongError(f"{name!r} is a text.")
    return value
