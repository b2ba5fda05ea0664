"""Corrections: one person proposes with record, reason and evidence, another approves, and the station is asked.

Approval tells the station and moves nothing of its books: the sum rests in suspense until the station accepts or a
ruling stands (docs/adr/0022). One that comes too late for the shopkeeper to trace the customer takes the signature of a
third person, with the reason why it is proposed all the same (reference: horizon lesson H25).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Integer, cast, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.dispute_tables import corrections
from hq_server.db.journal_tables import journal_records
from hq_server.db.ledger_tables import subjects
from hq_server.disputes.cited_records import refuse_doubled, refuse_moved_break
from hq_server.four_eyes import FourEyes, refusal_reason
from hq_server.hq_journal import held_head
from hq_server.made_good import Cited, MadeGood, Remedy, note_made_good
from hq_server.reference.evidence import keep_evidence
from hq_server.reference.staff import Deed
from hq_server.reference.working_days import business_date_of
from hq_server.wording import RefusedError
from station_journal.codec import UnreadableRecordError, decode
from station_journal.facts.disputes import CitedSide, CorrectedBook, CorrectionProposed, CorrectionReason
from station_journal.money import FEN_MAX
from station_journal.records import Actor, ActorKind
from station_journal.rules.disputes import Correction, CorrectionState
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember
    from station_journal.evidence_paper import EvidencePaper

_TEXT_MAX = 200
_OPEN = (CorrectionState.PROPOSED, CorrectionState.DISPUTED)


class Draft(NamedTuple):
    """What a correction says: the book, the record it cites, why, and the figure as it stands and as it should."""

    book: CorrectedBook
    cited_side: CitedSide
    cited_seq: int
    reason: CorrectionReason
    explanation: str
    old_fen: int
    new_fen: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A correction as the desk has it; ``answer_state`` is how far the station is with it, None before approval."""

    station_code: str
    correction_no: int
    draft: Draft
    cited_on: date
    evidence_hash: bytes
    evidence_title: str
    stale: bool
    signer_no: int | None
    state: str
    maker_no: int
    made_at: datetime
    approver_no: int | None
    decided_at: datetime | None
    refusal: str
    hq_seq: int | None
    answer_state: CorrectionState | None = None

    @property
    def change_fen(self) -> int:
        """What it would change for the station."""
        return self.draft.new_fen - self.draft.old_fen


FOUR_EYES = FourEyes(
    desk="corrections",
    table=corrections,
    approve=Deed.APPROVE_CORRECTION,
    item=("correction_no",),
    decided_zh="该笔更正已处理过",
    decided_en="this correction was decided before",
)


def _this(station_code: str, correction_no: int) -> ColumnElement[bool]:
    table = corrections.c
    return (table.station_code == station_code) & (table.correction_no == correction_no)


def propose(
    connection: Connection,
    by: StaffMember,
    station_code: str,
    draft: Draft,
    evidence: EvidencePaper,
    now: datetime,
    *,
    stale_days: int,
) -> Proposal:
    """Enter a correction with its evidence; nobody is told before a second person approves.

    ``stale_days`` is how old, in days, the cited record may be before it takes a third signature.

    Raises:
        RefusedError: no right, no such record, one that is open about it already, figures or texts that are none, or
            the record was made good.
    """
    by.require(Deed.PROPOSE_CORRECTION)
    if held_head(connection, station_code, Side.HQ, lock=True) is None:
        raise RefusedError(
            "not_approved", f"站点 {station_code} 不存在或尚未开通", f"station {station_code} is not known or not open"
        )
    explanation = _text("explanation", draft.explanation)
    change_fen = draft.new_fen - draft.old_fen
    if not change_fen or max(abs(draft.old_fen), abs(draft.new_fen), abs(change_fen)) > FEN_MAX:
        raise RefusedError("amount", "新旧金额相同或超出范围", "the figures are the same or out of range")
    cited_on = _cited_on(connection, station_code, draft)
    _refuse_second(connection, station_code, draft)
    refuse_doubled(connection, Cited(station_code, draft.cited_side.side, draft.cited_seq), change_fen)
    named = keep_evidence(connection, station_code, evidence, by.staff_no, now)
    mine = corrections.c.station_code == station_code
    last = connection.scalar(select(func.max(corrections.c.correction_no)).where(mine)) or 0
    number = max(last, _last_told(connection, station_code)) + 1
    stale = (business_date_of(now) - cited_on).days > stale_days
    figures = {name: int(value) for name, value in draft._asdict().items() if name != "explanation"}
    row = {**figures, "explanation": explanation, "cited_on": cited_on, "stale": stale, "evidence_hash": named}
    row |= {"station_code": station_code, "correction_no": number, "evidence_title": evidence.title}
    try:
        connection.execute(insert(corrections).values(**row, maker_no=by.staff_no, made_at=now))
    except IntegrityError as error:
        raise _open_already() from error
    details = {"correction_no": number, "old_fen": draft.old_fen, "new_fen": draft.new_fen, "stale": stale}
    audit.note(connection, AuditTag.CORRECTION_PROPOSED, audit.staff_actor(by.staff_no), now, details, station_code)
    return _found(connection, station_code, number)


def _last_told(connection: Connection, station_code: str) -> int:
    """Give the number of the last correction that the station was told of; a restored HQ's desk may not have it."""
    there = subjects.c
    mine = (there.station_code == station_code) & (there.kind == Correction.SUBJECT)
    return int(connection.scalar(select(func.max(there.key)).where(mine)) or 0)


def _text(code: str, text: str) -> str:
    said = " ".join(text.split())
    if not said or len(said) > _TEXT_MAX or not said.isprintable():
        raise RefusedError(code, f"请写明原因, 最多 {_TEXT_MAX} 字", f"say why, in at most {_TEXT_MAX} characters")
    return said


def _cited_on(connection: Connection, station_code: str, draft: Draft) -> date:
    """Give the business date of the cited record."""
    table, side = journal_records.c, draft.cited_side.side
    here = (table.station_code == station_code) & (table.side == side.value) & (table.seq == draft.cited_seq)
    data = connection.scalar(select(table.data).where(here))
    try:
        if data is not None:
            return decode(data, side).business_date
    except UnreadableRecordError:
        pass
    raise RefusedError(
        "cited",
        f"站点 {station_code} 的{'总部' if side is Side.HQ else '站点'}日志没有可读的第 {draft.cited_seq} 条",
        f"the {side.name.lower()} journal of {station_code} has no record {draft.cited_seq} that can be read",
    )


def _refuse_second(connection: Connection, station_code: str, draft: Draft) -> None:
    """Refuse a correction of a record about which another one is open."""
    table = corrections.c
    same = (table.cited_side == int(draft.cited_side)) & (table.cited_seq == draft.cited_seq)
    rows = connection.execute(_with_answers().where(table.station_code == station_code, same))
    states = [(row.state, row.answer_state) for row in rows]
    if any(state == "PROPOSED" or (state == "APPROVED" and answer in (None, *_OPEN)) for state, answer in states):
        raise _open_already()


def _open_already() -> RefusedError:
    return RefusedError(
        "open", "该记录已有一笔更正未了结", "a correction of that record is open already: it is answered first"
    )


def sign_stale(
    connection: Connection, by: StaffMember, station_code: str, correction_no: int, why: str, now: datetime
) -> Proposal:
    """Let a correction stand that is too old to trace a customer by, as a third person, with the reason.

    Raises:
        RefusedError: no right, no such open one, it needs no signature, or the signer made it.
    """
    by.require(Deed.SIGN_STALE_CORRECTION)
    proposal = _found(connection, station_code, correction_no)
    if proposal.state != "PROPOSED":
        raise FOUR_EYES.decided()
    if not proposal.stale or proposal.maker_no == by.staff_no:
        raise RefusedError(
            "third", "不需要签批, 或签批人就是提出人", "it needs no signature, or the signer proposed it"
        )
    changed = {"signer_no": by.staff_no, "signed_for": _text("why", why)}
    connection.execute(update(corrections).where(_this(station_code, correction_no)).values(changed))
    details = {"correction_no": correction_no, "why": changed["signed_for"]}
    audit.note(connection, AuditTag.CORRECTION_SIGNED, audit.staff_actor(by.staff_no), now, details, station_code)
    return _found(connection, station_code, correction_no)


def approve(
    connection: Connection, journal: HqJournal, by: StaffMember, station_code: str, correction_no: int, now: datetime
) -> Proposal:
    """Approve as a second person and ask the station, both in this transaction.

    Raises:
        RefusedError: no right, the same person proposed or signed it, it was decided before, it lacks a signature, or
            the record was made good, or its break explained, meanwhile.
    """
    held_head(connection, station_code, Side.HQ, lock=True)
    row = FOUR_EYES.open_row(connection, by, _this(station_code, correction_no))
    if row is None:
        raise _unknown(station_code, correction_no)
    if row.stale and row.signer_no is None:
        raise RefusedError(
            "stale",
            f"所引记录是 {row.cited_on} 的, 已难找到顾客, 须另一人先签批",
            f"the cited record is of {row.cited_on}, too old to trace the customer: a third person signs first",
        )
    if row.signer_no == by.staff_no:
        raise RefusedError("third", "签批人不能再审批", "whoever signed it cannot approve it too")
    change_fen, cited = row.new_fen - row.old_fen, Cited(station_code, CitedSide(row.cited_side).side, row.cited_seq)
    refuse_moved_break(connection, station_code, correction_no, change_fen)
    refuse_doubled(connection, cited, change_fen)
    if change_fen > 0:
        note_made_good(connection, cited, MadeGood(Remedy.CORRECTION, correction_no, change_fen, now))
    fact = CorrectionProposed(
        correction_no=correction_no,
        book=CorrectedBook(row.book),
        cited_side=CitedSide(row.cited_side),
        cited_seq=row.cited_seq,
        reason=CorrectionReason(row.reason),
        explanation=row.explanation,
        old_fen=row.old_fen,
        new_fen=row.new_fen,
        evidence_hash=row.evidence_hash,
        evidence_title=row.evidence_title,
        maker_no=row.maker_no,
        approver_no=by.staff_no,
        signer_no=row.signer_no or 0,
    )
    (seq,) = journal.append(connection, station_code, [fact], Actor(ActorKind.PERSON, by.staff_no), now)
    FOUR_EYES.decide(connection, by, _this(station_code, correction_no), "APPROVED", now, hq_seq=seq)
    details = {"correction_no": correction_no, "hq_seq": seq}
    audit.note(connection, AuditTag.CORRECTION_APPROVED, audit.staff_actor(by.staff_no), now, details, station_code)
    return _found(connection, station_code, correction_no)


def refuse(
    connection: Connection, by: StaffMember, station_code: str, correction_no: int, refusal: str, now: datetime
) -> Proposal:
    """Refuse a correction as a second person, with the reason; the station never hears of it.

    Raises:
        RefusedError: no right, no reason, the same person proposed it, or it was decided before.
    """
    reason = refusal_reason(refusal)
    this = _this(station_code, correction_no)
    if FOUR_EYES.open_row(connection, by, this) is None:
        raise _unknown(station_code, correction_no)
    FOUR_EYES.decide(connection, by, this, "REFUSED", now, refusal=reason)
    details = {"correction_no": correction_no, "refusal": reason}
    audit.note(connection, AuditTag.CORRECTION_REFUSED, audit.staff_actor(by.staff_no), now, details, station_code)
    return _found(connection, station_code, correction_no)


def withdraw(connection: Connection, by: StaffMember, station_code: str, correction_no: int, now: datetime) -> Proposal:
    """Take a correction back before it is decided, as its maker; the station never hears of it.

    Raises:
        RefusedError: no such correction, it was decided before, or somebody else proposed it.
    """
    _found(connection, station_code, correction_no)
    FOUR_EYES.withdraw(connection, by, _this(station_code, correction_no), now)
    return _found(connection, station_code, correction_no)


def _unknown(station_code: str, correction_no: int) -> RefusedError:
    return RefusedError(
        "unknown_correction",
        f"站点 {station_code} 没有第 {correction_no} 号更正",
        f"station {station_code} has no correction {correction_no}",
    )


def _with_answers() -> Any:  # noqa: ANN401 - a select of rows whose columns are named below
    table, there = corrections, subjects.c
    answered = (
        (there.station_code == table.c.station_code)
        & (there.kind == Correction.SUBJECT)
        & (cast(there.key, Integer) == table.c.correction_no)
    )
    return select(table, there.state.label("answer_state")).outerjoin(subjects, answered)


def _proposal(row: Row[Any]) -> Proposal:
    draft = Draft(
        CorrectedBook(row.book),
        CitedSide(row.cited_side),
        row.cited_seq,
        CorrectionReason(row.reason),
        row.explanation,
        row.old_fen,
        row.new_fen,
    )
    return Proposal(
        station_code=row.station_code,
        correction_no=row.correction_no,
        draft=draft,
        cited_on=row.cited_on,
        evidence_hash=row.evidence_hash,
        evidence_title=row.evidence_title,
        stale=row.stale,
        signer_no=row.signer_no,
        state=row.state,
        maker_no=row.maker_no,
        made_at=row.made_at,
        approver_no=row.approver_no,
        decided_at=row.decided_at,
        refusal=row.refusal,
        hq_seq=row.hq_seq,
        answer_state=None if row.answer_state is None else CorrectionState(row.answer_state),
    )


def _found(connection: Connection, station_code: str, correction_no: int) -> Proposal:
    row = connection.execute(_with_answers().where(_this(station_code, correction_no))).one_or_none()
    if row is None:
        raise _unknown(station_code, correction_no)
    return _proposal(row)


def proposals(
    connection: Connection,
    *,
    station_code: str | None = None,
    only_open: bool = False,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[Proposal], int]:
    """List a page of corrections, the newest first, and count them all.

    ``only_open``: those that wait for approval or for the station, or are disputed.
    """
    table = corrections.c
    query = _with_answers()
    if station_code is not None:
        query = query.where(table.station_code == station_code)
    if only_open:
        waits = subjects.c.state.is_(None) | subjects.c.state.in_([int(state) for state in _OPEN])
        query = query.where((table.state == "PROPOSED") | ((table.state == "APPROVED") & waits))
    count = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = (table.made_at.desc(), table.station_code, table.correction_no.desc())
    rows = connection.execute(query.order_by(*order).limit(limit).offset(offset))
    return [_proposal(row) for row in rows], count
