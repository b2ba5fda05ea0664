"""Names and phones of recipients stay while something of their manifest is here, then their time, and no longer."""

from __future__ import annotations

from datetime import timedelta

from station_journal.contacts import Contact, contacts_hash, write_contacts
from station_journal.facts.parcels import Found, HandedParcel, IdentityShown
from station_pos.commands.parcel_orders import HandOffParcels, SignBatch
from station_pos.register.contact_keeping import forget_contacts
from station_pos.store import reference
from tests.factories.parcels import announced, line
from tests.station_pos.tui.parcel_till import name_courier, shelve
from tests.station_pos.world import OWNER, World

W = "YT0000000078120"


def test_contacts_go_a_year_after_the_last_item_left_and_nothing_is_asked_for_again(tmp_path):
    world = World(tmp_path / "station").ready()
    name_courier(world)
    document = write_contacts("M1", (Contact(W, "张三", "13800006621"),))
    world.from_hq(announced(line(W, consented=True), contacts_hash=contacts_hash(document)))
    world.register.keep_document(document)

    def kept() -> bool:
        with world.database.reading() as connection:
            return reference.document(connection, contacts_hash(document)) is not None

    batch = shelve(world, W, "A-01-001")
    world.accepted(SignBatch(OWNER, batch, "M1", 101, "李师傅", courier_signed=False, missing=(), given_back=()))
    later = world.clock() + timedelta(days=400)
    assert forget_contacts(world.register, later, 365) == 0, "an item is still on the shelf"
    world.accepted(HandOffParcels(OWNER, (HandedParcel(W, W),), Found.PICKUP_CODE, 0, IdentityShown.NONE))
    assert forget_contacts(world.register, world.clock() + timedelta(days=300), 365) == 0
    assert kept()
    assert forget_contacts(world.register, later, 365) == 1
    assert not kept()
    assert forget_contacts(world.register, later, 365) == 0
    world.close()
