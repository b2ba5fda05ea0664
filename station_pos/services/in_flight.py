"""What is in flight: every item whose end nobody at the counter has seen, with what happened and what cash to move.

It is shown in one plain list after a start and at sign-in. Each service tells its own; nothing of it is made by a
timer, and looking at it changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Happened(StrEnum):
    """What became of an item, in the three words that the list knows."""

    DONE = "done"
    NOT_DONE = "not_done"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class InFlight:
    """One item. ``service`` and ``ref`` name it to the screen that opens it; ``ref`` is the service's own number.

    ``title`` and ``advice`` are words in the chosen language; personal data in them is masked. ``hand_out_fen`` is cash
    to give to the customer now, ``take_back_fen`` cash to ask back from the customer; both are 0 where the drawer is
    right as it is.
    """

    service: str
    ref: int
    at: datetime
    title: str
    amount_fen: int
    happened: Happened
    advice: str
    hand_out_fen: int = 0
    take_back_fen: int = 0


class HasInFlight(Protocol):
    """A service with items that a cut can interrupt."""

    def in_flight(self) -> tuple[InFlight, ...]:
        """List them, oldest first."""
