"""What HQ knows of parcels: where they are, what is owed to senders, what was ruled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.ledger_tables import balances, subjects
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.accounts import Account
from station_journal.facts.parcels import ParcelRuled, Place
from station_journal.parcel import CustodyTotal, Parcel
from station_journal.records import Actor, ActorKind
from station_journal.rules.parcels import custody_counts
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember

_REASON_MAX = 100
_RULABLE = frozenset({Place.MISSING, Place.LOST, Place.CASE, Place.SHELF})


def parcels(connection: Connection, station_code: str, *places: Place) -> list[Parcel]:
    """List the items of a station by where they are, in the order of their waybills; all where none is named."""
    table = subjects.c
    query = select(table.data).where(table.station_code == station_code, table.kind == Parcel.SUBJECT)
    if places:
        query = query.where(table.state.in_([int(place) for place in places]))
    return [from_row_bytes(Parcel, data) for data in connection.scalars(query.order_by(table.key))]


def custody_differences(connection: Connection, station_code: str) -> dict[Place, tuple[int, int]]:
    """Hold the totals that the moves kept against a count of the items; gives what differs: total and count."""
    table = subjects.c
    mine = (table.station_code == station_code) & (table.kind == CustodyTotal.SUBJECT)
    kept = [from_row_bytes(CustodyTotal, data) for data in connection.scalars(select(table.data).where(mine))]
    totals = {one.where: one.count for one in kept}
    counts = custody_counts(parcels(connection, station_code))
    places = set(totals) | set(counts)
    pairs = {place: (totals.get(place, 0), counts.get(place, 0)) for place in places}
    return {place: pair for place, pair in pairs.items() if pair[0] != pair[1]}


def cod_due(connection: Connection) -> list[tuple[str, str, int]]:
    """List what stations collected for senders: sender, station, fen."""
    table = balances.c
    query = select(table.party, table.station_code, table.balance_fen).where(
        table.account == int(Account.COD_PAYABLE), table.balance_fen != 0
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query.order_by(table.party, table.station_code))]


def rule(
    connection: Connection,
    journal: HqJournal,
    by: StaffMember,
    finding: tuple[str, str, Place],
    reason: str,
    now: datetime,
) -> int:
    """State HQ's finding (station, waybill, place) on an item in dispute; gives the record's number.

    Raises:
        RefusedError: no right, no such item, no reason, the item is in no dispute, or an earlier finding still waits.
    """
    by.require(Deed.RULE_PARCEL)
    station_code, waybill, place = finding
    if not 0 < len(reason.strip()) <= _REASON_MAX:
        raise RefusedError(
            "reason", "裁定要写理由, 不超过 100 字", "a finding takes a reason of at most 100 characters"
        )
    known = next((one for one in parcels(connection, station_code) if one.waybill == waybill), None)
    if known is None:
        raise RefusedError("parcel", f"站点 {station_code} 没有 {waybill}", f"{station_code} has no item {waybill}")
    if known.ruled_seq or known.custody not in _RULABLE or place is Place.NOWHERE:
        raise RefusedError(
            "parcel", f"{waybill} 现在不能裁定", f"{waybill} is in no dispute, or an earlier finding still waits"
        )
    actor = Actor(ActorKind.PERSON, by.staff_no)
    (seq,) = journal.append(connection, station_code, [ParcelRuled(waybill, place, reason.strip())], actor, now)
    details = {"waybill": waybill, "place": place.name, "reason": reason.strip()}
    audit.note(connection, AuditTag.PARCEL_RULED, audit.staff_actor(by.staff_no), now, details, station_code)
    return seq
