"""Lines of the screen: what they say, in which tone, and how wide they are on a terminal.

Only ASCII and wide CJK characters reach the screen. Any other is one column on some terminals and two on others
(Unicode UAX #11, East Asian Ambiguous), or steers the terminal; ``plain`` takes such characters out of foreign text.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CORE_COLUMNS = 80
WORK_ROWS = 19
RAIL_COLUMNS = 37
_WIDE = frozenset("WF")
_MIDDLE_DOT = "\N{MIDDLE DOT}"


class Tone(StrEnum):
    """How a line is said. The words alone carry the meaning; a tone only helps the eye."""

    NORMAL = "normal"
    QUIET = "quiet"
    STRONG = "strong"
    GOOD = "good"
    ALERT = "alert"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of text in one tone."""

    text: str = ""
    tone: Tone = Tone.NORMAL


BLANK = Line()


@dataclass(frozen=True, slots=True)
class View:
    """What a screen shows: lines above the input line, its prompt, lines below, and the fixed rows.

    ``say`` is the phrase to say to the customer, ``keys`` what the keys do now. ``rail`` is the middle of the rail and
    ``timeline`` the rows below the core, both for wide terminals only; without a timeline ``lower`` stands there.
    ``recorded``: the job is in the journal already.
    ``big`` are the amounts that big text draws, most wanted first, each with its label.
    """

    above: tuple[Line, ...]
    prompt: str
    below: tuple[Line, ...]
    say: str = ""
    keys: str = ""
    rail: tuple[Line, ...] = ()
    timeline: tuple[Line, ...] = ()
    recorded: bool = True
    big: tuple[tuple[str, str], ...] = ()
    lower: tuple[Line, ...] = ()


@lru_cache(maxsize=4096)
def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def width(text: str) -> int:
    """Count the terminal columns of a text made of ASCII and wide characters."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() else " "
    if unicodedata.east_asian_width(character) in _WIDE:
        return character
    return "." if character == _MIDDLE_DOT else "?"


def plain(text: str) -> str:
    """Replace what is neither printable ASCII nor wide: names from elsewhere may hold anything."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_plain_character, text))


def cut(text: str, columns: int) -> str:
    """Cut a text to at most this many columns, never through a wide character."""
    if width(text) <= columns:
        return text
    used, kept = 0, []
    for character in text:
        used += _columns(character)
        if used > columns:
            break
        kept.append(character)
    return "".join(kept)


def left(text: str, columns: int) -> str:
    """Fill or cut a text to exactly this many columns, text first."""
    cropped = cut(text, columns)
    return cropped + " " * (columns - width(cropped))


def right(text: str, columns: int) -> str:
    """Fill or cut a text to exactly this many columns, text last."""
    cropped = cut(text, columns)
    return " " * (columns - width(cropped)) + cropped


def between(start: str, end: str, columns: int = CORE_COLUMNS) -> str:
    """Put one text at the start of a row and one at its end."""
    return left(start, max(0, columns - width(end))) + end


def rule(columns: int = CORE_COLUMNS) -> Line:
    """Give a horizontal rule."""
    return Line("-" * columns, Tone.RULE)


def wrap(text: str, columns: int) -> list[str]:
    """Break a text into rows of at most this many columns, at blanks where there are any near the end."""
    rows, rest = [], text.strip()
    while width(rest) > columns:
        row = cut(rest, columns)
        blank = row.rfind(" ")
        if blank > len(row) // 2:
            row = row[:blank]
        rows.append(row.rstrip())
        rest = rest[len(row) :].lstrip()
    return [*rows, rest] if rest else rows


def fill(lines: Sequence[Line], rows: int) -> tuple[Line, ...]:
    """Fill or cut to exactly this many rows."""
    return (*lines[:rows], *([BLANK] * (rows - len(lines))))


def table_row(cells: Iterable[tuple[str, int]]) -> str:
    """Set cells side by side, one blank between; a negative width sets the text to the end of its cell."""
    return " ".join(right(text, -columns) if columns < 0 else left(text, columns) for text, columns in cells)
