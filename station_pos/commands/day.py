"""The business day's end, outages and the clock: what the machine records by itself, and what it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.records import BusinessDayEnded, ClockConfirmed, Fact, OutageClosed, OutageOpened
from station_pos.commands.business_dates import date_by_clock, earliest_open
from station_pos.commands.outcome import Refusal, Refused

if TYPE_CHECKING:
    from datetime import date

    from station_pos.commands.orders import CloseOutage, ConfirmClock, EndBusinessDay, OpenOutage
    from station_pos.commands.view import Moment, StationView


def ended(view: StationView, ended_date: date) -> BusinessDayEnded:
    """Make the record that ends a business date: revenue by product, and the digest of the accounts before it."""
    return BusinessDayEnded(ended_date, view.revenue(ended_date), view.accounts_digest())


def end_day(command: EndBusinessDay, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on ending a business date: each one once, in order, and only when it is over."""
    due = earliest_open(view.first_date(), view.standing().day_ended)
    if due is None or command.ended_date >= moment.business_date:
        return Refused(Refusal.NOTHING_TO_DO)
    if command.ended_date != due:
        return Refused(Refusal.DAY_ALREADY_ENDED, (("next_date", due.isoformat()),))
    return [ended(view, command.ended_date)]


def confirm_clock(command: ConfirmClock, _view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on an operator's word that the clock is right; it counts for the date it was given on."""
    if not moment.clock_doubtful or command.confirmed_date != date_by_clock(moment.now):
        return Refused(Refusal.NOTHING_TO_DO)
    return [ClockConfirmed(command.confirmed_date)]


def open_outage(command: OpenOutage, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on noting that equipment stopped answering: once until it answers again."""
    if view.open_outage(command.equipment) is not None:
        return Refused(Refusal.NOTHING_TO_DO)
    return [OutageOpened(command.equipment)]


def close_outage(command: CloseOutage, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on noting that equipment answers again."""
    outage = view.open_outage(command.equipment)
    if outage is None:
        return Refused(Refusal.NOTHING_TO_DO)
    return [OutageClosed(command.equipment, outage.opened_seq)]
