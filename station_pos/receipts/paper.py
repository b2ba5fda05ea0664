"""What is to be printed, whatever the printer: lines, pairs, codes and cuts, and their plain-text rendering.

A `Paper` is stored with its print job, so a job that waited for paper, or a slip shown again years later, comes out
the same. Widths are *columns*: a character takes as many columns as it takes bytes in GB18030, one or two, which is how
the fonts of Chinese receipt printers are laid out. Characters that need four bytes are drawn two columns wide.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Callable

Align = Literal["left", "centre", "right"]

COLUMNS_MIN: Final = 16
"""Narrowest paper: at size 8, the largest, a line still holds one wide character."""
COLUMNS_MAX: Final = 96
SIZE_MAX: Final = 8
FEED_LINES_MAX: Final = 255
QR_BYTES_MAX: Final = 2331
"""Capacity of a version 40 symbol at level M, byte mode (ISO/IEC 18004 table 7)."""
BARCODE_LENGTH_MAX: Final = 48
FORM_VERSION: Final = 1

# U+00A5 needs four bytes in GB18030 and most printer fonts lack it; U+2022 likewise. Both have two-byte twins.
_TWINS: Final = str.maketrans({"¥": "￥", "•": "·"})
_VARIATION_SELECTORS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_ODD: Final = re.compile("[\u00a5\u2022\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""What of printable text would be replaced or dropped: the twins and the variation selectors."""
_NEVER_FIRST: Final = frozenset("，。、；：！？）】》」』”’…%％,.;:!?)]}")


_NORMAL: Final = (1, 1)
_ALIGNS: Final = frozenset(get_args(Align))
_ONE_SPELLING: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class PaperRefusedError(ValueError):
    """An item cannot stand on this paper, or stored bytes are no paper; the message is one sentence."""


def printable(text: str) -> str:
    """Text reduced to what may reach a printer or a screen: no control, format, surrogate or variation character.

    Tabs, line ends and unusual blanks become one space each, so a name can neither carry an escape sequence nor
    start a line of its own. The yen sign and the bullet become their two-byte twins.
    """
    if _is_printable(text):
        return text
    kept = []
    for character in text.translate(_TWINS):
        category = unicodedata.category(character)
        if character in "\t\n\v\f\r\x85" or (category in {"Zs", "Zl", "Zp"} and character != "\u3000"):
            kept.append(" ")
        elif category not in {"Cc", "Cf", "Cs"} and not any(ord(character) in span for span in _VARIATION_SELECTORS):
            kept.append(character)
    return "".join(kept)


def _is_printable(text: str) -> bool:
    # Nearly every text needs nothing, and a sale makes forty.
    return text.isprintable() and (text.isascii() or not _ODD.search(text))


def display_columns(text: str) -> int:
    """Columns that printable text takes at normal size: ASCII one, everything else two."""
    return sum(1 if character.isascii() else 2 for character in text)


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text, wrapped to the paper; `size` is (width, height), each 1 to 8 times the normal font."""

    text: str
    align: Align = "left"
    size: tuple[int, int] = (1, 1)
    bold: bool = False

    def __post_init__(self) -> None:
        if not _is_printable(self.text):
            object.__setattr__(self, "text", printable(self.text))
        if self.size != _NORMAL:
            _check_size(self.size)
        if self.align not in _ALIGNS:
            raise PaperRefusedError(f"{self.align!r} is no alignment: left, centre or right.")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts on one line, at the left and the right edge; what does not fit goes on below, the right text last."""

    left: str
    right: str
    size: tuple[int, int] = (1, 1)
    bold: bool = False

    def __post_init__(self) -> None:
        if not _is_printable(self.left + self.right):
            object.__setattr__(self, "left", printable(self.left))
            object.__setattr__(self, "right", printable(self.right))
        if self.size != _NORMAL:
            _check_size(self.size)


@dataclass(frozen=True, slots=True)
class Rule:
    """A dashed line across the paper."""


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR symbol, centred. The payload goes out as UTF-8, which is what phones read."""

    data: str

    def __post_init__(self) -> None:
        # Printers act on DLE sequences wherever they stand, even inside a symbol's payload.
        object.__setattr__(self, "data", printable(self.data))
        size_bytes = len(self.data.encode())
        if not 1 <= size_bytes <= QR_BYTES_MAX:
            raise PaperRefusedError(f"A QR symbol holds 1 to {QR_BYTES_MAX} bytes, not {size_bytes}.")


@dataclass(frozen=True, slots=True)
class Barcode:
    """A Code 128 symbol, centred, its text below: printable ASCII only."""

    data: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.data) <= BARCODE_LENGTH_MAX or not all(" " <= c <= "~" for c in self.data):
            raise PaperRefusedError(
                f"A Code 128 symbol holds 1 to {BARCODE_LENGTH_MAX} printable ASCII characters, not {self.data[:60]!r}."
            )


@dataclass(frozen=True, slots=True)
class Feed:
    """Blank lines."""

    lines: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.lines <= FEED_LINES_MAX:
            raise PaperRefusedError(f"Paper is fed 1 to {FEED_LINES_MAX} lines at a time, not {self.lines}.")


@dataclass(frozen=True, slots=True)
class Cut:
    """Feed to the knife and cut, leaving a bridge so that the slip does not fall."""


Item = Text | Pair | Rule | Qr | Barcode | Feed | Cut


@dataclass(frozen=True, slots=True)
class Paper:
    """A slip, from the first line to the last; `columns` is the paper's width, 32 (58 mm) or 48 (80 mm) as a rule."""

    items: tuple[Item, ...]
    columns: int = 32

    def __post_init__(self) -> None:
        if not COLUMNS_MIN <= self.columns <= COLUMNS_MAX:
            raise PaperRefusedError(f"Paper has {COLUMNS_MIN} to {COLUMNS_MAX} columns, not {self.columns}.")


def _check_size(size: tuple[int, int]) -> None:
    if not all(1 <= times <= SIZE_MAX for times in size):
        raise PaperRefusedError(f"{size!r} is no size: width and height are 1 to {SIZE_MAX} times the normal font.")


def wrap(text: str, columns: int) -> tuple[str, ...]:
    """Break text into lines of at most `columns`; nothing but blanks at a break is dropped.

    Chinese breaks anywhere save before a closing mark; a word or an amount stays whole when it fits on a line.
    An empty text is one empty line.
    """
    lines: list[str] = []
    line = ""
    for token in _tokens(text):
        if display_columns(line + token) <= columns:
            line += token
            continue
        if token.isspace():
            continue
        if line.strip():
            lines.append(line.rstrip(" "))
            line = ""
        for character in token:
            if display_columns(line + character) > columns:
                lines.append(line)
                line = ""
            line += character
    if line or not lines:
        lines.append(line.rstrip(" ") if lines else line)
    return tuple(lines)


def _tokens(text: str) -> list[str]:
    """Pieces that stay together: a blank, a run of other ASCII, one wide character with its closing marks."""
    tokens: list[str] = []
    for character in text:
        last = tokens[-1] if tokens else " "
        joins = character in _NEVER_FIRST or (character.isascii() and last[-1].isascii() and character != " ")
        if tokens and joins and last != " ":
            tokens[-1] += character
        else:
            tokens.append(character)
    return tokens


def pair_lines(left: str, right: str, columns: int) -> tuple[str, ...]:
    """Lay two texts out at the edges of a line, at least one blank between; each line is full width or shorter."""
    lefts = list(wrap(left, columns))
    rights = wrap(right, columns)
    gap = columns - display_columns(lefts[-1]) - display_columns(rights[0])
    if gap >= 1 or not (left and right):
        first = lefts.pop() + " " * max(gap, 0) + rights[0]
        return (*lefts, first, *(_pad_left(line, columns) for line in rights[1:]))
    return (*lefts, *(_pad_left(line, columns) for line in rights))


def _pad_left(line: str, columns: int) -> str:
    return " " * max(columns - display_columns(line), 0) + line


def to_text(paper: Paper) -> str:
    """The slip as plain text, for the screen, for export and for comparison; every line ends in a line feed.

    Enlarged text wraps as on paper but is written at normal size; a symbol shows as its content in brackets, a cut as a
    double rule.
    """
    lines: list[str] = []
    for item in paper.items:
        match item:
            case Text():
                wrapped = wrap(item.text, paper.columns // item.size[0])
                lines.extend(_aligned(line, item.align, paper.columns) for line in wrapped)
            case Pair():
                lines.extend(pair_lines(item.left, item.right, paper.columns // item.size[0]))
            case Rule():
                lines.append("-" * paper.columns)
            case Qr():
                lines.extend(_centred(f"[QR {item.data}]", paper.columns))
            case Barcode():
                lines.extend(_centred(f"[||| {item.data}]", paper.columns))
            case Feed():
                lines.extend([""] * item.lines)
            case Cut():
                lines.append("=" * paper.columns)
    return "".join(line.rstrip(" ") + "\n" for line in lines)


def _centred(text: str, columns: int) -> list[str]:
    return [_aligned(line, "centre", columns) for line in wrap(text, columns)]


def _aligned(line: str, align: Align, columns: int) -> str:
    room = max(columns - display_columns(line), 0)
    return " " * {"left": 0, "centre": room // 2, "right": room}[align] + line


def to_bytes(paper: Paper) -> bytes:
    """The slip in its stored form: UTF-8 JSON, one spelling only, so equal papers are equal bytes."""
    form = {"form": FORM_VERSION, "columns": paper.columns, "items": [_FORMS[type(item)](item) for item in paper.items]}
    return _ONE_SPELLING.encode(form).encode()


_FORMS: Final[dict[type[Item], Callable[[Any], list[str | int | bool]]]] = {
    Text: lambda item: ["text", item.text, item.align, *item.size, item.bold],
    Pair: lambda item: ["pair", item.left, item.right, *item.size, item.bold],
    Rule: lambda _: ["rule"],
    Qr: lambda item: ["qr", item.data],
    Barcode: lambda item: ["barcode", item.data],
    Feed: lambda item: ["feed", item.lines],
    Cut: lambda _: ["cut"],
}


def from_bytes(stored: bytes) -> Paper:
    """Read a stored slip back.

    Raises:
        PaperRefusedError: the bytes are not what `to_bytes` writes.
    """
    try:
        form = json.loads(stored)
        version = form["form"]
        paper = Paper(tuple(_item_from(fields) for fields in form["items"]), form["columns"])
        spelled_alike = to_bytes(paper) == stored
    except PaperRefusedError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise PaperRefusedError("These bytes are no stored slip.") from error
    if version != FORM_VERSION:
        raise PaperRefusedError(f"This stored slip has form {version!r}; only form {FORM_VERSION} can be read.")
    if not spelled_alike:
        raise PaperRefusedError("This stored slip was altered: it does not read back as it was written.")
    return paper


def _item_from(fields: list[object]) -> Item:
    match fields:
        case ["text", str(text), "left" | "centre" | "right" as align, int(width), int(height), bool(bold)]:
            return Text(text, align, (width, height), bold)
        case ["pair", str(left), str(right), int(width), int(height), bool(bold)]:
            return Pair(left, right, (width, height), bold)
        case ["rule"]:
            return Rule()
        case ["qr", str(data)]:
            return Qr(data)
        case ["barcode", str(data)]:
            return Barcode(data)
        case ["feed", int(lines)]:
            return Feed(lines)
        case ["cut"]:
            return Cut()
        case _:
            raise PaperRefusedError("A stored slip holds an item of no known kind.")
