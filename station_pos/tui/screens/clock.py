"""核对日期: the machine's date is more than a day ahead of HQ's last time; the operator says whether it is right."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from station_pos.commands.orders import ConfirmClock
from station_pos.commands.outcome import Accepted, Outcome
from station_pos.text import Catalogue
from station_pos.tui.messages import ScreenLeft
from station_pos.tui.presenters.faults import failed_words
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, rule
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.presenters.state_rows import local
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from concurrent.futures import Future

    from station_pos.tui.desk import Desk

_RIGHT, _WRONG = "1", "2"
TEXT = Catalogue(
    {
        "title": (" 核对日期", " Check the date"),
        "shows": ("   机器上的日期是  {day}", "   The machine's date is  {day}"),
        "why": (
            "   比总部最后一次的时间快了一天以上。日期错了, 账会记到别的日子",
            "   That is over a day ahead of HQ's last time; a wrong date books on a wrong day",
        ),
        "one": ("   1   对, 今天就是这一天 (记在您名下)", "   1   Right, that is today (recorded under your name)"),
        "two": ("   2   不对: 先把机器的日期改对, 再收款", "   2   Wrong: set the machine's date first, then sell"),
        "ask": ("   按 1 或 2  > ", "   Press 1 or 2  > "),
        "keys": ("1 对   2 不对   Esc 以后再说", "1 right   2 wrong   Esc later"),
    }
)


class ClockScreen(FrameScreen, inherit_bindings=False):
    """Asks one question with two answers."""

    TOPIC: ClassVar[str] = "clock"

    @dataclass
    class Submitted(Message):
        """The register decided."""

        outcome: Outcome

    @dataclass
    class Failed(Message):
        """Something behind the counter failed; the sentence says what."""

        reason: str

    def __init__(self, desk: Desk) -> None:
        """Ask about the date as it is now."""
        super().__init__(desk)
        self._day = local(desk.now()).date()

    def view(self) -> View:
        """Show the date and the two answers."""
        day = Line(TEXT("shows", day=f"{self._day:%Y-%m-%d}"), Tone.STRONG)
        rows = (BLANK, day, BLANK, Line(TEXT("why")), BLANK, Line(TEXT("one")), Line(TEXT("two")), BLANK)
        above = (Line(TEXT("title"), Tone.STRONG), rule(), *rows)
        return View(above=above, prompt=TEXT("ask"), below=(), keys=TEXT("keys"))

    def typed(self, character: str) -> None:
        """Take the answer; a scanner's digits are none."""
        if character in {_RIGHT, _WRONG}:
            self.defer(lambda: self._answer(right=character == _RIGHT))
        else:
            super().typed(character)

    def _answer(self, *, right: bool) -> None:
        if not right:
            self.post_message(ScreenLeft())
        elif self.may_commit():
            self.busy = True
            future = self.desk.counter.submit(ConfirmClock(self.desk.operator_no, self._day))
            self.run_worker(self._await_outcome(future), group="submit", exit_on_error=False)

    async def _await_outcome(self, future: Future[Outcome]) -> None:
        try:
            outcome = await asyncio.wrap_future(future)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Submitted(outcome))

    def on_clock_screen_submitted(self, message: ClockScreen.Submitted) -> None:
        """Go back to the sale, or say why the date was not taken."""
        self.busy = False
        if isinstance(message.outcome, Accepted):
            self.post_message(ScreenLeft())
        else:
            self.refuse(refused(message.outcome))

    def on_clock_screen_failed(self, message: ClockScreen.Failed) -> None:
        """Say what failed."""
        self.busy = False
        self.refuse(SENTENCES("fault", reason=message.reason))
