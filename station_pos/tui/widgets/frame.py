"""The fixed frame: state, alert, 19 rows of work, the phrase to say, the operator and keys, the function-key bar.

A screen says what it shows (``view``) and what its keys mean; the frame reads keys, tells scans from typing, and puts
every row where it always is. On a wide terminal the same 80 columns stand with a rail beside and rows below them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container
from textual.screen import Screen

from station_pos.tui.actions import Action, action_of_key, function_bar
from station_pos.tui.command_line import Burst, EntryMode, Scan, function_asked, picked, read_scan, split_command, takes
from station_pos.tui.messages import ActionAsked, CodesWanted, Scanned, ScreenLeft
from station_pos.tui.presenters.lines import (
    BLANK,
    CORE_COLUMNS,
    WORK_ROWS,
    Line,
    Tone,
    View,
    fill,
    rule,
)
from station_pos.tui.presenters.sentences import TEXT
from station_pos.tui.presenters.state_rows import alert_line, rail_lines, state_line
from station_pos.tui.widgets.bells import ring_refused
from station_pos.tui.widgets.entry_line import EntryLine
from station_pos.tui.widgets.lines_area import LinesArea

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events
    from textual.app import ComposeResult
    from textual.timer import Timer

    from station_pos.counter import ScannedCode
    from station_pos.tui.desk import Desk

FRAME_ROWS = 24
WIDE_COLUMNS = 120
DEFER_S = 0.035
"""A command key waits this long, so that the first characters of a scan never act as one."""
_AREAS = ("state", "alert", "above", "below", "say", "keys", "lower", "rail", "bar")
_COMMANDS_IN_FIGURES = frozenset({EntryMode.AMOUNT, EntryMode.NUMBER, EntryMode.NOTHING})


class FrameScreen(Screen[None], inherit_bindings=False):
    """A screen of the counter. Subclasses give ``view`` and the handlers of the keys they use."""

    AUTO_FOCUS = "EntryLine"
    ALLOW_SELECT = False
    TOPIC: ClassVar[str] = ""
    """Which help text F1 shows."""
    TAKES_SCANS: ClassVar[bool] = True
    TAKES_FUNCTION_KEYS: ClassVar[bool] = True
    DEFAULT_CSS = """
    FrameScreen {
        layout: vertical; overflow: hidden hidden; scrollbar-size: 0 0;
        #state { background: $primary; color: $text; }
        #bar { background: $primary; color: $text; dock: bottom; }
        #say { text-style: bold; }
        #middle { height: 1fr; layout: horizontal; overflow: hidden hidden; scrollbar-size: 0 0; }
        #core { width: 80; height: 100%; layout: vertical; overflow: hidden hidden; scrollbar-size: 0 0; }
        #lower { height: 1fr; }
        #rail { width: 1fr; height: 100%; display: none; }
        &.-wide-counter #rail { display: block; }
    }
    """

    def __init__(self, desk: Desk) -> None:
        """Show the desk's station."""
        super().__init__()
        self.desk = desk
        self.entry = EntryLine(id="entry")
        self.sentence = ""
        self.fault = ""
        self._busy = False
        self._areas = {name: LinesArea(id=name) for name in _AREAS}
        self._burst = Burst()
        self._before_burst = ""
        self._deferred: Callable[[], None] | None = None
        self._defer_timer: Timer | None = None

    @property
    def busy(self) -> bool:
        """Whether something that was asked for is under way: keys are ignored, codes of the serial scanner wait."""
        return self._busy

    @busy.setter
    def busy(self, busy: bool) -> None:
        if self._busy and not busy:
            self.post_message(CodesWanted())
        self._busy = busy

    def view(self) -> View:
        """Say what to show now."""
        raise NotImplementedError

    def entry_mode(self) -> EntryMode:
        """Say what the input line takes now."""
        return EntryMode.NOTHING

    def entered(self, text: str) -> None:
        """Act on Enter; ``text`` is the input line."""

    def plus(self) -> None:
        """Act on ``+``."""

    def minus(self) -> None:
        """Act on ``-``."""

    def picked_line(self, line: int) -> None:
        """Act on ``*n``."""
        self.refuse(TEXT("no_such_line", line=line))

    def edited(self) -> None:
        """Act on a changed input line."""

    def arrow(self, key: str) -> None:
        """Act on a cursor key (``up``, ``down``, ``pageup``, ``pagedown``)."""

    def typed(self, character: str) -> None:
        """Act on a character that the input line does not take."""
        del character
        if not self._burst.by_machine:
            self.defer(lambda: self.refuse(TEXT("key_unused")))

    def escaped(self) -> None:
        """Leave; nothing that was recorded changes."""
        self.post_message(ScreenLeft())

    def scanned(self, text: str) -> None:
        """Take a scanned code; the app routes it home."""
        self.post_message(Scanned(text))

    def park(self) -> bool:
        """Put the job aside, to be opened again from home; tells whether there was one that can be."""
        return False

    def may_leave_while_busy(self) -> bool:
        """Tell whether Esc may leave the screen although something is under way; it never cancels."""
        return False

    def compose(self) -> ComposeResult:
        """Lay out the fixed rows."""
        yield self._areas["state"]
        yield self._areas["alert"]
        with Container(id="middle"):
            with Container(id="core"):
                yield self._areas["above"]
                yield self.entry
                for name in ("below", "say", "keys", "lower"):
                    yield self._areas[name]
            yield self._areas["rail"]
        yield self._areas["bar"]

    def on_mount(self) -> None:
        """Show the first picture."""
        self.repaint()

    def on_screen_resume(self) -> None:
        """Show the newest state when the screen comes back to the top."""
        self.repaint()

    def on_resize(self) -> None:
        """Show or hide the rail."""
        self.repaint()

    def refuse(self, sentence: str) -> None:
        """Say in one sentence why nothing was done."""
        self.sentence = sentence
        ring_refused(self)
        self.repaint()

    def note(self, sentence: str) -> None:
        """Say one sentence that is no refusal."""
        self.sentence = sentence
        self.repaint()

    def repaint(self) -> None:
        """Put the view into the frame."""
        if not self.is_mounted:
            return
        columns, rows = self.size
        wide = columns >= WIDE_COLUMNS
        self.set_class(wide, "-wide-counter")
        state, view = self.desk.state(), self.view()
        now = self.desk.now()
        self._areas["state"].show([Line(state_line(state, now, columns), Tone.STRONG)])
        small = columns < CORE_COLUMNS or rows < FRAME_ROWS
        alert = TEXT("too_small", columns=columns, rows=rows) if small else self.fault or alert_line(self.desk)
        self._areas["alert"].show([Line(alert, Tone.ALERT)])
        self._show_core(view)
        title = Line(" " + TEXT("timeline" if view.recorded else "draft"), Tone.QUIET)
        lower = (rule(), title, *view.timeline) if view.timeline else ()
        self._areas["lower"].show(lower)
        if wide:
            rail = rail_lines(state, now, view.rail, rows - 3)
            self._areas["rail"].show([Line(" | " + line.text, line.tone) for line in rail])
        self._areas["bar"].show([Line(function_bar() if self.TAKES_FUNCTION_KEYS else "", Tone.STRONG)])

    def alert(self, sentence: str) -> None:
        """Put a sentence into the alert row, without reading anything else; it stands until the next picture."""
        if self.is_mounted:
            self._areas["alert"].show([Line(sentence, Tone.ALERT)])

    def _show_core(self, view: View) -> None:
        above = self._areas["above"]
        above.styles.height = len(view.above)
        above.show(view.above)
        self.entry.ask(view.prompt, self.entry_mode())
        below = self._areas["below"]
        rows = WORK_ROWS - len(view.above) - 1
        below.styles.height = rows
        said = Line(" " + TEXT("working") if self.busy and not self.sentence else " " + self.sentence, Tone.ALERT)
        below.show(fill((said if said.text.strip() else BLANK, *view.below), rows))
        say = TEXT("say", phrase=view.say) if view.say else TEXT("idle")
        self._areas["say"].show([Line(say, Tone.STRONG)])
        name = self.desk.operator.name if self.desk.operator else ""
        keys = TEXT("operator", name=name, keys=view.keys) if name else TEXT("nobody", keys=view.keys)
        self._areas["keys"].show([Line(keys)])

    def on_key(self, event: events.Key) -> None:
        """Read one key: scan, command, function key or text."""
        self.desk.touched_at = self.desk.now()
        event.stop()
        event.prevent_default()
        if event.key == "enter":
            self._enter(event.time)
            return
        action = action_of_key(event.key)
        if action is not None:
            self._flush()
            self._function(action)
            return
        begins = self._burst.feed(event.key, event.character, event.time)
        if begins:
            self._flush()
            self._before_burst = self.entry.text
        else:
            self._drop_deferred()
        if event.key == "escape":
            self.defer(self._escape)
        elif event.key in {"up", "down", "pageup", "pagedown"}:
            if not self.busy:
                self.arrow(event.key)
        elif event.key == "backspace":
            self._edit(self.entry.text[:-1])
        elif event.character is not None and event.character.isprintable():
            self._character(event.character)

    def _enter(self, at_s: float) -> None:
        scan = self._burst.end(at_s) if self.TAKES_SCANS else None
        if scan is not None:
            self._drop_deferred()
            self.entry.put(self._before_burst)
            self._take_scan(scan)
            return
        self._flush()
        if self.busy:
            return
        text = self.entry.text
        kept, command = ("", "") if self.entry.mode is EntryMode.HIDDEN else split_command(text)
        if not command:
            self.sentence = ""
            self.entered(text)
            return
        self.entry.put(kept)
        action = function_asked(command, entered=True)
        if action is None:
            self.refuse(TEXT("key_unused"))
        else:
            self._function(action)

    def take_code(self, code: ScannedCode) -> None:
        """Take a code of the serial scanner; what is typed stays as it is."""
        if not self.TAKES_SCANS:
            self.refuse(TEXT("scan_locked"))
        elif not code.readable:
            self.refuse(TEXT("scan_unreadable"))
        else:
            self.scanned(code.text)

    def _take_scan(self, scan: Scan) -> None:
        if not scan.readable:
            self.refuse(TEXT("scan_unreadable"))
        else:
            self.scanned(scan.text)

    def _function(self, action: Action) -> None:
        if self.TAKES_FUNCTION_KEYS and (not self.busy or self.may_leave_while_busy()):
            self.post_message(ActionAsked(action))

    def _escape(self) -> None:
        if self.busy and not self.may_leave_while_busy():
            return
        if self.entry.text and self.entry.mode is not EntryMode.NOTHING:
            self.sentence = ""
            self._edit("")
            return
        self.escaped()

    def _character(self, character: str) -> None:
        if self.busy:
            return
        text, mode = self.entry.text, self.entry_mode()
        if character in "+-" and mode is not EntryMode.HIDDEN and (not text or mode in _COMMANDS_IN_FIGURES):
            if not self._burst.by_machine:
                self.defer(self.plus if character == "+" else self.minus)
        elif takes(mode, text, character):
            self._edit(text + character)
            if mode is not EntryMode.HIDDEN:
                self._offer_command(self.entry.text)
        else:
            self.typed(character)

    def _offer_command(self, text: str) -> None:
        kept, command = split_command(text)
        line = picked(command)
        action = function_asked(command, entered=False)
        if line is not None:
            self.defer(lambda: self._pick(kept, line))
        elif action is not None:
            self.defer(lambda: self._numpad(kept, action))

    def _pick(self, kept: str, line: int) -> None:
        self.entry.put(kept)
        self.sentence = ""
        self.picked_line(line)

    def _numpad(self, kept: str, action: Action) -> None:
        self.entry.put(kept)
        self._function(action)

    def _edit(self, text: str) -> None:
        if self.busy:
            return
        self.entry.put(text)
        if self.entry.mode is EntryMode.HIDDEN or not split_command(text)[1]:
            self.edited()

    def defer(self, act: Callable[[], None]) -> None:
        """Act after a moment, unless another key follows as only a scanner's would."""
        self._drop_deferred()
        self._deferred = act
        self._defer_timer = self.set_timer(DEFER_S, self._flush)

    def _flush(self) -> None:
        act, self._deferred = self._deferred, None
        if self._defer_timer is not None:
            self._defer_timer.stop()
            self._defer_timer = None
        if act is not None:
            act()

    def _drop_deferred(self) -> None:
        self._deferred = None

    def on_paste(self, event: events.Paste) -> None:
        """Take pasted text: with its own line end it is a scan, else it is typed text; it never acts."""
        event.stop()
        event.prevent_default()
        if self.busy:
            return
        if self.TAKES_SCANS and event.text.endswith(("\r", "\n")):
            self._take_scan(read_scan(event.text))
            return
        mode = self.entry_mode()
        for character in event.text[:1024].splitlines()[0] if event.text.strip() else "":
            if takes(mode, self.entry.text, character) and (mode is EntryMode.HIDDEN or character not in "/*"):
                self.entry.put(self.entry.text + character)
        self.edited()
