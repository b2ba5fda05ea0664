"""A ZVT card terminal: the port's requests as ZVT commands.

A withdrawal is an authorisation: the card pays the agent's account and the agent hands out the cash. Before a request
the terminal is logged on and asked how it is, so one that is off, busy or still telling an earlier transaction costs
nothing: the request is not sent. After a cut it is first listened to, then asked how it is, then asked for its last
transaction; the request itself never goes out again.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from station_pos.devices.card_matching import match_last, outcome_of_match
from station_pos.devices.card_reasons import CardReason, because, because_terminal, condition_of_line
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
from station_pos.devices.zvt import apdu
from station_pos.devices.zvt.conversation import Conversation, EndKind, Judgement, Setting, Tells
from station_pos.devices.zvt.link import SerialApduLink, TcpApduLink, ZvtTimes
from station_pos.devices.zvt.outcomes import (
    condition_of_refusal,
    outcome_of_admin,
    outcome_of_money,
    reason_of_end,
    status_of,
)
from station_pos.devices.zvt.result_codes import ALREADY_REVERSED, BUSY, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from station_pos.devices.card_terminal import CardRecord, CardShown, OpenIntent
    from station_pos.devices.ports import Line
    from station_pos.devices.zvt.conversation import End

MOST_FEN: Final = 999_999_999_999
_RESTS: Final = {TerminalCondition.BUSY, TerminalCondition.CARD_LEFT_IN}
"""States in which a request would be refused or meet another customer's card."""


class ZvtTerminal:
    """One terminal. Calls block and take turns; `cancel` may come from any thread at any time.

    `now` gives Beijing time, for the year that the terminal does not state. `encoding` is that of its texts.
    """

    def __init__(
        self,
        line: Line,
        *,
        now: Callable[[], datetime],
        password: str,
        times: ZvtTimes | None = None,
        clock: Callable[[], float] = monotonic,
        encoding: str = "cp437",
    ) -> None:
        self._times = times or ZvtTimes()
        over_tcp = line.name.startswith("socket://")
        self._link = (TcpApduLink if over_tcp else SerialApduLink)(line, self._times, clock)
        self._password = password
        self._clock = clock
        self._turn = threading.Lock()
        self._cancel = threading.Event()
        self._setting = Setting(self._link, self._times, clock, now, encoding, self._cancel.is_set)

    @property
    def capabilities(self) -> Capabilities:
        """All of the port's requests; two phases; the card is shown with the result."""
        return Capabilities(frozenset(CardOperation), two_phase=True, shows_card_before_result=False)

    @property
    def correlation(self) -> Correlation:
        """ZVT carries no reference of ours: the last transaction is matched by amount, receipt number and time."""
        return Correlation.LAST_ONLY

    def sign_on(self) -> CardOutcome:
        """Log on (06 00) and have the terminal initialise itself with its host (06 93)."""
        with self._turn:
            logged_on = self._admin(apdu.registration(self._password), Tells.NOTHING)
            if logged_on.verdict is not CardVerdict.APPROVED:
                return logged_on
            return self._admin(apdu.with_password(apdu.INITIALISATION, self._password))

    def status(self) -> TerminalStatus:
        """Ask the terminal how it is (05 01)."""
        with self._turn:
            return self._enquire()

    def pay(
        self,
        amount_fen: int,
        reference: str,
        *,
        on_card: Callable[[CardShown], bool] = any_card,
        commit: Callable[[CardRecord], bool],
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        """Authorise an amount (06 01). ZVT carries no `reference`."""
        del reference
        if not 0 < amount_fen <= MOST_FEN:
            return CardOutcome(CardVerdict.NOT_STARTED, reason=because(CardReason.BAD_AMOUNT))
        return self._money(apdu.authorisation(amount_fen), Judgement(amount_fen, on_card, commit), on_progress)

    def withdraw(
        self,
        amount_fen: int,
        reference: str,
        *,
        on_card: Callable[[CardShown], bool] = any_card,
        commit: Callable[[CardRecord], bool],
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        """Authorise an amount (06 01) that the agent hands out in cash."""
        return self.pay(amount_fen, reference, on_card=on_card, commit=commit, on_progress=on_progress)

    def balance(self, *, on_progress: Callable[[Progress], None] = unwatched) -> CardOutcome:
        """Ask for the card's balance (06 03), which comes in the amount field."""
        with self._turn:
            self._cancel.clear()
            hindered = self._hindrance()
            if hindered is not None:
                return hindered
            conversation = Conversation(self._setting, on_progress, Tells.RESULT)
            outcome = outcome_of_admin(conversation.request(apdu.apdu(apdu.BALANCE)), conversation.heard)
            if outcome.verdict is not CardVerdict.APPROVED:
                return outcome
            if outcome.record is None or outcome.record.amount_fen is None:
                return CardOutcome(CardVerdict.DECLINED, outcome.record, because(CardReason.NO_BALANCE))
            return CardOutcome(outcome.verdict, outcome.record, balance_fen=outcome.record.amount_fen)

    def void(
        self,
        original: CardRecord,
        *,
        commit: Callable[[CardRecord], bool],
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        """Reverse a transaction by its receipt number (06 30)."""
        try:
            command = apdu.reversal(self._password, original.receipt_no)
        except apdu.ApduError:
            return CardOutcome(CardVerdict.NOT_STARTED, reason=because(CardReason.NO_RECEIPT_NO))
        outcome = self._money(command, Judgement(original.amount_fen, any_card, commit), on_progress)
        if outcome.reason == reason_of(ALREADY_REVERSED):
            return replace(outcome, reason=because(CardReason.REVERSED))
        return outcome

    def refund(
        self,
        amount_fen: int,
        reference: str,
        *,
        original: CardRecord | None = None,
        commit: Callable[[CardRecord], bool],
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        """Give an amount back to a card (06 31). ZVT ties it to no original and carries no `reference`."""
        del reference, original
        if not 0 < amount_fen <= MOST_FEN:
            return CardOutcome(CardVerdict.NOT_STARTED, reason=because(CardReason.BAD_AMOUNT))
        return self._money(
            apdu.refund(self._password, amount_fen), Judgement(amount_fen, any_card, commit), on_progress
        )

    def last_result(
        self,
        intent: OpenIntent,
        *,
        on_card: Callable[[CardShown], bool] = any_card,
        commit: Callable[[CardRecord], bool] = refuse,
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        """Listen for an unfinished transaction, then have the last one told (06 20) and match it with the intent."""
        with self._turn:
            self._cancel.clear()
            on_progress(Progress.LISTENING)
            try:
                self._link.open()
            except LineError as error:
                return CardOutcome(CardVerdict.UNKNOWN, reason=because_terminal(condition_of_line(error)))
            judgement = Judgement(intent.amount_fen, on_card, commit)
            ends_at, patience_s = self._clock() + self._times.message_s, self._times.resumption_s
            while True:
                resumed = Conversation(self._setting, on_progress, judgement)
                end = resumed.listen(patience_s)
                if resumed.heard.result is not None and not (resumed.heard.committed and end.kind is EndKind.SILENT):
                    return _outcome(end, resumed)
                on_progress(Progress.ASKING_AGAIN)
                status = self._enquire()
                if status.condition not in _RESTS or self._clock() >= ends_at:
                    break
                on_progress(Progress.LISTENING)
                patience_s = self._times.ask_again_s
            if status.condition is not TerminalCondition.READY:
                return CardOutcome(CardVerdict.UNKNOWN, reason=because_terminal(status.condition))
            return self._last_told(intent, on_progress)

    def reprint(self) -> CardOutcome:
        """Have the last receipt told and printed again (06 20)."""
        with self._turn:
            hindered = self._hindrance()
            return hindered or self._admin(apdu.repeat_receipt(self._password))

    def settle(self) -> CardOutcome:
        """End of day (06 50)."""
        with self._turn:
            hindered = self._hindrance()
            return hindered or self._admin(apdu.with_password(apdu.END_OF_DAY, self._password))

    def display(self, text: str) -> CardOutcome:
        """Show a text on the terminal (06 E0); characters outside ASCII show as question marks."""
        with self._turn:
            return self._admin(apdu.display_text(text), Tells.NOT_EVEN_AN_END)

    def cancel(self) -> None:
        """Ask the terminal to end the request under way (06 B0), unless it has told its result already."""
        self._cancel.set()

    def close(self) -> None:
        """Give the line back."""
        with self._turn:
            self._link.close()

    def _money(self, command: bytes, judgement: Judgement, on_progress: Callable[[Progress], None]) -> CardOutcome:
        with self._turn:
            self._cancel.clear()
            hindered = self._hindrance()
            if hindered is not None:
                return hindered
            conversation = Conversation(self._setting, on_progress, judgement)
            return _outcome(conversation.request(command), conversation)

    def _admin(self, command: bytes, tells: Tells = Tells.RESULT) -> CardOutcome:
        conversation = Conversation(self._setting, unwatched, tells)
        end = conversation.request(command)
        return outcome_of_admin(end, conversation.heard)

    def _hindrance(self) -> CardOutcome | None:
        """Log on and ask how the terminal is; the outcome of the request when it is not to be sent."""
        conversation = Conversation(self._setting, unwatched, Tells.NOTHING)
        end = conversation.request(apdu.registration(self._password))
        if not conversation.heard.unfinished and end.kind is EndKind.COMPLETED:
            conversation = Conversation(self._setting, unwatched, Tells.NOTHING)
            end = conversation.request(apdu.status_enquiry(self._password))
        if conversation.heard.unfinished:
            return CardOutcome(CardVerdict.NOT_STARTED, reason=because(CardReason.UNFINISHED))
        if end.kind is EndKind.COMPLETED:
            condition = status_of(end.data).condition
            return (
                CardOutcome(CardVerdict.NOT_STARTED, reason=because_terminal(condition))
                if condition in _RESTS
                else None
            )
        if end.kind is EndKind.REFUSED and end.code != BUSY:
            # It is there, and answers what it does not know; the request itself will tell.
            return None
        return CardOutcome(CardVerdict.NOT_STARTED, reason=reason_of_end(end))

    def _enquire(self) -> TerminalStatus:
        conversation = Conversation(self._setting, unwatched, Tells.NOTHING)
        end = conversation.request(apdu.status_enquiry(self._password))
        if conversation.heard.unfinished:
            return TerminalStatus(TerminalCondition.BUSY)
        if end.kind is EndKind.COMPLETED:
            return status_of(end.data)
        if end.kind in {EndKind.REFUSED, EndKind.ABORTED}:
            return TerminalStatus(condition_of_refusal(end.code), f"{end.code:02X}")
        if end.fault is not None:
            return TerminalStatus(condition_of_line(end.fault))
        return TerminalStatus(TerminalCondition.NO_ANSWER)

    def _last_told(self, intent: OpenIntent, on_progress: Callable[[Progress], None]) -> CardOutcome:
        """Have the last transaction told (06 20) and match it."""
        self._admin(apdu.registration(self._password), Tells.NOTHING)
        conversation = Conversation(self._setting, on_progress, Tells.RESULT)
        end = conversation.request(apdu.repeat_receipt(self._password))
        told = conversation.heard.result
        if told is None or told.result is None:
            return CardOutcome(CardVerdict.UNKNOWN, reason=reason_of_end(end))
        match = match_last(told.record, approved=told.approved, intent=intent, correlation=self.correlation)
        return outcome_of_match(match, told.record, tuple(conversation.heard.lines))


def _outcome(end: End, conversation: Conversation) -> CardOutcome:
    """The outcome, or what a callback had raised, now that the terminal has been told."""
    if conversation.heard.raised is not None:
        raise conversation.heard.raised
    return outcome_of_money(end, conversation.heard)
