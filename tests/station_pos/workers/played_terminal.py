"""A card terminal played by the tests: an outside party with a book of its own, and faults at every step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from station_pos.config import ZONE
from station_pos.devices.card_matching import match_last, outcome_of_match
from station_pos.devices.card_reasons import CardReason, because
from station_pos.devices.card_terminal import (
    Capabilities,
    CardOperation,
    CardOutcome,
    CardRecord,
    CardVerdict,
    Correlation,
    Reason,
)
from station_pos.devices.card_terminal_state import Progress, TerminalCondition, TerminalStatus


class PowerCutError(BaseException):
    """The counter loses its power here: nothing after this runs, and the terminal hears no more of it."""


@dataclass
class Line:
    """One transaction in the terminal's own book; ``state`` is waiting, completed, reversed or declined."""

    amount_fen: int
    state: str
    record: CardRecord


class PlayedTerminal:
    """Implements ``CardTerminal``. ``fault`` names what goes wrong with the next request; ``cards`` are put in in turn.

    ``reverses``: a result that the counter did not take over is reversed by the terminal; else it stands.
    ``books_reversals``: such a reversal is a transaction of the terminal's own, with numbers that it tells nobody until
    it is asked for its last one.
    """

    capabilities = Capabilities(frozenset(CardOperation), two_phase=True)
    correlation = Correlation.LAST_ONLY

    def __init__(self, clock: Callable[[], datetime], *, reverses: bool = True):
        self._clock = clock
        self.reverses = reverses
        self.books_reversals = False
        self.book: list[Line] = []
        self.requests: list[str] = []
        self.fault = ""
        self.silent_for = 0
        self.cards = ["8841"]
        self.condition = TerminalCondition.READY
        self.asked = 0
        self.cancelled = False
        self.during: Callable[[], object] = lambda: None

    def _now(self) -> datetime:
        return self._clock().astimezone(ZONE)

    def write(self, amount_fen: int, state: str, **more) -> Line:
        number = len(self.book) + 1
        record = CardRecord(
            card_last4=self.cards[0] if len(self.cards) == 1 else self.cards.pop(0),
            issuer="农业银行",
            trace_no=f"{number:06d}",
            receipt_no=f"{number:04d}",
            auth_code=f"A{number:05d}",
            batch_no="000001",
            terminal_no="29001234",
            merchant_no="100653059999001",
            amount_fen=amount_fen,
            terminal_time=self._now(),
        )
        self.book.append(Line(amount_fen, state, replace(record, **more)))
        return self.book[-1]

    def standing_fen(self) -> int:
        """What the bank has debited and not given back."""
        return sum(line.amount_fen for line in self.book if line.state in {"waiting", "completed"})

    def withdraw(self, amount_fen, reference, *, on_card, commit, on_progress):
        self.requests.append(reference)
        fault, self.fault = self.fault, ""
        if fault == "not_started":
            return CardOutcome(CardVerdict.NOT_STARTED, reason=because(CardReason.UNFINISHED))
        on_progress(Progress.INSERT_CARD)
        self.during()
        if fault == "cancelled" or self.cancelled:
            return CardOutcome(CardVerdict.CANCELLED, reason=because(CardReason.CANCELLED))
        if fault == "declined":
            line = self.write(amount_fen, "declined")
            return CardOutcome(CardVerdict.DECLINED, line.record, Reason("51", "余额不足", "insufficient funds"))
        if fault == "lost_before_bank":
            return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))
        if fault == "wrong_amount":
            # As the drivers do: a result for another amount is never handed to commit, and is reversed.
            line = self.write(amount_fen * 10, "reversed")
            return CardOutcome(CardVerdict.DECLINED, line.record, because(CardReason.AMOUNT_DIFFERS))
        return self._approve(amount_fen, fault, on_card, commit, on_progress)

    def _approve(self, amount_fen, fault, on_card, commit, on_progress):
        on_progress(Progress.ASKING_BANK)
        line = self.write(amount_fen, "waiting")
        if fault == "lost_after_bank":
            self._unheard(line)
            return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))
        try:
            taken = on_card(line.record.card) and commit(line.record)
        except Exception:
            line.state = "reversed"
            raise
        except PowerCutError:
            self._unheard(line)
            raise
        if not taken:
            self.reverse(line)
            return CardOutcome(CardVerdict.DECLINED, line.record, because(CardReason.NOT_ISSUED))
        if fault == "ack_lost":
            self._unheard(line)
            return CardOutcome(CardVerdict.UNKNOWN, line.record, because(CardReason.SILENT))
        line.state = "completed"
        if fault == "end_lost":
            return CardOutcome(CardVerdict.UNKNOWN, line.record, because(CardReason.SILENT))
        if fault == "cut_at_end":
            raise PowerCutError
        return CardOutcome(CardVerdict.APPROVED, line.record)

    def _unheard(self, line: Line) -> None:
        if self.reverses:
            self.reverse(line)
        else:
            line.state = "completed"

    def reverse(self, line: Line) -> None:
        line.state = "reversed"
        if self.books_reversals:
            self.write(line.amount_fen, "reversal", reverses_trace_no=line.record.trace_no)

    def last_result(self, intent, *, on_card=None, commit=None, on_progress=lambda _p: None):
        del on_card, commit
        self.asked += 1
        on_progress(Progress.ASKING_AGAIN)
        if self.silent_for:
            self.silent_for -= 1
            return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))
        lines = [line for line in self.book if line.record.reverses_trace_no or line.state != "reversed"]
        if not lines:
            return CardOutcome(CardVerdict.DECLINED, reason=because(CardReason.DID_NOT_HAPPEN))
        last = lines[-1]
        if last.record.trace_no == intent.known_trace_no:
            return CardOutcome(CardVerdict.DECLINED, reason=because(CardReason.DID_NOT_HAPPEN))
        match = match_last(last.record, approved=last.state != "declined", intent=intent, correlation=self.correlation)
        return outcome_of_match(match, last.record, ())

    def void(self, original, *, commit, on_progress):
        on_progress(Progress.WAIT)
        fault, self.fault = self.fault, ""
        line = next(one for one in self.book if one.record.trace_no == original.trace_no)
        if fault == "void_refused":
            return CardOutcome(CardVerdict.DECLINED, reason=Reason("B5", "不能撤销", "cannot be undone"))
        line.state = "reversed"
        undone = self.write(original.amount_fen, "reversal", reverses_trace_no=original.trace_no)
        if fault == "lost_after_bank":
            return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))
        commit(undone.record)
        return CardOutcome(CardVerdict.APPROVED, undone.record)

    def balance(self, *, on_progress):
        on_progress(Progress.INSERT_CARD)
        record = CardRecord(card_last4=self.cards[0], issuer="农业银行", amount_fen=123_456)
        return CardOutcome(CardVerdict.APPROVED, record, balance_fen=123_456)

    def status(self):
        return TerminalStatus(self.condition)

    def cancel(self):
        self.cancelled = True

    def close(self):
        pass
