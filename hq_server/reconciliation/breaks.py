"""The open breaks as frozen rows, with what has been open too long shown as carried in suspense 挂账."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hq_server.db.reconciliation_tables import recon_findings
from hq_server.reconciliation.discrepancy import CLOSED_CLASSES, BreakClass, carried_class

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, Row


@dataclass(frozen=True, slots=True)
class BreakRow:
    """An open break. ``found_as`` is its class when found; ``break_class`` is SUSPENSE once it has waited too long.

    ``difference_fen`` is their money less ours. It is a claim about two books and charges nobody.
    """

    biller_code: str
    run_date: date
    break_class: str
    found_as: str
    station_code: str
    payment_seq: int | None
    our_no: str
    biller_no: str
    account_no: str
    ours_fen: int | None
    theirs_fen: int | None
    difference_fen: int
    age_days: int


def break_rows(connection: Connection, biller_code: str | None, day: date | None, as_of: date) -> list[BreakRow]:
    """List the open breaks of one biller-day, or of all, oldest first."""
    table = recon_findings.c
    closed = [one.value for one in CLOSED_CLASSES]
    query = select(recon_findings).where(table.break_class.not_in(closed), table.closed_by_date.is_(None))
    if biller_code is not None:
        query = query.where(table.biller_code == biller_code)
    if day is not None:
        query = query.where(table.run_date == day)
    rows = connection.execute(query.order_by(table.run_date, table.biller_code, table.finding_no))
    return [_row(row, as_of) for row in rows]


def _row(row: Row[Any], as_of: date) -> BreakRow:
    age_days = (as_of - row.run_date).days
    return BreakRow(
        row.biller_code,
        row.run_date,
        carried_class(BreakClass(row.break_class), row.run_date, as_of).value,
        row.break_class,
        row.station_code,
        row.payment_seq,
        row.our_no,
        row.biller_no,
        row.account_no,
        row.ours_fen,
        row.theirs_fen,
        row.difference_fen,
        age_days,
    )
