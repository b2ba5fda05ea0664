"""The README's picture of the counter: an SVG in which every glyph stands at its own column.

A terminal gives a wide character two columns; viewers without a Chinese monospace font do not, so each glyph is placed
by itself. ``python -m tests.snapshots.picture`` draws it again.
"""

from __future__ import annotations

import asyncio
from html import escape
from pathlib import Path

from station_pos.tui.presenters.lines import width
from tests.station_pos.tui.at_counter import WIDE, serving
from tests.station_pos.tui.books_counter import an_afternoon

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "counter.svg"
COLUMN, ROW, SIZE, MARGIN = 9, 20, 15, 12
FONTS = "Sarasa Mono SC,Noto Sans Mono CJK SC,WenQuanYi Zen Hei Mono,Menlo,Consolas,monospace"


def colour(value, otherwise):
    return value.get_truecolor().hex if value is not None and not value.is_default else otherwise


def draw(strips, columns):
    """Draw rows of styled segments."""
    body = []
    for number, strip in enumerate(strips):
        column, top = 0, MARGIN + number * ROW
        for segment in strip:
            style, x = segment.style, MARGIN + column * COLUMN
            fore = colour(style and style.color, "#e4e4e4")
            back = colour(style and style.bgcolor, "#121212")
            if style and style.reverse:
                fore, back = back, fore
            cells = width(segment.text)
            if back != "#121212":
                body.append(f'<rect x="{x}" y="{top}" width="{cells * COLUMN}" height="{ROW}" fill="{back}"/>')
            places, shown = [], ""
            for character in segment.text:
                if character != " ":
                    places.append(str(MARGIN + column * COLUMN))
                    shown += character
                column += width(character)
            if shown:
                weight = ' font-weight="bold"' if style and style.bold else ""
                at = f'x="{" ".join(places)}" y="{top + SIZE}"'
                body.append(f'<text {at} fill="{fore}"{weight}>{escape(shown)}</text>')
    wide, high = columns * COLUMN + 2 * MARGIN, len(strips) * ROW + 2 * MARGIN
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="{FONTS}"'
    frame = f'<rect width="{wide}" height="{high}" rx="8" fill="#121212"/>'
    return "\n".join([f'{head} font-size="{SIZE}">', frame, *body, "</svg>", ""])


async def counter_picture():
    """Serve a customer up to the cash, and draw what the wide screen shows."""
    async with serving(an_afternoon(), size=WIDE) as till:
        await till.keys(*"0081234567", "enter", *"100")
        return draw(till.app.screen._compositor.render_strips(), WIDE[0])  # noqa: SLF001  # what the terminal gets


if __name__ == "__main__":
    PICTURE.write_text(asyncio.run(counter_picture()), "utf-8")
