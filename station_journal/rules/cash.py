"""Posting rules of cash: float, cash in and out, counts and closes.

The drawer is moved by the station's own records alone, so what it should hold is known offline. A difference goes into
the shop's own funds where the operator agrees, and into suspense where not: nobody owes it then. Either way the drawer
in the books is what was counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from station_journal.accounts import Account, Ledger
from station_journal.effects import NOTHING, At, Effects, move, suspense
from station_journal.facts.cash import (
    CashMoved,
    CashReason,
    CloseVerdict,
    DayClosed,
    DayCounted,
    FloatCounted,
    NoteLine,
    notes_fen,
)
from station_journal.facts.disputes import DisputeAbout
from station_journal.fields import Signed
from station_journal.money import FEN_MAX
from station_journal.payment import Suspense
from station_journal.rules.case import THE_CASE_BOOK, opened_case
from station_journal.subject import Subject, SubjectKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Record

_DRAWER = Ledger(Account.DRAWER)
_SHOP = Ledger(Account.SHOP_FUNDS)


@dataclass(frozen=True, slots=True)
class CashBook(Subject):
    """Where the station's drawer stands in its periods; one for each station.

    ``cut_seq`` is the record at which the last close cut, ``closed_seq`` the close itself, ``opening_fen`` what was
    counted at that cut. ``count_seq`` is the newest count, ``float_seq`` the newest float.
    """

    SUBJECT: ClassVar[int] = 20
    count_no: int = 0
    count_seq: int = 0
    z_no: int = 0
    cut_seq: int = 0
    closed_seq: int = 0
    opening_fen: int = 0
    float_seq: int = 0

    @property
    def key(self) -> str:
        """There is one drawer (docs/adr/0017)."""
        return CASH_BOOK_KEY


CASH_BOOK_KEY = "drawer"


@dataclass(frozen=True, slots=True)
class CashCount(Subject):
    """One count of the drawer beside what the books said at its record; ``z_no`` is the close that used it, else 0."""

    SUBJECT: ClassVar[int] = 21
    seq: int
    count_no: int
    business_date: date
    recorded_at: datetime
    operator_no: int
    expected_fen: Signed
    coins_fen: int
    notes: tuple[NoteLine, ...]
    z_no: int = 0

    @property
    def key(self) -> str:
        """Its record."""
        return str(self.seq)

    @property
    def state_no(self) -> int:
        """1 once a close used it."""
        return 1 if self.z_no else 0

    @property
    def counted_fen(self) -> int:
        """What was counted."""
        return notes_fen(self.notes, self.coins_fen)

    @property
    def difference_fen(self) -> int:
        """Counted less expected: below zero the drawer is short."""
        return self.counted_fen - self.expected_fen


@dataclass(frozen=True, slots=True)
class ZStatement(Subject):
    """A close as both sides list it; records above ``after_seq`` up to ``cut_seq`` are in it and in no other."""

    SUBJECT: ClassVar[int] = 22
    z_no: int
    closed_seq: int
    closed_at: datetime
    business_date: date
    operator_no: int
    verdict: CloseVerdict
    after_seq: int
    cut_seq: int
    counted_fen: int
    expected_fen: Signed

    @property
    def key(self) -> str:
        """Its number, so that lists are in order."""
        return f"{self.z_no:08d}"

    @property
    def state_no(self) -> int:
        """The verdict's number."""
        return int(self.verdict)

    @property
    def difference_fen(self) -> int:
        """Counted less expected."""
        return self.counted_fen - self.expected_fen


@dataclass(frozen=True, slots=True)
class CashMove(Subject):
    """Cash put in or taken out by one counter job."""

    SUBJECT: ClassVar[int] = 23
    operation_no: int
    seq: int
    reason: CashReason
    amount_fen: int

    @property
    def key(self) -> str:
        """The counter job."""
        return str(self.operation_no)


_THE_BOOK = SubjectKey(CashBook.SUBJECT, CASH_BOOK_KEY)


def _book(at: At) -> CashBook:
    return at.books.subject(CashBook, CASH_BOOK_KEY) or CashBook()


def _float_counted(at: At, fact: FloatCounted) -> Effects:
    counted_fen = notes_fen(fact.notes, fact.coins_fen)
    above_fen = counted_fen - at.books.drawer_fen()
    if above_fen < 0 or counted_fen > FEN_MAX:
        # Cash that is missing is no float: the next count finds it and says so.
        return Effects(broken=Suspense.FLOAT_BELOW_BOOKS)
    return Effects(move(_DRAWER, _SHOP, above_fen), subjects=(replace(_book(at), float_seq=at.seq),))


def _cash_moved(at: At, fact: CashMoved) -> Effects:
    if at.books.subject(CashMove, str(fact.operation_no)) is not None:
        return Effects(broken=Suspense.OPERATION_TWICE)
    standing = at.books.standing()
    counted = None
    if fact.operation_no > standing.operation_no:
        counted = replace(standing, operation_no=fact.operation_no)
    legs = (_DRAWER, _SHOP) if fact.reason.brings_in else (_SHOP, _DRAWER)
    moved = CashMove(fact.operation_no, at.seq, fact.reason, fact.amount_fen)
    return Effects(move(*legs, fact.amount_fen), standing=counted, subjects=(moved,))


def _day_counted(at: At, fact: DayCounted) -> Effects:
    if notes_fen(fact.notes, fact.coins_fen) > FEN_MAX:
        return NOTHING
    count = CashCount(
        seq=at.seq,
        count_no=fact.count_no,
        business_date=at.record.business_date,
        recorded_at=at.record.recorded_at,
        operator_no=at.record.actor.number,
        expected_fen=at.books.drawer_fen(),
        coins_fen=fact.coins_fen,
        notes=fact.notes,
    )
    book = replace(_book(at), count_no=fact.count_no, count_seq=at.seq)
    return Effects(subjects=(count, book))


def _day_closed(at: At, fact: DayClosed) -> Effects:
    book, count = _book(at), at.books.subject(CashCount, str(fact.count_seq))
    newest = count is not None and count.seq == book.count_seq and count.seq > book.closed_seq
    if count is None or not newest or fact.z_no != book.z_no + 1:
        return Effects(broken=Suspense.CLOSE_OUT_OF_ORDER)
    right = (fact.opening_fen, fact.expected_fen) == (book.opening_fen, count.expected_fen)
    statement = ZStatement(
        z_no=fact.z_no,
        closed_seq=at.seq,
        closed_at=at.record.recorded_at,
        business_date=at.record.business_date,
        operator_no=at.record.actor.number,
        verdict=fact.verdict,
        after_seq=book.cut_seq,
        cut_seq=count.seq,
        counted_fen=count.counted_fen,
        expected_fen=count.expected_fen,
    )
    closed = replace(book, z_no=fact.z_no, cut_seq=count.seq, closed_seq=at.seq, opening_fen=count.counted_fen)
    broken = None if right else Suspense.FIGURES_DIFFER
    rests = Suspense.CASH_DISPUTED if right else Suspense.FIGURES_DIFFER
    other = _SHOP if right and fact.verdict is CloseVerdict.AGREED else suspense(rests)
    difference_fen = count.difference_fen
    moved = move(other, _DRAWER, -difference_fen) + move(_DRAWER, other, difference_fen)
    subjects: tuple[Subject, ...] = (statement, replace(count, z_no=fact.z_no), closed)
    if fact.verdict is CloseVerdict.DISPUTED and difference_fen:
        case, found = opened_case(at, DisputeAbout.CLOSE, at.seq, difference_fen, rests.value)
        subjects = (*subjects, replace(case, disputed_seq=at.seq), *found)
    return Effects(moved, broken=broken, subjects=subjects)


RULES: dict[type, Callable[[At, Any], Effects]] = {
    FloatCounted: _float_counted,
    CashMoved: _cash_moved,
    DayCounted: _day_counted,
    DayClosed: _day_closed,
}


def _only_the_book(_seq: int, _record: Record, _fact: object) -> tuple[SubjectKey, ...]:
    return (_THE_BOOK,)


KEYS: dict[type, Callable[[int, Record, Any], tuple[SubjectKey, ...]]] = {
    FloatCounted: _only_the_book,
    CashMoved: lambda _seq, _record, fact: (SubjectKey(CashMove.SUBJECT, str(fact.operation_no)),),
    DayCounted: _only_the_book,
    DayClosed: lambda _seq, _record, fact: (
        _THE_BOOK,
        SubjectKey(CashCount.SUBJECT, str(fact.count_seq)),
        THE_CASE_BOOK,
    ),
}
SUBJECTS = (CashBook, CashCount, ZStatement, CashMove)
