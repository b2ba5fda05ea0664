"""A station's devices as its own records tell: which one is away, since when, and how often that was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from hq_server.db.ledger_tables import subjects
from hq_server.statements.record_wording import VALUES, worded
from station_journal.rules.devices import DeviceHealth
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from hq_server.wording import Sentence
    from station_journal.records import Equipment


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One device that has been away at least once; ``since`` is when it went, or when it came back."""

    equipment: Equipment
    name: Sentence
    away: bool
    since: datetime
    outages: int


def device_lines(connection: Connection, station_code: str) -> list[DeviceLine]:
    """List a station's devices with an outage on record, those that are away first."""
    query = select(subjects.c.data).where(
        subjects.c.station_code == station_code, subjects.c.kind == DeviceHealth.SUBJECT
    )
    found = [from_row_bytes(DeviceHealth, data) for data in connection.scalars(query)]
    lines = [
        DeviceLine(one.equipment, worded(VALUES, one.equipment.name), bool(one.opened_seq), one.since, one.outages)
        for one in found
    ]
    return sorted(lines, key=lambda line: (not line.away, line.equipment))
