"""A station's month after tax: which of its lines of service are taxed together, and how the tax falls on each.

All commission of a payer to an owner in a month is one payment (domain rules, 5.1), so bill payment and distribution
are taxed as one sum under the agreement's regime, and the tax falls on each in proportion; insurance is taxed by
itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hq_server.commission.insurance_tax import withhold_insurance
from hq_server.commission.tax import split_by_share, withhold
from hq_server.commission.units import ServiceLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hq_server.commission.insurance_tax import YearToDate
    from hq_server.commission.rules import MonthPart
    from hq_server.commission.tax import LabourTaxTable, TaxRegime, Withholding


@dataclass(frozen=True, slots=True)
class TaxedPart:
    """A line of service of a month with its tax; `rule` and `formula` are those of the sum that it was taxed in."""

    part: MonthPart
    regime: TaxRegime
    tax_fen: int
    rule: str
    formula: str

    @property
    def net_fen(self) -> int:
        """What is paid."""
        return self.part.gross_fen - self.tax_fen


def tax_parts(
    parts: Sequence[MonthPart], regime: TaxRegime, table: LabourTaxTable, year_to_date: YearToDate
) -> tuple[TaxedPart, ...]:
    """Return a station's parts with their tax, in their order; the taxes of one sum fall on its parts to the fen."""
    together = [part for part in parts if part.service_line is not ServiceLine.INSURANCE]
    shares = tuple(part.gross_fen for part in together)
    tax = withhold(sum(shares), regime, table)
    taxed = {
        part.service_line: _taxed(part, tax, fen)
        for part, fen in zip(together, split_by_share(tax.tax_fen, shares), strict=True)
    }
    for part in parts:
        if part.service_line is ServiceLine.INSURANCE:
            alone = withhold_insurance(part.gross_fen, year_to_date)
            taxed[part.service_line] = _taxed(part, alone, alone.tax_fen)
    return tuple(taxed[part.service_line] for part in parts)


def _taxed(part: MonthPart, tax: Withholding, tax_fen: int) -> TaxedPart:
    return TaxedPart(part, tax.regime, tax_fen, tax.table_version or tax.regime.value, tax.formula)
