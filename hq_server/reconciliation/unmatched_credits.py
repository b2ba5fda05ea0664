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
_AMOUNTS = text("""
    SELECT DISTINCT theirs_fen FROM recon_findings WHERE biller_code = :biller AND run_date = :day
        AND break_class = 'UNIDENTIFIED_CREDIT' AND closed_by_date IS NULL
""")
# Asked with the amounts and days themselves: all stations' payments are looked through by one key, wherever they lie.
_COULD_OWN = text("""
    SELECT DISTINCT ON (station_code, amount_fen) station_code, seq, amount_fen
    FROM payments
    WHERE biller_code = :biller AND business_date = ANY(:days) AND amount_fen = ANY(:amounts)
    ORDER BY station_code, amount_fen, business_date DESC, seq DESC
""")


def tell_possible_owners(connection: Connection, journal: HqJournal, biller_code: str, day: date, now: datetime) -> int:
    """Tell each station that could own money given back on a biller-day; gives how many were told now."""
    amounts = connection.scalars(_AMOUNTS, {"biller": biller_code, "day": day}).all()
    if not amounts:
        return 0
    days = [day - timedelta(days=before) for before in range(DAYS_BEFORE + 1)]
    owners = connection.execute(_COULD_OWN, {"biller": biller_code, "days": days, "amounts": list(amounts)})
    told = 0
    for code, seq, amount_fen in owners.all():
        alarm = AlarmRaised(AlarmCode.UNMATCHED_CREDIT, seq, amount_fen)
        told += raise_alarm(connection, journal, code, alarm, now)
    return told
