"""Which subjects the rule for each fact about parcels may ask the books for, from the record alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from station_journal.facts.parcels import (
    CodReturned,
    ConsentGiven,
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
    UpliftSigned,
)
from station_journal.parcel import Batch, CodeUse, CustodyTotal, Manifest, Parcel, StandingConsent, consent_key
from station_journal.subject import SubjectKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from station_journal.records import Record

_Keys = tuple[SubjectKey, ...]
_TOTALS: _Keys = tuple(SubjectKey(CustodyTotal.SUBJECT, place.name) for place in Place if place)


def _parcels(waybills: Iterable[str]) -> _Keys:
    return (*_TOTALS, *(SubjectKey(Parcel.SUBJECT, waybill) for waybill in waybills))


def _one(_seq: int, _record: Record, fact: Any) -> _Keys:  # noqa: ANN401 - any of the facts about one item
    return _parcels((fact.waybill,))


def _list(_seq: int, _record: Record, fact: Any) -> _Keys:  # noqa: ANN401 - any of the facts about several items
    return _parcels(line.waybill for line in fact.parcels)


def _scanned_in(_seq: int, _record: Record, fact: ParcelScannedIn) -> _Keys:
    return (
        *_parcels((fact.waybill,)),
        SubjectKey(CodeUse.SUBJECT, fact.code),
        SubjectKey(Batch.SUBJECT, str(fact.batch_no)),
        SubjectKey(StandingConsent.SUBJECT, consent_key(fact.recipient, fact.phone)),
    )


def _received(_seq: int, _record: Record, fact: ParcelsReceived) -> _Keys:
    waybills = [line.waybill for line in fact.missing] + [line.waybill for line in fact.given_back]
    batch, manifest = (Batch.SUBJECT, str(fact.batch_no)), (Manifest.SUBJECT, fact.manifest_no)
    return (*_parcels(waybills), SubjectKey(*batch), SubjectKey(*manifest))


def _reshelved(_seq: int, _record: Record, fact: ParcelReshelved) -> _Keys:
    return (*_parcels((fact.waybill,)), SubjectKey(CodeUse.SUBJECT, fact.code))


def _announced(_seq: int, _record: Record, fact: ManifestAnnounced) -> _Keys:
    waybills = (line.waybill for line in fact.lines)
    return (*_parcels(waybills), SubjectKey(Manifest.SUBJECT, fact.manifest_no))


KEYS: dict[type, Callable[[int, Record, Any], _Keys]] = {
    ParcelScannedIn: _scanned_in,
    ParcelsReceived: _received,
    ParcelReshelved: _reshelved,
    ReminderNoted: _one,
    ParcelsHandedOff: _list,
    ParcelRefused: _one,
    ParcelCaseOpened: _one,
    ParcelsReturned: _list,
    ParcelLost: _one,
    ParcelAccepted: _one,
    UpliftSigned: _list,
    ConsentGiven: _one,
    PickupTryFailed: _one,
    CodReturned: _one,
    ManifestAnnounced: _announced,
    ParcelRuled: _one,
}
"""By fact; a fact that is not named asks for none."""
