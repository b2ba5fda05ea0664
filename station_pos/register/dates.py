"""Under which business date a record is made, and which dates end before it, as one transaction sees the books."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from station_pos.commands.business_dates import business_date_at, days_to_end, earliest_open

if TYPE_CHECKING:
    from datetime import datetime

    from station_pos.store.recording import Recorder


def business_date_of(recorder: Recorder, now: datetime, hq_time: datetime | None) -> tuple[date, bool]:
    """Give the business date of a record made now (UTC), and whether the clock is to be confirmed first."""
    confirmed = recorder.marker.clock_confirmed
    return business_date_at(now, _earliest(recorder), hq_time, date.fromisoformat(confirmed) if confirmed else None)


def dates_over(recorder: Recorder, current: date) -> tuple[date, ...]:
    """List the business dates to end before the first record of ``current``, oldest first."""
    return days_to_end(_earliest(recorder), current)


def _earliest(recorder: Recorder) -> date | None:
    first = recorder.marker.first_date
    return earliest_open(date.fromisoformat(first) if first else None, recorder.view.standing().day_ended)
