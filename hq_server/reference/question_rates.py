"""How often a station asks what leaves no record: bounded, so that a stolen key cannot walk through HQ at speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case
from sqlalchemy.dialects.postgresql import insert

from hq_server.db.gateway_tables import inquiry_rates

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

QUESTIONS_A_MINUTE = 30
"""More than a counter can ask by hand."""


def within_rate(connection: Connection, station_code: str, now: datetime) -> bool:
    """Count a question and tell whether it is still within the minute's share, whatever is asked for."""
    minute = now.replace(second=0, microsecond=0)
    table = inquiry_rates.c
    same = case((table.minute == minute, table.asked + 1), else_=1)
    counted = (
        insert(inquiry_rates)
        .values(station_code=station_code, minute=minute, asked=1)
        .on_conflict_do_update(index_elements=["station_code"], set_={"minute": minute, "asked": same})
        .returning(table.asked)
    )
    return (connection.scalar(counted) or 0) <= QUESTIONS_A_MINUTE
