"""Decisions about parcels on the shelf and on the road: receiving, reminders, cases, returns, what is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.parcel_terms import ShelvesCounted
from station_journal.facts.parcels import (
    CaseCause,
    ConsentGiven,
    ConsentRevoked,
    DamageLeg,
    ParcelCaseOpened,
    ParcelLost,
    ParcelRefused,
    ParcelReshelved,
    ParcelScannedIn,
    ParcelsReceived,
    ParcelsReturned,
    PickupTryFailed,
    Place,
    ReminderNoted,
    UpliftSigned,
    Waybill,
    WaybillGivenBack,
)
from station_journal.fields import NO_DAY
from station_journal.masking import mask_name
from station_journal.parcel import Batch, CodeUse, Parcel, StandingConsent, consent_key
from station_journal.rules.parcel_terms import (
    THE_SHELVES,
    THE_TERMS,
    ParcelTermsInForce,
    ShelfRoom,
    fullness_changed,
)
from station_journal.shelf_code import REUSE_DAYS, read_code
from station_journal.waybill import WaybillRefusedError, read_waybill
from station_pos.commands.outcome import Refusal, Refused
from station_pos.commands.parcel_days import days_missing, lost_after_days

if TYPE_CHECKING:
    from collections.abc import Sequence

    from station_journal.records import Fact
    from station_pos.commands import parcel_orders as orders
    from station_pos.commands.view import Moment, StationView

TEXT_MAX = 32
LIST_MAX = 500
_SCANNABLE = frozenset({Place.NOWHERE, Place.EXPECTED, Place.MISSING})
_ON_HAND = frozenset({Place.SHELF, Place.CASE})
_PHONE_LENGTHS = frozenset({0, 4, 7})


def parcel_at(view: StationView, waybill: str, moment: Moment, *places: Place) -> Parcel | Refused:
    """Give an item if it is in one of these places as far as the station has seen, else the refusal."""
    parcel = view.subject(Parcel, waybill)
    if parcel is None or parcel.where_seen(moment.seen_seq) is Place.NOWHERE:
        return Refused(Refusal.PARCEL_UNKNOWN, (("waybill", waybill),))
    where = parcel.where_seen(moment.seen_seq)
    if where not in places:
        return Refused(Refusal.PARCEL_ELSEWHERE, (("waybill", waybill), ("where", int(where))))
    return parcel


def texts_refused(*texts: str) -> Refused | None:
    """Refuse text that is too long or cannot be shown."""
    if any(len(text) > TEXT_MAX or not (text.isprintable() or not text) for text in texts):
        return Refused(Refusal.TEXT_TOO_LONG, (("longest", TEXT_MAX),))
    return None


def code_refused(view: StationView, code: str, waybill: str, moment: Moment) -> Refused | None:
    """Refuse a pickup code that is none, that another item has, or that one had less than thirty days ago."""
    read = read_code(code)
    if read is None or str(read) != code:
        return Refused(Refusal.CODE_NOT_FREE, (("code", code),))
    use = view.subject(CodeUse, code)
    if use is None or use.waybill == waybill:
        return None
    if use.freed_on == NO_DAY or (moment.business_date - use.freed_on).days < REUSE_DAYS:
        return Refused(Refusal.CODE_NOT_FREE, (("code", code),))
    return None


def scan_in(command: orders.ScanInParcel, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on putting an item on a shelf: once, under a free code, in an open batch."""
    try:
        waybill = read_waybill(command.waybill)
    except WaybillRefusedError:
        return Refused(Refusal.WAYBILL_FORM_WRONG, (("waybill", command.waybill[:TEXT_MAX]),))
    parcel = view.subject(Parcel, waybill)
    if parcel is not None and parcel.where_seen(moment.seen_seq) not in _SCANNABLE:
        where = int(parcel.where_seen(moment.seen_seq))
        return Refused(Refusal.PARCEL_ALREADY_RECEIVED, (("waybill", waybill), ("code", parcel.code), ("where", where)))
    batch_no = command.batch_no or moment.next_seq
    batch = view.subject(Batch, str(batch_no))
    if command.batch_no and (batch is None or batch.received_seq):
        return Refused(Refusal.BATCH_CLOSED, (("batch_no", batch_no),))
    phone_wrong = len(command.phone) not in _PHONE_LENGTHS or not (command.phone.isdecimal() or not command.phone)
    if phone_wrong:
        return Refused(Refusal.PHONE_FORM_WRONG)
    # Whoever hands a whole name over: the journal keeps it masked.
    recipient = command.recipient if "*" in command.recipient else mask_name(command.recipient)
    refused = texts_refused(command.carrier, command.recipient) or code_refused(view, command.code, waybill, moment)
    return refused or [
        ParcelScannedIn(
            batch_no=batch_no,
            waybill=waybill,
            code=command.code,
            carrier=command.carrier,
            recipient=recipient,
            phone=command.phone,
            condition=command.condition,
        )
    ]


def sign_batch(command: orders.SignBatch, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on receiving a batch; where anything is missing, extra or damaged the courier signs by PIN."""
    batch = view.subject(Batch, str(command.batch_no))
    if command.batch_no and batch is None:
        return Refused(Refusal.BATCH_CLOSED, (("batch_no", command.batch_no),))
    if batch is not None and batch.received_seq:
        return Refused(Refusal.BATCH_CLOSED, (("batch_no", command.batch_no),))
    if not (command.batch_no or command.missing or command.given_back):
        return Refused(Refusal.NOTHING_TO_DO)
    if not command.courier_signed and _differs(command, batch, view, moment):
        return Refused(Refusal.COURIER_MUST_SIGN)
    if len(command.missing) + len(command.given_back) > LIST_MAX:
        return Refused(Refusal.TEXT_TOO_LONG, (("longest", LIST_MAX),))
    for waybill in command.missing:
        expected = parcel_at(view, waybill, moment, Place.EXPECTED)
        if isinstance(expected, Refused):
            return expected
    for waybill, _ in command.given_back:
        known = view.subject(Parcel, waybill)
        where = known.where_seen(moment.seen_seq) if known else Place.NOWHERE
        if where not in _SCANNABLE | {Place.SHELF}:
            return Refused(Refusal.PARCEL_ELSEWHERE, (("waybill", waybill), ("where", int(where))))
    received = ParcelsReceived(
        batch_no=command.batch_no or moment.next_seq,
        manifest_no=command.manifest_no,
        courier_no=command.courier_no,
        courier_name=command.courier_name,
        courier_signed=command.courier_signed,
        missing=tuple(Waybill(one) for one in command.missing),
        given_back=tuple(WaybillGivenBack(one, why) for one, why in command.given_back),
    )
    return texts_refused(command.courier_name) or [received]


def _differs(command: orders.SignBatch, batch: Batch | None, view: StationView, moment: Moment) -> bool:
    """Tell whether anything is missing, went back, came damaged, or is not of the manifest."""
    if command.missing or command.given_back or batch is None:
        return bool(command.missing or command.given_back)
    extra = batch.unannounced(command.manifest_no, moment.seen_seq, lambda waybill: view.subject(Parcel, waybill))
    return bool(batch.damaged or extra)


def reshelve(command: orders.ReshelveParcel, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on another place and code for an item on hand; its label is printed anew."""
    parcel = parcel_at(view, command.waybill, moment, *_ON_HAND)
    if isinstance(parcel, Refused):
        return parcel
    refused = code_refused(view, command.code, command.waybill, moment)
    return refused or [ParcelReshelved(command.waybill, command.code)]


def count_shelves(command: orders.CountShelves, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on noting how full the shelves are: only when that changed."""
    if not fullness_changed(view.subject(ShelfRoom, THE_SHELVES), command.held, command.room):
        return Refused(Refusal.NOTHING_TO_DO)
    return [ShelvesCounted(command.held, command.room)]


def note_reminder(command: orders.NoteReminder, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on noting a reminder of an item on its shelf."""
    parcel = parcel_at(view, command.waybill, moment, Place.SHELF)
    return parcel if isinstance(parcel, Refused) else [ReminderNoted(command.waybill, command.outcome)]


def refuse(command: orders.RefuseParcel, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on a refusal by the recipient: the item waits for the return run, nothing is booked."""
    parcel = parcel_at(view, command.waybill, moment, Place.SHELF)
    if isinstance(parcel, Refused):
        return parcel
    return Refused(Refusal.NOTHING_TO_DO) if parcel.return_reason else [ParcelRefused(command.waybill)]


def open_case(command: orders.OpenParcelCase, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on a dispute about an item; damage names its leg."""
    wanted = Place.CUSTOMER if command.cause is CaseCause.CONTESTED else Place.SHELF
    parcel = parcel_at(view, command.waybill, moment, wanted)
    if isinstance(parcel, Refused):
        return parcel
    leg = command.leg if command.cause is CaseCause.DAMAGED else DamageLeg.NOT_DAMAGE
    return [ParcelCaseOpened(command.waybill, command.cause, leg)]


def _distinct(waybills: Sequence[str]) -> Refused | None:
    if not waybills:
        return Refused(Refusal.NOTHING_TO_DO)
    if len(waybills) > LIST_MAX:
        return Refused(Refusal.TEXT_TOO_LONG, (("longest", LIST_MAX),))
    twice = next((one for place, one in enumerate(waybills) if one in waybills[:place]), None)
    return None if twice is None else Refused(Refusal.SCANNED_TWICE, (("waybill", twice),))


def give_back(command: orders.ReturnParcels, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on a return run: every item on hand, each once, both sides signing."""
    refused = _distinct([one.waybill for one in command.parcels]) or texts_refused(command.courier_name)
    if refused:
        return refused
    if not command.courier_signed:
        return Refused(Refusal.COURIER_MUST_SIGN)
    for one in command.parcels:
        parcel = parcel_at(view, one.waybill, moment, *_ON_HAND)
        if isinstance(parcel, Refused):
            return parcel
    return [ParcelsReturned(command.courier_no, command.courier_name, command.parcels)]


def sign_uplift(command: orders.SignUplift, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on handing accepted items to the courier: each once, both sides signing."""
    refused = _distinct(command.waybills) or texts_refused(command.courier_name)
    if refused:
        return refused
    if not command.courier_signed:
        return Refused(Refusal.COURIER_MUST_SIGN)
    for waybill in command.waybills:
        parcel = parcel_at(view, waybill, moment, Place.OUTBOUND)
        if isinstance(parcel, Refused):
            return parcel
    return [UpliftSigned(command.courier_no, command.courier_name, tuple(Waybill(one) for one in command.waybills))]


def declare_lost(command: orders.DeclareLost, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on a person's confirmation that an item is lost; never before its days are up, by HQ's terms if any."""
    parcel = parcel_at(view, command.waybill, moment, Place.MISSING, Place.CASE)
    if isinstance(parcel, Refused):
        return parcel
    terms = view.subject(ParcelTermsInForce, THE_TERMS)
    by_hq = terms is not None and terms.set_seq <= moment.seen_seq
    ordinary_days = terms.lost_days if terms is not None and by_hq else command.ordinary_days
    days, limit = days_missing(parcel, moment.business_date), lost_after_days(parcel.product, ordinary_days)
    if days <= limit:
        return Refused(Refusal.NOT_LOST_YET, (("days", days), ("limit", limit)))
    return [ParcelLost(command.waybill, days)]


def give_consent(command: orders.GiveConsent, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on noting a recipient's consent, for an item on its shelf or from it on."""
    parcel = parcel_at(view, command.waybill, moment, Place.SHELF)
    if isinstance(parcel, Refused):
        return parcel
    return [ConsentGiven(parcel.waybill, parcel.recipient, parcel.phone, command.scope, command.source)]


def revoke_consent(command: orders.RevokeConsent, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on noting that a standing consent is taken back."""
    parcel = view.subject(Parcel, command.waybill)
    if parcel is None:
        return Refused(Refusal.PARCEL_UNKNOWN, (("waybill", command.waybill),))
    standing = view.subject(StandingConsent, consent_key(parcel.recipient, parcel.phone))
    if standing is None or not standing.given_seq:
        return Refused(Refusal.NOTHING_TO_DO)
    return [ConsentRevoked(parcel.recipient, parcel.phone)]


def note_failed_try(command: orders.NoteFailedTry, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on noting a wrong second factor; a locked code needs no further note."""
    parcel = parcel_at(view, command.waybill, moment, Place.SHELF)
    if isinstance(parcel, Refused):
        return parcel
    return (
        Refused(Refusal.CODE_LOCKED, (("code", parcel.code),)) if parcel.locked else [PickupTryFailed(parcel.waybill)]
    )
