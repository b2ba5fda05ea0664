"""Orders about the drawer's cash: float, in and out, counts, closes, pouches. Each is the order of a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from station_journal.facts.cash import CashReason, CloseVerdict, NoteLine


@dataclass(frozen=True, slots=True)
class CountFloat:
    """State before the first customer what lies in the drawer; what is above the books is the float."""

    operator_no: int
    notes: tuple[NoteLine, ...]
    coins_fen: int


@dataclass(frozen=True, slots=True)
class MoveCash:
    """Put cash of the shop's own into the drawer, or take some out; ``operation_no`` is a new counter job."""

    operator_no: int
    operation_no: int
    reason: CashReason
    amount_fen: int


@dataclass(frozen=True, slots=True)
class SealPouch:
    """Seal cash into a pouch for the branch; ``label`` is the number on the pouch."""

    operator_no: int
    label: str
    notes: tuple[NoteLine, ...]
    coins_fen: int


@dataclass(frozen=True, slots=True)
class CancelPouch:
    """Open a sealed pouch again before it is collected."""

    operator_no: int
    label: str


@dataclass(frozen=True, slots=True)
class AcceptPouch:
    """Take in a pouch that the branch sent, with what was counted in it."""

    operator_no: int
    label: str
    counted_fen: int


@dataclass(frozen=True, slots=True)
class CountDay:
    """Count the drawer without knowing what it should hold.

    ``count_no`` is the number that the count will have, so that a count handed in twice stands once.
    """

    operator_no: int
    count_no: int
    notes: tuple[NoteLine, ...]
    coins_fen: int


@dataclass(frozen=True, slots=True)
class IssueTrial:
    """Print an X report: the figures of the period so far."""

    operator_no: int


@dataclass(frozen=True, slots=True)
class CloseDay:
    """Close the period with the count made by record ``count_seq``."""

    operator_no: int
    count_seq: int
    verdict: CloseVerdict


CashCommand = CountFloat | MoveCash | SealPouch | CancelPouch | AcceptPouch | CountDay | IssueTrial | CloseDay
