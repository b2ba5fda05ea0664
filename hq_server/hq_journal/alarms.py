"""Alarms of HQ's integrity checks: noted once, and told to the station by a record of HQ's journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from hq_server.db.journal_tables import alarms
from hq_server.hq_journal.register import CannotTellError
from station_journal.records import SYSTEM, AlarmCode, AlarmRaised

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hq_server.hq_journal.register import HqJournal


def raise_alarm(
    connection: Connection,
    journal: HqJournal,
    station_code: str,
    finding: AlarmRaised,
    now: datetime,
    reason: str = "",
    about_hq_seq: int = 0,
) -> bool:
    """Note a finding about a station's record and tell the station; the same finding again changes nothing.

    ``reason`` names the posting rule that a record broke, so that one fault is found at every station. A finding about
    no record of the station names by ``about_hq_seq`` the record of HQ that it is about: each of those is its own.
    A station whose program is too old to read alarms is told once it is not: the note waits for that.
    """
    row = {
        "station_code": station_code,
        "code": int(finding.code),
        "station_seq": finding.station_seq,
        "about_hq_seq": about_hq_seq,
        "amount_fen": finding.amount_fen,
        "reason": reason,
        "raised_at": now,
    }
    noted = insert(alarms).values(row).on_conflict_do_nothing().returning(alarms.c.code)
    if connection.scalar(noted) is None:
        return False
    _tell(connection, journal, station_code, finding, now, about_hq_seq)
    return True


def untold_stations(connection: Connection, station_codes: Sequence[str]) -> list[str]:
    """List, of some stations, those with alarms that they could not read before, in order."""
    table = alarms.c
    query = select(table.station_code).where(table.station_code.in_(station_codes), table.hq_seq.is_(None))
    return list(connection.scalars(query.distinct().order_by(table.station_code)))


def tell_waiting_alarms(connection: Connection, journal: HqJournal, station_code: str, now: datetime) -> int:
    """Tell a station the alarms that it could not read before; gives how many it was told."""
    query = select(alarms).where(alarms.c.station_code == station_code, alarms.c.hq_seq.is_(None))
    rows = connection.execute(query.order_by(alarms.c.station_seq, alarms.c.about_hq_seq).with_for_update()).all()
    findings = [(AlarmRaised(AlarmCode(row.code), row.station_seq, row.amount_fen), row.about_hq_seq) for row in rows]
    return sum(_tell(connection, journal, station_code, finding, now, about) for finding, about in findings)


def _tell(
    connection: Connection,
    journal: HqJournal,
    station_code: str,
    finding: AlarmRaised,
    now: datetime,
    about_hq_seq: int,
) -> bool:
    try:
        (hq_seq,) = journal.append(connection, station_code, [finding], SYSTEM, now)
    except CannotTellError:
        return False
    table = alarms.c
    mine = (table.station_code == station_code) & (table.code == int(finding.code))
    about = (table.station_seq == finding.station_seq) & (table.about_hq_seq == about_hq_seq)
    connection.execute(update(alarms).where(mine, about).values(hq_seq=hq_seq))
    return True


class KnownAlarm(NamedTuple):
    """An alarm about a station: its code, the record, an amount in fen, and the HQ record that told it, if any did."""

    code: AlarmCode
    station_seq: int
    amount_fen: int
    hq_seq: int | None


def alarms_of(connection: Connection, station_code: str) -> list[KnownAlarm]:
    """List a station's alarms in the order they were raised."""
    table = alarms.c
    query = select(table.code, table.station_seq, table.amount_fen, table.hq_seq)
    rows = connection.execute(query.where(table.station_code == station_code).order_by(table.raised_at))
    return [KnownAlarm(AlarmCode(row[0]), row[1], row[2], row[3]) for row in rows]
