"""Whom leads are about: names and whole phone numbers, kept beside the journals until they are erased.

An erased one leaves its row, so that a message that brings it a second time does not bring it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from hq_server.db.distribution_tables import lead_contacts
from station_journal.lead_contact import LeadContact, read_lead_contact

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def keep_lead_contact(connection: Connection, station_code: str, lead_seq: int, document: bytes, now: datetime) -> None:
    """Keep a checked document for its lead, once; one that was erased stays erased."""
    row = {"station_code": station_code, "lead_seq": lead_seq, "document": document, "stored_at": now}
    connection.execute(insert(lead_contacts).values(row).on_conflict_do_nothing())


def lead_contact(connection: Connection, station_code: str, lead_seq: int) -> LeadContact | None:
    """Give whom a lead is about; None while it has not come, and once it was erased."""
    table = lead_contacts.c
    query = select(table.document).where(table.station_code == station_code, table.lead_seq == lead_seq)
    document = connection.scalar(query)
    return None if document is None else read_lead_contact(document)


def erase_lead_contact(connection: Connection, station_code: str, lead_seq: int, now: datetime) -> bool:
    """Erase whom a lead is about; tells whether there was anything to erase."""
    table = lead_contacts.c
    mine = (table.station_code == station_code) & (table.lead_seq == lead_seq) & table.document.is_not(None)
    statement = update(lead_contacts).where(mine).values(document=None, erased_at=now).returning(table.lead_seq)
    return connection.scalar(statement) is not None
