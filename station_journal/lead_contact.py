"""Whom a lead is about: a name and a whole phone number, in a document that can be erased while the journal stands.

The record names the document by the SHA-256 of its bytes. It holds 16 bytes of chance, so that after it was erased the
hash tells nobody which of a few thousand numbers it was. The station makes it and brings it to HQ by a signed message
of its own; HQ takes it only for the record that names it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import cbor2

from station_journal.signed_message import SignedMessage, write_signed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

LEAD_CONTACT_FORMAT = "lead-contact-1"
SALT_BYTES = 16
CONTACT_BYTES_MAX = 512
CONTACTS_A_MESSAGE = 50
MESSAGE_BYTES_MAX = 64 * 1024
_MESSAGE_FORMAT = 1
_PURPOSE = "lead contacts"
_NUMBER_MAX = 2**63 - 1


class LeadContactRefusedError(ValueError):
    """Bytes are no lead's contact, or no message with some; refused whole. The message is one sentence."""


class LeadContact(NamedTuple):
    """Whom to call: the name and the whole phone number as the customer gave them."""

    customer_name: str
    phone: str


class NamedContact(NamedTuple):
    """A contact's document and the station record that names it."""

    lead_seq: int
    document: bytes


def write_lead_contact(contact: LeadContact, salt: bytes) -> bytes:
    """Write the document (deterministic CBOR, RFC 8949 section 4.2.1)."""
    return cbor2.dumps([LEAD_CONTACT_FORMAT, salt, *contact])


def lead_contact_hash(document: bytes) -> bytes:
    """Name a document's bytes."""
    return hashlib.sha256(document).digest()


def lead_contact_prefix() -> bytes:
    """Give the bytes that every such document begins with."""
    return cbor2.dumps([LEAD_CONTACT_FORMAT, b"", "", ""])[: len(LEAD_CONTACT_FORMAT) + 2]


def is_lead_contact(document: bytes) -> bool:
    """Tell whether bytes say that they are a lead's contact."""
    return document.startswith(lead_contact_prefix())


def read_lead_contact(document: bytes) -> LeadContact:
    """Read a document.

    Raises:
        LeadContactRefusedError: the bytes are none, or not in the one permitted form.
    """
    try:
        form, salt, customer_name, phone = cbor2.loads(document[:CONTACT_BYTES_MAX])
        contact = LeadContact(customer_name, phone)
        again = write_lead_contact(contact, salt)
    except (ValueError, TypeError, RecursionError, OverflowError, cbor2.CBORDecodeError) as error:
        raise LeadContactRefusedError(f"the bytes are no lead's contact: {error}") from error
    typed = type(salt) is bytes and len(salt) == SALT_BYTES and all(type(text) is str for text in contact)
    if form != LEAD_CONTACT_FORMAT or not typed or again != document:
        raise LeadContactRefusedError("the bytes are no lead's contact in the one permitted form")
    return contact


def write_contacts_message(key: Ed25519PrivateKey, station_code: str, contacts: tuple[NamedContact, ...]) -> bytes:
    """Sign a message that brings contacts to HQ."""
    body = cbor2.dumps([_MESSAGE_FORMAT, station_code, [list(one) for one in contacts]])
    return write_signed(key, _PURPOSE, body)


@dataclass(frozen=True, slots=True)
class SignedContacts(SignedMessage):
    """A message with contacts as it came in: read, not yet trusted."""

    PURPOSE: ClassVar[str] = _PURPOSE
    REFUSED: ClassVar[type[ValueError]] = LeadContactRefusedError
    station_code: str
    contacts: tuple[NamedContact, ...]
    body: bytes
    signature: bytes


def read_contacts_message(data: bytes) -> SignedContacts:
    """Read a message that brings contacts.

    Raises:
        LeadContactRefusedError: the bytes are none.
    """
    try:
        body, signature = cbor2.loads(data[:MESSAGE_BYTES_MAX])
        form, code, rows = cbor2.loads(body)
        contacts = tuple(NamedContact(*row) for row in rows)
    except (ValueError, TypeError, RecursionError, OverflowError, cbor2.CBORDecodeError) as error:
        raise LeadContactRefusedError("the message is cut or damaged") from error
    numbers = all(type(one.lead_seq) is int and 0 < one.lead_seq <= _NUMBER_MAX for one in contacts)
    typed = type(signature) is bytes and type(code) is str and "\0" not in code and numbers
    if form != _MESSAGE_FORMAT or not typed or not all(type(one.document) is bytes for one in contacts):
        raise LeadContactRefusedError("the message is cut or damaged")
    if len(contacts) > CONTACTS_A_MESSAGE:
        raise LeadContactRefusedError(f"a message brings at most {CONTACTS_A_MESSAGE} contacts")
    return SignedContacts(code, contacts, body, signature)
