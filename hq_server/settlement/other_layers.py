"""The layers beside billers' files, looked at by themselves: day digests, acquirers' files, the bank account.

A stage of HQ's jobs. A new file is seen at once; what changes without one is looked at every few minutes. No layer and
no day waits for another one that fails.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import text

from hq_server.logs import get_logger
from hq_server.settlement.account_cases import keep_account_cases
from hq_server.settlement.acquirer_days import due_days, settle_one
from hq_server.settlement.digest_cases import keep_digest_cases

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from hq_server.db import Clock
    from hq_server.hq_journal import HqJournal

LOOK_EVERY = timedelta(minutes=5)
_log = get_logger(__name__)


class OtherLayers:
    """Keeps the cases of the layers that are no biller's; made once a process, since it remembers when it looked."""

    def __init__(self, journal: HqJournal) -> None:
        """Remember nothing yet: the first run looks."""
        self._journal = journal
        self._newest_file: int | None = None
        self._looked_at: datetime | None = None

    def run(self, engine: Engine, clock: Clock) -> int:
        """Look at each layer; gives how many days were settled, stations told and days' ends found.

        Raises:
            Exception: the first failure, once every layer and day has had its turn; they are looked at again in time.
        """
        now = clock()
        with engine.connect() as connection:
            newest = connection.scalar(text("SELECT max(file_no) FROM received_files"))
        looked = self._looked_at is not None and now < self._looked_at + LOOK_EVERY
        if looked and newest == self._newest_file:
            return 0
        done, failures = 0, []
        layers: tuple[Callable[[], int], ...] = (
            lambda: keep_digest_cases(engine, now),
            *(partial(settle_one, engine, self._journal, due, now) for due in due_days(engine, now)),
            lambda: keep_account_cases(engine, self._journal, now),
        )
        for keep in layers:
            try:
                done += keep()
            except Exception as error:  # noqa: BLE001 - told, raised in the end, and nothing else waits for it
                _log.exception("layer_failed")
                failures.append(error)
        self._newest_file, self._looked_at = newest, now
        if failures:
            raise failures[0]
        return done
