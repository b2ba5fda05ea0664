"""A Transbank terminal: the port's requests as POS Integrado commands.

The terminal knows one phase only: what it has answered has happened. So the journal decides before the answer is
acknowledged, and a refused result is voided (1200) at once. Debit cards cannot be voided; then the outcome is unknown
and a person settles it, which is why this driver is the second choice for cash. A withdrawal is a sale: the card pays
the agent's account and the agent hands out the cash.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from station_pos.devices.card_matching import match_last, outcome_of_match
from station_pos.devices.card_reasons import CardReason, because, because_terminal, condition_of_line, unsupported
from station_pos.devices.card_terminal import (
    Capabilities,
    CardOperation,
    CardOutcome,
    CardVerdict,
    Correlation,
    any_card,
    refuse,
    unwatched,
)
from station_pos.devices.card_terminal_state import Progress, TerminalCondition, TerminalStatus
from station_pos.devices.ports import LineError
from station_pos.devices.transbank import messages
from station_pos.devices.transbank.link import NotAcknowledgedError, TransbankLink, TransbankTimes
from station_pos.devices.transbank.response_codes import ALREADY_VOIDED, NO_SALE, progress_of, reason_of, verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from station_pos.devices.card_terminal import CardRecord, CardShown, OpenIntent, Reason
    from station_pos.devices.ports import Line
    from station_pos.devices.transbank.messages import Answer

_OPERATIONS: Final = frozenset(
    {
        CardOperation.SIGN_ON,
        CardOperation.PAY,
        CardOperation.WITHDRAW,
        CardOperation.VOID,
        CardOperation.LAST_RESULT,
        CardOperation.REPRINT,
        CardOperation.SETTLE,
        CardOperation.STATUS,
    }
)


class TransbankTerminal:
    """One terminal. Calls block and take turns. `now` gives Beijing time; the terminal's clock is read in its zone."""

    def __init__(
        self,
        line: Line,
        *,
        now: Callable[[], datetime],
        times: TransbankTimes | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._times = times or TransbankTimes()
        self._link = TransbankLink(line, self._times, clock)
        self._now = now
        self._clock = clock
        self._turn = threading.Lock()

    @property
    def capabilities(self) -> Capabilities:
        """No balance, no refund without its sale, no display, and no way to cancel from the counter; one phase."""
        return Capabilities(_OPERATIONS, two_phase=False, shows_card_before_result=False)

    @property
    def correlation(self) -> Correlation:
        """The terminal repeats the ticket, which is the end of our reference."""
        return Correlation.ECHO_REF

    def sign_on(self) -> CardOutcome:
        """Load the keys (0800)."""
        with self._turn:
            return self._simple(messages.LOAD_KEYS, "0810")

    def status(self) -> TerminalStatus:
        """Poll (0100); the terminal acknowledges and says no more."""
        with self._turn:
            hindrance = self._poll()
            return TerminalStatus(TerminalCondition.READY if hindrance is None else hindrance)

    def pay(
        self,
        amount_fen: int,
        reference: str,
        *,
        on_card: Callable[[CardShown], bool] = any_card,
        commit: Callable[[CardRecord], bool],
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        """Sell (0200) with our reference's last six letters and digits as the ticket."""
        ticket = messages.ticket_of(reference)
        if not 0 < amount_fen <= messages.MOST_AMOUNT:
            return CardOutcome(CardVerdict.NOT_STARTED, reason=because(CardReason.BAD_AMOUNT))
        if not ticket:
            return CardOutcome(CardVerdict.NOT_STARTED, reason=because(CardReason.BAD_REFERENCE))
        with self._turn:
            hindrance = self._poll()
            if hindrance is not None:
                return CardOutcome(CardVerdict.NOT_STARTED, reason=because_terminal(hindrance))
            try:
                self._link.send(messages.sale(amount_fen, ticket))
                answer = self._await(messages.SALE_ANSWERS, self._times.customer_s, on_progress)
                return self._judge(answer, amount_fen, ticket, on_card, commit)
            except LineError as error:
                return self._unknown(error)
            except NotAcknowledgedError:
                return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))

    def withdraw(
        self,
        amount_fen: int,
        reference: str,
        *,
        on_card: Callable[[CardShown], bool] = any_card,
        commit: Callable[[CardRecord], bool],
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        """Sell (0200); the agent hands the amount out in cash."""
        return self.pay(amount_fen, reference, on_card=on_card, commit=commit, on_progress=on_progress)

    def balance(self, *, on_progress: Callable[[Progress], None] = unwatched) -> CardOutcome:
        """Not offered by this terminal."""
        del on_progress
        return unsupported()

    def void(
        self,
        original: CardRecord,
        *,
        commit: Callable[[CardRecord], bool],
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        """Void a sale by its operation number (1200). `commit` False cannot undo that; the outcome is then unknown."""
        if not original.receipt_no:
            return CardOutcome(CardVerdict.NOT_STARTED, reason=because(CardReason.NO_RECEIPT_NO))
        with self._turn:
            hindrance = self._poll()
            if hindrance is not None:
                return CardOutcome(CardVerdict.NOT_STARTED, reason=because_terminal(hindrance))
            return self._void(original, commit, on_progress)

    def refund(
        self,
        amount_fen: int,
        reference: str,
        *,
        original: CardRecord | None = None,
        commit: Callable[[CardRecord], bool],
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        """Void the original when the whole of it is given back; the terminal offers no other refund."""
        del reference
        if original is None or original.amount_fen != amount_fen:
            return unsupported()
        return self.void(original, commit=commit, on_progress=on_progress)

    def last_result(
        self,
        intent: OpenIntent,
        *,
        on_card: Callable[[CardShown], bool] = any_card,
        commit: Callable[[CardRecord], bool] = refuse,
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        """Take an answer that comes late, then ask for the last sale (0250), which carries our ticket."""
        ticket = messages.ticket_of(intent.reference)
        with self._turn:
            on_progress(Progress.LISTENING)
            try:
                self._link.open()
                late = self._await({"0210"}, self._times.resumption_s, on_progress)
                if late is not None and late.field(4) == ticket:
                    return self._judge(late, intent.amount_fen, ticket, on_card, commit)
                if late is not None:
                    self._link.acknowledge()
                on_progress(Progress.ASKING_AGAIN)
                self._link.send(messages.LAST_SALE)
                answer = self._await({"0260"}, self._times.answer_s, on_progress)
                if answer is not None:
                    self._link.acknowledge()
                return self._matched(answer, replace(intent, reference=ticket))
            except LineError as error:
                return self._unknown(error)
            except NotAcknowledgedError:
                return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))

    def reprint(self) -> CardOutcome:
        """Have the last sale told again (0250)."""
        with self._turn:
            return self._simple(messages.LAST_SALE, "0260")

    def settle(self) -> CardOutcome:
        """Ask for the totals (0700), then close the batch (0500)."""
        with self._turn:
            counted = self._simple(messages.TOTALS, "0710")
            if counted.verdict is not CardVerdict.APPROVED:
                return counted
            return replace(self._simple(messages.CLOSE, "0510"), totals=counted.totals)

    def display(self, text: str) -> CardOutcome:
        """Not offered by this terminal."""
        del text
        return unsupported()

    def cancel(self) -> None:
        """Nothing: the protocol has no such command; the customer cancels on the terminal."""

    def close(self) -> None:
        """Give the line back."""
        with self._turn:
            self._link.close()

    def _poll(self) -> TerminalCondition | None:
        """What hinders a request; None when the terminal is there. Late messages are acknowledged and dropped."""
        try:
            self._link.open()
            while self._link.receive(0) is not None:
                self._link.acknowledge()
            self._link.send(messages.POLL)
        except LineError as error:
            self._link.close()
            return condition_of_line(error)
        except NotAcknowledgedError:
            return TerminalCondition.NO_ANSWER
        return None

    def _await(
        self, functions: frozenset[str] | set[str], patience_s: float, on_progress: Callable[[Progress], None]
    ) -> Answer | None:
        """The answer with one of these function codes, not yet acknowledged; others are acknowledged on the way."""
        whole_ends_at = self._clock() + self._times.whole_s
        while self._clock() < whole_ends_at:
            payload = self._link.receive(patience_s)
            if payload is None:
                return None
            answer = messages.parse_answer(payload)
            if answer.function in functions:
                return answer
            self._link.acknowledge()
            if answer.function == messages.PROGRESS:
                on_progress(progress_of(answer.code))
        return None

    def _simple(self, command: bytes, function: str) -> CardOutcome:
        hindrance = self._poll()
        if hindrance is not None:
            return CardOutcome(CardVerdict.NOT_STARTED, reason=because_terminal(hindrance))
        try:
            self._link.send(command)
            answer = self._await({function}, self._times.answer_s, unwatched)
            if answer is None:
                return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))
            self._link.acknowledge()
        except LineError as error:
            return self._unknown(error)
        except NotAcknowledgedError:
            return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))
        if not answer.approved:
            return CardOutcome(CardVerdict.DECLINED, reason=self._reason(answer))
        record = messages.sale_record(answer, self._now().tzinfo) if function == "0260" else None
        totals = messages.totals_of(answer) if function == "0710" else None
        return CardOutcome(CardVerdict.APPROVED, record, totals=totals)

    def _judge(
        self,
        answer: Answer | None,
        amount_fen: int,
        ticket: str,
        on_card: Callable[[CardShown], bool],
        commit: Callable[[CardRecord], bool],
    ) -> CardOutcome:
        """Decide about the answer to a sale, and only then acknowledge it; a refused one is voided."""
        if answer is None:
            return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))
        record = messages.sale_record(answer, self._now().tzinfo)
        if not answer.approved:
            self._link.acknowledge()
            verdict = CardVerdict.UNKNOWN if answer.code is None else verdict_of(answer.code)
            return CardOutcome(verdict, record, self._reason(answer))
        if record.our_reference != ticket:
            self._link.acknowledge()
            return CardOutcome(CardVerdict.UNKNOWN, record, because(CardReason.UNCLEAR))
        raised: Exception | None = None
        refusal: Reason | None = None
        try:
            if record.amount_fen != amount_fen:
                refusal = because(CardReason.AMOUNT_DIFFERS)
            elif not on_card(record.card):
                refusal = because(CardReason.CARD_REFUSED)
            elif not commit(record):
                refusal = because(CardReason.NOT_ISSUED)
        except Exception as error:  # noqa: BLE001 - whatever failed, the sale has to be voided
            raised, refusal = error, because(CardReason.NOT_ISSUED)
        self._link.acknowledge()
        if refusal is None:
            return CardOutcome(CardVerdict.APPROVED, record)
        undone = self._void(record, lambda _undone: True, unwatched)
        if raised is not None:
            raise raised
        if undone.verdict is CardVerdict.APPROVED:
            return CardOutcome(CardVerdict.DECLINED, record, refusal)
        failed = (
            CardReason.REVERSAL_FAILED if undone.verdict is CardVerdict.DECLINED else CardReason.REVERSAL_UNCONFIRMED
        )
        return CardOutcome(CardVerdict.UNKNOWN, record, because(failed))

    def _void(
        self, original: CardRecord, commit: Callable[[CardRecord], bool], on_progress: Callable[[Progress], None]
    ) -> CardOutcome:
        on_progress(Progress.AUTO_REVERSAL)
        try:
            self._link.send(messages.void(original.receipt_no))
            answer = self._await({messages.VOID_ANSWER}, self._times.answer_s, on_progress)
            if answer is None:
                return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))
            if not answer.approved:
                self._link.acknowledge()
                return CardOutcome(CardVerdict.DECLINED, reason=self._reason(answer))
            record = messages.void_record(answer, original)
            kept = commit(record)
            self._link.acknowledge()
        except LineError as error:
            return self._unknown(error)
        except NotAcknowledgedError:
            return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))
        if kept:
            return CardOutcome(CardVerdict.APPROVED, record)
        return CardOutcome(CardVerdict.UNKNOWN, record, because(CardReason.NOT_KEPT))

    def _matched(self, answer: Answer | None, intent: OpenIntent) -> CardOutcome:
        if answer is None:
            return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))
        if answer.code == NO_SALE:
            return CardOutcome(CardVerdict.DECLINED, reason=because(CardReason.DID_NOT_HAPPEN))
        if not answer.approved:
            return CardOutcome(CardVerdict.UNKNOWN, reason=self._reason(answer))
        record = messages.sale_record(answer, self._now().tzinfo)
        return outcome_of_match(match_last(record, approved=True, intent=intent, correlation=self.correlation), record)

    def _unknown(self, error: LineError) -> CardOutcome:
        self._link.close()
        return CardOutcome(CardVerdict.UNKNOWN, reason=because_terminal(condition_of_line(error)))

    def _reason(self, answer: Answer) -> Reason:
        if answer.code == ALREADY_VOIDED:
            return because(CardReason.REVERSED)
        return because(CardReason.UNREADABLE_RESULT) if answer.code is None else reason_of(answer.code)
