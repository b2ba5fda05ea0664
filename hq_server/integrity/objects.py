"""What can be in one place only, found in two: parcels, pouches, invoices and keys, over all stations."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, tuple_

from hq_server.db.journal_tables import journal_epochs
from hq_server.db.ledger_tables import payments, subjects
from station_journal.facts.parcels import Place
from station_journal.parcel import Parcel
from station_journal.records import AlarmCode, AlarmRaised
from station_journal.rules.pouches import OutgoingPouch, PouchState
from station_journal.seal import Certificate
from station_journal.side import Side
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Select

_AT_STATION = (Place.SHELF, Place.CASE, Place.OUTBOUND)
"""Where an item lies in a station's hands; elsewhere it may go on to another station."""


@dataclass(frozen=True, slots=True)
class Twice:
    """One object in two places, from the view of one of them: the record that put it there, and where else it is."""

    station_code: str
    finding: AlarmRaised
    what: str


def objects_twice(connection: Connection) -> list[Twice]:
    """List all objects that the books have in two places, by station."""
    found = [*_parcels(connection), *_pouches(connection), *_invoices(connection), *_keys(connection)]
    return sorted(found, key=lambda one: (one.station_code, one.finding.code, one.finding.station_seq))


def _shared_keys(kind: int, states: tuple[int, ...]) -> Select[str, str, bytes]:
    """Select the subjects of a kind and some states whose key more than one station has in these states."""
    table = subjects.c
    wanted = (table.kind == kind) & table.state.in_(states)
    shared = select(table.key).where(wanted).group_by(table.key).having(func.count() > 1)
    return (
        select(table.station_code, table.key, table.data)
        .where(wanted, table.key.in_(shared))
        .order_by(table.key, table.station_code)
    )


def _parcels(connection: Connection) -> Iterator[Twice]:
    states = tuple(int(place) for place in _AT_STATION)
    holders: dict[str, list[tuple[str, Parcel]]] = defaultdict(list)
    for code, key, data in connection.execute(_shared_keys(Parcel.SUBJECT, states)):
        holders[key].append((code, from_row_bytes(Parcel, data)))
    for waybill, held in holders.items():
        for code, parcel in held:
            finding = AlarmRaised(AlarmCode.OBJECT_TWICE, parcel.custody_seq, parcel.cod_fen)
            yield Twice(code, finding, f"parcel {waybill} is also at {_others(held, code)}")


def _pouches(connection: Connection) -> Iterator[Twice]:
    holders: dict[str, list[tuple[str, OutgoingPouch]]] = defaultdict(list)
    for code, key, data in connection.execute(_shared_keys(OutgoingPouch.SUBJECT, (int(PouchState.UNDER_WAY),))):
        holders[key].append((code, from_row_bytes(OutgoingPouch, data)))
    for label, held in holders.items():
        for code, pouch in held:
            finding = AlarmRaised(AlarmCode.OBJECT_TWICE, pouch.sealed_seq, pouch.amount_fen)
            yield Twice(code, finding, f"pouch {label} is also at {_others(held, code)}")


def _others(held: list[tuple[str, Parcel]] | list[tuple[str, OutgoingPouch]], code: str) -> str:
    return ", ".join(other for other, _ in held if other != code)


def _invoices(connection: Connection) -> Iterator[Twice]:
    """Find one invoice number handed out for two payments, of one station or two."""
    table = payments.c
    shared = select(table.invoice_no).where(table.invoice_no != "").group_by(table.invoice_no).having(func.count() > 1)
    query = (
        select(table.station_code, table.seq, table.amount_fen, table.invoice_no)
        .where(table.invoice_no.in_(shared))
        .order_by(table.invoice_no, tuple_(table.station_code, table.seq))
    )
    for code, seq, amount_fen, invoice_no in connection.execute(query):
        finding = AlarmRaised(AlarmCode.OBJECT_TWICE, seq, amount_fen)
        yield Twice(code, finding, f"invoice {invoice_no} was handed out for another payment too")


def _keys(connection: Connection) -> Iterator[Twice]:
    """Find a key that seals for two stations: a copied machine."""
    table = journal_epochs.c
    query = select(table.station_code, table.certificate).where(table.side == Side.STATION.value)
    holders: dict[bytes, set[str]] = defaultdict(set)
    first: dict[tuple[bytes, str], int] = {}
    for code, data in connection.execute(query):
        certificate = Certificate.from_bytes(data)
        holders[certificate.public_key].add(code)
        first.setdefault((certificate.public_key, code), certificate.prior_seq)
    for key, codes in holders.items():
        for code in codes if len(codes) > 1 else ():
            others = ", ".join(sorted(codes - {code}))
            yield Twice(code, AlarmRaised(AlarmCode.KEY_TWICE, first[key, code], 0), f"the key also seals for {others}")
