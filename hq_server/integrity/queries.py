"""What the nightly checks found, for lists: the last check of each station, and its faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from hq_server.db.integrity_tables import integrity_checks, integrity_faults, network_digests
from hq_server.db.journal_tables import journal_heads
from hq_server.wording import Sentence, kept_sentence
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class CheckLine:
    """The last check of one station."""

    station_code: str
    checked_on: date
    checked_at: datetime
    station_seq: int
    hq_seq: int
    fault_count: int


@dataclass(frozen=True, slots=True)
class FaultLine:
    """One fault of a check; ``amount_fen`` is what HQ's books were off by."""

    station_code: str
    side: str
    seq: int
    amount_fen: int
    what: Sentence


def last_checks(connection: Connection, *, faulty: bool = False) -> list[CheckLine]:
    """List the last check of each station, or of those only where it found something."""
    table = integrity_checks.c
    latest = (
        select(table.station_code, table.checked_on, table.checked_at, table.station_seq, table.hq_seq)
        .add_columns(table.fault_count)
        .ext(distinct_on(table.station_code))
        .order_by(table.station_code, table.checked_at.desc())
        .subquery()
    )
    query = select(latest).order_by(latest.c.station_code)
    if faulty:
        query = query.where(latest.c.fault_count > 0)
    return [CheckLine(*row) for row in connection.execute(query)]


def faults_of(connection: Connection, check: CheckLine) -> list[FaultLine]:
    """List what a check found, in the order it was found."""
    table = integrity_faults.c
    query = select(table.station_code, table.side, table.seq, table.amount_fen)
    query = query.add_columns(table.what_zh, table.what)
    query = query.where(table.station_code == check.station_code, table.checked_at == check.checked_at)
    query = query.order_by(table.fault_no)
    return [
        FaultLine(row.station_code, row.side, row.seq, row.amount_fen, kept_sentence((row.what_zh, row.what)))
        for row in connection.execute(query)
    ]


def network_digests_since(connection: Connection, since: date) -> list[tuple[date, bytes, int]]:
    """List the digests over all heads, night by night, with how many stations each is about."""
    table = network_digests.c
    query = select(table.checked_on, table.digest, table.station_count).where(table.checked_on >= since)
    rows = connection.execute(query.order_by(table.checked_on))
    return [(row.checked_on, bytes(row.digest), row.station_count) for row in rows]


@dataclass(frozen=True, slots=True)
class NightSummary:
    """A night in figures: stations checked and to check, those with faults, and the digest of the network, if taken."""

    night: date
    checked: int
    stations: int
    faulty: int
    digest: bytes


def night_summary(connection: Connection, night: date) -> NightSummary:
    """Sum up what the checks of a night came to."""
    checks, heads = integrity_checks.c, journal_heads.c
    checked = func.count(func.distinct(checks.station_code))
    query = select(checked, checked.filter(checks.fault_count > 0)).where(checks.checked_on == night)
    done, faulty = connection.execute(query).one()
    stations = connection.scalar(select(func.count()).where(heads.side == Side.STATION.value)) or 0
    taken = select(network_digests.c.digest).where(network_digests.c.checked_on == night)
    return NightSummary(night, done, stations, faulty, bytes(connection.scalar(taken) or b""))
