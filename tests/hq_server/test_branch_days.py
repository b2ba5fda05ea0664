"""The days of the branch as stations learn them: the State Council's list, make-up days taken out, told once."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine

from hq_server.branch_days import days_of_year, state_days
from hq_server.reference.working_days import seeded_table
from hq_server.wording import RefusedError
from station_journal.facts.branch_days import BranchDaysStated, ClosedDay, DueDay
from tests.hq_server.counter_side import CLERK, Counter
from tests.hq_server.people import MAKER, NOON, SteppingClock


def test_rest_days_are_closed_and_make_up_days_are_not():
    stated = days_of_year(seeded_table([2026]), 2026, {101: 28})
    for day in (date(2026, 10, 1), date(2026, 10, 24), date(2026, 2, 17)):
        assert ClosedDay(day) in stated.closed
    for day in (date(2026, 10, 10), date(2026, 2, 14), date(2026, 10, 23)):
        assert ClosedDay(day) not in stated.closed
    assert len(stated.due) == 12
    assert DueDay(date(2026, 10, 28), 101) in stated.due


def test_a_year_that_nobody_listed_and_a_day_that_no_month_has_are_refused():
    with pytest.raises(RefusedError, match="not listed yet"):
        days_of_year(seeded_table([2026]), 2099, {})
    with pytest.raises(RefusedError, match="between 1 and 28"):
        days_of_year(seeded_table([2026]), 2026, {101: 30})


def test_a_station_is_told_once_and_again_when_the_days_change(engine: Engine):
    counter = Counter(engine, SteppingClock())
    first = days_of_year(seeded_table([2026]), 2026, {101: 28})
    for fact, told in ((first, 1), (first, 0), (days_of_year(seeded_table([2026]), 2026, {101: 15}), 1)):
        assert state_days(engine, counter.journal, MAKER, fact, None, NOON) == told
        counter.post()
    assert [len(fact.due) for fact in counter.told(BranchDaysStated)] == [12, 12]
    with pytest.raises(RefusedError, match="may not do this"):
        state_days(engine, counter.journal, CLERK, first, None, NOON)
