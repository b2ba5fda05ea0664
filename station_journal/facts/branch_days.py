"""The days of the branch: when it sells no credit, and when a bill is due for most households."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, NamedTuple


class ClosedDay(NamedTuple):
    """A date on which the branch is closed: a rest day by the State Council's list, make-up days taken out."""

    day: date


class DueDay(NamedTuple):
    """A date on which a product's bills fall due for most households, so that many come to pay."""

    day: date
    product_code: int


@dataclass(frozen=True, slots=True)
class BranchDaysStated:
    """HQ states the days of a calendar year; the last statement of a year holds."""

    KIND: ClassVar[int] = 99
    year: int
    closed: tuple[ClosedDay, ...]
    due: tuple[DueDay, ...]


DaysHqFact = BranchDaysStated
