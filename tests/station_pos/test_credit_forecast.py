"""The credit forecast: clock time, closed days, due days, and a back-test against a fixed threshold."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.credit_load import back_test
from station_pos.commands.credit_forecast import STEP_FEN, BranchDays, Use, forecast
from station_pos.config import ZONE

FRIDAY = date(2026, 10, 23)
HOURS = [0] * 8 + [10] * 10 + [0] * 6
"""Open from 8 to 18, evenly."""


def at(day: date, hour: int = 8) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)


def steady(fen: int = 50_000, days: int = 60, today: date = FRIDAY) -> Use:
    first = today - timedelta(days=days)
    return Use(first, {first + timedelta(days=n): fen for n in range(days)}, HOURS)


def test_a_steady_use_runs_dry_at_the_hour_that_division_gives():
    found = forecast(at(FRIDAY), FRIDAY, 125_000, steady(), BranchDays())
    assert found is not None
    assert found.mean_fen == 50_000
    assert found.runs_dry_at is not None
    assert found.runs_dry_at.date() == date(2026, 10, 25)
    assert 12 <= found.runs_dry_at.hour <= 13


def test_a_closed_weekend_makes_friday_the_day_to_buy():
    friday, enough = at(FRIDAY, 10), 120_000
    open_always = BranchDays(years=frozenset({2026}))
    weekend = BranchDays()
    through = forecast(friday, FRIDAY, enough, steady(), open_always)
    closed = forecast(friday, FRIDAY, enough, steady(), weekend)
    assert through is not None
    assert not through.buy_today
    assert closed is not None
    assert closed.buy_today
    assert closed.closed_ahead[:2] == (date(2026, 10, 24), date(2026, 10, 25))
    assert closed.lasts_until is not None
    assert closed.lasts_until >= date(2026, 10, 26)


def test_a_saturday_of_make_up_work_is_a_day_to_buy_on():
    days = BranchDays(years=frozenset({2026}), closed=frozenset({date(2026, 10, 25)}))
    found = forecast(at(FRIDAY, 10), FRIDAY, 120_000, steady(), days)
    assert found is not None
    assert not found.buy_today


def test_an_announced_due_day_is_provided_for_before_the_station_ever_had_one():
    due = date(2026, 10, 26)
    days = BranchDays(due=frozenset({due}))
    plain = forecast(at(FRIDAY), FRIDAY, 260_000, steady(), BranchDays())
    found = forecast(at(FRIDAY), FRIDAY, 260_000, steady(), days)
    assert plain is not None
    assert not plain.buy_today
    assert found is not None
    assert found.buy_today
    assert found.due_ahead == ((due, 150_000),)


def test_a_due_day_that_the_station_knows_by_itself_is_expected_again():
    use = steady()
    peaks = {date(2026, 8, 28): 400_000, date(2026, 9, 28): 500_000}
    use = Use(date(2026, 8, 14), {**{date(2026, 8, 14) + timedelta(days=n): 50_000 for n in range(70)}, **peaks}, HOURS)
    found = forecast(at(FRIDAY), FRIDAY, 10_000_000, use, BranchDays())
    assert found is not None
    assert found.mean_fen == 50_000
    assert found.due_ahead == ((date(2026, 10, 28), 500_000),)


def test_a_branch_that_is_closed_now_is_nothing_to_buy_at():
    saturday = FRIDAY + timedelta(days=1)
    found = forecast(at(saturday), saturday, 10_000, steady(today=saturday), BranchDays())
    assert found is not None
    assert not found.buy_today
    assert found.suggest_fen > 0


def test_after_the_cut_off_the_business_date_that_began_has_all_its_use_before_it():
    evening = datetime(2026, 10, 23, 23, 30, tzinfo=ZONE)
    found = forecast(
        evening, FRIDAY + timedelta(days=1), 60_000, steady(today=FRIDAY + timedelta(days=1)), BranchDays()
    )
    assert found is not None
    assert found.runs_dry_at is not None
    assert found.runs_dry_at.date() == date(2026, 10, 25)


@pytest.mark.parametrize("use", [steady(days=4), Use(FRIDAY, {}, HOURS), steady(fen=0)])
def test_too_short_a_history_gives_no_forecast(use: Use):
    assert forecast(at(FRIDAY), FRIDAY, 100_000, use, BranchDays()) is None


@given(
    st.lists(st.integers(0, 900_000), min_size=7, max_size=80),
    st.integers(0, 10_000_000),
    st.integers(0, 23),
    st.lists(st.integers(0, 900), min_size=24, max_size=24),
    st.sets(st.integers(0, 30)),
)
def test_whatever_the_past_it_answers_and_more_credit_never_runs_dry_sooner(by_day, free_fen, hour, hours, closed):
    first = FRIDAY - timedelta(days=len(by_day))
    use = Use(first, {first + timedelta(days=n): fen for n, fen in enumerate(by_day)}, hours)
    days = BranchDays(frozenset({2026}), frozenset(FRIDAY + timedelta(days=n) for n in closed))
    one = forecast(at(FRIDAY, hour), FRIDAY, free_fen, use, days)
    more = forecast(at(FRIDAY, hour), FRIDAY, free_fen + 100_000, use, days)
    if one is None or more is None:
        assert one is more
        return
    assert one.suggest_fen % STEP_FEN == 0
    assert one.suggest_fen >= more.suggest_fen
    if one.runs_dry_at is None:
        assert more.runs_dry_at is None
    else:
        assert more.runs_dry_at is None or more.runs_dry_at >= one.runs_dry_at


def test_on_simulated_load_it_spares_four_of_five_times_that_a_station_runs_dry():
    by_threshold, by_forecast = back_test(stations=12, days=150, seed=20261023)
    assert by_threshold.runs_dry > 20
    assert by_forecast.runs_dry * 5 < by_threshold.runs_dry
