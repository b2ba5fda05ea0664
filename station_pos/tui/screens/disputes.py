"""更正与争议: what HQ proposes and what is in dispute; Accept, Dispute and Ask stand side by side, offline too."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from station_journal.facts.disputes import CaseNote, CorrectionAnswer, CorrectionAnswered, DisputeAbout, DisputeGround
from station_journal.records import OperatorRole
from station_journal.rules.case import OPEN_CASES, CaseState, DisputeCase, number_of_case, number_of_correction
from station_journal.rules.disputes import Correction, CorrectionState
from station_pos.commands.dispute_orders import AnswerCorrection, NoteCase, RaiseDispute
from station_pos.commands.outcome import Accepted
from station_pos.tui.command_line import EntryMode
from station_pos.tui.presenters.disputes import (
    GROUND_ORDER,
    TEXT,
    accept_view,
    case_view,
    correction_view,
    entries_of,
    evidence_lines,
    evidence_view,
    ground_view,
    list_view,
    record_words,
)
from station_pos.tui.presenters.lists import PAGE_ROWS, Place
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.widgets.bells import ring_done
from station_pos.tui.widgets.order_screen import OrderScreen

if TYPE_CHECKING:
    from station_pos.commands.outcome import Outcome
    from station_pos.counter import OperatorRow
    from station_pos.services.disputes import Evidence
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.disputes import Entry
    from station_pos.tui.presenters.lines import View


class Step(IntEnum):
    """Where the operator is."""

    LIST = 1
    CORRECTION = 2
    ACCEPT = 3
    GROUND = 4
    CASE = 5
    NOTE = 6
    EVIDENCE = 7


class Disputed(NamedTuple):
    """A record that is to be disputed."""

    about: DisputeAbout
    of_seq: int
    amount_fen: int = 0


_MODES = {Step.ACCEPT: EntryMode.HIDDEN, Step.GROUND: EntryMode.NUMBER, Step.NOTE: EntryMode.TEXT}


class DisputesScreen(OrderScreen, inherit_bindings=False):
    """Nothing is booked before the owner's PIN; leaving at any step changes nothing."""

    TOPIC: ClassVar[str] = "disputes"

    def __init__(self, desk: Desk, record: Disputed | None = None) -> None:
        """Start with the list, or with a record that is to be disputed."""
        super().__init__(desk)
        self._disputes = desk.counter.disputes
        self._step = Step.LIST
        self._place = Place()
        self._entries: tuple[Entry, ...] = ()
        self._correction: Correction | None = None
        self._case: DisputeCase | None = None
        self._record = record
        self._asks = False
        self._evidence: Evidence | None = None
        self._evidence_place = Place()
        self._read_books()
        if record is not None:
            self._begin(record)

    def _read_books(self) -> None:
        """Read what is listed and what is open anew: HQ's records come in while the screen stands."""
        corrections, cases = self._disputes.corrections(), self._disputes.cases()
        self._entries = entries_of(corrections, cases)
        if self._correction is not None:
            number = self._correction.correction_no
            self._correction = next((one for one in corrections if one.correction_no == number), self._correction)
        if self._case is not None:
            number = self._case.case_no
            self._case = next((one for one in cases if one.case_no == number), self._case)

    def _begin(self, record: Disputed) -> None:
        """Begin with a record: the case about it where there is one, the correction where it is one, else a dispute."""
        known = self._disputes.case_about(int(record.about), record.of_seq)
        proposed = next((one for one in self._disputes.corrections() if one.proposed_seq == record.of_seq), None)
        if known is not None:
            self._case, self._step = known, Step.CASE
        elif record.about is DisputeAbout.HQ_RECORD and proposed is not None:
            self._correction, self._step = proposed, Step.CORRECTION
        else:
            self._step = Step.GROUND

    def picture(self) -> object:
        """Every step asks something else, and so does what HQ has ruled meanwhile."""
        return self._step, self._asks, self._correction and self._correction.state, self._case and self._case.state

    def view(self) -> View:
        """Show the step, by the books as they stand now."""
        self._read_books()
        today, correction, case = self.desk.state().business_date, self._correction, self._case
        if self._step is Step.EVIDENCE and self._evidence is not None:
            return evidence_view(self._evidence, self._evidence_place)
        if self._step in {Step.CASE, Step.NOTE} and case is not None:
            return case_view(case, self._disputes, today, notes=self._step is Step.NOTE)
        if self._step is Step.GROUND:
            return ground_view(self._what(), asks=self._asks)
        if self._step is Step.ACCEPT and correction is not None:
            name = self.desk.operator.name if self.desk.operator else ""
            return accept_view(correction, self._disputes, name)
        if self._step is Step.CORRECTION and correction is not None:
            return correction_view(correction, self._disputes.case_of_correction(correction), self._disputes)
        return list_view(self._entries, self._place, today)

    def _what(self) -> str:
        if self._correction is not None:
            return number_of_correction(self._correction.correction_no)
        return record_words(self._record.about, self._record.of_seq) if self._record else ""

    def entry_mode(self) -> EntryMode:
        """Take a ground, the PIN or a note where they are asked for."""
        return _MODES.get(self._step, EntryMode.NOTHING)

    def entered(self, text: str) -> None:
        """Open, show the evidence, choose a ground, sign, or record a note."""
        if self._step is Step.LIST:
            self._open(self._place.index)
        elif self._step in {Step.CORRECTION, Step.CASE}:
            self._show_evidence()
        elif self._step is Step.GROUND:
            self._ground(text)
        elif self._step is Step.ACCEPT and text:
            self.try_pin(text)
        elif self._step is Step.NOTE and text.strip() and self._case is not None:
            self.submit(NoteCase(self.desk.operator_no, self._case.case_no, CaseNote.STATEMENT, text))

    def _open(self, index: int) -> None:
        if index >= len(self._entries):
            return
        entry = self._entries[index]
        if isinstance(entry, Correction):
            self._correction, self._case = entry, None
            self._go(Step.CORRECTION)
        else:
            self._correction, self._case = None, entry
            self._go(Step.CASE)

    def _show_evidence(self) -> None:
        shown = self._correction if self._step is Step.CORRECTION else self._case
        if shown is self._case and shown is not None and not shown.evidence_hash and self._to_correction():
            return
        if shown is None or not shown.evidence_hash:
            self.refuse(SENTENCES("key_unused"))
            return
        self._evidence = self._disputes.evidence(shown.evidence_hash, shown.evidence_title)
        self._evidence_place = Place()
        self._go(Step.EVIDENCE)

    def _to_correction(self) -> bool:
        """Go from a case to the correction that it is about; tell whether there is one."""
        number = self._case.correction_no if self._case is not None else 0
        about = (one for one in self._disputes.corrections() if number and one.correction_no == number)
        found = next(about, None)
        if found is not None:
            self._correction = found
            self._go(Step.CORRECTION)
        return found is not None

    def _ground(self, text: str) -> None:
        number = int(text) if text else 0
        if number > len(GROUND_ORDER):
            self.refuse(SENTENCES("key_unused"))
            return
        ground = GROUND_ORDER[number - 1] if number else DisputeGround.NOT_GIVEN
        if self._correction is not None:
            answer = CorrectionAnswer.ASKED if self._asks else CorrectionAnswer.DISPUTED
            self.submit(AnswerCorrection(self.desk.operator_no, self._correction.correction_no, answer, ground))
        elif self._record is not None:
            self.submit(RaiseDispute(self.desk.operator_no, *self._record, ground))

    def plus(self) -> None:
        """Accept a correction, go to the one that was asked about, or print a ruling that was read."""
        case, correction = self._case, self._correction
        if self._step is Step.CORRECTION and correction is not None and _waits(correction):
            self._ask_to_accept(correction)
        elif self._step is Step.CASE and case is not None and case.state is CaseState.ASKED:
            self._to_correction()
        elif self._step is Step.CASE and case is not None and case.state is CaseState.RULED and not case.read_seq:
            self.submit(NoteCase(self.desk.operator_no, case.case_no, CaseNote.RULING_READ))
        else:
            self.refuse(SENTENCES("key_unused"))

    def _ask_to_accept(self, correction: Correction) -> None:
        operator = self.desk.operator
        if not self._disputes.evidence(correction.evidence_hash, "").here:
            self.refuse(TEXT("evidence_first"))
        elif operator is None or operator.role is not OperatorRole.OWNER:
            self.refuse(TEXT("owner_only"))
        else:
            self._go(Step.ACCEPT)

    def minus(self) -> None:
        """Dispute a correction, or dispute a case no longer."""
        case, correction = self._case, self._correction
        if self._step is Step.CORRECTION and correction is not None and _waits(correction):
            self._asks = False
            self._go(Step.GROUND)
        elif self._step is Step.CASE and case is not None and case.state is CaseState.DISPUTED:
            self.submit(NoteCase(self.desk.operator_no, case.case_no, CaseNote.WITHDRAWN))
        else:
            self.refuse(SENTENCES("key_unused"))

    def picked_line(self, line: int) -> None:
        """Open a line of the list; of a correction 1 asks, of an open case 1 adds a note."""
        place = self._place.at_line(line, len(self._entries))
        if self._step is Step.LIST and place is not None:
            self._place = place
            self._open(place.index)
        elif line == 1 and self._step is Step.CORRECTION and self._correction is not None and _waits(self._correction):
            self._asks = True
            self._go(Step.GROUND)
        elif line == 1 and self._step is Step.CASE and self._case is not None and self._case.state in OPEN_CASES:
            self._go(Step.NOTE)
        else:
            super().picked_line(line)

    def arrow(self, key: str) -> None:
        """Move the mark, or turn the pages of the evidence."""
        if self._step is Step.LIST:
            self._place = self._place.moved(key, len(self._entries))
        elif self._step is Step.EVIDENCE and self._evidence is not None:
            rows = len(evidence_lines(self._evidence))
            turn = "pagedown" if key in {"down", "pagedown"} else "pageup"
            if rows > PAGE_ROWS:
                self._evidence_place = self._evidence_place.moved(turn, rows)
        self.repaint()

    def escaped(self) -> None:
        """Go one step back, or leave; nothing is recorded."""
        back = {Step.ACCEPT: Step.CORRECTION, Step.NOTE: Step.CASE}.get(self._step, Step.LIST)
        if self._step in {Step.EVIDENCE, Step.GROUND} and self._correction is not None:
            back = Step.CORRECTION
        elif self._step is Step.EVIDENCE:
            back = Step.CASE
        if self._step is Step.LIST or (self._record is not None and self._step in {Step.GROUND, Step.CASE}):
            super().escaped()
        else:
            self._go(back)

    def _go(self, step: Step) -> None:
        self._step = step
        self.entry.put("")
        self.note("")

    def pin_tried(self, operator: OperatorRow | None) -> None:
        """Accept, if the PIN was right."""
        if operator is not None and self._correction is not None:
            number, none = self._correction.correction_no, DisputeGround.NOT_GIVEN
            self.carry_on(AnswerCorrection(self.desk.operator_no, number, CorrectionAnswer.ACCEPTED, none))

    def decided(self, outcome: Outcome) -> None:
        """Say what the register made of it, with the number, and show the list."""
        if not isinstance(outcome, Accepted):
            self.refuse(refused(outcome))
            return
        ring_done(self)
        fact = outcome.facts[0]
        case = next((one for one in outcome.subjects if isinstance(one, DisputeCase)), None)
        number = number_of_case(case.case_no) if case else ""
        if isinstance(fact, CorrectionAnswered) and fact.answer is CorrectionAnswer.ACCEPTED:
            sentence = TEXT("done_accept")
        else:
            noted = self._step in {Step.NOTE, Step.CASE}
            sentence = TEXT("done_note" if noted else "done_dispute", number=number)
        self._correction, self._case, self._record, self._place = None, None, None, Place()
        self._read_books()
        self._go(Step.LIST)
        self.note(sentence)


def _waits(correction: Correction) -> bool:
    return correction.state is CorrectionState.PROPOSED
