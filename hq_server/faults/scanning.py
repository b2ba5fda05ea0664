"""The scan of known faults as a stage of HQ's jobs: it reads the books of all stations, so it rests in between."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hq_server.faults.board import scan

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from hq_server.db import Clock
    from hq_server.hq_journal import HqJournal

SCAN_EVERY = timedelta(minutes=10)


class FaultScan:
    """Scans at most every ten minutes."""

    def __init__(self, journal: HqJournal) -> None:
        """Keep the journal that tells the stations; the first run scans."""
        self._journal = journal
        self._scanned_at: datetime | None = None

    def run(self, engine: Engine, clock: Clock) -> int:
        """Scan if it is time; gives how many stations were told."""
        now = clock()
        if self._scanned_at is not None and now - self._scanned_at < SCAN_EVERY:
            return 0
        self._scanned_at = now
        return scan(engine, self._journal, now)
