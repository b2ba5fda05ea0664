"""Names and phone numbers of parcels' recipients go when nothing needs them any more; the journal keeps them masked.

A manifest's contacts are a document beside the journals. They serve until its last item has left the shop; after that
they are kept for inquiries, a year by default (the right to inquire, domain rule 4.1), and then overwritten.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from station_journal.facts.parcels import Place
from station_journal.parcel import Manifest
from station_pos.commands.business_dates import date_by_clock
from station_pos.store import reference, subject_rows
from station_pos.store.database import row

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from station_pos.register.register import Register

_RECEIVED = 2
_STILL_HERE = (Place.EXPECTED, Place.MISSING, Place.SHELF, Place.CASE)


def forget_contacts(register: Register, now: datetime, keep_days: int) -> int:
    """Erase what is kept no longer at a moment (UTC), in a write of its own; gives how many manifests that was."""
    return register.write(lambda connection: erase_contacts(connection, date_by_clock(now), keep_days))


def erase_contacts(connection: Connection, today: date, keep_days: int) -> int:
    """Erase the contacts of manifests that came long ago and of which nothing is here; gives how many were."""
    before = today - timedelta(days=keep_days)
    erased = 0
    for manifest in subject_rows.in_states(connection, Manifest, _RECEIVED):
        named = manifest.contacts_hash
        if not named or manifest.announced_on >= before or reference.document(connection, named) is None:
            continue
        if not _has_items_here(connection, manifest.manifest_no):
            reference.erase_document(connection, named)
            erased += 1
    return erased


def _has_items_here(connection: Connection, manifest_no: str) -> bool:
    marks = ", ".join("?" * len(_STILL_HERE))
    found = row(
        connection,
        f"SELECT 1 FROM parcels WHERE manifest_no=? AND place IN ({marks}) LIMIT 1",  # noqa: S608  marks alone
        (manifest_no, *(int(place) for place in _STILL_HERE)),
    )
    return found is not None
