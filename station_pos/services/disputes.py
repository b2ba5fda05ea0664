"""Corrections, cases and known faults as the screens see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date

    from station_journal.rules.case import DisputeCase
    from station_journal.rules.disputes import Correction
    from station_journal.rules.known_faults import KnownFault, StationAlarm


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits: corrections that the station has not answered, open cases, those late, rulings not yet read."""

    corrections: int = 0
    cases: int = 0
    late: int = 0
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document that HQ named: its title, its text (None where it is none), and whether it is here."""

    title: str
    text: str | None
    here: bool


class Disputes(Protocol):
    """What the screens ask about corrections, cases and known faults."""

    def corrections(self) -> tuple[Correction, ...]:
        """List the corrections: unanswered first, then the newest."""

    def cases(self) -> tuple[DisputeCase, ...]:
        """List the cases: open ones first, then the newest."""

    def case_of_correction(self, correction: Correction) -> DisputeCase | None:
        """Give the case about a correction."""

    def case_about(self, about_no: int, of_seq: int) -> DisputeCase | None:
        """Give the case about a record, by the number of what it is about."""

    def evidence(self, named: bytes, title: str) -> Evidence:
        """Give a document by its hash."""

    def staff_name(self, staff_no: int) -> str:
        """Name a member of HQ's staff; empty if HQ never named that number here."""

    def waiting(self, today: date) -> Waiting:
        """Count what waits."""

    def faults(self) -> tuple[KnownFault, ...]:
        """List the known faults that touch this station: open ones first, then the newest."""

    def alarms(self) -> tuple[StationAlarm, ...]:
        """List what HQ's checks found about this station, the newest first."""
