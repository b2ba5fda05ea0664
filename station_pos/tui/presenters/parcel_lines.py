"""Parcels in words: one row of an item, shelves, and names of places and reasons, for every screen that shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.parcels import ParcelCondition, Place
from station_journal.masking import mask_phone
from station_journal.money import format_yuan
from station_journal.waybill import waybill_tail
from station_pos.receipts.parcel_words import carrier_words
from station_pos.text import Catalogue
from station_pos.tui.presenters.lines import Line, Tone, table_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from station_journal.parcel import Parcel
    from station_pos.commands.parcel_days import ParcelDays
    from station_pos.services.parcels import ShelfRow

TEXT = Catalogue(
    {
        "cod": ("代收 {yuan}", "COD {yuan}"),
        "registered": ("挂号", "registered"),
        "no_consent": ("未同意", "no consent"),
        "damaged": ("到站前破损", "damaged before"),
        "locked": ("码已锁", "code locked"),
        "refused": ("拒收", "refused"),
        "to_return": ("待退", "to return"),
        "shelf": ("{shelf} {held}/{room}", "{shelf} {held}/{room}"),
        "nearly_full": (" 快满", " nearly full"),
    }
)
PLACES = Catalogue(
    {
        Place.NOWHERE.name: ("无", "nowhere"),
        Place.EXPECTED.name: ("预报未到", "expected"),
        Place.MISSING.name: ("缺件", "missing"),
        Place.SHELF.name: ("在架", "on the shelf"),
        Place.CUSTOMER.name: ("已交顾客", "with the customer"),
        Place.COURIER.name: ("已交投递员", "with the courier"),
        Place.LOST.name: ("丢失", "lost"),
        Place.CASE.name: ("争议中", "in dispute"),
        Place.OUTBOUND.name: ("待寄出", "to be sent"),
    }
)
_NEARLY_FULL_PCT = 85


def due_on(parcel: Parcel, days: ParcelDays) -> date:
    """Give the day from which an item is to go back."""
    return parcel.received_on.fromordinal(parcel.received_on.toordinal() + days.give_back)


def remarks(parcel: Parcel, cod_fen: int) -> str:
    """Say what the operator must know of an item: money, document, consent, damage."""
    words = []
    if cod_fen:
        words.append(TEXT("cod", yuan=format_yuan(cod_fen)))
    if parcel.registered:
        words.append(TEXT("registered"))
    if parcel.return_reason:
        words.append(TEXT("refused"))
    if parcel.locked:
        words.append(TEXT("locked"))
    if parcel.condition is ParcelCondition.DAMAGED_BEFORE:
        words.append(TEXT("damaged"))
    if not parcel.has_consent and not parcel.return_reason:
        words.append(TEXT("no_consent"))
    return " ".join(words)


def parcel_row(parcel: Parcel, days: ParcelDays, today: date, lead: str = "") -> Line:
    """Give one row of an item on its shelf: code, carrier, tail, dates, remarks."""
    due = due_on(parcel, days)
    late = "!" if due <= today else " "
    cells = table_row(
        (
            (lead, 8),
            (parcel.code, 9),
            (carrier_words(parcel.carrier), 6),
            (waybill_tail(parcel.waybill), 6),
            (f"{parcel.received_on:%m-%d}", 6),
            (f"{due:%m-%d}{late}", 7),
            (remarks(parcel, max(0, parcel.cod_fen - parcel.paid_fen)), 30),
        )
    )
    return Line(cells.rstrip(), Tone.ALERT if parcel.locked else Tone.NORMAL)


def whose_row(parcel: Parcel, lead: str = "") -> Line:
    """Give one row of an item among those of several customers: code, carrier, tail, and whose it is."""
    place = ((lead, 8), (parcel.code, 9), (carrier_words(parcel.carrier), 6), (waybill_tail(parcel.waybill), 6))
    return Line(table_row((*place, (person_words(parcel), 40))).rstrip())


def person_words(parcel: Parcel) -> str:
    """Name a customer for the operator: masked name and phone."""
    return f"{parcel.recipient} {mask_phone(parcel.phone)}".strip()


def shelf_words(shelves: Sequence[ShelfRow]) -> str:
    """Say how full the shelves are, the nearly full ones with a word."""
    parts = []
    for row in shelves:
        full = row.held * 100 >= row.room * _NEARLY_FULL_PCT
        parts.append(
            TEXT("shelf", shelf=row.shelf, held=row.held, room=row.room) + (TEXT("nearly_full") if full else "")
        )
    return "   ".join(parts)
