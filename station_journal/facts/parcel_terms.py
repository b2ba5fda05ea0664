"""Facts about how a station keeps parcels: the terms that HQ sets, and when its shelves are full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple


class ReminderDay(NamedTuple):
    """A day after its reception on which the recipient of an item is to be reminded."""

    day: int


@dataclass(frozen=True, slots=True)
class ShelvesCounted:
    """The machine noted that the shelves are full, or have room again: so many items, room for so many."""

    KIND: ClassVar[int] = 37
    held: int
    room: int


@dataclass(frozen=True, slots=True)
class ParcelTermsSet:
    """HQ sets how a station keeps parcels; the last one holds, over the station's own settings.

    ``return_days`` after its reception an item goes back, after ``lost_days`` an ordinary missing one counts as lost.
    ``asks_phone``: a pickup code takes the last four digits of the phone beside it (domain rule 4.2).
    """

    KIND: ClassVar[int] = 81
    remind: tuple[ReminderDay, ...]
    return_days: int
    lost_days: int
    asks_phone: bool


ParcelTermsStationFact = ShelvesCounted
ParcelTermsHqFact = ParcelTermsSet
