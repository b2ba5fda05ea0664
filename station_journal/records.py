"""The closed union of past facts that a journal may hold.

A record is a header (who, when, which business date, what of the other journal had been seen) with one fact. Position
first: (station code, epoch, seq) is bound by the digest chain and not repeated inside. Nothing a reader can derive is
stored: no balance after, no currency, no tariff fee, no random id.

Every fact class carries ``KIND``, its number on the wire, for ever. Kinds below 64 are the station's, kinds from 64 are
HQ's. A field is an ``int``, ``str``, ``bytes``, ``bool``, ``date``, an integer enum, or a tuple of such rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import ClassVar, NamedTuple

from station_journal.facts.commission import CommissionLine as CommissionLine  # noqa: PLC0414 - rows of a record
from station_journal.facts.services import ServiceHqFact, ServiceStationFact
from station_journal.quickly_made import quickly_made
from station_journal.side import Side as Side  # noqa: PLC0414 - records are read together with the journal they stand in

RULES_VERSION = 1
"""Version of the posting rules that new records are made under."""


class ActorKind(StrEnum):
    """Who made a record; system, operator and support are never confused (one key never signs for another)."""

    SYSTEM = "system"
    PERSON = "person"
    SUPPORT = "support"


class Actor(NamedTuple):
    """The author of a record: the machine itself, a person by number, or support by number.

    In the station's journal a person is an operator of the station; in HQ's journal a member of HQ's staff.
    """

    kind: ActorKind
    number: int = 0


SYSTEM = Actor(ActorKind.SYSTEM)


class OperatorRole(IntEnum):
    """What an operator of a station may do: the owner also manages operators, the clerk serves customers."""

    OWNER = 1
    CLERK = 2


class Outcome(IntEnum):
    """A biller's answer to a payment. Unknown is an answer too: it settles nothing and keeps the hold."""

    CONFIRMED = 1
    DECLINED = 2
    UNKNOWN = 3


class AnswerSource(IntEnum):
    """Where HQ has a biller's answer from."""

    REPLY = 1
    STATUS = 2
    SETTLEMENT_FILE = 3
    RULING = 4


class Equipment(IntEnum):
    """What an outage concerns."""

    LINK = 1
    PRINTER = 2
    CLOCK = 3
    SCANNER = 4
    CARD_TERMINAL = 5
    ID_READER = 6
    LABEL_PRINTER = 7


class DrawerReason(IntEnum):
    """Why an operator opened the cash drawer without a sale."""

    CHANGE = 1
    COUNT = 2
    OTHER = 3


class ReversalReason(IntEnum):
    """Why an operator asks to reverse a payment."""

    WRONG_AMOUNT = 1
    WRONG_ACCOUNT = 2
    CUSTOMER_WITHDREW = 3
    ENTERED_TWICE = 4


class AlarmCode(IntEnum):
    """What an integrity check at HQ found; the station is told the same code and amount."""

    DAY_DIGEST_DIFFERS = 1
    RULE_BROKEN = 2
    STATION_FORKED = 3
    LATE_CONFIRMATION = 4
    PAYOUT_REFUTED = 5
    LIMIT_EVASION = 6
    CASE_OVERDUE = 7
    SHELVES_FULL = 8
    BOOKS_DIFFER = 9
    OBJECT_TWICE = 10
    CLOSE_MISSING = 11
    KEY_TWICE = 12
    COURIER_MISSED = 13
    UNMATCHED_CREDIT = 14


@dataclass(frozen=True, slots=True)
class OperatorEnrolled:
    """An operator account was opened or changed at the station; the last record of a number is the one in force."""

    KIND: ClassVar[int] = 1
    operator_no: int
    name: str
    role: OperatorRole


@dataclass(frozen=True, slots=True)
class TariffAdopted:
    """From this record on the station sells by the tariff with this SHA-256; its content had been verified."""

    KIND: ClassVar[int] = 2
    tariff_hash: bytes


@quickly_made
@dataclass(frozen=True, slots=True)
class BillPaymentTaken:
    """A customer's cash was taken for a bill and the station's credit held for it.

    ``operation_no`` is the counter's own dense number of the job, so that no job takes effect twice. ``bill_no`` is
    the biller's (empty where the biller keeps none, as for a top-up). ``payer_name`` is masked. An ``offline`` payment
    is final towards the customer, within the allowance of its product; any other waits for the biller.
    """

    KIND: ClassVar[int] = 3
    operation_no: int
    product_code: int
    account_no: str
    bill_no: str
    bill_period: str
    payer_name: str
    amount_fen: int
    tendered_fen: int
    offline: bool


@dataclass(frozen=True, slots=True)
class ReceiptIssued:
    """A receipt was issued for a payment; receipts are numbered without a gap by counting these records."""

    KIND: ClassVar[int] = 4
    payment_seq: int


@dataclass(frozen=True, slots=True)
class PendingSlipIssued:
    """A slip was issued that the result of a payment is unknown and that nothing is to be done twice."""

    KIND: ClassVar[int] = 5
    payment_seq: int


@dataclass(frozen=True, slots=True)
class CopyIssued:
    """A marked copy of an issued receipt or slip was asked for; ``of_seq`` names the issuing record."""

    KIND: ClassVar[int] = 6
    of_seq: int
    copy_no: int


@dataclass(frozen=True, slots=True)
class CashReturned:
    """The customer of a declined or reversed payment got the cash back from the drawer."""

    KIND: ClassVar[int] = 7
    payment_seq: int


@dataclass(frozen=True, slots=True)
class PaymentResubmitted:
    """A declined payment whose cash the station still holds was sent again as a new payment at this record."""

    KIND: ClassVar[int] = 8
    payment_seq: int
    operation_no: int


@dataclass(frozen=True, slots=True)
class ReversalRequested:
    """An operator asked to reverse a whole confirmed payment; nothing moves until HQ answers."""

    KIND: ClassVar[int] = 9
    payment_seq: int
    reason: ReversalReason


class ServiceTotal(NamedTuple):
    """Revenue of one product on one business date."""

    product_code: int
    item_count: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class BusinessDayEnded:
    """A business date ended; written by the system at cut-off or at the next start, zero revenue included.

    ``accounts_digest`` is the digest of the station's accounts just before this record, which HQ compares with its own.
    """

    KIND: ClassVar[int] = 10
    ended_date: date
    services: tuple[ServiceTotal, ...]
    accounts_digest: bytes


@dataclass(frozen=True, slots=True)
class OutageOpened:
    """Equipment stopped answering; the closing record names this one."""

    KIND: ClassVar[int] = 11
    equipment: Equipment


@dataclass(frozen=True, slots=True)
class OutageClosed:
    """Equipment answers again."""

    KIND: ClassVar[int] = 12
    equipment: Equipment
    opened_seq: int


@dataclass(frozen=True, slots=True)
class ClockConfirmed:
    """The operator was asked about a clock more than a day ahead of HQ's last time, and confirmed this date."""

    KIND: ClassVar[int] = 13
    confirmed_date: date


@dataclass(frozen=True, slots=True)
class DrawerOpened:
    """An operator had the cash drawer opened without a sale; it moves no money."""

    KIND: ClassVar[int] = 58
    reason: DrawerReason


@dataclass(frozen=True, slots=True)
class CreditGranted:
    """A credit purchase was approved: the station may spend this much more. Maker and approver are staff numbers."""

    KIND: ClassVar[int] = 64
    amount_fen: int
    purchase_no: int
    maker_no: int
    approver_no: int


@dataclass(frozen=True, slots=True)
class TariffPublished:
    """A tariff was published to this station; it may be adopted from ``effective_on``."""

    KIND: ClassVar[int] = 65
    tariff_hash: bytes
    effective_on: date


@quickly_made
@dataclass(frozen=True, slots=True)
class BillerAnswered:
    """What a biller says of a payment: confirmed captures the hold, declined releases it, unknown keeps it."""

    KIND: ClassVar[int] = 66
    payment_seq: int
    outcome: Outcome
    source: AnswerSource
    biller_no: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReversalAnswered:
    """What a biller says of a reversal: accepted puts every account back, refused moves nothing."""

    KIND: ClassVar[int] = 67
    payment_seq: int
    accepted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class InvoiceIssued:
    """A branch handed out the invoice for a receipt; at most once."""

    KIND: ClassVar[int] = 68
    payment_seq: int
    invoice_no: str


@dataclass(frozen=True, slots=True)
class CommissionStated:
    """The month's commission: gross by line, tax withheld, and the net that will be paid. ``month`` is YYYYMM."""

    KIND: ClassVar[int] = 69
    month: int
    gross_fen: int
    tax_fen: int
    tax_rule: str
    lines: tuple[CommissionLine, ...]


@dataclass(frozen=True, slots=True)
class StaffNamed:
    """A member of HQ's staff who signs records of this journal, by number and name."""

    KIND: ClassVar[int] = 70
    staff_no: int
    name: str


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    """An integrity check at HQ found something about a record of the station; it moves no money."""

    KIND: ClassVar[int] = 71
    code: AlarmCode
    station_seq: int
    amount_fen: int


StationFact = (
    OperatorEnrolled
    | TariffAdopted
    | BillPaymentTaken
    | ReceiptIssued
    | PendingSlipIssued
    | CopyIssued
    | CashReturned
    | PaymentResubmitted
    | ReversalRequested
    | BusinessDayEnded
    | OutageOpened
    | OutageClosed
    | ClockConfirmed
    | DrawerOpened
    | ServiceStationFact
)
HqFact = (
    CreditGranted
    | TariffPublished
    | BillerAnswered
    | ReversalAnswered
    | InvoiceIssued
    | CommissionStated
    | StaffNamed
    | AlarmRaised
    | ServiceHqFact
)
Fact = StationFact | HqFact


@quickly_made
@dataclass(frozen=True, slots=True)
class Record:
    """A fact with its header.

    ``recorded_at`` is UTC to the second and never decides order. ``seen_seq`` is the last record of the other journal
    that the writer had seen: a station record comes after every HQ record up to it. ``rules_version`` pins the posting
    rules the figures were made under.
    """

    recorded_at: datetime
    business_date: date
    actor: Actor
    seen_seq: int
    rules_version: int
    fact: Fact
