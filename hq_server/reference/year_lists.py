"""The working days as they are known now: lists that two people entered, before those that came with the program."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import select

from hq_server.db.reference_tables import year_lists
from hq_server.reference.working_days import WorkingDayTable, YearList, seeded_table

if TYPE_CHECKING:
    from sqlalchemy import Connection


@lru_cache(maxsize=1)
def _shipped() -> WorkingDayTable:
    return seeded_table()


def working_days(connection: Connection) -> WorkingDayTable:
    """Give the working days as they are known now: the lists that two people entered, else what the program brought."""
    table, lists = _shipped(), year_lists.c
    query = select(year_lists).where(lists.state == "APPROVED").order_by(lists.year, lists.list_no)
    for row in connection.execute(query):
        table = table.with_year(YearList(row.year, frozenset(row.rest_days), frozenset(row.make_up_days), row.source))
    return table


def shipped_years() -> tuple[int, int]:
    """Give the first and the last year that the program knows by itself."""
    years = _shipped().years
    return min(years), max(years)
