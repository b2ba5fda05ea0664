"""What HQ tells of known faults and of its integrity checks: no posting, only that the station has it too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from station_journal.effects import NOTHING, At, Effects
from station_journal.facts.known_faults import KnownFaultEnded, KnownFaultTold, TouchedRecord
from station_journal.records import AlarmCode, AlarmRaised
from station_journal.subject import Subject, SubjectKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Record


@dataclass(frozen=True, slots=True)
class KnownFault(Subject):
    """A fault as it was last told to the station; ``ended_seq`` is the record that said it is put right, else 0."""

    SUBJECT: ClassVar[int] = 55
    fault_no: int
    told_seq: int
    told_on: date
    title: str
    title_en: str
    work_around: str
    work_around_en: str
    since: date
    station_count: int
    touched: tuple[TouchedRecord, ...]
    ended_seq: int = 0
    remedy: str = ""
    remedy_en: str = ""

    @property
    def key(self) -> str:
        """Its number, so that lists are in order."""
        return fault_key(self.fault_no)

    @property
    def state_no(self) -> int:
        """1 while it is there, 2 once it is put right."""
        return 2 if self.ended_seq else 1


@dataclass(frozen=True, slots=True)
class StationAlarm(Subject):
    """A finding of HQ's integrity checks about the station, with the same code and amount as at HQ."""

    SUBJECT: ClassVar[int] = 56
    code: AlarmCode
    station_seq: int
    amount_fen: int
    raised_seq: int
    raised_on: date

    @property
    def key(self) -> str:
        """What it is about: the same finding again is the same alarm, one about no record its own."""
        about = f"{int(self.code):03d}-{self.station_seq:012d}"
        return about if self.station_seq else f"{about}-{self.raised_seq:012d}"


def fault_key(fault_no: int) -> str:
    """Name a fault."""
    return f"{fault_no:06d}"


def number_of_fault(fault_no: int) -> str:
    """Write the number of a fault as people say it: ``K-17``."""
    return f"K-{fault_no}"


def _told(at: At, fact: KnownFaultTold) -> Effects:
    fault = KnownFault(
        fault_no=fact.fault_no,
        told_seq=at.seq,
        told_on=at.record.business_date,
        title=fact.title,
        title_en=fact.title_en,
        work_around=fact.work_around,
        work_around_en=fact.work_around_en,
        since=fact.since,
        station_count=fact.station_count,
        touched=fact.touched,
    )
    return Effects(subjects=(fault,))


def _ended(at: At, fact: KnownFaultEnded) -> Effects:
    fault = at.books.subject(KnownFault, fault_key(fact.fault_no))
    if fault is None:
        return NOTHING
    return Effects(subjects=(replace(fault, ended_seq=at.seq, remedy=fact.remedy, remedy_en=fact.remedy_en),))


def _raised(at: At, fact: AlarmRaised) -> Effects:
    alarm = StationAlarm(fact.code, fact.station_seq, fact.amount_fen, at.seq, at.record.business_date)
    return Effects(subjects=(alarm,))


RULES: dict[type, Callable[[At, Any], Effects]] = {
    KnownFaultTold: _told,
    KnownFaultEnded: _ended,
    AlarmRaised: _raised,
}


def _the_fault(_seq: int, _record: Record, fact: KnownFaultEnded) -> tuple[SubjectKey, ...]:
    return (SubjectKey(KnownFault.SUBJECT, fault_key(fact.fault_no)),)


KEYS: dict[type, Callable[[int, Record, Any], tuple[SubjectKey, ...]]] = {KnownFaultEnded: _the_fault}
SUBJECTS: tuple[type[Subject], ...] = (KnownFault, StationAlarm)
