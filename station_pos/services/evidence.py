"""Evidence as the screens see it: outages by record, what others wrote into the station's books, and the packet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from concurrent.futures import Future
    from datetime import datetime

    from station_journal.records import Equipment
    from station_journal.rules.integrity import LastCheck
    from station_pos.counter import JournalRow


@dataclass(frozen=True, slots=True)
class OutageRow:
    """An outage as the journal has it; ``closed_at`` is None while it lasts."""

    equipment: Equipment
    opened_at: datetime
    closed_at: datetime | None


class PacketRefusedError(Exception):
    """No packet could be made; the message is one sentence."""


class Evidence(Protocol):
    """What F9 may ask for."""

    def outages(self, since: datetime) -> tuple[OutageRow, ...]:
        """List outages that lasted at or after a moment, oldest first."""

    def made_elsewhere(self, limit: int) -> tuple[JournalRow, ...]:
        """List the newest records of the station's books that the station did not make itself."""

    def last_check(self) -> LastCheck | None:
        """Give what HQ's last nightly check of this station found; None before the first."""

    def packet(self, row: JournalRow) -> Future[str]:
        """Make the packet of a record, and give the folder it lies in.

        Both journals with every proof, the verifier that reads them, and a page about the record: what was printed,
        who made it, which outages lay around it. The future raises ``PacketRefusedError``.
        """
