"""Rows of text at exact columns, drawn without borders, padding or scroll bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from station_pos.tui.presenters.lines import BLANK, Line, left, plain

if TYPE_CHECKING:
    from collections.abc import Sequence


class LinesArea(Widget):
    """Shows lines from the top; what does not fit is cut at the edge, never wrapped or scrolled."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tone--normal",
        "tone--quiet",
        "tone--strong",
        "tone--good",
        "tone--alert",
        "tone--rule",
    }
    DEFAULT_CSS = """
    LinesArea {
        width: 1fr; height: 1; overflow: hidden hidden; scrollbar-size: 0 0;
        & > .tone--quiet, & > .tone--rule { color: $foreground 60%; }
        & > .tone--strong { text-style: bold; }
        & > .tone--good { color: $success; text-style: bold; }
        & > .tone--alert { color: $warning; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  # Textual's own name
        """Start empty."""
        super().__init__(id=id, classes=classes)
        self.lines: tuple[Line, ...] = ()
        """What is shown, from the top."""

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines from now on; nothing is drawn if they are the same."""
        shown = tuple(lines)
        if shown != self.lines:
            self.lines = shown
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one row, filled to the full width."""
        line = self.lines[y] if y < len(self.lines) else BLANK
        style = self.get_component_rich_style(f"tone--{line.tone}")
        return Strip([Segment(left(plain(line.text), self.size.width), style)], self.size.width)
