"""One withdrawal at the terminal, step by step, and what becomes of one whose result nobody knows.

The order that cash needs: the intent is recorded, the terminal is asked, its approval is recorded before it is
acknowledged, and only its completion makes the instruction to pay. Whatever cuts in, the intent without an end is
found again and its result is *asked for*; the request itself never goes out a second time. What ends an unknown result
is the terminal, the bank's word that HQ recorded, or a ruling.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from station_journal.rules.withdrawal import WithdrawalState
from station_pos.commands.outcome import Accepted, RegisterFault
from station_pos.commands.withdrawal_orders import (
    CardSeen,
    EndTold,
    FailWithdrawal,
    InstructPayout,
    IssueWithdrawalSlip,
    RecordApproval,
    RefuseVoid,
)
from station_pos.devices.card_terminal import CardRecord, CardVerdict, OpenIntent
from station_pos.devices.card_terminal_state import Progress
from station_pos.text import either
from station_pos.workers.card_answers import (
    BANK_DENIES,
    VOIDED,
    card_seen,
    end_told,
    failure_of,
    reason_of_refusal,
    told_of,
)
from station_pos.workers.card_silence import Silence

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.rules.withdrawal import Withdrawal
    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Outcome, Refused
    from station_pos.devices.card_terminal import CardOutcome, CardShown, CardTerminal, KnownTransaction

_log = logging.getLogger(__name__)
_CUSTOMERS_TURN = frozenset(
    {Progress.INSERT_CARD, Progress.LOOK_AT_PIN_PAD, Progress.ENTER_PIN, Progress.WRONG_PIN, Progress.REMOVE_CARD}
)
"""While it is the customer's turn the bank has not been asked: an old man's slow PIN is no unknown result."""


@dataclass(frozen=True, slots=True)
class CardTimes:
    """Seconds. ``slip_after_s`` after it was asked for, an unknown result gets its slip.

    ``ask_s`` are the pauses before it is asked about again, the last goes on. ``check_s`` is how often a resting
    terminal is asked how it is, ``poll_s`` the longest turn without work.
    """

    slip_after_s: float = 60.0
    ask_s: tuple[float, ...] = (2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 300.0)
    check_s: float = 15.0
    poll_s: float = 1.0


class CardBooks(Protocol):
    """What the turn reads of the books."""

    def withdrawal(self, seq: int) -> Withdrawal | None:
        """Give a withdrawal as it now stands."""

    def open_withdrawals(self) -> tuple[Withdrawal, ...]:
        """List those with something still to do, oldest first."""

    def known_before(self, seq: int) -> tuple[KnownTransaction, ...]:
        """List the terminal's transactions that the journal knew before it recorded an intent, newest first."""

    def check_card(self, withdrawal: Withdrawal, card: CardSeen) -> Refused | None:
        """Hold a withdrawal to the cap of its card."""

    def reference(self, seq: int) -> str:
        """Give our number of a withdrawal."""


@dataclass(slots=True)
class Asked:
    """A result that is asked for: since when, how often, when next, and the card as far as the terminal showed it."""

    began_s: float
    next_s: float
    tries: int = 0
    card: CardSeen = field(default_factory=CardSeen)


@dataclass(slots=True)
class Doing:
    """What the terminal is doing now: for which withdrawal (0 for none), since when, and what it has shown.

    ``silent_since_s`` is since when it is no longer the customer's turn, with the card or the PIN; ``heard_s`` is when
    the terminal last said anything.
    """

    seq: int
    began_s: float
    progress: Progress = Progress.WAIT
    asked_again: int = 0
    card: CardSeen = field(default_factory=CardSeen)
    refused: Refused | None = None
    silent_since_s: float = 0.0
    heard_s: float = 0.0

    def __post_init__(self) -> None:
        """Begin the silence with the work."""
        self.silent_since_s = self.heard_s = self.began_s


class CardSteps:
    """The steps with one terminal, taken in its thread. ``doing`` is what it does now, for the screen.

    ``answered`` is set where the terminal has told a result, so that it is known to be there.
    """

    def __init__(
        self,
        terminal: CardTerminal,
        books: CardBooks,
        execute: Callable[[Command], Outcome],
        times: CardTimes,
        clock: Callable[[], float],
    ) -> None:
        """Begin with nothing open; ``clock`` is monotonic."""
        self._terminal = terminal
        self._books = books
        self._execute = execute
        self._times = times
        self._clock = clock
        self.doing: Doing | None = None
        self.asked: dict[int, Asked] = {}
        self.answered = False
        self.stopping = False
        self.silence = Silence(clock)

    def look_back(self) -> None:
        """Find what a cut left open: intents without an end are asked about, approvals and voids too."""
        for withdrawal in self._books.open_withdrawals():
            if withdrawal.unknown:
                self.asked[withdrawal.seq] = Asked(float("-inf"), float("-inf"))

    def ask_now(self) -> None:
        """Ask about every unknown result at the next turn."""
        for asked in tuple(self.asked.values()):
            asked.next_s = float("-inf")

    def next_ask_s(self) -> float | None:
        """Give when the next result is to be asked for, None where none is."""
        return min((asked.next_s for asked in self.asked.values()), default=None)

    def progress(self, progress: Progress) -> None:
        """Note what the terminal is doing."""
        doing = self.doing
        if doing is not None:
            if progress in _CUSTOMERS_TURN or doing.progress in _CUSTOMERS_TURN:
                doing.silent_since_s = self._clock()
            doing.progress = progress
            doing.heard_s = self._clock()

    def silence_s(self) -> float | None:
        """Give for how many seconds the terminal has said nothing of what it was asked for; None while it rests."""
        doing = self.doing
        waits = doing is not None and doing.progress not in {*_CUSTOMERS_TURN, Progress.ASKING_AGAIN}
        open_results = doing is not None or bool(self.asked)
        return self.silence.lasts_s(open_results=open_results, heard_s=doing.heard_s if doing and waits else None)

    def slip_if_late(self) -> None:
        """Give a customer the pending slip although the terminal still says nothing; for a thread beside its own.

        A line that is cut in the middle lets a driver wait for minutes; the slip is promised by the clock.
        """
        doing = self.doing
        if doing is None or not doing.seq or self.stopping or doing.progress in _CUSTOMERS_TURN:
            return
        withdrawal = self._books.withdrawal(doing.seq)
        if withdrawal is not None and withdrawal.unknown:
            self._slip_by(doing.silent_since_s, withdrawal, doing.card)

    # One withdrawal

    def withdraw(self, seq: int) -> None:
        """Ask the terminal for the withdrawal that record ``seq`` intends; the one time that this is sent."""
        withdrawal = self._books.withdrawal(seq)
        if withdrawal is None:
            return
        doing = self.doing = Doing(seq, self._clock())
        try:
            outcome = self._terminal.withdraw(
                withdrawal.amount_fen,
                self._books.reference(seq),
                on_card=lambda card: self._card_allowed(withdrawal, card),
                commit=lambda record: self._approved(withdrawal.seq, record),
                on_progress=self.progress,
            )
            self.silence.note(outcome, doing.heard_s)
            self._ended(seq, outcome)
        except Exception as error:  # noqa: BLE001  whatever failed, the result is asked for
            # The name of the fault alone: what a terminal sent may be somebody's data.
            _log.error("withdrawal %d: %s; its result is asked for", seq, type(error).__name__)
            self._ask_later(seq, doing)
        finally:
            self.doing = None

    def _card_allowed(self, withdrawal: Withdrawal, card: CardShown) -> bool:
        seen = card_seen(card)
        refused = self._books.check_card(withdrawal, seen)
        if self.doing is not None:
            self.doing.card = seen
            self.doing.refused = refused or self.doing.refused
        return refused is None

    def _approved(self, seq: int, record: CardRecord) -> bool:
        """Put the approval on the disk; only then is the terminal told that we have it."""
        if self.doing is not None:
            self.doing.card = card_seen(record.card)
        outcome = self._execute(RecordApproval(seq, told_of(record)))
        if isinstance(outcome, Accepted):
            return True
        if self.doing is not None:
            self.doing.refused = outcome
        return False

    def _ended(self, seq: int, outcome: CardOutcome) -> None:
        """Record the end; where there is none yet, ask again."""
        doing = self.doing or Doing(seq, self._clock())
        now = self._books.withdrawal(seq)
        if now is None or not now.unknown:
            return
        if outcome.verdict is CardVerdict.UNKNOWN:
            if outcome.record is not None:
                doing.card = card_seen(outcome.record.card)
            self._ask_later(seq, doing)
        elif now.state is WithdrawalState.VOIDING:
            self._void_ended(seq, original_stands=outcome.verdict is CardVerdict.APPROVED, outcome=outcome)
        elif outcome.verdict is CardVerdict.APPROVED:
            self._pay(now, outcome)
        else:
            failure = failure_of(outcome, now, doing.refused)
            code, reason = outcome.reason.code, either(outcome.reason.chinese, outcome.reason.english)
            if doing.refused is not None:
                code, reason = doing.refused.reason.value, reason_of_refusal(doing.refused)
            told = end_told(outcome, now, failure)
            self._record(seq, FailWithdrawal(seq, failure, code or outcome.verdict.value, reason, told))

    def _pay(self, withdrawal: Withdrawal, outcome: CardOutcome) -> None:
        """The terminal completed it. One that is found out by asking is recorded whatever the limits say by now."""
        seq = withdrawal.seq
        if withdrawal.state is WithdrawalState.INTENDED:
            record = outcome.record or CardRecord()
            if not self._record(seq, RecordApproval(seq, told_of(record), asked_again=True)):
                return
        self._record(seq, InstructPayout(seq))

    def _record(self, seq: int, command: Command) -> bool:
        """Record an end; what the register does not take now is asked for again."""
        try:
            taken = isinstance(self._execute(command), Accepted)
        except RegisterFault:
            _log.exception("the end of withdrawal %d could not be recorded", seq)
            taken = False
        if not taken:
            self._ask_later(seq, self.doing or Doing(seq, self._clock()))
        elif not isinstance(command, RecordApproval):
            self.asked.pop(seq, None)
        return taken

    # Undoing one

    def void(self, seq: int) -> None:
        """Ask the terminal to undo the withdrawal whose undoing is on record."""
        withdrawal = self._books.withdrawal(seq)
        if withdrawal is None or withdrawal.state is not WithdrawalState.VOIDING:
            return
        doing = self.doing = Doing(seq, self._clock())
        original = CardRecord(
            card_last4=withdrawal.card_last4,
            auth_code=withdrawal.auth_code,
            trace_no=withdrawal.trace_no,
            receipt_no=withdrawal.receipt_no,
            reference_no=withdrawal.reference_no,
            amount_fen=withdrawal.amount_fen,
        )
        try:
            outcome = self._terminal.void(original, commit=lambda _record: True, on_progress=self.progress)
            self.silence.note(outcome, doing.heard_s)
            if outcome.verdict is CardVerdict.UNKNOWN:
                self._ask_later(seq, doing)
            else:
                self._void_ended(seq, original_stands=outcome.verdict is not CardVerdict.APPROVED, outcome=outcome)
        except Exception as error:  # noqa: BLE001  whatever failed, the result is asked for
            _log.error("void of withdrawal %d: %s; its result is asked for", seq, type(error).__name__)
            self._ask_later(seq, doing)
        finally:
            self.doing = None

    def _void_ended(self, seq: int, *, original_stands: bool, outcome: CardOutcome) -> None:
        if original_stands:
            self._record(seq, RefuseVoid(seq, either(outcome.reason.chinese, outcome.reason.english)))
        else:
            withdrawal = self._books.withdrawal(seq)
            told = EndTold() if withdrawal is None else end_told(outcome, withdrawal, VOIDED.failure)
            self._record(seq, FailWithdrawal(seq, VOIDED.failure, VOIDED.code, either(*VOIDED.words), told))

    # Asking again

    def _ask_later(self, seq: int, doing: Doing) -> None:
        asked = self.asked.get(seq)
        if asked is None:
            self.asked[seq] = Asked(doing.began_s, self._clock(), card=doing.card)
            return
        asked.card = asked.card if not doing.card.last4 else doing.card
        self._put_off(asked)

    def _put_off(self, asked: Asked) -> None:
        pauses = self._times.ask_s
        asked.next_s = self._clock() + pauses[min(asked.tries, len(pauses) - 1)]
        asked.tries += 1

    def settle_one(self) -> bool:
        """Take the next unknown result in hand: by the bank's word if there is one, else by asking the terminal."""
        for seq, asked in tuple(self.asked.items()):
            withdrawal = self._books.withdrawal(seq)
            if withdrawal is None or not withdrawal.unknown:
                del self.asked[seq]
                return True
            if self._by_the_banks_word(withdrawal):
                return True
            if asked.next_s <= self._clock() and not self.stopping:
                self._ask(withdrawal, asked)
                return True
        return False

    def _by_the_banks_word(self, withdrawal: Withdrawal) -> bool:
        """End an unknown result by what HQ recorded of the bank; tells whether that was possible."""
        word = withdrawal.last_word
        if word is None or (word.debited and withdrawal.state is WithdrawalState.VOIDING):
            return False
        seq = withdrawal.seq
        if word.debited:
            return self._record(seq, InstructPayout(seq))
        denied = FailWithdrawal(seq, BANK_DENIES.failure, BANK_DENIES.code, either(*BANK_DENIES.words))
        return self._record(seq, denied)

    def _ask(self, withdrawal: Withdrawal, asked: Asked) -> None:
        """Ask the terminal how it ended, sending nothing that could move money."""
        seq = withdrawal.seq
        doing = self.doing = Doing(seq, asked.began_s, Progress.ASKING_AGAIN, asked.tries + 1, asked.card)
        doing.heard_s = self._clock()
        if asked.began_s == float("-inf"):
            doing.began_s = doing.heard_s
        intent = OpenIntent(
            amount_fen=withdrawal.amount_fen,
            reference=self._books.reference(seq),
            known_receipt_no=withdrawal.known_receipt_no,
            known_trace_no=withdrawal.known_trace_no,
            not_before=withdrawal.recorded_at,
            known=self._books.known_before(seq),
        )
        try:
            outcome = self._terminal.last_result(intent, on_progress=self.progress)
            self.silence.note(outcome, doing.heard_s)
            if outcome.verdict is CardVerdict.UNKNOWN:
                if outcome.record is not None and not asked.card.last4:
                    asked.card = card_seen(outcome.record.card)
                self._still_unknown(withdrawal, asked)
            else:
                self.answered = True
                self._ended(seq, outcome)
        except Exception as error:  # noqa: BLE001  whatever failed, it is asked for again
            _log.error("withdrawal %d could not be asked about: %s", seq, type(error).__name__)
            self._still_unknown(withdrawal, asked)
        finally:
            self.doing = None

    def _still_unknown(self, withdrawal: Withdrawal, asked: Asked) -> None:
        self._put_off(asked)
        self._slip_by(asked.began_s, withdrawal, asked.card)

    def _slip_by(self, since_s: float, withdrawal: Withdrawal, card: CardSeen) -> None:
        waited = self._clock() - since_s >= self._times.slip_after_s
        if waited and not withdrawal.pending_seq and withdrawal.state is not WithdrawalState.VOIDING:
            try:
                self._execute(IssueWithdrawalSlip(withdrawal.seq, card))
            except RegisterFault:
                _log.exception("the pending slip of withdrawal %d could not be recorded", withdrawal.seq)
