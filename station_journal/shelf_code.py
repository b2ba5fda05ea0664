"""Pickup codes 取件码: shelf, level and serial, ``A-04-013``, and how they are typed on a numpad.

A shelf is a letter, typed as such or as its place in the alphabet, so ``A-04-013``, ``a04013`` and ``104013`` are one
code. Domain rule 4.2: unique among the items on hand, and not given again for thirty days.
"""

from __future__ import annotations

import re
from typing import NamedTuple

SHELVES = "ABCDEFGHI"
LEVELS_MAX = 99
SERIALS_MAX = 999
REUSE_DAYS = 30
_TYPED = re.compile(r"([A-Ia-i1-9])-?([0-9]{2})-?([0-9]{3})")


class ShelfCode(NamedTuple):
    """A place on a shelf and the serial of an item there."""

    shelf: str
    level: int
    serial: int

    def __str__(self) -> str:
        """Write it as labels do."""
        return f"{self.shelf}-{self.level:02d}-{self.serial:03d}"

    @property
    def level_name(self) -> str:
        """Name the level it lies on, ``A-04``."""
        return f"{self.shelf}-{self.level:02d}"


def read_code(text: str) -> ShelfCode | None:
    """Read a code as printed, or typed with letters or on a numpad; None where the text is none."""
    match = _TYPED.fullmatch(text.strip())
    if match is None:
        return None
    shelf, level, serial = match.groups()
    letter = SHELVES[int(shelf) - 1] if shelf.isdigit() else shelf.upper()
    return ShelfCode(letter, int(level), int(serial)) if int(level) and int(serial) else None
