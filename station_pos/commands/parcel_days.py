"""When a parcel's days are up: reminders, the return, the loss. Rules that list cases; nothing happens by them alone.

Domain rule 4.2 (defaults): remind on days 1, 3 and 7, return from day 15 (7 to 30 by setting). Lost (article 1):
JD items after more than 7 days, TV-shop items after more than 15, others by setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from station_journal.facts.parcels import ParcelProduct, Place

if TYPE_CHECKING:
    from datetime import date

    from station_journal.parcel import Parcel

JD_LOST_DAYS = 7
TV_SHOP_LOST_DAYS = 15
RETURN_DAYS = range(7, 31)


@dataclass(frozen=True, slots=True)
class ParcelDays:
    """A station's days: when to remind, when to return, when an ordinary item counts as lost."""

    remind: tuple[int, ...] = (1, 3, 7)
    give_back: int = 15
    lost: int = 15


def reminder_due(received_on: date, reminded_on: date, today: date, days: ParcelDays) -> bool:
    """Tell whether a reminder is due: one of its days has come and nobody reminded since."""
    age = (today - received_on).days
    come = [day for day in days.remind if day <= age]
    return bool(come) and (reminded_on - received_on).days < come[-1]


def return_due(parcel: Parcel, today: date, days: ParcelDays) -> bool:
    """Tell whether an item on its shelf is to go back: its days are up, or a reason is known."""
    if parcel.where is not Place.SHELF:
        return False
    return parcel.return_reason > 0 or (today - parcel.received_on).days >= days.give_back


def lost_after_days(product: ParcelProduct, ordinary_days: int) -> int:
    """Give the number of days that an item may be missing; above it, it counts as lost."""
    return {ParcelProduct.JD: JD_LOST_DAYS, ParcelProduct.TV_SHOP: TV_SHOP_LOST_DAYS}.get(product, ordinary_days)


def days_missing(parcel: Parcel, today: date) -> int:
    """Count the days that an item has been missing or under dispute."""
    begun = parcel.announced_on if parcel.where is Place.MISSING else parcel.since
    return (today - begun).days
