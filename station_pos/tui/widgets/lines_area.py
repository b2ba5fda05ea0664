"""Rows of text at exact columns, drawn without borders, padding or scroll bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from station_pos.tui.presenters.lines import BLANK, Line, Tone, left, plain
from station_pos.tui.theme import tone_style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style


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
