"""What a ZVT conversation that has ended means for the counter; pure.

Approved takes three things: a result with code 00 that was taken over, and the terminal's completion after it. Refused
takes the terminal's word that it has reversed. Everything between is unknown, because it may have moved money.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_pos.devices.card_privacy import mask_card_data
from station_pos.devices.card_reasons import CardReason, because, because_terminal, condition_of_line
from station_pos.devices.card_terminal import CardOutcome, CardVerdict, Reason
from station_pos.devices.card_terminal_state import TerminalCondition, TerminalStatus
from station_pos.devices.zvt.conversation import EndKind
from station_pos.devices.zvt.result_codes import BUSY, CANCELLED, REVERSAL_CONFIRMED, condition_of, reason_of

if TYPE_CHECKING:
    from station_pos.devices.zvt.conversation import End, Heard


def outcome_of_money(end: End, heard: Heard) -> CardOutcome:
    """The outcome of a request that moves money."""
    verdict, reason = _judged(end, heard)
    record = heard.result.record if heard.result is not None else None
    reversal = heard.reversal.record if heard.reversal is not None and heard.reversal.approved else None
    return CardOutcome(verdict, record, reason, reversal=reversal, lines=tuple(heard.lines))


def _judged(end: End, heard: Heard) -> tuple[CardVerdict, Reason]:
    if end.kind is EndKind.NOT_SENT:
        return CardVerdict.NOT_STARTED, reason_of_end(end)
    if end.kind is EndKind.REFUSED:
        return CardVerdict.DECLINED, reason_of(end.code)
    if heard.two_results:
        return CardVerdict.UNKNOWN, because(CardReason.TWO_RESULTS)
    if heard.refusal is not None:
        return _refused(end, heard, heard.refusal)
    if heard.committed:
        if end.kind is EndKind.COMPLETED:
            return CardVerdict.APPROVED, Reason()
        ended = because(CardReason.ABORTED_AFTER_APPROVAL) if end.kind is EndKind.ABORTED else reason_of_end(end)
        return CardVerdict.UNKNOWN, ended
    if heard.result is not None and heard.result.result is not None:
        return _verdict_of(heard.result.result), reason_of(heard.result.result)
    if end.kind is EndKind.ABORTED:
        return _verdict_of(end.code), reason_of(end.code)
    return CardVerdict.UNKNOWN, reason_of_end(end)


def _refused(end: End, heard: Heard, refusal: Reason) -> tuple[CardVerdict, Reason]:
    if end.kind is EndKind.ABORTED:
        if end.code in REVERSAL_CONFIRMED:
            return CardVerdict.DECLINED, refusal
        return CardVerdict.UNKNOWN, because(CardReason.REVERSAL_FAILED)
    reversal = heard.reversal
    if end.kind is EndKind.COMPLETED and reversal is not None and reversal.approved:
        # Only a message that names what it undid is the reversal, not one more approval.
        if reversal.record.reverses_trace_no:
            return CardVerdict.DECLINED, refusal
        return CardVerdict.UNKNOWN, because(CardReason.TWO_RESULTS)
    return CardVerdict.UNKNOWN, because(CardReason.REVERSAL_UNCONFIRMED)


def outcome_of_admin(end: End, heard: Heard) -> CardOutcome:
    """The outcome of a request that moves no money: sign-on, display, end of day."""
    told = heard.result
    record, lines = (told.record if told else None), tuple(heard.lines)
    if end.kind is EndKind.COMPLETED and (told is None or told.result in {None, 0}):
        return CardOutcome(CardVerdict.APPROVED, record, totals=told.totals if told else None, lines=lines)
    if end.kind is EndKind.COMPLETED and told is not None and told.result is not None:
        return CardOutcome(_verdict_of(told.result), record, reason_of(told.result), lines=lines)
    if end.kind is EndKind.NOT_SENT:
        return CardOutcome(CardVerdict.NOT_STARTED, reason=reason_of_end(end))
    if end.kind in {EndKind.REFUSED, EndKind.ABORTED}:
        return CardOutcome(_verdict_of(end.code), record, reason_of(end.code), lines=lines)
    return CardOutcome(CardVerdict.UNKNOWN, record, reason_of_end(end), lines=lines)


def reason_of_end(end: End) -> Reason:
    """Why a conversation ended as it did, where no result says it."""
    if end.fault is not None:
        return because_terminal(condition_of_line(end.fault))
    if end.kind in {EndKind.REFUSED, EndKind.ABORTED}:
        return reason_of(end.code)
    if end.kind is EndKind.NOT_SENT:
        return because(CardReason.UNFINISHED)
    return because(CardReason.NO_RESULT if end.kind is EndKind.COMPLETED else CardReason.SILENT)


def status_of(data: bytes) -> TerminalStatus:
    """Read the completion of a status enquiry: the software's name with its length before it, then the status byte.

    A completion without data is a terminal that is ready and says no more.
    """
    if not data:
        return TerminalStatus(TerminalCondition.READY)
    for digits in (3, 2):
        head = data[:digits]
        if len(head) == digits and all(digit & 0xF0 == 0xF0 and digit & 0x0F <= 9 for digit in head):  # noqa: PLR2004
            length = int("".join(str(digit & 0x0F) for digit in head))
            name, rest = data[digits : digits + length], data[digits + length :]
            if len(name) == length and rest:
                software = mask_card_data(name.decode("ascii", "replace"))
                return TerminalStatus(condition_of(rest[0]), f"{rest[0]:02X}", software)
    return TerminalStatus(condition_of(data[-1]), f"{data[-1]:02X}")


def condition_of_refusal(code: int) -> TerminalCondition:
    """How a terminal is that refuses even a question about itself."""
    return TerminalCondition.BUSY if code == BUSY else TerminalCondition.READY


def _verdict_of(code: int) -> CardVerdict:
    return CardVerdict.CANCELLED if code == CANCELLED else CardVerdict.DECLINED
