"""What became of a payment, and the one thing the operator may still do about it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from station_pos.commands.orders import Command, ResubmitPayment, ReturnCash
from station_pos.commands.outcome import Accepted, Outcome
from station_pos.tui.command_line import EntryMode
from station_pos.tui.messages import HomeAsked, PaymentTaken, ScreenLeft
from station_pos.tui.presenters.faults import failed_words, read_fault
from station_pos.tui.presenters.result import Verdict, result_view, verdict_of
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.widgets.bells import ring_done, ring_refused, ring_unknown
from station_pos.tui.widgets.frame import FrameScreen
from station_pos.tui.widgets.keyed_screen import SETTLE_S

if TYPE_CHECKING:
    from concurrent.futures import Future

    from station_journal.payment import Payment
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

_TICK_S = 1.0
_MONEY_BACK = frozenset({Verdict.DECLINED, Verdict.REVERSED})
_NEXT = frozenset({Verdict.PAID, Verdict.PAID_OFFLINE})
_BELLS = {
    Verdict.PAID: ring_done,
    Verdict.PAID_OFFLINE: ring_done,
    Verdict.RETURNED: ring_done,
    Verdict.UNKNOWN: ring_unknown,
    Verdict.DECLINED: ring_refused,
}


class ResultScreen(FrameScreen, inherit_bindings=False):
    """Follows one payment from the moment it is recorded, or opens it again from a list.

    Once the money is in flight no key changes that: Esc only leaves the screen.
    """

    TOPIC: ClassVar[str] = "result"

    @dataclass
    class Submitted(Message):
        """The register decided."""

        outcome: Outcome

    @dataclass
    class Failed(Message):
        """Something behind the counter failed; the sentence says what."""

        reason: str

    def __init__(self, desk: Desk, payment: Payment, *, fresh: bool) -> None:
        """Show a payment; ``fresh`` if it was recorded just now and its answer is being waited for."""
        super().__init__(desk)
        self.payment = payment
        self._opened_at = desk.now()
        self._verdict = verdict_of(payment, time_up=not fresh)
        self._fresh = fresh
        self._ahead = ""

    def on_mount(self) -> None:
        """Start the clock of the wait, and ring for what is known already."""
        self._seen()
        if self._fresh:
            self._announce()
        self.set_interval(_TICK_S, self._tick)
        self.repaint()

    def picture(self) -> object:
        """Every step asks something else."""
        return self._verdict

    def view(self) -> View:
        """Show the verdict."""
        elapsed_s = max(0, int((self.desk.now() - self._opened_at).total_seconds()))
        return result_view(self.desk, self.payment, self._verdict, elapsed_s)

    def entry_mode(self) -> EntryMode:
        """Take the next customer's number once this one is served."""
        return EntryMode.NOTHING

    def is_over(self) -> bool:
        """The customer is served: what is left asks nothing of anybody."""
        return self._verdict in _NEXT or self._verdict is Verdict.RETURNED

    def may_leave_while_busy(self) -> bool:
        """Esc leaves a wait; it never cancels one."""
        return self._verdict is Verdict.WAITING

    def moved(self, payment: Payment, *, time_up: bool) -> None:
        """Show where the payment stands now."""
        self.payment = payment
        verdict = verdict_of(payment, time_up=time_up)
        if verdict is not self._verdict:
            self._verdict = verdict
            self._seen()
            self._announce()
        self.repaint()

    def _seen(self) -> None:
        """What is on the screen now is known at the counter: no draft of it is needed after a cut."""
        if self._verdict is not Verdict.WAITING:
            self.desk.counter.kept_jobs.seen(self.payment.seq)

    def _announce(self) -> None:
        """Ring, and ignore keys that were pressed before anybody could have seen this."""
        self.busy = self._verdict is Verdict.WAITING
        self.settle_s = SETTLE_S
        ring = _BELLS.get(self._verdict)
        if ring is not None:
            ring(self)

    def _tick(self) -> None:
        try:
            self._look()
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, it looks again in a second
            self.fault = read_fault(error)
            self.alert(self.fault)

    def _look(self) -> None:
        now = self.desk.counter.payment(self.payment.seq)
        self.fault = ""
        if now is not None and now != self.payment:
            self.moved(now, time_up=self._verdict is Verdict.UNKNOWN)
        elif self._verdict is Verdict.WAITING:
            self.repaint()

    def entered(self, text: str) -> None:
        """Confirm that the cash is back, or go on to the next customer."""
        del text
        if not self.was_seen():
            return
        if self._verdict in _MONEY_BACK:
            self._submit(ReturnCash(self.desk.operator_no, self.payment.seq))
        elif self._verdict in _NEXT:
            self.post_message(HomeAsked())
        else:
            self.post_message(ScreenLeft())

    def picked_line(self, line: int) -> None:
        """Send a declined payment once more."""
        if line == 1 and self._verdict is Verdict.DECLINED:
            operation_no = self.desk.counter.open_operation()
            self._submit(ResubmitPayment(self.desk.operator_no, operation_no, self.payment.seq))
        else:
            super().picked_line(line)

    def typed(self, character: str) -> None:
        """Take the first key of the next customer home."""
        if self._verdict in _NEXT:
            self._ahead += character
            self.defer(self._go_home)
        else:
            super().typed(character)

    def scanned(self, text: str) -> None:
        """Take a scan home; its characters were no typing."""
        self._ahead = ""
        super().scanned(text)

    def _go_home(self) -> None:
        ahead, self._ahead = self._ahead, ""
        self.post_message(HomeAsked(ahead))

    def _submit(self, order: Command) -> None:
        if not self.may_commit():
            return
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

    def on_result_screen_submitted(self, message: ResultScreen.Submitted) -> None:
        """Show what the register made of it."""
        self.busy = False
        outcome = message.outcome
        if not isinstance(outcome, Accepted):
            self.refuse(refused(outcome))
            return
        payment = outcome.payment
        self.desk.refresh()
        if payment is not None and payment.seq != self.payment.seq:
            self.post_message(PaymentTaken(payment))
        else:
            self.moved(self.desk.counter.payment(self.payment.seq) or self.payment, time_up=True)

    def on_result_screen_failed(self, message: ResultScreen.Failed) -> None:
        """Say what failed."""
        self.busy = False
        self.refuse(SENTENCES("fault", reason=message.reason))
