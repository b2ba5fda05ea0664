"""Parcels as screens see them: frozen rows to show, and the few things they may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from station_pos.commands.parcel_days import ParcelDays
from station_pos.commands.shelving import DEFAULT_SHELVES

if TYPE_CHECKING:
    from datetime import date

    from station_journal.facts.parcels import Found
    from station_journal.parcel import Parcel

PEOPLE_MAX = 3
"""A look-up that fits more people than this is shown to nobody: it asks for more."""


@dataclass(frozen=True, slots=True)
class FoundParcels:
    """What a typed or scanned text found on the shelves.

    ``parcels`` are the items of whom it means, ``asked`` the waybill that was meant where it was one. ``people``
    counts whom it fits; above ``PEOPLE_MAX`` there are no parcels, and more is to be asked for.
    """

    parcels: tuple[Parcel, ...]
    found: Found
    people: int
    asked: str = ""


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """How full a shelf is."""

    shelf: str
    held: int
    room: int


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """A manifest that the station expects: its courier, how many items, and whether names and phones are here."""

    manifest_no: str
    courier_no: int
    courier_name: str
    company: str
    announced_on: date
    line_count: int
    has_contacts: bool


@dataclass(frozen=True, slots=True)
class CourierRow:
    """A courier who may sign here."""

    courier_no: int
    name: str
    company: str
    has_pin: bool


@dataclass(frozen=True, slots=True)
class ParcelCounts:
    """What the home screen says of parcels.

    ``courier_days`` counts the days that returns wait for a courier, ``handed_off`` what customers took today.
    """

    on_hand: int
    returns_tomorrow: int
    returns_due: int
    missing: int
    outbound: int
    courier_days: int
    reminders_due: int
    handed_off: int = 0


@dataclass(frozen=True, slots=True)
class ParcelTerms:
    """How a station keeps parcels, by its settings: shelves, and days and second factor until HQ sets them."""

    shelves: str = DEFAULT_SHELVES
    days: ParcelDays = ParcelDays()  # noqa: RUF009  # frozen
    asks_phone: bool = False


class Parcels(Protocol):
    """What the screens ask of parcels; every call returns within milliseconds but ``courier_signs``."""

    @property
    def days(self) -> ParcelDays:
        """When to remind, to return, to count as lost: as HQ set it, else by the station's settings."""

    @property
    def asks_phone(self) -> bool:
        """Whether a pickup code alone is not enough: the last four digits of the phone are asked for too."""

    def find(self, text: str) -> FoundParcels | None:
        """Look on the shelves by pickup code, phone tail (4, or the whole number), waybill tail (5) or waybill.

        None where the text can mean none of these.
        """

    def parcel(self, waybill: str) -> Parcel | None:
        """Give an item as it stands."""

    def contact(self, parcel: Parcel) -> tuple[str, str]:
        """Give name and whole phone number of the recipient, empty where they are not here (any more)."""

    def place_for(self, phone: str, recipient: str) -> str:
        """Propose a free pickup code, near the same customer's items; empty where no level has one."""

    def shelves(self) -> tuple[ShelfRow, ...]:
        """Tell how full the shelves are."""

    def manifests(self) -> tuple[ManifestRow, ...]:
        """List the manifests that are expected, oldest first."""

    def expected(self, manifest_no: str) -> tuple[Parcel, ...]:
        """List what a manifest's courier has still to hand over."""

    def open_batch(self) -> int:
        """Give the batch that is begun and not signed, 0 for none."""

    def batch(self, batch_no: int) -> tuple[Parcel, ...]:
        """List what a batch scanned in."""

    def couriers(self) -> tuple[CourierRow, ...]:
        """List the couriers whom HQ named."""

    def courier_signs(self, courier_no: int, pin: str) -> bool:
        """Check a courier's PIN; five wrong tries lock the number for a minute. Call it in a worker."""

    def returns_due(self) -> tuple[Parcel, ...]:
        """List items that are to go back with the next courier."""

    def reminders_due(self) -> tuple[Parcel, ...]:
        """List items whose recipient is to be reminded."""

    def losses(self) -> tuple[Parcel, ...]:
        """List missing and disputed items, oldest first."""

    def outbound(self) -> tuple[Parcel, ...]:
        """List accepted items that wait for the courier."""

    def counts(self) -> ParcelCounts:
        """Count for the home screen."""

    def today(self) -> date:
        """Give the business date."""
