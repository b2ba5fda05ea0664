"""What the screens see of the drawer's cash: its period, a count beside the books with causes, closes, pouches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date, datetime

    from station_journal.facts.cash import CashLine, CloseVerdict
    from station_journal.rules.pouches import IncomingPouch, OutgoingPouch
    from station_pos.commands.cash_causes import Cause
    from station_pos.counter import JournalRow


@dataclass(frozen=True, slots=True)
class CloseStart:
    """What a close starts from; no figure of the drawer is in it.

    ``z_no`` and ``count_no`` are the numbers that the close and its first count will have. ``last_close`` is the
    business date of the close before, None before the first. ``unsent`` are records that HQ does not hold yet.
    """

    business_date: date
    z_no: int
    count_no: int
    last_close: date | None
    unsent: int
    pouches_waiting: int


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """The figures of the period so far (X), as of station record ``as_of_seq``.

    ``services`` are (product name, bills, fen).
    """

    as_of_seq: int
    after_seq: int
    opening_fen: int
    expected_fen: int
    cash: tuple[CashLine, ...]
    services: tuple[tuple[str, int, int], ...]
    pending_count: int


@dataclass(frozen=True, slots=True)
class DrawerLine:
    """One entry that moved the drawer; ``title`` names it in the chosen language, personal data masked.

    ``is_returned`` where the cash of this payment went back to the customer by now.
    """

    seq: int
    at: datetime
    kind: int
    change_fen: int
    title: str
    tendered_fen: int = 0
    payment_seq: int = 0
    is_returned: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """A count beside the books as of its record, with what would explain the difference, the likeliest first.

    ``lines`` are the entries that the causes name, by number. ``counts`` are (number, fen) of all counts of the period.
    """

    count_seq: int
    count_no: int
    counted_fen: int
    expected_fen: int
    causes: tuple[Cause, ...]
    lines: dict[int, DrawerLine]
    counts: tuple[tuple[int, int], ...]

    @property
    def difference_fen(self) -> int:
        """Counted less expected."""
        return self.counted_fen - self.expected_fen


@dataclass(frozen=True, slots=True)
class CloseRow:
    """A close in the list; ``closed_seq`` is the record that made it and issued its paper."""

    z_no: int
    closed_seq: int
    closed_at: datetime
    business_date: date
    verdict: CloseVerdict
    counted_fen: int
    expected_fen: int

    @property
    def difference_fen(self) -> int:
        """Counted less expected."""
        return self.counted_fen - self.expected_fen


class DayClose(Protocol):
    """The drawer's cash as the screens ask about it; every answer is read anew from the books."""

    def start(self) -> CloseStart:
        """Say what a close starts from."""

    def figures(self) -> PeriodFigures:
        """Give the period's figures, worked out now."""

    def review(self, count_seq: int) -> Review | None:
        """Lay a count beside the books; None where there is no such count."""

    def entries(self, after_seq: int, cut_seq: int) -> tuple[DrawerLine, ...]:
        """List what moved the drawer in a range of records, oldest first."""

    def evidence(self, seq: int) -> tuple[JournalRow, ...]:
        """List the records of both journals that are about an entry, oldest first."""

    def closes(self, limit: int) -> tuple[CloseRow, ...]:
        """List closes, newest first."""

    def paper_text(self, seq: int) -> str:
        """Give the stored paper that a record issued as text, empty if it issued none."""

    def outgoing(self) -> tuple[OutgoingPouch, ...]:
        """List pouches to the branch that are under way."""

    def incoming(self) -> tuple[IncomingPouch, ...]:
        """List pouches from the branch that are announced and not accepted."""

    def pouch(self, label: str) -> OutgoingPouch | IncomingPouch | None:
        """Find a pouch of either direction by its label."""
