"""When a month's commission is due: the list to Finance by the 15th of the next month, the net paid by the 20th.

Each on the preceding working day when that day is none (the rules say "日前", which includes the day).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from hq_server.reference.working_days import Roll, WorkingDayTable

LIST_DUE_DAY = 15
PAY_DUE_DAY = 20
_MONTHS = 12


def _due(table: WorkingDayTable, year: int, month: int, day: int, roll: Roll) -> date:
    following = (year + 1, 1) if month == _MONTHS else (year, month + 1)
    return table.due_by_day_of_month(*following, day, roll=roll)


def list_due(table: WorkingDayTable, year: int, month: int, *, roll: Roll = "preceding") -> date:
    """Return the day by which the list of the month earned goes to Finance. Raises `YearNotKnown`."""
    return _due(table, year, month, LIST_DUE_DAY, roll)


def pay_due(table: WorkingDayTable, year: int, month: int, *, roll: Roll = "preceding") -> date:
    """Return the day by which the commission of the month earned is paid. Raises `YearNotKnown`."""
    return _due(table, year, month, PAY_DUE_DAY, roll)
