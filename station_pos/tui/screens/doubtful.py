"""看纸: nobody but the operator can tell whether a paper came out; the answer is recorded, a missing one is copied."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from station_journal.money import format_yuan
from station_pos.text import Catalogue
from station_pos.tui.messages import ScreenLeft
from station_pos.tui.presenters.faults import failed_words
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, rule
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.presenters.state_rows import clock
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from station_pos.counter import DoubtfulPrint
    from station_pos.tui.desk import Desk

_CAME_OUT, _MISSING = 1, 2
TEXT = Catalogue(
    {
        "title": (" 看一眼纸", " Look at the paper"),
        "which": ("   {time}   {title}   {sum}", "   {time}   {title}   {sum}"),
        "why": (
            "   打印到一半时断了, 机器不知道这张纸出来没有。钱和账都没有问题",
            "   Printing was cut off; only you can see if the paper came. The money is right",
        ),
        "one": ("   1   完整地出来了", "   1   It came out whole"),
        "two": (
            "   2   没出来, 或只出来一半: 补打一张, 纸上标明 补打",
            "   2   Missing or cut off: print one more, marked as a copy",
        ),
        "ask": ("   按 1 或 2  > ", "   Press 1 or 2  > "),
        "keys": ("1 出来了   2 没出来   Esc 以后再说", "1 came out   2 missing   Esc later"),
    }
)


class DoubtfulScreen(FrameScreen, inherit_bindings=False):
    """Asks one question with two answers."""

    TOPIC: ClassVar[str] = "doubtful"

    @dataclass
    class Settled(Message):
        """The answer was recorded, unless there is a problem; that is one sentence."""

        problem: str

    def __init__(self, desk: Desk, doubtful: DoubtfulPrint) -> None:
        """Ask about one paper."""
        super().__init__(desk)
        self._doubtful = doubtful

    def view(self) -> View:
        """Show which paper, and the two answers."""
        job = self._doubtful
        figures = {
            "time": clock(job.queued_at),
            "title": job.title,
            "sum": format_yuan(job.amount_fen) if job.amount_fen else "",
        }
        return View(
            above=(
                Line(TEXT("title"), Tone.STRONG),
                rule(),
                BLANK,
                Line(TEXT("which", **figures), Tone.STRONG),
                BLANK,
                Line(TEXT("why")),
                BLANK,
                Line(TEXT("one")),
                Line(TEXT("two")),
                BLANK,
            ),
            prompt=TEXT("ask"),
            below=(),
            keys=TEXT("keys"),
        )

    def typed(self, character: str) -> None:
        """Take the answer; a scanner's digits are none."""
        if character in {str(_CAME_OUT), str(_MISSING)}:
            self.defer(lambda: self._answer(came_out=character == str(_CAME_OUT)))
        else:
            super().typed(character)

    def picked_line(self, line: int) -> None:
        """Take the answer by its line."""
        if line in {_CAME_OUT, _MISSING}:
            self._answer(came_out=line == _CAME_OUT)
        else:
            super().picked_line(line)

    def _answer(self, *, came_out: bool) -> None:
        if self.may_commit():
            self.busy = True
            self.run_worker(self._settle(came_out=came_out), group="submit", exit_on_error=False)

    async def _settle(self, *, came_out: bool) -> None:
        settle, job_no = self.desk.counter.settle_doubtful, self._doubtful.job_no
        try:
            said = await asyncio.to_thread(settle, job_no, came_out=came_out, operator_no=self.desk.operator_no)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Settled(SENTENCES("fault", reason=failed_words(error))))
        else:
            self.post_message(self.Settled("" if said is None else refused(said)))

    def on_doubtful_screen_settled(self, message: DoubtfulScreen.Settled) -> None:
        """Leave when it is recorded, or say why not; the paper then stays on the list."""
        self.busy = False
        if message.problem:
            self.refuse(message.problem)
        else:
            self.desk.refresh()
            self.post_message(ScreenLeft())
