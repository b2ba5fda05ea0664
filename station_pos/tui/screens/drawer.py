"""开钱箱: the cash drawer without a sale. Who opened it and why is on record before it opens."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from station_journal.records import DrawerReason
from station_pos.commands.orders import OpenDrawer
from station_pos.commands.outcome import Accepted, Outcome
from station_pos.text import Catalogue
from station_pos.tui.messages import ScreenLeft
from station_pos.tui.presenters.faults import failed_words
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, rule
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from concurrent.futures import Future

    from station_pos.tui.desk import Desk

_REASONS = {str(int(reason)): reason for reason in DrawerReason}
TEXT = Catalogue(
    {
        "title": (" 不办业务开钱箱", " Open the drawer without a sale"),
        "why": (
            "   为什么开? 选了才开; 谁开的、为什么, 先记在本站账上, 总部也看得到",
            "   Why? It opens once you choose; who and why is recorded first, HQ sees it too",
        ),
        "reason_1": ("   1 换零钱", "   1 change"),
        "reason_2": ("   2 点现金", "   2 count the cash"),
        "reason_3": ("   3 其他", "   3 another reason"),
        "none": (
            "   没有接钱箱 (设定 drawer_pin), 不用记",
            "   No drawer is wired (setting drawer_pin); nothing to record",
        ),
        "ask": ("   按 1 到 3  > ", "   Press 1 to 3  > "),
        "keys": ("1 换零钱   2 点现金   3 其他   Esc 不开", "1 change   2 count   3 other   Esc keeps it shut"),
        "keys_none": ("Esc 回", "Esc goes back"),
    }
)


class DrawerScreen(FrameScreen, inherit_bindings=False):
    """Asks for a reason and opens the drawer."""

    TOPIC: ClassVar[str] = "drawer"

    @dataclass
    class Submitted(Message):
        """The register decided."""

        outcome: Outcome

    @dataclass
    class Failed(Message):
        """Something behind the counter failed; the sentence says what."""

        reason: str

    def __init__(self, desk: Desk) -> None:
        """Ask; where there is no drawer, say so."""
        super().__init__(desk)
        self._wired = desk.state().drawer_wired

    def view(self) -> View:
        """Show the reasons."""
        title = Line(TEXT("title"), Tone.STRONG)
        if not self._wired:
            return View(
                above=(title, rule(), BLANK, Line(TEXT("none"))), prompt=" > ", below=(), keys=TEXT("keys_none")
            )
        reasons = [Line(TEXT(f"reason_{number}")) for number in _REASONS]
        above = (title, rule(), BLANK, Line(TEXT("why"), Tone.STRONG), BLANK, *reasons, BLANK)
        return View(above=above, prompt=TEXT("ask"), below=(), keys=TEXT("keys"))

    def typed(self, character: str) -> None:
        """Take the reason by its digit; a scanner's digits are none."""
        if self._wired and character in _REASONS:
            self.defer(lambda: self._open(_REASONS[character]))
        else:
            super().typed(character)

    def picked_line(self, line: int) -> None:
        """Take the reason by its number."""
        if self._wired and str(line) in _REASONS:
            self._open(_REASONS[str(line)])
        else:
            super().picked_line(line)

    def _open(self, reason: DrawerReason) -> None:
        if self.may_commit():
            self.busy = True
            future = self.desk.counter.submit(OpenDrawer(self.desk.operator_no, reason))
            self.run_worker(self._await_outcome(future), group="submit", exit_on_error=False)

    async def _await_outcome(self, future: Future[Outcome]) -> None:
        try:
            outcome = await asyncio.wrap_future(future)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Submitted(outcome))

    def on_drawer_screen_submitted(self, message: DrawerScreen.Submitted) -> None:
        """Go back, or say why the drawer stays shut."""
        self.busy = False
        if isinstance(message.outcome, Accepted):
            self.post_message(ScreenLeft())
        else:
            self.refuse(refused(message.outcome))

    def on_drawer_screen_failed(self, message: DrawerScreen.Failed) -> None:
        """Say what failed."""
        self.busy = False
        self.refuse(SENTENCES("fault", reason=message.reason))
