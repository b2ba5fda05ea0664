"""What the records of outages say of a station's devices: which one is away, since when, and how often it was.

No money follows from it. HQ reads it to send help before the shopkeeper has to ask for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from station_journal.effects import NOTHING, At, Effects
from station_journal.records import Equipment, OutageClosed, OutageOpened
from station_journal.subject import Subject, SubjectKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Record

AWAY, ANSWERS = 1, 2
"""Numbers of the two states a device is in."""


@dataclass(frozen=True, slots=True)
class DeviceHealth(Subject):
    """One device, from its first outage on; before it there is nothing to say.

    ``opened_seq`` is the record of the outage that goes on, 0 while it answers; ``since`` when that began or ended;
    ``outages`` counts all.
    """

    SUBJECT: ClassVar[int] = 58
    equipment: Equipment
    opened_seq: int
    since: datetime
    outages: int

    @property
    def key(self) -> str:
        """The device's name."""
        return self.equipment.name

    @property
    def state_no(self) -> int:
        """Whether it is away."""
        return AWAY if self.opened_seq else ANSWERS


def _opened(at: At, fact: OutageOpened) -> Effects:
    known = at.books.subject(DeviceHealth, fact.equipment.name)
    if known is not None and known.opened_seq:
        return NOTHING
    before = known.outages if known is not None else 0
    return Effects(subjects=(DeviceHealth(fact.equipment, at.seq, at.record.recorded_at, before + 1),))


def _closed(at: At, fact: OutageClosed) -> Effects:
    known = at.books.subject(DeviceHealth, fact.equipment.name)
    if known is None or known.opened_seq != fact.opened_seq:
        return NOTHING
    return Effects(subjects=(replace(known, opened_seq=0, since=at.record.recorded_at),))


def _key(_seq: int, _record: Record, fact: OutageOpened | OutageClosed) -> tuple[SubjectKey, ...]:
    return (SubjectKey(DeviceHealth.SUBJECT, fact.equipment.name),)


RULES: dict[type, Callable[[At, Any], Effects]] = {OutageOpened: _opened, OutageClosed: _closed}
KEYS: dict[type, Callable[[int, Record, Any], tuple[SubjectKey, ...]]] = {OutageOpened: _key, OutageClosed: _key}
SUBJECTS = (DeviceHealth,)
