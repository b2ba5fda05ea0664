"""One request to a ZVT terminal, from the command to its completion or abort, with every answer on the way.

After it has accepted a command the terminal leads: each of its messages is answered, and its result (04 0F) is judged
before it is answered, because the answer decides. 80 00 00 takes the result over, 84 66 00 says "not issued" and the
terminal reverses. A result that comes again word for word gets the same answer again and is not judged again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from station_pos.devices.card_reasons import CardReason, because
from station_pos.devices.ports import LineError
from station_pos.devices.zvt import apdu
from station_pos.devices.zvt.link import NotAcknowledgedError
from station_pos.devices.zvt.printing import printed_block, printed_line
from station_pos.devices.zvt.result_codes import progress_of
from station_pos.devices.zvt.status_information import StatusInformation, parse_status_information

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from station_pos.devices.card_terminal import CardRecord, CardShown, Reason
    from station_pos.devices.card_terminal_state import Progress
    from station_pos.devices.zvt.link import ApduLink, ZvtTimes

_SLICE_S: Final = 0.25
_ANSWER_CLASSES: Final = {0x80, 0x84}


class EndKind(StrEnum):
    """How a conversation ended.

    NOT_SENT: no byte of the command left, the line failing (`fault`) or an earlier
    result not being settled. REFUSED: the terminal answered 84. COMPLETED: 06 0F. ABORTED: 06 1E. SILENT:
    it did not go on in time. LOST: the line failed, `fault` says how. QUIET: it was listened to and had nothing to say.
    """

    NOT_SENT = "not_sent"
    REFUSED = "refused"
    COMPLETED = "completed"
    ABORTED = "aborted"
    SILENT = "silent"
    LOST = "lost"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class End:
    """How a conversation ended, with the terminal's code or the line's fault."""

    kind: EndKind
    code: int = 0
    data: bytes = b""
    fault: LineError | None = None


class Tells(StrEnum):
    """What a request may bring besides its end.

    RESULT: a status information, accepted as it moves no money. NOTHING: none; one that comes belongs to an earlier
    transaction, and the terminal is asked to wait with it. NOT_EVEN_AN_END: accepting the command may be all.
    """

    RESULT = "result"
    NOTHING = "nothing"
    NOT_EVEN_AN_END = "not_even_an_end"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Who decides about a result that moves money: the amount that it must state, then the card, then the journal."""

    amount_fen: int | None
    on_card: Callable[[CardShown], bool]
    commit: Callable[[CardRecord], bool]


@dataclass(slots=True)
class Heard:
    """What the terminal has told so far. `refusal` is why its result was refused, `committed` that it was taken over.

    `unfinished`: it told a result that this request did not ask for, and was asked to wait with it.
    """

    result: StatusInformation | None = None
    committed: bool = False
    refusal: Reason | None = None
    reversal: StatusInformation | None = None
    two_results: bool = False
    unfinished: bool = False
    raised: Exception | None = None
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Setting:
    """What each conversation with one terminal has in common."""

    link: ApduLink
    times: ZvtTimes
    clock: Callable[[], float]
    now: Callable[[], datetime]
    encoding: str
    cancel_asked: Callable[[], bool]


class Conversation:
    """One request: with a judgement on its result, or with what it may tell where it moves no money."""

    def __init__(self, setting: Setting, on_progress: Callable[[Progress], None], judgement: Judgement | Tells) -> None:
        self._setting = setting
        self._on_progress = on_progress
        self._judgement = judgement
        self._told: bytes | None = None
        self._answer = apdu.ACCEPTED
        self._accepted = False
        self._abort_sent = False
        self._last_answer_arrived = True
        self.heard = Heard()

    def request(self, command: bytes) -> End:
        """Send a command and go on until the terminal ends it, or time does."""
        link, times = self._setting.link, self._setting.times
        sent = False
        try:
            link.open()
            self._hear_leftovers()
            if self.heard.unfinished:
                return End(EndKind.NOT_SENT)
            sent = True
            # Only a frame that could not be read goes out again: two of these may never arrive.
            link.send(command, again_on_silence=not isinstance(self._judgement, Judgement))
        except LineError as error:
            link.close()
            return End(EndKind.LOST if sent else EndKind.NOT_SENT, fault=error)
        except NotAcknowledgedError:
            return End(EndKind.SILENT)
        return self._follow(times.answer_s)

    def listen(self, patience_s: float) -> End:
        """Hear what the terminal says by itself: the rest of a transaction that a cut had interrupted, or nothing.

        An answer to what was sent before the cut is not the next message of a transaction: it is passed over, and the
        terminal is listened to for as long again.
        """
        self._accepted = True
        try:
            received = self._setting.link.receive(patience_s)
            while received is not None and received[0] in _ANSWER_CLASSES:
                received = self._setting.link.receive(patience_s)
            end = None if received is None else self._hear(received)
        except LineError as error:
            return self._lost(error)
        if received is None:
            return End(EndKind.QUIET)
        return end or self._follow(self._setting.times.message_s)

    def _lost(self, error: LineError) -> End:
        self._setting.link.close()
        return End(EndKind.LOST, fault=error)

    def _follow(self, patience_s: float) -> End:
        clock, times = self._setting.clock, self._setting.times
        whole_ends_at = clock() + times.whole_s
        ends_at = clock() + patience_s
        while (now := clock()) < min(ends_at, whole_ends_at):
            try:
                self._send_abort_if_asked()
                received = self._setting.link.receive(min(_SLICE_S, ends_at - now))
                if received is None:
                    continue
                end = self._hear(received)
            except LineError as error:
                return self._lost(error)
            if end is not None:
                return end
            # A terminal that no longer acknowledges is waited for as long as it may send its last frame again.
            patience_s = times.message_s if self._last_answer_arrived else times.resumption_s
            if self._judgement is Tells.NOT_EVEN_AN_END:
                patience_s = min(patience_s, times.ask_again_s)
            ends_at = clock() + patience_s
        enough = self._judgement is Tells.NOT_EVEN_AN_END and self._accepted
        return End(EndKind.COMPLETED if enough else EndKind.SILENT)

    def _send_abort_if_asked(self) -> None:
        if self._abort_sent or not self._accepted or self._told is not None or not self._setting.cancel_asked():
            return
        self._abort_sent = True
        self._deliver(apdu.apdu(apdu.ABORT_BY_COUNTER))

    def _hear_leftovers(self) -> None:
        """Answer what a late terminal still said of an earlier request, so that none of it is taken for this one's."""
        while (received := self._setting.link.receive(0)) is not None:
            self._hear_stale(received)

    def _hear_stale(self, received: bytes) -> None:
        if int.from_bytes(received[:2], "big") == apdu.STATUS_INFORMATION:
            self.heard.unfinished = True
            self._deliver(apdu.PLEASE_WAIT)
        elif received[0] not in _ANSWER_CLASSES:
            self._deliver(apdu.ACCEPTED)

    def _deliver(self, message: bytes) -> None:
        try:
            self._setting.link.send(message)
            self._last_answer_arrived = True
        except NotAcknowledgedError:
            # It may have it all the same, and tells the rest; or it says its last message again.
            self._last_answer_arrived = False

    def _hear(self, received: bytes) -> End | None:
        """Take one message and answer it; the end of the conversation if it was that."""
        try:
            command, data = apdu.command_and_data(received)
        except apdu.ApduError:
            self._deliver(apdu.NOT_POSSIBLE)
            return None
        if received[0] in _ANSWER_CLASSES:
            return self._hear_answer(received)
        if not self._accepted:
            self._hear_stale(received)
            return None
        if command == apdu.STATUS_INFORMATION:
            self._deliver(self._judge(data))
            return None
        known = command in {apdu.INTERMEDIATE_STATUS, apdu.PRINT_LINE, apdu.PRINT_BLOCK, apdu.COMPLETION, apdu.ABORT}
        self._deliver(apdu.ACCEPTED if known else apdu.NOT_POSSIBLE)
        if command == apdu.COMPLETION:
            return End(EndKind.COMPLETED, data=data)
        if command == apdu.ABORT:
            return End(EndKind.ABORTED, data[0] if data else 0, data)
        self._note(command, data)
        return None

    def _hear_answer(self, received: bytes) -> End | None:
        if received == apdu.ACCEPTED:
            self._accepted = True
        elif received[0] != apdu.ACCEPTED[0] and not self._accepted:
            return End(EndKind.REFUSED, received[1])
        return None

    def _note(self, command: int, data: bytes) -> None:
        if command == apdu.INTERMEDIATE_STATUS and data:
            self._on_progress(progress_of(data[0]))
        elif command == apdu.PRINT_LINE:
            self.heard.lines.append(printed_line(data, self._setting.encoding))
        elif command == apdu.PRINT_BLOCK:
            self.heard.lines += printed_block(data, self._setting.encoding)

    def _judge(self, data: bytes) -> bytes:
        """The answer to a result: what was said before when it comes again, else what the judgement says."""
        if self._judgement in {Tells.NOTHING, Tells.NOT_EVEN_AN_END}:
            self.heard.unfinished = True
            return apdu.PLEASE_WAIT
        if data == self._told:
            return self._answer
        told = parse_status_information(data, self._setting.now(), self._setting.encoding)
        if self._told is None:
            self._told, self.heard.result = data, told
            self._answer = self._first_answer(told)
            return self._answer
        if self.heard.refusal is not None:
            self.heard.reversal = told
            return apdu.ACCEPTED
        if not isinstance(self._judgement, Judgement):
            return apdu.ACCEPTED
        first = self.heard.result
        if first is not None and first.approved == told.approved and _same(first.record, told.record):
            return self._answer
        self.heard.two_results = True
        return apdu.NOT_ISSUED if told.approved else apdu.ACCEPTED

    def _first_answer(self, told: StatusInformation) -> bytes:
        judgement = self._judgement
        if not isinstance(judgement, Judgement) or (told.result is not None and not told.approved):
            return apdu.ACCEPTED
        self.heard.refusal = self._refusal(told, judgement)
        self.heard.committed = self.heard.refusal is None
        return apdu.ACCEPTED if self.heard.committed else apdu.NOT_ISSUED

    def _refusal(self, told: StatusInformation, judgement: Judgement) -> Reason | None:
        if told.result is None or told.record.amount_fen is None:
            return because(CardReason.UNREADABLE_RESULT)
        if judgement.amount_fen not in {None, told.record.amount_fen}:
            return because(CardReason.AMOUNT_DIFFERS)
        try:
            if not judgement.on_card(told.record.card):
                return because(CardReason.CARD_REFUSED)
            if not judgement.commit(told.record):
                return because(CardReason.NOT_ISSUED)
        except Exception as error:  # noqa: BLE001 - whatever failed, the terminal has to hear that nothing was paid out
            self.heard.raised = error
            return because(CardReason.NOT_ISSUED)
        return None


def _same(one: CardRecord, other: CardRecord) -> bool:
    return (one.trace_no, one.receipt_no, one.amount_fen) == (other.trace_no, other.receipt_no, other.amount_fen)
