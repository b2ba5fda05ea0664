"""Lists that are longer than the screen: which rows stand on a page, and which of them is chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Item = TypeVar("Item")
PAGE_ROWS = 9


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader is in a list: the first row of the page and the chosen row on it."""

    top: int = 0
    chosen: int = 0

    @property
    def index(self) -> int:
        """The chosen row's place in the whole list."""
        return self.top + self.chosen

    def moved(self, key: str, count: int) -> Place:
        """Go by a cursor key; never beyond the list."""
        if key in {"pageup", "pagedown"}:
            top = self.top + (PAGE_ROWS if key == "pagedown" else -PAGE_ROWS)
            return Place(top) if 0 <= top < count else self
        index = self.index + (1 if key == "down" else -1)
        if not 0 <= index < count:
            return self
        return Place(index - index % PAGE_ROWS, index % PAGE_ROWS)

    def at_line(self, line: int, count: int) -> Place | None:
        """Choose a line of the page by its number; None where there is no such line."""
        inside = 1 <= line <= PAGE_ROWS and self.top + line <= count
        return replace(self, chosen=line - 1) if inside else None

    def page(self, count: int) -> tuple[int, int]:
        """Give the number of this page and of all pages."""
        return self.top // PAGE_ROWS + 1, max(1, -(-count // PAGE_ROWS))


def on_page(items: Sequence[Item], place: Place) -> Sequence[Item]:
    """Give the rows of the page."""
    return items[place.top : place.top + PAGE_ROWS]


def marker(line: int, place: Place) -> str:
    """Give the number of a line, and the mark of the chosen one: `` >2 ``."""
    return f" {'>' if line - 1 == place.chosen else ' '}{line} "
