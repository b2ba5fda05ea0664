"""Records of some kinds out of a station's journals, found by their first bytes without decoding the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, func, or_, select

from hq_server.db.journal_tables import journal_records
from station_journal.codec import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from station_journal.records import Fact, Record
    from station_journal.side import Side

_ONE_BYTE_MAX = 23
_LONG_KIND = 24


class HeldRecord(NamedTuple):
    """A record as HQ holds it, and since when (UTC)."""

    seq: int
    record: Record
    held_at: datetime


def records_of(
    connection: Connection, station_code: str, side: Side, facts: Iterable[type[Fact]]
) -> Iterator[HeldRecord]:
    """Give the records of some facts, in the order of the journal."""
    kinds = sorted(fact.KIND for fact in facts)
    table = journal_records.c
    # A record is an array that begins with its kind; kinds up to 23 are one byte, others follow the byte 24.
    first, second = func.get_byte(table.data, 1), func.get_byte(table.data, 2)
    short = first.in_([kind for kind in kinds if kind <= _ONE_BYTE_MAX])
    long = and_(first == _LONG_KIND, second.in_([kind for kind in kinds if kind > _ONE_BYTE_MAX]))
    query = select(table.seq, table.data, table.stored_at).where(
        table.station_code == station_code, table.side == side.value, or_(short, long)
    )
    for row in connection.execute(query.order_by(table.seq)):
        yield HeldRecord(row.seq, decode(row.data, side), row.stored_at)
