"""Payees: whom HQ owes money to, the account it is paid to and how often; dated terms of two people."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.settlement_tables import payees
from hq_server.four_eyes import FourEyes, enter_named, refusal_reason, stands
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.accounts import Account

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from hq_server.reference.staff import StaffMember

_NAME_MAX = 60
_DAYS_MAX = 30


class PayeeKind(StrEnum):
    """Why money is owed: a branch gets its stations' commission, others what stands on an account of the ledger."""

    BILLER = "BILLER"
    SENDER = "SENDER"
    CARRIER = "CARRIER"
    TAX = "TAX"
    BRANCH = "BRANCH"


ACCOUNT_OF = {
    PayeeKind.BILLER: Account.BILLER_PAYABLE,
    PayeeKind.SENDER: Account.COD_PAYABLE,
    PayeeKind.CARRIER: Account.POSTAGE_PAYABLE,
    PayeeKind.TAX: Account.TAX_WITHHELD,
}
"""The account on which each kind is owed; its party is the payee's (none for the tax office)."""


class Cycle(StrEnum):
    """How often a window closes: after every business date, on Sundays, or at the month's end."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


@dataclass(frozen=True, slots=True)
class Payee:
    """Terms in force from a date on; ``settle_days`` are working days after the window's last business date (T+n)."""

    kind: PayeeKind
    party: str
    valid_from: date
    payee_name: str
    account_no: str
    cycle: Cycle
    settle_days: int
    state: str = "PROPOSED"
    maker_no: int = 0
    approver_no: int | None = None


FOUR_EYES = FourEyes(
    "payees",
    payees,
    Deed.NAME_PAYEE,
    ("kind", "party", "valid_from"),
    "没有待批的收款方条件",
    "no terms of that payee wait for approval",
)


def _payee(row: Row[Any]) -> Payee:
    values = {field.name: getattr(row, field.name) for field in fields(Payee)}
    return Payee(**{**values, "kind": PayeeKind(row.kind), "cycle": Cycle(row.cycle)})


def name_payee(connection: Connection, by: StaffMember, terms: Payee, now: datetime) -> None:
    """Enter a payee's terms from a date on; they hold once a second person approves them.

    Raises:
        RefusedError: no right, a name or account that is none, too many days, or terms from that date exist.
    """
    by.require(Deed.NAME_PAYEE)
    name = terms.payee_name.strip()
    if not 0 < len(name) <= _NAME_MAX or not terms.account_no.isdigit() or not terms.account_no.isascii():
        raise RefusedError(
            "payee", "收款人名称不能为空, 账号只能是数字", "the payee has a name and an account of digits only"
        )
    if not 0 <= terms.settle_days <= _DAYS_MAX or (not terms.party.strip()) != (terms.kind is PayeeKind.TAX):
        raise RefusedError(
            "payee_terms",
            f"T+n 为 0 至 {_DAYS_MAX} 个工作日; 只有税务没有代码",
            f"T+n is 0 to {_DAYS_MAX} working days, and only the tax office has no code",
        )
    this = (payees.c.kind == terms.kind.value) & (payees.c.party == terms.party.strip())
    this = this & (payees.c.valid_from == terms.valid_from)
    row = {
        "kind": terms.kind.value,
        "party": terms.party.strip(),
        "valid_from": terms.valid_from,
        "payee_name": name,
        "account_no": terms.account_no,
        "cycle": terms.cycle.value,
        "settle_days": terms.settle_days,
    }
    if not enter_named(connection, payees, this, {**row, "maker_no": by.staff_no, "made_at": now}):
        raise RefusedError("payee_twice", "该日起的条件已登记", "terms from that date are entered already")
    details = {**row, "valid_from": terms.valid_from.isoformat()}
    audit.note(connection, AuditTag.PAYEE_NAMED, audit.staff_actor(by.staff_no), now, details)


def decide_payee(
    connection: Connection,
    by: StaffMember,
    of: tuple[PayeeKind, str, date],
    now: datetime,
    *,
    refusal: str = "",
) -> Payee:
    """Approve a payee's terms (``of`` kind, party, first date) as a second person, or refuse them with a reason.

    Raises:
        RefusedError: no right, nothing waits, or the same person entered them.
    """
    kind, party, valid_from = of
    this = (payees.c.kind == kind.value) & (payees.c.party == party) & (payees.c.valid_from == valid_from)
    this = this & stands(payees)
    if FOUR_EYES.open_row(connection, by, this) is None:
        raise FOUR_EYES.decided()
    reason = refusal_reason(refusal) if refusal else ""
    row = FOUR_EYES.decide(connection, by, this, "REFUSED" if reason else "APPROVED", now, refusal=reason)
    details = {
        "kind": kind.value,
        "party": party,
        "from": valid_from.isoformat(),
        "state": row.state,
        "refusal": reason,
    }
    audit.note(connection, AuditTag.PAYEE_DECIDED, audit.staff_actor(by.staff_no), now, details)
    return _payee(row)


def withdraw_payee(connection: Connection, by: StaffMember, of: tuple[PayeeKind, str, date], now: datetime) -> Payee:
    """Take back one's own entry of a payee's terms (``of`` kind, party, first date) before it is decided.

    Raises:
        RefusedError: somebody else entered it, it was decided before, or there is none.
    """
    kind, party, valid_from = of
    this = (payees.c.kind == kind.value) & (payees.c.party == party) & (payees.c.valid_from == valid_from)
    return _payee(FOUR_EYES.withdraw(connection, by, this & stands(payees), now))


def payee_on(connection: Connection, kind: PayeeKind, party: str, day: date) -> Payee:
    """Give the terms of a payee in force on a date.

    Raises:
        RefusedError: none are; nobody's account is guessed.
    """
    table = payees.c
    query = select(payees).where(table.kind == kind.value, table.party == party, table.state == "APPROVED")
    row = connection.execute(
        query.where(table.valid_from <= day).order_by(table.valid_from.desc()).limit(1)
    ).one_or_none()
    if row is None:
        raise RefusedError(
            "no_payee",
            f"{kind} {party} 在 {day} 没有批准的收款账户",
            f"{kind} {party} has no approved account for {day}",
        )
    return _payee(row)


def list_payees(connection: Connection, *, limit: int = 200, offset: int = 0) -> list[Payee]:
    """List all terms by kind, party and date."""
    table = payees.c
    query = select(payees).order_by(table.kind, table.party, table.valid_from.desc())
    return [_payee(row) for row in connection.execute(query.limit(limit).offset(offset))]
