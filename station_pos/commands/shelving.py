"""Where an item goes on the shelves: near the same customer's others, else where most room is. Pure rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from station_journal.shelf_code import LEVELS_MAX, SERIALS_MAX, SHELVES, ShelfCode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

DEFAULT_SHELVES = "A:4x20 B:4x20 C:4x20"
_SHELF = re.compile(r"([A-I]):([0-9]{1,2})x([0-9]{1,3})")


class ShelvesRefusedError(ValueError):
    """A text describes no shelves; the message is one sentence."""


class Level(NamedTuple):
    """One level of a shelf, ``A-04``, and how many items it has room for."""

    shelf: str
    number: int
    room: int

    @property
    def name(self) -> str:
        """Its name on labels."""
        return f"{self.shelf}-{self.number:02d}"


def read_shelves(text: str) -> tuple[Level, ...]:
    """Read ``A:4x20 B:2x15``: for each shelf its letter, how many levels, and the room on each.

    Raises:
        ShelvesRefusedError: the text says anything else, or names a shelf twice.
    """
    levels: list[Level] = []
    for part in text.split():
        match = _SHELF.fullmatch(part)
        shelf, count, room = match.groups() if match else ("", "0", "0")
        known = any(level.shelf == shelf for level in levels)
        if not match or known or not (0 < int(count) <= LEVELS_MAX and 0 < int(room) <= SERIALS_MAX):
            raise ShelvesRefusedError(f"{part!r} is no shelf such as A:4x20 (letters {SHELVES[0]} to {SHELVES[-1]})")
        levels += [Level(shelf, number, int(room)) for number in range(1, int(count) + 1)]
    if not levels:
        raise ShelvesRefusedError("a station has at least one shelf, such as A:4x20")
    return tuple(levels)


def choose_level(levels: Sequence[Level], held: Mapping[str, int], near: Collection[str]) -> Level:
    """Choose a level: one that has room and an item of the same customer, else the one with most room.

    ``held`` counts the items on each level by name, ``near`` names those where the customer's items lie. Where every
    level is full the one that is least overfull is chosen: no item stays on the floor for a number.
    """

    def room(level: Level) -> int:
        return level.room - held.get(level.name, 0)

    close = [level for level in levels if level.name in near and room(level) > 0]
    return close[0] if close else max(levels, key=room)


def free_code(level: Level, blocked: Sequence[int]) -> str:
    """Give the first code on a level that no item has or lately had; ``blocked`` are those serials in order.

    Raises:
        ShelvesRefusedError: all serials of the level are in use.
    """
    serial = 1
    for taken in blocked:
        if taken > serial:
            break
        serial = taken + 1
    if serial > SERIALS_MAX:
        raise ShelvesRefusedError(f"level {level.name} has no free pickup code")
    return str(ShelfCode(level.shelf, level.number, serial))
