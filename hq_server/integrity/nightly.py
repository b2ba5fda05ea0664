"""The nightly check: every station's journals folded again and held against HQ's books, and what the network shows.

A night begins at 23:30 Beijing time, when its business date has ended. Whatever is found is kept, raised as an alarm
that the station sees too, and counted in the record that tells the station how the check went. A station that has
nothing new and is clean as before is checked all the same and told nothing: silence costs it no byte.
"""

from __future__ import annotations

import time as elapsed
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from hq_server.db.integrity_tables import integrity_checks, integrity_faults, network_digests
from hq_server.db.journal_tables import journal_epochs, journal_heads
from hq_server.hq_journal import CannotTellError, held_head, raise_alarm
from hq_server.integrity.objects import objects_twice
from hq_server.ledger.checking import check_station
from hq_server.logs import get_logger
from hq_server.reference.working_days import SHANGHAI
from hq_server.statements.closes import overdue_closes
from station_journal.facts.integrity import BooksChecked
from station_journal.records import SYSTEM, AlarmCode, AlarmRaised
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Connection, Engine

    from hq_server.db import Clock
    from hq_server.hq_journal import HqJournal
    from hq_server.ledger.checking import Checked, Fault

NIGHT_BEGINS = time(23, 30)
CLOSE_MISSING_DAYS = 3
"""After how many days without a close of the shopkeeper's own an alarm is raised."""
_STATIONS_A_RUN = 20
"""So many stations at a time: the other stages, money among them, get their turn in between."""
_log = get_logger("integrity")


def night_of(now: datetime) -> date:
    """Give the night that a moment (UTC) belongs to: that of yesterday until 23:30 Beijing time."""
    local = now.astimezone(SHANGHAI)
    return local.date() if local.time() >= NIGHT_BEGINS else local.date() - timedelta(days=1)


def begins_at(night: date) -> datetime:
    """Give the moment a night begins."""
    return datetime.combine(night, NIGHT_BEGINS, SHANGHAI)


class NightlyCheck:
    """The stage that checks; ``journal`` is where stations are told."""

    def __init__(self, journal: HqJournal) -> None:
        """Keep the journal."""
        self._journal = journal

    def run(self, engine: Engine, clock: Clock) -> int:
        """Check some of the stations that are due this night; gives how many. Again and again until it gives 0."""
        now = clock()
        with engine.connect() as connection:
            due = _due(connection, night_of(now), _STATIONS_A_RUN)
        return self.check(engine, due, now) if due else 0

    def check(self, engine: Engine, station_codes: Sequence[str], now: datetime) -> int:
        """Check some stations now, due or not; gives how many."""
        night = night_of(now)
        digest = self._network(engine, night, now)
        for station_code in station_codes:
            self._station(engine, station_code, night, now, digest)
        return len(station_codes)

    def _network(self, engine: Engine, night: date, now: datetime) -> bytes:
        """Take the digest over all heads and look for what only the whole network shows, once a night."""
        with engine.begin() as connection:
            known = connection.scalar(
                select(network_digests.c.digest).where(network_digests.c.checked_on == night).with_for_update()
            )
            if known is not None:
                return bytes(known)
            digest, count = network_digest(connection)
            row = {"checked_on": night, "digest": digest, "station_count": count, "made_at": now}
            connection.execute(insert(network_digests).values(row).on_conflict_do_nothing())
            for twice in objects_twice(connection):
                if raise_alarm(connection, self._journal, twice.station_code, twice.finding, now):
                    _log.warning("object_twice", station=twice.station_code, what=twice.what)
            for overdue in overdue_closes(connection):
                if overdue.days >= CLOSE_MISSING_DAYS:
                    finding = AlarmRaised(AlarmCode.CLOSE_MISSING, overdue.last_cut_seq, 0)
                    raise_alarm(connection, self._journal, overdue.station_code, finding, now)
        return digest

    def _station(self, engine: Engine, station_code: str, night: date, now: datetime, digest: bytes) -> None:
        began = elapsed.monotonic()
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            checked = check_station(connection, station_code, self._journal.public_key)
            heads = {side: held_head(connection, station_code, side) for side in Side}
        seqs = {side: head.seq if head else 0 for side, head in heads.items()}
        took_ms = int((elapsed.monotonic() - began) * 1_000)
        with engine.begin() as connection:
            before = _last_check(connection, station_code)
            row = {
                "station_code": station_code,
                "checked_on": night,
                "checked_at": now,
                "station_seq": seqs[Side.STATION],
                "hq_seq": seqs[Side.HQ],
                "fault_count": len(checked.faults),
                "took_ms": took_ms,
            }
            noted = insert(integrity_checks).values(row).on_conflict_do_nothing().returning(integrity_checks.c.took_ms)
            if connection.scalar(noted) is None:
                return
            self._keep_faults(connection, checked, now)
            if before != (seqs[Side.STATION], len(checked.faults)):
                told = BooksChecked(night, seqs[Side.STATION], len(checked.faults), digest)
                self._tell(connection, station_code, told, now)

    def _keep_faults(self, connection: Connection, checked: Checked, now: datetime) -> None:
        for number, fault in enumerate(checked.faults, 1):
            row = {
                "station_code": fault.station_code,
                "checked_at": now,
                "fault_no": number,
                "code": int(AlarmCode.BOOKS_DIFFER),
                "side": fault.side.value,
                "seq": fault.seq,
                "amount_fen": fault.amount_fen,
                "what": fault.what.en,
                "what_zh": fault.what.zh,
            }
            connection.execute(insert(integrity_faults).values(row))
            raise_alarm(connection, self._journal, fault.station_code, _alarm_of(fault), now)
            _log.error(
                "books_differ", station=fault.station_code, side=fault.side.value, seq=fault.seq, what=fault.what.en
            )

    def _tell(self, connection: Connection, station_code: str, told: BooksChecked, now: datetime) -> None:
        try:
            self._journal.append(connection, station_code, [told], SYSTEM, now)
        except CannotTellError:
            # Its program is too old to read of checks; the alarms wait for it, the check stands at HQ.
            return


def network_digest(connection: Connection) -> tuple[bytes, int]:
    """Digest the heads of all journals in the order of station and side; gives it with the number of stations."""
    table = journal_heads.c
    query = select(table.station_code, table.side, table.epoch, table.seq, table.digest)
    digest, codes = sha256(), set()
    for code, side, epoch, seq, head in connection.execute(query.order_by(table.station_code, table.side)):
        digest.update(f"{code}|{side}|{epoch}|{seq}|{bytes(head).hex()}\n".encode())
        codes.add(code)
    return digest.digest(), len(codes)


def _alarm_of(fault: Fault) -> AlarmRaised:
    # An alarm names records of the station; a fault in HQ's own journal is about none of them.
    seq = fault.seq if fault.side is Side.STATION else 0
    return AlarmRaised(AlarmCode.BOOKS_DIFFER, seq, abs(fault.amount_fen))


def _due(connection: Connection, night: date, limit: int) -> list[str]:
    """List stations that had a journal when the night began and were not checked since, those longest ago first."""
    heads, epochs, checks = journal_heads.c, journal_epochs.c, integrity_checks.c
    began = (
        select(epochs.station_code)
        .where(epochs.side == Side.STATION.value)
        .group_by(epochs.station_code)
        .having(func.min(epochs.opened_at) < begins_at(night))
    )
    last = (
        select(func.max(checks.checked_on)).where(checks.station_code == heads.station_code).correlate(journal_heads)
    ).scalar_subquery()
    query = (
        select(heads.station_code)
        .where(heads.side == Side.STATION.value, heads.station_code.in_(began))
        .where(func.coalesce(last < night, True))
        .order_by(last.asc().nulls_first(), heads.station_code)
        .limit(limit)
    )
    return list(connection.scalars(query))


def _last_check(connection: Connection, station_code: str) -> tuple[int, int] | None:
    table = integrity_checks.c
    query = select(table.station_seq, table.fault_count).where(table.station_code == station_code)
    found = connection.execute(query.order_by(table.checked_at.desc()).limit(1)).one_or_none()
    return None if found is None else (found.station_seq, found.fault_count)
