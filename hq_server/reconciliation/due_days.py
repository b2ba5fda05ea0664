"""Which biller-days are to be reconciled, and reconciling them: a stage of HQ's jobs, woken by nobody in particular.

A day is due when a file of it was accepted that its last run had not, or when the payments of that day are others than
its last run saw: a station that came late, an outcome that became known, a reversal. Being due is stored, with since
when, until a run of that day ends; so a day whose run fails stays visible and is tried again.

Nothing is written where payments are posted: the days are counted again every few minutes, all billers together, and
only a day whose count moved is looked at biller by biller.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from hq_server.db.reconciliation_tables import recon_due
from hq_server.logs import get_logger
from hq_server.reconciliation.day_run import reconcile
from hq_server.reference.working_days import business_date_of

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from hq_server.db import Clock
    from hq_server.hq_journal import HqJournal

LOOK_EVERY = timedelta(minutes=5)
"""How often the payments of past days are counted again; a new file is seen at once."""
LOOK_BACK_DAYS = 62
"""Records of days further back than that are reconciled when somebody asks for it."""
_log = get_logger("reconciliation")

_BY_FILE = text("""
    INSERT INTO recon_due (biller_code, run_date, since, reason)
    SELECT f.party_code, f.business_date, :now, 'FILE' FROM received_files f
    LEFT JOIN recon_days d ON d.biller_code = f.party_code AND d.run_date = f.business_date
    WHERE f.purpose = 'BILLER' AND f.state = 'ACCEPTED'
    GROUP BY 1, 2 HAVING count(*) > coalesce(max(d.file_count), 0)
    ON CONFLICT DO NOTHING
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


class DueDays:
    """Finds the biller-days that are due and runs them; made once a process, since it remembers what it counted."""

    def __init__(self, journal: HqJournal) -> None:
        """Remember nothing yet: the first look counts all days."""
        self._journal = journal
        self._newest_file: int | None = None
        self._looked_at: datetime | None = None
        self._counted: dict[date, tuple[int, ...]] = {}

    def run(self, engine: Engine, clock: Clock) -> int:
        """Reconcile what is due; gives how many days were. A stage of the jobs.

        Raises:
            Exception: the first failure of a day, once all other days have had their turn.
        """
        now = clock()
        with engine.begin() as connection:
            self._note_due(connection, now)
            query = select(recon_due.c.biller_code, recon_due.c.run_date)
            due = connection.execute(query.order_by(recon_due.c.run_date, recon_due.c.biller_code)).all()
        ran, failure = 0, None
        for biller_code, day in due:
            try:
                reconcile(engine, self._journal, biller_code, day, now)
                ran += 1
            except Exception as error:  # noqa: BLE001 - told, kept due, and no other day waits for it
                _log.exception("day_failed", biller=biller_code, day=f"{day:%Y-%m-%d}")
                failure = failure or error
        if failure is not None and not ran:
            raise failure
        return ran

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
        last = business_date_of(now) + timedelta(days=1)
        window = {"first": last - timedelta(days=LOOK_BACK_DAYS), "last": last}
        counted = {day: tuple(int(n) for n in sums) for day, *sums in connection.execute(_COUNT_DAYS, window)}
        days = [day for day in counted.keys() | self._counted.keys() if counted.get(day) != self._counted.get(day)]
        if days:
            connection.execute(_BY_RECORDS, {"now": now, "days": days})
        self._counted = counted
