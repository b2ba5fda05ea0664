"""What a commission run says, as frozen rows for lists, pages and files; every list pages in SQL."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hq_server.db.commission_tables import commission_lines, commission_months, commission_parts, commission_runs

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One line of a station's month; `commission_fen` is the result of `formula`.

    `of_month` is the month whose line is taken back, 0 in a line that earns.
    """

    station_code: str
    product_code: int
    rate_version: str
    item_count: int
    base_fen: int
    commission_fen: int
    formula: str
    of_month: int


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
class PartRow:
    """One line of service of a station's month, and the unit that pays it."""

    station_code: str
    service_line: str
    paying_unit: str
    carried_in_fen: int
    gross_fen: int
    carried_out_fen: int
    tax_fen: int
    net_fen: int
    tax_regime: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the list of runs."""

    month: int
    state: str
    maker_no: int
    approver_no: int | None
    list_due: date
    pay_due: date


def month_lines(connection: Connection, month: int, station_code: str | None = None) -> list[MonthLine]:
    """List a month's lines by station, or those of one station."""
    table = commission_lines.c
    columns = [table[field.name] for field in fields(MonthLine)]
    query = select(*columns).where(table.month == month).order_by(table.station_code, table.line_no)
    query = query if station_code is None else query.where(table.station_code == station_code)
    return [MonthLine(*row) for row in connection.execute(query)]


def month_parts(connection: Connection, month: int, station_code: str | None = None) -> list[PartRow]:
    """List a month by station and line of service, or that of one station."""
    table = commission_parts.c
    columns = [table[field.name] for field in fields(PartRow)]
    query = select(*columns).where(table.month == month).order_by(table.station_code, table.service_line)
    query = query if station_code is None else query.where(table.station_code == station_code)
    return [PartRow(*row) for row in connection.execute(query)]


def station_months(
    connection: Connection, month: int, *, limit: int | None = None, offset: int = 0, station_code: str | None = None
) -> list[StationMonthRow]:
    """List a month's stations by code: all, a page, or one."""
    table = commission_months.c
    columns = [table[field.name] for field in fields(StationMonthRow)]
    query = select(*columns).where(table.month == month).order_by(table.station_code)
    query = query if station_code is None else query.where(table.station_code == station_code)
    return [StationMonthRow(*row) for row in connection.execute(query.limit(limit).offset(offset))]


def unit_totals(connection: Connection, month: int) -> list[tuple[str, str, int, int, int, int]]:
    """Sum a month up by line of service: unit, line, stations, gross, tax, net."""
    table = commission_parts.c
    query = (
        select(
            table.paying_unit,
            table.service_line,
            func.count(),
            func.sum(table.gross_fen),
            func.sum(table.tax_fen),
            func.sum(table.net_fen),
        )
        .where(table.month == month)
        .group_by(table.paying_unit, table.service_line)
        .order_by(table.paying_unit.desc(), table.service_line)
    )
    return [(row[0], row[1], row[2], int(row[3]), int(row[4]), int(row[5])) for row in connection.execute(query)]


def run_rows(connection: Connection, *, limit: int | None = None, offset: int = 0) -> list[RunRow]:
    """List the runs, newest month first: all or a page."""
    columns = [commission_runs.c[field.name] for field in fields(RunRow)]
    query = select(*columns).order_by(commission_runs.c.month.desc())
    return [RunRow(*row) for row in connection.execute(query.limit(limit).offset(offset))]
