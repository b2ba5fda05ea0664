"""Withdrawal terms of the agency agreement: one person enters them, a second approves, and the station is told.

Payout allowance, RESTORE, the card's daily cap and the fee are dated parameters by acquirer; what holds without any is
``station_journal.rules.withdrawal.DEFAULT_TERMS``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.withdrawal_tables import withdrawal_terms
from hq_server.four_eyes import FourEyes
from hq_server.hq_journal import held_head
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.facts.withdrawals import FeePayer, FirstFreeScope, WithdrawalTermsAgreed
from station_journal.records import Actor, ActorKind
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember

SUM_MAX_FEN = 1_000_000_000
_TEXT_MAX = 40


@dataclass(frozen=True, slots=True)
class TermsEntry:
    """Terms as entered for a station, numbered per station without a gap; sums in fen."""

    station_code: str
    terms_no: int
    effective_on: date
    acquirer_code: str
    acquirer_name: str
    acquirer_name_en: str
    payout_allowance_fen: int
    restores_credit: bool
    card_day_cap_fen: int
    least_fen: int
    fee_fen: int
    fee_payer: FeePayer
    first_free_scope: FirstFreeScope
    state: str
    maker_no: int
    approver_no: int | None
    hq_seq: int | None


_COLUMNS = [withdrawal_terms.c[field.name] for field in fields(TermsEntry)]
FOUR_EYES = FourEyes(
    desk="withdrawal_terms",
    table=withdrawal_terms,
    approve=Deed.APPROVE_WITHDRAWAL_TERMS,
    item=("terms_no", "effective_on"),
    open_state="ENTERED",
    made_at="entered_at",
    decided_zh="该取款条件已处理过",
    decided_en="these terms were decided before",
)


def _entry(row: Row[Any]) -> TermsEntry:
    values = {field.name: getattr(row, field.name) for field in fields(TermsEntry)}
    values["fee_payer"], values["first_free_scope"] = FeePayer(row.fee_payer), FirstFreeScope(row.first_free_scope)
    return TermsEntry(**values)


def _this(station_code: str, terms_no: int) -> ColumnElement[bool]:
    table = withdrawal_terms.c
    return (table.station_code == station_code) & (table.terms_no == terms_no)


def enter(
    connection: Connection, by: StaffMember, station_code: str, proposed: WithdrawalTermsAgreed, now: datetime
) -> TermsEntry:
    """Enter terms; nothing holds before a second person approves. Maker and approver of ``proposed`` are not read.

    Raises:
        RefusedError: no right, a sum that makes no sense, or a station that is not open.
    """
    by.require(Deed.SET_WITHDRAWAL_TERMS)
    _check(proposed)
    if held_head(connection, station_code, Side.HQ, lock=True) is None:
        raise RefusedError(
            "not_approved", f"站点 {station_code} 不存在或尚未开通", f"station {station_code} is not known or not open"
        )
    mine = withdrawal_terms.c.station_code == station_code
    number = (connection.scalar(select(func.max(withdrawal_terms.c.terms_no)).where(mine)) or 0) + 1
    values = {field.name: getattr(proposed, field.name) for field in fields(proposed) if field.name[-3:] != "_no"}
    values["fee_payer"], values["first_free_scope"] = int(proposed.fee_payer), int(proposed.first_free_scope)
    row = connection.execute(
        insert(withdrawal_terms)
        .values(
            station_code=station_code,
            terms_no=number,
            **values,
            state="ENTERED",
            maker_no=by.staff_no,
            entered_at=now,
        )
        .returning(*_COLUMNS)
    ).one()
    details = {"terms_no": number, "effective_on": proposed.effective_on.isoformat()}
    audit.note(connection, AuditTag.TERMS_ENTERED, audit.staff_actor(by.staff_no), now, details, station_code)
    return _entry(row)


def _check(proposed: WithdrawalTermsAgreed) -> None:
    sums = (proposed.payout_allowance_fen, proposed.card_day_cap_fen, proposed.least_fen, proposed.fee_fen)
    if not all(0 <= one <= SUM_MAX_FEN for one in sums) or proposed.least_fen == 0:
        raise RefusedError("amount", "金额不合理", "a sum makes no sense")
    names = (proposed.acquirer_code, proposed.acquirer_name, proposed.acquirer_name_en)
    if not all(0 < len(name) <= _TEXT_MAX and name.isprintable() for name in names):
        raise RefusedError("acquirer", "请写明收单机构", "name the acquirer")


def approve(
    connection: Connection, journal: HqJournal, by: StaffMember, station_code: str, terms_no: int, now: datetime
) -> TermsEntry:
    """Approve terms as a second person and tell the station, both in this transaction.

    Raises:
        RefusedError: no right, the approver entered them, or they were decided before.
    """
    held_head(connection, station_code, Side.HQ, lock=True)
    found = _open_entry(connection, by, station_code, terms_no)
    values = {field.name: getattr(found, field.name) for field in fields(WithdrawalTermsAgreed)[:-2]}
    fact = WithdrawalTermsAgreed(**values, maker_no=found.maker_no, approver_no=by.staff_no)
    (seq,) = journal.append(connection, station_code, [fact], Actor(ActorKind.PERSON, by.staff_no), now)
    decided = _entry(FOUR_EYES.decide(connection, by, _this(station_code, terms_no), "APPROVED", now, hq_seq=seq))
    details = {"terms_no": terms_no, "hq_seq": seq}
    audit.note(connection, AuditTag.TERMS_APPROVED, audit.staff_actor(by.staff_no), now, details, station_code)
    return decided


def refuse(connection: Connection, by: StaffMember, station_code: str, terms_no: int, now: datetime) -> TermsEntry:
    """Refuse terms as a second person.

    Raises:
        RefusedError: no right, the same person entered them, or they were decided before.
    """
    by.require(Deed.APPROVE_WITHDRAWAL_TERMS)
    _open_entry(connection, by, station_code, terms_no)
    decided = _entry(FOUR_EYES.decide(connection, by, _this(station_code, terms_no), "REFUSED", now))
    details = {"terms_no": terms_no}
    audit.note(connection, AuditTag.TERMS_REFUSED, audit.staff_actor(by.staff_no), now, details, station_code)
    return decided


def withdraw(connection: Connection, by: StaffMember, station_code: str, terms_no: int, now: datetime) -> TermsEntry:
    """Take back one's own terms before they are decided.

    Raises:
        RefusedError: somebody else entered them, they were decided before, or there are none.
    """
    return _entry(FOUR_EYES.withdraw(connection, by, _this(station_code, terms_no), now))


def _open_entry(connection: Connection, by: StaffMember, station_code: str, terms_no: int) -> TermsEntry:
    row = FOUR_EYES.open_row(connection, by, _this(station_code, terms_no))
    if row is None:
        raise RefusedError(
            "unknown_terms",
            f"站点 {station_code} 没有第 {terms_no} 号取款条件",
            f"station {station_code} has no withdrawal terms {terms_no}",
        )
    return _entry(row)


def entries(connection: Connection, station_code: str | None = None) -> list[TermsEntry]:
    """List terms by station and number."""
    query = select(*_COLUMNS).order_by(withdrawal_terms.c.station_code, withdrawal_terms.c.terms_no)
    if station_code is not None:
        query = query.where(withdrawal_terms.c.station_code == station_code)
    return [_entry(row) for row in connection.execute(query)]
