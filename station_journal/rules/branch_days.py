"""The branch's days by year: no money moves, the last statement of a year holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from station_journal.effects import At, Effects
from station_journal.facts.branch_days import BranchDaysStated, ClosedDay, DueDay
from station_journal.subject import Subject, SubjectKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Record


@dataclass(frozen=True, slots=True)
class BranchYear(Subject):
    """The days of one year, and the HQ record that stated them."""

    SUBJECT: ClassVar[int] = 34
    year: int
    closed: tuple[ClosedDay, ...]
    due: tuple[DueDay, ...]
    stated_seq: int

    @property
    def key(self) -> str:
        """The year."""
        return year_key(self.year)


def year_key(year: int) -> str:
    """Name a year."""
    return f"{year:04d}"


def _stated(at: At, fact: BranchDaysStated) -> Effects:
    return Effects(subjects=(BranchYear(fact.year, fact.closed, fact.due, at.seq),))


def _year_named(_seq: int, _record: Record, fact: BranchDaysStated) -> tuple[SubjectKey, ...]:
    return (SubjectKey(BranchYear.SUBJECT, year_key(fact.year)),)


RULES: dict[type, Callable[[At, Any], Effects]] = {BranchDaysStated: _stated}
KEYS: dict[type, Callable[[int, Record, Any], tuple[SubjectKey, ...]]] = {BranchDaysStated: _year_named}
SUBJECTS: tuple[type[Subject], ...] = (BranchYear,)
