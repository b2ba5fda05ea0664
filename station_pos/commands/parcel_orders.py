"""The commands about parcels, in the imperative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from station_journal.facts.parcels import (
        CaseCause,
        ConsentScope,
        ConsentSource,
        DamageLeg,
        Found,
        GivenBack,
        HandedParcel,
        IdentityShown,
        ParcelCondition,
        ReminderOutcome,
        ReturnedParcel,
    )


@dataclass(frozen=True, slots=True)
class ScanInParcel:
    """Put an item from the courier on a shelf; ``batch_no`` is 0 for the first of a batch.

    ``code`` is a free pickup code, ``phone`` what the journal keeps of the recipient's number, ``recipient`` masked.
    """

    operator_no: int
    batch_no: int
    waybill: str
    code: str
    carrier: str
    recipient: str
    phone: str
    condition: ParcelCondition


@dataclass(frozen=True, slots=True)
class SignBatch:
    """Receive a batch with both signatures; ``courier_signed`` is whether the courier's PIN was right."""

    operator_no: int
    batch_no: int
    manifest_no: str
    courier_no: int
    courier_name: str
    courier_signed: bool
    missing: tuple[str, ...] = ()
    given_back: tuple[tuple[str, GivenBack], ...] = ()


@dataclass(frozen=True, slots=True)
class ReshelveParcel:
    """Give an item another place and pickup code."""

    operator_no: int
    waybill: str
    code: str


@dataclass(frozen=True, slots=True)
class NoteReminder:
    """Note that a recipient was reminded, or could not be."""

    operator_no: int
    waybill: str
    outcome: ReminderOutcome


@dataclass(frozen=True, slots=True)
class Agent:
    """Who collects for the recipient: name (may be empty), relation, last four digits of the phone."""

    name: str
    relation: str
    phone_tail: str


@dataclass(frozen=True, slots=True)
class HandOffParcels:
    """Hand scanned items to the recipient or an agent; cash on delivery is collected with it.

    ``identity_tail`` is the last four characters of the document's number, ``phone_tail`` the recipient's last four
    digits where they were asked for.
    """

    operator_no: int
    parcels: tuple[HandedParcel, ...]
    found: Found
    tendered_fen: int
    identity: IdentityShown
    identity_tail: str = ""
    agent: Agent | None = None
    phone_tail: str = ""


@dataclass(frozen=True, slots=True)
class RefuseParcel:
    """Note that the recipient refuses an item."""

    operator_no: int
    waybill: str


@dataclass(frozen=True, slots=True)
class ReturnCod:
    """Hand the cash on delivery of an item that was brought back to the customer again."""

    operator_no: int
    waybill: str


@dataclass(frozen=True, slots=True)
class CountShelves:
    """Note, as the system, that the shelves are full or have room again."""

    held: int
    room: int


@dataclass(frozen=True, slots=True)
class OpenParcelCase:
    """Put an item under dispute."""

    operator_no: int
    waybill: str
    cause: CaseCause
    leg: DamageLeg


@dataclass(frozen=True, slots=True)
class ReturnParcels:
    """Give scanned items back to the courier, both sides signing by PIN."""

    operator_no: int
    courier_no: int
    courier_name: str
    courier_signed: bool
    parcels: tuple[ReturnedParcel, ...]


@dataclass(frozen=True, slots=True)
class DeclareLost:
    """Confirm, as a person, that a listed item is lost; ``ordinary_days`` is the limit of an ordinary item."""

    operator_no: int
    waybill: str
    ordinary_days: int


@dataclass(frozen=True, slots=True)
class AcceptParcel:
    """Accept an item for dispatch. ``document_no`` is checked and not kept; ``document_name`` is empty if not read."""

    operator_no: int
    waybill: str
    carrier: str
    sender_name: str
    identity: IdentityShown
    document_no: str
    document_name: str
    inspected: bool
    postage_fen: int
    tendered_fen: int


@dataclass(frozen=True, slots=True)
class SignUplift:
    """Give accepted items to the courier, both sides signing by PIN."""

    operator_no: int
    courier_no: int
    courier_name: str
    courier_signed: bool
    waybills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GiveConsent:
    """Note that a recipient agrees to the station, for one item or from now on."""

    operator_no: int
    waybill: str
    scope: ConsentScope
    source: ConsentSource


@dataclass(frozen=True, slots=True)
class RevokeConsent:
    """Note that the recipient of an item takes a standing consent back."""

    operator_no: int
    waybill: str


@dataclass(frozen=True, slots=True)
class NoteFailedTry:
    """Note that a pickup code came with wrong digits of the phone."""

    operator_no: int
    waybill: str


ParcelCommand = (
    ScanInParcel
    | SignBatch
    | ReshelveParcel
    | NoteReminder
    | HandOffParcels
    | RefuseParcel
    | OpenParcelCase
    | ReturnParcels
    | DeclareLost
    | AcceptParcel
    | SignUplift
    | GiveConsent
    | RevokeConsent
    | NoteFailedTry
    | ReturnCod
    | CountShelves
)
