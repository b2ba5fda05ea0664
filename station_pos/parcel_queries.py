"""What screens read of parcels: look-ups and due lists over the projections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.contacts import Contact, ContactsRefusedError, read_contacts
from station_journal.facts.parcels import Place
from station_journal.fields import day_number
from station_journal.parcel import Batch, Courier, CustodyTotal, Manifest, Parcel
from station_journal.rules.parcel_terms import THE_SHELVES, THE_TERMS, ParcelTermsInForce, ShelfRoom
from station_journal.shelf_code import REUSE_DAYS
from station_journal.subject import SubjectKey, from_row_bytes
from station_pos.store import reference, subject_rows
from station_pos.store.database import row, rows
from station_pos.store.projections import read_marker

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from station_pos.commands.parcel_days import ParcelDays

_SHELF = int(Place.SHELF)
# CROSS JOIN keeps the order (SQLite, query planner): a few parcels by their index first, then the subject of each.
_SELECT = "SELECT s.data FROM parcels p CROSS JOIN subjects s ON s.kind=10 AND s.key=p.waybill"


def _parcels(connection: Connection, condition: str, *values: object) -> tuple[Parcel, ...]:
    found = rows(connection, f"{_SELECT} WHERE {condition}", values)
    return tuple(from_row_bytes(Parcel, data) for (data,) in found)


def parcel(connection: Connection, waybill: str) -> Parcel | None:
    """Find an item by its whole waybill number."""
    found = subject_rows.find(connection, SubjectKey(Parcel.SUBJECT, waybill))
    return found if isinstance(found, Parcel) else None


def on_hand_by_code(connection: Connection, code: str) -> tuple[Parcel, ...]:
    """Find the item on its shelf that has a pickup code."""
    return _parcels(connection, "p.code=? AND p.code<>'' AND p.place=?", code, _SHELF)


def on_hand_by_phone(connection: Connection, tail: str, head: str = "") -> tuple[Parcel, ...]:
    """Find items on their shelves by the last digits of the phone, and the first three where they are given."""
    alike = "p.place=? AND p.phone_tail=? AND (?='' OR p.phone=?) ORDER BY p.phone, p.recipient, p.code"
    return _parcels(connection, alike, _SHELF, tail, head, head + tail)


def on_hand_by_waybill_tail(connection: Connection, tail: str) -> tuple[Parcel, ...]:
    """Find items on their shelves by the last five digits of the waybill."""
    return _parcels(connection, "p.place=? AND p.waybill_tail=? ORDER BY p.code", _SHELF, tail)


def on_hand_of(connection: Connection, phone: str, recipient: str) -> tuple[Parcel, ...]:
    """List one customer's items on their shelves."""
    alike = "p.place=? AND p.phone_tail=? AND p.phone=? AND p.recipient=? ORDER BY p.code"
    return _parcels(connection, alike, _SHELF, phone[-4:], phone, recipient)


def in_place(connection: Connection, place: Place, limit: int = 500) -> tuple[Parcel, ...]:
    """List items that are in one place, oldest first."""
    return _parcels(connection, "p.place=? ORDER BY p.received_day, p.waybill LIMIT ?", int(place), limit)


def of_batch(connection: Connection, batch_no: int) -> tuple[Parcel, ...]:
    """List what a batch scanned in, by code."""
    return _parcels(connection, "p.batch_no=? ORDER BY p.code", batch_no)


def expected_of(connection: Connection, manifest_no: str) -> tuple[Parcel, ...]:
    """List what a manifest announced and the courier has still to bring."""
    return _parcels(connection, "p.manifest_no=? AND p.place=? ORDER BY p.waybill", manifest_no, int(Place.EXPECTED))


def returns_due(connection: Connection, today: date, days: ParcelDays, limit: int = 500) -> tuple[Parcel, ...]:
    """List items to go back: their days are up or a reason is known; disputed ones among them."""
    last = day_number(today) - days.give_back
    due = (
        "(p.place=? AND p.to_return=0 AND p.received_day<=?) OR (p.place=? AND p.to_return=1)"
        " OR (p.place=? AND p.to_return=1)"
    )
    case = int(Place.CASE)
    return _parcels(connection, f"{due} ORDER BY p.code LIMIT ?", _SHELF, last, _SHELF, case, limit)


def count_returns_due(connection: Connection, day: date, days: ParcelDays) -> int:
    """Count items on their shelves that are to go back on a day."""
    found = row(
        connection,
        """SELECT (SELECT count(*) FROM parcels WHERE place=? AND to_return=0 AND received_day<=?)
                + (SELECT count(*) FROM parcels WHERE place=? AND to_return=1)""",
        (_SHELF, day_number(day) - days.give_back, _SHELF),
    )
    return int(found[0])


def count_handed_off(connection: Connection, day: date) -> int:
    """Count items that went to their customers on a business date."""
    found = row(
        connection,
        f"SELECT count(*) FROM parcels WHERE place={int(Place.CUSTOMER)} AND since_day=?",  # noqa: S608  a number
        (day_number(day),),
    )
    return int(found[0])


def reminders_due(connection: Connection, today: date, days: ParcelDays, limit: int = 500) -> tuple[Parcel, ...]:
    """List items whose recipient is to be reminded: one of the days has come and nobody reminded since."""
    condition, values = _reminding(today, days)
    return _parcels(connection, f"{condition} ORDER BY p.received_day, p.code LIMIT ?", *values, limit)


def count_reminders_due(connection: Connection, today: date, days: ParcelDays) -> int:
    """Count items whose recipient is to be reminded."""
    condition, values = _reminding(today, days)
    found = row(connection, f"SELECT count(*) FROM parcels p WHERE {condition}", tuple(values))  # noqa: S608
    return int(found[0])


def _reminding(today: date, days: ParcelDays) -> tuple[str, list[int]]:
    now = day_number(today)
    come = " OR ".join("(p.received_day<=? AND p.reminded_day<p.received_day+?)" for _ in days.remind) or "0"
    values = [value for day in days.remind for value in (now - day, day)]
    return f"p.place=? AND p.to_return=0 AND ({come})", [_SHELF, *values]


def held_by_level(connection: Connection) -> dict[str, int]:
    """Count the items on each level of the shelves."""
    return dict(rows(connection, "SELECT level, count(*) FROM parcels WHERE place=? GROUP BY level", (_SHELF,)))


def levels_of(connection: Connection, phone: str, recipient: str) -> frozenset[str]:
    """Name the levels where a customer's items lie."""
    if not phone:
        return frozenset()
    found = rows(
        connection,
        "SELECT DISTINCT level FROM parcels INDEXED BY parcels_phone"
        " WHERE place=? AND phone_tail=? AND phone=? AND recipient=?",
        (_SHELF, phone[-4:], phone, recipient),
    )
    return frozenset(level for (level,) in found)


def blocked_serials(connection: Connection, level: str, today: date) -> tuple[int, ...]:
    """List the serials of a level that an item has, or had less than thirty days ago, in order."""
    found = rows(
        connection,
        "SELECT serial FROM pickup_codes WHERE level=? AND (freed_day=0 OR freed_day>?) ORDER BY serial",
        (level, day_number(today) - REUSE_DAYS),
    )
    return tuple(serial for (serial,) in found)


def manifests(connection: Connection, *states: int) -> tuple[Manifest, ...]:
    """List manifests: 1 expected, 2 received; oldest announcement first."""
    found = subject_rows.in_states(connection, Manifest, *states)
    return tuple(sorted(found, key=lambda one: one.announced_seq))


def contacts(connection: Connection, contacts_hash: bytes) -> dict[str, Contact]:
    """Read whom a manifest's items are for, by waybill; empty where the document is not here."""
    data = reference.document(connection, contacts_hash) if contacts_hash else None
    try:
        return {} if data is None else {one.waybill: one for one in read_contacts(data)}
    except ContactsRefusedError:
        return {}


def courier(connection: Connection, courier_no: int) -> Courier | None:
    """Find a courier."""
    found = subject_rows.find(connection, SubjectKey(Courier.SUBJECT, str(courier_no)))
    return found if isinstance(found, Courier) else None


def couriers(connection: Connection) -> tuple[Courier, ...]:
    """List the couriers that HQ named, by number."""
    return tuple(sorted(subject_rows.in_states(connection, Courier, 1), key=lambda one: one.courier_no))


def open_batch(connection: Connection) -> int:
    """Give the batch that was begun and not signed, 0 for none; the newest where a fault left several."""
    found = subject_rows.in_states(connection, Batch, 1)
    return max((one.batch_no for one in found), default=0)


def terms_in_force(connection: Connection) -> ParcelTermsInForce | None:
    """Give how HQ wants parcels to be kept here; None where it never said."""
    found = subject_rows.find(connection, SubjectKey(ParcelTermsInForce.SUBJECT, THE_TERMS))
    return found if isinstance(found, ParcelTermsInForce) else None


def shelf_room(connection: Connection) -> ShelfRoom | None:
    """Give how full the shelves were when that was noted last."""
    found = subject_rows.find(connection, SubjectKey(ShelfRoom.SUBJECT, THE_SHELVES))
    return found if isinstance(found, ShelfRoom) else None


def as_of(connection: Connection) -> tuple[int, int]:
    """Give the records of both journals up to which everything here is derived."""
    marker = read_marker(connection)
    return (marker.station_seq, marker.hq_seq) if marker else (0, 0)


def totals(connection: Connection) -> dict[Place, int]:
    """Give how many items are in each place, as the moves kept it."""
    found = subject_rows.in_states(connection, CustodyTotal, *(int(place) for place in Place if place))
    return {one.where: one.count for one in found}
