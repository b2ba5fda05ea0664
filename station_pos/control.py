"""A running station without a screen: commands as JSON lines over a local socket, answered in the same form.

For scripted days and unattended machines. The socket lies in the data folder and only its owner may use it; what an
operator does needs that operator's PIN, in the line itself or by a ``sign_in`` before it on the same connection, so the
author of a record is as true here as at the screen.
"""

from __future__ import annotations

import json
import logging
import socketserver
import threading
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
from station_pos.commands.outcome import RegisterFault
from station_pos.control_cash import CashLines
from station_pos.control_credit import CreditLines
from station_pos.control_disputes import DisputeLines
from station_pos.control_line import AskedWrongError, number, plain, text
from station_pos.control_parcels import ParcelLines
from station_pos.control_withdrawals import WithdrawalLines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from station_pos.counter import Counter

SOCKET_NAME = "control.sock"
LINE_BYTES_MAX = 64 * 1024
_log = logging.getLogger(__name__)


class Session(CashLines, WithdrawalLines, ParcelLines, CreditLines, DisputeLines):
    """One connection: who is signed in, and what each ``do`` means."""

    def __init__(self, counter: Counter, stop: Callable[[], None]) -> None:
        """Serve one connection; ``stop`` ends the program."""
        super().__init__(counter)
        self._stop = stop

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

    def _do_unlock(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"unlocked": self._counter.unlock(text(asked, "pass_phrase"))}

    def _do_sign_in(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._operator = self._counter.sign_in(number(asked, "operator_no"), text(asked, "pin"))
        return {"signed_in": self._operator is not None}

    def _do_state(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"state": plain(self._counter.state()), "unlocked": self._counter.unlocked()}

    def _do_pay(self, asked: dict[str, Any]) -> dict[str, Any]:
        amount_fen = number(asked, "amount_fen")
        command = TakeBillPayment(
            operator_no=self._operator_no(asked),
            operation_no=number(asked, "operation_no", 0) or self._counter.open_operation(),
            product_code=number(asked, "product_code"),
            account_no=text(asked, "account_no"),
            bill_no=text(asked, "bill_no", ""),
            bill_period=text(asked, "bill_period", ""),
            payer_name=text(asked, "payer_name", ""),
            amount_fen=amount_fen,
            tendered_fen=number(asked, "tendered_fen", amount_fen),
            offline=bool(asked.get("offline", False)),
        )
        return self._submit(command)

    def _do_return_cash(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._submit(ReturnCash(self._operator_no(asked), number(asked, "payment_seq")))

    def _do_resubmit(self, asked: dict[str, Any]) -> dict[str, Any]:
        operation_no = self._counter.open_operation()
        return self._submit(ResubmitPayment(self._operator_no(asked), operation_no, number(asked, "payment_seq")))

    def _do_reverse(self, asked: dict[str, Any]) -> dict[str, Any]:
        reason = ReversalReason(number(asked, "reason", ReversalReason.WRONG_AMOUNT))
        return self._submit(RequestReversal(self._operator_no(asked), number(asked, "payment_seq"), reason))

    def _do_copy(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._submit(IssueCopy(self._operator_no(asked), number(asked, "of_seq")))

    def _do_open_drawer(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._submit(OpenDrawer(self._operator_no(asked), DrawerReason(number(asked, "reason"))))

    def _do_enrol_operator(self, asked: dict[str, Any]) -> dict[str, Any]:
        role = OperatorRole(number(asked, "role", OperatorRole.CLERK))
        new_no = number(asked, "new_operator_no")
        return self._submit(EnrolOperator(self._operator_no(asked), new_no, text(asked, "name"), role))

    def _do_await(self, asked: dict[str, Any]) -> dict[str, Any]:
        wait_s = number(asked, "timeout_s", 25)
        future = self._counter.await_answer(number(asked, "payment_seq"), wait_s)
        return {"payment": plain(future.result())}

    def _do_inquire(self, asked: dict[str, Any]) -> dict[str, Any]:
        future = self._counter.inquire(number(asked, "product_code"), text(asked, "account_no"))
        return {"answer": plain(future.result())}

    def _do_find(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"candidates": plain(self._counter.find(text(asked, "text")))}

    def _do_offline_left(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"left": plain(self._counter.offline_left(number(asked, "product_code")))}

    def _do_payment(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"payment": plain(self._counter.payment(number(asked, "payment_seq")))}

    def _do_open_cases(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"payments": plain(self._counter.open_cases())}

    def _do_recent(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"payments": plain(self._counter.recent(number(asked, "limit", 20)))}

    def _do_journal(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"records": plain(self._counter.journal(number(asked, "limit", 20)))}

    def _do_commission(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"statements": plain(self._counter.commission())}

    def _do_receipt(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"text": self._counter.receipt_text(number(asked, "payment_seq"))}

    def _do_doubtful(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"jobs": plain(self._counter.doubtful_prints())}

    def _do_settle_doubtful(self, asked: dict[str, Any]) -> dict[str, Any]:
        came_out = bool(asked.get("came_out", False))
        job_no, operator_no = number(asked, "job_no"), self._operator_no(asked)
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
