"""Payment orders: what is paid or debited by one file at the bank, item by item, made by one and approved by another.

An item that is on its way or paid cannot be in another order, by a unique index. Its outcome is open until the bank's
result, its statement or a ruling of two people says what became of it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.payment_tables import payment_items, payment_orders
from hq_server.four_eyes import FourEyes, refusal_reason
from hq_server.payment_orders.bank_file import BankFile, BankFileRefused, OrderHead, OrderLine, write_bank_file
from hq_server.reference.staff import Deed
from hq_server.reference.working_days import business_date_of
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from hq_server.payment_orders.bank_file import BankFileProfile
    from hq_server.reference.staff import StaffMember

_ORDER_LOCK = 7_201_021


class OrderKind(StrEnum):
    """What an order is for; DEBIT takes money in, every other pays."""

    COMMISSION = "COMMISSION"
    BRANCH = "BRANCH"
    BILLER = "BILLER"
    SENDER = "SENDER"
    CARRIER = "CARRIER"
    TAX = "TAX"
    DEBIT = "DEBIT"


class ItemState(StrEnum):
    """What became of an item; open is not known yet."""

    OPEN = "OPEN"
    PAID = "PAID"
    RETURNED = "RETURNED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Draft:
    """An item of an order to be made. ``source`` names what it pays, once for ever: a month and line, a window."""

    station_code: str
    source: str
    payee_name: str
    account_no: str
    gross_fen: int
    tax_fen: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands. ``written_at``: its file was handed out; ``ended_on``: all outcomes were known."""

    order_no: int
    kind: OrderKind
    subject: str
    subject_seq: int
    pay_on: date
    item_count: int
    amount_fen: int
    state: str
    maker_no: int
    made_at: datetime
    approver_no: int | None
    decided_at: datetime | None
    refusal: str
    profile: str
    file_name: str
    sha256: str
    written_at: datetime | None
    ended_on: date | None
    bank_line: str

    @property
    def reference(self) -> str:
        """How the bank and people name it."""
        return reference_of(self.order_no)


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it stands; ``evidence`` says where its outcome is from."""

    station_code: str
    order_no: int
    item_no: int
    kind: str
    source: str
    payee_name: str
    account_no: str
    gross_fen: int
    tax_fen: int
    amount_fen: int
    state: str
    reason: str
    evidence: str
    ended_on: date | None
    effect_seq: int | None


_ORDER_COLUMNS = [payment_orders.c[field.name] for field in fields(Order)]
_ITEM_COLUMNS = [payment_items.c[field.name] for field in fields(Item)]
ORDER_DESK = FourEyes(
    "payment orders",
    payment_orders,
    Deed.APPROVE_PAYMENT_ORDER,
    ("order_no",),
    "该付款单已处理过",
    "this payment order was decided before",
    amount="amount_fen",
)


def reference_of(order_no: int) -> str:
    """Name an order towards the bank: PO and six digits."""
    return f"PO{order_no:06d}"


def item_reference(order_no: int, item_no: int) -> str:
    """Name one payment of an order towards the bank, which repeats it on its statement."""
    return f"{reference_of(order_no)}-{item_no}"


def _order(row: Row[Any]) -> Order:
    values = {field.name: getattr(row, field.name) for field in fields(Order)}
    return Order(**{**values, "kind": OrderKind(row.kind)})


def make_order(
    connection: Connection,
    maker_no: int,
    of: tuple[OrderKind, str],
    pay_on: date,
    drafts: Sequence[Draft],
    now: datetime,
) -> Order:
    """Make an order of a kind for a subject; nothing is paid before a second person approves it and it is written.

    Raises:
        RefusedError: there is nothing to pay, an order of the subject waits already, or an item is on its way or paid.
    """
    (kind, subject), amount_fen = of, sum(draft.gross_fen - draft.tax_fen for draft in drafts)
    if not drafts:
        raise RefusedError("nothing", f"{subject} 没有可付的款项", f"there is nothing to pay for {subject}")
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ORDER_LOCK})
    table = payment_orders.c
    number = (connection.scalar(select(func.max(table.order_no))) or 0) + 1
    earlier = select(func.count()).where(table.kind == kind.value, table.subject == subject)
    row = {
        "order_no": number,
        "kind": kind.value,
        "subject": subject,
        "subject_seq": (connection.scalar(earlier) or 0) + 1,
        "pay_on": pay_on,
        "item_count": len(drafts),
        "amount_fen": amount_fen,
        "maker_no": maker_no,
        "made_at": now,
    }
    items = [_item_row(number, place, kind, draft) for place, draft in enumerate(drafts, 1)]
    try:
        with connection.begin_nested():
            made = connection.execute(insert(payment_orders).values(row).returning(*_ORDER_COLUMNS)).one()
            connection.execute(insert(payment_items), items)
    except IntegrityError as error:
        raise RefusedError(
            "order_twice",
            f"{subject} 已有待批的付款单, 或其中款项已在付或已付",
            f"an order for {subject} waits for approval already, or an item of it is on its way or paid",
        ) from error
    details = {"order_no": number, "kind": kind.value, "subject": subject, "amount_fen": amount_fen}
    audit.note(connection, AuditTag.ORDER_MADE, audit.staff_actor(maker_no), now, details)
    return _order(made)


def _item_row(order_no: int, item_no: int, kind: OrderKind, draft: Draft) -> dict[str, Any]:
    return {
        "station_code": draft.station_code,
        "order_no": order_no,
        "item_no": item_no,
        "kind": kind.value,
        "source": draft.source,
        "payee_name": draft.payee_name,
        "account_no": draft.account_no,
        "gross_fen": draft.gross_fen,
        "tax_fen": draft.tax_fen,
        "amount_fen": draft.gross_fen - draft.tax_fen,
        "state": ItemState.OPEN.value,
    }


def approve_order(connection: Connection, by: StaffMember, order_no: int, now: datetime) -> Order:
    """Approve an order as a second person.

    Raises:
        RefusedError: no right, no such order, it was decided before, or its maker would approve it.
    """
    _open(connection, by, order_no)
    row = ORDER_DESK.decide(connection, by, payment_orders.c.order_no == order_no, "APPROVED", now)
    _note(connection, by, AuditTag.ORDER_DECIDED, now, {"order_no": order_no, "state": "APPROVED"})
    return _order(row)


def refuse_order(connection: Connection, by: StaffMember, order_no: int, refusal: str, now: datetime) -> Order:
    """Refuse an order as a second person, with the reason; its items may be ordered again.

    Raises:
        RefusedError: as for approving, or no reason.
    """
    reason = refusal_reason(refusal)
    _open(connection, by, order_no)
    row = ORDER_DESK.decide(connection, by, payment_orders.c.order_no == order_no, "REFUSED", now, refusal=reason)
    _cancel_items(connection, order_no, reason, now)
    _note(connection, by, AuditTag.ORDER_DECIDED, now, {"order_no": order_no, "state": "REFUSED", "reason": reason})
    return _order(row)


def withdraw_order(connection: Connection, by: StaffMember, order_no: int, now: datetime) -> Order:
    """Take an order back before it is decided, as its maker; its items may be ordered again.

    Raises:
        RefusedError: no such order, it was decided before, or somebody else made it.
    """
    find_order(connection, order_no)
    row = ORDER_DESK.withdraw(connection, by, payment_orders.c.order_no == order_no, now)
    _cancel_items(connection, order_no, "", now)
    return _order(row)


def _cancel_items(connection: Connection, order_no: int, reason: str, now: datetime) -> None:
    items = update(payment_items).where(payment_items.c.order_no == order_no)
    connection.execute(items.values(state=ItemState.CANCELLED.value, reason=reason, ended_on=business_date_of(now)))


def _open(connection: Connection, by: StaffMember, order_no: int) -> None:
    if ORDER_DESK.open_row(connection, by, payment_orders.c.order_no == order_no) is None:
        raise _unknown(order_no)


def _unknown(order_no: int) -> RefusedError:
    return RefusedError("unknown_order", f"没有付款单 {order_no}", f"there is no payment order {order_no}")


def _note(connection: Connection, by: StaffMember, tag: AuditTag, now: datetime, details: dict[str, Any]) -> None:
    audit.note(connection, tag, audit.staff_actor(by.staff_no), now, details)


def write_order(
    connection: Connection, by: StaffMember, order_no: int, profile: BankFileProfile, now: datetime
) -> BankFile:
    """Write the file of an approved order; asked again it gives the stored bytes, whatever the profile says then.

    Raises:
        RefusedError: no right, no such order, or it is not approved.
        BankFileRefused: an item does not fit the layout; nothing was written.
    """
    by.require(Deed.APPROVE_PAYMENT_ORDER)
    row = connection.execute(
        select(payment_orders).where(payment_orders.c.order_no == order_no).with_for_update()
    ).one_or_none()
    if row is None:
        raise _unknown(order_no)
    if row.state != "APPROVED":
        raise RefusedError("not_approved", f"付款单 {order_no} 尚未批准", f"payment order {order_no} is not approved")
    if row.content is not None:
        return BankFile(row.file_name, bytes(row.content), row.sha256)
    head = OrderHead(
        row.kind,
        row.subject,
        row.subject_seq,
        order_no,
        reference_of(order_no),
        row.pay_on,
        row.item_count,
        row.amount_fen,
    )
    lines = [
        OrderLine(
            one.item_no,
            one.station_code,
            one.account_no,
            one.payee_name,
            one.gross_fen,
            one.tax_fen,
            one.amount_fen,
            f"{row.kind} {row.subject} {item_reference(order_no, one.item_no)}",
        )
        for one in order_items(connection, order_no)
    ]
    file = write_bank_file(profile, head, lines)
    changes = {"profile": profile.name, "file_name": file.name, "content": file.content, "sha256": file.sha256}
    this = update(payment_orders).where(payment_orders.c.order_no == order_no)
    connection.execute(this.values(**changes, written_at=now))
    details = {"order_no": order_no, "file": file.name, "sha256": file.sha256}
    _note(connection, by, AuditTag.ORDER_WRITTEN, now, details)
    return file


def find_order(connection: Connection, order_no: int) -> Order:
    """Find an order.

    Raises:
        RefusedError: there is none.
    """
    row = connection.execute(select(*_ORDER_COLUMNS).where(payment_orders.c.order_no == order_no)).one_or_none()
    if row is None:
        raise _unknown(order_no)
    return _order(row)


def orders_of(connection: Connection, kind: OrderKind, subject: str) -> list[Order]:
    """List the orders of a subject, oldest first."""
    table = payment_orders.c
    query = select(*_ORDER_COLUMNS).where(table.kind == kind.value, table.subject == subject)
    return [_order(row) for row in connection.execute(query.order_by(table.order_no))]


def list_orders(
    connection: Connection, *, kind: OrderKind | None = None, limit: int = 50, offset: int = 0
) -> tuple[list[Order], int]:
    """List orders, of one kind or all, newest first: one page, and how many there are in all."""
    table = payment_orders.c
    query = select(*_ORDER_COLUMNS)
    query = query if kind is None else query.where(table.kind == kind.value)
    count = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = connection.execute(query.order_by(table.order_no.desc()).limit(limit).offset(offset))
    return [_order(row) for row in rows], count


def order_items(
    connection: Connection,
    order_no: int,
    *,
    state: ItemState | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Item]:
    """List an order's items in their order: all, those in one state, or a page."""
    table = payment_items.c
    query = select(*_ITEM_COLUMNS).where(table.order_no == order_no).order_by(table.item_no)
    query = query if state is None else query.where(table.state == state.value)
    return [Item(*row) for row in connection.execute(query.limit(limit).offset(offset))]


__all__ = ["BankFileRefused", "Draft", "Item", "ItemState", "Order", "OrderKind"]
