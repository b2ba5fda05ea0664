"""A parcel and what belongs to it as both journals tell them: subjects 10 to 16.

A parcel has two halves that never touch: what HQ announced of it, and what the station did with it. HQ's ruling lies
over the station's half until the station has seen it and goes on, so that the order of sync changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date  # noqa: TC003 - the layout of a row is read from the types at run time
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from station_journal.facts.parcels import ParcelCondition, ParcelProduct, Place, ReturnReason
from station_journal.fields import NO_DAY
from station_journal.subject import Subject, SubjectKey

if TYPE_CHECKING:
    from collections.abc import Callable

TRIES_MAX = 5
"""After so many wrong phone digits a pickup code is locked until the item has a new label (domain rule 4.2)."""
NO_REASON = 0


@dataclass(frozen=True, slots=True)
class Parcel(Subject):
    """One item.

    HQ's half: ``manifest_no`` to ``announced_on``, empty until announced. The station's half: ``custody`` and all that
    follows. ``custody_seq`` is the last station record that moved or changed it; ``received_on`` the date it came to
    the station (an outbound item: was accepted), ``since`` the date it came to where it is. ``return_reason`` is a
    number of ``ReturnReason``, 0 while none is known. ``paid_fen`` is cash on delivery or postage that was taken.
    ``booked_fen`` is what of it the sender is owed since ``booked_on``, and nothing else: it may go back on that day.
    ``ruled_place`` counts while ``ruled_seq``, the HQ record that ruled, is not 0.
    """

    SUBJECT: ClassVar[int] = 10
    waybill: str
    manifest_no: str = ""
    announced_carrier: str = ""
    product: ParcelProduct = ParcelProduct.ORDINARY
    sender: str = ""
    cod_fen: int = 0
    registered: bool = False
    announced_consent: bool = False
    announced_seq: int = 0
    announced_on: date = NO_DAY
    custody: Place = Place.NOWHERE
    outbound: bool = False
    batch_no: int = 0
    code: str = ""
    scanned_carrier: str = ""
    recipient: str = ""
    phone: str = ""
    condition: ParcelCondition = ParcelCondition.WHOLE
    custody_seq: int = 0
    received_on: date = NO_DAY
    since: date = NO_DAY
    reminders: int = 0
    reminded_on: date = NO_DAY
    tries: int = 0
    return_reason: int = NO_REASON
    consented: bool = False
    paid_fen: int = 0
    booked_fen: int = 0
    booked_on: date = NO_DAY
    ruled_place: Place = Place.NOWHERE
    ruled_seq: int = 0

    @property
    def key(self) -> str:
        """The waybill number."""
        return self.waybill

    @property
    def state_no(self) -> int:
        """Where it is."""
        return int(self.where)

    @property
    def related(self) -> tuple[SubjectKey, ...]:
        """Name the use of its pickup code."""
        return (SubjectKey(CodeUse.SUBJECT, self.code),) if self.code else ()

    @property
    def where(self) -> Place:
        """Where it is as far as both journals tell."""
        if self.ruled_seq:
            return self.ruled_place
        if self.custody is Place.NOWHERE and self.announced_seq:
            return Place.EXPECTED
        return self.custody

    def where_seen(self, seen_seq: int) -> Place:
        """Where it is as far as a station record that had seen HQ's records up to ``seen_seq`` can know."""
        if 0 < self.ruled_seq <= seen_seq:
            return self.ruled_place
        if self.custody is Place.NOWHERE and 0 < self.announced_seq <= seen_seq:
            return Place.EXPECTED
        return self.custody

    def cod_due_fen(self, seen_seq: int) -> int:
        """What is still to be collected for it, as far as a station record with this ``seen_seq`` can know."""
        return max(0, self.cod_fen - self.paid_fen) if 0 < self.announced_seq <= seen_seq else 0

    def returnable_fen(self, today: date) -> int:
        """Give the cash on delivery that the customer may have back today: what was collected today, else nothing."""
        return self.booked_fen if self.booked_on == today else 0

    @property
    def carrier(self) -> str:
        """Who carries it: as announced, else as its number looks."""
        return self.announced_carrier or self.scanned_carrier

    @property
    def locked(self) -> bool:
        """Whether its pickup code is locked after too many wrong tries."""
        return self.tries >= TRIES_MAX

    @property
    def has_consent(self) -> bool:
        """Whether the recipient agreed to the station: beforehand, or to somebody here."""
        return self.consented or self.announced_consent

    @property
    def reason(self) -> ReturnReason | None:
        """Why it is to go back, if that is known."""
        return ReturnReason(self.return_reason) if self.return_reason else None


@dataclass(frozen=True, slots=True)
class CustodyTotal(Subject):
    """How many items are in one place: kept by the moves, never counted, so that it can be held against a count."""

    SUBJECT: ClassVar[int] = 11
    where: Place
    count: int

    @property
    def key(self) -> str:
        """The place."""
        return self.where.name

    @property
    def is_nothing(self) -> bool:
        """No item is there: whether any ever was depends on who was heard first."""
        return self.count == 0

    @property
    def state_no(self) -> int:
        """The place, as a number."""
        return int(self.where)


@dataclass(frozen=True, slots=True)
class CodeUse(Subject):
    """Who has a pickup code: an item on hand, or the last one that had it and the date it was given up."""

    SUBJECT: ClassVar[int] = 12
    code: str
    waybill: str
    freed_on: date = NO_DAY

    @property
    def key(self) -> str:
        """The code."""
        return self.code

    @property
    def state_no(self) -> int:
        """1 while an item on hand has it, 2 after."""
        return 1 if self.freed_on == NO_DAY else 2


@dataclass(frozen=True, slots=True)
class Manifest(Subject):
    """An announced manifest; ``received_seq`` is the station record that received it, 0 until then."""

    SUBJECT: ClassVar[int] = 13
    manifest_no: str
    courier_no: int = 0
    contacts_hash: bytes = b""
    line_count: int = 0
    cod_fen: int = 0
    announced_seq: int = 0
    announced_on: date = NO_DAY
    received_seq: int = 0

    @property
    def key(self) -> str:
        """The manifest's number."""
        return self.manifest_no

    @property
    def state_no(self) -> int:
        """1 while it is expected, 2 once it was received."""
        return 2 if self.received_seq else 1


@dataclass(frozen=True, slots=True)
class Courier(Subject):
    """A courier as HQ named him last."""

    SUBJECT: ClassVar[int] = 14
    courier_no: int
    name: str
    company: str
    pin_hash: str

    @property
    def key(self) -> str:
        """The courier's number."""
        return str(self.courier_no)

    @property
    def state_no(self) -> int:
        """1: couriers have one state."""
        return 1


class BatchItem(NamedTuple):
    """An item of a batch as it was scanned in."""

    waybill: str
    condition: ParcelCondition


@dataclass(frozen=True, slots=True)
class Batch(Subject):
    """A run of items scanned in; ``received_seq`` is the record that both sides signed, 0 while it is open."""

    SUBJECT: ClassVar[int] = 15
    batch_no: int
    items: tuple[BatchItem, ...] = ()
    received_seq: int = 0

    @property
    def damaged(self) -> tuple[str, ...]:
        """Waybills of what was damaged before it came to the station."""
        return tuple(one.waybill for one in self.items if one.condition is ParcelCondition.DAMAGED_BEFORE)

    def unannounced(
        self, manifest_no: str, seen_seq: int, parcel_of: Callable[[str], Parcel | None]
    ) -> tuple[tuple[str, str], ...]:
        """Give what a manifest did not announce, each with the manifest that did, empty for none.

        Judged by what a station record that had seen HQ's records up to ``seen_seq`` can know; against no manifest
        nothing is extra.
        """
        found = []
        for one in self.items if manifest_no else ():
            parcel = parcel_of(one.waybill)
            known = parcel.manifest_no if parcel and 0 < parcel.announced_seq <= seen_seq else ""
            if known != manifest_no:
                found.append((one.waybill, known))
        return tuple(found)

    @property
    def key(self) -> str:
        """The batch's number."""
        return str(self.batch_no)

    @property
    def state_no(self) -> int:
        """1 while it is open, 2 once signed."""
        return 2 if self.received_seq else 1


@dataclass(frozen=True, slots=True)
class StandingConsent(Subject):
    """A recipient's consent to the station for all items from now on; ``given_seq`` is 0 once it was revoked."""

    SUBJECT: ClassVar[int] = 16
    recipient: str
    phone: str
    given_seq: int

    @property
    def key(self) -> str:
        """The recipient."""
        return consent_key(self.recipient, self.phone)

    @property
    def state_no(self) -> int:
        """1 while it holds, 2 once revoked."""
        return 1 if self.given_seq else 2


def consent_key(recipient: str, phone: str) -> str:
    """Name a recipient: the phone as the journal keeps it, and the masked name."""
    return f"{phone}|{recipient}"
