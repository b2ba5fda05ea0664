"""Business dates: cut-off, no way back, and a clock that runs ahead."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_pos.commands.business_dates import business_date_at, date_by_clock, days_to_end

moments = st.integers(1_704_067_200, 1_893_456_000).map(lambda second: datetime.fromtimestamp(second, UTC))


@pytest.mark.parametrize(
    ("utc", "expected"),
    [
        (datetime(2026, 10, 23, 14, 59, 59, tzinfo=UTC), date(2026, 10, 23)),
        (datetime(2026, 10, 23, 15, 0, tzinfo=UTC), date(2026, 10, 24)),
        (datetime(2026, 10, 23, 16, 0, tzinfo=UTC), date(2026, 10, 24)),
        (datetime(2026, 12, 31, 15, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_a_sale_from_23_00_beijing_time_carries_the_next_date(utc, expected):
    assert date_by_clock(utc) == expected


@given(moments, st.dates(date(2024, 1, 1), date(2030, 1, 1)), moments | st.none())
def test_no_date_is_below_the_first_open_one_or_more_than_a_day_above_hqs(now, earliest, hq_time):
    given_date, doubtful = business_date_at(now, earliest, hq_time, None)
    assert given_date >= earliest
    if hq_time is not None:
        assert given_date <= max(earliest, date_by_clock(hq_time) + timedelta(days=1))
        assert doubtful is (date_by_clock(now) > date_by_clock(hq_time) + timedelta(days=1))


def test_every_date_that_passed_is_ended_once():
    assert days_to_end(None, date(2026, 10, 23)) == ()
    assert days_to_end(date(2026, 10, 23), date(2026, 10, 23)) == ()
    assert days_to_end(date(2026, 10, 30), date(2026, 11, 2)) == (
        date(2026, 10, 30),
        date(2026, 10, 31),
        date(2026, 11, 1),
    )
