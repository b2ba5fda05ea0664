"""Telling stations the days of a year: when the branch is closed, and when bills fall due for most households.

Closed are the rest days of the State Council's list, make-up days taken out. A station plans its purchases of credit by
them and must not guess: a year that nobody has listed is an error here, never Monday to Friday.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.journal_tables import journal_heads
from hq_server.db.ledger_tables import subjects
from hq_server.hq_journal import CannotTellError
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.facts.branch_days import BranchDaysStated, ClosedDay, DueDay
from station_journal.records import Actor, ActorKind
from station_journal.rules.branch_days import BranchYear, year_key
from station_journal.side import Side
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Engine

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember
    from hq_server.reference.working_days import WorkingDayTable

_DAY = timedelta(days=1)
_MONTHS = range(1, 13)


def days_of_year(table: WorkingDayTable, year: int, due_by_product: Mapping[int, int]) -> BranchDaysStated:
    """Put a year together; ``due_by_product`` gives the day of each month on which a product's bills fall due.

    Raises:
        RefusedError: nobody has listed the year, or a month has no such day.
    """
    if year not in table.years:
        raise RefusedError("year", f"{year} 年的节假日还没有录入", f"the working days of {year} are not listed yet")
    every = [date(year, 1, 1) + n * _DAY for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    closed = tuple(ClosedDay(day) for day in every if not table.is_working_day(day))
    try:
        due = sorted(
            DueDay(date(year, month, day), product) for product, day in due_by_product.items() for month in _MONTHS
        )
    except ValueError as error:
        raise RefusedError(
            "due_day", "账单日须在 1 至 28 之间", "a due day is between 1 and 28, which every month has"
        ) from error
    return BranchDaysStated(year, closed, tuple(due))


def state_days(
    engine: Engine, journal: HqJournal, by: StaffMember, fact: BranchDaysStated, only: str | None, now: datetime
) -> int:
    """Tell every open station, or one, what it does not know yet, a transaction a station; gives how many were told.

    A station whose program is too old to read it is left out.

    Raises:
        RefusedError: no right, or no such station.
    """
    by.require(Deed.STATE_DAYS)
    table = journal_heads.c
    query = select(table.station_code).where(table.side == Side.HQ.value).order_by(table.station_code)
    with engine.connect() as connection:
        codes = list(connection.scalars(query if only is None else query.where(table.station_code == only)))
    if only is not None and not codes:
        raise RefusedError("not_approved", f"站点 {only} 尚未开通", f"station {only} is not approved yet")
    told = 0
    for code in codes:
        known = subjects.c
        this = (known.station_code == code) & (known.kind == BranchYear.SUBJECT) & (known.key == year_key(fact.year))
        with engine.begin() as connection:
            data = connection.scalar(select(known.data).where(this))
            stated = None if data is None else from_row_bytes(BranchYear, data)
            if stated is not None and (stated.closed, stated.due) == (fact.closed, fact.due):
                continue
            try:
                (seq,) = journal.append(connection, code, [fact], Actor(ActorKind.PERSON, by.staff_no), now)
            except CannotTellError:
                continue
            details = {"year": fact.year, "closed": len(fact.closed), "due": len(fact.due), "hq_seq": seq}
            audit.note(connection, AuditTag.DAYS_STATED, audit.staff_actor(by.staff_no), now, details, code)
            told += 1
    return told
