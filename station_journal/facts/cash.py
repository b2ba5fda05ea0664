"""Facts about cash: the float, cash in and out of the drawer, counts, closes, and sealed pouches on either side.

A close (日终, Z) is the shopkeeper's own; ``BusinessDayEnded`` is the machine's and waits for nobody. Cash is stated by
note, so that whoever counts can be asked about a note, not about a sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from station_journal.fields import Signed

if TYPE_CHECKING:
    from collections.abc import Iterable


class NoteLine(NamedTuple):
    """Notes of one face value, in fen, and how many. Lines of one value are quantities that add up."""

    face_fen: int
    pieces: int


NOTE_FACES_FEN = (10_000, 5_000, 2_000, 1_000, 500, 100)
"""Renminbi from the 100 yuan note to the 1 yuan piece; what is smaller is stated as one amount of coins."""


def notes_fen(notes: Iterable[NoteLine], coins_fen: int) -> int:
    """Add up notes and coins, in fen."""
    return sum(line.face_fen * line.pieces for line in notes) + coins_fen


class CashReason(IntEnum):
    """Why cash that is no customer's went into the drawer or out of it."""

    OWNER_IN = 1
    OWNER_OUT = 2
    BANK_IN = 3
    BANK_OUT = 4
    SHOP_SALES_IN = 5
    SHOP_EXPENSE_OUT = 6

    @property
    def brings_in(self) -> bool:
        """Whether the drawer gets more."""
        return self in _BRING_IN


_BRING_IN = frozenset({CashReason.OWNER_IN, CashReason.BANK_IN, CashReason.SHOP_SALES_IN})


class CloseVerdict(IntEnum):
    """What the operator says to the difference of a close: agreed, or disputed and closed all the same."""

    AGREED = 1
    DISPUTED = 2


class CashLine(NamedTuple):
    """All that records of one kind did to the drawer in a period: how many, what came in, what went out, in fen."""

    kind: int
    entry_count: int
    in_fen: int
    out_fen: int


class ServiceCash(NamedTuple):
    """Bills of one product whose cash was taken in a period: how many, and what their payers paid, in fen."""

    product_code: int
    item_count: int
    total_fen: int


@dataclass(frozen=True, slots=True)
class FloatCounted:
    """Before the first customer the drawer was counted; what is above the books is the float put in (备用金)."""

    KIND: ClassVar[int] = 38
    notes: tuple[NoteLine, ...]
    coins_fen: int


@dataclass(frozen=True, slots=True)
class CashMoved:
    """Cash of the shop's own was put into the drawer or taken out; ``operation_no`` is the counter's job."""

    KIND: ClassVar[int] = 39
    operation_no: int
    reason: CashReason
    amount_fen: int


@dataclass(frozen=True, slots=True)
class PouchSealed:
    """Cash was sealed into a pouch for the branch; ``label`` is the pouch's own number, used once."""

    KIND: ClassVar[int] = 40
    label: str
    notes: tuple[NoteLine, ...]
    coins_fen: int


@dataclass(frozen=True, slots=True)
class PouchCancelled:
    """A sealed pouch was opened again before it was collected: its whole cash is back in the drawer."""

    KIND: ClassVar[int] = 41
    label: str


@dataclass(frozen=True, slots=True)
class PouchAccepted:
    """A pouch that the branch sent arrived; ``counted_fen`` is what lay in it."""

    KIND: ClassVar[int] = 42
    label: str
    counted_fen: int


@dataclass(frozen=True, slots=True)
class DayCounted:
    """The drawer was counted without the books' figure being shown; every count stays.

    Its record is the cut of the close that uses it: what comes later belongs to the next period.
    """

    KIND: ClassVar[int] = 43
    count_no: int
    notes: tuple[NoteLine, ...]
    coins_fen: int


@dataclass(frozen=True, slots=True)
class TrialIssued:
    """An X report was issued: the figures of the period so far. It moves nothing and closes nothing."""

    KIND: ClassVar[int] = 44
    opening_fen: int
    expected_fen: Signed
    pending_count: int
    cash: tuple[CashLine, ...]
    services: tuple[ServiceCash, ...]


@dataclass(frozen=True, slots=True)
class DayClosed:
    """The shopkeeper closed a period with a count: Z report ``z_no``, numbered without a gap.

    ``opening_fen`` lay in the drawer at the cut before, ``expected_fen`` is what the books say at the cut; the
    figures stand here because a signed statement is never worked out anew.
    """

    KIND: ClassVar[int] = 45
    z_no: int
    count_seq: int
    verdict: CloseVerdict
    opening_fen: int
    expected_fen: Signed
    pending_count: int
    cash: tuple[CashLine, ...]
    services: tuple[ServiceCash, ...]


@dataclass(frozen=True, slots=True)
class PouchReceived:
    """The branch opened a station's pouch: one person counted, a second approved."""

    KIND: ClassVar[int] = 84
    label: str
    counted_fen: int
    maker_no: int
    approver_no: int


@dataclass(frozen=True, slots=True)
class PouchSent:
    """The branch sealed cash for a station; the manifest is whole in this one record."""

    KIND: ClassVar[int] = 85
    label: str
    notes: tuple[NoteLine, ...]
    coins_fen: int
    maker_no: int
    approver_no: int


CashStationFact = (
    FloatCounted | CashMoved | PouchSealed | PouchCancelled | PouchAccepted | DayCounted | TrialIssued | DayClosed
)
CashHqFact = PouchReceived | PouchSent
