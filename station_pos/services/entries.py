"""What F7 lists beside bill payments: each service's entries, and for each entry its undo or the way out.

An entry is undone whole, once, and by a record of its own; where a service has no undo, ``WayOut`` says in one sentence
what to do instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from station_journal.records import ReversalReason
    from station_pos.commands.orders import Command


ON_RECORD = "journal"
"""The service of entries that have no course of their own: they are done once they are on record."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a service: the station record ``seq``, with words in the chosen language, masked.

    ``about`` names the thing itself where there is one, as the end of a waybill. ``issued_seq`` is the record that
    issued its slip, 0 for none. ``is_followed`` where there is a chain behind it. ``undo_until`` is when its undo
    shuts, None where it has none or it is shut.
    """

    service: str
    seq: int
    at: datetime
    title: str
    amount_fen: int
    status: str
    issued_seq: int = 0
    undo_until: datetime | None = None
    about: str = ""
    is_followed: bool = False


@dataclass(frozen=True, slots=True)
class UndoOffer:
    """An entry can be undone: ``order`` makes the command from the operator's number and the reason."""

    order: Callable[[int, ReversalReason], Command]


@dataclass(frozen=True, slots=True)
class WayOut:
    """An entry cannot be undone; the sentence says why, and what to do instead."""

    sentence: str


class HasEntries(Protocol):
    """A service whose entries F7 lists; ``SERVICE`` also names it to the screen that opens one of them."""

    SERVICE: str

    def entries(self, limit: int) -> tuple[Entry, ...]:
        """List its entries, newest first."""

    def undo(self, seq: int) -> UndoOffer | WayOut:
        """Say how one of its entries is undone, or what to do instead."""
