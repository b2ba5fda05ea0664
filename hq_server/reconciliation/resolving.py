"""Ending breaks 差错处理: one person proposes with cause and finding, alone or many at once, another approves.

Nothing takes effect before the approval; until then its maker takes it back without a trace in the books. One proposal
at a time waits on a case. Approval makes the entry in the same transaction, in HQ's books about the counterparty only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.break_tables import break_cases, break_resolutions, suspense_entries
from hq_server.four_eyes import FourEyes, refusal_reason
from hq_server.made_good import Cited, MadeGood, Remedy, note_made_good
from hq_server.reconciliation.cases import cited_seq, note_event
from hq_server.reconciliation.causes import ENTRIES, FITTING_SIGN, Action, Cause
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from hq_server.reference.staff import StaffMember

FINDING_CHARS_MIN, FINDING_CHARS_MAX = 4, 400
MANY_MAX = 5_000
FOUR_EYES = FourEyes(
    desk="break",
    table=break_resolutions,
    approve=Deed.APPROVE_RESOLUTION,
    item=("case_no", "action"),
    amount="difference_fen",
    decided_zh="这笔处理意见已审批、撤回, 或差错已查清",
    decided_en="this proposal was decided or taken back, or the break is explained meanwhile",
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """How breaks are to end: what is done, why it was, and what was found out, with where it can be read again."""

    action: Action
    cause: Cause
    finding: str
    other_case_no: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """What a proposal for many breaks would do: cases and sums in fen it takes, and those it cannot take, with why."""

    taken: tuple[int, ...]
    over_fen: int
    short_fen: int
    refused: tuple[tuple[int, RefusedError], ...]


def _case(connection: Connection, case_no: int, *, lock: bool = False) -> Row[Any]:
    query = select(break_cases).where(break_cases.c.case_no == case_no)
    row = connection.execute(query).one_or_none()
    if lock and row is not None:  # at its station's place: a distributed table locks rows of one station only
        here = query.where(break_cases.c.station_code == row.station_code)
        row = connection.execute(here.with_for_update()).one_or_none()
    if row is None:
        raise RefusedError("no_case", f"没有编号 {case_no} 的差错", f"there is no break {case_no}")
    return row


def _check(case: Row[Any], proposal: Proposal, other: Row[Any] | None) -> RefusedError | None:
    if case.state != "OPEN":
        return RefusedError("closed", f"差错 {case.case_no} 已经了结", f"break {case.case_no} is not open any more")
    fitting = FITTING_SIGN.get(proposal.action)
    if fitting is not None and case.difference_fen * fitting <= 0:
        return RefusedError(
            "sign",
            f"差错 {case.case_no} 的差额方向与处理方式不符",
            f"the difference of break {case.case_no} does not fit this action",
        )
    if proposal.action is Action.NO_ENTRY and proposal.cause is Cause.UNEXPLAINED:
        return RefusedError("cause", "不入账了结须选定原因", "ending a break without an entry takes a cause")
    if proposal.action is Action.MATCH and (
        other is None or other.state != "OPEN" or other.difference_fen + case.difference_fen
    ):
        return RefusedError(
            "other", "人工勾对须指定差额相抵的另一笔未结差错", "matching takes another open break that cancels this one"
        )
    return None


def preview(connection: Connection, case_nos: Sequence[int], proposal: Proposal) -> Preview:
    """Tell what a proposal for some breaks would do. It changes nothing."""
    rows = connection.execute(
        select(break_cases).where(break_cases.c.case_no.in_(case_nos[:MANY_MAX])).order_by(break_cases.c.case_no)
    )
    waiting = set(
        connection.scalars(select(break_resolutions.c.case_no).where(break_resolutions.c.state == "PROPOSED"))
    )
    taken: list[Row[Any]] = []
    refused: list[tuple[int, RefusedError]] = []
    for row in rows:
        why = _pending(row.case_no) if row.case_no in waiting else _check(row, proposal, None)
        if why is None:
            taken.append(row)
        else:
            refused.append((row.case_no, why))
    return Preview(
        tuple(row.case_no for row in taken),
        sum(max(0, row.difference_fen) for row in taken),
        sum(min(0, row.difference_fen) for row in taken),
        tuple(refused),
    )


def _pending(case_no: int) -> RefusedError:
    return RefusedError(
        "proposed", f"差错 {case_no} 已有待审批的处理意见", f"a proposal on break {case_no} waits for approval already"
    )


def propose(
    connection: Connection, by: StaffMember, case_no: int, proposal: Proposal, now: datetime, batch_no: str = ""
) -> int:
    """Propose how one break ends; gives the proposal's number at its case.

    Raises:
        RefusedError: no right, no finding, the break is closed or does not fit, or a proposal waits already.
    """
    by.require(Deed.RESOLVE_BREAK)
    finding = " ".join(proposal.finding.split())
    if not FINDING_CHARS_MIN <= len(finding) <= FINDING_CHARS_MAX:
        raise RefusedError("finding", "请写明查到的事实", "state what was found out")
    case = _case(connection, case_no, lock=True)
    other = _case(connection, proposal.other_case_no, lock=True) if proposal.other_case_no else None
    refusal = _check(case, proposal, other)
    if refusal is not None:
        raise refusal
    table = break_resolutions.c
    mine = (table.station_code == case.station_code) & (table.case_no == case_no)
    number = (connection.scalar(select(func.max(table.resolution_no)).where(mine)) or 0) + 1
    row = {
        "station_code": case.station_code,
        "case_no": case_no,
        "resolution_no": number,
        "action": proposal.action.value,
        "cause": proposal.cause.value,
        "finding": finding,
        "difference_fen": case.difference_fen,
        "other_case_no": proposal.other_case_no,
        "batch_no": batch_no,
        "maker_no": by.staff_no,
        "made_at": now,
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(break_resolutions).values(row))
    except IntegrityError as error:
        raise _pending(case_no) from error
    details = {"action": proposal.action.value, "cause": proposal.cause.value, "finding": finding}
    note_event(connection, (case.station_code, case_no), by, "PROPOSED", details, now)
    audit.note(
        connection,
        AuditTag.BREAK_PROPOSED,
        audit.staff_actor(by.staff_no),
        now,
        {"case_no": case_no, **details},
        case.station_code,
    )
    return number


def propose_many(
    connection: Connection, by: StaffMember, case_nos: Sequence[int], proposal: Proposal, now: datetime
) -> tuple[str, Preview]:
    """Propose one end for all breaks that its preview takes; gives the batch's number, by which it is decided whole.

    Raises:
        RefusedError: no right, no finding, or nothing is left to propose.
    """
    seen = preview(connection, case_nos, proposal)
    if not seen.taken:
        raise RefusedError("nothing", "没有可以这样处理的差错", "none of these breaks can end like this")
    batch_no = f"{now:%Y%m%d%H%M%S}-{by.staff_no}-{seen.taken[0]}"
    for case_no in seen.taken:
        propose(connection, by, case_no, proposal, now, batch_no)
    return batch_no, seen


def _waiting(case_no: int) -> ColumnElement[bool]:
    return (break_resolutions.c.case_no == case_no) & (break_resolutions.c.state == "PROPOSED")


def approve(connection: Connection, by: StaffMember, case_no: int, now: datetime) -> int:
    """Approve the proposal on a case as a second person: the case ends and its entry is made; gives the amount in fen.

    Raises:
        RefusedError: no right, the approver proposed it, nothing waits, the difference is another meanwhile, or what
            would go back to the payer was made good already.
    """
    by.require(Deed.APPROVE_RESOLUTION)
    case = _case(connection, case_no, lock=True)
    found = FOUR_EYES.open_row(connection, by, _waiting(case_no))
    if found is None:
        raise FOUR_EYES.decided()
    if case.state != "OPEN" or case.difference_fen != found.difference_fen:
        raise _changed(case_no)
    this = (break_resolutions.c.station_code == found.station_code) & _waiting(case_no)
    FOUR_EYES.decide(connection, by, this, "APPROVED", now)
    amount_fen = _enter(connection, by, case, found, now)
    cited = cited_seq(case)
    if found.action == Action.RETURN_TO_PAYER and cited is not None:
        made = MadeGood(Remedy.PAYER_REFUND, case_no, amount_fen, now)
        note_made_good(connection, Cited(case.station_code, Side.STATION, cited), made)
    cases = [case]
    if found.other_case_no:
        other = _case(connection, found.other_case_no, lock=True)
        if other.state != "OPEN" or other.difference_fen + case.difference_fen:
            raise RefusedError("changed", "另一笔差错已有变化", "the other break changed meanwhile")
        cases.append(other)
    for one in cases:
        _close(connection, by, one, found, now)
    details = {"case_no": case_no, "action": found.action, "amount_fen": amount_fen}
    audit.note(connection, AuditTag.BREAK_RESOLVED, audit.staff_actor(by.staff_no), now, details, case.station_code)
    return amount_fen


def _enter(connection: Connection, by: StaffMember, case: Row[Any], found: Row[Any], now: datetime) -> int:
    accounts = ENTRIES.get(Action(found.action))
    if accounts is None:
        return 0
    amount_fen: int = abs(case.difference_fen)
    connection.execute(
        insert(suspense_entries).values(
            station_code=case.station_code,
            case_no=case.case_no,
            resolution_no=found.resolution_no,
            counterparty=case.counterparty,
            business_date=case.business_date,
            debit=accounts.debit,
            credit=accounts.credit,
            amount_fen=amount_fen,
            maker_no=found.maker_no,
            approver_no=by.staff_no,
            entered_at=now,
        )
    )
    return amount_fen


def _close(connection: Connection, by: StaffMember, case: Row[Any], found: Row[Any], now: datetime) -> None:
    this = (break_cases.c.station_code == case.station_code) & (break_cases.c.case_no == case.case_no)
    ended = {"state": "RESOLVED", "closed_at": now, "closed_by": found.action, "cause": found.cause}
    connection.execute(update(break_cases).where(this, break_cases.c.state == "OPEN").values(ended))
    details = {"action": found.action, "maker_no": found.maker_no}
    note_event(connection, (case.station_code, case.case_no), by, "RESOLVED", details, now)


def refuse(connection: Connection, by: StaffMember, case_no: int, reason: str, now: datetime) -> None:
    """Refuse the proposal on a case as a second person, with the reason; the break stays open.

    Raises:
        RefusedError: no right, no reason, the same person proposed it, or nothing waits.
    """
    why = refusal_reason(reason)
    found = FOUR_EYES.open_row(connection, by, _waiting(case_no))
    if found is None:
        raise FOUR_EYES.decided()
    this = (break_resolutions.c.station_code == found.station_code) & _waiting(case_no)
    FOUR_EYES.decide(connection, by, this, "REFUSED", now, refusal=why)
    note_event(connection, (found.station_code, case_no), by, "REFUSED", {"refusal": why}, now)


def withdraw(connection: Connection, by: StaffMember, case_no: int, now: datetime) -> None:
    """Take one's own proposal back before it is decided.

    Raises:
        RefusedError: somebody else proposed it, or nothing waits.
    """
    row = FOUR_EYES.withdraw(connection, by, _waiting(case_no), now)
    note_event(connection, (row.station_code, case_no), by, "WITHDRAWN", {"action": row.action}, now)


def preview_decision(connection: Connection, by: StaffMember, case_nos: Sequence[int]) -> Preview:
    """Tell which proposals on some cases a person could approve, and what that would move. It changes nothing."""
    made, case = break_resolutions.c, break_cases.c
    query = (
        select(break_resolutions, case.state.label("case_state"), case.difference_fen.label("now_fen"))
        .join(break_cases, (case.station_code == made.station_code) & (case.case_no == made.case_no))
        .where(made.case_no.in_(case_nos[:MANY_MAX]), made.state == FOUR_EYES.open_state)
    )
    found = {row.case_no: row for row in connection.execute(query)}
    taken: list[Row[Any]] = []
    refused: list[tuple[int, RefusedError]] = []
    for case_no in sorted(set(case_nos[:MANY_MAX])):
        why = _undecidable(found.get(case_no), by)
        if why is None:
            taken.append(found[case_no])
        else:
            refused.append((case_no, why))
    return Preview(
        tuple(row.case_no for row in taken),
        sum(max(0, row.difference_fen) for row in taken),
        sum(min(0, row.difference_fen) for row in taken),
        tuple(refused),
    )


def _undecidable(row: Row[Any] | None, by: StaffMember) -> RefusedError | None:
    if row is None:
        return FOUR_EYES.decided()
    if row.maker_no == by.staff_no:
        return RefusedError("four_eyes", "自己提出的, 须由另一人审批", "your own proposal: it takes a second person")
    if row.case_state != "OPEN" or row.now_fen != row.difference_fen:
        return _changed(row.case_no)
    return None


def _changed(case_no: int) -> RefusedError:
    return RefusedError(
        "changed",
        f"差错 {case_no} 在提出之后有变化, 请重新处理",
        f"break {case_no} changed after this was proposed: look at it again",
    )


def cases_of_batch(connection: Connection, batch_no: str) -> list[int]:
    """List the cases whose proposals of one batch still wait."""
    table = break_resolutions.c
    query = select(table.case_no).where(table.batch_no == batch_no, table.state == "PROPOSED")
    return list(connection.scalars(query.order_by(table.case_no)))
