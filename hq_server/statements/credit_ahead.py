"""How long each station's credit will last, by days: what is expected to be used, and by when to buy.

An ordinary day uses the mean of the last ended days that were none on which bills fell due; a due day uses what the
largest one of two months used, or three ordinary days before the station has lived through one. Which days are due, and
on which the branch is closed, is what HQ told the station; a station that was told nothing buys from Monday to Friday.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, text

from hq_server.db.figure_tables import station_use
from hq_server.db.ledger_tables import payments, subjects
from station_journal.payment import PaymentStatus
from station_journal.rules.branch_days import BranchYear
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

USE_DAYS = 14
AHEAD_DAYS = 60
_DUE_HISTORY_DAYS = 62
_DUE_FACTOR = 3
_SATURDAY = 5
_DAY = timedelta(days=1)
_SOLD = [int(PaymentStatus.HELD), int(PaymentStatus.CONFIRMED)]


@dataclass(frozen=True, slots=True)
class KnownDays:
    """What HQ told a station of the years in ``years``: closed days of the branch, days on which bills fall due."""

    years: frozenset[int] = frozenset()
    closed: frozenset[date] = frozenset()
    due: frozenset[date] = frozenset()

    def is_open(self, day: date) -> bool:
        """Tell whether credit can be bought at the branch."""
        return day not in self.closed if day.year in self.years else day.weekday() < _SATURDAY


def use_ahead(used_fen: Mapping[date, int], days: KnownDays, today: date) -> list[int]:
    """Add up what is expected to be used to the end of today and of each day after it; empty where nothing was used."""
    ordinary = [day for day in _back(today, USE_DAYS) if day not in days.due]
    mean_fen = sum(used_fen.get(day, 0) for day in ordinary) // len(ordinary) if ordinary else 0
    lived = [used_fen.get(day, 0) for day in _back(today, _DUE_HISTORY_DAYS) if day in days.due]
    due_fen = max(max(lived, default=0) or _DUE_FACTOR * mean_fen, mean_fen)
    ahead, total = [], 0
    for number in range(AHEAD_DAYS):
        total += due_fen if today + number * _DAY in days.due else mean_fen
        ahead.append(total)
    return ahead if total else []


def _back(today: date, count: int) -> list[date]:
    return [today - number * _DAY for number in range(1, count + 1)]


def buy_by(days: KnownDays, today: date) -> list[date]:
    """Say for each number of days that the credit lasts, from none on, which open day is the last to buy on.

    Where the branch is closed until then it is the first day on which it opens.
    """
    first = next((day for day in _on(today, AHEAD_DAYS) if days.is_open(day)), today)
    found = [first]
    for day in _on(today, AHEAD_DAYS):
        found.append(day if days.is_open(day) and day >= first else found[-1])
    return found


def _on(today: date, count: int) -> list[date]:
    return [today + number * _DAY for number in range(count)]


def count_use(connection: Connection, today: date) -> None:
    """Count every station's use of its ended days again, and what follows from it."""
    sale = payments.c
    query = (
        select(sale.station_code, sale.business_date, func.sum(sale.amount_fen))
        .where(sale.business_date.between(today - _DUE_HISTORY_DAYS * _DAY, today - _DAY), sale.status.in_(_SOLD))
        .group_by(sale.station_code, sale.business_date)
    )
    used: defaultdict[str, dict[date, int]] = defaultdict(dict)
    for code, day, fen in connection.execute(query):
        used[code][day] = int(fen)
    known, nobody = _known_days(connection), KnownDays()
    dates = {days: buy_by(days, today) for days in {nobody, *known.values()}}
    rows = []
    for code, by_day in used.items():
        days = known.get(code, nobody)
        ahead = use_ahead(by_day, days, today)
        if ahead:
            recent_fen = sum(by_day.get(day, 0) for day in _back(today, USE_DAYS))
            row = {"station_code": code, "days": USE_DAYS, "amount_fen": recent_fen}
            rows.append({**row, "ahead_fen": ahead, "buy_by": dates[days]})
    connection.execute(delete(station_use))
    if rows:
        connection.execute(insert(station_use), rows)
    connection.execute(text("ANALYZE station_use"))


def _known_days(connection: Connection) -> dict[str, KnownDays]:
    """Give what each station was told; many were told the same, which is read once."""
    table = subjects.c
    told: defaultdict[str, list[bytes]] = defaultdict(list)
    query = select(table.station_code, table.data).where(table.kind == BranchYear.SUBJECT).order_by(table.key)
    for code, data in connection.execute(query):
        told[code].append(data)
    read: dict[bytes, BranchYear] = {}
    made: dict[tuple[bytes, ...], KnownDays] = {}
    for stated in {tuple(items) for items in told.values()}:
        years = [read.setdefault(data, from_row_bytes(BranchYear, data)) for data in stated]
        made[stated] = _together(years)
    return {code: made[tuple(items)] for code, items in told.items()}


def _together(years: Sequence[BranchYear]) -> KnownDays:
    return KnownDays(
        frozenset(one.year for one in years),
        frozenset(closed.day for one in years for closed in one.closed),
        frozenset(due.day for one in years for due in one.due),
    )
