"""The dated tariff: what a station may sell, at what fee, within which limits, for what commission.

A tariff is one document, published whole and named by the SHA-256 of its bytes. A station adopts it by a record once
it holds and has verified the content and its date has come, so every sale is pinned to one tariff for ever.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntEnum
from typing import Any, NamedTuple

import cbor2

TARIFF_FORMAT = 1
TARIFF_BYTES_MAX = 4 * 1024 * 1024
_EPOCH_DAY = date(1970, 1, 1)


class TariffRefusedError(ValueError):
    """Bytes or figures are no valid tariff; it is refused whole. The message is one sentence."""


class Service(IntEnum):
    """Kinds of service, by which revenue is grouped."""

    ELECTRICITY = 1
    WATER = 2
    GAS = 3
    MOBILE = 4
    TELEVISION = 5
    BROADBAND = 6


class CommissionBasis(IntEnum):
    """How commission is counted: a ratio of the amount, a sum per item, or a sum per item that the month's count sets.

    By tiers, each item earns what its place in the month's count says: the first so many this, those after them that.
    """

    RATIO = 1
    PER_ITEM = 2
    TIERS = 3


class CommissionTier(NamedTuple):
    """Items up to and including number ``upto`` of a month earn ``fen`` each; 0 where the tier has no end."""

    upto: int
    fen: int


@dataclass(frozen=True, slots=True)
class CommissionRate:
    """A rate of commission: ``value`` is parts per million of the amount, or fen per item (by tiers, of the first)."""

    basis: CommissionBasis
    value: int
    version: str
    tiers: tuple[CommissionTier, ...] = ()


@dataclass(frozen=True, slots=True)
class OfflineAllowance:
    """How much may be sold of a product while HQ cannot be reached: count and value per outage, for some hours."""

    count: int
    value_fen: int
    hours: int


@dataclass(frozen=True, slots=True)
class Product:
    """One thing a station sells for one biller.

    ``code`` names it in records. ``initials`` are the lower-case pinyin initials of its names, all readings, computed
    by HQ when it publishes. ``account_pattern`` is the regular expression a whole account number must fit.
    ``query_first`` demands a bill inquiry when HQ is reachable. ``offline`` is None where a payment needs the biller's
    confirmation first. ``reversal_minutes`` is 0 where a payment cannot be reversed; a reversal is also bound to the
    business date.
    """

    code: int
    biller_code: str
    biller_name: str
    biller_name_en: str
    service: Service
    name: str
    name_en: str
    initials: tuple[str, ...]
    account_pattern: str
    query_first: bool
    fee_fen: int
    amount_min_fen: int
    amount_max_fen: int
    part_payment: bool
    reversal_minutes: int
    offline: OfflineAllowance | None
    commission: CommissionRate

    def accepts_account(self, account_no: str) -> bool:
        """Tell whether an account number has this product's form."""
        return re.fullmatch(self.account_pattern, account_no) is not None


@dataclass(frozen=True, slots=True)
class Tariff:
    """A whole tariff: label, the first business date it may be adopted on, and its products by code."""

    version: str
    effective_on: date
    products: tuple[Product, ...]
    _by_code: dict[int, Product] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the products: each sale of a replay looks one up."""
        by_code = {product.code: product for product in reversed(self.products)}
        object.__setattr__(self, "_by_code", by_code)

    def product(self, code: int) -> Product | None:
        """Find a product by its code; None where this tariff does not sell it."""
        return self._by_code.get(code)

    def to_bytes(self) -> bytes:
        """Encode to the bytes whose SHA-256 names the tariff (deterministic CBOR, RFC 8949 section 4.2.1)."""
        rows = [_product_row(product) for product in self.products]
        return cbor2.dumps([TARIFF_FORMAT, self.version, (self.effective_on - _EPOCH_DAY).days, rows])

    @property
    def hash(self) -> bytes:
        """The SHA-256 that names this tariff in records."""
        return tariff_hash(self.to_bytes())


def tariff_hash(data: bytes) -> bytes:
    """Name a tariff's bytes."""
    return hashlib.sha256(data).digest()


def read_tariff(data: bytes) -> Tariff:
    """Read a tariff and check every figure in it.

    Raises:
        TariffRefusedError: the bytes are no tariff, or one of its products makes no sense.
    """
    try:
        form, version, day, rows = cbor2.loads(data)
        _check_types(str, version)
        tariff = Tariff(version, _EPOCH_DAY + timedelta(days=day), tuple(_product(row) for row in rows))
        again = tariff.to_bytes()
    except (ValueError, TypeError, OverflowError, AttributeError, cbor2.CBORDecodeError) as error:
        message = f"the bytes are not a tariff: {error}"
        raise TariffRefusedError(message) from error
    if form != TARIFF_FORMAT:
        message = f"tariff format {form!r} is not one this version reads"
        raise TariffRefusedError(message)
    if again != data:
        message = "the tariff's bytes are not in the one permitted form"
        raise TariffRefusedError(message)
    check_tariff(tariff)
    return tariff


def check_tariff(tariff: Tariff) -> None:
    """Check a tariff's figures, as HQ does before publishing and a station before adopting.

    Raises:
        TariffRefusedError: naming the product and what is wrong with it.
    """
    codes = [product.code for product in tariff.products]
    if not codes or len(set(codes)) != len(codes):
        message = "a tariff has at least one product and no code twice"
        raise TariffRefusedError(message)
    for product in tariff.products:
        problem = _problem(product)
        if problem:
            message = f"product {product.code} of tariff {tariff.version}: {problem}"
            raise TariffRefusedError(message)


def _problem(product: Product) -> str | None:
    try:
        re.compile(product.account_pattern)
    except re.error as error:
        return f"the account pattern is no regular expression ({error})"
    if not product.biller_code or not product.name or not product.name_en:
        return "the biller code and the names are not empty"
    if not 0 < product.amount_min_fen <= product.amount_max_fen:
        return "the least amount is above zero and not above the greatest"
    if min(product.fee_fen, product.reversal_minutes, product.commission.value) < 0:
        return "the fee, the reversal window and the commission are not below zero"
    if not tiers_rise(product.commission):
        return "its tiers of commission do not rise to one without end, or begin with another value"
    if product.offline and min(product.offline.count, product.offline.value_fen, product.offline.hours) <= 0:
        return "an offline allowance is above zero, or absent"
    return None


def tiers_rise(rate: CommissionRate) -> bool:
    """Tell whether a rate's tiers are right: by tiers some that rise to one without end, else none."""
    if rate.basis is not CommissionBasis.TIERS:
        return not rate.tiers
    ends = [tier.upto for tier in rate.tiers[:-1]]
    rising = ends == sorted(set(ends)) and all(end > 0 for end in ends)
    sums = [tier.fen for tier in rate.tiers]
    return bool(sums) and rising and rate.tiers[-1].upto == 0 and sums[0] == rate.value and min(sums) >= 0


def _rate_row(rate: CommissionRate) -> list[Any]:
    row: list[Any] = [int(rate.basis), rate.value, rate.version]
    return [*row, [list(tier) for tier in rate.tiers]] if rate.basis is CommissionBasis.TIERS else row


def _rate(row: list[Any]) -> CommissionRate:
    basis, value, version, *rest = row
    _check_types(int, basis, value)
    _check_types(str, version)
    (tiers,) = rest or ([],)
    _check_types(list, tiers, *tiers)
    _check_types(int, *(cell for tier in tiers for cell in tier))
    return CommissionRate(CommissionBasis(basis), value, version, tuple(CommissionTier(*tier) for tier in tiers))


def _product_row(product: Product) -> list[Any]:
    offline, rate = product.offline, product.commission
    return [
        product.code,
        product.biller_code,
        product.biller_name,
        product.biller_name_en,
        int(product.service),
        product.name,
        product.name_en,
        list(product.initials),
        product.account_pattern,
        product.query_first,
        product.fee_fen,
        product.amount_min_fen,
        product.amount_max_fen,
        product.part_payment,
        product.reversal_minutes,
        None if offline is None else [offline.count, offline.value_fen, offline.hours],
        _rate_row(rate),
    ]


def _check_types(wanted: type, *values: object) -> None:
    for value in values:
        if type(value) is not wanted:
            message = f"{value!r:.40} is not {wanted.__name__}"
            raise TypeError(message)


def _product(row: list[Any]) -> Product:
    code, biller, biller_name, biller_name_en, service, name, name_en, initials, *rest = row
    pattern, query_first, fee, least, most, part, reversal, offline, rate = rest
    allowance = None if offline is None else [*offline]
    _check_types(int, code, service, fee, least, most, reversal, *(allowance or ()))
    _check_types(str, biller, biller_name, biller_name_en, name, name_en, pattern, *initials)
    _check_types(bool, query_first, part)
    return Product(
        code=code,
        biller_code=biller,
        biller_name=biller_name,
        biller_name_en=biller_name_en,
        service=Service(service),
        name=name,
        name_en=name_en,
        initials=tuple(initials),
        account_pattern=pattern,
        query_first=query_first,
        fee_fen=fee,
        amount_min_fen=least,
        amount_max_fen=most,
        part_payment=part,
        reversal_minutes=reversal,
        offline=None if allowance is None else OfflineAllowance(*allowance),
        commission=_rate(rate),
    )
