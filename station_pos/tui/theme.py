"""Colours of the counter. A colour never carries a meaning alone: the words say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from station_pos.tui.presenters.lines import Tone

if TYPE_CHECKING:
    from collections.abc import Mapping

COUNTER_THEME = Theme(
    "counter", "#005f87", foreground="#e4e4e4", background="#121212", success="#87d787", warning="#ffd75f", dark=True
)
CONTRAST_THEME = Theme(
    "contrast", "#ffffff", foreground="#ffffff", background="#000000", success="#ffffff", warning="#ffff00", dark=True
)
"""Black and white, and one yellow: for bright shops, old monitors, and eyes that tell few colours apart."""
STYLE = "Screen { background: $background; color: $foreground; }"
_QUIET_PART = 0.6
"""How much of the foreground a quiet row has over what lies behind it."""
_COLOUR_NAMES = {Tone.GOOD: "success", Tone.ALERT: "warning"}


def tone_style(tone: Tone, colours: Mapping[str, str], background: Color) -> Style:
    """Give what a tone adds to the style of a row on this background; ``colours`` are the theme's, by their names."""
    if tone in {Tone.QUIET, Tone.RULE}:
        quiet = Color.parse(colours["foreground"]).multiply_alpha(_QUIET_PART)
        return Style.from_color((background + quiet).rich_color)
    name = _COLOUR_NAMES.get(tone)
    return Style(color=Color.parse(colours[name]).rich_color if name else None, bold=tone is not Tone.NORMAL or None)
