"""The one input line of a screen: it holds what was typed, shows a cursor, and always has the focus."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Offset
from textual.strip import Strip
from textual.widget import Widget

from station_pos.tui.command_line import EntryMode, code_in_groups
from station_pos.tui.presenters.lines import cut, plain, width

_CURSOR = " "
_TYPED, _AT_CURSOR = Style(bold=True), Style(reverse=True)


class EntryLine(Widget, can_focus=True):
    """A prompt and the text behind it. Keys are the screen's: this widget only holds and draws."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "EntryLine { width: 1fr; height: 1; overflow: hidden hidden; scrollbar-size: 0 0; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        """Start empty."""
        super().__init__(id=id)
        self.text = ""
        self.mode = EntryMode.TEXT
        self.selected = False
        self._prompt = ""

    def put(self, text: str) -> None:
        """Hold this text from now on."""
        self.text, self.selected = text, False
        self._redraw()

    def select(self) -> None:
        """Let the next character take the place of all that is held; a backspace still takes the last one off."""
        self.selected = bool(self.text)
        self._redraw()

    def ask(self, prompt: str, mode: EntryMode) -> None:
        """Show this prompt and take what the mode allows."""
        self._prompt, self.mode = prompt, mode
        self._redraw()

    def on_focus(self) -> None:
        """Put the terminal's own cursor where input methods open their window."""
        self._redraw()

    def _redraw(self) -> None:
        if self.is_attached:
            shown = width(plain(self._prompt)) + width(self._shown_text())
            self.app.cursor_position = self.region.offset + Offset(shown, 0)
            self.refresh()

    def _shown_text(self) -> str:
        if self.mode is EntryMode.CODE and self.text.isdecimal():
            return code_in_groups(self.text)
        return "*" * len(self.text) if self.mode is EntryMode.HIDDEN else plain(self.text)

    def render_line(self, y: int) -> Strip:
        """Draw prompt, text and cursor, cut at the edge."""
        del y  # there is one row
        columns = self.size.width
        prompt = cut(plain(self._prompt), columns)
        # A long text shows its end: what was typed last is what the operator checks.
        text = self._shown_text()
        while width(text) > columns - width(prompt) - 1 and text:
            text = text[1:]
        rest = columns - width(prompt) - width(text) - 1
        style = self.rich_style
        takes_keys = self.mode is not EntryMode.NOTHING or self.text
        segments = [
            Segment(prompt, style),
            Segment(text, style + (_AT_CURSOR if self.selected else _TYPED)),
            Segment(_CURSOR, style + _AT_CURSOR if takes_keys else style),
            Segment(" " * max(0, rest), style),
        ]
        return Strip(segments, columns)
