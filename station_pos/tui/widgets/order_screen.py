"""A screen that hands orders to the register: keys are ignored from the order to its outcome, so none acts twice."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from station_pos.tui.presenters.faults import failed_words
from station_pos.tui.presenters.sentences import TEXT
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from concurrent.futures import Future

    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Outcome
    from station_pos.counter import OperatorRow


class OrderScreen(FrameScreen, inherit_bindings=False):
    """Subclasses call ``submit`` and ``try_pin``, and act in ``decided`` and ``pin_tried``."""

    @dataclass
    class Submitted(Message):
        """The register decided."""

        outcome: Outcome

    @dataclass
    class Tried(Message):
        """A PIN was tried."""

        operator: OperatorRow | None

    @dataclass
    class Failed(Message):
        """Something behind the counter failed; the sentence says what."""

        reason: str

    def decided(self, outcome: Outcome) -> None:
        """Act on what the register made of an order."""

    def pin_tried(self, operator: OperatorRow | None) -> None:
        """Act on a PIN that was tried; None if it was wrong."""

    def submit(self, order: Command) -> None:
        """Hand what a key or a code asks for to the register once; keys are ignored until it has decided."""
        if self.may_commit():
            self.carry_on(order)

    def carry_on(self, order: Command) -> None:
        """Hand over what a signature has decided already."""
        self.busy = True
        self.sentence = ""
        future = self.desk.counter.submit(order)
        self.run_worker(self._await_outcome(future), group="submit", exit_on_error=False)

    async def _await_outcome(self, future: Future[Outcome]) -> None:
        try:
            outcome = await asyncio.wrap_future(future)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Submitted(outcome))

    def try_pin(self, pin: str) -> None:
        """Try the PIN of the operator who serves."""
        self.busy = True
        self.entry.put("")
        self.run_worker(self._try(pin), group="trial", exit_on_error=False)

    async def _try(self, pin: str) -> None:
        try:
            operator = await asyncio.to_thread(self.desk.counter.sign_in, self.desk.operator_no, pin)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Tried(operator))

    def on_order_screen_submitted(self, message: OrderScreen.Submitted) -> None:
        """Take keys again, and act."""
        self.busy = False
        self.desk.refresh()
        self.decided(message.outcome)

    def on_order_screen_tried(self, message: OrderScreen.Tried) -> None:
        """Take keys again, and act."""
        self.busy = False
        if message.operator is None:
            self.refuse(TEXT("pin_wrong"))
        self.pin_tried(message.operator)

    def on_order_screen_failed(self, message: OrderScreen.Failed) -> None:
        """Say what failed; nothing is half done, and the same key tries again."""
        self.busy = False
        self.refuse(TEXT("fault", reason=message.reason))
