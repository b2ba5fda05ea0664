"""Parcels behind the counter: look-ups over the projections, a free place, and the courier's PIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.parcels import Found, Place
from station_journal.masking import phone_key
from station_journal.rules.parcel_terms import fullness_changed
from station_journal.shelf_code import read_code
from station_journal.waybill import TAIL_DIGITS
from station_pos import parcel_queries as queries
from station_pos.commands.parcel_days import ParcelDays
from station_pos.commands.parcel_orders import CountShelves
from station_pos.commands.shelving import ShelvesRefusedError, choose_level, free_code, read_shelves
from station_pos.services.parcels import (
    PEOPLE_MAX,
    CourierRow,
    FoundParcels,
    ManifestRow,
    ParcelCounts,
    ParcelTerms,
    ShelfRow,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from sqlalchemy import Connection

    from station_journal.parcel import Parcel
    from station_pos.queries import Queries
    from station_pos.register import Register
    from station_pos.register.pins import Pins

_PHONE_TAIL, _PHONE_KEY, _PHONE = 4, 7, 11
_PIN_NUMBERS_FROM = 1_000
"""Couriers' PINs are kept on this machine under numbers that no operator has."""


class StationParcels:
    """Implements ``Parcels`` over an open register."""

    def __init__(
        self,
        register: Register,
        books: Queries,
        pins: Pins,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the parts of an open station; ``use`` gives it the terms of its settings."""
        self._register = register
        self._books = books
        self._pins = pins
        self._clock = clock
        self._counted: tuple[tuple[int, int, date], ParcelCounts] | None = None
        self.use(ParcelTerms())

    def use(self, terms: ParcelTerms) -> None:
        """Keep parcels by these terms."""
        self._levels = read_shelves(terms.shelves)
        self._terms = terms

    @property
    def days(self) -> ParcelDays:
        """When to remind, to return, to count as lost: as HQ set it, else by the settings."""
        with self._register.database.reading() as connection:
            return self._days(connection)

    def _days(self, connection: Connection) -> ParcelDays:
        terms = queries.terms_in_force(connection)
        if terms is None:
            return self._terms.days
        return ParcelDays(tuple(one.day for one in terms.remind), terms.return_days, terms.lost_days)

    @property
    def asks_phone(self) -> bool:
        """Whether a pickup code alone is not enough: as HQ set it, else by the settings."""
        with self._register.database.reading() as connection:
            terms = queries.terms_in_force(connection)
        return self._terms.asks_phone if terms is None else terms.asks_phone

    def shelf_count_due(self) -> CountShelves | None:
        """Give what is to be noted of the shelves: that they are full, or have room again; None for nothing new."""
        with self._register.database.reading() as connection:
            held = sum(queries.held_by_level(connection).values())
            room = sum(level.room for level in self._levels)
            known = queries.shelf_room(connection)
        return CountShelves(held, room) if fullness_changed(known, held, room) else None

    def find(self, text: str) -> FoundParcels | None:
        """Look on the shelves by what was typed or scanned."""
        asked = text.strip().upper()
        if not asked.isascii():
            return None
        digits = asked.isdecimal()
        code = read_code(asked)
        with self._register.database.reading() as connection:
            if code is not None:
                found = queries.on_hand_by_code(connection, str(code))
                if found or not digits:
                    return _with_others(connection, found, Found.PICKUP_CODE)
            if digits and len(asked) == _PHONE_TAIL:
                return _by_person(queries.on_hand_by_phone(connection, asked), Found.PHONE_TAIL)
            if digits and len(asked) in {_PHONE_KEY, _PHONE}:
                key = asked if len(asked) == _PHONE_KEY else phone_key(asked)
                found = queries.on_hand_by_phone(connection, key[3:], key[:3])
                if found:
                    return _by_person(found, Found.PHONE_TAIL)
            if digits and len(asked) == TAIL_DIGITS:
                return _by_person(queries.on_hand_by_waybill_tail(connection, asked), Found.WAYBILL)
            known = queries.parcel(connection, asked)
            if known is None or known.where is not Place.SHELF:
                return None
            return _with_others(connection, (known,), Found.WAYBILL)

    def parcel(self, waybill: str) -> Parcel | None:
        """Give an item as it stands."""
        with self._register.database.reading() as connection:
            return queries.parcel(connection, waybill)

    def contact(self, parcel: Parcel) -> tuple[str, str]:
        """Give name and whole phone number of the recipient, empty where they are not here."""
        with self._register.database.reading() as connection:
            named = [one for one in queries.manifests(connection, 1, 2) if one.manifest_no == parcel.manifest_no]
            known = queries.contacts(connection, named[0].contacts_hash).get(parcel.waybill) if named else None
        return (known.recipient, known.phone) if known else ("", "")

    def place_for(self, phone: str, recipient: str) -> str:
        """Propose a free pickup code, near the same customer's items; empty where no level has one."""
        with self._register.database.reading() as connection:
            held = queries.held_by_level(connection)
            near = queries.levels_of(connection, phone, recipient)
            today = self._books.business_date(connection, self._clock())
            left = list(self._levels)
            while left:
                level = choose_level(left, held, near)
                try:
                    return free_code(level, queries.blocked_serials(connection, level.name, today))
                except ShelvesRefusedError:
                    left.remove(level)
        return ""

    def shelves(self) -> tuple[ShelfRow, ...]:
        """Tell how full the shelves are."""
        with self._register.database.reading() as connection:
            held = queries.held_by_level(connection)
        found: dict[str, ShelfRow] = {}
        for level in self._levels:
            row = found.get(level.shelf, ShelfRow(level.shelf, 0, 0))
            found[level.shelf] = ShelfRow(level.shelf, row.held + held.get(level.name, 0), row.room + level.room)
        return tuple(found.values())

    def manifests(self) -> tuple[ManifestRow, ...]:
        """List the manifests that are expected, oldest first."""
        with self._register.database.reading() as connection:
            found = queries.manifests(connection, 1)
            rows = []
            for one in found:
                courier = queries.courier(connection, one.courier_no)
                name, company = (courier.name, courier.company) if courier else ("", "")
                here = bool(queries.contacts(connection, one.contacts_hash))
                rows.append(
                    ManifestRow(one.manifest_no, one.courier_no, name, company, one.announced_on, one.line_count, here)
                )
        return tuple(rows)

    def expected(self, manifest_no: str) -> tuple[Parcel, ...]:
        """List what a manifest's courier has still to hand over."""
        with self._register.database.reading() as connection:
            return queries.expected_of(connection, manifest_no)

    def open_batch(self) -> int:
        """Give the batch that is begun and not signed, 0 for none."""
        with self._register.database.reading() as connection:
            return queries.open_batch(connection)

    def batch(self, batch_no: int) -> tuple[Parcel, ...]:
        """List what a batch scanned in."""
        with self._register.database.reading() as connection:
            return queries.of_batch(connection, batch_no) if batch_no else ()

    def couriers(self) -> tuple[CourierRow, ...]:
        """List the couriers whom HQ named."""
        with self._register.database.reading() as connection:
            found = queries.couriers(connection)
        return tuple(CourierRow(one.courier_no, one.name, one.company, bool(one.pin_hash)) for one in found)

    def courier_signs(self, courier_no: int, pin: str) -> bool:
        """Check a courier's PIN against the hash that HQ sent."""
        with self._register.database.reading() as connection:
            courier = queries.courier(connection, courier_no)
        if courier is None or not courier.pin_hash:
            return False
        return self._pins.check_against(_PIN_NUMBERS_FROM + courier_no, courier.pin_hash, pin)

    def returns_due(self) -> tuple[Parcel, ...]:
        """List items that are to go back with the next courier."""
        with self._register.database.reading() as connection:
            today = self._books.business_date(connection, self._clock())
            return queries.returns_due(connection, today, self._days(connection))

    def reminders_due(self) -> tuple[Parcel, ...]:
        """List items whose recipient is to be reminded."""
        with self._register.database.reading() as connection:
            today = self._books.business_date(connection, self._clock())
            return queries.reminders_due(connection, today, self._days(connection))

    def losses(self) -> tuple[Parcel, ...]:
        """List missing and disputed items, oldest first."""
        with self._register.database.reading() as connection:
            return (*queries.in_place(connection, Place.MISSING), *queries.in_place(connection, Place.CASE))

    def outbound(self) -> tuple[Parcel, ...]:
        """List accepted items that wait for the courier."""
        with self._register.database.reading() as connection:
            return queries.in_place(connection, Place.OUTBOUND)

    def counts(self) -> ParcelCounts:
        """Count for the home screen; counted anew when a record or a day came."""
        with self._register.database.reading() as connection:
            today = self._books.business_date(connection, self._clock())
            as_of = (*queries.as_of(connection), today)
            if self._counted is None or self._counted[0] != as_of:
                self._counted = as_of, self._count(connection, today)
        return self._counted[1]

    def _count(self, connection: Connection, today: date) -> ParcelCounts:
        totals = queries.totals(connection)
        if not totals:
            return ParcelCounts(0, 0, 0, 0, 0, 0, 0)
        days = self._days(connection)
        due = queries.count_returns_due(connection, today, days)
        tomorrow = queries.count_returns_due(connection, _next(today), days)
        oldest = queries.returns_due(connection, today, days, 1) if due else ()
        reminders = queries.count_reminders_due(connection, today, days)
        waiting = (today - oldest[0].received_on).days - days.give_back if oldest else 0
        return ParcelCounts(
            on_hand=totals.get(Place.SHELF, 0),
            returns_tomorrow=tomorrow - due,
            returns_due=due,
            missing=totals.get(Place.MISSING, 0),
            outbound=totals.get(Place.OUTBOUND, 0),
            courier_days=max(0, waiting),
            reminders_due=reminders,
            handed_off=queries.count_handed_off(connection, today),
        )

    def today(self) -> date:
        """Give the business date."""
        with self._register.database.reading() as connection:
            return self._books.business_date(connection, self._clock())


def _next(day: date) -> date:
    return day.fromordinal(day.toordinal() + 1)


def _with_others(connection: Connection, found: tuple[Parcel, ...], how: Found) -> FoundParcels:
    """Add the same customer's other items behind the one that was asked for."""
    if not found:
        return FoundParcels((), how, 0)
    first = found[0]
    others = queries.on_hand_of(connection, first.phone, first.recipient) if first.phone else ()
    rest = tuple(one for one in others if one.waybill != first.waybill)
    return FoundParcels((first, *rest), how, 1, first.waybill)


def _by_person(found: tuple[Parcel, ...], how: Found) -> FoundParcels:
    people = len({(one.phone, one.recipient) for one in found})
    return FoundParcels(found if people <= PEOPLE_MAX else (), how, people)
