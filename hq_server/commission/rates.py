"""Commission rates 酬金费率: dated, per product, each with the version label that every line made under it names."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from station_journal.money import format_yuan, rate_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

_PERCENT = 10_000  # parts per million


class RateKind(StrEnum):
    """RATIO is a share of the amount, in parts per million; PER_ITEM is fen for each sale; TIERS fen by its place."""

    RATIO = "RATIO"
    PER_ITEM = "PER_ITEM"
    TIERS = "TIERS"


class RateNotKnown(LookupError):  # noqa: N818 (named for what the reader must hear)
    """No rate of the product is in force on the date; nothing was guessed. The message is one sentence."""

    def __init__(self, product_code: int, on: date) -> None:
        super().__init__(f"Product {product_code} has no commission rate in force on {on}; enter one first.")
        self.product_code = product_code
        self.on = on


@dataclass(frozen=True, slots=True)
class Rate:
    """A product's rate from `valid_from` until the next one; `value` is parts per million or fen, as `kind` says.

    By `tiers`, of (last item, 0 for no end; fen), each item of a month earns what its place says: 101st to 300th this.
    """

    product_code: int
    kind: RateKind
    value: int
    valid_from: date
    version: str
    tiers: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        """Refuse (ValueError) a negative rate, a share above everything, no version, tiers that do not rise."""
        ends = [upto for upto, _ in self.tiers]
        rising = ends[:-1] == sorted({end for end in ends[:-1] if end > 0}) and ends[-1:] == [0]
        if (self.kind is RateKind.TIERS) != bool(self.tiers) or (self.tiers and not rising):
            raise ValueError("Tiers of a commission rate rise to one without end, and only a rate by tiers has them.")
        if (
            self.value < 0
            or any(fen < 0 for _, fen in self.tiers)
            or (self.kind is RateKind.RATIO and self.value > 100 * _PERCENT)
        ):
            raise ValueError(f"A commission rate of {self.value} ({self.kind}) is out of range.")
        if not self.version:
            raise ValueError("A commission rate needs a version label.")

    def commission_fen(self, count: int, base_fen: int) -> int:
        """Return the commission of `count` sales of `base_fen` together, rounded half away from zero once."""
        if self.kind is RateKind.TIERS:
            whole = sum(items * fen for items, fen in self._slices(abs(count)))
            return whole if count >= 0 else -whole
        return count * self.value if self.kind is RateKind.PER_ITEM else rate_of(base_fen, self.value)

    def _slices(self, count: int) -> list[tuple[int, int]]:
        """Part a count of items by the tiers: (items, fen) of each tier that holds any."""
        slices, before = [], 0
        for upto, fen in self.tiers:
            items = count - before if upto == 0 else min(count, upto) - before
            if items <= 0:
                break
            slices.append((items, fen))
            before += items
        return slices

    def formula(self, count: int, base_fen: int) -> str:
        """Write the sum as a shopkeeper can check it: `118 x 0.36 = 42.48` or `304.60 x 0.5% = 1.52`, in yuan."""
        result = format_yuan(self.commission_fen(count, base_fen), grouped=False)
        if self.kind is RateKind.TIERS:
            slices = self._slices(abs(count)) or [(0, self.value)]
            parts = " + ".join(f"{items} x {format_yuan(fen, grouped=False)}" for items, fen in slices)
            return f"{parts} = {result}" if count >= 0 else f"-({parts}) = {result}"
        if self.kind is RateKind.PER_ITEM:
            return f"{count} x {format_yuan(self.value, grouped=False)} = {result}"
        return f"{format_yuan(base_fen, grouped=False)} x {_percent(self.value)} = {result}"


def _percent(per_million: int) -> str:
    whole, rest = divmod(per_million, _PERCENT)
    decimals = f"{rest:04d}".rstrip("0")
    return f"{whole}.{decimals}%" if decimals else f"{whole}%"


@dataclass(frozen=True, slots=True)
class RateTable:
    """All rates of all products. Raises `ValueError` for two rates of one product from one date."""

    rates: tuple[Rate, ...]
    _by_product: dict[int, list[Rate]] = field(init=False, repr=False, compare=False)

    def __init__(self, rates: Iterable[Rate]) -> None:
        ordered = tuple(sorted(rates, key=lambda rate: (rate.product_code, rate.valid_from)))
        by_product: dict[int, list[Rate]] = {}
        for rate in ordered:
            known = by_product.setdefault(rate.product_code, [])
            if known and known[-1].valid_from == rate.valid_from:
                raise ValueError(f"Product {rate.product_code} has two commission rates from {rate.valid_from}.")
            known.append(rate)
        object.__setattr__(self, "rates", ordered)
        object.__setattr__(self, "_by_product", by_product)

    def rate_for(self, product_code: int, on: date) -> Rate:
        """Return the rate in force for a sale of business date `on`. Raises `RateNotKnown`."""
        known = self._by_product.get(product_code, [])
        position = bisect_right(known, on, key=lambda rate: rate.valid_from)
        if position == 0:
            raise RateNotKnown(product_code, on)
        return known[position - 1]
