"""What stands on the paper of a receipt printer: lines, codes and pictures, collected until the cut.

The paper knows nothing of bytes on a line. One column is 12 dots: 32 columns are 384 dots, 48 are 576.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

REPLACEMENT = "\ufffd"
"""Stands for a character that the printer's font lacks."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a run of characters looks; width and height are whole multiples of the normal size."""

    bold: bool = False
    underline: bool = False
    reverse: bool = False
    width: int = 1
    height: int = 1


@dataclass(slots=True)
class Run:
    """Characters of one style; `columns` holds the width of each character before magnification (1 or 2)."""

    style: Style
    text: str = ""
    columns: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TextLine:
    """One printed line; empty `runs` is a blank line."""

    align: str
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        """The characters of the line."""
        return "".join(run.text for run in self.runs)

    @property
    def columns(self) -> int:
        """The columns that the line takes."""
        return sum(sum(run.columns) * run.style.width for run in self.runs)

    @property
    def magnified(self) -> str:
        """`2x2` and the like when any run is larger than normal, else empty."""
        large = [run.style for run in self.runs if run.style.width > 1 or run.style.height > 1]
        return f"{max(s.width for s in large)}x{max(s.height for s in large)}" if large else ""


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR symbol: the bytes it carries, dots a module, and level L M Q or H."""

    align: str
    data: bytes
    module_dots: int
    level: str

    @property
    def text(self) -> str:
        """The payload as a phone would read it."""
        return self.data.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Barcode:
    """A linear symbol; `values` are the Code 128 symbol values without checksum, empty for other kinds."""

    align: str
    symbology: str
    text: str
    height_dots: int
    module_dots: int
    text_position: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture, one bit a dot, rows of `(width_dots + 7) // 8` bytes; already magnified by the scales given."""

    align: str
    width_dots: int
    height_dots: int
    rows: bytes
    scale_x: int
    scale_y: int


@dataclass(frozen=True, slots=True)
class Blank:
    """Paper moved on without print, in dots."""

    dots: int


Item = TextLine | QrCode | Barcode | Raster | Blank


@dataclass(slots=True)
class Receipt:
    """What one cut set free. `events` tell what befell the printer meanwhile, as `(items before it, event)`."""

    number: int
    items: list[Item] = field(default_factory=list)
    ended_by: str = ""
    unknown_commands: list[str] = field(default_factory=list)
    replacements: int = 0
    events: list[tuple[int, str]] = field(default_factory=list)

    def text_lines(self) -> list[str]:
        """The characters of each printed line, without alignment."""
        return [item.text for item in self.items if isinstance(item, TextLine)]

    def as_plain_text(self, columns: int) -> str:
        """The receipt for reading in an editor; magnified lines begin with `[2x2]`, codes with their kind."""
        shown: list[str] = []
        for item in self.items:
            if isinstance(item, TextLine):
                room = max(0, columns - item.columns)
                pad = {"left": 0, "centre": room // 2, "right": room}[item.align]
                mark = f"[{item.magnified}] " if item.magnified else ""
                shown.append(f"{mark}{' ' * pad}{item.text}".rstrip())
            elif isinstance(item, QrCode):
                shown.append(f"[QR] {item.text}")
            elif isinstance(item, Barcode):
                shown.append(f"[{item.symbology}] {item.text}")
            elif isinstance(item, Raster):
                shown.append(f"[raster {item.width_dots}x{item.height_dots}]")
            else:
                shown.extend([""] * (item.dots // 30))
        shown.append(f"[{self.ended_by or 'not cut'}]")
        return "\n".join(shown) + "\n"

    def as_json(self) -> dict[str, Any]:
        """The receipt as structured data, with the figures an auditor asks for at the top level."""
        return {
            "number": self.number,
            "ended_by": self.ended_by,
            "lines": self.text_lines(),
            "magnified": [item.text for item in self.items if isinstance(item, TextLine) and item.magnified],
            "qr": [item.text for item in self.items if isinstance(item, QrCode)],
            "barcodes": [item.text for item in self.items if isinstance(item, Barcode)],
            "replacements": self.replacements,
            "unknown_commands": self.unknown_commands,
            "events": [{"after_items": after, "event": event} for after, event in self.events],
            "items": [_item_json(item) for item in self.items],
        }


def _item_json(item: Item) -> dict[str, Any]:
    if isinstance(item, TextLine):
        runs = [
            {
                "text": run.text,
                "bold": run.style.bold,
                "underline": run.style.underline,
                "reverse": run.style.reverse,
                "width": run.style.width,
                "height": run.style.height,
            }
            for run in item.runs
        ]
        return {"kind": "text", "align": item.align, "columns": item.columns, "text": item.text, "runs": runs}
    if isinstance(item, QrCode):
        shape = {"module_dots": item.module_dots, "level": item.level, "bytes": len(item.data)}
        return {"kind": "qr", "align": item.align, "data": item.text, **shape}
    if isinstance(item, Barcode):
        shape = {"height_dots": item.height_dots, "module_dots": item.module_dots, "printable": bool(item.values)}
        return {"kind": "barcode", "align": item.align, "symbology": item.symbology, "data": item.text, **shape}
    if isinstance(item, Raster):
        shape = {"width_dots": item.width_dots, "height_dots": item.height_dots}
        digest = hashlib.sha256(item.rows).hexdigest()
        return {
            "kind": "raster",
            "align": item.align,
            **shape,
            "sha256": digest,
            "rows": base64.b64encode(item.rows).decode(),
        }
    return {"kind": "blank", "dots": item.dots}


class Paper:
    """The roll: takes characters and items, gives a receipt at each cut. A line wraps where the paper ends."""

    def __init__(
        self, columns: int, number: int, on_line: Callable[[], None], on_cut: Callable[[Receipt], None]
    ) -> None:
        """Begin receipt `number`; `on_line` is called for every line or item printed, `on_cut` with the receipt."""
        self.columns = columns
        self.receipt = Receipt(number)
        self._on_line, self._on_cut = on_line, on_cut
        self._runs: list[Run] = []
        self._align = "left"

    @property
    def column(self) -> int:
        """Columns used on the line being composed."""
        return sum(sum(run.columns) * run.style.width for run in self._runs)

    def put(self, char: str, columns: int, style: Style, align: str) -> None:
        """Add one character of 1 or 2 columns; a character that no longer fits begins a new line."""
        if self.column + columns * style.width > self.columns and self._runs:
            self.end_line()
        if not self._runs:
            self._align = align  # alignment acts only at the beginning of a line
        if not self._runs or self._runs[-1].style != style:
            self._runs.append(Run(style))
        self._runs[-1].text += char
        self._runs[-1].columns.append(columns)
        self.receipt.replacements += char == REPLACEMENT

    def end_line(self) -> None:
        """Print the line composed so far, blank or not."""
        line = TextLine(self._align, tuple(self._runs))
        self._runs = []
        self.receipt.items.append(line)
        self._on_line()

    def flush(self) -> None:
        """Print the line composed so far, if there is one."""
        if self._runs:
            self.end_line()

    def add(self, item: Item) -> None:
        """Print a code, picture or blank on lines of its own."""
        self.flush()
        self.receipt.items.append(item)
        if not isinstance(item, Blank):
            self._on_line()

    def lose_line(self) -> None:
        """Forget the line being composed: it was in memory only."""
        self._runs = []

    def note(self, event: str) -> None:
        """Remember what befell the printer at this place of the paper."""
        self.receipt.events.append((len(self.receipt.items), event))

    def cut(self, how: str) -> None:
        """End the receipt; a cut of paper with nothing on it makes no receipt."""
        self.flush()
        if any(not isinstance(item, Blank) for item in self.receipt.items):
            self.receipt.ended_by = how
            self._on_cut(self.receipt)
            self.receipt = Receipt(self.receipt.number + 1)
