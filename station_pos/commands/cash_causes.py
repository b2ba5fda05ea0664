"""Why a drawer may differ from the books: causes by the day's own entries, ranked by likelihood, never a verdict.

Each cause explains the whole difference by one thing that happens at counters: change given twice, a note taken for
another, one entry made twice, cash given back too early, a slip by a factor of ten, swapped digits, a miscounted
note. Whoever looks decides; the machine only says where to look first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from station_journal.facts.cash import NOTE_FACES_FEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from station_journal.facts.cash import NoteLine


class EntryType(StrEnum):
    """What kind of entry moved the drawer, as far as its causes differ."""

    BILL = "bill"
    RETURN = "return"
    MOVE = "move"
    OTHER = "other"


class OpenItem(StrEnum):
    """What an entry still waits for: the result of a payment, or the customer for the cash."""

    NOTHING = "nothing"
    RESULT = "result"
    CASH_DUE = "cash_due"


@dataclass(frozen=True, slots=True)
class DrawerEntry:
    """An entry as the causes see it; ``change_fen`` is what the books say it did to the drawer.

    ``tendered_fen`` is what a payer handed over. ``typed`` tells that the amount was keyed by the operator.
    ``reprints`` counts marked copies of its slip and slips that may not have come out. ``in_period`` is False for one
    that still waits from before the period.
    """

    seq: int
    kind: EntryType
    at: datetime
    change_fen: int
    tendered_fen: int = 0
    typed: bool = False
    reprints: int = 0
    waits: OpenItem = OpenItem.NOTHING
    in_period: bool = True


class CauseKind(StrEnum):
    """What may have happened."""

    CASH_BACK_UNRECORDED = "cash_back_unrecorded"
    CASH_BACK_TOO_EARLY = "cash_back_too_early"
    ENTERED_TWICE = "entered_twice"
    CHANGE_TWICE = "change_twice"
    CHANGE_NOT_GIVEN = "change_not_given"
    CHANGE_SWAPPED = "change_swapped"
    RETURN_NOT_HANDED = "return_not_handed"
    DONE_TWICE = "done_twice"
    NOT_DONE = "not_done"
    WRONG_WAY = "wrong_way"
    TIMES_TEN = "times_ten"
    SWAPPED = "swapped"
    WRONG_NOTE = "wrong_note"
    MISCOUNTED = "miscounted"
    COUNTS_SWAPPED = "counts_swapped"
    MOVE_UNRECORDED = "move_unrecorded"


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that would explain the whole difference; ``seqs`` are the entries it is about, the likeliest first.

    ``notes_fen`` are the two notes, or the note and the pieces, that a cause about notes names.
    """

    kind: CauseKind
    seqs: tuple[int, ...]
    weight: int
    notes_fen: tuple[int, int] = (0, 0)


REPRINT_WEIGHT = 25
"""A slip that jammed or was printed again makes it likelier that cash was handed over again too."""
_ROUND_FEN = 1_000
_MISCOUNT_MOST = 3


def causes(difference_fen: int, entries: Sequence[DrawerEntry], counted: Iterable[NoteLine] = ()) -> tuple[Cause, ...]:
    """List what would explain a difference (counted less expected, in fen), the likeliest first; none for none.

    ``counted`` is the count by note. Of causes that weigh the same the later entry comes first: memory is freshest.
    """
    if not difference_fen:
        return ()
    found = [
        *(cause for entry in entries for cause in _of_entry(difference_fen, entry)),
        *_twins(difference_fen, entries),
        *_wrong_note(difference_fen, entries),
        *_of_count(difference_fen, tuple(counted)),
        *_unrecorded(difference_fen),
    ]
    best: dict[tuple[CauseKind, tuple[int, ...]], Cause] = {}
    for cause in found:
        named = cause.kind, cause.seqs
        if named not in best or best[named].weight < cause.weight:
            best[named] = cause
    return tuple(sorted(best.values(), key=lambda cause: (-cause.weight, tuple(-seq for seq in cause.seqs))))


def _of_entry(difference_fen: int, entry: DrawerEntry) -> Iterator[Cause]:
    """Give what one entry alone may explain."""
    if difference_fen == -abs(entry.change_fen):
        if entry.waits is OpenItem.CASH_DUE:
            yield Cause(CauseKind.CASH_BACK_UNRECORDED, (entry.seq,), 90)
        if entry.waits is OpenItem.RESULT:
            yield Cause(CauseKind.CASH_BACK_TOO_EARLY, (entry.seq,), 85)
    if not entry.in_period:
        return
    again = REPRINT_WEIGHT if entry.reprints else 0
    if entry.kind is EntryType.BILL:
        yield from _change(difference_fen, entry, again)
    yield from _amount(difference_fen, entry, again)


def _change(difference_fen: int, entry: DrawerEntry, again: int) -> Iterator[Cause]:
    change_fen = entry.tendered_fen - entry.change_fen
    if change_fen <= 0:
        return
    if difference_fen == -change_fen:
        yield Cause(CauseKind.CHANGE_TWICE, (entry.seq,), 70 + again)
    if difference_fen == change_fen:
        yield Cause(CauseKind.CHANGE_NOT_GIVEN, (entry.seq,), 65)
    if any(change_fen - other == difference_fen for other in _swaps(change_fen)):
        yield Cause(CauseKind.CHANGE_SWAPPED, (entry.seq,), 42)


def _amount(difference_fen: int, entry: DrawerEntry, again: int) -> Iterator[Cause]:
    """Give what a wrong amount, a wrong direction, or an entry without its cash may explain."""
    booked_fen = entry.change_fen
    if difference_fen == -booked_fen:
        if entry.kind is EntryType.RETURN:
            yield Cause(CauseKind.RETURN_NOT_HANDED, (entry.seq,), 65)
        else:
            yield Cause(CauseKind.NOT_DONE, (entry.seq,), 50 if entry.kind is EntryType.MOVE else 20)
    if difference_fen == booked_fen:
        weight = 30 if entry.kind is EntryType.BILL else 60
        yield Cause(CauseKind.DONE_TWICE, (entry.seq,), weight + again)
    if entry.kind is EntryType.MOVE and difference_fen == -2 * booked_fen:
        yield Cause(CauseKind.WRONG_WAY, (entry.seq,), 75)
    typed = 30 if entry.typed else 0
    if difference_fen == 9 * booked_fen or 10 * difference_fen == -9 * booked_fen:
        yield Cause(CauseKind.TIMES_TEN, (entry.seq,), 30 + typed)
    sign = 1 if booked_fen > 0 else -1
    if any(sign * (other - abs(booked_fen)) == difference_fen for other in _swaps(abs(booked_fen))):
        yield Cause(CauseKind.SWAPPED, (entry.seq,), 25 + typed)


def _swaps(amount_fen: int) -> Iterator[int]:
    """Give what an amount becomes when two neighbouring digits change places, as typed: whole yuan have no cents."""
    tail = 100 if amount_fen % 100 == 0 else 1
    digits = str(amount_fen // tail)
    for place in range(len(digits) - 1):
        swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
        if swapped != digits:
            yield int(swapped) * tail


def _twins(difference_fen: int, entries: Sequence[DrawerEntry]) -> Iterator[Cause]:
    """Give pairs of one amount of which one may be no customer's: recorded twice, cash taken once."""
    bills = [entry for entry in entries if entry.kind is EntryType.BILL and entry.in_period]
    alike = [entry for entry in bills if difference_fen == -entry.change_fen]
    for earlier, later in pairwise(alike):
        yield Cause(CauseKind.ENTERED_TWICE, (later.seq, earlier.seq), 80)


def _wrong_note(difference_fen: int, entries: Sequence[DrawerEntry]) -> Iterator[Cause]:
    """Give the bills whose stated tender was one note while another may have been handed over."""
    for stated_fen in NOTE_FACES_FEN:
        handed_fen = stated_fen + difference_fen
        if handed_fen not in NOTE_FACES_FEN:
            continue
        bills = [
            entry.seq
            for entry in entries
            if entry.kind is EntryType.BILL and entry.in_period and entry.tendered_fen == stated_fen
        ]
        if bills:
            yield Cause(CauseKind.WRONG_NOTE, tuple(reversed(bills)), 45, (stated_fen, handed_fen))


def _of_count(difference_fen: int, counted: tuple[NoteLine, ...]) -> Iterator[Cause]:
    """Give what a slip in counting may explain: a note too many or too few, two numbers in each other's place."""
    for line in counted:
        pieces, rest = divmod(abs(difference_fen), line.face_fen)
        if rest == 0 and 1 <= pieces <= _MISCOUNT_MOST:
            yield Cause(CauseKind.MISCOUNTED, (), 40 - 5 * pieces, (line.face_fen, pieces))
        elif any((line.pieces - other) * line.face_fen == difference_fen for other in _swaps_of_count(line.pieces)):
            yield Cause(CauseKind.MISCOUNTED, (), 38, (line.face_fen, abs(difference_fen) // line.face_fen))
    for place, line in enumerate(counted):
        for other in counted[place + 1 :]:
            crossed_fen = (line.face_fen - other.face_fen) * (line.pieces - other.pieces)
            if crossed_fen == difference_fen:
                yield Cause(CauseKind.COUNTS_SWAPPED, (), 48, (line.face_fen, other.face_fen))


def _swaps_of_count(pieces: int) -> Iterator[int]:
    digits = str(pieces)
    if len(digits) > 1:
        yield int(digits[::-1])


def _unrecorded(difference_fen: int) -> Iterator[Cause]:
    """Give cash put in or taken out without an entry: round sums, since nobody takes 14.80 out of a drawer."""
    if difference_fen % _ROUND_FEN == 0:
        weight = 44 if difference_fen % (10 * _ROUND_FEN) == 0 else 37
        yield Cause(CauseKind.MOVE_UNRECORDED, (), weight)
