"""The monthly commission run: the list made by one person, approved and paid by another, stated to each station.

Gross is remitted, commission returned (返还支付法): nothing here is netted from what a station owes billers. A run is
frozen when it is listed; what matches or is reversed later comes as a line of a later month.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.commission.agreements import agreement_on
from hq_server.commission.counting import earning_sales, last_day, rate_table, taken_back_sales, waiting_count
from hq_server.commission.payfile import PayFile, PayLine, PayRun, list_due, make_pay_file, pay_due
from hq_server.commission.rules import StationMonth, accrue, close_months
from hq_server.commission.tax import TaxRegime, Withholding, payment_block, table_in_force, withhold
from hq_server.db.commission_tables import commission_lines, commission_months, commission_runs, commission_sales
from hq_server.reference.staff import Deed
from hq_server.reference.working_days import business_date_of
from hq_server.wording import RefusedError
from station_journal.records import Actor, ActorKind, CommissionLine, CommissionStated

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from hq_server.commission.agreements import Agreement
    from hq_server.commission.counting import CountedSale
    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember
    from hq_server.reference.working_days import WorkingDayTable


@dataclass(frozen=True, slots=True)
class RunTotals:
    """A run in figures: its stations, sums in fen, due dates, and the sales that wait for their match."""

    month: int
    state: str
    stations: int
    gross_fen: int
    tax_fen: int
    net_fen: int
    waiting: int
    list_due: date
    pay_due: date


def list_month(
    connection: Connection, by: StaffMember, month: int, table: WorkingDayTable, now: datetime, *, early: bool = False
) -> RunTotals:
    """Compute a month's commission and freeze it as the list for Finance.

    ``early`` allows a month that has not ended: what it still sells earns in the next list.

    Raises:
        RefusedError: the month was listed before or has not ended, or a station has no payee account.
        RateNotKnown: a sale has no rate in force; the month is computed whole or not at all.
    """
    by.require(Deed.MAKE_COMMISSION_LIST)
    _refuse_second_list(connection, month)
    if not early and business_date_of(now) <= last_day(month):
        raise RefusedError(
            "not_ended",
            f"{month} 尚未结束: 月底后再列单, 或用 --early 提前列单 (余下的销售计入下一张清单)",
            f"{month} has not ended: list it afterwards, or with --early (its later sales earn in the next list)",
        )
    earned, back = earning_sales(connection, month), taken_back_sales(connection)
    lines = accrue([one.sale for one in earned], rate_table(connection), [one.sale for one in back])
    year, number = divmod(month, 100)
    run = {
        "month": month,
        "state": "LISTED",
        "maker_no": by.staff_no,
        "made_at": now,
        "list_due": list_due(table, year, number),
        "pay_due": pay_due(table, year, number),
    }
    connection.execute(insert(commission_runs).values(**run))
    for closed in close_months(lines, _carried_in(connection, month)):
        _keep_month(connection, month, closed)
    _keep_counted(connection, month, earned, taken_back=False)
    _keep_counted(connection, month, back, taken_back=True)
    audit.note(connection, AuditTag.COMMISSION_RUN, audit.staff_actor(by.staff_no), now, {"month": month})
    return totals(connection, month)


def approve_and_state(
    connection: Connection, journal: HqJournal, by: StaffMember, month: int, now: datetime
) -> RunTotals:
    """Approve a list as Finance, and state it to every station as a record of HQ's journal.

    Raises:
        RefusedError: not listed, approved already, or the approver made the list.
    """
    by.require(Deed.PAY_COMMISSION)
    listed = (commission_runs.c.month == month) & (commission_runs.c.state == "LISTED")
    mine = update(commission_runs).where(listed, commission_runs.c.maker_no != by.staff_no)
    approved = {"state": "APPROVED", "approver_no": by.staff_no, "approved_at": now}
    if connection.execute(mine.values(**approved)).rowcount != 1:
        raise RefusedError(
            "not_listed",
            f"{month} 的清单不在待批状态, 或制表人与批准人是同一人",
            f"the list of {month} does not wait for approval, or its maker would approve it",
        )
    for row in _months(connection, month):
        _state(connection, journal, by, row, now)
    audit.note(connection, AuditTag.COMMISSION_APPROVED, audit.staff_actor(by.staff_no), now, {"month": month})
    return totals(connection, month)


def write_pay_file(connection: Connection, by: StaffMember, month: int, now: datetime) -> PayFile:
    """Make the pay file of an approved month; asked again it gives the stored bytes' equal.

    Raises:
        RefusedError: not approved yet, or a regime's invoice is missing.
        PayFileRefused: a line cannot be paid; nothing was written.
    """
    by.require(Deed.PAY_COMMISSION)
    run = connection.execute(select(commission_runs).where(commission_runs.c.month == month)).one_or_none()
    if run is None or run.state == "LISTED":
        raise RefusedError("not_approved", f"{month} 的清单尚未批准", f"the list of {month} is not approved yet")
    rows = [row for row in _months(connection, month) if row.net_fen > 0]
    for row in rows:
        _refuse_without_invoice(row)
    year, number = divmod(month, 100)
    file = make_pay_file(PayRun(year, number, run.pay_due), [_pay_line(row) for row in rows])
    paid = update(commission_runs).where(commission_runs.c.month == month, commission_runs.c.state == "APPROVED")
    if connection.execute(paid.values(state="PAID", pay_file_name=file.name, pay_file=file.content)).rowcount == 1:
        details = {"month": month, "file": file.name, "sha256": file.sha256}
        audit.note(connection, AuditTag.PAY_FILE_WRITTEN, audit.staff_actor(by.staff_no), now, details)
    return file


def totals(connection: Connection, month: int) -> RunTotals:
    """Give a run in figures.

    Raises:
        RefusedError: the month was not listed.
    """
    run = connection.execute(select(commission_runs).where(commission_runs.c.month == month)).one_or_none()
    if run is None:
        raise RefusedError("not_listed", f"{month} 还没有酬金清单", f"there is no commission list of {month}")
    rows = _months(connection, month)
    return RunTotals(
        month,
        run.state,
        len(rows),
        sum(row.gross_fen for row in rows),
        sum(row.tax_fen for row in rows),
        sum(row.net_fen for row in rows),
        waiting_count(connection, month),
        run.list_due,
        run.pay_due,
    )


def _refuse_second_list(connection: Connection, month: int) -> None:
    if connection.scalar(select(commission_runs.c.state).where(commission_runs.c.month == month)) is not None:
        raise RefusedError(
            "listed",
            f"{month} 的酬金清单已经制过, 之后的变化进下月",
            f"the list of {month} is made already; later changes go into the next month",
        )


def _carried_in(connection: Connection, month: int) -> dict[str, int]:
    """Read the negative rest that each station's latest earlier month left."""
    table = commission_months.c
    query = select(table.station_code, table.carried_out_fen).where(table.month < month)
    latest = {row[0]: row[1] for row in connection.execute(query.order_by(table.month))}
    return {code: rest for code, rest in latest.items() if rest}


def _keep_month(connection: Connection, month: int, closed: StationMonth) -> None:
    terms = agreement_on(connection, closed.station_code, last_day(month))
    tax = withhold(closed.payable_gross_fen, terms.tax_regime, table_in_force(last_day(month)))
    connection.execute(insert(commission_months).values(**_month_row(month, closed, terms, tax)))
    rows = [
        {
            "station_code": line.station_code,
            "month": month,
            "line_no": number,
            "product_code": line.product_code,
            "rate_version": line.rate_version,
            "item_count": line.count,
            "base_fen": line.base_fen,
            "commission_fen": line.commission_fen,
            "formula": line.formula,
        }
        for number, line in enumerate(closed.lines, 1)
    ]
    if rows:
        connection.execute(insert(commission_lines), rows)


def _month_row(month: int, closed: StationMonth, terms: Agreement, tax: Withholding) -> dict[str, Any]:
    return {
        "station_code": closed.station_code,
        "month": month,
        "carried_in_fen": closed.carried_in_fen,
        "gross_fen": closed.payable_gross_fen,
        "carried_out_fen": closed.carried_out_fen,
        "tax_fen": tax.tax_fen,
        "net_fen": tax.net_fen,
        "tax_regime": terms.tax_regime.value,
        "tax_rule": tax.table_version or terms.tax_regime.value,
        "tax_formula": tax.formula,
        "payee_name": terms.payee_name,
        "settlement_account": terms.settlement_account,
    }


def _keep_counted(connection: Connection, month: int, sales: list[CountedSale], *, taken_back: bool) -> None:
    rows = [
        {
            "station_code": one.sale.station_code,
            "payment_seq": one.payment_seq,
            "taken_back": taken_back,
            "month": month,
        }
        for one in sales
    ]
    if rows:
        connection.execute(insert(commission_sales), rows)


def _months(connection: Connection, month: int) -> list[Row[Any]]:
    table = commission_months.c
    return list(connection.execute(select(commission_months).where(table.month == month).order_by(table.station_code)))


def _state(connection: Connection, journal: HqJournal, by: StaffMember, row: Row[Any], now: datetime) -> None:
    table = commission_lines.c
    query = select(commission_lines).where(table.station_code == row.station_code, table.month == row.month)
    lines = tuple(
        CommissionLine(
            line.product_code, line.item_count, line.base_fen, line.rate_version, line.formula, line.commission_fen
        )
        for line in connection.execute(query.order_by(table.line_no))
    )
    fact = CommissionStated(row.month, row.gross_fen, row.tax_fen, row.tax_rule, lines)
    (hq_seq,) = journal.append(connection, row.station_code, [fact], Actor(ActorKind.PERSON, by.staff_no), now)
    mine = (commission_months.c.station_code == row.station_code) & (commission_months.c.month == row.month)
    connection.execute(update(commission_months).where(mine).values(hq_seq=hq_seq))


def _refuse_without_invoice(row: Row[Any]) -> None:
    if payment_block(TaxRegime(row.tax_regime), row.gross_fen, None) is not None:
        raise RefusedError(
            "invoice_missing",
            f"站点 {row.station_code} 按经营所得结算, 须先收到金额相符的酬金发票",
            f"station {row.station_code} is paid against an invoice over exactly the gross, which is missing",
        )


def _pay_line(row: Row[Any]) -> PayLine:
    return PayLine(row.station_code, row.settlement_account, row.payee_name, row.gross_fen, row.tax_fen, row.net_fen)
