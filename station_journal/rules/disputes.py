"""Posting rules of corrections and cases (docs/adr/0022).

A proposal moves its sum between HQ's corrections and suspense, nowhere else. The station's acceptance moves it on into
the station's book, at most what is free; so does a ruling, which acts only on a dispute that HQ had seen, and never
takes credit. After a dispute no record of the station moves the sum, so a ruling can meet no other decision.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

from station_journal.accounts import Account, Ledger, Posting
from station_journal.effects import NOTHING, At, Effects, move, suspense
from station_journal.facts.disputes import (
    CAUSES_OF_THE_STATION,
    CaseAnswered,
    CaseNote,
    CaseNoted,
    CaseRuled,
    CaseTaken,
    CitedSide,
    CorrectedBook,
    CorrectionAnswer,
    CorrectionAnswered,
    CorrectionProposed,
    CorrectionReason,
    DisputeAbout,
    DisputeRaised,
)
from station_journal.fields import NO_DAY, Signed
from station_journal.money import FEN_MAX
from station_journal.payment import Suspense
from station_journal.rules.case import (
    THE_CASE_BOOK,
    CaseBook,
    DisputeCase,
    DisputedThing,
    case_key,
    case_place,
    correction_place,
    opened_case,
    thing_key,
    thing_place,
)
from station_journal.side import Side
from station_journal.subject import Subject, SubjectKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Record

_CORRECTIONS = Ledger(Account.CORRECTIONS)
_FREE = Ledger(Account.CREDIT_FREE)
_CURRENT = Ledger(Account.STATION_CURRENT)
_SHOP = Ledger(Account.SHOP_FUNDS)
_PROPOSED = suspense(Suspense.CORRECTION_PROPOSED)
_BOOKS = {
    CorrectedBook.CREDIT: _FREE,
    CorrectedBook.COMMISSION: Ledger(Account.COMMISSION_PAYABLE),
    CorrectedBook.CURRENT: _CURRENT,
}


class CorrectionState(IntEnum):
    """Where a correction stands."""

    PROPOSED = 1
    DISPUTED = 2
    ACCEPTED = 3
    RULED = 4


@dataclass(frozen=True, slots=True)
class Correction(Subject):
    """A correction as both journals tell it; ``case_no`` is the case in which it is asked about or disputed, else 0."""

    SUBJECT: ClassVar[int] = 40
    correction_no: int
    proposed_seq: int
    proposed_on: date
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
    accepted_seq: int = 0
    disputed_seq: int = 0
    case_no: int = 0
    ruled_seq: int = 0

    @property
    def key(self) -> str:
        """Its number, so that lists are in order."""
        return case_key(self.correction_no)

    @property
    def change_fen(self) -> int:
        """What it would change for the station: below zero it has less."""
        return self.new_fen - self.old_fen

    @property
    def state(self) -> CorrectionState:
        """Where it stands."""
        if self.ruled_seq:
            return CorrectionState.RULED
        if self.accepted_seq:
            return CorrectionState.ACCEPTED
        return CorrectionState.DISPUTED if self.disputed_seq else CorrectionState.PROPOSED

    @property
    def state_no(self) -> int:
        """Number of its state."""
        return int(self.state)

    @property
    def related(self) -> tuple[SubjectKey, ...]:
        """The case about it, if any."""
        return (case_place(self.case_no),) if self.case_no else ()


def _shifted(debit: Ledger, credit: Ledger, amount_fen: int) -> tuple[Posting, ...]:
    """Move an amount, the other way round if it is below zero."""
    return move(debit, credit, amount_fen) or move(credit, debit, -amount_fen)


def _proposed(at: At, fact: CorrectionProposed) -> Effects:
    if at.books.subject(Correction, case_key(fact.correction_no)) is not None:
        return Effects(broken=Suspense.CORRECTION_TWICE)
    known_up_to = at.record.seen_seq if fact.cited_side is CitedSide.STATION else at.seq - 1
    change_fen = fact.new_fen - fact.old_fen
    founded = 0 < fact.cited_seq <= known_up_to and 0 < abs(change_fen) <= FEN_MAX
    if not founded or fact.maker_no == fact.approver_no:
        return Effects(broken=Suspense.CORRECTION_UNFOUNDED)
    correction = Correction(
        correction_no=fact.correction_no,
        proposed_seq=at.seq,
        proposed_on=at.record.business_date,
        book=fact.book,
        cited_side=fact.cited_side,
        cited_seq=fact.cited_seq,
        reason=fact.reason,
        explanation=fact.explanation,
        old_fen=fact.old_fen,
        new_fen=fact.new_fen,
        evidence_hash=fact.evidence_hash,
        evidence_title=fact.evidence_title,
        maker_no=fact.maker_no,
        approver_no=fact.approver_no,
        signer_no=fact.signer_no,
    )
    return Effects(_shifted(_CORRECTIONS, _PROPOSED, change_fen), subjects=(correction,))


def _answered(at: At, fact: CorrectionAnswered) -> Effects:
    correction = at.books.subject(Correction, case_key(fact.correction_no))
    if correction is None or correction.proposed_seq > at.record.seen_seq:
        return Effects(broken=Suspense.CORRECTION_UNKNOWN)
    if correction.accepted_seq or correction.disputed_seq:
        return Effects(broken=Suspense.CORRECTION_ANSWERED)
    case = at.books.subject(DisputeCase, case_key(correction.case_no)) if correction.case_no else None
    if fact.answer is CorrectionAnswer.ACCEPTED:
        accepted = replace(correction, accepted_seq=at.seq)
        closed = () if case is None else (replace(case, accepted_seq=at.seq),)
        return Effects(_accepted(at, correction), subjects=(accepted, *closed))
    found: tuple[Subject, ...] = ()
    if case is None:
        change_fen, rests = correction.change_fen, Suspense.CORRECTION_PROPOSED.value
        case, found = opened_case(at, DisputeAbout.CORRECTION, correction.proposed_seq, change_fen, rests)
        case = replace(case, correction_no=correction.correction_no)
    case = replace(case, ground=fact.ground, note=fact.note)
    if fact.answer is CorrectionAnswer.ASKED:
        case = replace(case, asked_seq=at.seq)
        return Effects(subjects=(replace(correction, case_no=case.case_no), case, *found))
    case = replace(case, disputed_seq=at.seq)
    return Effects(subjects=(replace(correction, case_no=case.case_no, disputed_seq=at.seq), case, *found))


def _accepted(at: At, correction: Correction) -> tuple[Posting, ...]:
    """Move an accepted sum into the station's book.

    Of a debit to credit at most what is free, the rest into the current account: it is owed and stops no sale.
    """
    change_fen, book = correction.change_fen, _BOOKS[correction.book]
    if change_fen > 0 or book != _FREE:
        return _shifted(_PROPOSED, book, change_fen)
    taken_fen = min(-change_fen, max(0, at.books.credit_free_fen(at.record.seen_seq)))
    return move(_FREE, _PROPOSED, taken_fen) + move(_CURRENT, _PROPOSED, -change_fen - taken_fen)


def _raised(at: At, fact: DisputeRaised) -> Effects:
    known_up_to = at.seq - 1 if fact.about.side is Side.STATION else at.record.seen_seq
    if fact.about is DisputeAbout.CORRECTION or not 0 < fact.of_seq <= known_up_to:
        return Effects(broken=Suspense.DISPUTE_UNFOUNDED)
    if at.books.subject(DisputedThing, thing_key(fact.about, fact.of_seq)) is not None:
        return NOTHING
    case, found = opened_case(at, fact.about, fact.of_seq, fact.amount_fen, "")
    case = replace(case, ground=fact.ground, note=fact.note, disputed_seq=at.seq)
    return Effects(subjects=(case, *found))


def _noted(at: At, fact: CaseNoted) -> Effects:
    case = at.books.subject(DisputeCase, case_key(fact.case_no))
    if case is None:
        return Effects(broken=Suspense.DISPUTE_UNFOUNDED)
    if fact.what is CaseNote.RULING_READ:
        return Effects(subjects=(replace(case, read_seq=at.seq),))
    if fact.what is CaseNote.WITHDRAWN:
        return Effects(subjects=(replace(case, withdrawn_seq=at.seq, noted_seq=at.seq),))
    return Effects(subjects=(replace(case, noted_seq=at.seq, note=fact.note),))


def _seen_case(at: At, case_no: int) -> DisputeCase | None:
    """Find a case that an HQ record speaks of; it can speak only of what HQ had seen when it was written."""
    case = at.books.subject(DisputeCase, case_key(case_no))
    return case if case is not None and case.opened_seq <= at.record.seen_seq else None


def _taken(at: At, fact: CaseTaken) -> Effects:
    case = _seen_case(at, fact.case_no)
    if case is None:
        return NOTHING
    due_on = fact.due_on if case.due_on == NO_DAY else case.due_on
    return Effects(subjects=(replace(case, taken_seq=at.seq, owner_no=fact.owner_no, due_on=due_on),))


def _case_answered(at: At, fact: CaseAnswered) -> Effects:
    case = _seen_case(at, fact.case_no)
    return NOTHING if case is None else Effects(subjects=(replace(case, answered_seq=at.seq, answer=fact.answer),))


def _ruled(at: At, fact: CaseRuled) -> Effects:
    case = _seen_case(at, fact.case_no)
    disputed = case is not None and 0 < case.disputed_seq <= at.record.seen_seq
    if case is None or not disputed or case.ruled_seq:
        return Effects(broken=Suspense.RULING_UNFOUNDED)
    against = fact.stands_fen and case.amount_fen < 0
    found = bool(fact.finding.strip()) and (not against or fact.cause in CAUSES_OF_THE_STATION)
    if not found or fact.maker_no == fact.approver_no:
        return Effects(broken=Suspense.RULING_UNFOUNDED)
    stands_fen = min(fact.stands_fen, abs(case.amount_fen)) if case.rests_under else 0
    award_fen = 0 if case.rests_under else fact.award_fen
    ruled = replace(
        case,
        ruled_seq=at.seq,
        ruled_on=at.record.business_date,
        cause_no=int(fact.cause),
        finding=fact.finding,
        evidence_hash=fact.evidence_hash,
        evidence_title=fact.evidence_title,
        stands_fen=stands_fen,
        award_fen=award_fen,
        maker_no=fact.maker_no,
        approver_no=fact.approver_no,
    )
    correction = at.books.subject(Correction, case_key(case.correction_no)) if case.correction_no else None
    if correction is not None:
        closed = (ruled, replace(correction, ruled_seq=at.seq))
        return Effects(_correction_ruled(correction, stands_fen), subjects=closed)
    if case.rests_under:
        return Effects(_close_ruled(case, stands_fen), subjects=(ruled,))
    book = _BOOKS[CorrectedBook.COMMISSION if case.about is DisputeAbout.COMMISSION else CorrectedBook.CREDIT]
    return Effects(move(_CORRECTIONS, book, award_fen), subjects=(ruled,))


def _correction_ruled(correction: Correction, stands_fen: int) -> tuple[Posting, ...]:
    """Move what stands into the station's book and the rest back.

    Credit is never taken by HQ's record, since the station may have spent it meanwhile: it goes to the current account.
    """
    gain, book = correction.change_fen > 0, _BOOKS[correction.book]
    stands_fen, sign = min(stands_fen, abs(correction.change_fen)), 1 if gain else -1
    back_fen = abs(correction.change_fen) - stands_fen
    into = _CURRENT if book == _FREE and not gain else book
    return _shifted(_PROPOSED, into, sign * stands_fen) + _shifted(_PROPOSED, _CORRECTIONS, sign * back_fen)


def _close_ruled(case: DisputeCase, stands_fen: int) -> tuple[Posting, ...]:
    """End a difference at a close: the shop's funds take it out of suspense, and HQ makes good what is not the shop's.

    Of a surplus that is not the shop's, the station owes the branch what it holds.
    """
    rests, sign = Ledger(Account.SUSPENSE, case.rests_under), 1 if case.amount_fen > 0 else -1
    cleared = _shifted(rests, _SHOP, case.amount_fen)
    back_fen = abs(case.amount_fen) - stands_fen
    made_good = move(_CURRENT, _CORRECTIONS, back_fen) if sign > 0 else move(_CORRECTIONS, _FREE, back_fen)
    return cleared + made_good


RULES: dict[type, Callable[[At, Any], Effects]] = {
    CorrectionProposed: _proposed,
    CorrectionAnswered: _answered,
    DisputeRaised: _raised,
    CaseNoted: _noted,
    CaseTaken: _taken,
    CaseAnswered: _case_answered,
    CaseRuled: _ruled,
}


def _the_correction(_seq: int, _record: Record, fact: Any) -> tuple[SubjectKey, ...]:  # noqa: ANN401 - any fact of one
    return (correction_place(fact.correction_no), THE_CASE_BOOK)


def _the_case(_seq: int, _record: Record, fact: Any) -> tuple[SubjectKey, ...]:  # noqa: ANN401 - any fact of one
    return (case_place(fact.case_no),)


KEYS: dict[type, Callable[[int, Record, Any], tuple[SubjectKey, ...]]] = {
    CorrectionProposed: _the_correction,
    CorrectionAnswered: _the_correction,
    DisputeRaised: lambda _seq, _record, fact: (THE_CASE_BOOK, thing_place(fact.about, fact.of_seq)),
    CaseNoted: _the_case,
    CaseTaken: _the_case,
    CaseAnswered: _the_case,
    CaseRuled: _the_case,
}
SUBJECTS: tuple[type[Subject], ...] = (Correction, DisputeCase, CaseBook, DisputedThing)
