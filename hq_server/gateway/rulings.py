"""Rulings: two people end a payment or a reversal that no biller will answer, on a finding that is written down.

A ruling cites what was found (a call with the biller, a bank statement); without one nothing is ruled. Maker and
approver differ by a constraint of the table; of two decisions at once one wins.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.gateway_tables import gateway_requests, payment_rulings
from hq_server.four_eyes import FourEyes
from hq_server.gateway.answering import Evidence, end_reversal, end_unknown
from hq_server.gateway.answers import plain, plain_number
from hq_server.gateway.requests import Kind, Request, RequestState, requests_where
from hq_server.hq_journal import held_head
from hq_server.made_good import Cited, MadeGood, Remedy, note_made_good, refuse_second
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.records import Actor, ActorKind, AnswerSource, Outcome
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember

_FINDING_LENGTH_MIN = 4


class RulingState(StrEnum):
    """How far a ruling is."""

    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


class ReversalOutcome(StrEnum):
    """How a reversal ended; a request's outcome has the same words."""

    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A ruling on one payment, or on the reversal asked for by record ``request_seq``; it rests on ``finding``."""

    station_code: str
    payment_seq: int
    ruling_no: int
    kind: Kind
    request_seq: int
    outcome: str
    biller_no: str
    finding: str
    state: RulingState
    maker_no: int
    approver_no: int | None
    proposed_at: datetime
    decided_at: datetime | None


_COLUMNS = [payment_rulings.c[field.name] for field in fields(Ruling)]
FOUR_EYES = FourEyes(
    desk="ruling",
    table=payment_rulings,
    approve=Deed.APPROVE_RESOLUTION,
    item=("payment_seq", "kind", "outcome"),
    made_at="proposed_at",
    decided_zh="该裁定已处理过",
    decided_en="this ruling was decided before",
)


def _ruling(row: Row[Any]) -> Ruling:
    values = {field.name: getattr(row, field.name) for field in fields(Ruling)}
    return Ruling(**{**values, "kind": Kind(row.kind), "state": RulingState(row.state)})


def unknown_payments(connection: Connection, limit: int = 500) -> list[Request]:
    """List payments and reversals that wait for a biller's word, whatever the reason, by station."""
    return requests_where(connection, gateway_requests.c.state != RequestState.ANSWERED.value, limit=limit)


def request_of_our_no(connection: Connection, our_no: str, kind: Kind = Kind.PAY) -> Request:
    """Find a payment's request by our number, or the latest reversal asked for it.

    Raises:
        RefusedError: there is none.
    """
    station_code, _, seq = our_no.strip().rpartition("-")[0].rpartition("-")
    found: list[Request] = []
    if seq.isascii() and seq.isdigit() and len(seq) < len(str(2**63)):
        table = gateway_requests.c
        where = (table.station_code == station_code, table.kind == kind.value, table.payment_seq == int(seq))
        found = requests_where(connection, *where, table.our_no == our_no.strip(), limit=_REVERSALS_MAX)
    if not found and kind is Kind.REVERSE:
        raise RefusedError("our_no", f"没有流水号 {our_no} 的冲正", f"no reversal was asked for our number {our_no}")
    if not found:
        raise RefusedError("our_no", f"没有流水号 {our_no} 的缴费", f"there is no payment with our number {our_no}")
    return found[-1]


_REVERSALS_MAX = 1_000
_GIVING = {Outcome.DECLINED.name, ReversalOutcome.ACCEPTED.name}
"""Ends of a payment or its reversal that give the station its credit back."""


def propose(
    connection: Connection,
    by: StaffMember,
    our_no: str,
    outcome: Outcome | ReversalOutcome,
    finding: str,
    now: datetime,
    biller_no: str = "",
) -> Ruling:
    """Propose how a payment without a result ended, or a reversal if the outcome is a reversal's.

    Raises:
        RefusedError: no right, no finding, no such request, it has ended, the payment was made good, or a ruling is
            already proposed.
    """
    by.require(Deed.RESOLVE_BREAK)
    found = plain(finding)
    if len(found) < _FINDING_LENGTH_MIN:
        raise RefusedError("finding", "裁定须写明查明的事实", "a ruling states what was found")
    if outcome is Outcome.UNKNOWN:
        raise RefusedError("outcome", "结果必须是成功或失败", "the outcome is confirmed or declined")
    kind = Kind.REVERSE if isinstance(outcome, ReversalOutcome) else Kind.PAY
    request = request_of_our_no(connection, our_no, kind)
    if request.state is RequestState.ANSWERED:
        raise _answered(our_no)
    if outcome.name in _GIVING:
        refuse_second(connection, Cited(request.station_code, Side.STATION, request.payment_seq))
    table = payment_rulings.c
    mine = (table.station_code == request.station_code) & (table.payment_seq == request.payment_seq)
    number = (connection.scalar(select(func.max(table.ruling_no)).where(mine)) or 0) + 1
    row = {
        "station_code": request.station_code,
        "payment_seq": request.payment_seq,
        "ruling_no": number,
        "kind": kind.value,
        "request_seq": request.seq,
        "outcome": outcome.name,
        "biller_no": plain_number(biller_no),
        "finding": found,
        "state": RulingState.PROPOSED.value,
        "maker_no": by.staff_no,
        "proposed_at": now,
    }
    try:
        with connection.begin_nested():
            made = connection.execute(insert(payment_rulings).values(row).returning(*_COLUMNS)).one()
    except IntegrityError as error:
        raise RefusedError(
            "proposed", f"{our_no} 已有待审批的裁定", f"a ruling on {our_no} waits for approval already"
        ) from error
    details = {"our_no": our_no, "kind": kind.value, "outcome": outcome.name, "finding": found}
    actor = audit.staff_actor(by.staff_no)
    audit.note(connection, AuditTag.RULING_PROPOSED, actor, now, details, request.station_code)
    return _ruling(made)


def approve(
    connection: Connection, journal: HqJournal, by: StaffMember, our_no: str, now: datetime, kind: Kind = Kind.PAY
) -> Ruling:
    """Approve the proposed ruling on a payment or its reversal as a second person; the HQ record is appended with it.

    Raises:
        RefusedError: no right, nothing is proposed, the approver proposed it, the biller's word came first, or the
            payment was made good meanwhile.
    """
    by.require(Deed.APPROVE_RESOLUTION)
    request = request_of_our_no(connection, our_no, kind)
    held_head(connection, request.station_code, Side.HQ, lock=True)
    ruling = _decide(connection, by, request, RulingState.APPROVED, now)
    actor = Actor(ActorKind.PERSON, by.staff_no)
    if kind is Kind.REVERSE:
        accepted, source = ruling.outcome == ReversalOutcome.ACCEPTED.name, AnswerSource.RULING
        ended = end_reversal(
            connection, journal, request, accepted=accepted, reason=ruling.finding, now=now, source=source, actor=actor
        )
    else:
        evidence = Evidence(Outcome[ruling.outcome], AnswerSource.RULING, ruling.biller_no, ruling.finding)
        ended = end_unknown(connection, journal, request.station_code, request.seq, evidence, now, actor)
    if not ended:
        raise _answered(our_no)
    if ruling.outcome in _GIVING:
        cited = Cited(request.station_code, Side.STATION, request.payment_seq)
        note_made_good(connection, cited, MadeGood(Remedy.PAYMENT_RULING, ruling.ruling_no, request.amount_fen, now))
    details = {"our_no": our_no, "kind": kind.value, "outcome": ruling.outcome, "finding": ruling.finding}
    audit.note(connection, AuditTag.RULING_MADE, audit.staff_actor(by.staff_no), now, details, request.station_code)
    return ruling


def _answered(our_no: str) -> RefusedError:
    return RefusedError("answered", f"{our_no} 已有结果", f"{our_no} has its result already")


def refuse(connection: Connection, by: StaffMember, our_no: str, now: datetime, kind: Kind = Kind.PAY) -> Ruling:
    """Refuse the proposed ruling on a payment or its reversal as a second person; what it was about stays open.

    Raises:
        RefusedError: no right, nothing is proposed, or the same person proposed it.
    """
    by.require(Deed.APPROVE_RESOLUTION)
    request = request_of_our_no(connection, our_no, kind)
    ruling = _decide(connection, by, request, RulingState.REFUSED, now)
    actor, details = audit.staff_actor(by.staff_no), {"our_no": our_no, "kind": kind.value}
    audit.note(connection, AuditTag.RULING_REFUSED, actor, now, details, request.station_code)
    return ruling


def withdraw(connection: Connection, by: StaffMember, our_no: str, now: datetime, kind: Kind = Kind.PAY) -> Ruling:
    """Take back one's own ruling before it is decided; another can be proposed.

    Raises:
        RefusedError: somebody else proposed it, it was decided before, or there is none.
    """
    request = request_of_our_no(connection, our_no, kind)
    return _ruling(FOUR_EYES.withdraw(connection, by, _proposed(request), now))


def _proposed(request: Request) -> ColumnElement[bool]:
    table = payment_rulings.c
    return (
        (table.station_code == request.station_code)
        & (table.kind == request.kind.value)
        & (table.request_seq == request.seq)
        & (table.state == RulingState.PROPOSED.value)
    )


def _decide(connection: Connection, by: StaffMember, request: Request, state: RulingState, now: datetime) -> Ruling:
    proposed = _proposed(request)
    if FOUR_EYES.open_row(connection, by, proposed) is None:
        raise RefusedError(
            "nothing_proposed",
            f"{request.our_no} 没有待审批的裁定",
            f"no ruling on {request.our_no} waits for approval",
        )
    return _ruling(FOUR_EYES.decide(connection, by, proposed, state.value, now))


def open_rulings(connection: Connection) -> dict[tuple[str, str, int], Ruling]:
    """Give the rulings that wait for approval, by the key of the request each is about."""
    query = select(*_COLUMNS).where(payment_rulings.c.state == RulingState.PROPOSED.value)
    rulings = [_ruling(row) for row in connection.execute(query)]
    return {(ruling.station_code, ruling.kind.value, ruling.request_seq): ruling for ruling in rulings}
