"""Big text: amounts in block digits of five rows, twice the size of any other, for eyes that want larger print.

The blocks are ASCII, so they are as wide on every terminal. What does not fit beside them is dropped from the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_pos.tui.presenters.lines import CORE_COLUMNS, Line, Tone, fill

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCK_ROWS = 6
"""A label and five rows of digits."""
_DIGITS = {
    "0": ("#####", "#   #", "#   #", "#   #", "#####"),
    "1": ("  #  ", " ##  ", "  #  ", "  #  ", " ### "),
    "2": ("#####", "    #", "#####", "#    ", "#####"),
    "3": ("#####", "    #", " ####", "    #", "#####"),
    "4": ("#   #", "#   #", "#####", "    #", "    #"),
    "5": ("#####", "#    ", "#####", "    #", "#####"),
    "6": ("#####", "#    ", "#####", "#   #", "#####"),
    "7": ("#####", "    #", "   # ", "  #  ", "  #  "),
    "8": ("#####", "#   #", "#####", "#   #", "#####"),
    "9": ("#####", "#   #", "#####", "    #", "#####"),
    ",": ("   ", "   ", "   ", " # ", "#  "),
    ".": ("  ", "  ", "  ", "  ", "# "),
    "-": ("    ", "    ", "####", "    ", "    "),
}


def block(amount: str) -> tuple[str, ...]:
    """Draw an amount such as ``1,286.50`` in five rows; any other character is left out."""
    glyphs = [_DIGITS[character] for character in amount if character in _DIGITS]
    return tuple(" ".join(glyph[row] for glyph in glyphs) for row in range(BLOCK_ROWS - 1))


def big_rows(big: Sequence[tuple[str, str]], below: Sequence[Line], rows: int) -> tuple[Line, ...]:
    """Give the rows under the input line: as many amounts as fit, under them the first of the ordinary lines."""
    drawn: list[Line] = []
    for label, amount in big:
        if len(drawn) + BLOCK_ROWS <= rows:
            drawn.append(Line(f"   {label}", Tone.STRONG))
            drawn += [Line("   " + row[: CORE_COLUMNS - 3], Tone.STRONG) for row in block(amount)]
    return fill((*drawn, *below), rows)
