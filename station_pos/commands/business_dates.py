"""Business dates: fixed zone UTC+8, cut-off at 23:00, never back to an ended day, never far ahead of HQ unasked."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from station_pos.config import CUT_OFF, ZONE

_DAY = timedelta(days=1)


def date_by_clock(now: datetime) -> date:
    """Give the business date that a clock shows; a sale from the cut-off on carries the next date."""
    local = now.astimezone(ZONE)
    return local.date() + _DAY if local.time() >= CUT_OFF else local.date()


def business_date_at(
    now: datetime, earliest: date | None, last_hq_time: datetime | None, confirmed: date | None
) -> tuple[date, bool]:
    """Give the business date of a record made now, and whether the clock is doubtful.

    ``earliest`` is the first date that has not ended. The clock is doubtful when it is more than one day ahead of
    HQ's last time and no operator has confirmed its date; then records of the machine carry the last date that is
    not doubtful.
    """
    shown = date_by_clock(now)
    doubtful = False
    if last_hq_time is not None and shown != confirmed:
        latest = date_by_clock(last_hq_time) + _DAY
        doubtful = shown > latest
        shown = min(shown, latest)
    return (shown if earliest is None else max(shown, earliest)), doubtful


def earliest_open(first: date | None, ended: date | None) -> date | None:
    """Give the first business date that has not ended; None before the station's first record."""
    return first if ended is None else ended + _DAY


def days_to_end(earliest: date | None, current: date) -> tuple[date, ...]:
    """List the business dates that are over and have not been ended, oldest first."""
    if earliest is None:
        return ()
    return tuple(earliest + days * _DAY for days in range((current - earliest).days))
