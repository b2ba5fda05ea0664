"""Credit: what a code opens, how long the free credit lasts, and what was added lately."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from concurrent.futures import Future
    from datetime import date, datetime

    from station_pos.commands.credit_forecast import Forecast
    from station_pos.counter import CounterState


@dataclass(frozen=True, slots=True)
class Looked:
    """What a typed code is: the order to release it needs ``grant_no`` and ``key``.

    Where ``opens`` is false the order is made all the same: it records the try, or says what became of the grant.
    """

    grant_no: int
    key: bytes
    opens: bool
    amount_fen: int = 0
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class CreditAdded:
    """One addition to the credit, with how it came: bought at the branch and granted over the line, or by code."""

    added_at: datetime
    amount_fen: int
    by_code: bool


@dataclass(frozen=True, slots=True)
class CodesReady:
    """Sealed grants that lie here: how many, and the largest, in fen."""

    count: int
    largest_fen: int


class Credit(Protocol):
    """What the screens ask about credit."""

    def look(self, digits: str) -> Future[Looked]:
        """Check a code, in about half a second; nothing is recorded by it.

        Raises:
            ValueError: these are not twenty digits whose check digits fit.
        """

    def forecast(self, state: CounterState) -> Forecast | None:
        """Say how long the free credit lasts; None with too short a history or where nothing can be computed."""

    def added(self, limit: int) -> tuple[CreditAdded, ...]:
        """List the latest additions, newest first."""

    def codes_ready(self) -> CodesReady:
        """Say how many sealed grants lie here that a code can still open."""

    def used_by_day(self, days: int) -> tuple[tuple[date, int], ...]:
        """Give what was used on the last dates, today last, in fen."""
