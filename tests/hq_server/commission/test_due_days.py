from __future__ import annotations

from datetime import date

import pytest

from hq_server.commission.due_days import list_due, pay_due
from hq_server.reference.working_days import YearNotKnown, seeded_table

TABLE = seeded_table(range(2025, 2027))


class TestWhenItIsDue:
    @pytest.mark.parametrize(
        ("year", "month", "listed", "paid"),
        [
            (2026, 1, "2026-02-14", "2026-02-14"),  # both fall into the Spring Festival; the 14th is a make-up day
            (2025, 12, "2026-01-15", "2026-01-20"),
            (2026, 10, "2026-11-13", "2026-11-20"),
            (2026, 8, "2026-09-15", "2026-09-20"),  # a Sunday that is worked
        ],
    )
    def test_is_the_15th_and_the_20th_or_the_working_day_before(self, year, month, listed, paid):
        assert list_due(TABLE, year, month) == date.fromisoformat(listed)
        assert pay_due(TABLE, year, month) == date.fromisoformat(paid)

    def test_is_not_guessed_for_a_year_without_list(self):
        with pytest.raises(YearNotKnown):
            pay_due(TABLE, 2026, 12)
