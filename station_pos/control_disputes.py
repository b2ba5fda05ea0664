"""What the control socket understands of corrections, cases and known faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from station_journal.facts.disputes import CaseNote, CorrectionAnswer, DisputeAbout, DisputeGround
from station_pos.commands.dispute_orders import AnswerCorrection, NoteCase, RaiseDispute
from station_pos.control_line import Lines, number, plain, text

if TYPE_CHECKING:
    from station_journal.rules.case import DisputeCase


class DisputeLines(Lines):
    """Answering corrections, raising disputes, and the boards."""

    def _do_corrections(self, _asked: dict[str, Any]) -> dict[str, Any]:
        found = self._counter.disputes.corrections()
        return {"corrections": [plain(one) | {"state": one.state.name} for one in found]}

    def _do_cases(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"cases": [_case(one) for one in self._counter.disputes.cases()]}

    def _do_evidence_text(self, asked: dict[str, Any]) -> dict[str, Any]:
        return plain(self._counter.disputes.evidence(bytes.fromhex(text(asked, "hash")), ""))  # type: ignore[no-any-return]

    def _do_board(self, _asked: dict[str, Any]) -> dict[str, Any]:
        disputes = self._counter.disputes
        faults = [
            plain(one) | {"state": one.state_no, "touched": [row.station_seq for row in one.touched]}
            for one in disputes.faults()
        ]
        return {"faults": faults, "alarms": plain(disputes.alarms())}

    def _do_answer_correction(self, asked: dict[str, Any]) -> dict[str, Any]:
        answer = CorrectionAnswer[text(asked, "answer")]
        ground = DisputeGround[text(asked, "ground", DisputeGround.NOT_GIVEN.name)]
        note = text(asked, "note", "")
        order = AnswerCorrection(self._operator_no(asked), number(asked, "correction_no"), answer, ground, note)
        return self._submit(order)

    def _do_raise_dispute(self, asked: dict[str, Any]) -> dict[str, Any]:
        about = DisputeAbout[text(asked, "about")]
        ground = DisputeGround[text(asked, "ground", DisputeGround.NOT_GIVEN.name)]
        of_seq, amount_fen, note = number(asked, "of_seq"), number(asked, "amount_fen", 0), text(asked, "note", "")
        return self._submit(RaiseDispute(self._operator_no(asked), about, of_seq, amount_fen, ground, note))

    def _do_note_case(self, asked: dict[str, Any]) -> dict[str, Any]:
        what = CaseNote[text(asked, "what")]
        return self._submit(NoteCase(self._operator_no(asked), number(asked, "case_no"), what, text(asked, "note", "")))


def _case(case: DisputeCase) -> dict[str, Any]:
    row: dict[str, Any] = plain(case)
    return row | {"state": case.state.name, "status": "EXPLAINED" if case.ruled_seq else "UNEXPLAINED"}
