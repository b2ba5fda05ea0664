"""The first picture of the day: it takes the pass phrase while the books are opened behind it.

An old counter PC needs a second for the database, the journals and the screens. Here only what this one picture needs
is loaded, so that the pass phrase can be typed at once; nothing of the station is shown before it can be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.containers import Vertical
from textual.message import Message

from station_pos.tui.command_line import EntryMode, takes
from station_pos.tui.presenters.lines import BLANK, Line, Tone, rule
from station_pos.tui.presenters.unlocking import TEXT
from station_pos.tui.theme import COUNTER_THEME, STYLE
from station_pos.tui.widgets.entry_line import EntryLine
from station_pos.tui.widgets.lines_area import LinesArea

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from textual import events
    from textual.app import ComposeResult

LEAVE = "0"
_ABOVE_ROWS = 7


class Threshold(App[str], inherit_bindings=False):
    """Ends with the pass phrase typed, empty where the key is open already, or None where the operator leaves.

    It also ends, with None, when the station could not be opened: the future that ``begin`` gave tells why. ``begin``
    starts to open the station in a thread of its own; its result says whether the key is open already.
    """

    TITLE = "station-pos"
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False
    ALLOW_SELECT: ClassVar[bool] = False
    AUTO_FOCUS = "EntryLine"
    CSS = STYLE + "LinesArea { height: auto; }"

    @dataclass
    class Opened(Message):
        """The station came open, or could not be opened."""

        done: Future[bool]

    def __init__(self, begin: Callable[[], Future[bool]]) -> None:
        """Open the station once the first picture stands."""
        super().__init__()
        self.register_theme(COUNTER_THEME)
        self.theme = COUNTER_THEME.name
        self.stylesheet.set_variables(self.get_css_variables())
        self._begin = begin
        self._opened = False
        self._entered = False
        self._entry = EntryLine(id="entry")
        self._above, self._below = LinesArea(id="above"), LinesArea(id="below")

    def compose(self) -> ComposeResult:
        """Lay out the rows where the counter has them."""
        with Vertical():
            yield self._above
            yield self._entry
            yield self._below

    def on_mount(self) -> None:
        """Show the picture, then open the station."""
        self._above.styles.height = _ABOVE_ROWS
        self._below.styles.height = _ABOVE_ROWS
        self._above.show((BLANK, BLANK, rule(), BLANK, BLANK, Line(TEXT("unlock"), Tone.STRONG), BLANK))
        self._entry.ask(TEXT("ask_phrase"), EntryMode.HIDDEN)
        self._say()
        self.call_after_refresh(self._open)

    def _say(self) -> None:
        waits = TEXT("opening") if self._entered and not self._opened else ""
        self._below.show((BLANK, Line(waits, Tone.ALERT), BLANK, Line(TEXT("keys_phrase"), Tone.QUIET)))

    def _open(self) -> None:
        self._begin().add_done_callback(lambda done: self.post_message(self.Opened(done)))

    def on_threshold_opened(self, message: Threshold.Opened) -> None:
        """Go on where the station is open and the pass phrase is complete."""
        done, self._opened = message.done, True
        if done.exception() is not None:
            self.exit(None)
        elif done.result():
            self.exit("")
        elif self._entered:
            self.exit(self._entry.text)

    def on_key(self, event: events.Key) -> None:
        """Take the pass phrase; after Enter nothing more is taken."""
        event.stop()
        event.prevent_default()
        if self._entered:
            return
        if event.key == "enter":
            self._enter()
        elif event.key == "escape":
            self._entry.put("")
        elif event.key == "backspace":
            self._entry.put(self._entry.text[:-1])
        elif event.character is not None:
            self._type(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Take a pasted pass phrase; it never acts by itself."""
        event.stop()
        if not self._entered:
            for character in event.text.splitlines()[0] if event.text.strip() else "":
                self._type(character)

    def _type(self, character: str) -> None:
        if takes(EntryMode.HIDDEN, self._entry.text, character):
            self._entry.put(self._entry.text + character)

    def _enter(self) -> None:
        if self._entry.text == LEAVE:
            self.exit(None)
        elif self._entry.text:
            self._entered = True
            self._say()
            if self._opened:
                self.exit(self._entry.text)
