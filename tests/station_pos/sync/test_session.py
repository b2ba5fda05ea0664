"""The pure rules of pace: small first, larger while it goes well, patient and out of step with others when not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from station_journal.frame import FRAME_RECORDS_MAX
from station_pos.sync.session import BACK_OFF_MAX_S, BUDGET_FIRST_BYTES, BUDGET_MAX_BYTES, Pace, run_length

draws = st.floats(0, 1, exclude_max=True)


class TestTheNextFrame:
    @given(st.lists(st.integers(1, 70_000), max_size=300), st.integers(1, 100_000))
    def test_holds_as_many_records_as_the_budget_and_at_least_one(self, sizes, budget):
        count = run_length(iter(sizes), budget)
        assert (count >= 1) == bool(sizes)
        assert count == 1 or sum(sizes[:count]) <= budget
        assert count in {len(sizes), 0} or sum(sizes[: count + 1]) > budget

    def test_never_holds_more_records_than_a_frame_may(self):
        assert run_length([1] * 9_000, 10**9) == FRAME_RECORDS_MAX


class TestThePace:
    @given(st.lists(st.booleans(), max_size=60))
    def test_stays_within_its_bounds(self, outcomes):
        pace = Pace()
        for succeeded in outcomes:
            pace = pace.succeeded() if succeeded else pace.failed()
            assert 0 < pace.budget_bytes <= BUDGET_MAX_BYTES
            assert succeeded or pace.budget_bytes <= BUDGET_FIRST_BYTES
        assert bool(outcomes and not outcomes[-1]) == (pace.failures > 0)

    @given(st.integers(0, 5_000), draws)
    def test_never_waits_longer_than_five_minutes(self, failures, draw):
        assert 0 <= Pace(failures).back_off_s(draw) < BACK_OFF_MAX_S

    def test_waits_up_to_one_second_after_the_first_failure_and_twice_as_long_after_each_further_one(self):
        longest = [round(Pace(failures).back_off_s(0.999999), 1) for failures in range(1, 12)]
        assert longest == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]

    @given(st.integers(1, 20), draws, draws)
    def test_spreads_those_who_lost_hq_together(self, failures, one, other):
        waits = Pace(failures).back_off_s(one), Pace(failures).back_off_s(other)
        assert (waits[0] == waits[1]) == (one == other) or min(one, other) < 1e-300
