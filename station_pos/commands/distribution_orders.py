"""What may be asked about goods and leads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from station_journal.facts.distribution import GoodsLine, LeadKind


@dataclass(frozen=True, slots=True)
class OrderGoods:
    """Order goods by the list with this SHA-256; ``operation_no`` as for a payment, so that it is ordered once."""

    operator_no: int
    operation_no: int
    list_hash: bytes
    lines: tuple[GoodsLine, ...]


@dataclass(frozen=True, slots=True)
class ReceiveGoods:
    """Sign for goods of an order as counted on arrival; ``operation_no`` as for an order: signed for once."""

    operator_no: int
    operation_no: int
    order_seq: int
    lines: tuple[GoodsLine, ...]


_PHONE = re.compile(r"1[3-9][0-9]{9}|0[0-9]{9,11}")


def is_phone(number: str) -> bool:
    """Tell whether a customer can be called back at a number: a mobile phone's, or one with its area code."""
    return _PHONE.fullmatch(number) is not None


@dataclass(frozen=True, slots=True)
class TakeLead:
    """Note a customer who wants to be called back about insurance; ``consent`` is the customer's own word for it.

    ``salt`` is 16 bytes of chance for the document that keeps name and number.
    """

    operator_no: int
    operation_no: int
    kind: LeadKind
    customer_name: str
    phone: str
    consent: bool
    salt: bytes


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Take an order back that HQ has not answered."""

    operator_no: int
    order_seq: int


DistributionCommand = OrderGoods | ReceiveGoods | TakeLead | CancelOrder
