"""How a screen hears: keys told apart from scans, numpad commands, function keys, and typing into the one line.

A screen says what its keys mean by the handlers that it overrides; how the answer looks is the frame's.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from station_pos.tui.actions import Action, action_of_key
from station_pos.tui.command_line import Burst, EntryMode, Scan, function_asked, picked, read_scan, split_command, takes
from station_pos.tui.messages import ActionAsked, CodesWanted, LookChanged, Scanned, ScreenLeft
from station_pos.tui.presenters.sentences import TEXT
from station_pos.tui.widgets.standing_screen import StandingScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events
    from textual.timer import Timer

    from station_pos.counter import ScannedCode
    from station_pos.tui.desk import Desk

SHOW_WORKING_S = 0.1
"""What takes longer than this says so."""
SETTLE_S = 0.3
"""A picture that came by itself takes no commitment before so long: the key may have been on its way already."""
DEFER_S = 0.035
"""A command key waits this long, so that the first characters of a scan never act as one."""
_COMMANDS_IN_FIGURES = frozenset({EntryMode.AMOUNT, EntryMode.NUMBER, EntryMode.NOTHING})


class KeyedScreen(StandingScreen, inherit_bindings=False):
    """Reads keys for the screen above it, and keeps the desk's one input line."""

    TOPIC: ClassVar[str] = ""
    """Which help text F1 shows."""
    TAKES_SCANS: ClassVar[bool] = True
    TAKES_FUNCTION_KEYS: ClassVar[bool] = True

    @dataclass
    class Due(Message):
        """A key that waited whether a scan follows has waited long enough."""

        act: Callable[[], None]

    def __init__(self, desk: Desk) -> None:
        """Hear keys at a desk."""
        super().__init__(desk)
        self.sentence = ""
        self._busy = False
        self._burst = Burst()
        self._before_burst = ""
        self._deferred: Callable[[], None] | None = None
        self._deferred_key = (False, inf)
        self._defer_timer: Timer | None = None
        self._drawn_s = inf
        self.settle_s = 0.0

    @abstractmethod
    def refuse(self, sentence: str) -> None:
        """Say in one sentence why nothing was done."""

    @abstractmethod
    def note(self, sentence: str) -> None:
        """Say one sentence that is no refusal."""

    @property
    def busy(self) -> bool:
        """Whether something that was asked for is under way: keys are ignored, codes of the serial scanner wait."""
        return self._busy

    @busy.setter
    def busy(self, busy: bool) -> None:
        if self._busy and not busy:
            self.post_message(CodesWanted())
        if busy and not self._busy:
            self.set_timer(SHOW_WORKING_S, self.repaint)
        self._busy = busy

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

    def picture(self) -> object:
        """Name what is asked now; where that changes, a key pressed before it was drawn commits nothing."""
        return None

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

    def is_over(self) -> bool:
        """Tell whether the job of this screen is done, so that it need not be come back to."""
        return False

    def may_leave_while_busy(self) -> bool:
        """Tell whether Esc may leave the screen although something is under way; it never cancels."""
        return False

    def on_key(self, event: events.Key) -> None:
        """Read one key: scan, command, function key or text."""
        self.desk.pressed(event.key, event.time)
        event.stop()
        event.prevent_default()
        self._key_read(event)

    def _key_read(self, event: events.Key) -> None:
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

    def key_held(self) -> bool:
        """Tell, and say on the screen, that the key was held down: what was asked for once is done once."""
        if self.desk.key_held:
            self.note(TEXT("key_held"))
        return self.desk.key_held

    def picture_changed(self) -> None:
        """Note that another question is being put on the screen: it counts as seen once it is drawn."""
        self._drawn_s = inf
        # As call_after_refresh does, but of this screen whichever is on top by then.
        self.call_later(self._invoke_later, self._drawn, self)

    def _drawn(self) -> None:
        self._drawn_s = monotonic()

    def was_seen(self) -> bool:
        """Tell whether the key acted on was pressed at the picture shown, after its dead time; a code always acts."""
        pressed_s = self.desk.pressed_s
        return pressed_s == inf or min(pressed_s, monotonic()) >= self._drawn_s + self.settle_s

    def may_commit(self) -> bool:
        """Tell whether the key acted on may put something on record, and say on the screen why it may not.

        It may not while something is under way, where it was held down, and where it was pressed before what it would
        commit could be seen.
        """
        if self.busy:
            return False
        if not self.was_seen():
            self.note(TEXT("key_early"))
            return False
        return not self.key_held()

    def take_code(self, code: ScannedCode) -> bool:
        """Take a code of the serial scanner; what is typed stays as it is. False where the books could not be read."""
        self.desk.scanned()
        if not self.TAKES_SCANS:
            self.refuse(TEXT("scan_locked"))
        elif not code.readable:
            self.refuse(TEXT("scan_unreadable"))
        else:
            return self.kept_up(lambda: self.scanned(code.text))
        return True

    def _take_scan(self, scan: Scan) -> None:
        self.desk.scanned()
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
        text, mode = "" if self.entry.selected else self.entry.text, self.entry_mode()
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
        if line:
            self.picked_line(line)
        else:
            self.post_message(LookChanged(big_text=True))

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
        self._deferred_key = self.desk.key_held, self.desk.pressed_s
        self._defer_timer = self.set_timer(DEFER_S, self._due)

    def _due(self) -> None:
        """Act behind every key that came meanwhile, on the way that keys take: a stalled counter reads a scan late."""
        if self._deferred is not None:
            self.app.call_later(self.entry.post_message, self.Due(self._deferred))

    def on_keyed_screen_due(self, message: KeyedScreen.Due) -> None:
        """Act, unless a key came meanwhile that made a scan of it."""
        message.stop()
        if self._deferred is message.act:
            self._flush()

    def _flush(self) -> None:
        act, self._deferred = self._deferred, None
        if self._defer_timer is not None:
            self._defer_timer.stop()
            self._defer_timer = None
        if act is not None:
            # What was deferred was pressed before the key that is read now.
            self.desk.key_held, self.desk.pressed_s = self._deferred_key
            self.kept_up(act)

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
