"""The amount guard: silent on ordinary bills, awake on slips of the point."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.guard import measure
from station_pos.commands.amount_guard import HISTORY_LEAST, is_odd


def households(seed, count=400):
    """Monthly bills of many accounts: a level of its own, a season, and chance month by month."""
    chance = random.Random(seed)
    season = (100, 95, 90, 85, 90, 110, 140, 145, 120, 95, 90, 100)
    for _ in range(count):
        level = chance.choice([2_500, 4_000, 7_260, 9_000, 15_000, 30_000])
        yield [max(100, int(level * season[month % 12] * chance.lognormvariate(0, 0.22) / 100)) for month in range(24)]


def judged(bills, amount_of):
    return [is_odd(amount_of(bills[at]), bills[max(0, at - 12) : at]) for at in range(HISTORY_LEAST, len(bills))]


def share(seed, amount_of):
    found = [odd for bills in households(seed) for odd in judged(bills, amount_of)]
    return sum(found) / len(found)


def test_fewer_than_one_ordinary_bill_in_a_hundred_is_asked_about(seed):
    assert share(seed, lambda fen: fen) < 0.01


def test_more_than_95_of_100_slips_by_ten_are_caught(seed):
    assert share(seed, lambda fen: fen * 10) > 0.95
    assert share(seed, lambda fen: fen // 10) > 0.95


@given(st.integers(1, 10**9), st.lists(st.integers(1, 10**9), max_size=HISTORY_LEAST - 1))
def test_without_a_history_nothing_is_asked(amount_fen, history):
    assert not is_odd(amount_fen, history)


@given(st.lists(st.integers(1, 10**9), min_size=HISTORY_LEAST), st.data())
def test_an_amount_paid_before_or_within_the_usual_range_is_not_odd(history, data):
    assert not is_odd(data.draw(st.sampled_from(history)), history)
    assert not is_odd(data.draw(st.integers(min(history), max(history))), history)


def test_a_fixed_monthly_amount_is_told_from_ten_times_it():
    assert is_odd(50_000, [5_000] * 3)
    assert is_odd(500, [5_000] * 3)
    assert not is_odd(10_000, [5_000] * 3)


def test_a_rare_large_top_up_does_not_hide_a_slip_by_ten():
    assert is_odd(500_000, [5_000, 5_000, 10_000, 50_000, 5_000, 5_000, 10_000])
    assert is_odd(30_000, [1_000, 2_000, 2_000, 6_000])
    assert not is_odd(9_000, [1_000, 2_000, 2_000, 6_000])


def test_on_the_accounts_of_a_village_it_is_silent_on_99_of_100_sales_and_catches_95_of_100_slips(seed):
    counts = measure(1_500, seed)
    assert counts["normal"].percent < 1.5, "over a smaller sample than the benchmark's"
    assert min(counts["times_ten"].percent, counts["tenth"].percent) > 95
