"""What the facts about parcels do: custody, which balances like money, and cash on delivery.

Every item is in one place by record. A move that the books do not bear out still happened in the shop, so it is never
refused here: custody follows the record, the rule that it broke is named, and cash in doubt rests in suspense. The
places' totals follow from the moves.

An HQ record acts only on what its writer had seen of the station, a station record only on what it had seen of HQ's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from station_journal.accounts import Account, Ledger, Posting
from station_journal.effects import NOTHING, At, Effects, move, suspense
from station_journal.facts.parcels import (
    CaseCause,
    CodReturned,
    ConsentGiven,
    ConsentRevoked,
    ConsentScope,
    CourierNamed,
    ManifestAnnounced,
    ParcelAccepted,
    ParcelCaseOpened,
    ParcelLost,
    ParcelRefused,
    ParcelReshelved,
    ParcelRuled,
    ParcelScannedIn,
    ParcelsHandedOff,
    ParcelsReceived,
    ParcelsReturned,
    PickupTryFailed,
    Place,
    ReminderNoted,
    ReturnReason,
    UpliftSigned,
)
from station_journal.parcel import (
    Batch,
    BatchItem,
    CodeUse,
    Courier,
    CustodyTotal,
    Manifest,
    Parcel,
    StandingConsent,
    consent_key,
)
from station_journal.payment import Suspense
from station_journal.rules.parcel_changes import ON_HAND, ParcelChanges
from station_journal.rules.parcel_keys import KEYS as KEYS  # noqa: PLC0414 - part of what a service gives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from station_journal.subject import Subject

_DRAWER = Ledger(Account.DRAWER)
_FREE = Ledger(Account.CREDIT_FREE)
_SHOP = Ledger(Account.SHOP_FUNDS)
_SCANNABLE = frozenset({Place.NOWHERE, Place.EXPECTED, Place.MISSING})
_RULABLE = frozenset({Place.MISSING, Place.LOST, Place.CASE, Place.SHELF})


def _scanned_in(at: At, fact: ParcelScannedIn) -> Effects:
    changes = ParcelChanges(at)
    parcel = changes.parcel(fact.waybill)
    if parcel.where_seen(changes.seen_seq) not in _SCANNABLE:
        return Effects(broken=Suspense.PARCEL_TWICE)
    standing = at.books.subject(StandingConsent, consent_key(fact.recipient, fact.phone)) if fact.phone else None
    changes.take_code(fact.code, fact.waybill)
    changes.move(
        parcel,
        Place.SHELF,
        batch_no=fact.batch_no,
        code=fact.code,
        scanned_carrier=fact.carrier,
        recipient=fact.recipient,
        phone=fact.phone,
        condition=fact.condition,
        received_on=changes.today,
        consented=standing is not None and standing.given_seq > 0,
    )
    batch = at.books.subject(Batch, str(fact.batch_no)) or Batch(fact.batch_no)
    if batch.received_seq:
        changes.breaks(Suspense.PARCEL_TWICE)
    changes.keep(replace(batch, items=(*batch.items, BatchItem(fact.waybill, fact.condition))))
    return changes.effects()


def _received(at: At, fact: ParcelsReceived) -> Effects:
    changes = ParcelChanges(at)
    batch = at.books.subject(Batch, str(fact.batch_no)) or Batch(fact.batch_no)
    if batch.received_seq:
        changes.breaks(Suspense.PARCEL_TWICE)
    changes.keep(replace(batch, received_seq=batch.received_seq or at.seq))
    if fact.manifest_no:
        manifest = at.books.subject(Manifest, fact.manifest_no) or Manifest(fact.manifest_no)
        changes.keep(replace(manifest, received_seq=manifest.received_seq or at.seq))
    for line in fact.missing:
        parcel = changes.parcel(line.waybill)
        if parcel.where_seen(changes.seen_seq) is Place.EXPECTED:
            changes.move(parcel, Place.MISSING)
        else:
            changes.breaks(Suspense.PARCEL_NOT_HERE)
    for back in fact.given_back:
        parcel = changes.parcel(back.waybill)
        where = parcel.where_seen(changes.seen_seq)
        if where not in _SCANNABLE | {Place.SHELF}:
            changes.breaks(Suspense.PARCEL_NOT_HERE)
        changes.move(parcel, Place.COURIER)
    return changes.effects()


def _reshelved(at: At, fact: ParcelReshelved) -> Effects:
    changes = ParcelChanges(at)
    parcel = changes.parcel(fact.waybill)
    if parcel.where_seen(changes.seen_seq) not in ON_HAND:
        return Effects(broken=Suspense.PARCEL_NOT_HERE)
    if parcel.code != fact.code:
        changes.free_code(parcel)
    changes.take_code(fact.code, fact.waybill)
    changes.act(parcel, custody=Place.SHELF, code=fact.code, tries=0)
    return changes.effects()


def _reminder(at: At, fact: ReminderNoted) -> Effects:
    changes = ParcelChanges(at)
    parcel = changes.parcel(fact.waybill)
    if parcel.where_seen(changes.seen_seq) is not Place.SHELF:
        return Effects(broken=Suspense.PARCEL_NOT_HERE)
    changes.act(parcel, reminders=parcel.reminders + 1, reminded_on=changes.today)
    return changes.effects()


def _handed_off(at: At, fact: ParcelsHandedOff) -> Effects:
    changes = ParcelChanges(at)
    due: list[tuple[Parcel, int]] = []
    for line in fact.parcels:
        parcel = changes.parcel(line.waybill)
        where = parcel.where_seen(changes.seen_seq)
        if where is Place.CUSTOMER:
            changes.breaks(Suspense.PARCEL_TWICE)
            continue
        if where is not Place.SHELF:
            changes.breaks(Suspense.PARCEL_NOT_HERE)
        due_fen = parcel.cod_due_fen(changes.seen_seq)
        moved = changes.move(parcel, Place.CUSTOMER, paid_fen=parcel.paid_fen + due_fen)
        due.append((moved, due_fen))
    if fact.collected_fen != sum(fen for _, fen in due):
        changes.breaks(Suspense.COD_NOT_EXACT)
    if fact.collected_fen > at.books.credit_free_fen(changes.seen_seq):
        changes.breaks(Suspense.OVER_CREDIT)
    if changes.broken is not None:
        return changes.effects(move(_DRAWER, suspense(changes.broken), fact.collected_fen))
    owed: list[Posting] = []
    for parcel, due_fen in due:
        owed += move(_FREE, Ledger(Account.COD_PAYABLE, parcel.sender), due_fen)
        if due_fen:
            changes.change(parcel, booked_fen=due_fen, booked_on=changes.today)
    return changes.effects((*move(_DRAWER, _SHOP, fact.collected_fen), *owed))


def _cod_returned(at: At, fact: CodReturned) -> Effects:
    """Give the cash of an item that is on hand again back, and the credit; the sender is owed nothing for it then."""
    changes = ParcelChanges(at)
    parcel = changes.parcel(fact.waybill)
    if parcel.where_seen(changes.seen_seq) not in ON_HAND:
        changes.breaks(Suspense.PARCEL_NOT_HERE)
    elif fact.amount_fen != parcel.returnable_fen(changes.today) or not fact.amount_fen:
        changes.breaks(Suspense.COD_NOT_RETURNABLE)
    if changes.broken is not None:
        return changes.effects(move(suspense(changes.broken), _DRAWER, fact.amount_fen))
    changes.act(parcel, paid_fen=parcel.paid_fen - fact.amount_fen, booked_fen=0)
    owed = Ledger(Account.COD_PAYABLE, parcel.sender)
    return changes.effects((*move(_SHOP, _DRAWER, fact.amount_fen), *move(owed, _FREE, fact.amount_fen)))


def _refused(at: At, fact: ParcelRefused) -> Effects:
    changes = ParcelChanges(at)
    parcel = changes.parcel(fact.waybill)
    if parcel.where_seen(changes.seen_seq) is not Place.SHELF:
        return Effects(broken=Suspense.PARCEL_NOT_HERE)
    changes.act(parcel, return_reason=int(ReturnReason.REFUSED))
    return changes.effects()


def _case_opened(at: At, fact: ParcelCaseOpened) -> Effects:
    changes = ParcelChanges(at)
    parcel = changes.parcel(fact.waybill)
    wanted = Place.CUSTOMER if fact.cause is CaseCause.CONTESTED else Place.SHELF
    if parcel.where_seen(changes.seen_seq) is not wanted:
        return Effects(broken=Suspense.PARCEL_NOT_HERE)
    damaged = {"return_reason": int(ReturnReason.DAMAGED)} if fact.cause is CaseCause.DAMAGED else {}
    changes.move(parcel, Place.CASE, **damaged)
    return changes.effects()


def _returned(at: At, fact: ParcelsReturned) -> Effects:
    changes = ParcelChanges(at)
    for line in fact.parcels:
        _gone_with_courier(changes, line.waybill, ON_HAND, return_reason=int(line.reason))
    return changes.effects()


def _uplifted(at: At, fact: UpliftSigned) -> Effects:
    changes = ParcelChanges(at)
    for line in fact.parcels:
        _gone_with_courier(changes, line.waybill, frozenset({Place.OUTBOUND}))
    return changes.effects()


def _gone_with_courier(changes: ParcelChanges, waybill: str, expected: frozenset[Place], **fields: int) -> None:
    parcel = changes.parcel(waybill)
    where = parcel.where_seen(changes.seen_seq)
    if where is Place.COURIER:
        changes.breaks(Suspense.PARCEL_TWICE)
        return
    if where not in expected:
        changes.breaks(Suspense.PARCEL_NOT_HERE)
    changes.move(parcel, Place.COURIER, **fields)


def _lost(at: At, fact: ParcelLost) -> Effects:
    changes = ParcelChanges(at)
    parcel = changes.parcel(fact.waybill)
    if parcel.where_seen(changes.seen_seq) not in {Place.MISSING, Place.CASE}:
        return Effects(broken=Suspense.PARCEL_NOT_HERE)
    changes.move(parcel, Place.LOST)
    return changes.effects()


def _accepted(at: At, fact: ParcelAccepted) -> Effects:
    """Take an item for dispatch: its postage is cash of the shop, for which credit passes to the carrier's account."""
    changes = ParcelChanges(at)
    parcel = changes.parcel(fact.waybill)
    if parcel.custody is not Place.NOWHERE:
        changes.breaks(Suspense.PARCEL_TWICE)
    else:
        changes.move(
            parcel,
            Place.OUTBOUND,
            outbound=True,
            scanned_carrier=fact.carrier,
            recipient=fact.sender,
            received_on=changes.today,
            paid_fen=fact.postage_fen,
        )
    if fact.postage_fen > at.books.credit_free_fen(changes.seen_seq):
        changes.breaks(Suspense.OVER_CREDIT)
    if changes.broken is not None:
        return changes.effects(move(_DRAWER, suspense(changes.broken), fact.postage_fen))
    postage = Ledger(Account.POSTAGE_PAYABLE, fact.carrier)
    return changes.effects((*move(_DRAWER, _SHOP, fact.postage_fen), *move(_FREE, postage, fact.postage_fen)))


def _consent_given(at: At, fact: ConsentGiven) -> Effects:
    changes = ParcelChanges(at)
    if fact.scope is ConsentScope.STANDING:
        changes.keep(StandingConsent(fact.recipient, fact.phone, at.seq))
    if fact.waybill:
        parcel = changes.parcel(fact.waybill)
        if parcel.where_seen(changes.seen_seq) is not Place.SHELF:
            changes.breaks(Suspense.PARCEL_NOT_HERE)
        else:
            changes.act(parcel, consented=True)
    return changes.effects()


def _consent_revoked(_at: At, fact: ConsentRevoked) -> Effects:
    return Effects(subjects=(StandingConsent(fact.recipient, fact.phone, 0),))


def _try_failed(at: At, fact: PickupTryFailed) -> Effects:
    changes = ParcelChanges(at)
    parcel = changes.parcel(fact.waybill)
    if parcel.where_seen(changes.seen_seq) is not Place.SHELF:
        return Effects(broken=Suspense.PARCEL_NOT_HERE)
    changes.act(parcel, tries=parcel.tries + 1)
    return changes.effects()


def _announced(at: At, fact: ManifestAnnounced) -> Effects:
    """Write HQ's half of every item; an item that an earlier manifest announced keeps that one's."""
    changes = ParcelChanges(at)
    manifest = at.books.subject(Manifest, fact.manifest_no) or Manifest(fact.manifest_no)
    if manifest.announced_seq:
        return NOTHING
    changes.keep(
        replace(
            manifest,
            courier_no=fact.courier_no,
            contacts_hash=fact.contacts_hash,
            line_count=len(fact.lines),
            cod_fen=sum(line.cod_fen for line in fact.lines),
            announced_seq=at.seq,
            announced_on=at.record.business_date,
        )
    )
    for line in fact.lines:
        parcel = changes.parcel(line.waybill)
        if parcel.announced_seq:
            continue
        changes.change(
            parcel,
            manifest_no=fact.manifest_no,
            announced_carrier=line.carrier,
            product=line.product,
            sender=line.sender,
            cod_fen=line.cod_fen,
            registered=line.registered,
            announced_consent=line.consented,
            announced_seq=at.seq,
            announced_on=at.record.business_date,
        )
    return changes.effects()


def _ruled(at: At, fact: ParcelRuled) -> Effects:
    """Let HQ's finding lie over what the station recorded, if HQ had seen the last of that; one finding at a time."""
    changes = ParcelChanges(at)
    parcel = changes.parcel(fact.waybill)
    seen = 0 < parcel.custody_seq <= at.record.seen_seq
    if not seen or parcel.ruled_seq or parcel.custody not in _RULABLE or fact.place is Place.NOWHERE:
        return NOTHING
    changes.change(parcel, ruled_place=fact.place, ruled_seq=at.seq)
    return changes.effects()


def _courier_named(_at: At, fact: CourierNamed) -> Effects:
    return Effects(subjects=(Courier(fact.courier_no, fact.name, fact.company, fact.pin_hash),))


RULES: dict[type, Callable[[At, Any], Effects]] = {
    ParcelScannedIn: _scanned_in,
    ParcelsReceived: _received,
    ParcelReshelved: _reshelved,
    ReminderNoted: _reminder,
    ParcelsHandedOff: _handed_off,
    ParcelRefused: _refused,
    ParcelCaseOpened: _case_opened,
    ParcelsReturned: _returned,
    ParcelLost: _lost,
    ParcelAccepted: _accepted,
    UpliftSigned: _uplifted,
    ConsentGiven: _consent_given,
    ConsentRevoked: _consent_revoked,
    PickupTryFailed: _try_failed,
    CodReturned: _cod_returned,
    ManifestAnnounced: _announced,
    ParcelRuled: _ruled,
    CourierNamed: _courier_named,
}
SUBJECTS: tuple[type[Subject], ...] = (Parcel, CustodyTotal, CodeUse, Manifest, Courier, Batch, StandingConsent)


def custody_counts(parcels: Iterable[Parcel]) -> dict[Place, int]:
    """Count items by place, to hold against the totals that the moves kept."""
    counts: dict[Place, int] = {}
    for parcel in parcels:
        if parcel.where is not Place.NOWHERE:
            counts[parcel.where] = counts.get(parcel.where, 0) + 1
    return counts
