"""Brings contacts of leads to HQ after an exchange, and erases each here once HQ has it.

They travel beside the journals, so that a name and a number are in no record. What fails is tried after the next
exchange: a contact that waits holds up nothing else.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from station_journal.lead_contact import CONTACTS_A_MESSAGE, NamedContact, write_contacts_message
from station_pos.sync.link_fault import LinkError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_log = logging.getLogger(__name__)


class ContactShelf(Protocol):
    """Where contacts wait."""

    def contacts_to_bring(self) -> tuple[NamedContact, ...]:
        """Give the contacts of leads that HQ holds the record of and not yet the contact."""

    def contact_brought(self, document: bytes) -> None:
        """Erase a contact that HQ holds now."""


class ContactLine(Protocol):
    """Carries contacts to HQ."""

    def bring_contacts(self, request: bytes) -> tuple[int, ...]:
        """Bring contacts; gives the numbers of the leads whose contact HQ holds now. Raises ``LinkError``."""


class ContactBringer:
    """Brings what waits, under the station's key."""

    def __init__(self, shelf: ContactShelf, key: Ed25519PrivateKey, line: ContactLine, station_code: str) -> None:
        """Take what it works with; nothing is sent yet."""
        self._shelf = shelf
        self._key = key
        self._line = line
        self._station_code = station_code

    def bring(self) -> int:
        """Bring what waits; gives how many contacts HQ took. A line that fails leaves them for the next time."""
        waiting = self._shelf.contacts_to_bring()[:CONTACTS_A_MESSAGE]
        if not waiting:
            return 0
        try:
            held = set(self._line.bring_contacts(write_contacts_message(self._key, self._station_code, waiting)))
        except LinkError as error:
            _log.warning("contacts of leads could not be brought to HQ: %s", error)
            return 0
        brought = [one for one in waiting if one.lead_seq in held]
        for one in brought:
            self._shelf.contact_brought(one.document)
        return len(brought)
