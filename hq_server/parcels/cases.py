"""What a courier's book and a station's differ about, from the station's records: each case with who answers for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from hq_server.db.ledger_tables import subjects
from hq_server.parcels.desk import parcels
from hq_server.parcels.records import records_of
from station_journal.facts.parcels import (
    CaseCause,
    DamageLeg,
    ParcelCaseOpened,
    ParcelCondition,
    ParcelScannedIn,
    ParcelsReceived,
    Place,
)
from station_journal.parcel import Batch, Parcel
from station_journal.side import Side
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

    from station_journal.records import Record

_TELLING = (ParcelScannedIn, ParcelsReceived, ParcelCaseOpened)
_BEFORE = DamageLeg.BEFORE_STATION.name


@dataclass(frozen=True, slots=True)
class CourierCase:
    """Something that differs between a courier's book and a station's; ``leg`` says who answers for it.

    ``courier_no`` is 0 where no courier signed for it; ``amount_fen`` is cash on delivery in doubt.
    """

    station_code: str
    seq: int
    kind: str
    waybill: str
    leg: str
    courier_no: int
    amount_fen: int = 0


@dataclass(frozen=True, slots=True)
class _Known:
    """What a case is judged by: a station's items and batches, and which courier signed which batch."""

    items: Mapping[str, Parcel]
    batches: Mapping[int, Batch]
    couriers: Mapping[int, int]


def courier_cases(connection: Connection, station_code: str) -> list[CourierCase]:
    """List what differs, in the order of the station's journal.

    Missing, given back, kept although not announced, damaged, under dispute; what was handed off before anybody at
    the station could know what its sender wants collected for it; and what is not with the customer who paid for it.
    """
    records = list(records_of(connection, station_code, Side.STATION, _TELLING))
    signed = [record.fact for _, record, _ in records if isinstance(record.fact, ParcelsReceived)]
    known = _Known(
        {one.waybill: one for one in parcels(connection, station_code)},
        _batches(connection, station_code),
        {fact.batch_no: fact.courier_no for fact in signed},
    )
    found = [case for seq, record, _ in records for case in _cases(station_code, seq, record, known)]
    found += [
        CourierCase(station_code, one.custody_seq, "COD_NOT_COLLECTED", one.waybill, "", 0, one.cod_fen - one.paid_fen)
        for one in known.items.values()
        if one.where is Place.CUSTOMER and one.cod_fen > one.paid_fen
    ]
    found += [
        CourierCase(station_code, one.custody_seq, "COD_PAID_NOT_DELIVERED", one.waybill, "", 0, one.paid_fen)
        for one in known.items.values()
        if one.where is not Place.CUSTOMER and one.paid_fen and not one.outbound
    ]
    return sorted(found, key=lambda case: case.seq)


def _batches(connection: Connection, station_code: str) -> dict[int, Batch]:
    table = subjects.c
    query = select(table.data).where(table.station_code == station_code, table.kind == Batch.SUBJECT)
    found = (from_row_bytes(Batch, data) for data in connection.scalars(query))
    return {one.batch_no: one for one in found}


def _cases(station_code: str, seq: int, record: Record, known: _Known) -> Iterator[CourierCase]:
    fact = record.fact
    if isinstance(fact, ParcelsReceived):
        yield from _of_batch(station_code, seq, record.seen_seq, fact, known)
    elif isinstance(fact, ParcelScannedIn) and fact.condition is not ParcelCondition.WHOLE:
        courier_no = known.couriers.get(fact.batch_no, 0)
        yield CourierCase(station_code, seq, "DAMAGED", fact.waybill, _BEFORE, courier_no)
    elif isinstance(fact, ParcelCaseOpened):
        leg = fact.leg.name if fact.cause is CaseCause.DAMAGED else ""
        yield CourierCase(station_code, seq, fact.cause.name, fact.waybill, leg, 0)


def _of_batch(
    station_code: str, seq: int, seen_seq: int, fact: ParcelsReceived, known: _Known
) -> Iterator[CourierCase]:
    for line in fact.missing:
        yield CourierCase(station_code, seq, "MISSING", line.waybill, _BEFORE, fact.courier_no)
    gone = {back.waybill for back in fact.given_back}
    for back in fact.given_back:
        yield CourierCase(station_code, seq, back.why.name, back.waybill, _BEFORE, fact.courier_no)
    batch = known.batches.get(fact.batch_no, Batch(fact.batch_no))
    for waybill, _ in batch.unannounced(fact.manifest_no, seen_seq, known.items.get):
        if waybill not in gone:
            yield CourierCase(station_code, seq, "KEPT_NOT_ANNOUNCED", waybill, _BEFORE, fact.courier_no)
