"""Facts about known faults: HQ tells each station that one touches, with how many others and what to do meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, NamedTuple


class TouchedRecord(NamedTuple):
    """A record of the station that a fault touched."""

    station_seq: int


@dataclass(frozen=True, slots=True)
class KnownFaultTold:
    """A fault is known and touches this station, and ``station_count`` stations in all; a later one is the newer word.

    Title and work-around are in Chinese and in English.
    """

    KIND: ClassVar[int] = 115
    fault_no: int
    title: str
    title_en: str
    work_around: str
    work_around_en: str
    since: date
    station_count: int
    touched: tuple[TouchedRecord, ...]


@dataclass(frozen=True, slots=True)
class KnownFaultEnded:
    """A known fault is put right; ``remedy`` says how."""

    KIND: ClassVar[int] = 116
    fault_no: int
    remedy: str
    remedy_en: str


FaultHqFact = KnownFaultTold | KnownFaultEnded
