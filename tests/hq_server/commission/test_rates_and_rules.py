from __future__ import annotations

import re
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hq_server.commission.rates import Rate, RateKind, RateNotKnown, RateTable
from hq_server.commission.rules import EarnedGroup, TakenGroup, accrue, close_parts
from hq_server.commission.units import PAID_BY, PayingUnit, ServiceLine
from station_journal.facts.commission import DISTRIBUTION_PRODUCT, INSURANCE_PRODUCT

OCT, NOV = date(2026, 10, 1), date(2026, 11, 1)
ITEM_36 = Rate(1, RateKind.PER_ITEM, 36, OCT, "2026-10")
ITEM_40 = Rate(1, RateKind.PER_ITEM, 40, date(2026, 11, 15), "2026-11b")
HALF_PERCENT = Rate(2, RateKind.RATIO, 5_000, OCT, "2026-10")
RATES = RateTable([ITEM_40, HALF_PERCENT, ITEM_36])


TIERS = Rate(3, RateKind.TIERS, 30, OCT, "2026-10", ((100, 30), (300, 40), (0, 50)))
STATION = "510781"


class TestADatedRate:
    def test_holds_from_its_date_until_the_next(self):
        assert RATES.rate_for(1, OCT) is ITEM_36
        assert RATES.rate_for(1, date(2026, 11, 14)) is ITEM_36
        assert RATES.rate_for(1, date(2026, 11, 15)) is ITEM_40
        assert RATES.rate_for(1, date(2031, 1, 1)) is ITEM_40

    @pytest.mark.parametrize(("product", "on"), [(1, date(2026, 9, 30)), (3, NOV)])
    def test_is_never_guessed(self, product, on):
        with pytest.raises(RateNotKnown, match=rf"^Product {product} has no commission rate in force on .*\.$"):
            RATES.rate_for(product, on)

    def test_cannot_be_entered_twice_for_one_date(self):
        with pytest.raises(ValueError, match="two commission rates"):
            RateTable([ITEM_36, Rate(1, RateKind.RATIO, 1, OCT, "other")])

    @pytest.mark.parametrize(
        ("kind", "value", "version"),
        [(RateKind.PER_ITEM, -1, "v"), (RateKind.RATIO, 1_000_001, "v"), (RateKind.RATIO, 1, "")],
    )
    def test_cannot_be_out_of_range_or_without_version(self, kind, value, version):
        with pytest.raises(ValueError, match=r"\.$"):
            Rate(1, kind, value, OCT, version)

    @pytest.mark.parametrize(
        ("rate", "count", "base_fen", "formula"),
        [
            (ITEM_36, 118, 999_999, "118 x 0.36 = 42.48"),
            (HALF_PERCENT, 7, 30_460, "304.60 x 0.5% = 1.52"),
            (HALF_PERCENT, 1, 100, "1.00 x 0.5% = 0.01"),  # exactly half a fen rounds up
            (HALF_PERCENT, 1, 99, "0.99 x 0.5% = 0.00"),
            (HALF_PERCENT, -1, -100, "-1.00 x 0.5% = -0.01"),  # and is taken back as it was given
            (ITEM_36, -2, -100, "-2 x 0.36 = -0.72"),
            (Rate(3, RateKind.RATIO, 12_345, OCT, "v"), 1, 1_000_000, "10000.00 x 1.2345% = 123.45"),
            (Rate(3, RateKind.RATIO, 20_000, OCT, "v"), 1, 123_456, "1234.56 x 2% = 24.69"),
            (Rate(3, RateKind.RATIO, 1, OCT, "v"), 1, 100_000_000, "1000000.00 x 0.0001% = 1.00"),
        ],
    )
    def test_writes_its_sum_so_that_it_can_be_checked_by_hand(self, rate, count, base_fen, formula):
        assert rate.formula(count, base_fen) == formula
        figures = [Fraction(x) for x in re.findall(r"-?[\d.]+", formula)]
        product = figures[0] * figures[1] / (100 if "%" in formula else 1)
        assert abs(product - figures[2]) <= Fraction(5, 1000)
        assert figures[2] * 100 == rate.commission_fen(count, base_fen)


class TestARateByTiers:
    @pytest.mark.parametrize(
        ("count", "formula"),
        [
            (0, "0 x 0.30 = 0.00"),
            (1, "1 x 0.30 = 0.30"),
            (100, "100 x 0.30 = 30.00"),
            (101, "100 x 0.30 + 1 x 0.40 = 30.40"),
            (350, "100 x 0.30 + 200 x 0.40 + 50 x 0.50 = 135.00"),
            (-101, "-(100 x 0.30 + 1 x 0.40) = -30.40"),
        ],
    )
    def test_pays_each_item_what_its_place_says(self, count, formula):
        assert TIERS.formula(count, 0) == formula
        assert TIERS.commission_fen(count, 0) == round(float(formula.rpartition("= ")[2]) * 100)

    @given(st.integers(0, 1_000))
    def test_never_pays_less_for_one_more(self, count):
        more = TIERS.commission_fen(count + 1, 0) - TIERS.commission_fen(count, 0)
        assert more == (30 if count < 100 else 40 if count < 300 else 50)

    @pytest.mark.parametrize("tiers", [(), ((0, 1), (0, 1)), ((5, 1), (3, 1), (0, 1)), ((5, 1),), ((0, -1),)])
    def test_rises_to_one_without_end(self, tiers):
        with pytest.raises(ValueError, match=r"\.$"):
            Rate(1, RateKind.TIERS, 1, OCT, "v", tiers)


class TestAMonthsLines:
    def test_are_in_the_order_of_station_line_of_service_and_product(self):
        goods = Rate(DISTRIBUTION_PRODUCT, RateKind.RATIO, 30_000, OCT, "d")
        policies = Rate(INSURANCE_PRODUCT + 1, RateKind.PER_ITEM, 1_000, OCT, "i")
        earned = [
            EarnedGroup("510782", ITEM_36, 1, 5_000),
            EarnedGroup(STATION, policies, 2, 0),
            EarnedGroup(STATION, ITEM_36, 118, 999),
            EarnedGroup(STATION, goods, 3, 27_000),
        ]
        lines = accrue(earned, [TakenGroup(STATION, ITEM_36, 202610, 4, 400, 1, 100)])
        assert [(x.station_code, x.service_line.value, x.of_month, x.formula) for x in lines] == [
            (STATION, "DISTRIBUTION", 0, "270.00 x 3% = 8.10"),
            (STATION, "E_COMMERCE", 0, "118 x 0.36 = 42.48"),
            (STATION, "E_COMMERCE", 202610, "-1 x 0.36 = -0.36"),
            (STATION, "INSURANCE", 0, "2 x 10.00 = 20.00"),
            ("510782", "E_COMMERCE", 0, "1 x 0.36 = 0.36"),
        ]
        assert {x.service_line: PAID_BY[x.service_line] for x in lines} == {
            ServiceLine.E_COMMERCE: PayingUnit.HQ,
            ServiceLine.DISTRIBUTION: PayingUnit.BRANCH,
            ServiceLine.INSURANCE: PayingUnit.BRANCH,
        }

    def test_show_what_is_left_where_rounding_or_tiers_make_the_difference(self):
        (line,) = accrue([], [TakenGroup(STATION, HALF_PERCENT, 202610, 2, 199, 1, 100)])
        assert (line.commission_fen, line.formula) == (-1, "-1.00 x 0.5% = -0.01")
        (line,) = accrue([], [TakenGroup(STATION, HALF_PERCENT, 202610, 2, 200, 1, 99)])
        assert (line.commission_fen, line.formula) == (0, "-0.99 x 0.5% = 0.00")
        (line,) = accrue([], [TakenGroup(STATION, HALF_PERCENT, 202610, 2, 150, 1, 75)])
        assert (line.commission_fen, line.formula) == (-1, "0.75 x 0.5% - 0.01 = -0.01")
        (line,) = accrue([], [TakenGroup(STATION, TIERS, 202610, 101, 999, 2, 10)])
        assert line.formula == "99 x 0.30 - 30.40 = -0.70"

    def test_refuse_nothing_and_more_than_stood(self):
        with pytest.raises(ValueError, match="no sales"):
            accrue([EarnedGroup(STATION, ITEM_36, 0, 0)])
        with pytest.raises(ValueError, match="more would be taken"):
            accrue([], [TakenGroup(STATION, ITEM_36, 202610, 1, 100, 2, 100)])

    @given(
        st.sampled_from([ITEM_36, HALF_PERCENT, TIERS]),
        st.lists(st.integers(1, 10**7), min_size=1, max_size=40),
        st.lists(st.integers(1, 6), min_size=1),
    )
    def test_taken_back_bit_by_bit_give_back_exactly_what_was_earned(self, rate, amounts, bites):
        """However a line was rounded or tiered, and in however many months its sales are reversed."""
        (earned,) = accrue([EarnedGroup(STATION, rate, len(amounts), sum(amounts))])
        left, back_fen, turn = list(amounts), 0, 0
        while left:
            bite, left_after = left[: bites[turn % len(bites)]], left[bites[turn % len(bites)] :]
            (line,) = accrue([], [TakenGroup(STATION, rate, 202610, len(left), sum(left), len(bite), sum(bite))])
            assert line.commission_fen <= 0
            back_fen, left, turn = back_fen + line.commission_fen, left_after, turn + 1
        assert back_fen == -earned.commission_fen


class TestAMonthsParts:
    GOODS = Rate(DISTRIBUTION_PRODUCT, RateKind.PER_ITEM, 10, OCT, "d")

    def test_carry_their_own_negative_rest_and_no_other_units(self):
        lines = accrue([EarnedGroup(STATION, self.GOODS, 5, 0)], [TakenGroup(STATION, ITEM_36, 202610, 9, 900, 3, 300)])
        goods, bills = close_parts(lines)
        assert (goods.service_line, goods.gross_fen, goods.carried_out_fen) == (ServiceLine.DISTRIBUTION, 50, 0)
        assert (bills.service_line, bills.gross_fen, bills.carried_out_fen) == (ServiceLine.E_COMMERCE, 0, -108)
        (november,) = close_parts(
            accrue([EarnedGroup(STATION, ITEM_36, 2, 100)]), {(STATION, ServiceLine.E_COMMERCE): -108}
        )
        assert (november.carried_in_fen, november.gross_fen, november.carried_out_fen) == (-108, 0, -36)

    def test_exist_for_a_rest_alone_and_refuse_a_positive_one(self):
        (only,) = close_parts((), {(STATION, ServiceLine.E_COMMERCE): -5})
        assert (only.gross_fen, only.carried_out_fen) == (0, -5)
        with pytest.raises(ValueError, match="negative"):
            close_parts((), {(STATION, ServiceLine.E_COMMERCE): 1})

    @given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12))
    def test_lose_no_clawback_over_many_months(self, months):
        paid_fen, earned_fen, stood = 0, 0, 0
        carried: dict[tuple[str, ServiceLine], int] = {}
        for earning, reversing in months:
            taking = min(reversing, stood)
            earned = [EarnedGroup(STATION, ITEM_36, earning, earning * 100)] if earning else []
            taken = [TakenGroup(STATION, ITEM_36, 1, stood, stood * 100, taking, taking * 100)] if taking else []
            lines = accrue(earned, taken)
            parts = close_parts(lines, carried)
            assert all(part.gross_fen >= 0 >= part.carried_out_fen for part in parts)
            assert all(not (part.gross_fen and part.carried_out_fen) for part in parts)
            carried = {(p.station_code, p.service_line): p.carried_out_fen for p in parts if p.carried_out_fen}
            paid_fen += sum(part.gross_fen for part in parts)
            earned_fen += sum(line.commission_fen for line in lines)
            stood += earning - taking
        assert paid_fen + sum(carried.values()) == earned_fen
