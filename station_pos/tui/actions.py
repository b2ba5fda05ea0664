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
    PICKUP = "pickup"
    WITHDRAWAL = "withdrawal"
    PENDING = "pending"
    RECEIVING = "receiving"
    HISTORY = "history"
    CREDIT = "credit"
    EVIDENCE = "evidence"
    DAY_CLOSE = "day_close"
    PARK = "park"
    LOCK = "lock"
    PALETTE = "palette"
    PRACTICE = "practice"
    DRAWER = "drawer"


FUNCTION_KEYS: Mapping[int, Action] = {
    1: Action.HELP,
    2: Action.BILLS,
    4: Action.PICKUP,
    3: Action.WITHDRAWAL,
    5: Action.PENDING,
    6: Action.RECEIVING,
    7: Action.HISTORY,
    8: Action.CREDIT,
    9: Action.EVIDENCE,
    10: Action.DAY_CLOSE,
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
        Action.PICKUP: ("取件", "Pickup"),
        Action.WITHDRAWAL: ("取款", "Withdraw"),
        Action.PENDING: ("待定", "Pending"),
        Action.RECEIVING: ("收件", "Receive"),
        Action.HISTORY: ("流水", "History"),
        Action.CREDIT: ("额度", "Credit"),
        Action.EVIDENCE: ("证据", "Evidence"),
        Action.DAY_CLOSE: ("日终", "Close"),
        Action.PARK: ("暂放", "Park"),
        Action.LOCK: ("锁", "Lock"),
        Action.DRAWER: ("开钱箱", "Drawer"),
        Action.PALETTE: ("全部功能", "Everything"),
        Action.PRACTICE: ("练习", "Practice"),
    }
)


INITIALS: dict[Action, tuple[str, ...]] = {
    Action.HELP: ("bz",),
    Action.BILLS: ("jf",),
    Action.PICKUP: ("qj",),
    Action.WITHDRAWAL: ("qk",),
    Action.PENDING: ("dd",),
    Action.RECEIVING: ("sj",),
    Action.HISTORY: ("ls",),
    Action.CREDIT: ("ed",),
    Action.EVIDENCE: ("zj",),
    Action.DAY_CLOSE: ("rz",),
    Action.PARK: ("zf", "zhf"),
    Action.LOCK: ("s",),
    Action.DRAWER: ("kqx",),
}
"""Pinyin initials that find an action in the palette and on the home line; all readings of a character count."""
SERVICES: Mapping[str, str] = {
    "fx": "goods",
    "dh": "goods",
    "bx": "lead",
    "xs": "lead",
    "gz": "disputes",
    "zy": "disputes",
    "wt": "faults",
    "lxjl": "drill_record",
    "tz": "tariff_notice",
    "hj": "tally",
}
"""Initials on the home line that open the screen of a service without a key of its own."""
BAR_COLUMNS = 80
_NAME_MAX = 80

_NAMED_ELSEWHERE = frozenset({Action.PARK, Action.DRAWER})
"""The row has no place for them: the screen that they serve names them beside its own keys."""


def action_of_key(key: str) -> Action | None:
    """Give the action of a key as the terminal names it (``f5``), None where the key has none."""
    number = key.removeprefix("f")
    return FUNCTION_KEYS.get(int(number)) if key.startswith("f") and number.isdecimal() else None


def action_of_initials(asked: str) -> Action | None:
    """Give the action whose initials these are (``qk``, 取款), None where no action has them."""
    return next((action for action, readings in INITIALS.items() if asked in readings), None)


def name_of(action: Action) -> str:
    """Give an action's name in the chosen language."""
    return _NAMES(action)


def function_bar() -> str:
    """Give the last row of the screen: the keys with their names, but for those a screen names where they serve.

    Where the row would be too long the gaps go first, then the ends of the names.
    """
    shown = [(number, name_of(action)) for number, action in sorted(FUNCTION_KEYS.items())]
    pairs = [(number, name) for number, name in shown if FUNCTION_KEYS[number] not in _NAMED_ELSEWHERE]
    gap = "" if _NAMES(Action.LOCK) == "锁" else " "
    tries = ((gap, _NAME_MAX), ("", _NAME_MAX), ("", 6), ("", 5), ("", 4))
    rows = (" ".join(f"F{number}{space}{name[:longest]}" for number, name in pairs) for space, longest in tries)
    return next((row for row in rows if sum(map(_columns, row)) <= BAR_COLUMNS), "")


def _columns(character: str) -> int:
    return 1 if character.isascii() else 2
