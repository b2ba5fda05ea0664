"""A screen that hands commands to the register and lets people sign: the waiting, and what comes back, in one place."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from station_pos.commands.outcome import Accepted, Outcome, Refusal
from station_pos.counter import ScannedCode
from station_pos.tui.messages import ClockAsked
from station_pos.tui.presenters.faults import failed_words
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from station_pos.commands.orders import Command
    from station_pos.tui.command_line import Scan


class WorkScreen(FrameScreen, inherit_bindings=False):
    """Subclasses call ``submit`` and ``sign``, and say in ``done`` and ``signed`` what comes of it."""

    @dataclass
    class Submitted(Message):
        """The register decided."""

        order: Command
        outcome: Outcome

    @dataclass
    class Signed(Message):
        """A PIN was tried."""

        right: bool

    @dataclass
    class Failed(Message):
        """Something behind the counter failed; the sentence says what."""

        reason: str

    def done(self, order: Command, accepted: Accepted) -> None:
        """Act on a command that took effect."""

    def not_done(self, order: Command) -> None:
        """Act on a command that was refused; its sentence is on the screen already."""

    def signed(self) -> None:
        """Act on a right PIN."""

    def submit(self, order: Command) -> None:
        """Hand what a key or a code asks for to the register once; keys are ignored until it has decided."""
        if self.may_commit():
            self.carry_on(order)

    def carry_on(self, order: Command) -> None:
        """Hand over what a signature, or an order before it, has decided already."""
        self.busy = True
        self.sentence = ""
        future = self.desk.counter.submit(order)
        self.run_worker(self._await_outcome(order, future), group="submit", exit_on_error=False)

    def _take_scan(self, scan: Scan) -> None:
        # A code scanned while the register is at work waits its turn, as those of the serial scanner do.
        if self.busy:
            self.desk.codes.append(ScannedCode(scan.text, readable=scan.readable))
            self.note(SENTENCES("scan_waits", code=scan.text[:32]))
        else:
            super()._take_scan(scan)

    async def _await_outcome(self, order: Command, future: Future[Outcome]) -> None:
        try:
            outcome = await asyncio.wrap_future(future)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Submitted(order, outcome))

    def sign(self, check: Callable[[], bool]) -> None:
        """Check a PIN in the background: it takes its time on purpose."""
        self.busy = True
        self.entry.put("")
        self.run_worker(self._check(check), group="trial", exit_on_error=False)

    async def _check(self, check: Callable[[], bool]) -> None:
        try:
            right = await asyncio.to_thread(check)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Signed(right))

    def on_work_screen_submitted(self, message: WorkScreen.Submitted) -> None:
        """Go on, or say why nothing was done."""
        self.busy = False
        self.desk.refresh()
        if isinstance(message.outcome, Accepted):
            self.done(message.order, message.outcome)
            return
        self.not_done(message.order)
        self.refuse(refused(message.outcome))
        if message.outcome.reason is Refusal.CLOCK_TO_CONFIRM:
            self.post_message(ClockAsked())

    def on_work_screen_signed(self, message: WorkScreen.Signed) -> None:
        """Go on, or say that the PIN was wrong."""
        self.busy = False
        if message.right:
            self.signed()
        else:
            self.refuse(SENTENCES("pin_wrong"))

    def on_work_screen_failed(self, message: WorkScreen.Failed) -> None:
        """Say what failed; nothing is half-done, asking again is safe."""
        self.busy = False
        self.refuse(SENTENCES("fault", reason=message.reason))
