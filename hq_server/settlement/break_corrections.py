"""A break whose end is at the station: the correction is proposed to it from the case, which both then name.

The proposal cites the station's own record and carries the chain behind the break as evidence. It is approved by a
second person as any correction is, and the station answers it; the break itself stays open until two people end it.

Its figures are what the record did to the station and what it should have done, so both are below zero: a sale took
credit from the station, a payout cash. What the counterparty lacks of it the station gets back, what the counterparty
has above it is asked of the station.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from hq_server.disputes import corrections
from hq_server.reconciliation.cases import cited_seq, note_event
from hq_server.reconciliation.chain import case_of, chain_of_case
from hq_server.reconciliation.discrepancy import BreakClass
from hq_server.wording import Language, RefusedError
from station_journal.evidence_paper import TEXT_TYPE, EvidencePaper
from station_journal.facts.disputes import CitedSide, CorrectedBook, CorrectionReason
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from hq_server.reference.staff import StaffMember

_REASONS = {
    BreakClass.AMOUNT_MISMATCH: CorrectionReason.AMOUNT_DIFFERS,
    BreakClass.DUPLICATE_OURS: CorrectionReason.BOOKED_TWICE,
    BreakClass.ACCOUNT_MISMATCH: CorrectionReason.WRONG_ACCOUNT,
}
_BOOKS = {"BILLER": CorrectedBook.CREDIT, "BANK": CorrectedBook.CURRENT}
"""A payment was made of the station's credit; cash paid out is made good in its current account with the branch."""
_ASKED = text("""
    SELECT min(c.correction_no) FROM corrections c JOIN break_events e ON e.station_code = c.station_code
        AND e.kind = 'CORRECTION' AND CAST(e.details ->> 'correction_no' AS integer) = c.correction_no
    WHERE c.station_code = :code AND e.case_no = :case_no AND c.state = 'APPROVED'
        AND (c.new_fen > c.old_fen) = (:change > 0)
""")


def change_fen(case: Row[Any]) -> int:
    """Give what accepting a break's correction adds to the station's book, in fen; below zero it takes.

    Zero where there is none to propose: the break is about no record of a station, or no sum differs.
    """
    return -int(case.difference_fen) if cited_seq(case) is not None else 0


def propose(
    connection: Connection, by: StaffMember, case_no: int, why: str, now: datetime, *, stale_days: int
) -> corrections.Proposal:
    """Propose to the station that its record counts as the counterparty has it; nobody is told before approval.

    A break makes one correction: once it was put to the station, another one would move the same sum again.
    ``stale_days`` as in `hq_server.disputes.corrections.propose`.

    Raises:
        RefusedError: as there, the break is closed, about no record of a station or of no sum, or it was put to the
            station before.
    """
    case = case_of(connection, case_no)
    seq, change = cited_seq(case), change_fen(case)
    if case.state != "OPEN" or seq is None or not change:
        raise RefusedError(
            "correction",
            f"差错 {case_no} 已经了结, 不涉及站点的记录, 或金额没有差别, 不能提出更正",
            f"break {case_no} is not open, about no record of a station, or of no sum: there is nothing to correct",
        )
    _refuse_twice(connection, case, change)
    # A sale that was declined or reversed, and a payout that failed, took nothing: the whole line is the difference.
    took_fen = 0 if case.difference_fen == case.theirs_fen else case.ours_fen or 0
    draft = corrections.Draft(
        _BOOKS[case.layer],
        CitedSide.STATION,
        seq,
        _REASONS.get(BreakClass(case.break_class), CorrectionReason.OTHER),
        f"{why.strip()} (差错 {case_no})" if why.strip() else "",
        -took_fen,
        change - took_fen,
    )
    made = corrections.propose(
        connection, by, case.station_code, draft, _evidence(connection, case_no), now, stale_days=stale_days
    )
    details = {"correction_no": made.correction_no}
    note_event(connection, (case.station_code, case_no), by, "CORRECTION", details, now)
    return made


def _refuse_twice(connection: Connection, case: Row[Any], change: int) -> None:
    """Refuse where a correction made of this break was approved, so that the station has been asked already.

    Its opposite is another matter: a break turns about when what it lacked arrives after all.
    """
    place = {"code": case.station_code, "case_no": case.case_no, "change": change}
    asked = connection.scalar(_ASKED, place)
    if asked is not None:
        raise RefusedError(
            "correction",
            f"差错 {case.case_no} 已向站点提出过更正 {asked}, 不能再提",
            f"break {case.case_no} was put to the station before, as correction {asked}",
        )


def _evidence(connection: Connection, case_no: int) -> EvidencePaper:
    lines = []
    for link in chain_of_case(connection, case_no):
        amount = "" if link.amount_fen is None else format_yuan(link.amount_fen)
        said = " / ".join(link.words(language) for language in (Language.CHINESE, Language.ENGLISH))
        lines.append(f"{link.stage.zh} {link.reference} {amount} {said}")
    return EvidencePaper(
        f"差错 {case_no} 的来龙去脉 / chain behind break {case_no}", TEXT_TYPE, "\n".join(lines).encode()
    )
