"""The open breaks as frozen rows, with what has been open too long shown as carried in suspense 挂账."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from hq_server.db.break_tables import break_cases
from hq_server.reconciliation.discrepancy import BreakClass, carried_class

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, Row

BESIDE_DAYS = 1
BESIDE_MAX = 20


@dataclass(frozen=True, slots=True)
class BreakRow:
    """An open break. ``found_as`` is its class when found; ``break_class`` is SUSPENSE once it has waited too long.

    ``difference_fen`` is their money less ours. It is a claim about two books and charges nobody.
    """

    case_no: int
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
    owner_no: int
    due_on: date


def break_rows(connection: Connection, biller_code: str | None, day: date | None, as_of: date) -> list[BreakRow]:
    """List the open breaks of one biller-day, or of all, oldest first."""
    table = break_cases.c
    query = select(break_cases).where(table.state == "OPEN")
    if biller_code is not None:
        query = query.where(table.counterparty == biller_code)
    if day is not None:
        query = query.where(table.business_date == day)
    rows = connection.execute(query.order_by(table.business_date, table.counterparty, table.case_no))
    return [_row(row, as_of) for row in rows]


def _row(row: Row[Any], as_of: date) -> BreakRow:
    return BreakRow(
        row.case_no,
        row.counterparty,
        row.business_date,
        carried_class(BreakClass(row.break_class), row.business_date, as_of).value,
        row.break_class,
        row.station_code,
        row.payment_seq,
        row.our_no,
        row.their_no,
        row.account_no,
        row.ours_fen,
        row.theirs_fen,
        row.difference_fen,
        (as_of - row.business_date).days,
        row.owner_no,
        row.due_on,
    )


def beside(connection: Connection, case: Row[Any]) -> list[Row[Any]]:
    """List the breaks that may belong together with one: by number or account, of the days around it, closed ones too.

    One line that pays several sales, or several lines and sales that only make sense together, stand so beside each
    other.
    """
    table = break_cases.c
    said = {name: getattr(case, name) for name in ("our_no", "their_no", "account_no")}
    alike = [table[name] == value for name, value in said.items() if value]
    if not alike:
        return []
    near = timedelta(days=BESIDE_DAYS)
    query = select(break_cases).where(
        table.counterparty == case.counterparty,
        table.business_date.between(case.business_date - near, case.business_date + near),
        table.layer == case.layer,
        table.case_no != case.case_no,
        or_(*alike),
    )
    return list(connection.execute(query.order_by(table.business_date, table.case_no).limit(BESIDE_MAX)))


@dataclass(frozen=True, slots=True)
class Suspense:
    """What rests in suspense of one counterparty: open breaks, over and short in fen, and since when."""

    counterparty: str
    count: int
    over_fen: int
    short_fen: int
    oldest: date


def suspense_accounts(connection: Connection) -> list[Suspense]:
    """Give the suspense account of every counterparty: the open differences, which two people move out of it."""
    table = break_cases.c
    query = (
        select(
            table.counterparty,
            func.count(),
            func.coalesce(func.sum(func.greatest(table.difference_fen, 0)), 0),
            func.coalesce(func.sum(func.least(table.difference_fen, 0)), 0),
            func.min(table.business_date),
        )
        .where(table.state == "OPEN")
        .group_by(table.counterparty)
        .order_by(table.counterparty)
    )
    return [
        Suspense(name, count, int(over), int(short), since)
        for name, count, over, short, since in connection.execute(query)
    ]
