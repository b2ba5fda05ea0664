"""HQ's last check of a station's books: no money moves, the last one holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from station_journal.effects import At, Effects
from station_journal.facts.integrity import BooksChecked
from station_journal.subject import Subject, SubjectKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Record

CLEAN, FAULTY = 1, 2
"""Numbers of the two results of a check."""


@dataclass(frozen=True, slots=True)
class LastCheck(Subject):
    """The last check: the night, up to which station record, how many faults, and the HQ record that told it."""

    SUBJECT: ClassVar[int] = 57
    checked_on: date
    station_seq: int
    faults: int
    network_digest: bytes
    told_seq: int

    @property
    def key(self) -> str:
        """There is one."""
        return LAST_CHECK.key

    @property
    def state_no(self) -> int:
        """Whether anything was found."""
        return FAULTY if self.faults else CLEAN


LAST_CHECK = SubjectKey(LastCheck.SUBJECT, "last")


def _checked(at: At, fact: BooksChecked) -> Effects:
    last = LastCheck(fact.checked_on, fact.station_seq, fact.faults, fact.network_digest, at.seq)
    return Effects(subjects=(last,))


def _last(_seq: int, _record: Record, _fact: BooksChecked) -> tuple[SubjectKey, ...]:
    return (LAST_CHECK,)


RULES: dict[type, Callable[[At, Any], Effects]] = {BooksChecked: _checked}
KEYS: dict[type, Callable[[int, Record, Any], tuple[SubjectKey, ...]]] = {BooksChecked: _last}
SUBJECTS: tuple[type[Subject], ...] = (LastCheck,)
