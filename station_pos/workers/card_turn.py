"""The card terminal's turn: one request at a time, in a thread of its own, asked by screens from any other."""

from __future__ import annotations

import logging
import threading
from collections import deque
from concurrent.futures import Future
from time import monotonic
from typing import TYPE_CHECKING, Final

from station_pos.commands.outcome import Accepted
from station_pos.counter import DeviceState
from station_pos.devices.card_terminal_state import PROGRESS_WORDS, TERMINAL_WORDS, TerminalCondition
from station_pos.services.withdrawals import BalanceAnswer, CardWork, TerminalAwayError
from station_pos.text import either
from station_pos.workers.card_steps import CardSteps, CardTimes, Doing

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Outcome
    from station_pos.commands.withdrawal_orders import IntendWithdrawal, RequestVoid
    from station_pos.devices.card_terminal import CardTerminal
    from station_pos.workers.card_steps import CardBooks

_log = logging.getLogger(__name__)
STATE_OF: Final = {
    TerminalCondition.READY: DeviceState.READY,
    TerminalCondition.BUSY: DeviceState.READY,
    TerminalCondition.CARD_LEFT_IN: DeviceState.READY,
    TerminalCondition.PRINTER_NOT_READY: DeviceState.PAPER_OUT,
    TerminalCondition.NO_ANSWER: DeviceState.NO_ANSWER,
    TerminalCondition.LINE_BUSY: DeviceState.LINE_BUSY,
    TerminalCondition.LINE_FORBIDDEN: DeviceState.WRONG_SETTING,
    TerminalCondition.LINE_UNUSABLE: DeviceState.WRONG_SETTING,
}
"""How a terminal in a condition is for the state row; in any other it is off."""
SILENT_S: Final = 10.0
"""A terminal that has said nothing for so long, in the middle of what it was asked for, is not shown as good."""


class CardTurn:
    """One terminal; called over and over by its thread, asked by screens from any other. ``clock`` is monotonic."""

    def __init__(
        self,
        terminal: CardTerminal,
        books: CardBooks,
        execute: Callable[[Command], Outcome],
        *,
        times: CardTimes | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Take the terminal; the first turn asks about whatever a cut left open."""
        self._terminal = terminal
        self._execute = execute
        self._times = times or CardTimes()
        self._clock = clock
        self._steps = CardSteps(terminal, books, execute, self._times, clock)
        self._jobs: deque[Callable[[], None]] = deque()
        self._futures: list[Future[Outcome] | Future[BalanceAnswer]] = []
        self._lock = threading.Lock()
        self._wakened = threading.Event()
        self._stopping = False
        self._looked = False
        self._condition: TerminalCondition | None = None
        self._check_at_s = float("-inf")

    def begin(self, order: IntendWithdrawal) -> Future[Outcome]:
        """Record the intent, then ask the terminal; the future carries what the register made of the intent."""
        return self._recorded(order, self._steps.withdraw)

    def void(self, order: RequestVoid) -> Future[Outcome]:
        """Record the wish to undo a withdrawal, then ask the terminal to."""
        return self._recorded(order, lambda _seq: self._steps.void(order.withdrawal_seq))

    def _recorded(self, order: IntendWithdrawal | RequestVoid, go_on: Callable[[int], None]) -> Future[Outcome]:
        future: Future[Outcome] = Future()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                outcome = self._execute(order)
            except BaseException as error:  # noqa: BLE001  whoever asked gets it
                future.set_exception(error)
                return
            future.set_result(outcome)
            if isinstance(outcome, Accepted):
                go_on(outcome.seq)

        self._queue(future, job)
        return future

    def balance(self) -> Future[BalanceAnswer]:
        """Ask for a card's balance; nothing of it is recorded but a line in the log without any figure."""
        future: Future[BalanceAnswer] = Future()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            self._steps.doing = Doing(0, self._clock())
            try:
                outcome = self._terminal.balance(on_progress=self._steps.progress)
            except BaseException as error:  # noqa: BLE001  whoever asked gets it
                future.set_exception(error)
                return
            finally:
                self._steps.doing = None
            _log.info("balance inquiry: %s", outcome.verdict)
            last4 = outcome.record.card_last4 if outcome.record else ""
            reason = outcome.reason.chinese, outcome.reason.english
            future.set_result(BalanceAnswer(outcome.balance_fen, last4, reason))

        self._queue(future, job)
        return future

    def _queue(self, future: Future[Outcome] | Future[BalanceAnswer], job: Callable[[], None]) -> None:
        """Queue a job, unless the terminal is away or something is under way: then nothing begins."""
        with self._lock:
            away = self._away()
            if self._stopping or away or self._jobs or self._steps.doing is not None:
                condition = self._condition if away and self._condition else TerminalCondition.BUSY
                future.set_exception(TerminalAwayError(either(*TERMINAL_WORDS[condition])))
                return
            self._futures = [one for one in self._futures if not one.done()] + [future]
            self._jobs.append(job)
        self._wakened.set()

    def _away(self) -> bool:
        return self._condition is not None and STATE_OF.get(self._condition) is not DeviceState.READY

    def cancel(self) -> None:
        """Ask the terminal to end what it is doing; how that ends is told by its outcome alone."""
        self._terminal.cancel()

    def ask_now(self) -> None:
        """Ask about unknown results now."""
        self._steps.ask_now()
        self._wakened.set()

    def wake(self) -> None:
        """Look at the books again: a record came in."""
        self._wakened.set()

    def stop(self) -> None:
        """End soon: the terminal is asked to end what it is doing, whose outcome is still recorded."""
        with self._lock:
            self._stopping = self._steps.stopping = True
            for future in self._futures:
                future.cancel()
        self._terminal.cancel()
        self._wakened.set()

    def work(self) -> CardWork | None:
        """Say what the terminal is doing; None while it rests."""
        doing = self._steps.doing
        if doing is None:
            return None
        elapsed_s = max(0, int(self._clock() - doing.began_s))
        slip_after_s = int(self._times.slip_after_s)
        return CardWork(doing.seq, PROGRESS_WORDS[doing.progress], elapsed_s, doing.asked_again, slip_after_s)

    def silence_s(self) -> float | None:
        """Give for how many seconds the terminal has been silent in the middle of a job; None where that is no news."""
        silent_s = self._steps.silence_s()
        return silent_s if silent_s is not None and silent_s >= SILENT_S else None

    def slip_if_late(self) -> None:
        """Print the pending slip of a withdrawal whose terminal has fallen silent; called from any other thread."""
        self._steps.slip_if_late()

    def __call__(self) -> DeviceState:
        """Do what is asked for, else ask about what is unknown, else see how the terminal is."""
        self._wakened.clear()
        if not self._looked:
            self._steps.look_back()
            self._looked = True
        job = self._next_job()
        if job is not None:
            job()
        elif not self._steps.settle_one():
            self._check()
            self._wakened.wait(self._pause_s())
        if self._steps.answered:
            self._condition, self._steps.answered = TerminalCondition.READY, False
        return STATE_OF.get(self._condition or TerminalCondition.READY, DeviceState.OFFLINE)

    def _next_job(self) -> Callable[[], None] | None:
        with self._lock:
            return self._jobs.popleft() if self._jobs and not self._stopping else None

    def _pause_s(self) -> float:
        now_s = self._clock()
        nearest_s = self._steps.next_ask_s()
        return self._times.poll_s if nearest_s is None else max(0.01, min(self._times.poll_s, nearest_s - now_s))

    def _check(self) -> None:
        """Ask a resting terminal how it is: now and then, at every turn while it is away (its watch paces those)."""
        if (self._away() or self._clock() >= self._check_at_s) and not self._steps.asked:
            self._condition = self._terminal.status().condition
            self._check_at_s = self._clock() + self._times.check_s
