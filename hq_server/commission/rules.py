"""Monthly commission 酬金 by the gross-remit-then-return method 返还支付法.

Revenue was remitted in full; commission is computed apart, per station, product and rate version, and rounded once at
the line. A sale reversed after its month was listed comes back as a negative line of a later month: what its line would
have been without it, less what the line was, so that taking back every sale of a line gives back exactly that line,
however it was rounded or tiered. What a month cannot bear is carried into the next one, each line of service for itself
since another unit pays it; it is never collected from the station.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hq_server.commission.units import ServiceLine, line_of_product
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hq_server.commission.rates import Rate


@dataclass(frozen=True, slots=True)
class EarnedGroup:
    """Sales of one station that earn in a month under one rate: how many, and the sum that a share is taken of."""

    station_code: str
    rate: Rate
    count: int
    base_fen: int


@dataclass(frozen=True, slots=True)
class TakenGroup:
    """Sales reversed since the run of `of_month` counted them, and what of that line stood before they were."""

    station_code: str
    rate: Rate
    of_month: int
    stood_count: int
    stood_base_fen: int
    count: int
    base_fen: int


@dataclass(frozen=True, slots=True)
class CommissionLine:
    """What a station earns for one product under one rate version; all figures negative in a clawback line.

    `of_month` is the month whose line is taken back, 0 in a line that earns.
    """

    station_code: str
    product_code: int
    rate_version: str
    of_month: int
    count: int
    base_fen: int
    commission_fen: int
    formula: str

    @property
    def service_line(self) -> ServiceLine:
        """The line of service it belongs to."""
        return line_of_product(self.product_code)


@dataclass(frozen=True, slots=True)
class MonthPart:
    """One line of service of a station's month: the negative rest it began with, what is payable, what is left."""

    station_code: str
    service_line: ServiceLine
    carried_in_fen: int
    gross_fen: int
    carried_out_fen: int


def line_key(line: CommissionLine) -> tuple[str, str, int, int, str]:
    """Give the order of lines: by station, line of service, product, clawback after earning, rate version."""
    return (line.station_code, line.service_line, line.product_code, line.of_month, line.rate_version)


def accrue(earned: Iterable[EarnedGroup], taken: Iterable[TakenGroup] = ()) -> tuple[CommissionLine, ...]:
    """Return the lines of a month in their order.

    Raises `ValueError` for a group without sales or amount, or one that takes back more than stood.
    """
    return tuple(sorted([*map(_earned_line, earned), *map(_taken_line, taken)], key=line_key))


def _earned_line(group: EarnedGroup) -> CommissionLine:
    # A branch may take figures of its own back (a return of goods), so a group can be negative; nothing is no group.
    if not group.count and not group.base_fen:
        raise ValueError(f"Station {group.station_code} has a group of no sales.")
    rate = group.rate
    fen, formula = rate.commission_fen(group.count, group.base_fen), rate.formula(group.count, group.base_fen)
    return CommissionLine(
        group.station_code, rate.product_code, rate.version, 0, group.count, group.base_fen, fen, formula
    )


def _taken_line(group: TakenGroup) -> CommissionLine:
    rate, rest = group.rate, (group.stood_count - group.count, group.stood_base_fen - group.base_fen)
    if not 0 < group.count <= group.stood_count or not 0 < group.base_fen <= group.stood_base_fen:
        raise ValueError(f"Station {group.station_code}: more would be taken back of {group.of_month} than stood.")
    stood_fen = rate.commission_fen(group.stood_count, group.stood_base_fen)
    fen = rate.commission_fen(*rest) - stood_fen
    formula = rate.formula(-group.count, -group.base_fen)
    if fen != rate.commission_fen(-group.count, -group.base_fen):
        left = rate.formula(*rest).rpartition(" = ")[0]
        formula = f"{left} - {format_yuan(stood_fen, grouped=False)} = {format_yuan(fen, grouped=False)}"
    return CommissionLine(
        group.station_code,
        rate.product_code,
        rate.version,
        group.of_month,
        -group.count,
        -group.base_fen,
        fen,
        formula,
    )


def close_parts(
    lines: Iterable[CommissionLine], carried_in_fen: Mapping[tuple[str, ServiceLine], int] | None = None
) -> tuple[MonthPart, ...]:
    """Total each line of service that has a line or a rest carried in; what is still negative is carried on.

    Raises `ValueError` for a positive rest.
    """
    carried = dict(carried_in_fen or {})
    if any(rest > 0 for rest in carried.values()):
        raise ValueError("Only a negative rest is carried into a month.")
    balances = dict(carried)
    for line in lines:
        key = (line.station_code, line.service_line)
        balances[key] = balances.get(key, 0) + line.commission_fen
    return tuple(
        MonthPart(code, service_line, carried.get((code, service_line), 0), max(fen, 0), min(fen, 0))
        for (code, service_line), fen in sorted(balances.items())
    )
