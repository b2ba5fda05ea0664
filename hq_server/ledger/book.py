"""The bookkeeper: posts what is new in both journals of all stations, by contiguous positions, each record once.

A record that cannot be read or computed stops its own station from that record on, and nobody else's. Stations fall
into shares, and each share is posted by one bookkeeper at a time, whoever calls: so many processes may post at once.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.reference_tables import tariffs as tariff_table
from hq_server.hq_journal import raise_alarm, tell_waiting_alarms, untold_stations
from hq_server.ledger.batch import due_shares, due_stations, load
from hq_server.ledger.fold import fold
from hq_server.ledger.writing import write
from hq_server.logs import get_logger
from hq_server.reference.tariffs import tariff_document
from station_journal.tariff import read_tariff

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from hq_server.db import Clock
    from hq_server.hq_journal import HqJournal
    from hq_server.ledger.batch import StationBatch
    from hq_server.ledger.fold import Posted
    from station_journal.tariff import Tariff

LEDGER_LOCK = 7_201_005
"""Advisory lock of posting, held to the end of each transaction that posts: shared by those that post a share, whose
own lock has the share's number beside it, and alone by whoever wants the books to stand still."""
_log = get_logger("ledger")


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the cycle collector from walking a batch, which is bounded and holds no cycles, over and over."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Bookkeeper:
    """Posts records; keeps the contents of tariffs, which never change, between runs."""

    def __init__(self, journal: HqJournal) -> None:
        """Keep the journal that alarms go to."""
        self._journal = journal
        self._tariffs: dict[bytes, Tariff] = {}
        self._first_run = True

    def run(self, engine: Engine, clock: Clock) -> int:
        """Post all that is new and that nobody else is posting; gives the number of records.

        A new process tries once what stopped an older one.
        """
        retry, self._first_run = self._first_run, False
        return self.post_new(engine, clock, retry_stopped=retry, wait=False)

    def post_new(self, engine: Engine, clock: Clock, *, retry_stopped: bool = False, wait: bool = True) -> int:
        """Post until nothing is due; gives the number of records. Stopped stations are tried where asked for.

        A share that another process is posting is waited for, or left to it where ``wait`` is false.
        """
        count = 0
        stuck: list[str] = []
        while True:
            with engine.connect() as connection:
                shares = due_shares(connection, retry_stopped=retry_stopped, but=stuck)
            all_posted: list[Posted] = []
            for share, codes in shares:
                with engine.begin() as connection:
                    if not self._take_share(connection, share, wait=wait):
                        continue
                    due = due_stations(connection, retry_stopped=retry_stopped, but=stuck, only=codes)
                    all_posted += self.post(connection, due, clock())
            count += sum(posted.count for posted in all_posted)
            stuck += [posted.station_code for posted in all_posted if posted.stop or not posted.count]
            if not all_posted and not (wait and shares):
                return count

    @staticmethod
    def _take_share(connection: Connection, share: int, *, wait: bool) -> bool:
        """Keep others from posting a share until the transaction ends; false where another posts it."""
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": LEDGER_LOCK})
        function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
        taken = connection.scalar(text(f"SELECT {function}(:lock, :share)"), {"lock": LEDGER_LOCK, "share": share})
        return wait or bool(taken)

    @staticmethod
    def lock(connection: Connection) -> None:
        """Wait until no other transaction posts, and keep all from posting until this one ends."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LEDGER_LOCK})

    def post(self, connection: Connection, batches: Sequence[StationBatch], now: datetime) -> list[Posted]:
        """Post the new records of some stations, under their lock, in the caller's transaction."""
        if not batches:
            return []
        self._learn_tariffs(connection)
        with _collector_paused():
            load(connection, batches)
            all_posted = write(connection, batches, (fold(batch, self._tariffs) for batch in batches), now)
        for posted in all_posted:
            for alarm, reason, about_hq_seq in posted.findings:
                raise_alarm(connection, self._journal, posted.station_code, alarm, now, reason, about_hq_seq)
            self._report(connection, posted, now)
        codes = [batch.station_code for batch in batches]
        for station_code in untold_stations(connection, codes):
            tell_waiting_alarms(connection, self._journal, station_code, now)
        return all_posted

    def catch_up(self, connection: Connection, now: datetime) -> None:
        """Post all that is new in the caller's transaction and keep others from posting until it ends.

        For whoever decides by the books what to tell a station: what was told a moment ago is in them then.
        """
        self.lock(connection)
        stuck: list[str] = []
        while batches := due_stations(connection, retry_stopped=False, but=stuck):
            all_posted = self.post(connection, batches, now)
            stuck += [posted.station_code for posted in all_posted if posted.stop or not posted.count]

    def _learn_tariffs(self, connection: Connection) -> None:
        for tariff_hash in connection.scalars(select(tariff_table.c.tariff_hash)):
            if tariff_hash not in self._tariffs:
                self._tariffs[tariff_hash] = read_tariff(tariff_document(connection, tariff_hash) or b"")

    @staticmethod
    def _report(connection: Connection, posted: Posted, now: datetime) -> None:
        stop = posted.stop
        if stop is not None:
            details = {"side": stop.side.value, "seq": stop.seq, "reason": stop.reason.replace("\x00", "")}
            audit.note(connection, AuditTag.POSTING_STOPPED, audit.SYSTEM_ACTOR, now, details, posted.station_code)
            _log.error("posting_stopped", station=posted.station_code, **details)
        for alarm, _, _ in posted.findings:
            _log.warning(
                "alarm", station=posted.station_code, code=alarm.code.name, seq=alarm.station_seq, fen=alarm.amount_fen
            )
