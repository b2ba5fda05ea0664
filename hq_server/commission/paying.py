"""Paying a month's commission: what may be paid now, as a payment order of the list's maker and Finance, and its file.

A station whose invoice is missing is left out and paid by a later order; a payment that the bank returned is payable
again, to the account that the agreement names then. What is on its way or paid is never ordered twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, select, update

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.commission.agreements import agreements_on, refuse_uncompared
from hq_server.commission.invoices import blocked
from hq_server.commission.units import PayingUnit
from hq_server.db.commission_tables import commission_parts, commission_runs
from hq_server.db.payment_tables import payment_items
from hq_server.payment_orders.orders import (
    Draft,
    ItemState,
    Order,
    OrderKind,
    approve_order,
    find_order,
    make_order,
    orders_of,
    write_order,
)
from hq_server.reference.staff import Deed
from hq_server.reference.working_days import business_date_of
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from hq_server.commission.tax import PaymentBlock
    from hq_server.payment_orders.bank_file import BankFile, BankFileProfile
    from hq_server.reference.staff import StaffMember


@dataclass(frozen=True, slots=True)
class PaidMonth:
    """What came of paying: the order and its file, and the stations left out for want of their invoice."""

    order: Order
    file: BankFile
    left_out: dict[str, PaymentBlock]


def source_of(month: int, service_line: str) -> str:
    """Name what an item of commission pays."""
    return f"{month}/{service_line}"


def unpaid_parts(connection: Connection, month: int, unit: PayingUnit) -> list[Row[Any]]:
    """List what a unit owes of a month and no order carries yet or has paid, by station and line of service."""
    part = commission_parts.c
    query = select(part.station_code, part.service_line, part.gross_fen, part.tax_fen, part.net_fen).where(
        part.month == month, part.paying_unit == unit.value, part.net_fen > 0, ~_on_its_way(month)
    )
    return list(connection.execute(query.order_by(part.station_code, part.service_line)))


def _on_its_way(month: int) -> ColumnElement[bool]:
    part, item = commission_parts.c, payment_items.c
    source = func.concat(str(month), "/", part.service_line)
    kinds = [OrderKind.COMMISSION.value, OrderKind.BRANCH.value]
    states = [ItemState.OPEN.value, ItemState.PAID.value]
    same = and_(item.station_code == part.station_code, item.kind.in_(kinds), item.source == source)
    return exists().where(same, item.state.in_(states))


def require_approved(connection: Connection, month: int) -> Row[Any]:
    """Give the run of a month that Finance approved.

    Raises:
        RefusedError: not listed or not approved.
    """
    run = connection.execute(
        select(commission_runs).where(commission_runs.c.month == month).with_for_update()
    ).one_or_none()
    if run is None or run.state == "LISTED":
        raise RefusedError("not_approved", f"{month} 的清单尚未批准", f"the list of {month} is not approved yet")
    return run


def pay_month(
    connection: Connection, by: StaffMember, month: int, profile: BankFileProfile, now: datetime
) -> PaidMonth:
    """Order and write what HQ owes of an approved month; with nothing new to pay, the last file again, byte for byte.

    Raises:
        RefusedError: no right, not approved, nothing to pay, all that is left waits for an invoice, or an account was
            entered by one person alone.
        BankFileRefused: an item does not fit the layout; nothing was ordered.
    """
    by.require(Deed.PAY_COMMISSION)
    run = require_approved(connection, month)
    left_out = blocked(connection, month)
    parts = [part for part in unpaid_parts(connection, month, PayingUnit.HQ) if part.station_code not in left_out]
    if not parts:
        return _again(connection, by, month, profile, now, left_out)
    codes = sorted({part.station_code for part in parts})
    terms = agreements_on(connection, codes, max(business_date_of(now), run.pay_due), now)
    refuse_uncompared(terms.values())
    drafts = [
        Draft(
            part.station_code,
            source_of(month, part.service_line),
            terms[part.station_code].payee_name,
            terms[part.station_code].settlement_account,
            part.gross_fen,
            part.tax_fen,
        )
        for part in parts
    ]
    order = make_order(connection, run.maker_no, (OrderKind.COMMISSION, str(month)), run.pay_due, drafts, now)
    approve_order(connection, by, order.order_no, now)
    file = write_order(connection, by, order.order_no, profile, now)
    if not unpaid_parts(connection, month, PayingUnit.HQ):
        this = commission_runs.c.month == month
        connection.execute(update(commission_runs).where(this).values(state="PAID"))
    details = {"month": month, "order_no": order.order_no, "file": file.name, "sha256": file.sha256}
    audit.note(connection, AuditTag.PAY_FILE_WRITTEN, audit.staff_actor(by.staff_no), now, details)
    return PaidMonth(find_order(connection, order.order_no), file, left_out)


def _again(
    connection: Connection,
    by: StaffMember,
    month: int,
    profile: BankFileProfile,
    now: datetime,
    left_out: dict[str, PaymentBlock],
) -> PaidMonth:
    orders = orders_of(connection, OrderKind.COMMISSION, str(month))
    if orders:
        order = orders[-1]
        return PaidMonth(order, write_order(connection, by, order.order_no, profile, now), left_out)
    if left_out:
        code = min(left_out)
        raise RefusedError(
            "invoice_missing",
            f"站点 {code} 按经营所得结算, 须先收到金额相符的酬金发票",
            f"station {code} is paid against an invoice over exactly the gross, which is missing",
        )
    raise RefusedError("nothing", f"{month} 没有要付的酬金", f"there is no commission of {month} to pay")
