"""Answering corrections and raising disputes: anybody may dispute or ask, only the owner may accept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.disputes import (
    CaseNote,
    CaseNoted,
    CorrectionAnswer,
    CorrectionAnswered,
    DisputeAbout,
    DisputeRaised,
)
from station_journal.money import FEN_MAX
from station_journal.records import OperatorRole
from station_journal.rules.case import OPEN_CASES, CaseState, DisputeCase, DisputedThing, case_key, thing_key
from station_journal.rules.disputes import Correction, CorrectionState
from station_pos.commands.outcome import Refusal, Refused

if TYPE_CHECKING:
    from station_journal.records import Fact
    from station_pos.commands.dispute_orders import AnswerCorrection, NoteCase, RaiseDispute
    from station_pos.commands.view import Moment, StationView

NOTE_MAX = 60
_OF_HQ = frozenset({DisputeAbout.COMMISSION, DisputeAbout.HQ_RECORD})


def _note_refused(note: str) -> Refused | None:
    if len(note) > NOTE_MAX or not note.isprintable():
        return Refused(Refusal.TEXT_TOO_LONG, (("longest", NOTE_MAX),))
    return None


def answer(command: AnswerCorrection, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on an answer: one that is final once, by the owner where it accepts, questions as often as wanted."""
    correction = view.subject(Correction, case_key(command.correction_no))
    if correction is None or correction.proposed_seq > moment.seen_seq:
        return Refused(Refusal.CORRECTION_UNKNOWN)
    if correction.state is not CorrectionState.PROPOSED:
        return Refused(Refusal.CORRECTION_ANSWERED)
    operator = view.operator(command.operator_no)
    owner = operator is not None and operator.role is OperatorRole.OWNER
    if command.answer is CorrectionAnswer.ACCEPTED and not owner:
        return Refused(Refusal.OWNER_ONLY)
    note = command.note.strip()
    refused = _note_refused(note)
    if refused:
        return refused
    return [CorrectionAnswered(command.correction_no, command.answer, command.ground, note)]


def dispute(command: RaiseDispute, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on a dispute: of a record that is there, once; a correction is disputed by answering it."""
    last = moment.seen_seq if command.about in _OF_HQ else moment.next_seq - 1
    if command.about is DisputeAbout.CORRECTION or not 0 < command.of_seq <= last:
        return Refused(Refusal.CASE_UNKNOWN)
    known = view.subject(DisputedThing, thing_key(command.about, command.of_seq))
    if known is not None:
        return Refused(Refusal.DISPUTED_ALREADY, (("case_no", known.case_no),))
    if not 0 <= command.amount_fen <= FEN_MAX:
        return Refused(Refusal.AMOUNT_OUT_OF_RANGE)
    note = command.note.strip()
    refused = _note_refused(note)
    if refused:
        return refused
    return [DisputeRaised(command.about, command.of_seq, command.amount_fen, command.ground, note)]


def note(command: NoteCase, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on what is added to a case: while it is open, or that its ruling was read."""
    case = view.subject(DisputeCase, case_key(command.case_no))
    if case is None:
        return Refused(Refusal.CASE_UNKNOWN)
    said = command.note.strip()
    refused = _note_refused(said)
    if refused:
        return refused
    if command.what is CaseNote.RULING_READ:
        ruled = case.state is CaseState.RULED and case.ruled_seq <= moment.seen_seq
        wrong = not ruled or bool(case.read_seq)
    elif command.what is CaseNote.WITHDRAWN:
        wrong = case.state is not CaseState.DISPUTED or bool(case.withdrawn_seq)
    else:
        wrong = case.state not in OPEN_CASES or not said
    return Refused(Refusal.CASE_CLOSED) if wrong else [CaseNoted(command.case_no, command.what, said)]
