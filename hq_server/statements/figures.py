"""Figures of many days, counted by the jobs every few minutes, so that a page that shows them reads a few rows.

They are derived: what a page shows says when it was counted, and counting again gives the same for the same books.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from hq_server.db.figure_tables import day_figures, figure_runs
from hq_server.db.ledger_tables import payments
from hq_server.ledger.queries import trial_balance
from hq_server.reference.working_days import business_date_of
from hq_server.statements.credit_ahead import count_use
from station_journal.payment import PaymentStatus

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from hq_server.db import Clock

CHART_DAYS = 30
_EVERY = timedelta(minutes=5)
_TRIAL_EVERY = timedelta(hours=1)
_LATE_DAYS = 1
"""Between two full counts only so many days before the current one are counted again: late stations send those."""
_LOCK = 7_201_015
_SOLD = [int(PaymentStatus.HELD), int(PaymentStatus.CONFIRMED)]


@dataclass(frozen=True, slots=True)
class DaySum:
    """Sales of a business date over all stations."""

    business_date: date
    sale_count: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Counted:
    """When something was counted last, and the number where it is one; None before the first time."""

    at: datetime
    figure: int


def count_figures(engine: Engine, clock: Clock) -> int:
    """Count what is due; gives how many figures were counted. A stage of the jobs."""
    now = clock()
    day, done = business_date_of(now), 0
    with engine.begin() as connection:
        if not connection.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
            return 0
        if _is_due(connection, "days", day, now, _EVERY):
            last = connection.scalar(select(figure_runs.c.business_date).where(figure_runs.c.name == "days"))
            first = day - timedelta(days=CHART_DAYS if last != day else _LATE_DAYS)
            _count_days(connection, first, day)
            _note(connection, "days", day, now)
            done += 1
        if _is_due(connection, "use", day, now, None):
            count_use(connection, day)
            _note(connection, "use", day, now)
            done += 1
        if _is_due(connection, "trial", day, now, _TRIAL_EVERY):
            _note(connection, "trial", day, now, trial_balance(connection).difference_fen)
            done += 1
    return done


def _is_due(connection: Connection, name: str, day: date, now: datetime, every: timedelta | None) -> bool:
    run = figure_runs.c
    row = connection.execute(select(run.business_date, run.counted_at).where(run.name == name)).one_or_none()
    return row is None or row.business_date != day or (every is not None and not now < row.counted_at + every)


def _note(connection: Connection, name: str, day: date, now: datetime, figure: int = 0) -> None:
    values = {"business_date": day, "counted_at": now, "figure": figure}
    query = upsert(figure_runs).values(name=name, **values)
    connection.execute(query.on_conflict_do_update(index_elements=["name"], set_=values))


def _count_days(connection: Connection, first: date, last: date) -> None:
    sale = payments.c
    connection.execute(delete(day_figures).where(day_figures.c.business_date >= first))
    counted = (
        select(sale.business_date, sale.product_code, func.count(), func.sum(sale.amount_fen))
        .where(sale.business_date.between(first, last), sale.status.in_(_SOLD))
        .group_by(sale.business_date, sale.product_code)
    )
    columns = ["business_date", "product_code", "sale_count", "amount_fen"]
    connection.execute(insert(day_figures).from_select(columns, counted))
    connection.execute(delete(day_figures).where(day_figures.c.business_date < last - timedelta(days=CHART_DAYS * 12)))


def counted(connection: Connection, name: str) -> Counted | None:
    """Look up when ``days``, ``use`` or ``trial`` was counted last."""
    row = connection.execute(select(figure_runs).where(figure_runs.c.name == name)).one_or_none()
    return None if row is None else Counted(row.counted_at, row.figure)


def day_sums(connection: Connection, last: date, days: int = CHART_DAYS) -> list[DaySum]:
    """Give the sales of the last days, every day of them, those without a sale too."""
    first = last - timedelta(days=days - 1)
    table = day_figures.c
    query = (
        select(table.business_date, func.sum(table.sale_count), func.sum(table.amount_fen))
        .where(table.business_date.between(first, last))
        .group_by(table.business_date)
    )
    found = {day: (int(count), int(fen)) for day, count, fen in connection.execute(query)}
    every = (first + timedelta(days=number) for number in range(days))
    return [DaySum(day, *found.get(day, (0, 0))) for day in every]
