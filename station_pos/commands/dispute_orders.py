"""What may be asked about corrections and cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from station_journal.facts.disputes import CaseNote, CorrectionAnswer, DisputeAbout, DisputeGround


@dataclass(frozen=True, slots=True)
class AnswerCorrection:
    """Accept, dispute or ask about a correction that HQ proposed; ``note`` is in the shopkeeper's own words."""

    operator_no: int
    correction_no: int
    answer: CorrectionAnswer
    ground: DisputeGround
    note: str = ""


@dataclass(frozen=True, slots=True)
class RaiseDispute:
    """Dispute a close, a statement or any record of either journal; ``of_seq`` names the record."""

    operator_no: int
    about: DisputeAbout
    of_seq: int
    amount_fen: int
    ground: DisputeGround
    note: str = ""


@dataclass(frozen=True, slots=True)
class NoteCase:
    """Add a statement to a case, dispute it no longer, or say that the ruling was read."""

    operator_no: int
    case_no: int
    what: CaseNote
    note: str = ""


DisputeCommand = AnswerCorrection | RaiseDispute | NoteCase
