from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hq_server.reference.working_days import (
    WorkingDayTable,
    YearList,
    YearNotKnown,
    business_date_of,
    seeded_table,
)

TABLE = seeded_table(range(2023, 2030))
DAYS = st.dates(date(2023, 3, 1), date(2026, 10, 1))


class TestTheListOf2026:
    @pytest.mark.parametrize(
        ("first", "last"),
        [
            ("01-01", "01-03"),
            ("02-15", "02-23"),
            ("04-04", "04-06"),
            ("05-01", "05-05"),
            ("06-19", "06-21"),
            ("09-25", "09-27"),
            ("10-01", "10-07"),
        ],
    )
    def test_every_public_holiday_is_off(self, first, last):
        day, end = date.fromisoformat(f"2026-{first}"), date.fromisoformat(f"2026-{last}")
        while day <= end:
            assert not TABLE.is_working_day(day), day
            day += timedelta(days=1)

    @pytest.mark.parametrize("day", ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"])
    def test_every_make_up_weekend_is_worked(self, day):
        assert TABLE.is_working_day(date.fromisoformat(f"2026-{day}"))

    @pytest.mark.parametrize("day", ["01-26", "02-08", "04-27", "09-28", "10-11"])
    def test_the_make_up_days_of_2025_are_worked(self, day):
        assert TABLE.is_working_day(date.fromisoformat(f"2025-{day}"))

    def test_it_has_no_make_up_day_beyond_those_announced(self):
        announced = ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]
        assert sorted(f"{d:%m-%d}" for d in TABLE.years[2026].make_up_days) == announced


class TestAYearNobodyListed:
    def test_is_refused_in_one_sentence_and_never_guessed(self):
        with pytest.raises(YearNotKnown, match=r"^The working-day list of 2027 is not known; .*\.$"):
            TABLE.is_working_day(date(2027, 3, 3))

    def test_is_refused_when_a_term_runs_into_it(self):
        with pytest.raises(YearNotKnown) as refusal:
            TABLE.add_working_days(date(2026, 12, 31), 1)
        assert refusal.value.year == 2027

    def test_is_refused_when_a_term_begins_in_it(self):
        with pytest.raises(YearNotKnown):
            WorkingDayTable({2026: TABLE.years[2026]}).add_working_days(date(2025, 12, 31), 1)

    def test_becomes_known_when_its_list_is_entered(self):
        listed = YearList(2027, frozenset({date(2027, 1, 1)}), frozenset({date(2027, 1, 3)}), "entered by hand")
        table = TABLE.with_year(listed)
        assert table.add_working_days(date(2026, 12, 31), 1) == date(2027, 1, 3)
        with pytest.raises(YearNotKnown):
            TABLE.is_working_day(date(2027, 1, 3))

    def test_raises_the_alarm_from_the_first_of_december(self):
        assert TABLE.year_to_enter(date(2026, 11, 30)) is None
        assert TABLE.year_to_enter(date(2026, 12, 1)) == 2027
        assert TABLE.year_to_enter(date(2027, 1, 5)) == 2027
        assert TABLE.year_to_enter(date(2025, 12, 31)) is None

    @pytest.mark.parametrize(
        ("rest", "make_up"),
        [({date(2027, 1, 2)}, set()), (set(), {date(2027, 1, 4)}), ({date(2026, 1, 1)}, set())],
    )
    def test_cannot_be_entered_with_a_day_on_the_wrong_side(self, rest, make_up):
        with pytest.raises(ValueError, match=r"\.$"):
            YearList(2027, frozenset(rest), frozenset(make_up), "entered by hand")


class TestTermsInWorkingDays:
    @pytest.mark.parametrize(
        ("start", "count", "due"),
        [
            ("2026-02-12", 3, "2026-02-24"),
            ("2026-09-30", 5, "2026-10-13"),
            ("2026-09-29", 10, "2026-10-19"),
            ("2026-04-30", 7, "2026-05-13"),
            ("2026-02-13", 1, "2026-02-14"),
        ],
    )
    def test_fall_on_the_checked_dates(self, start, count, due):
        assert TABLE.add_working_days(date.fromisoformat(start), count) == date.fromisoformat(due)

    @given(start=DAYS, count=st.integers(1, 30))
    def test_end_on_a_working_day_with_exactly_that_many_in_between(self, start, count):
        due = TABLE.add_working_days(start, count)
        span = [start + timedelta(days=n) for n in range(1, (due - start).days + 1)]
        assert TABLE.is_working_day(due)
        assert sum(map(TABLE.is_working_day, span)) == count

    @pytest.mark.parametrize("count", [0, -1])
    def test_of_no_day_are_refused(self, count):
        with pytest.raises(ValueError, match="at least one working day"):
            TABLE.add_working_days(date(2026, 3, 3), count)

    @given(day=DAYS)
    def test_next_and_preceding_leave_the_day_itself(self, day):
        after, before = TABLE.next_working_day(day), TABLE.preceding_working_day(day)
        assert before < day < after
        assert TABLE.preceding_working_day(after) == (day if TABLE.is_working_day(day) else before)


class TestDuesOnADayOfTheMonth:
    @pytest.mark.parametrize(
        ("year", "month", "day", "due"),
        [
            (2026, 2, 15, "2026-02-14"),
            (2026, 2, 20, "2026-02-14"),
            (2026, 10, 5, "2026-09-30"),
            (2026, 4, 15, "2026-04-15"),
        ],
    )
    def test_roll_back_to_the_preceding_working_day(self, year, month, day, due):
        assert TABLE.due_by_day_of_month(year, month, day) == date.fromisoformat(due)

    def test_roll_forward_when_asked(self):
        assert TABLE.due_by_day_of_month(2026, 2, 15, roll="following") == date(2026, 2, 24)
        assert TABLE.due_by_day_of_month(2026, 10, 5, roll="following") == date(2026, 10, 8)

    def test_refuse_a_day_the_month_has_not(self):
        with pytest.raises(ValueError, match="day"):
            TABLE.due_by_day_of_month(2026, 2, 30)


class TestBusinessDate:
    @pytest.mark.parametrize(
        ("utc", "business_date"),
        [
            ("2026-11-23T14:59:59", "2026-11-23"),  # 22:59:59 in Shanghai
            ("2026-11-23T15:00:00", "2026-11-24"),  # 23:00:00
            ("2026-11-23T16:00:00", "2026-11-24"),  # midnight
            ("2026-11-22T16:00:00", "2026-11-23"),
            ("2026-12-31T15:00:00", "2027-01-01"),  # needs no working-day list
            ("2026-11-27T15:30:00", "2026-11-28"),  # a Saturday is a business date
        ],
    )
    def test_turns_at_23_00_shanghai_time(self, utc, business_date):
        assert business_date_of(datetime.fromisoformat(utc).replace(tzinfo=UTC)) == date.fromisoformat(business_date)

    def test_follows_the_channel_that_turns_at_midnight_or_earlier(self):
        at = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
        assert business_date_of(at, time(0)) == date(2026, 11, 23)
        assert business_date_of(at, time(22)) == date(2026, 11, 24)

    def test_refuses_a_time_without_zone(self):
        with pytest.raises(ValueError, match="zone"):
            business_date_of(datetime(2026, 11, 23, 15, 0))  # noqa: DTZ001

    @given(st.integers(1_700_000_000, 1_800_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
    def test_never_falls_as_time_goes_on(self, at):
        assert business_date_of(at) <= business_date_of(at + timedelta(seconds=1))
