"""The owner's commission invoice 酬金发票: over exactly the gross, on file before anything is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.commission.tax import PaymentBlock, TaxRegime, payment_block
from hq_server.db.commission_tables import commission_invoices, commission_parts
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from hq_server.reference.staff import StaffMember

_NUMBER_MAX = 40


def enter_invoice(
    connection: Connection, by: StaffMember, place: tuple[str, int], invoice_no: str, amount_fen: int, now: datetime
) -> None:
    """Enter the invoice of a station's month (``place``); whether it is over the gross is judged here, before payment.

    Raises:
        RefusedError: no right, the month has nothing that needs one, the number is none or entered already, or the
            amount is not the gross.
    """
    by.require(Deed.PAY_COMMISSION)
    station_code, month = place
    number = "".join(invoice_no.split())
    if not number.isalnum() or not number.isascii() or len(number) > _NUMBER_MAX:
        raise RefusedError("invoice_no", "发票号码不对", "the invoice number is letters and digits")
    gross_fen = _gross_fen(connection, station_code, month)
    if not gross_fen:
        raise RefusedError(
            "no_invoice_needed",
            f"站点 {station_code} {month} 没有须凭票支付的酬金",
            f"station {station_code} has no commission of {month} that is paid against an invoice",
        )
    if payment_block(TaxRegime.BUSINESS_INVOICE, gross_fen, amount_fen) is not None:
        raise RefusedError(
            "invoice_differs",
            f"发票金额须为应付 {format_yuan(gross_fen)} 元, 不是 {format_yuan(amount_fen)} 元",
            f"the invoice is over exactly {format_yuan(gross_fen)} yuan, not {format_yuan(amount_fen)}",
        )
    table = commission_invoices.c
    same = (table.station_code == station_code) & (table.invoice_no == number)
    row = {"station_code": station_code, "month": month, "invoice_no": number, "amount_fen": amount_fen}
    new = insert(commission_invoices).values(**row, entered_by=by.staff_no, entered_at=now)
    is_known = connection.scalar(select(table.month).where(same)) is not None
    if is_known or connection.scalar(new.on_conflict_do_nothing().returning(table.month)) is None:
        raise RefusedError("invoice_twice", f"发票 {number} 已登记过", f"invoice {number} is entered already")
    details = {"month": month, "invoice_no": number, "amount_fen": amount_fen}
    audit.note(connection, AuditTag.COMMISSION_INVOICED, audit.staff_actor(by.staff_no), now, details, station_code)


def _gross_fen(connection: Connection, station_code: str, month: int) -> int:
    table = commission_parts.c
    query = select(func.coalesce(func.sum(table.gross_fen), 0)).where(
        table.station_code == station_code, table.month == month, table.tax_regime == TaxRegime.BUSINESS_INVOICE.value
    )
    return int(connection.scalar(query) or 0)


def blocked(connection: Connection, month: int) -> dict[str, PaymentBlock]:
    """Tell which stations of a month may not be paid for want of their invoice."""
    return dict(_blocks(connection, month))


def _blocks(connection: Connection, month: int) -> Iterator[tuple[str, PaymentBlock]]:
    part, invoice = commission_parts.c, commission_invoices.c
    owed = (
        select(part.station_code, func.sum(part.gross_fen).label("gross_fen"))
        .where(part.month == month, part.tax_regime == TaxRegime.BUSINESS_INVOICE.value, part.gross_fen > 0)
        .group_by(part.station_code)
        .subquery()
    )
    given = (
        select(invoice.station_code, func.max(invoice.amount_fen).label("amount_fen"))
        .where(invoice.month == month)
        .group_by(invoice.station_code)
        .subquery()
    )
    query = select(owed.c.station_code, owed.c.gross_fen, given.c.amount_fen).select_from(
        owed.outerjoin(given, owed.c.station_code == given.c.station_code)
    )
    for code, gross_fen, amount_fen in connection.execute(query.order_by(owed.c.station_code)):
        block = payment_block(TaxRegime.BUSINESS_INVOICE, int(gross_fen), amount_fen)
        if block is not None:
            yield code, block
