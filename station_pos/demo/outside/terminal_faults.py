"""Scripted faults of a simulated card terminal: what goes wrong, and at which point of a transaction.

Points: `command` (before the command is accepted), `accepted` (after it), `before_result`, `between` (the result is
out, its answer not in), `after_result` (the answer is in, the end not out). Actions at a point: `cable_out` (`for_s`;
without it until `cable_in`), `silence` (it drops what it was doing), `power_cycle` (`stored`: whether it still knows
the transaction), `garbage` (`bytes`), `late` (`for_s`), `hang_up`. Each happens once.

Faults of the line, once each: `nak_once`, `bad_crc_once`, `lose_ack_once` (the counter's, so that the terminal sends
again), `withhold_ack_once` (its own, so that the counter sends again). Of the transaction, for the next one:
`wrong_amount` (`fen`), `decline` (`code`), `wrong_pin` (`times`), `reversal_fails`, `no_repeat_result`,
`abort_after_result`, `double_result`. Until switched off (`on`: false): `mute`, `leaky` (it sends full card data).
"""

from __future__ import annotations

from typing import Any

from station_pos.demo.outside.control_lines import CommandRefusedError, whole_number

POINTS = {"command", "accepted", "before_result", "between", "after_result"}
ACTIONS = {"cable_out", "silence", "power_cycle", "garbage", "late", "hang_up"}
ONCE = {
    "nak_once",
    "bad_crc_once",
    "lose_ack_once",
    "withhold_ack_once",
    "reversal_fails",
    "no_repeat_result",
    "abort_after_result",
    "double_result",
}
COUNTED = {"wrong_amount": "fen", "decline": "code", "wrong_pin": "times"}


class TerminalFaults:
    """What is scripted to go wrong and has not happened yet."""

    def __init__(self) -> None:
        self._at: dict[str, list[dict[str, Any]]] = {}
        self._once: dict[str, int] = {}

    def script(self, command: dict[str, Any]) -> None:
        """Take a fault from the control side. Raises `CommandRefusedError`."""
        action = command.get("do")
        point = command.get("at")
        if action in ACTIONS and point in POINTS:
            self._at.setdefault(str(point), []).append(command)
        elif action in ONCE and point is None:
            self._once[str(action)] = 1
        elif action in COUNTED and point is None:
            self._once[str(action)] = whole_number(command, COUNTED[str(action)], least=1)
        else:
            msg = f"no fault {action!r} at {point!r}"
            raise CommandRefusedError(msg)

    def at(self, point: str) -> list[dict[str, Any]]:
        """The actions due at a point, which are then no longer scripted."""
        return self._at.pop(point, [])

    def take(self, name: str) -> int:
        """The figure of a fault that is scripted, which then no longer is; 0 where none."""
        return self._once.pop(name, 0)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._at.clear()
        self._once.clear()

    def pending(self) -> list[str]:
        """What is still to come, for the status."""
        return sorted([*self._once, *(f"{a['do']}@{point}" for point, all_ in self._at.items() for a in all_)])
