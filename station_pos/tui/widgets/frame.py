"""The fixed frame: state, alert, 19 rows of work, the phrase to say, the operator and keys, the function-key bar.

A screen says what it shows (``view``) and what its keys mean; the frame puts every row where it always is. On a wide
terminal the same 80 columns stand with a rail beside and rows below them.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from textual.containers import Container

from station_pos.tui.actions import function_bar
from station_pos.tui.presenters.big_text import big_rows
from station_pos.tui.presenters.lines import (
    BLANK,
    CORE_COLUMNS,
    WORK_ROWS,
    Line,
    Tone,
    View,
    between,
    fill,
    rule,
    width,
)
from station_pos.tui.presenters.sentences import TEXT
from station_pos.tui.presenters.state_rows import account_words, alert_line, rail_lines, state_line
from station_pos.tui.widgets.bells import ring_refused
from station_pos.tui.widgets.keyed_screen import KeyedScreen
from station_pos.tui.widgets.lines_area import LinesArea

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from station_pos.tui.desk import Desk

FRAME_ROWS = 24
WIDE_COLUMNS = 120
SPEAK_AFTER_S = 0.8
_AREAS = ("state", "alert", "above", "below", "say", "keys", "lower", "rail", "bar")


class FrameScreen(KeyedScreen, inherit_bindings=False):
    """A screen of the counter. Subclasses give ``view`` and the handlers of the keys they use."""

    AUTO_FOCUS = "EntryLine"
    ALLOW_SELECT = False
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
        super().__init__(desk)
        self.fault = ""
        self._picture: object = None
        self.blind = False
        self._phrase = ""
        self._areas = {name: LinesArea(id=name) for name in _AREAS}

    @abstractmethod
    def view(self) -> View:
        """Say what to show now."""

    def is_blind(self) -> bool:
        """Tell whether what the drawer should hold is not to be shown: somebody counts it."""
        return self.blind

    def about_seq(self) -> int:
        """Name the record that this screen is about, 0 for none: no alert leads to what is shown already."""
        return 0

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
        """Show the newest state when the screen comes to the top."""
        self.picture_changed()
        self.repaint()

    def on_resize(self) -> None:
        """Show or hide the rail."""
        self.repaint()

    def refuse(self, sentence: str) -> None:
        """Say in one sentence why nothing was done."""
        self.sentence = sentence
        ring_refused(self)
        self.repaint()

    def refuse_typed(self, sentence: str) -> None:
        """Say why what was typed is not taken; it stays to be read, and the next character begins anew."""
        self.refuse(sentence)
        self.entry.select()

    def note(self, sentence: str) -> None:
        """Say one sentence that is no refusal."""
        self.sentence = sentence
        self.repaint()

    def repaint(self) -> None:
        """Put the view into the frame; where the books cannot be read now, the fault above what stood there."""
        if self.is_mounted:
            self.kept_up(self._paint)

    def _paint(self) -> None:
        if self._picture != (now_asked := self.picture()):
            self._picture = now_asked
            self.picture_changed()
        columns, rows = self.size
        wide = columns >= WIDE_COLUMNS
        self.set_class(wide, "-wide-counter")
        state, view = self.desk.state(), self.view()
        now = self.desk.now()
        self._areas["state"].show([Line(state_line(state, now, columns, blind=self.is_blind()), Tone.STRONG)])
        small = columns < CORE_COLUMNS or rows < FRAME_ROWS
        alert = (
            TEXT("too_small", columns=columns, rows=rows)
            if small
            else self.owed or self.fault or self.desk.fault or alert_line(self.desk, self.about_seq())
        )
        self._areas["alert"].show([Line(alert, Tone.ALERT)])
        self._show_core(view)
        title = Line(" " + TEXT("timeline" if view.recorded else "draft"), Tone.QUIET)
        lower = (rule(), title, *view.timeline) if view.timeline else view.lower
        self._areas["lower"].show(() if self.desk.big_text else lower)
        if wide:
            rail = rail_lines(state, now, view.rail, rows - 3, blind=self.is_blind())
            self._areas["rail"].show([Line(" | " + line.text, line.tone) for line in rail])
        self._areas["bar"].show([Line(function_bar() if self.TAKES_FUNCTION_KEYS else "", Tone.STRONG)])

    def alert(self, sentence: str) -> None:
        """Put a fault into the alert row, what is owed before it, without a read; it stands until the next picture."""
        if self.is_mounted:
            self._areas["alert"].show([Line(self.owed or sentence, Tone.ALERT)])

    def _show_core(self, view: View) -> None:
        above = self._areas["above"]
        above.styles.height = len(view.above)
        above.show(view.above)
        self.entry.ask(view.prompt, self.entry_mode())
        below = self._areas["below"]
        rows = WORK_ROWS - len(view.above) - 1
        below.styles.height = rows
        said = Line(" " + TEXT("working") if self.busy and not self.sentence else " " + self.sentence, Tone.ALERT)
        lines = big_rows(view.big, view.below, rows - 1) if self.desk.big_text and view.big else view.below
        below.show(fill((said if said.text.strip() else BLANK, *lines), rows))
        self._speak_soon(view.say)
        say = TEXT("say", phrase=view.say) if view.say else TEXT("idle")
        ends = self._ends_of_say(view)
        end = next((one for one in ends if width(say) + width(one) < CORE_COLUMNS), "")
        self._areas["say"].show([Line(between(say, end), Tone.STRONG)])
        name = self.desk.operator.name if self.desk.operator else ""
        keys = TEXT("operator", name=name, keys=view.keys) if name else TEXT("nobody", keys=view.keys)
        self._areas["keys"].show([Line(keys)])

    def _speak_soon(self, phrase: str) -> None:
        """Have a phrase spoken once it has stood for a moment: not each sum on the way to the one that is typed."""
        if phrase == self._phrase or self.desk.speak is None:
            return
        self._phrase = phrase
        self.set_timer(SPEAK_AFTER_S, lambda: self._speak(phrase))

    def _speak(self, phrase: str) -> None:
        if phrase and phrase == self._phrase and self.is_current and self.desk.speak is not None:
            self.desk.speak(phrase)

    def _ends_of_say(self, view: View) -> tuple[str, ...]:
        """Give what may stand at the end of the phrase's row, fullest first: the third sum, at either size."""
        big = TEXT("big_text") if view.big else ""
        state = self.desk.state()
        if state.not_computable:
            return (big,)
        account = account_words(state)
        return (f"{account}  {big}", f"{account} ") if big else (f"{account} ",)
