"""Monthly commission 酬金 by the gross-remit-then-return method 返还支付法.

Revenue was remitted in full; commission is computed apart, per station, product and rate version, and rounded once at
the line. A sale reversed after its month was computed comes back as a negative line in a later month, at the rate of
its own date. What a month cannot bear is carried into the next one; it is never collected from the station.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from hq_server.commission.rates import Rate, RateTable


@dataclass(frozen=True, slots=True)
class CommissionSale:
    """A sale that earns: `base_fen` is the amount that a share is taken of; `business_date` chooses the rate."""

    station_code: str
    our_no: str
    product_code: int
    business_date: date
    base_fen: int


@dataclass(frozen=True, slots=True)
class CommissionLine:
    """What a station earns for one product under one rate version; all figures negative in a clawback line."""

    station_code: str
    product_code: int
    rate_version: str
    count: int
    base_fen: int
    commission_fen: int
    formula: str


@dataclass(frozen=True, slots=True)
class StationMonth:
    """A station's month: lines, the negative rest it began with, what is payable, and the negative rest it leaves."""

    station_code: str
    lines: tuple[CommissionLine, ...]
    carried_in_fen: int
    payable_gross_fen: int
    carried_out_fen: int


@dataclass(frozen=True, slots=True)
class CommissionTotals:
    """Sums over lines, to hold against other books."""

    count: int
    base_fen: int
    commission_fen: int


def accrue(
    sales: Iterable[CommissionSale], rates: RateTable, reversed_sales: Iterable[CommissionSale] = ()
) -> tuple[CommissionLine, ...]:
    """Return the lines of a month, ordered by station, product and rate date, clawback after earning.

    `sales` are those captured and not reversed; `reversed_sales` are sales that an earlier run counted and that were
    reversed since. Raises `RateNotKnown` when any date has no rate, and `ValueError` when a sale is given twice or its
    base is not positive: a month is computed whole or not at all.
    """
    earned = _grouped(sales, rates, sign=1)
    taken_back = _grouped(reversed_sales, rates, sign=-1)
    return tuple(_line(*key, *figures) for key, figures in sorted((earned | taken_back).items(), key=_line_order))


_GroupKey = tuple[str, "Rate", int]


def _grouped(sales: Iterable[CommissionSale], rates: RateTable, *, sign: int) -> dict[_GroupKey, tuple[int, int]]:
    groups: dict[_GroupKey, tuple[int, int]] = {}
    seen: set[tuple[str, str]] = set()
    for sale in sales:
        if sale.base_fen <= 0:
            raise ValueError(f"Sale {sale.our_no} has no positive amount to take commission of.")
        if (sale.station_code, sale.our_no) in seen:
            raise ValueError(f"Sale {sale.our_no} of station {sale.station_code} is given twice.")
        seen.add((sale.station_code, sale.our_no))
        key = (sale.station_code, rates.rate_for(sale.product_code, sale.business_date), sign)
        count, base_fen = groups.get(key, (0, 0))
        groups[key] = (count + sign, base_fen + sign * sale.base_fen)
    return groups


def _line_order(item: tuple[_GroupKey, tuple[int, int]]) -> tuple[object, ...]:
    (station_code, rate, sign), _ = item
    return (station_code, rate.product_code, rate.valid_from, -sign)


def _line(station_code: str, rate: Rate, _sign: int, count: int, base_fen: int) -> CommissionLine:
    return CommissionLine(
        station_code,
        rate.product_code,
        rate.version,
        count,
        base_fen,
        rate.commission_fen(count, base_fen),
        rate.formula(count, base_fen),
    )


def close_month(station_code: str, lines: Iterable[CommissionLine], carried_in_fen: int = 0) -> StationMonth:
    """Total a station's lines with the negative rest of the month before; what is still negative is carried on.

    Raises `ValueError` for a line of another station or a positive `carried_in_fen`.
    """
    own = tuple(lines)
    if carried_in_fen > 0:
        raise ValueError("Only a negative rest is carried into a month.")
    for line in own:
        if line.station_code != station_code:
            raise ValueError(f"A line of station {line.station_code} is not station {station_code}'s.")
    balance_fen = carried_in_fen + sum(line.commission_fen for line in own)
    return StationMonth(station_code, own, carried_in_fen, max(balance_fen, 0), min(balance_fen, 0))


def close_months(
    lines: Iterable[CommissionLine], carried_in_fen: dict[str, int] | None = None
) -> tuple[StationMonth, ...]:
    """Close the month of every station that has a line or a rest carried in, in the order of their codes."""
    carried_in_fen = carried_in_fen or {}
    by_station: dict[str, list[CommissionLine]] = {code: [] for code in carried_in_fen}
    for line in lines:
        by_station.setdefault(line.station_code, []).append(line)
    return tuple(close_month(code, by_station[code], carried_in_fen.get(code, 0)) for code in sorted(by_station))


def totals(lines: Iterable[CommissionLine]) -> CommissionTotals:
    """Sum lines, clawbacks included with their sign."""
    count = base_fen = commission_fen = 0
    for line in lines:
        count += line.count
        base_fen += line.base_fen
        commission_fen += line.commission_fen
    return CommissionTotals(count, base_fen, commission_fen)
