"""Whom a lead is about: one form of bytes, a hash that chance protects, a message that only its station can write."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from station_journal.lead_contact import (
    LeadContact,
    LeadContactRefusedError,
    NamedContact,
    is_lead_contact,
    lead_contact_hash,
    read_contacts_message,
    read_lead_contact,
    write_contacts_message,
    write_lead_contact,
)

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
CONTACT = LeadContact("张三", "13812346621")
DOCUMENT = write_lead_contact(CONTACT, b"s" * 16)


@given(st.text(max_size=20), st.text(max_size=12), st.binary(min_size=16, max_size=16))
def test_a_document_survives_being_written_and_read(name: str, phone: str, salt: bytes):
    document = write_lead_contact(LeadContact(name, phone), salt)
    assert is_lead_contact(document)
    assert read_lead_contact(document) == LeadContact(name, phone)


def test_the_hash_of_one_customer_is_another_with_every_lead():
    assert lead_contact_hash(DOCUMENT) != lead_contact_hash(write_lead_contact(CONTACT, b"t" * 16))


@given(st.binary(max_size=80))
def test_other_bytes_are_refused_with_a_sentence(data: bytes):
    for read in (read_lead_contact, read_contacts_message):
        with pytest.raises(LeadContactRefusedError):
            read(data)


@pytest.mark.parametrize("salt", [b"", b"s" * 15, b"s" * 17])
def test_a_document_without_its_chance_is_none(salt: bytes):
    with pytest.raises(LeadContactRefusedError):
        read_lead_contact(write_lead_contact(CONTACT, salt))


def test_a_message_is_its_stations_and_whole():
    message = write_contacts_message(KEY, "ST-0417", (NamedContact(7, DOCUMENT),))
    read = read_contacts_message(message)
    assert (read.station_code, read.contacts) == ("ST-0417", (NamedContact(7, DOCUMENT),))
    read.check(KEY.public_key().public_bytes_raw())
    with pytest.raises(LeadContactRefusedError):
        read.check(Ed25519PrivateKey.from_private_bytes(b"x" * 32).public_key().public_bytes_raw())
    for at in range(0, len(message), 7):
        with pytest.raises(LeadContactRefusedError):
            read_contacts_message(message[:at])
