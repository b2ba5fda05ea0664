"""What a function key does, as data: one row for each action gives its key, its numpad form and its name.

Keys never change their meaning between screens. ``/n`` on the numpad is function key n. Keys of services that this
version does not offer are absent, and so is their place in the bar.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from station_pos.text import Catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping


class Action(StrEnum):
    """Something a function key does on every screen."""

    HELP = "help"
    BILLS = "bills"
    PENDING = "pending"
    HISTORY = "history"
    CREDIT = "credit"
    EVIDENCE = "evidence"
    PARK = "park"
    LOCK = "lock"
    DRAWER = "drawer"


FUNCTION_KEYS: Mapping[int, Action] = {
    1: Action.HELP,
    2: Action.BILLS,
    5: Action.PENDING,
    7: Action.HISTORY,
    8: Action.CREDIT,
    9: Action.EVIDENCE,
    11: Action.PARK,
    12: Action.LOCK,
    0: Action.DRAWER,
}
"""Action by number of its function key; 0 has a numpad form only."""

KEY_MAX = 12
"""The highest function key of a keyboard; ``/1`` therefore waits for one more digit or Enter."""

_NAMES = Catalogue(
    {
        Action.HELP: ("帮助", "Help"),
        Action.BILLS: ("缴费", "Bills"),
        Action.PENDING: ("待定", "Pending"),
        Action.HISTORY: ("流水", "History"),
        Action.CREDIT: ("额度", "Credit"),
        Action.EVIDENCE: ("证据", "Evidence"),
        Action.PARK: ("暂放", "Park"),
        Action.LOCK: ("锁", "Lock"),
        Action.DRAWER: ("开钱箱", "Drawer"),
    }
)


_NAMED_ELSEWHERE = frozenset({Action.PARK, Action.DRAWER})
"""The row has no place for them: the screen that they serve names them beside its own keys."""


def action_of_key(key: str) -> Action | None:
    """Give the action of a key as the terminal names it (``f5``), None where the key has none."""
    number = key.removeprefix("f")
    return FUNCTION_KEYS.get(int(number)) if key.startswith("f") and number.isdecimal() else None


def name_of(action: Action) -> str:
    """Give an action's name in the chosen language."""
    return _NAMES(action)


def function_bar() -> str:
    """Give the last row of the screen: the keys with their names, but for those a screen names where they serve."""
    shown = (pair for pair in FUNCTION_KEYS.items() if pair[1] not in _NAMED_ELSEWHERE)
    return " ".join(f"F{number}{_gap()}{name_of(action)}" for number, action in shown)


def _gap() -> str:
    return "" if _NAMES(Action.LOCK) == "锁" else " "
