"""Money given back that no number explains: shown to every station that could own it, for as long as it is open.

Rule (H40 of the lessons): an unidentified credit is never left to HQ's sight alone. A station could own it where it
took a payment of that sum for that biller in the days before; it is told once of each such record. The alarm moves
nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from hq_server.hq_journal import raise_alarm
from station_journal.records import AlarmCode, AlarmRaised

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from hq_server.hq_journal import HqJournal

DAYS_BEFORE = 3
"""How long after a payment a biller's refund without a number is still shown to whoever took it."""
_ANY = text("""
    SELECT EXISTS (SELECT 1 FROM recon_findings WHERE biller_code = :biller AND run_date = :day
        AND break_class = 'UNIDENTIFIED_CREDIT' AND closed_by_date IS NULL)
""")
_COULD_OWN = text("""
    SELECT DISTINCT ON (p.station_code, f.theirs_fen) p.station_code, p.seq, f.theirs_fen
    FROM recon_findings f
    CROSS JOIN generate_series(CAST(:first AS timestamp), CAST(:day AS timestamp), interval '1 day') AS near (day)
    JOIN payments p ON p.biller_code = f.biller_code AND p.amount_fen = f.theirs_fen
        AND p.business_date = near.day::date
    WHERE f.biller_code = :biller AND f.run_date = :day AND f.break_class = 'UNIDENTIFIED_CREDIT'
        AND f.closed_by_date IS NULL
    ORDER BY p.station_code, f.theirs_fen, p.business_date DESC, p.seq DESC
""")


def tell_possible_owners(connection: Connection, journal: HqJournal, biller_code: str, day: date, now: datetime) -> int:
    """Tell each station that could own money given back on a biller-day; gives how many were told now."""
    place = {"biller": biller_code, "day": day, "first": day - timedelta(days=DAYS_BEFORE)}
    if not connection.scalar(_ANY, place):
        return 0
    told = 0
    for code, seq, amount_fen in connection.execute(_COULD_OWN, place).all():
        alarm = AlarmRaised(AlarmCode.UNMATCHED_CREDIT, seq, amount_fen)
        told += raise_alarm(connection, journal, code, alarm, now)
    return told
