"""A station with a real database, an announced manifest, and short words for what happens to parcels there."""

from __future__ import annotations

from station_journal.facts.parcels import (
    CourierNamed,
    Found,
    HandedParcel,
    IdentityShown,
    ManifestLine,
    ParcelCondition,
    Place,
)
from station_journal.parcel import CustodyTotal, Parcel
from station_journal.subject import SubjectKey
from station_pos.commands.outcome import Refusal, Refused
from station_pos.commands.parcel_orders import HandOffParcels, ScanInParcel
from station_pos.store import subject_rows
from tests.factories.parcels import PHONE, RECIPIENT, announced
from tests.station_pos.world import CLERK, World

COURIER = 101
RR = "RR123456785CN"


class Shop:
    """One station; ``world`` is its database and the HQ of the tests."""

    def __init__(self, world: World):
        self.world = world
        world.from_hq(CourierNamed(COURIER, "李师傅", "JYPOST", ""))

    def announce(self, *lines: ManifestLine, number: str = "M1", contacts_hash: bytes = b"") -> None:
        self.world.from_hq(announced(*lines, number=number, contacts_hash=contacts_hash))

    def scan_in(self, waybill: str, code: str, batch_no: int = 0, phone: str = PHONE, recipient: str = RECIPIENT):
        order = ScanInParcel(CLERK, batch_no, waybill, code, "POST", recipient, phone, ParcelCondition.WHOLE)
        return self.world.register.execute(order)

    def hand_off(self, *waybills: str, tendered_fen: int = 0, **changes):
        values = {"scans": waybills, "identity": IdentityShown.NONE, "identity_tail": "", "agent": None, **changes}
        scans = values.pop("scans")
        parcels = tuple(HandedParcel(one, scan) for one, scan in zip(waybills, scans, strict=True))
        return self.world.register.execute(HandOffParcels(CLERK, parcels, Found.PICKUP_CODE, tendered_fen, **values))

    def execute(self, command):
        return self.world.register.execute(command)

    def parcel(self, waybill: str) -> Parcel:
        with self.world.database.reading() as connection:
            found = subject_rows.find(connection, SubjectKey(Parcel.SUBJECT, waybill))
        assert isinstance(found, Parcel)
        return found

    def where(self, waybill: str) -> Place:
        return self.parcel(waybill).where

    def totals(self) -> dict[Place, int]:
        with self.world.database.reading() as connection:
            found = subject_rows.in_states(connection, CustodyTotal, *range(1, 9))
        return {one.where: one.count for one in found if one.count}


def refusal(outcome) -> Refusal | None:
    """Why nothing was done; None where it was."""
    return outcome.reason if isinstance(outcome, Refused) else None
