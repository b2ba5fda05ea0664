"""What the facts about a station's parcel terms do: no posting, only which are in force, and whether there is room.

A reader that decides by the terms holds ``set_seq`` against what the station had seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from station_journal.effects import At, Effects
from station_journal.facts.parcel_terms import ParcelTermsSet, ReminderDay, ShelvesCounted
from station_journal.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Record
    from station_journal.subject import SubjectKey

THE_TERMS = "terms"
THE_SHELVES = "shelves"
FULL_PCT = 95
"""From so full on shelves count as full; HQ hears of it (product row 39)."""
ROOM_PCT = 85
"""Below this they have room again, so that one item more or less is not told twice."""
_HUNDRED = 100


@dataclass(frozen=True, slots=True)
class ParcelTermsInForce(Subject):
    """The terms that HQ set last, by the HQ record ``set_seq``."""

    SUBJECT: ClassVar[int] = 17
    set_seq: int
    remind: tuple[ReminderDay, ...]
    return_days: int
    lost_days: int
    asks_phone: bool

    @property
    def key(self) -> str:
        """There is one."""
        return THE_TERMS


@dataclass(frozen=True, slots=True)
class ShelfRoom(Subject):
    """How full the shelves were when that changed last: by the station record ``seq``, on ``counted_on``."""

    SUBJECT: ClassVar[int] = 18
    seq: int
    counted_on: date
    held: int
    room: int

    @property
    def key(self) -> str:
        """There is one."""
        return THE_SHELVES

    @property
    def is_full(self) -> bool:
        """Whether that was full."""
        return self.held * _HUNDRED >= self.room * FULL_PCT

    @property
    def state_no(self) -> int:
        """1 while full, else 2."""
        return 1 if self.is_full else 2


def fullness_changed(known: ShelfRoom | None, held: int, room: int) -> bool:
    """Tell whether the shelves became full, or have room again, since it was noted last."""
    if known is not None and known.is_full:
        return held * _HUNDRED < room * ROOM_PCT
    return room > 0 and held * _HUNDRED >= room * FULL_PCT


def _set(at: At, fact: ParcelTermsSet) -> Effects:
    terms = ParcelTermsInForce(at.seq, fact.remind, fact.return_days, fact.lost_days, fact.asks_phone)
    return Effects(subjects=(terms,))


def _counted(at: At, fact: ShelvesCounted) -> Effects:
    return Effects(subjects=(ShelfRoom(at.seq, at.record.business_date, fact.held, fact.room),))


RULES: dict[type, Callable[[At, Any], Effects]] = {ParcelTermsSet: _set, ShelvesCounted: _counted}
KEYS: dict[type, Callable[[int, Record, Any], tuple[SubjectKey, ...]]] = {}
SUBJECTS: tuple[type[Subject], ...] = (ParcelTermsInForce, ShelfRoom)
