"""What one biller-day's run is given: the ledger's sales, the files' lines, and what neighbours left open."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, false, or_, select, true, tuple_

from hq_server.db.journal_tables import journal_records
from hq_server.db.ledger_tables import payments
from hq_server.db.reconciliation_tables import recon_findings, settlement_lines
from hq_server.files.rows import LineKind, LineStatus
from hq_server.reconciliation.discrepancy import BreakClass, OurSale, SaleStatus, TheirLine
from hq_server.reconciliation.matching import BillerDay
from station_journal.payment import PaymentStatus
from station_journal.reference_no import our_no
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import ColumnElement, Connection, Row

_STATUS = {
    PaymentStatus.HELD: SaleStatus.HELD,
    PaymentStatus.CONFIRMED: SaleStatus.CAPTURED,
    PaymentStatus.DECLINED: SaleStatus.DECLINED,
    PaymentStatus.REVERSED: SaleStatus.REVERSED,
    # In suspense it was never sent: no money of this biller.
    PaymentStatus.SUSPENDED: SaleStatus.DECLINED,
}
_OPEN = (BreakClass.OURS_ONLY.value, BreakClass.THEIRS_ONLY.value)


def read_biller_day(connection: Connection, biller_code: str, day: date) -> BillerDay:
    """Read the inputs of a run; the same books and files give the same inputs, whatever ran before.

    Findings of the days beside it must not be marked as closed by this day any more when this is called.
    """
    lines = _lines(connection, biller_code, settlement_lines.c.business_date == day)
    neighbours = (day - timedelta(days=1), day + timedelta(days=1))
    open_sales, open_lines = _left_open(connection, biller_code, neighbours)
    return BillerDay(
        day,
        _sales(connection, and_(payments.c.biller_code == biller_code, payments.c.business_date == day)),
        lines,
        open_sales,
        open_lines,
        _settled_elsewhere(connection, biller_code, day, lines),
    )


def _sales(connection: Connection, wanted: ColumnElement[bool]) -> list[OurSale]:
    record, payment = journal_records.c, payments.c
    digest_of = and_(
        record.station_code == payment.station_code, record.seq == payment.seq, record.side == Side.STATION.value
    )
    query = select(payments, record.digest).join(journal_records, digest_of).where(wanted)
    return [_sale(row) for row in connection.execute(query.order_by(payment.station_code, payment.seq))]


def _sale(row: Row[Any]) -> OurSale:
    return OurSale(
        row.station_code,
        our_no(row.station_code, row.seq, row.digest),
        row.biller_no or None,
        row.account_no,
        row.amount_fen,
        _STATUS[PaymentStatus(row.status)],
        row.business_date,
        row.recorded_at,
    )


def _lines(connection: Connection, biller_code: str, wanted: ColumnElement[bool]) -> list[TheirLine]:
    table = settlement_lines.c
    query = select(settlement_lines).where(table.biller_code == biller_code, wanted)
    rows = connection.execute(query.order_by(table.business_date, table.file_seq, table.line_seq))
    return [
        TheirLine(
            row.business_date,
            row.file_seq,
            row.line_seq,
            row.our_no or None,
            row.biller_no,
            row.account_no,
            row.at,
            LineKind(row.kind),
            row.amount_fen,
            LineStatus(row.status),
        )
        for row in rows
    ]


def _left_open(
    connection: Connection, biller_code: str, days: tuple[date, date]
) -> tuple[list[OurSale], list[TheirLine]]:
    """Read what the days beside this one left as ours or theirs only and no run has explained since."""
    table = recon_findings.c
    query = select(recon_findings).where(
        table.biller_code == biller_code,
        table.run_date.in_(days),
        table.break_class.in_(_OPEN),
        table.closed_by_date.is_(None),
    )
    rows = connection.execute(query).all()
    sale_keys = [(row.station_code, row.payment_seq) for row in rows if row.sale_date in days]
    line_keys = [(row.line_date, row.file_seq, row.line_seq) for row in rows if row.line_date in days]
    sales = _sales(connection, _among(sale_keys, payments.c.station_code, payments.c.seq))
    line = settlement_lines.c
    lines = _lines(connection, biller_code, _among(line_keys, line.business_date, line.file_seq, line.line_seq))
    return sales, lines


def _settled_elsewhere(connection: Connection, biller_code: str, day: date, lines: list[TheirLine]) -> list[OurSale]:
    """Read sales of other days, already matched, whose serials occur again in the day's lines."""
    table = recon_findings.c
    matched = table.break_class.in_((BreakClass.MATCHED.value, BreakClass.CUTOFF_SHIFT.value))
    ours = [line.our_no for line in lines if line.our_no]
    theirs = [line.biller_no for line in lines]
    query = select(table.station_code, table.payment_seq).where(
        table.biller_code == biller_code,
        table.run_date != day,
        matched,
        table.sale_date != day,
        or_(table.our_no.in_(ours), table.biller_no.in_(theirs)),
    )
    keys = [(row.station_code, row.payment_seq) for row in connection.execute(query)]
    return _sales(connection, _among(keys, payments.c.station_code, payments.c.seq))


def _among(keys: list[tuple[Any, ...]], *columns: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(tuple_(*columns).in_(keys), true()) if keys else false()
