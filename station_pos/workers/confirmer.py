"""The confirmer: waits for billers' answers on behalf of the screen, and prints the pending slip when none comes.

Nobody is told to retry and nobody has to watch: a payment that is still held when the wait is over gets its slip by the
machine, whether or not a screen is looking.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from station_journal.posting import Payment, PaymentStatus
from station_pos.commands.orders import IssuePendingSlip
from station_pos.commands.outcome import RegisterFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Outcome

_log = logging.getLogger(__name__)
_TICK_S = 1.0


class Payments(Protocol):
    """What the confirmer asks of the books."""

    def payment(self, seq: int) -> Payment | None:
        """Give a payment as it now stands."""

    def held_without_slip(self) -> tuple[Payment, ...]:
        """List payments taken online whose result is not known and that have no slip yet, oldest first."""


@dataclass(slots=True)
class _Wait:
    payment_seq: int
    until: float
    future: Future[Payment] = field(default_factory=Future)


class Confirmer:
    """One thread that resolves waits after every commit and issues pending slips by the clock of the records.

    ``beside`` are further looks of other services at what has become late, taken at every turn.
    """

    def __init__(
        self,
        payments: Payments,
        execute: Callable[[Command], Outcome],
        clock: Callable[[], datetime],
        answer_wait_s: int,
    ) -> None:
        """Take the books; ``answer_wait_s`` after it was taken a held payment gets its slip. ``clock`` gives UTC."""
        self._payments = payments
        self._execute = execute
        self._clock = clock
        self._answer_wait = timedelta(seconds=answer_wait_s)
        self._waits: list[_Wait] = []
        self._lock = threading.Lock()
        self._wakened = threading.Event()
        self._stopping = False
        self.beside: list[Callable[[], None]] = []
        self._thread = threading.Thread(target=self._run, name="confirmer", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def wake(self) -> None:
        """Look at the payments now; called after every commit."""
        self._wakened.set()

    def stop(self) -> None:
        """End; waits that are open give the payment as it stands."""
        self._stopping = True
        self._wakened.set()
        if self._thread.is_alive():
            self._thread.join()
        try:
            self._resolve(at_end=True)
        except Exception:  # noqa: BLE001  the program ends; whoever still waits is let go
            _log.exception("payments that wait could not be looked up at the end")
        for wait in self._waits:
            wait.future.cancel()

    def await_answer(self, payment_seq: int, timeout_s: float) -> Future[Payment]:
        """Give the payment when it is no longer held, or as it stands when the time is up.

        The future carries a ``LookupError`` where there is no such payment.
        """
        wait = _Wait(payment_seq, monotonic() + timeout_s)
        with self._lock:
            self._waits.append(wait)
        self._wakened.set()
        return wait.future

    def _run(self) -> None:
        while not self._stopping:
            self._wakened.wait(self._pause_s())
            self._wakened.clear()
            try:
                self._resolve(at_end=False)
                self._issue_slips()
                for look in self.beside:
                    look()
            except Exception:  # noqa: BLE001  whatever the disk did, the worker goes on and asks again
                _log.exception("payments that wait could not be looked after")
                threading.Event().wait(_TICK_S)

    def _pause_s(self) -> float:
        with self._lock:
            nearest = min((wait.until for wait in self._waits), default=None)
        return _TICK_S if nearest is None else max(0.01, min(_TICK_S, nearest - monotonic()))

    def _resolve(self, *, at_end: bool) -> None:
        """End the waits that are over. One that cannot be looked up stays, and keeps no other from its end."""
        with self._lock:
            waits, self._waits = self._waits, []
        trouble: Exception | None = None
        for wait in waits:
            try:
                over = self._end(wait, at_end=at_end)
            except Exception as error:  # noqa: BLE001  raised once every wait had its turn
                trouble, over = error, False
            if not over:
                with self._lock:
                    self._waits.append(wait)
        if trouble is not None:
            raise trouble

    def _end(self, wait: _Wait, *, at_end: bool) -> bool:
        """End one wait if its time has come; tells whether it is over."""
        payment = self._payments.payment(wait.payment_seq)
        expired = monotonic() >= wait.until
        if payment is not None and payment.status is PaymentStatus.HELD and not at_end:
            if not expired:
                return False
            payment = self._with_slip(payment)
        if wait.future.set_running_or_notify_cancel():
            if payment is None:
                wait.future.set_exception(LookupError(f"there is no payment {wait.payment_seq}"))
            else:
                wait.future.set_result(payment)
        return True

    def _with_slip(self, payment: Payment) -> Payment:
        """The wait is over: what the customer gets is a slip, and the screen is told of it.

        Where the disk refuses the slip, the screen is told so much at once and the slip follows by the clock.
        """
        if not payment.offline and not payment.pending_seq:
            try:
                self._execute(IssuePendingSlip(payment.seq))
            except RegisterFault:
                _log.exception("the pending slip of payment %d could not be recorded", payment.seq)
        return self._payments.payment(payment.seq) or payment

    def _issue_slips(self) -> None:
        now = self._clock()
        for payment in self._payments.held_without_slip():
            # A clock that was set back must not put the slip off until it has caught up again.
            if abs(now - payment.recorded_at) >= self._answer_wait:
                self._execute(IssuePendingSlip(payment.seq))
