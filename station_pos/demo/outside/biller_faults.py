"""Faults that a biller's front system can be told to show, each a given number of times and then no more."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

KINDS: dict[str, str] = {
    "decline": "books a refusal and answers declined",
    "delay": "waits `seconds` (default 5) before it books and answers; meanwhile its status is pending",
    "lose_reply": "books, then closes the socket without an answer",
    "drop": "closes the socket before anything is booked",
    "answer_twice": "books once and sends the whole answer twice on the connection",
    "garbage": "books, then answers bytes that are not JSON (`booked`: false to answer so before booking)",
    "error500": "answers HTTP 500 without booking (`booked`: true to book first)",
    "merge": "books nothing, answers the serial of the account's last payment of that amount, as of a repetition",
    "forget": "status answers not_found although the payment is booked",
}
DELAY_LIMIT_S = 600
OPERATIONS = ("inquiry", "pay", "status", "reverse")


class FaultRefusedError(ValueError):
    """The fault asked for is not understood; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault to show now; `booked` tells whether the book is written before the fault shows."""

    kind: str
    seconds: float = 0.0
    booked: bool = True


@dataclass(slots=True)
class _Armed:
    fault: Fault
    operation: str
    left: int


def _armed(body: dict[str, Any]) -> _Armed:
    """Read the body of POST /control/fault. Raises `FaultRefusedError`."""
    kind, times, seconds = body.get("kind"), body.get("times", 1), body.get("seconds", 5)
    operation = body.get("operation", "status" if kind == "forget" else "pay")
    if kind not in KINDS:
        msg = f"unknown kind of fault {kind!r}; kinds: {', '.join(KINDS)}"
        raise FaultRefusedError(msg)
    if type(times) is not int or times == 0:
        msg = "times must be a whole number above 0, or negative for until cleared"
        raise FaultRefusedError(msg)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= DELAY_LIMIT_S:
        msg = f"seconds must be a number from 0 to {DELAY_LIMIT_S}"
        raise FaultRefusedError(msg)
    if operation not in OPERATIONS or (kind == "forget" and operation != "status"):
        msg = f"operation {operation!r} is not one of {', '.join(OPERATIONS)} (forget is for status)"
        raise FaultRefusedError(msg)
    booked = bool(body.get("booked", kind not in {"drop", "error500"}))
    return _Armed(Fault(str(kind), float(seconds), booked), operation, times)


class FaultBoard:
    """Faults armed per biller, taken in the order in which they were asked for."""

    def __init__(self) -> None:
        """Begin without faults."""
        self._lock = threading.Lock()
        self._armed: dict[str, list[_Armed]] = {}

    def arm(self, biller: str, body: dict[str, Any]) -> None:
        """Arm a fault; kind `none` clears the biller's faults. Raises `FaultRefusedError`."""
        with self._lock:
            if body.get("kind") == "none":
                self._armed.pop(biller, None)
            else:
                self._armed.setdefault(biller, []).append(_armed(body))

    def take(self, biller: str, operation: str) -> Fault | None:
        """Return the fault to show for this call, using up one of its times."""
        with self._lock:
            queue = self._armed.get(biller, [])
            for armed in queue:
                if armed.operation == operation:
                    armed.left -= 1
                    if armed.left == 0:
                        queue.remove(armed)
                    return armed.fault
            return None

    def describe(self) -> dict[str, list[dict[str, Any]]]:
        """Return what is armed now, for GET /control."""
        with self._lock:
            return {
                biller: [{"kind": a.fault.kind, "operation": a.operation, "left": a.left} for a in queue]
                for biller, queue in self._armed.items()
                if queue
            }
