"""Tax withheld from the commission of registered insurance sales agents 保险营销员, cumulatively over the year.

Notice Cai Shui 2018 no. 164: the commission (without value added tax) less 20 % cost is the income, less 25 % of that
for selling cost; of the year's sum to date 5,000 yuan a month are free, the annual table of comprehensive income gives
the tax, and what earlier months of the year withheld is deducted. Surcharges are none below the exemption of small
taxpayers. All sums here are of one agent's year to date with one payer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hq_server.commission.tax import Bracket, TaxRegime, Withholding
from station_journal.money import PER_MILLION, format_yuan


@dataclass(frozen=True, slots=True)
class InsuranceTaxTable:
    """Figures in force from `valid_from`; `version` is stored with every payment."""

    version: str
    valid_from: date
    cost_per_million: int
    selling_per_million: int
    free_a_month_fen: int
    brackets: tuple[Bracket, ...]


INSURANCE_TAX_2019 = InsuranceTaxTable(
    version="insurance-2019",
    valid_from=date(2019, 1, 1),
    cost_per_million=200_000,
    selling_per_million=250_000,
    free_a_month_fen=5_000_00,
    brackets=(
        Bracket(36_000_00, 30_000, 0),
        Bracket(144_000_00, 100_000, 2_520_00),
        Bracket(300_000_00, 200_000, 16_920_00),
        Bracket(420_000_00, 250_000, 31_920_00),
        Bracket(660_000_00, 300_000, 52_920_00),
        Bracket(960_000_00, 350_000, 85_920_00),
        Bracket(None, 450_000, 181_920_00),
    ),
)


@dataclass(frozen=True, slots=True)
class YearToDate:
    """What the earlier months of the year paid and withheld, and how many months count, this one included."""

    gross_fen: int = 0
    tax_fen: int = 0
    months: int = 1


def withhold_insurance(
    gross_fen: int, earlier: YearToDate, table: InsuranceTaxTable = INSURANCE_TAX_2019
) -> Withholding:
    """Return tax and net of a month's gross, not negative (ValueError); rounded half up to fen once."""
    if gross_fen < 0 or not 1 <= earlier.months <= 12:  # noqa: PLR2004 - a year's months
        raise ValueError("Tax is withheld from a payment that is not negative, in one of twelve months.")
    unit = PER_MILLION * PER_MILLION
    share = (PER_MILLION - table.cost_per_million) * (PER_MILLION - table.selling_per_million)
    taxable = max((earlier.gross_fen + gross_fen) * share - table.free_a_month_fen * earlier.months * unit, 0)
    bracket = next(one for one in table.brackets if one.upto_fen is None or taxable <= one.upto_fen * unit)
    scale = unit * PER_MILLION
    exact = taxable * bracket.rate_per_million - bracket.quick_deduction_fen * scale
    year_tax_fen = (2 * exact + scale) // (2 * scale)
    tax_fen = min(max(year_tax_fen - earlier.tax_fen, 0), gross_fen)
    fen, rest = divmod(taxable, unit)
    decimals = f"{rest:012d}".rstrip("0")
    quick = f" - {format_yuan(bracket.quick_deduction_fen, grouped=False)}" if bracket.quick_deduction_fen else ""
    formula = (
        f"{format_yuan(fen, grouped=False)}{decimals} x {bracket.rate_per_million // 10_000}%{quick}"
        f" - {format_yuan(earlier.tax_fen, grouped=False)} = {format_yuan(tax_fen, grouped=False)}"
    )
    return Withholding(TaxRegime.INSURANCE_AGENT, gross_fen, tax_fen, gross_fen - tax_fen, table.version, formula)
