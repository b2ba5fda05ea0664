"""Waits for billers' answers that go on whatever screen is shown, and rings when one comes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from station_journal.payment import PaymentStatus
from station_pos.tui.messages import PaymentMoved
from station_pos.tui.widgets.bells import bell_step, ring_verdict, ring_withdrawal

if TYPE_CHECKING:
    from textual.app import App

    from station_journal.payment import Payment
    from station_pos.tui.desk import Desk


class AnswerWaits:
    """Knows the payments without a result; a screen may come and go meanwhile."""

    def __init__(self, app: App[None], desk: Desk) -> None:
        """Wait for nothing yet."""
        self._app = app
        self._desk = desk
        self._unknown: set[int] = set()

    def begin(self, payment: Payment) -> None:
        """Wait for the answer to a payment that was recorded just now."""
        self._app.run_worker(self._wait(payment), exit_on_error=False)

    async def _wait(self, payment: Payment) -> None:
        try:
            future = self._desk.counter.await_answer(payment.seq, self._desk.answer_wait_s)
            payment = await asyncio.wrap_future(future)
        finally:
            # A wait that broke off knows as little as one that timed out.
            self._app.post_message(PaymentMoved(payment))

    def keep(self, payment: Payment) -> None:
        """Go on looking at a payment whose result is unknown."""
        if payment.status is PaymentStatus.HELD and not payment.offline:
            self._unknown.add(payment.seq)

    def recall(self) -> None:
        """Look at all payments without a result again, as after a restart."""
        for case in self._desk.counter.open_cases():
            self.keep(case)
        # What the list at sign-in shows need not ring once more.
        for one in self._desk.counter.withdrawals.open_ones():
            self._desk.withdrawals_rung[one.seq] = bell_step(one)

    def _look_at_withdrawals(self) -> None:
        """Ring for each withdrawal that moved while nobody looked at it: its slip, its result."""
        service = self._desk.counter.withdrawals
        open_now = {one.seq: one for one in self._desk.state().open_withdrawals}
        rung = self._desk.withdrawals_rung
        for seq in {*rung, *open_now}:
            found = open_now.get(seq) or service.withdrawal(seq)
            step = 0 if found is None else bell_step(found)
            if found is not None and step > rung.get(seq, 0) and not self._shown(seq):
                ring_withdrawal(self._app, found)
            rung[seq] = step
            if found is None or not found.is_open:
                rung.pop(seq, None)

    def _shown(self, withdrawal_seq: int) -> bool:
        return getattr(self._app.screen, "withdrawal_seq", 0) == withdrawal_seq

    def look(self) -> None:
        """Ring for each unknown payment that has its result by now, and for withdrawals that moved."""
        self._look_at_withdrawals()
        for seq in tuple(self._unknown):
            payment = self._desk.counter.payment(seq)
            if payment is not None and payment.status is not PaymentStatus.HELD:
                self._unknown.discard(seq)
                ring_verdict(self._app, payment)
