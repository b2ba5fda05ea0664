"""One line of the control socket: reading what was asked, writing rows as JSON holds them, orders to the register."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from station_pos.commands.outcome import Accepted

if TYPE_CHECKING:
    from station_pos.commands.orders import Command
    from station_pos.counter import Counter, OperatorRow

NUMBER_LIMIT = 2**53
"""What JSON carries exactly (RFC 8259 section 6), far inside what the books can hold."""


class AskedWrongError(ValueError):
    """A line asks for nothing that can be done; the message is one sentence."""


class Lines:
    """Base of what a connection understands: who is signed in, and orders to the register."""

    def __init__(self, counter: Counter) -> None:
        """Serve one connection to a counter."""
        self._counter = counter
        self._operator: OperatorRow | None = None

    def _operator_no(self, asked: dict[str, Any]) -> int:
        if "pin" in asked:
            self._operator = self._counter.sign_in(number(asked, "operator_no"), text(asked, "pin"))
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


def number(asked: dict[str, Any], name: str, default: int | None = None) -> int:
    """Read a whole number of a line.

    Raises:
        AskedWrongError: there is none, or it is larger than JSON carries.
    """
    value = asked.get(name, default)
    if type(value) is not int and not isinstance(value, IntEnum):
        raise AskedWrongError(f"{name!r} is a whole number.")
    if not -NUMBER_LIMIT < value < NUMBER_LIMIT:
        raise AskedWrongError(f"{name!r} is too large a number.")
    return int(value)


def text(asked: dict[str, Any], name: str, default: str | None = None) -> str:
    """Read a text of a line.

    Raises:
        AskedWrongError: there is none.
    """
    value = asked.get(name, default)
    if not isinstance(value, str):
        raise AskedWrongError(f"{name!r} is a text.")
    return value
