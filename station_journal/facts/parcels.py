"""Facts about parcels 包裹: announced by HQ, scanned in, handed off, returned, accepted for dispatch.

What a customer's phone is looked up by is its first three and last four digits; the whole number stands only in the
contacts document that a manifest names, which can be erased while the journal stands. A recipient is masked already.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, NamedTuple


class ParcelProduct(IntEnum):
    """What kind of item it is: how long until it counts as lost follows from it (article 1, quality indicators)."""

    ORDINARY = 1
    JD = 2
    TV_SHOP = 3


class ParcelCondition(IntEnum):
    """How an item looked when it was scanned in; damage then belongs to the leg before the station."""

    WHOLE = 1
    DAMAGED_BEFORE = 2


class GivenBack(IntEnum):
    """Why an item that was scanned in went straight back with the courier."""

    NOT_ANNOUNCED = 1
    WRONG_STATION = 2
    NOT_AGREED = 3


class Found(IntEnum):
    """How the customer's parcel was found at the counter."""

    PICKUP_CODE = 1
    PHONE_TAIL = 2
    WAYBILL = 3


class IdentityShown(IntEnum):
    """Which document was shown; never its whole number."""

    NONE = 0
    RESIDENT_ID = 1
    RESIDENCE_PERMIT = 2
    PASSPORT = 3
    OFFICER_ID = 4


class ReminderOutcome(IntEnum):
    """What became of a reminder 催领."""

    NOTIFIED = 1
    NOT_REACHED = 2


class ReturnReason(IntEnum):
    """Why an item goes back 退回; a return without a reason is none."""

    OVERDUE = 1
    REFUSED = 2
    DAMAGED = 3
    WRONG_STATION = 4
    RECALLED = 5


class CaseCause(IntEnum):
    """Why an item is under dispute."""

    DAMAGED = 1
    NOT_FOUND = 2
    CONTESTED = 3


class DamageLeg(IntEnum):
    """On which leg damage happened: who answers for it."""

    NOT_DAMAGE = 0
    BEFORE_STATION = 1
    AT_STATION = 2


class Place(IntEnum):
    """Where an item is, by record; it is in one place at a time."""

    NOWHERE = 0
    EXPECTED = 1
    MISSING = 2
    SHELF = 3
    CUSTOMER = 4
    COURIER = 5
    LOST = 6
    CASE = 7
    OUTBOUND = 8


class ConsentScope(IntEnum):
    """What a recipient agreed to be kept at the station for."""

    ITEM = 1
    STANDING = 2


class ConsentSource(IntEnum):
    """How a recipient's consent was heard."""

    AT_COUNTER = 1
    BY_PHONE = 2


class Waybill(NamedTuple):
    """One item in a list."""

    waybill: str


class WaybillGivenBack(NamedTuple):
    """One item that went straight back with the courier."""

    waybill: str
    why: GivenBack


class HandedParcel(NamedTuple):
    """One item of a hand-off, with the raw text that was scanned off it then."""

    waybill: str
    scanned: str


class ReturnedParcel(NamedTuple):
    """One item of a return run, with its reason."""

    waybill: str
    reason: ReturnReason


@dataclass(frozen=True, slots=True)
class ParcelScannedIn:
    """An item was scanned in from the courier and put on a shelf; its label is printed from this record.

    ``batch_no`` is the number of the batch's first such record. ``code`` is the pickup code, ``phone`` three and four
    digits of the recipient's or only the last four. ``recipient`` is masked.
    """

    KIND: ClassVar[int] = 22
    batch_no: int
    waybill: str
    code: str
    carrier: str
    recipient: str
    phone: str
    condition: ParcelCondition


@dataclass(frozen=True, slots=True)
class ParcelsReceived:
    """A batch was received: courier and station signed what is missing of the manifest and what went back at once.

    ``courier_signed`` tells that the courier signed with an own PIN; without it nothing differed, and the courier
    signed the paper only.
    """

    KIND: ClassVar[int] = 23
    batch_no: int
    manifest_no: str
    courier_no: int
    courier_name: str
    courier_signed: bool
    missing: tuple[Waybill, ...]
    given_back: tuple[WaybillGivenBack, ...]


@dataclass(frozen=True, slots=True)
class ParcelReshelved:
    """An item got another place and pickup code; a new label is printed, and a locked code is locked no more."""

    KIND: ClassVar[int] = 24
    waybill: str
    code: str


@dataclass(frozen=True, slots=True)
class ReminderNoted:
    """The operator reminded a recipient, or could not."""

    KIND: ClassVar[int] = 25
    waybill: str
    outcome: ReminderOutcome


@dataclass(frozen=True, slots=True)
class ParcelsHandedOff:
    """Items were handed to the recipient or an agent, each after its label was scanned (domain rule 4.3: proof).

    ``collected_fen`` is the cash on delivery of all of them, exactly; ``tendered_fen`` what was given. An agent (empty
    phone tail: none) is told by relation and the last digits of the phone, the name where it was typed. Of a document
    only its kind and the last four characters of its number are kept.
    """

    KIND: ClassVar[int] = 26
    parcels: tuple[HandedParcel, ...]
    found: Found
    collected_fen: int
    tendered_fen: int
    agent_name: str
    agent_relation: str
    agent_phone_tail: str
    identity: IdentityShown
    identity_tail: str


@dataclass(frozen=True, slots=True)
class ParcelRefused:
    """The recipient refused an item 拒收; it waits on its shelf to be returned, and nothing is booked."""

    KIND: ClassVar[int] = 27
    waybill: str


@dataclass(frozen=True, slots=True)
class ParcelCaseOpened:
    """An item is under dispute: damaged, not found, or said not to have been received; HQ rules on it."""

    KIND: ClassVar[int] = 28
    waybill: str
    cause: CaseCause
    leg: DamageLeg


@dataclass(frozen=True, slots=True)
class ParcelsReturned:
    """Items were given to the courier to go back, counted by scan and signed by both sides."""

    KIND: ClassVar[int] = 29
    courier_no: int
    courier_name: str
    parcels: tuple[ReturnedParcel, ...]


@dataclass(frozen=True, slots=True)
class ParcelLost:
    """A person confirmed that an item is lost, after ``days`` days by the rule; no timer does."""

    KIND: ClassVar[int] = 30
    waybill: str
    days: int


@dataclass(frozen=True, slots=True)
class ParcelAccepted:
    """An item was accepted for dispatch 收寄: sender's document seen, content inspected, postage taken.

    Rule (domain rules 4.5): who shows no valid document, or will not have the content inspected, is not served.
    ``sender`` is masked; of the number only the last four characters are kept.
    """

    KIND: ClassVar[int] = 31
    waybill: str
    carrier: str
    sender: str
    identity: IdentityShown
    identity_tail: str
    inspected: bool
    postage_fen: int
    tendered_fen: int


@dataclass(frozen=True, slots=True)
class UpliftSigned:
    """Accepted items were given to the courier, counted by scan and signed by both sides."""

    KIND: ClassVar[int] = 32
    courier_no: int
    courier_name: str
    parcels: tuple[Waybill, ...]


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """A recipient agreed that items are kept at the station: this one, or all from now on (domain rule 4.3)."""

    KIND: ClassVar[int] = 33
    waybill: str
    recipient: str
    phone: str
    scope: ConsentScope
    source: ConsentSource


@dataclass(frozen=True, slots=True)
class ConsentRevoked:
    """A recipient took a standing consent back."""

    KIND: ClassVar[int] = 34
    recipient: str
    phone: str


@dataclass(frozen=True, slots=True)
class PickupTryFailed:
    """A pickup code came with the wrong last digits of the phone; after five the code is locked."""

    KIND: ClassVar[int] = 35
    waybill: str


@dataclass(frozen=True, slots=True)
class CodReturned:
    """The customer brought an item back on the day it was collected and has its cash on delivery again, to the fen."""

    KIND: ClassVar[int] = 36
    waybill: str
    amount_fen: int


class ManifestLine(NamedTuple):
    """One announced item: what its sender wants collected (0 for nothing), and whether it goes against a document.

    ``consented`` tells that the recipient agreed to the station beforehand, as the carrier says.
    """

    waybill: str
    carrier: str
    product: ParcelProduct
    sender: str
    cod_fen: int
    registered: bool
    consented: bool


@dataclass(frozen=True, slots=True)
class ManifestAnnounced:
    """A courier will bring these items. ``contacts_hash`` names the document with recipients and phones."""

    KIND: ClassVar[int] = 78
    manifest_no: str
    courier_no: int
    contacts_hash: bytes
    lines: tuple[ManifestLine, ...]


@dataclass(frozen=True, slots=True)
class ParcelRuled:
    """HQ's finding on where an item under dispute, missing or lost is; it moves no money."""

    KIND: ClassVar[int] = 79
    waybill: str
    place: Place
    reason: str


@dataclass(frozen=True, slots=True)
class CourierNamed:
    """A courier who may sign at the station, with the Argon2id hash of an own PIN (empty: none); the last one holds."""

    KIND: ClassVar[int] = 80
    courier_no: int
    name: str
    company: str
    pin_hash: str


ParcelStationFact = (
    ParcelScannedIn
    | ParcelsReceived
    | ParcelReshelved
    | ReminderNoted
    | ParcelsHandedOff
    | ParcelRefused
    | ParcelCaseOpened
    | ParcelsReturned
    | ParcelLost
    | ParcelAccepted
    | UpliftSigned
    | ConsentGiven
    | ConsentRevoked
    | PickupTryFailed
    | CodReturned
)
ParcelHqFact = ManifestAnnounced | ParcelRuled | CourierNamed
