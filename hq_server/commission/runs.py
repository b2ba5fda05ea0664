"""The monthly commission run: the list made by one person and frozen; what comes later is a line of a later month.

Gross is remitted, commission returned (返还支付法): nothing here is netted from what a station owes billers. The list
keeps the digest of its result; computing the month again at any time gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, text

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.commission.branch_figures import take_figures
from hq_server.commission.counting import count_sales, disputed_count, last_day, waiting_count
from hq_server.commission.due_days import list_due, pay_due
from hq_server.commission.month_result import MonthResult, compute_month
from hq_server.commission.rate_tables import rates_now, rates_of_run
from hq_server.commission.units import PAID_BY
from hq_server.db.commission_tables import commission_lines, commission_months, commission_parts, commission_runs
from hq_server.db.engine import raw_connection
from hq_server.db.ledger_tables import standings
from hq_server.reference.staff import Deed
from hq_server.reference.working_days import business_date_of
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from sqlalchemy import Connection

    from hq_server.commission.month_result import StationResult
    from hq_server.reference.staff import StaffMember
    from hq_server.reference.working_days import WorkingDayTable

_RUN_LOCK = 7_201_020


@dataclass(frozen=True, slots=True)
class RunTotals:
    """A run in figures: its stations, sums in fen, due dates, and the sales that wait for their match.

    ``disputed`` are matched sales left out while their sum is disputed; ``sales`` those that the run counted.
    """

    month: int
    state: str
    stations: int
    gross_fen: int
    tax_fen: int
    net_fen: int
    waiting: int
    list_due: date
    pay_due: date
    disputed: int = 0
    sales: int = 0


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A month computed again: the digest that was kept, the one found now, and that of the rows as they are stored."""

    month: int
    kept_sha256: str
    found_sha256: str
    stored_same: bool

    @property
    def same(self) -> bool:
        """Whether everything is byte for byte what was listed."""
        return self.kept_sha256 == self.found_sha256 and self.stored_same


def list_month(
    connection: Connection, by: StaffMember, month: int, table: WorkingDayTable, now: datetime, *, early: bool = False
) -> RunTotals:
    """Compute a month's commission and freeze it as the list for Finance.

    ``early`` allows a month that has not ended: what it still sells earns in the next list.

    Raises:
        RefusedError: the month, or a later one, was listed before, it has not ended, or a station has no payee account.
        RateNotKnown: a sale has no rate in force; the month is computed whole or not at all.
    """
    by.require(Deed.MAKE_COMMISSION_LIST)
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _RUN_LOCK})
    _refuse_out_of_order(connection, month)
    if not early and business_date_of(now) <= last_day(month):
        raise RefusedError(
            "not_ended",
            f"{month} 尚未结束: 月底后再列单, 或用 --early 提前列单 (余下的销售计入下一张清单)",
            f"{month} has not ended: list it afterwards, or with --early (its later sales earn in the next list)",
        )
    sale_count = count_sales(connection, month)
    take_figures(connection, month)
    rates = rates_now(connection)
    result = compute_month(connection, month, rates, now)
    year, number = divmod(month, 100)
    run = {
        "month": month,
        "state": "LISTED",
        "maker_no": by.staff_no,
        "made_at": now,
        "list_due": list_due(table, year, number),
        "pay_due": pay_due(table, year, number),
        "rates": rates.to_document(),
        "sale_count": sale_count,
        "waiting_count": waiting_count(connection, month),
        "disputed_count": disputed_count(connection, month),
        "result_sha256": result.sha256(),
    }
    connection.execute(insert(commission_runs).values(**run))
    _store(connection, result)
    details = {"month": month, "sales": sale_count, "sha256": run["result_sha256"]}
    audit.note(connection, AuditTag.COMMISSION_RUN, audit.staff_actor(by.staff_no), now, details)
    return totals(connection, month)


def _refuse_out_of_order(connection: Connection, month: int) -> None:
    latest = connection.scalar(select(func.max(commission_runs.c.month)))
    if latest is None or latest < month:
        return
    if latest == month or connection.scalar(select(commission_runs.c.state).where(commission_runs.c.month == month)):
        raise RefusedError(
            "listed",
            f"{month} 的酬金清单已经制过, 之后的变化进下月",
            f"the list of {month} is made already; later changes go into the next month",
        )
    raise RefusedError(
        "later_listed",
        f"{latest} 的清单已经制过, {month} 的销售计入下一张清单",
        f"the list of {latest} is made already; the sales of {month} go into the next list",
    )


def _store(connection: Connection, result: MonthResult) -> None:
    places = select(standings.c.station_code, standings.c.station_seq, standings.c.hq_seq)
    posted = {row[0]: (row[1], row[2]) for row in connection.execute(places)}
    month = result.month
    with raw_connection(connection).cursor() as cursor:
        _copy(cursor, commission_months, _MONTH_COLUMNS, (_month_row(month, one, posted) for one in result.stations))
        _copy(cursor, commission_parts, _PART_COLUMNS, _part_rows(month, result.stations))
        _copy(cursor, commission_lines, _LINE_COLUMNS, _line_rows(month, result.stations))


_MONTH_COLUMNS = (
    *("station_code", "month", "carried_in_fen", "gross_fen", "carried_out_fen", "tax_fen", "net_fen", "tax_regime"),
    *("tax_rule", "tax_formula", "payee_name", "settlement_account", "station_seq", "posted_hq_seq"),
)
_PART_COLUMNS = (
    *("station_code", "month", "service_line", "paying_unit", "carried_in_fen", "gross_fen", "carried_out_fen"),
    *("tax_fen", "net_fen", "tax_regime", "tax_rule", "tax_formula"),
)
_LINE_COLUMNS = (
    *("station_code", "month", "line_no", "product_code", "rate_version", "item_count", "base_fen"),
    *("commission_fen", "formula", "of_month"),
)


def _copy(cursor: Any, table: Any, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:  # noqa: ANN401
    with cursor.copy(f"COPY {table.name} ({', '.join(columns)}) FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)


def _month_row(month: int, one: StationResult, posted: dict[str, tuple[int, int]]) -> tuple[Any, ...]:
    parts, terms = one.parts, one.terms
    formula = "; ".join(dict.fromkeys(part.formula for part in parts))
    rule = ", ".join(dict.fromkeys(part.rule for part in parts))
    return (
        terms.station_code,
        month,
        sum(part.part.carried_in_fen for part in parts),
        one.gross_fen,
        sum(part.part.carried_out_fen for part in parts),
        one.tax_fen,
        one.gross_fen - one.tax_fen,
        terms.tax_regime.value,
        rule,
        formula,
        terms.payee_name,
        terms.settlement_account,
        *posted.get(terms.station_code, (0, 0)),
    )


def _part_rows(month: int, stations: Iterable[StationResult]) -> Iterator[tuple[Any, ...]]:
    for one in stations:
        for taxed in one.parts:
            part = taxed.part
            yield (
                part.station_code,
                month,
                part.service_line.value,
                PAID_BY[part.service_line].value,
                part.carried_in_fen,
                part.gross_fen,
                part.carried_out_fen,
                taxed.tax_fen,
                taxed.net_fen,
                taxed.regime.value,
                taxed.rule,
                taxed.formula,
            )


def _line_rows(month: int, stations: Iterable[StationResult]) -> Iterator[tuple[Any, ...]]:
    for one in stations:
        for number, line in enumerate(one.lines, 1):
            yield (
                line.station_code,
                month,
                number,
                line.product_code,
                line.rate_version,
                line.count,
                line.base_fen,
                line.commission_fen,
                line.formula,
                line.of_month,
            )


def recompute(connection: Connection, month: int) -> Recomputed:
    """Compute a listed month again out of what it counted, and hold it against what was kept, byte for byte.

    Raises:
        RefusedError: the month was not listed, or before digests were kept.
    """
    run = connection.execute(select(commission_runs).where(commission_runs.c.month == month)).one_or_none()
    if run is None or not run.result_sha256:
        raise RefusedError(
            "not_listed", f"{month} 没有可重算的酬金清单", f"there is no commission list of {month} to compute again"
        )
    result = compute_month(connection, month, rates_of_run(connection, month), run.made_at)
    return Recomputed(month, run.result_sha256, result.sha256(), _stored_same(connection, result))


def _stored_same(connection: Connection, result: MonthResult) -> bool:
    month, stations = result.month, result.stations
    for table, columns, rows in (
        (commission_parts, _PART_COLUMNS, _part_rows(month, stations)),
        (commission_lines, _LINE_COLUMNS, _line_rows(month, stations)),
    ):
        stored = connection.execute(select(*(table.c[name] for name in columns)).where(table.c.month == month))
        if {tuple(row) for row in stored} != set(rows):
            return False
    months = {row[0]: (row[1], row[2]) for row in _sums(connection, month)}
    return months == {one.terms.station_code: (one.gross_fen, one.tax_fen) for one in stations}


def _sums(connection: Connection, month: int) -> Iterable[Any]:
    table = commission_months.c
    return connection.execute(
        select(table.station_code, table.gross_fen, table.tax_fen).where(table.month == month)
    ).all()


def totals(connection: Connection, month: int) -> RunTotals:
    """Give a run in figures.

    Raises:
        RefusedError: the month was not listed.
    """
    run = connection.execute(select(commission_runs).where(commission_runs.c.month == month)).one_or_none()
    if run is None:
        raise RefusedError("not_listed", f"{month} 还没有酬金清单", f"there is no commission list of {month}")
    table = commission_months.c
    sums = connection.execute(
        select(
            func.count(),
            *(func.coalesce(func.sum(column), 0) for column in (table.gross_fen, table.tax_fen, table.net_fen)),
        ).where(table.month == month)
    ).one()
    stations, *fen = (int(value) for value in sums)
    gross_fen, tax_fen, net_fen = fen
    return RunTotals(
        month,
        run.state,
        stations,
        gross_fen,
        tax_fen,
        net_fen,
        waiting_count(connection, month) if run.waiting_count is None else run.waiting_count,
        run.list_due,
        run.pay_due,
        disputed_count(connection, month) if run.disputed_count is None else run.disputed_count,
        run.sale_count,
    )
