"""Contacts of leads as stations bring them: each is taken for the one record that names it, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hq_server.db.journal_tables import journal_records
from hq_server.reference.lead_contacts import keep_lead_contact
from hq_server.reference.senders import check_sender
from hq_server.wording import RefusedError
from station_journal.codec import decode
from station_journal.facts.distribution import LeadNoted
from station_journal.lead_contact import (
    LeadContactRefusedError,
    lead_contact_hash,
    read_contacts_message,
    read_lead_contact,
)
from station_journal.side import Side

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from hq_server.db import Clock
    from station_journal.lead_contact import NamedContact


class LeadContactDesk:
    """Takes contacts of any station; holds nothing but the database and the clock, so any web worker may serve."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """Keep the database and the clock."""
        self._engine = engine
        self._clock = clock

    def take(self, data: bytes) -> list[int]:
        """Take one message; gives the numbers of the leads whose contact is durably held, or was and is erased.

        Raises:
            RefusedError: the bytes are no message, or not of an approved station.
        """
        try:
            message = read_contacts_message(data)
        except LeadContactRefusedError as error:
            raise RefusedError("damaged", "线索联系人的报文不完整或损坏", str(error)) from error
        with self._engine.begin() as connection:
            check_sender(connection, message.station_code, message)
            now = self._clock()
            held = [one for one in message.contacts if _is_named(connection, message.station_code, one)]
            for one in held:
                keep_lead_contact(connection, message.station_code, one.lead_seq, one.document, now)
        return [one.lead_seq for one in held]


def _is_named(connection: Connection, station_code: str, contact: NamedContact) -> bool:
    """Tell whether a record that HQ holds names exactly these bytes; others wait, or belong nowhere."""
    table = journal_records.c
    query = select(table.data).where(
        table.station_code == station_code, table.side == Side.STATION.value, table.seq == contact.lead_seq
    )
    data = connection.scalar(query.order_by(table.epoch.desc()).limit(1))
    fact = decode(data, Side.STATION).fact if data is not None else None
    if not isinstance(fact, LeadNoted) or fact.contact_hash != lead_contact_hash(contact.document):
        return False
    try:
        read_lead_contact(contact.document)
    except LeadContactRefusedError:
        return False
    return True
