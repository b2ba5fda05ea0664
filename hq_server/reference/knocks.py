"""How often one address may knock at the console: counted in the database, so that all web processes count together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, text

from hq_server.db.desk_tables import console_knocks

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

WITHIN = timedelta(minutes=1)
_LOCK = 7_201_030
_ADDRESS_MAX = 64


def knock(connection: Connection, address: str, now: datetime, per_minute: int) -> bool:
    """Count a knock and tell whether the address stays within its limit of a minute.

    Whoever goes on knocking stays out; of an address that does no more rows are kept than the limit and one.
    """
    named, table = address[:_ADDRESS_MAX], console_knocks.c
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock, hashtext(:name))"), {"lock": _LOCK, "name": named})
    old = select(table.knock_no).where(table.knocked_at <= now - WITHIN).with_for_update(skip_locked=True)
    connection.execute(delete(console_knocks).where(table.knock_no.in_(old)))
    connection.execute(insert(console_knocks).values(address=named, knocked_at=now))
    mine = select(table.knock_no).where(table.address == named).order_by(table.knock_no.desc())
    connection.execute(
        delete(console_knocks).where(table.address == named, table.knock_no.in_(mine.offset(per_minute + 1)))
    )
    recent = select(func.count()).where(table.address == named, table.knocked_at > now - WITHIN)
    return (connection.scalar(recent) or 0) <= per_minute
