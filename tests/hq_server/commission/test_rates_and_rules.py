from __future__ import annotations

import re
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hq_server.commission.rates import Rate, RateKind, RateNotKnown, RateTable
from hq_server.commission.rules import CommissionSale, accrue, close_month, close_months, totals

OCT, NOV = date(2026, 10, 1), date(2026, 11, 1)
ITEM_36 = Rate(1, RateKind.PER_ITEM, 36, OCT, "2026-10")
ITEM_40 = Rate(1, RateKind.PER_ITEM, 40, date(2026, 11, 15), "2026-11b")
HALF_PERCENT = Rate(2, RateKind.RATIO, 5_000, OCT, "2026-10")
RATES = RateTable([ITEM_40, HALF_PERCENT, ITEM_36])


def sale(n: int, product: int = 1, base_fen: int = 5_000, on: date = NOV, station: str = "510781") -> CommissionSale:
    return CommissionSale(station, f"A-{n:05d}", product, on, base_fen)


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


class TestAMonthsLines:
    def test_are_one_per_station_product_and_rate_version(self):
        sales = [sale(n) for n in range(118)]
        sales += [sale(200, 2, 30_000), sale(201, 2, 460), sale(202, on=date(2026, 11, 20))]
        sales += [sale(1, station="510782")]
        lines = accrue(sales, RATES)
        assert [(x.station_code, x.product_code, x.rate_version, x.count, x.formula) for x in lines] == [
            ("510781", 1, "2026-10", 118, "118 x 0.36 = 42.48"),
            ("510781", 1, "2026-11b", 1, "1 x 0.40 = 0.40"),
            ("510781", 2, "2026-10", 2, "304.60 x 0.5% = 1.52"),
            ("510782", 1, "2026-10", 1, "1 x 0.36 = 0.36"),
        ]

    def test_are_rounded_once_and_not_for_each_sale(self):
        (line,) = accrue([sale(n, 2, 99) for n in range(100)], RATES)  # each alone would round to zero
        assert line.commission_fen == 50

    def test_take_back_reversed_sales_at_the_rate_of_their_own_date(self):
        lines = accrue([sale(9, on=date(2026, 11, 20))], RATES, [sale(1, on=OCT), sale(2, 2, 20_000, OCT)])
        assert [(x.formula, x.commission_fen, x.count) for x in lines] == [
            ("-1 x 0.36 = -0.36", -36, -1),
            ("1 x 0.40 = 0.40", 40, 1),
            ("-200.00 x 0.5% = -1.00", -100, -1),
        ]

    def test_are_not_made_at_all_when_one_sale_has_no_rate(self):
        with pytest.raises(RateNotKnown):
            accrue([sale(1), sale(2, product=9)], RATES)
        with pytest.raises(RateNotKnown):
            accrue([sale(1)], RATES, [sale(2, on=date(2026, 1, 1))])

    def test_refuse_a_sale_given_twice_or_without_amount(self):
        with pytest.raises(ValueError, match="twice"):
            accrue([sale(1), sale(1)], RATES)
        with pytest.raises(ValueError, match="positive"):
            accrue([sale(1, base_fen=0)], RATES)

    @given(
        st.lists(st.tuples(st.sampled_from([1, 2]), st.integers(1, 10**7), st.integers(1, 28), st.integers(1, 3))),
        st.randoms(use_true_random=False),
    )
    def test_hold_every_sale_once_whatever_the_order(self, figures, shuffler):
        sales = [sale(n, p, fen, date(2026, 11, d), f"51078{s}") for n, (p, fen, d, s) in enumerate(figures)]
        lines = accrue(sales, RATES)
        assert lines == accrue(shuffler.sample(sales, len(sales)), RATES)
        sums = totals(lines)
        assert (sums.count, sums.base_fen) == (len(sales), sum(s.base_fen for s in sales))
        exact = Fraction(0)
        for s in sales:
            exact += Fraction(s.base_fen, 200) if s.product_code == 2 else RATES.rate_for(1, s.business_date).value
        assert abs(sums.commission_fen - exact) <= Fraction(len(lines), 2)

    @given(st.lists(st.tuples(st.sampled_from([1, 2]), st.integers(1, 10**7), st.integers(1, 28))))
    def test_taken_back_whole_leave_nothing(self, figures):
        sales = [sale(n, p, fen, date(2026, 11, d)) for n, (p, fen, d) in enumerate(figures)]
        assert totals(accrue(sales, RATES, sales)).commission_fen == 0


class TestAStationsMonth:
    def test_pays_what_is_earned_less_what_is_taken_back(self):
        month = close_month("510781", accrue([sale(n) for n in range(10)], RATES, [sale(99, on=OCT)]))
        assert (month.payable_gross_fen, month.carried_out_fen) == (324, 0)

    def test_carries_a_negative_rest_into_the_next_until_it_is_borne(self):
        october = close_month("510781", accrue([sale(1)], RATES, [sale(n, on=OCT) for n in range(10, 13)]))
        assert (october.payable_gross_fen, october.carried_out_fen) == (0, -72)
        november = close_month("510781", accrue([sale(2)], RATES), october.carried_out_fen)
        assert (november.payable_gross_fen, november.carried_out_fen) == (0, -36)
        december = close_month("510781", accrue([sale(n) for n in range(3, 6)], RATES), november.carried_out_fen)
        assert (december.payable_gross_fen, december.carried_out_fen) == (72, 0)

    def test_is_closed_for_every_station_with_a_line_or_a_rest(self):
        months = close_months(accrue([sale(1, station="510782")], RATES), {"510781": -5})
        assert [(m.station_code, m.payable_gross_fen, m.carried_out_fen) for m in months] == [
            ("510781", 0, -5),
            ("510782", 36, 0),
        ]

    def test_refuses_another_stations_line_and_a_positive_rest(self):
        with pytest.raises(ValueError, match="not station"):
            close_month("510782", accrue([sale(1)], RATES))
        with pytest.raises(ValueError, match="negative"):
            close_month("510781", (), 1)

    @given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12))
    def test_loses_nothing_over_many_months(self, months):
        carried_fen, paid_fen, earned_fen, n = 0, 0, 0, 0
        for earning, reversing in months:
            lines = accrue(
                [sale(n + k) for k in range(earning)], RATES, [sale(n + 100 + k, on=OCT) for k in range(reversing)]
            )
            month = close_month("510781", lines, carried_fen)
            assert month.payable_gross_fen >= 0 >= month.carried_out_fen
            n, carried_fen = n + 1000, month.carried_out_fen
            paid_fen += month.payable_gross_fen
            earned_fen += totals(lines).commission_fen
        assert paid_fen + carried_fen == earned_fen
