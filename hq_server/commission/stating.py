"""Approving a list as Finance, and stating it to every station as a record of HQ's journal.

The approval is one change of one row. The stations are told after it, some at a time, each once: cut off in between,
the next call goes on where it stopped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, any_, exists, func, literal, or_, select, tuple_, update

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.commission.units import PayingUnit, ServiceLine, line_of_product
from hq_server.db.commission_tables import commission_lines, commission_months, commission_parts, commission_runs
from hq_server.db.reference_tables import stations
from hq_server.hq_journal import CannotTellError
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.facts.commission import BranchCommissionStated
from station_journal.records import Actor, ActorKind, CommissionLine, CommissionStated

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Engine, Row

    from hq_server.db import Clock
    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember

STATIONS_AT_ONCE = 100


def approve_month(connection: Connection, by: StaffMember, month: int, now: datetime) -> None:
    """Approve a list as Finance; the stations are told after it, by `state_approved`.

    Raises:
        RefusedError: no right, not listed, approved before, or the approver made the list.
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
    audit.note(connection, AuditTag.COMMISSION_APPROVED, audit.staff_actor(by.staff_no), now, {"month": month})


def state_approved(engine: Engine, journal: HqJournal, clock: Clock) -> int:
    """Tell the stations of every approved month what they were not told yet, in the approver's name; gives how many.

    A station whose program does not read such records is told once it does.
    """
    told, after = 0, (0, "")
    while True:
        with engine.begin() as connection:
            rows = _untold(connection, STATIONS_AT_ONCE, after)
            for named in rows:
                row = _still_untold(connection, named)
                if row is not None:
                    told += _state(connection, journal, row, Actor(ActorKind.PERSON, named.approver_no), clock())
            if not rows:
                _note_told(connection, clock())
                return told
        after = (rows[-1].month, rows[-1].station_code)


def _note_told(connection: Connection, now: datetime) -> None:
    run = commission_runs.c
    for month in connection.scalars(select(run.month).where(run.approver_no.is_not(None), run.told_at.is_(None))).all():
        if not untold_count(connection, month):
            connection.execute(update(commission_runs).where(run.month == month).values(told_at=now))


def untold_count(connection: Connection, month: int) -> int:
    """Count the stations of an approved month that were not told everything yet."""
    query = select(func.count()).select_from(commission_months).where(_open_here(), commission_months.c.month == month)
    return connection.scalar(query) or 0


def _untold(connection: Connection, limit: int, after: tuple[int, str]) -> list[Row[Any]]:
    """List the next stations of approved months that were not told everything and whose program reads it."""
    table, run = commission_months.c, commission_runs.c
    kinds = (CommissionStated.KIND, BranchCommissionStated.KIND)
    reads = and_(*(literal(kind) == any_(stations.c.hq_kinds) for kind in kinds))
    query = (
        select(commission_months, run.approver_no)
        .join(commission_runs, run.month == table.month)
        .join(stations, stations.c.station_code == table.station_code)
        .where(run.approver_no.is_not(None), run.told_at.is_(None), _open_here(), reads)
        .where(tuple_(table.month, table.station_code) > tuple_(literal(after[0]), literal(after[1])))
        .order_by(table.month, table.station_code)
        .limit(limit)
    )
    return list(connection.execute(query))


def _still_untold(connection: Connection, named: Row[Any]) -> Row[Any] | None:
    """Lock a station's month and read it again; None where it was told meanwhile. Locks go by station on Citus."""
    table = commission_months.c
    this = (table.month == named.month) & (table.station_code == named.station_code)
    connection.execute(select(table.month).where(this).with_for_update())
    return connection.execute(select(commission_months).where(this, _open_here())).one_or_none()


def _open_here() -> ColumnElement[bool]:
    table = commission_months.c
    by_hq, by_branch = and_(table.hq_seq.is_(None), _has(PayingUnit.HQ)), _has(PayingUnit.BRANCH)
    return or_(by_hq, and_(table.branch_hq_seq.is_(None), by_branch))


def _has(unit: PayingUnit) -> ColumnElement[bool]:
    part, month = commission_parts.c, commission_months.c
    same = (part.station_code == month.station_code) & (part.month == month.month)
    return exists().where(same, part.paying_unit == unit.value)


def _state(connection: Connection, journal: HqJournal, row: Row[Any], actor: Actor, now: datetime) -> bool:
    """Tell a station what each unit pays it; gives whether its program reads that."""
    here = commission_months.c.station_code == row.station_code
    mine = update(commission_months).where(here, commission_months.c.month == row.month)
    parts = _parts(connection, row)
    for column, unit, fact_class in (
        ("hq_seq", PayingUnit.HQ, CommissionStated),
        ("branch_hq_seq", PayingUnit.BRANCH, BranchCommissionStated),
    ):
        paid = [part for part in parts if part.paying_unit == unit.value]
        if not paid or getattr(row, column) is not None:
            continue
        gross_fen, tax_fen = sum(part.gross_fen for part in paid), sum(part.tax_fen for part in paid)
        rule = ", ".join(dict.fromkeys(part.tax_rule for part in paid))
        lines = _lines(connection, row, {part.service_line for part in paid})
        fact = fact_class(row.month, gross_fen, tax_fen, rule, lines)
        try:
            (seq,) = journal.append(connection, row.station_code, [fact], actor, now)
        except CannotTellError:
            return False
        connection.execute(mine.values({column: seq}))
    return True


def _parts(connection: Connection, row: Row[Any]) -> list[Row[Any]]:
    table = commission_parts.c
    query = select(commission_parts).where(table.station_code == row.station_code, table.month == row.month)
    return list(connection.execute(query.order_by(table.service_line)))


def _lines(connection: Connection, row: Row[Any], service_lines: set[str]) -> tuple[CommissionLine, ...]:
    table = commission_lines.c
    query = select(commission_lines).where(table.station_code == row.station_code, table.month == row.month)
    return tuple(
        CommissionLine(
            line.product_code, line.item_count, line.base_fen, line.rate_version, line.formula, line.commission_fen
        )
        for line in connection.execute(query.order_by(table.line_no))
        if line_of_product(line.product_code) in {ServiceLine(name) for name in service_lines}
    )
