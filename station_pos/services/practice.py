"""Practice as the screens see it: drills to begin, how each stands, and what to do now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class DrillState(StrEnum):
    """How a drill stands."""

    NOT_YET = "not_yet"
    RUNNING = "running"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class DrillRow:
    """One drill: its name and what to do now in words, and who passed it when (empty and None before)."""

    number: int
    name: str
    hint: str
    state: DrillState
    passed_by: str = ""
    passed_at: datetime | None = None


class PassedDrill(NamedTuple):
    """A drill by its name, and when an operator passed it last; None before."""

    name: str
    passed_at: datetime | None


@dataclass(frozen=True, slots=True)
class TraineeRow:
    """An operator, and how each drill stands, in the order in which they are best done."""

    operator_no: int
    name: str
    drills: tuple[PassedDrill, ...]

    @property
    def passed(self) -> int:
        """How many drills are passed."""
        return sum(one.passed_at is not None for one in self.drills)


class Practice(Protocol):
    """The drills of a practice counter."""

    def drills(self) -> tuple[DrillRow, ...]:
        """List the drills in the order in which they are best done."""

    def begin(self, number: int, operator_no: int, operator_name: str) -> None:
        """Begin a drill, or go on with the one that runs: the fault it is about is put in, or put right."""

    def hint(self) -> str:
        """Say what the running drill asks for now, empty while none runs."""
