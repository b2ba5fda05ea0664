"""A till over the real register with parcels: a manifest announced with its contacts, a courier with a PIN."""

from __future__ import annotations

from contextlib import asynccontextmanager

from argon2 import PasswordHasher

from station_journal.contacts import Contact, contacts_hash, write_contacts
from station_journal.facts.parcels import CourierNamed, ManifestLine, ParcelCondition, ParcelScannedIn
from station_pos.commands.outcome import Accepted
from station_pos.commands.parcel_orders import ScanInParcel
from tests.factories.parcels import announced
from tests.station_pos.tui.test_over_the_register import real

COURIER, COURIER_PIN = 101, "246810"
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def name_courier(world, pin=COURIER_PIN):
    world.from_hq(CourierNamed(COURIER, "李师傅", "JYPOST", _QUICK.hash(pin) if pin else ""))


def announce(world, *lines: tuple[ManifestLine, str, str], number="M1", with_contacts=True):
    """Announce items, each with recipient and phone."""
    contacts = tuple(Contact(line.waybill, recipient, phone) for line, recipient, phone in lines)
    document = write_contacts(number, contacts)
    world.from_hq(announced(*(line for line, _, _ in lines), number=number, contacts_hash=contacts_hash(document)))
    if with_contacts:
        world.register.keep_document(document)


def shelve(world, waybill, code, phone="1386621", recipient="*三", batch_no=0):
    """Put an item on a shelf; gives the batch."""
    order = ScanInParcel(1, batch_no, waybill, code, "POST", recipient, phone, ParcelCondition.WHOLE)
    outcome = world.register.execute(order)
    assert isinstance(outcome, Accepted), outcome
    fact = outcome.facts[0]
    assert isinstance(fact, ParcelScannedIn)
    return fact.batch_no


@asynccontextmanager
async def at_the_shelves(world, **changes):
    async with real(world, **changes) as till:
        yield till
