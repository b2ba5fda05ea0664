"""What a commission run says, as frozen rows for lists, pages and files."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import select

from hq_server.db.commission_tables import commission_lines, commission_months, commission_runs

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One line of a station's month; `commission_fen` is the result of `formula`."""

    station_code: str
    product_code: int
    rate_version: str
    item_count: int
    base_fen: int
    commission_fen: int
    formula: str


@dataclass(frozen=True, slots=True)
class StationMonthRow:
    """A station's month: gross, tax with its formula, net, what was carried in and out, and whom it is paid to."""

    station_code: str
    carried_in_fen: int
    gross_fen: int
    carried_out_fen: int
    tax_fen: int
    net_fen: int
    tax_rule: str
    tax_formula: str
    payee_name: str
    settlement_account: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the list of runs."""

    month: int
    state: str
    maker_no: int
    approver_no: int | None
    list_due: date
    pay_due: date


def month_lines(connection: Connection, month: int) -> list[MonthLine]:
    """List a month's lines by station."""
    table = commission_lines.c
    columns = [table[field.name] for field in fields(MonthLine)]
    query = select(*columns).where(table.month == month).order_by(table.station_code, table.line_no)
    return [MonthLine(*row) for row in connection.execute(query)]


def station_months(connection: Connection, month: int) -> list[StationMonthRow]:
    """List a month's stations."""
    table = commission_months.c
    columns = [table[field.name] for field in fields(StationMonthRow)]
    query = select(*columns).where(table.month == month).order_by(table.station_code)
    return [StationMonthRow(*row) for row in connection.execute(query)]


def run_rows(connection: Connection) -> list[RunRow]:
    """List the runs, newest month first."""
    columns = [commission_runs.c[field.name] for field in fields(RunRow)]
    query = select(*columns).order_by(commission_runs.c.month.desc())
    return [RunRow(*row) for row in connection.execute(query)]
