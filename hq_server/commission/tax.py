"""Tax withheld from commission 预扣预缴.

Labour remuneration 劳务报酬 (individual income tax law, withholding by State Taxation Administration announcement 2018
no. 61): all commission of a payer to an owner in a month is one payment G. The taxable income T is G - 800 yuan up to
4,000 yuan and 80 % of G above; tax is T x rate - quick deduction 速算扣除数, rounded half up to fen once. An owner with
a business licence who gives an invoice over the gross files the tax alone, and nothing is withheld.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from station_journal.money import PER_MILLION, format_yuan

if TYPE_CHECKING:
    from collections.abc import Iterable


class TaxRegime(StrEnum):
    """How an owner's commission is taxed; the first is the default, as a payer who fails to withhold is fined.

    INSURANCE_AGENT is for insurance alone, where the agent's registration is on file
    (`hq_server/commission/insurance_tax.py`).
    """

    LABOUR_WITHHOLDING = "LABOUR_WITHHOLDING"
    BUSINESS_INVOICE = "BUSINESS_INVOICE"
    INSURANCE_AGENT = "INSURANCE_AGENT"


AGREED_REGIMES = (TaxRegime.LABOUR_WITHHOLDING, TaxRegime.BUSINESS_INVOICE)
"""What an agency agreement may say."""


@dataclass(frozen=True, slots=True)
class Bracket:
    """Taxable income up to and including `upto_fen` (None: no end), its rate and its quick deduction."""

    upto_fen: int | None
    rate_per_million: int
    quick_deduction_fen: int


@dataclass(frozen=True, slots=True)
class LabourTaxTable:
    """Figures of labour withholding in force from `valid_from`; `version` is stored with every payment."""

    version: str
    valid_from: date
    flat_deduction_fen: int
    flat_upto_fen: int
    cost_per_million: int
    brackets: tuple[Bracket, ...]

    def __post_init__(self) -> None:
        """Refuse (ValueError) brackets that do not rise to one without end."""
        ends = [bracket.upto_fen for bracket in self.brackets]
        bounded = [end for end in ends[:-1] if end is not None]
        if not ends or ends[-1] is not None or len(bounded) != len(ends) - 1 or bounded != sorted(set(bounded)):
            raise ValueError("Tax brackets must rise, and only the last one has no end.")

    def taxable_millionths(self, gross_fen: int) -> int:
        """Return T exactly, in millionths of a fen: above 4,000 yuan it is no whole number of fen."""
        if gross_fen <= self.flat_upto_fen:
            return max(gross_fen - self.flat_deduction_fen, 0) * PER_MILLION
        return gross_fen * (PER_MILLION - self.cost_per_million)

    def bracket_of(self, taxable_millionths: int) -> Bracket:
        """Return the bracket that T falls in."""
        for bracket in self.brackets[:-1]:
            if bracket.upto_fen is not None and taxable_millionths <= bracket.upto_fen * PER_MILLION:
                return bracket
        return self.brackets[-1]


LABOUR_TAX_2019 = LabourTaxTable(
    version="labour-2019",
    valid_from=date(2019, 1, 1),
    flat_deduction_fen=800_00,
    flat_upto_fen=4_000_00,
    cost_per_million=200_000,
    brackets=(
        Bracket(20_000_00, 200_000, 0),
        Bracket(50_000_00, 300_000, 2_000_00),
        Bracket(None, 400_000, 7_000_00),
    ),
)


class TaxTableNotKnown(LookupError):  # noqa: N818 (named for what the reader must hear)
    """No withholding table is in force on the date; the message is one sentence."""


def table_in_force(on: date, tables: Iterable[LabourTaxTable] = (LABOUR_TAX_2019,)) -> LabourTaxTable:
    """Return the newest table valid on the payment date `on`. Raises `TaxTableNotKnown`."""
    valid = [table for table in tables if table.valid_from <= on]
    if not valid:
        raise TaxTableNotKnown(f"No table of labour withholding is in force on {on}; enter one first.")
    return max(valid, key=lambda table: table.valid_from)


@dataclass(frozen=True, slots=True)
class Withholding:
    """A month's commission after tax. `formula` is in yuan; `table_version` is empty when no table was applied."""

    regime: TaxRegime
    gross_fen: int
    tax_fen: int
    net_fen: int
    table_version: str
    formula: str


def withhold(gross_fen: int, regime: TaxRegime, table: LabourTaxTable) -> Withholding:
    """Return tax and net of a month's gross, not negative (ValueError); net never falls as gross rises."""
    if gross_fen < 0:
        raise ValueError("Tax is withheld from a payment, which is not negative.")
    if regime is TaxRegime.INSURANCE_AGENT:
        raise ValueError("The tax of insurance agents is withheld over the year, by a table of its own.")
    if regime is TaxRegime.BUSINESS_INVOICE:
        return Withholding(regime, gross_fen, 0, gross_fen, "", "invoice over the gross; the owner files the tax")
    taxable = table.taxable_millionths(gross_fen)
    bracket = table.bracket_of(taxable)
    # In units of 10^-12 fen, so that the rate of a sub-fen T is exact and rounding happens once.
    unit = PER_MILLION * PER_MILLION
    exact = taxable * bracket.rate_per_million - bracket.quick_deduction_fen * unit
    tax_fen = (2 * exact + unit) // (2 * unit)
    formula = _formula(taxable, bracket, tax_fen)
    return Withholding(regime, gross_fen, tax_fen, gross_fen - tax_fen, table.version, formula)


def _formula(taxable_millionths: int, bracket: Bracket, tax_fen: int) -> str:
    fen, rest = divmod(taxable_millionths, PER_MILLION)
    taxable = format_yuan(fen, grouped=False) + f"{rest:06d}".rstrip("0")
    quick = f" - {format_yuan(bracket.quick_deduction_fen, grouped=False)}" if bracket.quick_deduction_fen else ""
    return f"{taxable} x {bracket.rate_per_million // 10_000}%{quick} = {format_yuan(tax_fen, grouped=False)}"


def split_by_share(total_fen: int, shares_fen: tuple[int, ...]) -> tuple[int, ...]:
    """Part a sum in proportion to shares, to the fen: floors first, then one more each for the largest remainders.

    The parts sum to exactly `total_fen`, and none is above its share where the total is not above theirs. Raises
    `ValueError` for a negative figure, or a sum to part among shares of nothing.
    """
    whole = sum(shares_fen)
    if total_fen < 0 or any(share < 0 for share in shares_fen) or (total_fen and not whole):
        raise ValueError("A sum is parted in proportion to shares that are not negative and not all nothing.")
    parts = [total_fen * share // whole if whole else 0 for share in shares_fen]
    remainders = [total_fen * share % whole if whole else 0 for share in shares_fen]
    order = sorted(range(len(shares_fen)), key=lambda place: (-remainders[place], place))
    for place in order[: total_fen - sum(parts)]:
        parts[place] += 1
    return tuple(parts)


class PaymentBlock(StrEnum):
    """Why a month's commission may not be paid yet."""

    INVOICE_MISSING = "INVOICE_MISSING"
    INVOICE_DIFFERS = "INVOICE_DIFFERS"


def payment_block(regime: TaxRegime, gross_fen: int, invoice_fen: int | None) -> PaymentBlock | None:
    """Tell what is wrong with the owner's commission invoice: business income needs one over exactly the gross."""
    if regime is not TaxRegime.BUSINESS_INVOICE:
        return None
    if invoice_fen is None:
        return PaymentBlock.INVOICE_MISSING
    return None if invoice_fen == gross_fen else PaymentBlock.INVOICE_DIFFERS
