"""What the books say about credit: sealed grants, use by day and hour, additions, the days of the branch."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from station_journal.codec import decode
from station_journal.records import CreditGranted, Side
from station_journal.rules.branch_days import BranchYear, year_key
from station_journal.rules.grants import Grant, GrantState, grant_key
from station_journal.subject import SubjectKey
from station_pos.commands.credit_forecast import HISTORY_DAYS, BranchDays, Use
from station_pos.services.credit import CreditAdded
from station_pos.store import journal, subject_rows
from station_pos.store.database import rows
from station_pos.store.projections import read_marker

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from station_pos.store.database import Database

_USED = "status IN (1, 2)"
_ZONE_S = 8 * 3600
_YEARS_AHEAD = 2


def grant_fen(connection: Connection, grant_no: int) -> int:
    """Give the sum of a sealed grant, 0 for one that is not here."""
    grant = subject_rows.find(connection, SubjectKey(Grant.SUBJECT, grant_key(grant_no)))
    return grant.amount_fen if isinstance(grant, Grant) else 0


class CreditQueries:
    """Questions about credit over one open database."""

    def __init__(self, database: Database) -> None:
        """Read through ``database``."""
        self._database = database

    def grants(self) -> tuple[Grant, ...]:
        """List the sealed grants, oldest first."""
        with self._database.reading() as connection:
            return subject_rows.in_states(connection, Grant, *GrantState)

    def use(self, today: date) -> Use | None:
        """Give what was used by day and hour before and on a business date; None before the first record."""
        start = today - timedelta(days=HISTORY_DAYS)
        between = (start.isoformat(), today.isoformat())
        with self._database.reading() as connection:
            marker = read_marker(connection)
            by_day = rows(
                connection,
                f"""SELECT business_date, sum(amount_fen + fee_fen) FROM payments
                    WHERE business_date BETWEEN ? AND ? AND {_USED} GROUP BY business_date""",  # noqa: S608
                between,
            )
            by_hour = rows(
                connection,
                f"""SELECT (recorded_at + {_ZONE_S}) / 3600 % 24, sum(amount_fen + fee_fen) FROM payments
                    WHERE business_date BETWEEN ? AND ? AND {_USED} GROUP BY 1""",  # noqa: S608
                between,
            )
        if marker is None or not marker.first_date:
            return None
        hours = [0] * 24
        for hour, used_fen in by_hour:
            hours[hour] = used_fen
        return Use(date.fromisoformat(marker.first_date), {date.fromisoformat(day): fen for day, fen in by_day}, hours)

    def branch_days(self, today: date) -> BranchDays:
        """Give the days of the branch as HQ stated them, around a date."""
        with self._database.reading() as connection:
            found = [
                subject_rows.find(connection, SubjectKey(BranchYear.SUBJECT, year_key(today.year + n)))
                for n in range(-1, _YEARS_AHEAD)
            ]
        return days_of([year for year in found if isinstance(year, BranchYear)])

    def added(self, limit: int) -> tuple[CreditAdded, ...]:
        """List the latest additions, newest first."""
        with self._database.reading() as connection:
            noted = rows(
                connection,
                "SELECT hq_seq FROM hq_notes WHERE kind=? ORDER BY hq_seq DESC LIMIT ?",
                (CreditGranted.KIND, limit),
            )
            granted = [_granted(connection, seq) for (seq,) in noted]
            released = subject_rows.in_states(connection, Grant, GrantState.RELEASED)
            newest = sorted(released, key=lambda grant: -grant.released_seq)[:limit]
            by_code = [_released(connection, grant) for grant in newest]
        return tuple(sorted([*granted, *by_code], key=lambda one: one.added_at, reverse=True)[:limit])


def days_of(years: list[BranchYear]) -> BranchDays:
    """Put the statements of some years together."""
    return BranchDays(
        frozenset(one.year for one in years),
        frozenset(closed.day for one in years for closed in one.closed),
        frozenset(due.day for one in years for due in one.due),
    )


def _granted(connection: Connection, seq: int) -> CreditAdded:
    entry = journal.entry(connection, Side.HQ, seq)
    record = None if entry is None else decode(entry.data, Side.HQ)
    if record is None or not isinstance(record.fact, CreditGranted):
        return CreditAdded(datetime.min.replace(tzinfo=UTC), 0, by_code=False)
    return CreditAdded(record.recorded_at, record.fact.amount_fen, by_code=False)


def _released(connection: Connection, grant: Grant) -> CreditAdded:
    entry = journal.entry(connection, Side.STATION, grant.released_seq)
    at = datetime.min.replace(tzinfo=UTC) if entry is None else decode(entry.data, Side.STATION).recorded_at
    return CreditAdded(at, grant.amount_fen, by_code=True)
