"""Rows of text at exact columns, drawn without borders, padding or scroll bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip
from textual.widget import Widget

from station_pos.tui.presenters.lines import BLANK, Line, Tone, left, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


class LinesArea(Widget):
    """Shows lines from the top; what does not fit is cut at the edge, never wrapped or scrolled."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "LinesArea { width: 1fr; height: 1; overflow: hidden hidden; scrollbar-size: 0 0; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  # Textual's own name
        """Start empty."""
        super().__init__(id=id, classes=classes)
        self.lines: tuple[Line, ...] = ()
        """What is shown, from the top."""
        self._styles: dict[Tone, Style] = {}

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines from now on; nothing is drawn if they are the same."""
        shown = tuple(lines)
        if shown != self.lines:
            self.lines = shown
            self.refresh()

    def notify_style_update(self) -> None:
        """Draw in the colours of now: the theme or the frame has changed."""
        self._styles.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """Draw one row, filled to the full width."""
        line = self.lines[y] if y < len(self.lines) else BLANK
        return Strip([Segment(left(plain(line.text), self.size.width), self._style(line.tone))], self.size.width)

    def _style(self, tone: Tone) -> Style:
        # Not by component classes: the style sheet would be searched for each tone of each area of every new screen.
        if tone not in self._styles:
            self._styles[tone] = self.rich_style + tone_style(tone, self.app.theme_variables, self.background_colors[1])
        return self._styles[tone]
