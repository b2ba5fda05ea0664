"""Which biller-days are to be reconciled, and reconciling them: a stage of HQ's jobs, woken by nobody in particular.

A day is due when a file of it was accepted that its last run had not, or when the payments of that day are others than
its last run saw: a station that came late, an outcome that became known, a reversal. Being due is stored, with since
when, until a run of that day ends; so a day whose run fails stays visible and is tried again.

Nothing is written where payments are posted: the days are counted again every few minutes, all billers together, and
only a day whose count moved is looked at biller by biller. Recent days are counted at every look; of the days before
them one stretch at a look, in turn, so that a record of whatever age makes its day due within hours and no look costs
more than two stretches. A day of sales of which no file has come stands on the board as such; nothing runs it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, text

from hq_server.db.reconciliation_tables import recon_due
from hq_server.logs import get_logger
from hq_server.reconciliation.day_run import reconcile
from hq_server.reference.working_days import business_date_of

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from hq_server.db import Clock
    from hq_server.hq_journal import HqJournal

RUNS_AT_ONCE = 20
"""Days that one call reconciles at most: after a long stop the other stages do not wait for all of them."""
LOOK_EVERY = timedelta(minutes=5)
"""How often the payments of past days are counted again; a new file is seen at once."""
STRETCH_DAYS = 62
"""Days that are counted at every look, and days of a stretch before them that is counted in its turn."""
FILE_WAIT_DAYS = 3
"""A file may come so many days after its business date before the day is named as one without."""
_log = get_logger("reconciliation")

_BY_FILE = text("""
    INSERT INTO recon_due (biller_code, run_date, since, reason)
    SELECT f.party_code, f.business_date, :now, 'FILE' FROM received_files f
    LEFT JOIN recon_days d ON d.biller_code = f.party_code AND d.run_date = f.business_date
    WHERE f.purpose = 'BILLER' AND f.state = 'ACCEPTED'
    GROUP BY 1, 2 HAVING count(*) > coalesce(max(d.file_count), 0)
    ON CONFLICT (biller_code, run_date) DO UPDATE SET reason = 'FILE', since = :now WHERE recon_due.reason = 'NO_FILE'
""")
_COUNT_DAYS = text("""
    SELECT business_date, count(*), sum(amount_fen), sum(status * status) FROM payments
    WHERE business_date BETWEEN :first AND :last GROUP BY 1
""")
_BY_RECORDS = text("""
    INSERT INTO recon_due (biller_code, run_date, since, reason)
    SELECT d.biller_code, d.run_date, :now, 'RECORDS' FROM recon_days d
    LEFT JOIN (SELECT biller_code, business_date, count(*) AS sales, sum(amount_fen) AS fen,
            sum(status * status) AS status_sum
        FROM payments WHERE business_date = ANY(:days) GROUP BY 1, 2) p
        ON p.biller_code = d.biller_code AND p.business_date = d.run_date
    WHERE d.run_date = ANY(:days) AND (d.sale_count, d.amount_fen, d.status_sum)
        IS DISTINCT FROM (coalesce(p.sales, 0), coalesce(p.fen, 0), coalesce(p.status_sum, 0))
    ON CONFLICT DO NOTHING
""")
_WITHOUT_FILE = text("""
    INSERT INTO recon_due (biller_code, run_date, since, reason)
    SELECT p.biller_code, p.business_date, :now, 'NO_FILE' FROM payments p
    WHERE p.business_date = ANY(:days) AND p.status = 2 AND p.biller_code <> ''
        AND NOT EXISTS (SELECT FROM recon_days d WHERE d.biller_code = p.biller_code AND d.run_date = p.business_date)
        AND NOT EXISTS (SELECT FROM received_files f WHERE f.purpose = 'BILLER' AND f.state = 'ACCEPTED'
            AND f.party_code = p.biller_code AND f.business_date = p.business_date)
    GROUP BY 1, 2 ON CONFLICT DO NOTHING
""")
_OLDEST = text("SELECT min(business_date) FROM payments")


class _DueDay(NamedTuple):
    biller_code: str
    run_date: date


class DueDays:
    """Finds the biller-days that are due and runs them; made once a process, since it remembers what it counted."""

    def __init__(self, journal: HqJournal) -> None:
        """Remember nothing yet: the first look counts all days."""
        self._journal = journal
        self._newest_file: int | None = None
        self._looked_at: datetime | None = None
        self._counted: dict[date, tuple[int, ...]] = {}
        self._failed: set[_DueDay] = set()
        self._stretch = 0
        self._waited_until: date | None = None

    def run(self, engine: Engine, clock: Clock) -> int:
        """Reconcile what is due, at most ``RUNS_AT_ONCE`` days; gives how many days were. A stage of the jobs.

        What is left has its turn in the next round, after the other stages had theirs. Days that failed come last.

        Raises:
            Exception: the first failure of a day, where none of these days ran.
        """
        now = clock()
        due = sorted(self._due(engine, now), key=lambda one: (one in self._failed, one.run_date, one.biller_code))
        ran, failure = 0, None
        for one in due[:RUNS_AT_ONCE]:
            try:
                reconcile(engine, self._journal, one.biller_code, one.run_date, now)
                self._failed.discard(one)
                ran += 1
            except Exception as error:  # noqa: BLE001 - told, kept due, and no other day waits for it
                _log.exception("day_failed", biller=one.biller_code, day=f"{one.run_date:%Y-%m-%d}")
                self._failed.add(one)
                failure = failure or error
        if failure is not None and not ran:
            raise failure
        return ran

    def _due(self, engine: Engine, now: datetime) -> list[_DueDay]:
        query = select(recon_due.c.biller_code, recon_due.c.run_date).where(recon_due.c.reason != "NO_FILE")
        try:
            with engine.begin() as connection:
                self._note_due(connection, now)
                return [_DueDay(*row) for row in connection.execute(query)]
        except Exception:
            # What was counted is remembered only where what follows from it is stored.
            self._newest_file, self._looked_at, self._counted, self._waited_until = None, None, {}, None
            raise

    def _note_due(self, connection: Connection, now: datetime) -> None:
        newest = connection.scalar(text("SELECT max(file_no) FROM received_files"))
        look = self._looked_at is None or not now < self._looked_at + LOOK_EVERY
        if look or newest != self._newest_file:
            connection.execute(_BY_FILE, {"now": now})
            self._newest_file = newest
        if look:
            self._look_at_records(connection, now)
            self._looked_at = now

    def _look_at_records(self, connection: Connection, now: datetime) -> None:
        today = business_date_of(now)
        found = self._moved(connection, today + timedelta(days=1))
        older = self._next_stretch(connection, today)
        days = sorted({*found, *(self._moved(connection, older) if older else ())})
        if days:
            connection.execute(_BY_RECORDS, {"now": now, "days": days})
        last = today - timedelta(days=FILE_WAIT_DAYS)
        waited = range((last - (self._waited_until or last - timedelta(days=1))).days)
        days = [day for day in days if day <= last] + [last - timedelta(days=ago) for ago in waited]
        connection.execute(_WITHOUT_FILE, {"now": now, "days": days})
        self._waited_until = last

    def _moved(self, connection: Connection, last: date) -> list[date]:
        """Count a stretch of days up to ``last``; gives those whose count is not what it was when it was last known."""
        first = last - timedelta(days=STRETCH_DAYS - 1)
        rows = connection.execute(_COUNT_DAYS, {"first": first, "last": last})
        counted = {day: tuple(int(n) for n in sums) for day, *sums in rows}
        known = {day for day in self._counted if first <= day <= last}
        moved = [day for day in counted.keys() | known if counted.get(day) != self._counted.get(day)]
        for day in known - counted.keys():
            del self._counted[day]
        self._counted |= counted
        return moved

    def _next_stretch(self, connection: Connection, today: date) -> date | None:
        """Give the last day of the stretch before the recent days whose turn it is; None where nothing is that old."""
        oldest = connection.scalar(_OLDEST)
        self._stretch += 1
        last = today + timedelta(days=1 - self._stretch * STRETCH_DAYS)
        if oldest is not None and last < oldest:
            self._stretch, last = 1, today + timedelta(days=1 - STRETCH_DAYS)
        return last if oldest is not None and oldest <= last else None
