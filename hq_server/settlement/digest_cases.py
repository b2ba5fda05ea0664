"""A day's end whose figures at the station are not HQ's: the alarm of it stands beside a case with owner and due date.

The case is of the day that differs, as the record that ended it says; the alarm may come weeks later. It waits for a
person, who finds out which record the two sides read differently; no later file explains it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from hq_server.reconciliation.cases import Difference, keep_differences
from hq_server.reconciliation.discrepancy import BreakClass
from station_journal.codec import UnreadableRecordError, decode
from station_journal.records import AlarmCode, BusinessDayEnded
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Engine

LAYER = "STATION"
_NEW = text("""
    SELECT DISTINCT a.station_code FROM alarms a WHERE a.code = :code AND NOT EXISTS (
        SELECT FROM break_cases c WHERE c.station_code = a.station_code AND c.layer = 'STATION'
            AND c.counterparty = a.station_code AND c.item = 'D:' || a.station_seq)
    ORDER BY 1
""")
_OF_STATION = text("""
    SELECT a.station_seq, CAST(a.raised_at AT TIME ZONE 'Asia/Shanghai' AS date), r.data FROM alarms a
    LEFT JOIN journal_records r ON r.station_code = a.station_code AND r.side = 'S' AND r.seq = a.station_seq
    WHERE a.code = :code AND a.station_code = :station ORDER BY 1
""")
_OWNER = text("SELECT coalesce(min(staff_no), 0) FROM staff WHERE role = 'FINANCE' AND NOT is_closed")


def keep_digest_cases(engine: Engine, now: datetime) -> int:
    """Open a case for each day's end that differs and has none; gives at how many stations it did."""
    code = int(AlarmCode.DAY_DIGEST_DIFFERS)
    with engine.begin() as connection:
        stations = list(connection.scalars(_NEW, {"code": code}))
        owner_no = connection.scalar(_OWNER) if stations else 0
        for station in stations:
            found = [
                Difference(
                    station,
                    _ended_date(data) or raised_on,
                    f"D:{seq}",
                    BreakClass.DIGEST_MISMATCH.value,
                    our_no=f"{station} S{seq}",
                )
                for seq, raised_on, data in connection.execute(_OF_STATION, {"code": code, "station": station})
            ]
            keep_differences(connection, LAYER, station, (), found, owner_no, now)
    return len(stations)


def _ended_date(data: bytes | None) -> date | None:
    """Read which day a record ended; None where it is none that does, or is not held."""
    try:
        fact = None if data is None else decode(data, Side.STATION).fact
    except UnreadableRecordError:
        return None
    return fact.ended_date if isinstance(fact, BusinessDayEnded) else None
