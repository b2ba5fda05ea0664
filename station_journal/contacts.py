"""Whom the items of a manifest are for: one document, named by the SHA-256 of its bytes, that can be erased later.

A station asks for it by the road of reference data, as for a tariff. It holds names and whole phone numbers, which the
journal does not; a manifest counts without it, but its items are then typed in by hand.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import cbor2

CONTACTS_FORMAT = "contacts-1"
CONTACTS_BYTES_MAX = 256 * 1024


class ContactsRefusedError(ValueError):
    """Bytes are no contacts document; it is refused whole. The message is one sentence."""


class Contact(NamedTuple):
    """Whom one item is for: the name and the whole phone number as the courier has them."""

    waybill: str
    recipient: str
    phone: str


def write_contacts(manifest_no: str, contacts: tuple[Contact, ...]) -> bytes:
    """Write the document of a manifest (deterministic CBOR, RFC 8949 section 4.2.1)."""
    return cbor2.dumps([CONTACTS_FORMAT, manifest_no, [list(one) for one in contacts]])


def contacts_hash(data: bytes) -> bytes:
    """Name a document's bytes."""
    return hashlib.sha256(data).digest()


def are_contacts(data: bytes) -> bool:
    """Tell whether bytes say that they are a contacts document."""
    return data[1 : len(CONTACTS_FORMAT) + 2] == cbor2.dumps(CONTACTS_FORMAT)


def read_contacts(data: bytes) -> tuple[Contact, ...]:
    """Read a document.

    Raises:
        ContactsRefusedError: the bytes are none, or not in the one permitted form.
    """
    if len(data) > CONTACTS_BYTES_MAX:
        raise ContactsRefusedError(f"a contacts document of {len(data)} bytes is above {CONTACTS_BYTES_MAX}")
    try:
        form, manifest_no, rows = cbor2.loads(data)
        contacts = tuple(Contact(*row) for row in rows)
        again = write_contacts(manifest_no, contacts)
    except (ValueError, TypeError, RecursionError, OverflowError, cbor2.CBORDecodeError) as error:
        raise ContactsRefusedError(f"the bytes are no contacts document: {error}") from error
    texts = [manifest_no, *(cell for contact in contacts for cell in contact)]
    if form != CONTACTS_FORMAT or again != data or not all(isinstance(text, str) for text in texts):
        raise ContactsRefusedError("the bytes are no contacts document in the one permitted form")
    return contacts
