"""A case: what a station asks or disputes, with its number, and what HQ made of it.

Each field is written by one side alone, so that it never matters who learned of the other first: the upper ones by the
station's records, the lower ones by HQ's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

from station_journal.facts.disputes import DisputeAbout, DisputeGround
from station_journal.fields import NO_DAY, Signed
from station_journal.subject import Subject, SubjectKey

if TYPE_CHECKING:
    from station_journal.effects import At


class CaseState(IntEnum):
    """Where a case stands."""

    ASKED = 1
    DISPUTED = 2
    RULED = 3
    ACCEPTED = 4


OPEN_CASES = (CaseState.ASKED, CaseState.DISPUTED)
"""Those that HQ owes an answer."""


@dataclass(frozen=True, slots=True)
class DisputeCase(Subject):
    """A case as both journals tell it.

    ``of_seq`` is the record it is about, ``amount_fen`` the sum in question with the sign it has for the station,
    ``rests_under`` the suspense account in which it rests (empty where no sum rests).
    """

    SUBJECT: ClassVar[int] = 41
    case_no: int
    about: DisputeAbout
    of_seq: int
    correction_no: int
    amount_fen: Signed
    rests_under: str
    opened_seq: int
    opened_on: date
    ground: DisputeGround
    note: str
    asked_seq: int = 0
    disputed_seq: int = 0
    accepted_seq: int = 0
    withdrawn_seq: int = 0
    noted_seq: int = 0
    read_seq: int = 0
    taken_seq: int = 0
    owner_no: int = 0
    due_on: date = NO_DAY
    answered_seq: int = 0
    answer: str = ""
    ruled_seq: int = 0
    ruled_on: date = NO_DAY
    cause_no: int = 0
    finding: str = ""
    evidence_hash: bytes = b""
    evidence_title: str = ""
    stands_fen: int = 0
    award_fen: int = 0
    maker_no: int = 0
    approver_no: int = 0

    @property
    def key(self) -> str:
        """Its number, so that lists are in order."""
        return case_key(self.case_no)

    @property
    def state(self) -> CaseState:
        """Where it stands."""
        if self.ruled_seq:
            return CaseState.RULED
        if self.accepted_seq:
            return CaseState.ACCEPTED
        return CaseState.DISPUTED if self.disputed_seq else CaseState.ASKED

    @property
    def state_no(self) -> int:
        """Number of its state."""
        return int(self.state)

    @property
    def related(self) -> tuple[SubjectKey, ...]:
        """The correction it is about, if any."""
        return (correction_place(self.correction_no),) if self.correction_no else ()

    def overdue(self, today: date) -> bool:
        """Tell whether HQ's answer is late."""
        return self.state in OPEN_CASES and NO_DAY < self.due_on < today


@dataclass(frozen=True, slots=True)
class CaseBook(Subject):
    """Numbers of cases given so far; one for each station, counted by its own records."""

    SUBJECT: ClassVar[int] = 42
    last_no: int = 0

    @property
    def key(self) -> str:
        """There is one."""
        return CASE_BOOK_KEY


@dataclass(frozen=True, slots=True)
class DisputedThing(Subject):
    """Which case is about a record; one record has one case."""

    SUBJECT: ClassVar[int] = 43
    about: DisputeAbout
    of_seq: int
    case_no: int

    @property
    def key(self) -> str:
        """What it is about."""
        return thing_key(self.about, self.of_seq)


CASE_BOOK_KEY = "cases"
THE_CASE_BOOK = SubjectKey(CaseBook.SUBJECT, CASE_BOOK_KEY)
_CORRECTION_SUBJECT = 40


def case_key(case_no: int) -> str:
    """Name a case."""
    return f"{case_no:06d}"


def case_place(case_no: int) -> SubjectKey:
    """Name a case as a subject."""
    return SubjectKey(DisputeCase.SUBJECT, case_key(case_no))


def correction_place(correction_no: int) -> SubjectKey:
    """Name a correction as a subject."""
    return SubjectKey(_CORRECTION_SUBJECT, case_key(correction_no))


def thing_key(about: DisputeAbout, of_seq: int) -> str:
    """Name what a case is about."""
    return f"{int(about)}-{of_seq}"


def thing_place(about: DisputeAbout, of_seq: int) -> SubjectKey:
    """Name what a case is about as a subject."""
    return SubjectKey(DisputedThing.SUBJECT, thing_key(about, of_seq))


def number_of_case(case_no: int) -> str:
    """Write the number of a case as people say it: ``D-0031``."""
    return f"D-{case_no:04d}"


def number_of_correction(correction_no: int) -> str:
    """Write the number of a correction as people say it: ``G-0007``."""
    return f"G-{correction_no:04d}"


def opened_case(
    at: At, about: DisputeAbout, of_seq: int, amount_fen: int, rests_under: str
) -> tuple[DisputeCase, tuple[Subject, ...]]:
    """Open a case by a record of the station; gives it, and the subjects that number and find it."""
    book = at.books.subject(CaseBook, CASE_BOOK_KEY) or CaseBook()
    number = book.last_no + 1
    case = DisputeCase(
        case_no=number,
        about=about,
        of_seq=of_seq,
        correction_no=0,
        amount_fen=amount_fen,
        rests_under=rests_under,
        opened_seq=at.seq,
        opened_on=at.record.business_date,
        ground=DisputeGround.NOT_GIVEN,
        note="",
    )
    return case, (CaseBook(number), DisputedThing(about, of_seq, number))
