"""A shop without parcels, for tests of the screens that are not about them."""

from __future__ import annotations

from station_pos.commands.parcel_days import ParcelDays
from station_pos.services.parcels import ParcelCounts, ShelfRow


class NoParcels:
    days = ParcelDays()
    asks_phone = False

    def find(self, _text):
        return None

    def parcel(self, _waybill):
        return None

    def manifests(self):
        return ()

    def expected(self, _manifest_no):
        return ()

    def open_batch(self):
        return 0

    def batch(self, _batch_no):
        return ()

    def couriers(self):
        return ()

    def shelves(self):
        return (ShelfRow("A", 0, 80),)

    def returns_due(self):
        return ()

    def reminders_due(self):
        return ()

    def losses(self):
        return ()

    def outbound(self):
        return ()

    def counts(self):
        return ParcelCounts(0, 0, 0, 0, 0, 0, 0)
