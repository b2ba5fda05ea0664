"""Facts about corrections and disputes: what HQ proposes, what the station says to it, and what is found.

HQ never takes or gives by itself: a proposal cites a record, a reason and evidence, and rests in suspense until the
station accepts or a ruling with a recorded finding stands (design, invariant 10).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import ClassVar

from station_journal.fields import Signed
from station_journal.side import Side


class CorrectedBook(IntEnum):
    """Which of the station's books a correction is about."""

    CREDIT = 1
    COMMISSION = 2
    CURRENT = 3


class CitedSide(IntEnum):
    """Whose journal the cited record stands in."""

    STATION = 1
    HQ = 2

    @property
    def side(self) -> Side:
        """The journal itself."""
        return Side.STATION if self is CitedSide.STATION else Side.HQ


class CorrectionReason(IntEnum):
    """Why HQ proposes a correction."""

    AMOUNT_DIFFERS = 1
    BOOKED_TWICE = 2
    NOT_BOOKED = 3
    WRONG_ACCOUNT = 4
    RATE_APPLIED_WRONGLY = 5
    MONEY_FOUND = 6
    OTHER = 7


class CorrectionAnswer(IntEnum):
    """What the station says to a correction."""

    ACCEPTED = 1
    DISPUTED = 2
    ASKED = 3


class DisputeGround(IntEnum):
    """What the station gives as its ground; it need not give any."""

    NOT_GIVEN = 1
    FIGURE_WRONG = 2
    NOT_MINE = 3
    PUT_RIGHT_BEFORE = 4
    EVIDENCE_MISSING = 5
    EVIDENCE_WRONG = 6
    TOO_LATE_TO_TRACE = 7
    SYSTEM_FAILED = 8


class DisputeAbout(IntEnum):
    """What a case is about."""

    CORRECTION = 1
    CLOSE = 2
    COMMISSION = 3
    STATION_RECORD = 4
    HQ_RECORD = 5

    @property
    def side(self) -> Side:
        """The journal that holds the record which the case names."""
        own = self in {DisputeAbout.CLOSE, DisputeAbout.STATION_RECORD}
        return Side.STATION if own else Side.HQ


class CaseNote(IntEnum):
    """What the station adds to a case."""

    STATEMENT = 1
    WITHDRAWN = 2
    RULING_READ = 3


class FindingCause(IntEnum):
    """What an inquiry found; without one nothing is asked of a station."""

    SYSTEM_FAULT = 1
    HQ_ERROR = 2
    THIRD_PARTY = 3
    STATION_ENTRY = 4
    CASH_HANDLING = 5
    STATION_AGREES = 6
    NOT_FOUND = 7


CAUSES_OF_THE_STATION = frozenset({FindingCause.STATION_ENTRY, FindingCause.CASH_HANDLING, FindingCause.STATION_AGREES})
"""Only after one of these findings does anything stand that the station disputed."""


@dataclass(frozen=True, slots=True)
class CorrectionAnswered:
    """The station answered a correction; ``note`` is in its own words and may be empty."""

    KIND: ClassVar[int] = 59
    correction_no: int
    answer: CorrectionAnswer
    ground: DisputeGround
    note: str


@dataclass(frozen=True, slots=True)
class DisputeRaised:
    """The station disputes something else than a correction: a close, a statement, a record of either journal.

    ``of_seq`` names the record: in the station's journal for a close or one of its own, else in HQ's. ``amount_fen`` is
    the sum in question, 0 where none is named.
    """

    KIND: ClassVar[int] = 60
    about: DisputeAbout
    of_seq: int
    amount_fen: int
    ground: DisputeGround
    note: str


@dataclass(frozen=True, slots=True)
class CaseNoted:
    """The station added to a case: a statement, that it disputes no longer, or that it has read the ruling."""

    KIND: ClassVar[int] = 61
    case_no: int
    what: CaseNote
    note: str


@dataclass(frozen=True, slots=True)
class CorrectionProposed:
    """HQ proposes to correct a figure of the station from ``old_fen`` to ``new_fen``; nothing is owed by this.

    ``correction_no`` is dense per station. The evidence is a document that the station receives, named by its SHA-256.
    ``signer_no`` is the third person who let one stand that is too old to trace a customer by, else 0.
    """

    KIND: ClassVar[int] = 100
    correction_no: int
    book: CorrectedBook
    cited_side: CitedSide
    cited_seq: int
    reason: CorrectionReason
    explanation: str
    old_fen: Signed
    new_fen: Signed
    evidence_hash: bytes
    evidence_title: str
    maker_no: int
    approver_no: int
    signer_no: int


@dataclass(frozen=True, slots=True)
class CaseTaken:
    """A named member of staff looks into a case and HQ owes an answer by ``due_on``; a later one names another."""

    KIND: ClassVar[int] = 101
    case_no: int
    owner_no: int
    due_on: date


@dataclass(frozen=True, slots=True)
class CaseAnswered:
    """HQ answered a question or statement of the station's; it rules nothing and moves nothing."""

    KIND: ClassVar[int] = 102
    case_no: int
    answer: str


@dataclass(frozen=True, slots=True)
class CaseRuled:
    """A case was ruled on by two people, with what was found and the evidence for it.

    ``stands_fen`` is how much of a resting sum stands (of a difference at a close: stays the shop's own), the rest is
    HQ's to bear; ``award_fen`` is given where no sum rests.
    """

    KIND: ClassVar[int] = 103
    case_no: int
    cause: FindingCause
    finding: str
    evidence_hash: bytes
    evidence_title: str
    stands_fen: int
    award_fen: int
    maker_no: int
    approver_no: int


DisputeStationFact = CorrectionAnswered | DisputeRaised | CaseNoted
DisputeHqFact = CorrectionProposed | CaseTaken | CaseAnswered | CaseRuled
