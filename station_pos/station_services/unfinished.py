"""Work left in the middle, of services whose steps are records already: a batch unsigned, a count unclosed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.cash import DayClosed, DayCounted
from station_journal.facts.parcels import ParcelScannedIn
from station_pos import evidence_queries
from station_pos.services.in_flight import Happened, InFlight
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from station_pos.register import Register
    from station_pos.services.parcels import Parcels

RECEIVING, CLOSING = "receiving", "day_close"
"""Services whose screens go on where the work stopped."""
LOOKED_AT = 300
"""How many of the newest records are looked through."""
TEXT = Catalogue(
    {
        "batch": ("收件 {count} 件", "Parcels, {count} items"),
        "batch_advice": (
            "扫过的都记了, 双方还没签。打开接着扫, 或签字",
            "What was scanned is recorded; nobody signed yet. Open it to go on",
        ),
        "count": ("日终数过钱", "Day count"),
        "count_advice": (
            "数过的留着, 还没签认。打开再数一次; 钱不用动",
            "The count stays, it is not signed. Open it and count again; move no cash",
        ),
    }
)


class Unfinished:
    """Lists both; opening one goes on with it."""

    def __init__(self, register: Register, parcels: Parcels) -> None:
        """Read the register's books."""
        self._register, self._parcels = register, parcels

    def in_flight(self) -> tuple[InFlight, ...]:
        """List what is begun and not ended, oldest first."""
        batch_no = self._parcels.open_batch()
        scanned_at, counted_at = self._register.read(_newest)
        found = []
        if batch_no and scanned_at is not None:
            count = len(self._parcels.batch(batch_no))
            words = TEXT("batch", count=count), TEXT("batch_advice")
            found.append(InFlight(RECEIVING, batch_no, scanned_at, words[0], 0, Happened.NOT_DONE, words[1]))
        if counted_at is not None:
            advice = TEXT("count_advice")
            found.append(InFlight(CLOSING, 0, counted_at, TEXT("count"), 0, Happened.NOT_DONE, advice))
        return tuple(sorted(found, key=lambda item: item.at))


def _newest(connection: Connection) -> tuple[datetime | None, datetime | None]:
    """Give when the last item was scanned in, and when a count was made that no close followed."""
    scanned_at = counted_at = None
    closed = False
    for _, record in evidence_queries.station_records(connection, LOOKED_AT):
        if isinstance(record.fact, DayClosed):
            closed = True
        elif isinstance(record.fact, DayCounted) and not closed and counted_at is None:
            counted_at = record.recorded_at
        elif isinstance(record.fact, ParcelScannedIn) and scanned_at is None:
            scanned_at = record.recorded_at
    return scanned_at, counted_at
