"""Working-day lists that staff enter: the year that the program does not know yet, or one that was changed.

The State Council publishes the next year's list in about November. One person enters it from the notice, another
compares and approves; from then on it holds for every due day, before what came with the program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.reference_tables import year_lists
from hq_server.four_eyes import FourEyes, refusal_reason
from hq_server.reference.staff import Deed
from hq_server.reference.working_days import YearList
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from hq_server.reference.staff import StaffMember

FIRST_YEAR, LAST_YEAR = 2020, 2099
_SOURCE_MAX = 100
_RANGE_DAYS_MAX = 31
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SATURDAY = 5

FOUR_EYES = FourEyes(
    "working-day lists",
    year_lists,
    Deed.STATE_DAYS,
    ("year", "list_no"),
    "该年的安排已处理过",
    "this list was decided before",
)


@dataclass(frozen=True, slots=True)
class YearDraft:
    """A list as it is typed: ``off`` holidays, ``worked`` weekend days worked; a line is a date, or two of a span.

    ``source`` names the notice that it was taken from.
    """

    year: int
    off: str
    worked: str
    source: str


def enter_year(connection: Connection, by: StaffMember, draft: YearDraft, now: datetime) -> None:
    """Enter a year's list; it holds once a second person has approved it.

    Raises:
        RefusedError: no right, a year or date that is none, a day on the wrong side, no holiday or source, or a list
            of that year waits already.
    """
    by.require(Deed.STATE_DAYS)
    source = " ".join(draft.source.split())
    if not FIRST_YEAR <= draft.year <= LAST_YEAR or not 0 < len(source) <= _SOURCE_MAX:
        raise RefusedError(
            "year_list", "请填写年份和依据 (通知文号)", "give the year and the notice that the list is taken from"
        )
    off = frozenset(day for day in _days(draft.off) if day.weekday() < _SATURDAY)
    worked = frozenset(_days(draft.worked))
    if not off:
        raise RefusedError("year_list", "请填写放假日期", "give the holidays")
    try:
        YearList(draft.year, off, worked, source)
    except ValueError as error:
        raise RefusedError(
            "year_list",
            f"日期须都在 {draft.year} 年, 调休上班的须是周末",
            f"all dates are of {draft.year}, and days worked instead are weekend days",
        ) from error
    lists = year_lists.c
    if connection.scalar(select(lists.list_no).where(lists.year == draft.year, lists.state == "PROPOSED")):
        raise RefusedError("year_twice", f"{draft.year} 年已有一份待审批", f"a list of {draft.year} waits already")
    number = (connection.scalar(select(func.max(lists.list_no)).where(lists.year == draft.year)) or 0) + 1
    row = {"year": draft.year, "list_no": number, "rest_days": sorted(off), "make_up_days": sorted(worked)}
    connection.execute(insert(year_lists).values(**row, source=source, maker_no=by.staff_no, made_at=now))
    details = {"year": draft.year, "list_no": number, "source": source}
    audit.note(connection, AuditTag.YEAR_LIST_ENTERED, audit.staff_actor(by.staff_no), now, details)


def decide_year(
    connection: Connection, by: StaffMember, of: tuple[int, int], now: datetime, *, refusal: str = ""
) -> None:
    """Approve a list (``of`` year and number) as a second person, or refuse it with a reason.

    Raises:
        RefusedError: no right, nothing waits, or the same person entered it.
    """
    year, number = of
    this = (year_lists.c.year == year) & (year_lists.c.list_no == number)
    if FOUR_EYES.open_row(connection, by, this) is None:
        raise FOUR_EYES.decided()
    reason = refusal_reason(refusal) if refusal else ""
    row = FOUR_EYES.decide(connection, by, this, "REFUSED" if reason else "APPROVED", now, refusal=reason)
    details = {"year": year, "list_no": number, "state": row.state}
    audit.note(connection, AuditTag.YEAR_LIST_DECIDED, audit.staff_actor(by.staff_no), now, details)


def withdraw_year(connection: Connection, by: StaffMember, of: tuple[int, int], now: datetime) -> None:
    """Take back one's own list (``of`` year and number) before it is decided.

    Raises:
        RefusedError: somebody else entered it, it was decided before, or there is none.
    """
    FOUR_EYES.withdraw(connection, by, (year_lists.c.year == of[0]) & (year_lists.c.list_no == of[1]), now)


def _days(text: str) -> Iterator[date]:
    """Read dates, one a line or the first and the last of a few days.

    Raises:
        RefusedError: a line holds no date, or a span that is none.
    """
    for line in filter(None, map(str.strip, text.splitlines())):
        try:
            first, *more = [date.fromisoformat(found) for found in _DATE.findall(line)]
            (last,) = more or [first]
        except ValueError as error:
            raise _no_date(line) from error
        span = (last - first).days
        if not 0 <= span <= _RANGE_DAYS_MAX:
            raise _no_date(line)
        yield from (first + timedelta(days=number) for number in range(span + 1))


def _no_date(line: str) -> RefusedError:
    return RefusedError(
        "date",
        f"每行一个日期, 或起止两个日期: {line:.40}",
        f"a line is a date, or the first and the last day: {line:.40}",
    )
