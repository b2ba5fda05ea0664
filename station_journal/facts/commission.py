"""Commission 酬金 beside HQ's own statement: what a branch pays, and that it was paid.

HQ pays the commission of bill payments; a branch that of distribution and insurance, out of its monthly figures
(article 8, part three, item four 3(2) and 3(4)). Product codes from ``DISTRIBUTION_PRODUCT`` on stand for what no
tariff sells.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, NamedTuple

from station_journal.fields import Signed

DISTRIBUTION_PRODUCT = 900_001
"""Product code of goods that a station sold for the distribution centre; the base is their price."""
INSURANCE_PRODUCT = 910_000
"""Product code of insurance contracts: this plus the number of the kind of lead; the base is the premium."""
INSURANCE_PRODUCTS_END = 911_000


class CommissionLine(NamedTuple):
    """Commission of one product: how many, on what base, by which rate version, and the formula in figures."""

    product_code: int
    item_count: Signed
    base_fen: Signed
    rate_version: str
    formula: str
    commission_fen: Signed


@dataclass(frozen=True, slots=True)
class CommissionPaid:
    """A month's commission after tax was paid to the owner's account, by HQ or by the branch; ``month`` is YYYYMM.

    The bank says so: in its result or on its statement; ``reference`` names which.
    """

    KIND: ClassVar[int] = 120
    month: int
    by_branch: bool
    amount_fen: int
    paid_on: date
    reference: str


@dataclass(frozen=True, slots=True)
class BranchCommissionStated:
    """The month's commission that the branch pays: gross by line, tax withheld, and the net."""

    KIND: ClassVar[int] = 121
    month: int
    gross_fen: int
    tax_fen: int
    tax_rule: str
    lines: tuple[CommissionLine, ...]


@dataclass(frozen=True, slots=True)
class CommissionReturned:
    """The bank gave back what it had paid of a month's commission: it is owed again, and paid again by a new order.

    ``reference`` names the payment and the line of the statement that brought it back, ``reason`` what the bank said.
    """

    KIND: ClassVar[int] = 122
    month: int
    by_branch: bool
    amount_fen: int
    returned_on: date
    reason: str
    reference: str


CommissionHqFact = CommissionPaid | BranchCommissionStated | CommissionReturned
