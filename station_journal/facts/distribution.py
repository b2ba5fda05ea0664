"""Distribution 分销 and insurance leads: goods ordered by HQ's list, their way to the station, and who may take leads.

No money moves here: goods are settled outside (article 8, part three, item four 3(4)), so orders hold quantities, and
what is payable follows from the list they were ordered by.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import ClassVar, NamedTuple


class GoodsLine(NamedTuple):
    """So many of one item of the list."""

    item_code: int
    quantity: int


class OrderAnswer(IntEnum):
    """What HQ says of an order."""

    ACCEPTED = 1
    REFUSED = 2


class LeadKind(IntEnum):
    """What a customer wants to be called back about."""

    LIFE = 1
    ACCIDENT = 2
    MOTOR = 3
    PROPERTY = 4


class LeadOutcome(IntEnum):
    """What became of a lead."""

    CALLED = 1
    NOT_REACHED = 2
    DECLINED = 3
    CONTRACT = 4


@dataclass(frozen=True, slots=True)
class GoodsOrdered:
    """An operator ordered goods by the list with this SHA-256; the record's number is the order's.

    Read, and written no more: ``OrderPlaced`` took its place.
    """

    KIND: ClassVar[int] = 52
    list_hash: bytes
    lines: tuple[GoodsLine, ...]


@dataclass(frozen=True, slots=True)
class GoodsReceived:
    """Goods of an order arrived and were counted and signed for; what is missing may still come.

    Read, and written no more: ``GoodsSigned`` took its place and takes effect once for a counter job.
    """

    KIND: ClassVar[int] = 53
    order_seq: int
    lines: tuple[GoodsLine, ...]
    remark: str


@dataclass(frozen=True, slots=True)
class GoodsSigned:
    """Goods of an order arrived and were counted and signed for, once for a counter job; the rest may still come."""

    KIND: ClassVar[int] = 51
    operation_no: int
    order_seq: int
    lines: tuple[GoodsLine, ...]


@dataclass(frozen=True, slots=True)
class LeadTaken:
    """A customer agreed to be called back about insurance; the name is masked, the number is for the call alone.

    Read, and written no more: ``LeadNoted`` took its place and keeps no whole number.
    """

    KIND: ClassVar[int] = 54
    kind: LeadKind
    customer_name: str
    phone: str
    registration_no: str


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """An operator ordered goods, once for a counter job: what ``GoodsOrdered`` said before it named one."""

    KIND: ClassVar[int] = 55
    operation_no: int
    list_hash: bytes
    lines: tuple[GoodsLine, ...]


@dataclass(frozen=True, slots=True)
class LeadNoted:
    """A customer agreed to be called back about insurance, once for a counter job.

    The name is masked, ``phone`` three and four digits; the document of this SHA-256 holds both whole, until erased.
    """

    KIND: ClassVar[int] = 56
    operation_no: int
    kind: LeadKind
    customer_name: str
    phone: str
    contact_hash: bytes
    registration_no: str


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """An operator took an order back before any answer of HQ had been heard."""

    KIND: ClassVar[int] = 57
    order_seq: int


@dataclass(frozen=True, slots=True)
class GoodsListPublished:
    """A list of goods that the station may order by; its content comes as a document of this SHA-256."""

    KIND: ClassVar[int] = 94
    list_hash: bytes


@dataclass(frozen=True, slots=True)
class OrderAnswered:
    """HQ accepts an order, to be delivered by ``due_on`` (three working days), or refuses it with a reason."""

    KIND: ClassVar[int] = 95
    order_seq: int
    answer: OrderAnswer
    due_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class GoodsDispatched:
    """Goods of an order left for the station."""

    KIND: ClassVar[int] = 96
    order_seq: int
    lines: tuple[GoodsLine, ...]
    carrier: str


@dataclass(frozen=True, slots=True)
class RegistrationFiled:
    """The registration of an insurance sales agent is on file; the last one filed holds, to its date."""

    KIND: ClassVar[int] = 97
    registration_no: str
    holder_name: str
    valid_until: date


@dataclass(frozen=True, slots=True)
class LeadAnswered:
    """What became of a lead."""

    KIND: ClassVar[int] = 98
    lead_seq: int
    outcome: LeadOutcome


DistributionStationFact = (
    GoodsOrdered | GoodsReceived | GoodsSigned | LeadTaken | OrderPlaced | LeadNoted | OrderCancelled
)
DistributionHqFact = GoodsListPublished | OrderAnswered | GoodsDispatched | RegistrationFiled | LeadAnswered
