"""Whether the terminal's last transaction is the one that an open intent asked for; a pure rule.

A terminal that repeats our reference settles it by that. One that knows only its last transaction settles it by three
facts that must agree: the same amount, another receipt number than the last one we knew, and a time not before the
intent. A transaction that the journal knew before the intent, and the reversal of one, is not ours whatever its amount.
Whatever is neither clearly ours nor clearly another's is UNCLEAR: both wrong answers cost somebody money.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from station_pos.devices.card_reasons import CardReason, because
from station_pos.devices.card_terminal import CardOutcome, CardVerdict, Correlation

if TYPE_CHECKING:
    from station_pos.devices.card_terminal import CardRecord, OpenIntent


class Match(StrEnum):
    """What the terminal's last transaction says of the intent.

    HAPPENED: it is ours and stands. REVERSED: it undid ours. DID_NOT_HAPPEN: it is an earlier one, or ours was refused.
    UNCLEAR: it proves neither.
    """

    HAPPENED = "happened"
    REVERSED = "reversed"
    DID_NOT_HAPPEN = "did_not_happen"
    UNCLEAR = "unclear"


def match_last(last: CardRecord, *, approved: bool, intent: OpenIntent, correlation: Correlation) -> Match:
    """Judge the last transaction of the terminal; `approved` is whether its own result code said so."""
    if correlation is Correlation.ECHO_REF:
        return _by_reference(last, approved=approved, intent=intent)
    if _is_known(last, intent) or _undoes_a_known_one(last, intent):
        return Match.DID_NOT_HAPPEN
    if last.terminal_time is None:
        return Match.UNCLEAR
    if last.terminal_time < intent.not_before:
        # An earlier transaction that we did not know of, or a terminal whose clock is slow: only the amount can tell,
        # or that it was refused, whosever it is. A refused reversal says nothing of what it was to undo.
        refused = not approved and not last.reverses_trace_no
        same = last.amount_fen in {intent.amount_fen, None}
        return Match.UNCLEAR if same and not refused else Match.DID_NOT_HAPPEN
    if last.amount_fen != intent.amount_fen or not last.receipt_no or last.receipt_no == intent.known_receipt_no:
        return Match.UNCLEAR
    if last.reverses_trace_no:
        return Match.UNCLEAR if last.reverses_trace_no == intent.known_trace_no or not approved else Match.REVERSED
    return Match.HAPPENED if approved else Match.DID_NOT_HAPPEN


def _by_reference(last: CardRecord, *, approved: bool, intent: OpenIntent) -> Match:
    if not last.our_reference:
        return Match.UNCLEAR
    if last.our_reference != intent.reference:
        # Nothing was started after the intent, so ours would be the last one.
        return Match.DID_NOT_HAPPEN
    if last.amount_fen != intent.amount_fen:
        return Match.UNCLEAR
    if last.reverses_trace_no:
        return Match.REVERSED if approved else Match.UNCLEAR
    return Match.HAPPENED if approved else Match.DID_NOT_HAPPEN


def _is_known(last: CardRecord, intent: OpenIntent) -> bool:
    """Whether this is a transaction that the journal knew before the intent.

    The last one of those is known by every number that both sides have, earlier ones by both numbers: they come round.
    """
    pairs = [(last.receipt_no, intent.known_receipt_no), (last.trace_no, intent.known_trace_no)]
    stated = [(theirs, ours) for theirs, ours in pairs if theirs and ours]
    if stated and all(theirs == ours for theirs, ours in stated):
        return True
    numbers = last.receipt_no, last.trace_no
    return all(numbers) and any((one.receipt_no, one.trace_no) == numbers for one in intent.known)


def _undoes_a_known_one(last: CardRecord, intent: OpenIntent) -> bool:
    """Whether this is the reversal of a transaction that the terminal had reversed before the intent."""
    undone = last.reverses_trace_no
    return bool(undone) and any(one.undone and one.trace_no == undone for one in intent.known)


def outcome_of_match(match: Match, last: CardRecord, lines: tuple[str, ...] = ()) -> CardOutcome:
    """The intent's outcome; another's transaction is not handed on as its record."""
    if match is Match.HAPPENED:
        return CardOutcome(CardVerdict.APPROVED, last, lines=lines)
    if match is Match.REVERSED:
        return CardOutcome(CardVerdict.DECLINED, last, because(CardReason.REVERSED), reversal=last, lines=lines)
    if match is Match.DID_NOT_HAPPEN:
        return CardOutcome(CardVerdict.DECLINED, reason=because(CardReason.DID_NOT_HAPPEN))
    return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.UNCLEAR))
