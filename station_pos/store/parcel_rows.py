"""Parcels and pickup codes as rows for look-ups, each written from its subject alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from station_journal.facts.parcels import Place
from station_journal.fields import NO_DAY, day_number
from station_journal.parcel import CodeUse, Parcel
from station_journal.shelf_code import read_code
from station_journal.waybill import waybill_tail

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.subject import Subject

Statement = tuple[str, tuple[Any, ...]]

TABLES: dict[str, tuple[str, ...]] = {
    "parcels": (
        # Days are numbered from 1970-01-01, so that the due lists count in SQL. ``place`` is where both journals say.
        """CREATE TABLE parcels (
            waybill TEXT PRIMARY KEY,
            place INTEGER NOT NULL,
            waybill_tail TEXT NOT NULL,
            phone TEXT NOT NULL,
            phone_tail TEXT NOT NULL,
            recipient TEXT NOT NULL,
            code TEXT NOT NULL,
            level TEXT NOT NULL,
            batch_no INTEGER NOT NULL,
            manifest_no TEXT NOT NULL,
            received_day INTEGER NOT NULL,
            reminded_day INTEGER NOT NULL,
            to_return INTEGER NOT NULL,
            since_day INTEGER NOT NULL
        ) WITHOUT ROWID""",
        "CREATE INDEX parcels_code ON parcels (code) WHERE code <> ''",
        "CREATE INDEX parcels_phone ON parcels (place, phone_tail)",
        "CREATE INDEX parcels_tail ON parcels (place, waybill_tail)",
        "CREATE INDEX parcels_level ON parcels (place, level)",
        "CREATE INDEX parcels_days ON parcels (place, to_return, received_day, reminded_day)",
        "CREATE INDEX parcels_to_return ON parcels (place, waybill) WHERE to_return = 1",
        f"CREATE INDEX parcels_handed_off ON parcels (since_day) WHERE place = {int(Place.CUSTOMER)}",
        "CREATE INDEX parcels_batch ON parcels (batch_no)",
        "CREATE INDEX parcels_manifest ON parcels (manifest_no, place)",
    ),
    "pickup_codes": (
        """CREATE TABLE pickup_codes (
            code TEXT PRIMARY KEY,
            level TEXT NOT NULL,
            serial INTEGER NOT NULL,
            freed_day INTEGER NOT NULL
        ) WITHOUT ROWID""",
        "CREATE INDEX pickup_codes_level ON pickup_codes (level, serial)",
    ),
}


def _parcel(parcel: Parcel) -> tuple[Statement, ...]:
    code = read_code(parcel.code)
    values = (
        parcel.waybill,
        int(parcel.where),
        waybill_tail(parcel.waybill),
        parcel.phone,
        parcel.phone[-4:],
        parcel.recipient,
        parcel.code,
        code.level_name if code else "",
        parcel.batch_no,
        parcel.manifest_no,
        day_number(parcel.received_on),
        day_number(parcel.reminded_on),
        int(parcel.return_reason > 0),
        day_number(parcel.since),
    )
    marks = ", ".join("?" * len(values))
    return ((f"INSERT OR REPLACE INTO parcels VALUES ({marks})", values),)  # noqa: S608  question marks


def _code(use: CodeUse) -> tuple[Statement, ...]:
    code = read_code(use.code)
    if code is None:
        return ()
    freed_day = 0 if use.freed_on == NO_DAY else day_number(use.freed_on)
    values = (use.code, code.level_name, code.serial, freed_day)
    return (("INSERT OR REPLACE INTO pickup_codes VALUES (?, ?, ?, ?)", values),)


LISTS: dict[type[Subject], Callable[[Any], tuple[Statement, ...]]] = {Parcel: _parcel, CodeUse: _code}
"""What to write for a subject, by its class."""
