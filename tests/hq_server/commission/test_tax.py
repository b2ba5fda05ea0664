from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hq_server.commission.insurance_tax import INSURANCE_TAX_2019, YearToDate, withhold_insurance
from hq_server.commission.rules import MonthPart
from hq_server.commission.tax import (
    LABOUR_TAX_2019,
    Bracket,
    PaymentBlock,
    TaxRegime,
    TaxTableNotKnown,
    payment_block,
    split_by_share,
    table_in_force,
    withhold,
)
from hq_server.commission.taxing import tax_parts
from hq_server.commission.units import ServiceLine
from station_journal.money import parse_yuan

LABOUR, BUSINESS = TaxRegime.LABOUR_WITHHOLDING, TaxRegime.BUSINESS_INVOICE
GROSS = st.integers(0, 20_000_000)


def by_labour(gross_fen: int):
    return withhold(gross_fen, LABOUR, LABOUR_TAX_2019)


class TestLabourWithholding:
    @pytest.mark.parametrize(
        ("gross", "tax", "net"),
        [
            ("800.00", "0.00", "800.00"),
            ("800.01", "0.00", "800.01"),
            ("1000.00", "40.00", "960.00"),
            ("2350.60", "310.12", "2040.48"),
            ("4000.00", "640.00", "3360.00"),
            ("4000.01", "640.00", "3360.01"),
            ("25000.00", "4000.00", "21000.00"),
            ("25000.05", "4000.01", "21000.04"),
            ("30000.00", "5200.00", "24800.00"),
            ("62500.00", "13000.00", "49500.00"),
            ("100000.00", "25000.00", "75000.00"),
        ],
    )
    def test_gives_the_worked_rows(self, gross, tax, net):
        result = by_labour(parse_yuan(gross))
        assert (result.tax_fen, result.net_fen) == (parse_yuan(tax), parse_yuan(net))
        assert result.table_version == "labour-2019"

    @pytest.mark.parametrize(
        ("gross", "formula"),
        [
            ("0.00", "0.00 x 20% = 0.00"),
            ("2350.60", "1550.60 x 20% = 310.12"),
            ("4000.01", "3200.008 x 20% = 640.00"),
            ("25000.05", "20000.04 x 30% - 2000.00 = 4000.01"),
            ("100000.00", "80000.00 x 40% - 7000.00 = 25000.00"),
        ],
    )
    def test_shows_how_it_was_computed(self, gross, formula):
        assert by_labour(parse_yuan(gross)).formula == formula

    @given(GROSS)
    def test_is_the_exact_rule_rounded_half_up_once(self, gross_fen):
        gross = Fraction(gross_fen, 100)
        taxable = max(gross - 800, Fraction(0)) if gross <= 4000 else gross * 4 / 5
        exact = max(taxable * 20 / 100, taxable * 30 / 100 - 2000, taxable * 40 / 100 - 7000)
        assert by_labour(gross_fen).tax_fen == (exact * 100 + Fraction(1, 2)).__floor__()

    @given(GROSS, st.integers(0, 5))
    def test_never_leaves_less_for_earning_more(self, gross_fen, more_fen):
        assert by_labour(gross_fen).net_fen <= by_labour(gross_fen + more_fen).net_fen

    @pytest.mark.parametrize("edge_fen", [80_000, 400_000, 2_500_000, 6_250_000])
    def test_never_leaves_less_across_an_edge(self, edge_fen):
        nets = [by_labour(gross_fen).net_fen for gross_fen in range(edge_fen - 200, edge_fen + 200)]
        assert nets == sorted(nets)

    @given(GROSS)
    def test_parts_the_gross_and_takes_nothing_else(self, gross_fen):
        result = by_labour(gross_fen)
        assert result.tax_fen + result.net_fen == result.gross_fen == gross_fen
        assert 0 <= result.tax_fen <= gross_fen

    def test_refuses_a_negative_payment(self):
        with pytest.raises(ValueError, match="not negative"):
            by_labour(-1)


class TestTheTable:
    def test_is_chosen_by_date(self):
        later = replace(LABOUR_TAX_2019, version="labour-2027", valid_from=date(2027, 1, 1))
        tables = (later, LABOUR_TAX_2019)
        assert table_in_force(date(2026, 12, 31), tables) is LABOUR_TAX_2019
        assert table_in_force(date(2027, 1, 1), tables) is later

    def test_is_never_guessed(self):
        with pytest.raises(TaxTableNotKnown, match=r"^No table .*\.$"):
            table_in_force(date(2018, 12, 31))

    @pytest.mark.parametrize(
        "brackets",
        [
            (),
            (Bracket(1, 1, 0),),
            (Bracket(None, 1, 0), Bracket(None, 1, 0)),
            (Bracket(2, 1, 0), Bracket(1, 1, 0), Bracket(None, 1, 0)),
        ],
    )
    def test_has_brackets_that_rise_to_one_without_end(self, brackets):
        with pytest.raises(ValueError, match="brackets"):
            replace(LABOUR_TAX_2019, brackets=brackets)


class TestABusinessInvoice:
    def test_means_that_nothing_is_withheld(self):
        result = withhold(123_456, BUSINESS, LABOUR_TAX_2019)
        assert (result.tax_fen, result.net_fen, result.table_version) == (0, 123_456, "")

    @pytest.mark.parametrize(
        ("regime", "invoice_fen", "block"),
        [
            (BUSINESS, None, PaymentBlock.INVOICE_MISSING),
            (BUSINESS, 99, PaymentBlock.INVOICE_DIFFERS),
            (BUSINESS, 101, PaymentBlock.INVOICE_DIFFERS),
            (BUSINESS, 100, None),
            (LABOUR, None, None),
            (TaxRegime.INSURANCE_AGENT, None, None),
        ],
    )
    def test_must_be_over_exactly_the_gross_before_payment(self, regime, invoice_fen, block):
        assert payment_block(regime, 100, invoice_fen) is block


class TestASumPartedByShares:
    @given(st.lists(st.integers(0, 10**9), min_size=1, max_size=8), st.integers(0, 100))
    def test_is_parted_to_the_fen_and_never_above_a_share(self, shares, percent):
        total = sum(shares) * percent // 100
        parts = split_by_share(total, tuple(shares))
        assert sum(parts) == total
        for part, share in zip(parts, shares, strict=True):
            assert 0 <= part <= share
            assert abs(part - Fraction(total * share, sum(shares) or 1)) < 1

    def test_refuses_a_sum_that_nobody_has_a_share_of(self):
        with pytest.raises(ValueError, match="shares"):
            split_by_share(1, (0, 0))


def year_tax(gross: Fraction, months: int) -> Fraction:
    """The annual table of comprehensive income, written as the most of its lines."""
    income = max(gross * Fraction(4, 5) * Fraction(3, 4) - 5_000 * months, Fraction(0))
    rows = [(3, 0), (10, 2520), (20, 16920), (25, 31920), (30, 52920), (35, 85920), (45, 181920)]
    return max(income * rate / 100 - quick for rate, quick in rows)


class TestInsuranceAgents:
    @pytest.mark.parametrize(
        ("gross", "earlier", "tax"),
        [
            ("8333.33", YearToDate(), "0.00"),  # 0.6 x 8,333.33 is below the 5,000 of the month
            ("10000.00", YearToDate(), "30.00"),  # (6,000 - 5,000) x 3 %
            ("10000.00", YearToDate(1_000_000, 3_000, 2), "30.00"),
            ("0.00", YearToDate(1_000_000, 3_000, 2), "0.00"),  # a poor month gives nothing back and takes nothing
            ("100000.00", YearToDate(), "2980.00"),  # 55,000 x 10 % - 2,520
        ],
    )
    def test_are_withheld_over_the_year(self, gross, earlier, tax):
        found = withhold_insurance(parse_yuan(gross), earlier)
        assert found.tax_fen == parse_yuan(tax)
        assert (found.regime, found.table_version) == (TaxRegime.INSURANCE_AGENT, INSURANCE_TAX_2019.version)
        assert found.formula.endswith(f"= {tax}")

    @given(st.lists(st.integers(0, 200_000_00), min_size=1, max_size=12))
    def test_have_paid_the_years_tax_whenever_it_never_fell(self, months):
        gross_fen = tax_fen = 0
        most = Fraction(0)
        for number, month_fen in enumerate(months, 1):
            found = withhold_insurance(month_fen, YearToDate(gross_fen, tax_fen, number))
            gross_fen, tax_fen = gross_fen + month_fen, tax_fen + found.tax_fen
            most = max(most, year_tax(Fraction(gross_fen, 100), number))
            assert found.tax_fen + found.net_fen == month_fen
            assert tax_fen <= most * 100 + Fraction(1, 2)

    def test_cannot_be_withheld_as_labour(self):
        with pytest.raises(ValueError, match="table of its own"):
            withhold(1, TaxRegime.INSURANCE_AGENT, LABOUR_TAX_2019)


class TestAStationsParts:
    BILLS = MonthPart("510781", ServiceLine.E_COMMERCE, 0, 60_000, 0)
    GOODS = MonthPart("510781", ServiceLine.DISTRIBUTION, 0, 40_000, 0)
    POLICIES = MonthPart("510781", ServiceLine.INSURANCE, 0, 1_000_000, 0)

    def test_are_one_payment_whose_tax_falls_on_each_in_proportion(self):
        parts = (self.GOODS, self.BILLS, self.POLICIES)
        goods, bills, policies = tax_parts(parts, LABOUR, LABOUR_TAX_2019, YearToDate())
        # Apart, neither would reach 800.00 and nothing would be withheld; together they are 1,000.00.
        assert (goods.tax_fen, bills.tax_fen, goods.formula) == (1_600, 2_400, "200.00 x 20% = 40.00")
        assert (policies.tax_fen, policies.regime) == (3_000, TaxRegime.INSURANCE_AGENT)
        assert (bills.net_fen, policies.net_fen) == (57_600, 997_000)

    def test_are_untaxed_against_an_invoice_save_insurance(self):
        parts = (self.GOODS, self.BILLS, self.POLICIES)
        goods, bills, policies = tax_parts(parts, BUSINESS, LABOUR_TAX_2019, YearToDate())
        assert (goods.tax_fen, bills.tax_fen, policies.tax_fen) == (0, 0, 3_000)
