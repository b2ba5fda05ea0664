"""Rulings on cases: one person writes down what was found, with cause and evidence, a second person reviews it.

Before a ruling a difference is unexplained and nobody's. Anything stands against a station only after a finding that
names a cause on its side; what nobody can explain HQ bears.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, func, insert, select
from sqlalchemy.exc import IntegrityError

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.dispute_tables import case_rulings
from hq_server.disputes.cases import find_case
from hq_server.four_eyes import FourEyes, refusal_reason
from hq_server.hq_journal import held_head
from hq_server.made_good import Cited, MadeGood, Remedy, note_made_good, refuse_second
from hq_server.reference.evidence import keep_evidence
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.facts.disputes import CAUSES_OF_THE_STATION, CaseRuled, DisputeAbout, FindingCause
from station_journal.money import FEN_MAX
from station_journal.records import Actor, ActorKind
from station_journal.rules.case import CaseState, DisputeCase
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember
    from station_journal.evidence_paper import EvidencePaper

_FINDING_MAX = 1_000


class Finding(NamedTuple):
    """What was found: the cause, in words, how much of a resting sum stands, and what is awarded where none rests."""

    cause: FindingCause
    words: str
    stands_fen: int = 0
    award_fen: int = 0


@dataclass(frozen=True, slots=True)
class Ruling:
    """A ruling as the desk has it, numbered per case."""

    station_code: str
    case_no: int
    ruling_no: int
    cause: FindingCause
    finding: str
    evidence_hash: bytes
    evidence_title: str
    stands_fen: int
    award_fen: int
    state: str
    maker_no: int
    made_at: datetime
    approver_no: int | None
    decided_at: datetime | None
    refusal: str
    hq_seq: int | None


FOUR_EYES = FourEyes(
    desk="case_rulings",
    table=case_rulings,
    approve=Deed.APPROVE_CASE_RULING,
    item=("case_no", "ruling_no"),
    amount="stands_fen",
    decided_zh="该裁定已处理过",
    decided_en="this ruling was decided before",
)
_COLUMNS = [case_rulings.c[field.name] for field in fields(Ruling)]


def _ruling(row: Row[Any]) -> Ruling:
    return Ruling(**{**row._mapping, "cause": FindingCause(row.cause)})  # noqa: SLF001 - a row's public mapping


def propose(
    connection: Connection,
    by: StaffMember,
    station_code: str,
    case_no: int,
    finding: Finding,
    evidence: EvidencePaper,
    now: datetime,
) -> Ruling:
    """Write down a finding and what follows from it; the station hears of it once a second person has reviewed it.

    Raises:
        RefusedError: no right, no dispute that waits for a ruling, no finding, one that waits already, sums that do not
            follow from it, or what it is about was made good already.
    """
    by.require(Deed.RULE_CASE)
    held_head(connection, station_code, Side.HQ, lock=True)
    case = find_case(connection, station_code, case_no).case
    _check(case, finding)
    if _given_fen(case, finding):
        refuse_second(connection, _cited(station_code, case))
    words = " ".join(finding.words.split())
    if not words or len(words) > _FINDING_MAX or not words.isprintable():
        raise RefusedError("finding", "请写明查明的事实和依据", "write down what was found and by what")
    named = keep_evidence(connection, station_code, evidence, by.staff_no, now)
    table = case_rulings.c
    mine = and_(table.station_code == station_code, table.case_no == case_no)
    number = (connection.scalar(select(func.max(table.ruling_no)).where(mine)) or 0) + 1
    values = {"cause": int(finding.cause), "finding": words, "evidence_hash": named, "evidence_title": evidence.title}
    values |= {"stands_fen": finding.stands_fen, "award_fen": finding.award_fen, "made_at": now}
    place = {"station_code": station_code, "case_no": case_no, "ruling_no": number, "maker_no": by.staff_no}
    try:
        made = connection.execute(insert(case_rulings).values(**place, **values).returning(*_COLUMNS)).one()
    except IntegrityError as error:
        raise RefusedError(
            "open", "该争议已有一份裁定待审", "a ruling on this case waits for review already"
        ) from error
    details = {"case_no": case_no, "cause": finding.cause.name, "stands_fen": finding.stands_fen}
    audit.note(connection, AuditTag.CASE_RULING_PROPOSED, audit.staff_actor(by.staff_no), now, details, station_code)
    return _ruling(made)


def _given_fen(case: DisputeCase, finding: Finding) -> int:
    """Give what a ruling gives for the record that a case is about; of a correction's case that is the correction."""
    if case.about is DisputeAbout.CORRECTION:
        return 0
    if not case.rests_under:
        return finding.award_fen
    return abs(case.amount_fen) - finding.stands_fen if case.amount_fen < 0 else 0


def _cited(station_code: str, case: DisputeCase) -> Cited:
    return Cited(station_code, case.about.side, case.of_seq)


def _check(case: DisputeCase, finding: Finding) -> None:
    if case.state is not CaseState.DISPUTED:
        raise RefusedError(
            "state", "只有站点提出争议且未裁定的才能裁定", "only what a station disputes can be ruled on, once"
        )
    resting_fen = abs(case.amount_fen) if case.rests_under else 0
    if not 0 <= finding.stands_fen <= resting_fen or not 0 <= finding.award_fen <= (0 if resting_fen else FEN_MAX):
        raise RefusedError("amount", "金额超出挂账数", "the sum is more than what rests in suspense")
    if finding.stands_fen and case.amount_fen < 0 and finding.cause not in CAUSES_OF_THE_STATION:
        raise RefusedError(
            "cause",
            "查明的原因不在站点一方, 不能由站点承担",
            "the cause that was found is not on the station's side: nothing can stand against it",
        )


def _this(station_code: str, case_no: int) -> ColumnElement[bool]:
    table = case_rulings.c
    newest = (
        select(func.max(table.ruling_no))
        .where(table.station_code == station_code, table.case_no == case_no)
        .scalar_subquery()
    )
    return and_(table.station_code == station_code, table.case_no == case_no, table.ruling_no == newest)


def approve(
    connection: Connection, journal: HqJournal, by: StaffMember, station_code: str, case_no: int, now: datetime
) -> Ruling:
    """Review a ruling as a second person and tell the station, both in this transaction.

    Raises:
        RefusedError: no right, the same person found it, it was decided before, the case is closed, or what it is about
            was made good already.
    """
    held_head(connection, station_code, Side.HQ, lock=True)
    row = FOUR_EYES.open_row(connection, by, _this(station_code, case_no))
    if row is None:
        raise _none(station_code, case_no)
    cause = FindingCause(row.cause)
    finding = Finding(cause, row.finding, row.stands_fen, row.award_fen)
    case = find_case(connection, station_code, case_no).case
    _check(case, finding)
    given_fen = _given_fen(case, finding)
    if given_fen:
        note_made_good(connection, _cited(station_code, case), MadeGood(Remedy.CASE_RULING, case_no, given_fen, now))
    sums = (row.stands_fen, row.award_fen)
    document = (row.evidence_hash, row.evidence_title)
    fact = CaseRuled(case_no, cause, row.finding, *document, *sums, row.maker_no, by.staff_no)
    (seq,) = journal.append(connection, station_code, [fact], Actor(ActorKind.PERSON, by.staff_no), now)
    done = FOUR_EYES.decide(connection, by, _this(station_code, case_no), "APPROVED", now, hq_seq=seq)
    details = {"case_no": case_no, "hq_seq": seq}
    audit.note(connection, AuditTag.CASE_RULED, audit.staff_actor(by.staff_no), now, details, station_code)
    return _as_ruling(done)


def refuse(
    connection: Connection, by: StaffMember, station_code: str, case_no: int, refusal: str, now: datetime
) -> Ruling:
    """Send a ruling back as a second person, with the reason; the case stays open.

    Raises:
        RefusedError: no right, no reason, the same person found it, or it was decided before.
    """
    reason = refusal_reason(refusal)
    if FOUR_EYES.open_row(connection, by, _this(station_code, case_no)) is None:
        raise _none(station_code, case_no)
    done = FOUR_EYES.decide(connection, by, _this(station_code, case_no), "REFUSED", now, refusal=reason)
    details = {"case_no": case_no, "refusal": reason}
    audit.note(connection, AuditTag.CASE_RULING_REFUSED, audit.staff_actor(by.staff_no), now, details, station_code)
    return _as_ruling(done)


def withdraw(connection: Connection, by: StaffMember, station_code: str, case_no: int, now: datetime) -> Ruling:
    """Take the proposed ruling back before it is reviewed, as whoever found it; the case stays open.

    Raises:
        RefusedError: none waits, or somebody else proposed it.
    """
    return _as_ruling(FOUR_EYES.withdraw(connection, by, _this(station_code, case_no), now))


def _as_ruling(row: Row[Any]) -> Ruling:
    values = row._mapping  # noqa: SLF001 - a row's public mapping
    return Ruling(**{**{field.name: values[field.name] for field in fields(Ruling)}, "cause": FindingCause(row.cause)})


def _none(station_code: str, case_no: int) -> RefusedError:
    return RefusedError(
        "unknown_ruling", f"站点 {station_code} 争议 {case_no} 没有待审裁定", f"no ruling waits on case {case_no}"
    )


def rulings_of(connection: Connection, station_code: str, case_no: int) -> list[Ruling]:
    """List the rulings that were ever proposed on a case, oldest first."""
    table = case_rulings.c
    query = select(*_COLUMNS).where(table.station_code == station_code, table.case_no == case_no)
    return [_ruling(row) for row in connection.execute(query.order_by(table.ruling_no))]
