"""Decisions at the counter: handing items to the customer, and accepting items for dispatch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.parcels import CodReturned, Found, IdentityShown, ParcelAccepted, ParcelsHandedOff, Place
from station_journal.masking import mask_name
from station_journal.money import FEN_MAX
from station_journal.parcel import Parcel
from station_journal.resident_id import ResidentIdRefusedError, resident_id
from station_journal.rules.parcel_terms import THE_TERMS, ParcelTermsInForce
from station_journal.shelf_code import read_code
from station_journal.waybill import WaybillRefusedError, read_waybill
from station_pos.commands.outcome import Refusal, Refused
from station_pos.commands.parcel_care import LIST_MAX, parcel_at, texts_refused

if TYPE_CHECKING:
    from datetime import date

    from station_journal.records import Fact
    from station_pos.commands import parcel_orders as orders
    from station_pos.commands.view import Moment, StationView

TAIL_LENGTH = 4
_DOCUMENT_LENGTHS = range(6, 19)
_BY_CHECK_CHARACTER = frozenset({IdentityShown.RESIDENT_ID, IdentityShown.RESIDENCE_PERMIT})


def scan_is_of(parcel: Parcel, scanned: str) -> bool:
    """Tell whether a scan is an item's: of its face sheet, or of the label the station put on it."""
    text = scanned.strip().upper()
    code = read_code(text)
    return text == parcel.waybill or (code is not None and bool(parcel.code) and str(code) == parcel.code)


def hand_off(command: orders.HandOffParcels, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on handing items over: each scanned, and paid to the fen before it leaves (domain rule 4.4).

    Where HQ's terms ask for a second factor, a pickup code takes the phone's last four digits beside it, or a document
    where the item has no phone (domain rule 4.2).
    """
    waybills = [one.waybill for one in command.parcels]
    if not waybills or len(waybills) > LIST_MAX:
        return Refused(Refusal.NOTHING_TO_DO)
    if len(set(waybills)) < len(waybills):
        return Refused(Refusal.SCANNED_TWICE, (("waybill", waybills[0]),))
    due_fen, factor = 0, _second_factor(command, view, moment)
    for one in command.parcels:
        parcel = parcel_at(view, one.waybill, moment, Place.SHELF)
        if isinstance(parcel, Refused):
            return parcel
        if parcel.locked:
            return Refused(Refusal.CODE_LOCKED, (("code", parcel.code),))
        if not scan_is_of(parcel, one.scanned):
            return Refused(Refusal.SCAN_MISMATCH, (("waybill", one.waybill), ("code", parcel.code)))
        if factor is not None and parcel.phone and factor != parcel.phone[-TAIL_LENGTH:]:
            return Refused(Refusal.PHONE_TAIL_WRONG, (("waybill", one.waybill),))
        kept = parcel.registered or command.identity_tail or (factor is not None and not parcel.phone)
        if kept and not _identified(command.identity, command.identity_tail):
            return Refused(Refusal.IDENTITY_NEEDED, (("waybill", one.waybill),))
        due_fen += parcel.cod_due_fen(moment.seen_seq)
    agent = command.agent
    if agent is not None and (not agent.relation or not _is_tail(agent.phone_tail)):
        return Refused(Refusal.AGENT_INCOMPLETE)
    refused = _cash_refused(view, due_fen, command.tendered_fen, moment)
    refused = refused or texts_refused(agent.name if agent else "", agent.relation if agent else "")
    return refused or [
        ParcelsHandedOff(
            parcels=command.parcels,
            found=command.found,
            collected_fen=due_fen,
            tendered_fen=command.tendered_fen,
            agent_name=agent.name.strip() if agent else "",
            agent_relation=agent.relation if agent else "",
            agent_phone_tail=agent.phone_tail if agent else "",
            identity=command.identity,
            identity_tail=command.identity_tail,
        )
    ]


def _second_factor(command: orders.HandOffParcels, view: StationView, moment: Moment) -> str | None:
    """Give what came as second factor; None where none is asked for: terms without one, or not found by a code."""
    terms = view.subject(ParcelTermsInForce, THE_TERMS)
    asked = terms is not None and terms.asks_phone and terms.set_seq <= moment.seen_seq
    return command.phone_tail if asked and command.found is Found.PICKUP_CODE else None


def return_cod(command: orders.ReturnCod, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on handing cash on delivery back: the item is here again, and it is still the day it was collected on.

    Later the sender has the money, or is about to: HQ settles that, and the sentence says so.
    """
    parcel = parcel_at(view, command.waybill, moment, Place.SHELF, Place.CASE)
    if isinstance(parcel, Refused):
        return parcel
    if parcel.outbound or not parcel.paid_fen:
        return Refused(Refusal.NOTHING_TO_DO)
    amount_fen = parcel.returnable_fen(moment.business_date)
    if not amount_fen:
        return Refused(Refusal.COD_RETURN_TOO_LATE, (("paid_fen", parcel.paid_fen),))
    if amount_fen > view.drawer_fen():
        return Refused(Refusal.DRAWER_TOO_LOW, (("drawer_fen", view.drawer_fen()),))
    return [CodReturned(command.waybill, amount_fen)]


def _identified(identity: IdentityShown, tail: str) -> bool:
    return identity is not IdentityShown.NONE and len(tail) == TAIL_LENGTH and tail.isalnum() and tail.isascii()


def _is_tail(text: str) -> bool:
    return len(text) == TAIL_LENGTH and text.isascii() and text.isdecimal()


def _cash_refused(view: StationView, due_fen: int, tendered_fen: int, moment: Moment) -> Refused | None:
    """Refuse too little cash, or a sum the credit does not cover, before anything happens."""
    if tendered_fen < due_fen:
        return Refused(Refusal.TENDER_TOO_LOW, (("short_fen", due_fen - tendered_fen),))
    if tendered_fen > FEN_MAX or (tendered_fen and not due_fen):
        return Refused(Refusal.AMOUNT_OUT_OF_RANGE, (("least_fen", due_fen), ("most_fen", FEN_MAX)))
    free_fen = view.credit_free_fen(moment.seen_seq)
    if due_fen > free_fen:
        return Refused(Refusal.CREDIT_TOO_LOW, (("free_fen", free_fen), ("short_fen", due_fen - free_fen)))
    return None


def accept(command: orders.AcceptParcel, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on accepting an item for dispatch 收寄: document, inspection, number, postage (domain rules 4.5, 4.7)."""
    try:
        waybill = read_waybill(command.waybill)
    except WaybillRefusedError:
        return Refused(Refusal.WAYBILL_FORM_WRONG, (("waybill", command.waybill[:32]),))
    known = view.subject(Parcel, waybill)
    if known is not None and known.where_seen(moment.seen_seq) is not Place.NOWHERE:
        return Refused(Refusal.PARCEL_ALREADY_RECEIVED, (("waybill", waybill), ("code", known.code)))
    name = command.sender_name.strip()
    tail = document_tail(command.identity, command.document_no, moment.business_date)
    if not name or not tail:
        return Refused(Refusal.IDENTITY_NEEDED, (("waybill", waybill),))
    if command.document_name and command.document_name.strip() != name:
        return Refused(Refusal.IDENTITY_MISMATCH)
    if not command.inspected:
        return Refused(Refusal.NOT_INSPECTED)
    if command.postage_fen <= 0:
        return Refused(Refusal.AMOUNT_OUT_OF_RANGE, (("least_fen", 1), ("most_fen", FEN_MAX)))
    refused = _cash_refused(view, command.postage_fen, command.tendered_fen, moment)
    refused = refused or texts_refused(name, command.carrier)
    return refused or [
        ParcelAccepted(
            waybill=waybill,
            carrier=command.carrier,
            sender=mask_name(name),
            identity=command.identity,
            identity_tail=tail,
            inspected=True,
            postage_fen=command.postage_fen,
            tendered_fen=command.tendered_fen,
        )
    ]


def document_tail(identity: IdentityShown, number: str, today: date) -> str:
    """Check a document's number and give the four characters that are kept of it; empty where it is none."""
    text = number.strip().upper()
    if identity is IdentityShown.NONE:
        return ""
    if identity in _BY_CHECK_CHARACTER:
        try:
            return resident_id(text, today).number[-TAIL_LENGTH:]
        except ResidentIdRefusedError:
            return ""
    return text[-TAIL_LENGTH:] if len(text) in _DOCUMENT_LENGTHS and text.isascii() and text.isalnum() else ""
