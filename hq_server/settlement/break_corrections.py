"""A break whose end is at the station: the correction is proposed to it from the case, which both then name.

The proposal cites the station's own record and carries the chain behind the break as evidence. It is approved by a
second person as any correction is, and the station answers it; the break itself stays open until two people end it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hq_server.disputes import corrections
from hq_server.reconciliation.cases import note_event
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
"""A payment was made of the station's credit, a withdrawal is settled with its owner's account."""


def cited_seq(case: Row[Any]) -> int | None:
    """Give the station's record that a break is about; None where it is about none."""
    if case.layer not in _BOOKS:
        return None
    if case.payment_seq is not None:
        return int(case.payment_seq)
    kind, _, number = case.item.partition(":")
    return int(number) if kind == "W" else None


def propose(
    connection: Connection, by: StaffMember, case_no: int, why: str, now: datetime, *, stale_days: int
) -> corrections.Proposal:
    """Propose to the station that its figure becomes what the counterparty states; nobody is told before approval.

    ``stale_days`` as in `hq_server.disputes.corrections.propose`.

    Raises:
        RefusedError: as there, or the break is closed or about no record of a station.
    """
    case = case_of(connection, case_no)
    seq = cited_seq(case)
    if case.state != "OPEN" or seq is None:
        raise RefusedError(
            "correction",
            f"差错 {case_no} 已经了结, 或不涉及站点的记录, 不能提出更正",
            f"break {case_no} is not open, or about no record of a station: there is nothing to correct",
        )
    draft = corrections.Draft(
        _BOOKS[case.layer],
        CitedSide.STATION,
        seq,
        _REASONS.get(BreakClass(case.break_class), CorrectionReason.OTHER),
        f"{why.strip()} (差错 {case_no})" if why.strip() else "",
        case.ours_fen or 0,
        case.theirs_fen or 0,
    )
    made = corrections.propose(
        connection, by, case.station_code, draft, _evidence(connection, case_no), now, stale_days=stale_days
    )
    details = {"correction_no": made.correction_no}
    note_event(connection, (case.station_code, case_no), by, "CORRECTION", details, now)
    return made


def _evidence(connection: Connection, case_no: int) -> EvidencePaper:
    lines = []
    for link in chain_of_case(connection, case_no):
        amount = "" if link.amount_fen is None else format_yuan(link.amount_fen)
        said = " / ".join(link.words(language) for language in (Language.CHINESE, Language.ENGLISH))
        lines.append(f"{link.stage.zh} {link.reference} {amount} {said}")
    return EvidencePaper(
        f"差错 {case_no} 的来龙去脉 / chain behind break {case_no}", TEXT_TYPE, "\n".join(lines).encode()
    )
