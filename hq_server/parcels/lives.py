"""The lives of a station's items out of both journals as HQ holds them, for the quality indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hq_server.parcels.indicators import End, ItemLife
from hq_server.parcels.records import records_of
from station_journal.facts.parcels import (
    CaseCause,
    CodReturned,
    ManifestAnnounced,
    ParcelCaseOpened,
    ParcelLost,
    ParcelRefused,
    ParcelReshelved,
    ParcelScannedIn,
    ParcelsHandedOff,
    ParcelsReceived,
    ParcelsReturned,
    ReminderNoted,
)
from station_journal.records import Equipment, OutageClosed, OutageOpened
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from hq_server.parcels.records import HeldRecord


def item_lives(connection: Connection, station_code: str) -> list[ItemLife]:
    """Give every inbound item that was announced or came, as the records tell it."""
    book = _Book()
    for held in records_of(connection, station_code, Side.HQ, (ManifestAnnounced,)):
        book.announced(held)
    for held in records_of(connection, station_code, Side.STATION, (*_TELLING, OutageOpened, OutageClosed)):
        book.tell(held)
    return list(book.lives.values())


class _Book:
    """Lives as far as the records were told."""

    def __init__(self) -> None:
        self.lives: dict[str, ItemLife] = {}
        self._link_down = False

    def _life(self, waybill: str) -> ItemLife:
        return self.lives.setdefault(waybill, ItemLife(waybill))

    def _of(self, held: HeldRecord) -> ItemLife:
        """Give the life of the one item that a record is about."""
        return self._life(str(getattr(held.record.fact, "waybill", "")))

    def announced(self, held: HeldRecord) -> None:
        fact = held.record.fact
        assert isinstance(fact, ManifestAnnounced)  # noqa: S101  asked for by kind
        for line in fact.lines:
            life = self._life(line.waybill)
            if life.announced_on is None:
                life.announced_on, life.product, life.cod_fen = held.record.business_date, line.product, line.cod_fen

    def tell(self, held: HeldRecord) -> None:
        fact = held.record.fact
        if isinstance(fact, OutageOpened | OutageClosed):
            if fact.equipment is Equipment.LINK:
                self._link_down = isinstance(fact, OutageOpened)
        else:
            _TELLING[type(fact)](self, held)

    def scanned_in(self, held: HeldRecord) -> None:
        life, record = self._of(held), held.record
        life.came_at, life.came_on = record.recorded_at, record.business_date
        life.confirmed_on = life.confirmed_on or record.business_date

    def received(self, held: HeldRecord) -> None:
        fact = held.record.fact
        assert isinstance(fact, ParcelsReceived)  # noqa: S101  asked for by kind
        for line in fact.missing:
            life = self._life(line.waybill)
            life.confirmed_on = life.confirmed_on or held.record.business_date

    def reminded(self, held: HeldRecord) -> None:
        life = self._of(held)
        life.noticed_on = life.noticed_on or held.record.business_date

    def handed_off(self, held: HeldRecord) -> None:
        fact, record = held.record.fact, held.record
        assert isinstance(fact, ParcelsHandedOff)  # noqa: S101  asked for by kind
        for line in fact.parcels:
            life = self._life(line.waybill)
            life.noticed_on = life.noticed_on or record.business_date
            life.end, life.ended_on, life.ended_at = End.DELIVERED, record.business_date, record.recorded_at
            life.held_at, life.link_down = held.held_at, self._link_down
            # The record has one sum for all items; what of it is an item's, its manifest says.
            life.collected_fen = life.cod_fen if fact.collected_fen else 0

    def refused(self, held: HeldRecord) -> None:
        life = self._of(held)
        life.refused_on = life.ended_on = held.record.business_date
        life.end = End.REFUSED

    def case_opened(self, held: HeldRecord) -> None:
        fact = held.record.fact
        assert isinstance(fact, ParcelCaseOpened)  # noqa: S101  asked for by kind
        if fact.cause is CaseCause.CONTESTED:
            self._life(fact.waybill).complained_on = held.record.business_date

    def shelved_again(self, held: HeldRecord) -> None:
        life = self._of(held)
        if life.end is End.DELIVERED:
            life.end = life.ended_on = life.ended_at = None

    def cod_returned(self, held: HeldRecord) -> None:
        self._of(held).collected_fen = 0

    def returned(self, held: HeldRecord) -> None:
        fact = held.record.fact
        assert isinstance(fact, ParcelsReturned)  # noqa: S101  asked for by kind
        for line in fact.parcels:
            life = self._life(line.waybill)
            if life.end is not End.REFUSED:
                life.end, life.ended_on = End.RETURNED, held.record.business_date

    def lost(self, held: HeldRecord) -> None:
        life = self._of(held)
        life.end, life.ended_on = End.LOST, held.record.business_date


_TELLING: dict[type, Callable[[_Book, HeldRecord], None]] = {
    ParcelScannedIn: _Book.scanned_in,
    ParcelsReceived: _Book.received,
    ReminderNoted: _Book.reminded,
    ParcelsHandedOff: _Book.handed_off,
    ParcelRefused: _Book.refused,
    ParcelCaseOpened: _Book.case_opened,
    ParcelReshelved: _Book.shelved_again,
    CodReturned: _Book.cod_returned,
    ParcelsReturned: _Book.returned,
    ParcelLost: _Book.lost,
}
