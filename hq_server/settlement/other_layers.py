"""The layers beside billers' files, looked at by themselves: day digests, acquirers' files, the bank account.

A stage of HQ's jobs. A new file is seen at once; what changes without one is looked at every few minutes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from hq_server.settlement.account_cases import keep_account_cases
from hq_server.settlement.acquirer_days import settle_due_days
from hq_server.settlement.digest_cases import keep_digest_cases

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from hq_server.db import Clock
    from hq_server.hq_journal import HqJournal

LOOK_EVERY = timedelta(minutes=5)


class OtherLayers:
    """Keeps the cases of the layers that are no biller's; made once a process, since it remembers when it looked."""

    def __init__(self, journal: HqJournal) -> None:
        """Remember nothing yet: the first run looks."""
        self._journal = journal
        self._newest_file: int | None = None
        self._looked_at: datetime | None = None

    def run(self, engine: Engine, clock: Clock) -> int:
        """Look at each layer; gives how many days were settled, stations told and days' ends found."""
        now = clock()
        with engine.connect() as connection:
            newest = connection.scalar(text("SELECT max(file_no) FROM received_files"))
        looked = self._looked_at is not None and now < self._looked_at + LOOK_EVERY
        if looked and newest == self._newest_file:
            return 0
        done = keep_digest_cases(engine, now)
        done += settle_due_days(engine, self._journal, now)
        done += keep_account_cases(engine, self._journal, now)
        self._newest_file, self._looked_at = newest, now
        return done
