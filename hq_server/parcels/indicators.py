"""Quality indicators of a station's month (article 1), as formulas over the lives of its items; pure.

The rule text gives targets and no formulas: these are design choices (domain rule 4.6), named here one by one. A rate
is a count over a count, kept as both; nothing over nothing is no rate, and rates are compared as exact fractions. An
item counts in the month of the day it is judged by:

- RECEIPT: announced items that were scanned in or signed as missing by the day after, over those announced.
- TIMELY: items with a first notice (handed off, or reminded) by the day after they came, over those due; one that was
  refused before is left out and reported apart.
- SAME_DAY: handed off on the day they came, over those that came before 12:00.
- THREE_DAY: handed off within two days after, over those that came.
- SUCCESS: handed off, over all that ended: handed off, refused, returned or lost.
- REFUSAL: refused, over those due.
- COMPLAINT: items said not to have been received, over those handed off, per thousand.
- REMITTANCE: cash on delivery, in fen, that HQ held by the day after, over all that was collected.
- FEEDBACK: hand-offs that HQ held within ten minutes, over all; those made while a recorded outage of the link stood
  are left out and reported apart, as for REMITTANCE: a station is not measured by its line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import TYPE_CHECKING

from station_journal.facts.parcels import ParcelProduct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

RECEIPT_DAYS = NOTICE_DAYS = REMITTANCE_DAYS = 1
THREE_DAY_DAYS = 2
MORNING_UNTIL = time(12, 0)
FEEDBACK_WITHIN = timedelta(minutes=10)
CHINA = timezone(timedelta(hours=8))
_DAY = timedelta(days=1)


class Name(StrEnum):
    """The indicators, in the order in which they are shown."""

    RECEIPT = "RECEIPT"
    TIMELY = "TIMELY"
    SAME_DAY = "SAME_DAY"
    THREE_DAY = "THREE_DAY"
    SUCCESS = "SUCCESS"
    REFUSAL = "REFUSAL"
    COMPLAINT = "COMPLAINT"
    REMITTANCE = "REMITTANCE"
    FEEDBACK = "FEEDBACK"


class End(StrEnum):
    """How an item's stay at the station ended."""

    DELIVERED = "DELIVERED"
    REFUSED = "REFUSED"
    RETURNED = "RETURNED"
    LOST = "LOST"


@dataclass(slots=True)
class ItemLife:
    """What the journals tell of one inbound item; dates are business dates, times UTC."""

    waybill: str
    product: ParcelProduct = ParcelProduct.ORDINARY
    announced_on: date | None = None
    confirmed_on: date | None = None
    came_at: datetime | None = None
    came_on: date | None = None
    noticed_on: date | None = None
    refused_on: date | None = None
    end: End | None = None
    ended_on: date | None = None
    ended_at: datetime | None = None
    held_at: datetime | None = None
    link_down: bool = False
    complained_on: date | None = None
    cod_fen: int = 0
    collected_fen: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """An indicator: ``part`` of ``whole``, counts or fen; ``left_out`` were not judged, as its formula says why."""

    name: Name
    part: int
    whole: int
    left_out: int = 0

    def shown(self) -> str:
        """Write it: a percentage with two decimals (per thousand for complaints), rounded half up; - for no rate."""
        if not self.whole:
            return "-"
        scale = 1_000 if self.name is Name.COMPLAINT else 100
        hundredths = (2 * self.part * scale * 100 + self.whole) // (2 * self.whole)
        unit = " per mille" if self.name is Name.COMPLAINT else "%"
        return f"{hundredths // 100}.{hundredths % 100:02d}{unit}"


@dataclass(frozen=True, slots=True)
class Target:
    """What article 1 asks: at least, or less than, so many parts per thousand."""

    per_mille: int
    at_least: bool = True

    def met_by(self, rate: Rate) -> bool | None:
        """Tell whether a rate meets it, as exact fractions; None where there is no rate."""
        if not rate.whole:
            return None
        left, right = rate.part * 10_000, self.per_mille * 10 * rate.whole
        return left >= right if self.at_least else left < right


TARGETS: dict[tuple[ParcelProduct | None, Name], Target] = {
    (None, Name.RECEIPT): Target(1_000),
    (None, Name.TIMELY): Target(980),
    (None, Name.SAME_DAY): Target(800),
    (None, Name.THREE_DAY): Target(950),
    (None, Name.REMITTANCE): Target(1_000),
    (None, Name.FEEDBACK): Target(900),
    (ParcelProduct.JD, Name.SUCCESS): Target(975),
    (ParcelProduct.TV_SHOP, Name.SUCCESS): Target(880),
    (ParcelProduct.TV_SHOP, Name.REFUSAL): Target(120, at_least=False),
}
"""Targets of article 1 by product (None: all together); a rural one may be lower, which the scope of a report says."""


def rates(lives: Iterable[ItemLife], year: int, month: int) -> tuple[Rate, ...]:
    """Compute every indicator of a month over some items."""
    kept = list(lives)

    def within(day: date | None) -> bool:
        return day is not None and (day.year, day.month) == (year, month)

    return tuple(rule(kept, within, name) for name, rule in _RULES.items())


def _after(day: date | None, days: int) -> date | None:
    return None if day is None else day + days * _DAY


def _by(day: date | None, last: date | None) -> bool:
    return day is not None and last is not None and day <= last


def _receipt(lives: list[ItemLife], within: Callable[[date | None], bool], name: Name) -> Rate:
    due = [one for one in lives if within(_after(one.announced_on, RECEIPT_DAYS))]
    return Rate(name, sum(_by(one.confirmed_on, _after(one.announced_on, RECEIPT_DAYS)) for one in due), len(due))


def _due(lives: list[ItemLife], within: Callable[[date | None], bool]) -> list[ItemLife]:
    return [one for one in lives if within(_after(one.came_on, NOTICE_DAYS))]


def _timely(lives: list[ItemLife], within: Callable[[date | None], bool], name: Name) -> Rate:
    due = _due(lives, within)
    judged = [one for one in due if not _by(one.refused_on, _after(one.came_on, NOTICE_DAYS))]
    part = sum(_by(one.noticed_on, _after(one.came_on, NOTICE_DAYS)) for one in judged)
    return Rate(name, part, len(judged), len(due) - len(judged))


def _delivered_by(one: ItemLife, last: date | None) -> bool:
    return one.end is End.DELIVERED and _by(one.ended_on, last)


def _same_day(lives: list[ItemLife], within: Callable[[date | None], bool], name: Name) -> Rate:
    came = [one for one in lives if within(one.came_on) and one.came_at is not None]
    early = [one for one in came if one.came_at and one.came_at.astimezone(CHINA).time() < MORNING_UNTIL]
    return Rate(name, sum(_delivered_by(one, one.came_on) for one in early), len(early))


def _three_day(lives: list[ItemLife], within: Callable[[date | None], bool], name: Name) -> Rate:
    came = [one for one in lives if within(_after(one.came_on, THREE_DAY_DAYS))]
    return Rate(name, sum(_delivered_by(one, _after(one.came_on, THREE_DAY_DAYS)) for one in came), len(came))


def _ended(lives: list[ItemLife], within: Callable[[date | None], bool]) -> list[ItemLife]:
    return [one for one in lives if one.end is not None and within(one.ended_on)]


def _success(lives: list[ItemLife], within: Callable[[date | None], bool], name: Name) -> Rate:
    ended = _ended(lives, within)
    return Rate(name, sum(one.end is End.DELIVERED for one in ended), len(ended))


def _refusal(lives: list[ItemLife], within: Callable[[date | None], bool], name: Name) -> Rate:
    due = _due(lives, within)
    return Rate(name, sum(one.end is End.REFUSED for one in due), len(due))


def _complaint(lives: list[ItemLife], within: Callable[[date | None], bool], name: Name) -> Rate:
    delivered = sum(one.end is End.DELIVERED for one in _ended(lives, within))
    return Rate(name, sum(within(one.complained_on) for one in lives), delivered)


def _remittance(lives: list[ItemLife], within: Callable[[date | None], bool], name: Name) -> Rate:
    paid = [one for one in _ended(lives, within) if one.collected_fen]
    judged = [one for one in paid if not one.link_down]
    on_time = sum(one.collected_fen for one in judged if _by(_day_of(one.held_at), _after(one.ended_on, 1)))
    whole = sum(one.collected_fen for one in judged)
    return Rate(name, on_time, whole, sum(one.collected_fen for one in paid) - whole)


def _day_of(moment: datetime | None) -> date | None:
    return None if moment is None else moment.astimezone(CHINA).date()


def _feedback(lives: list[ItemLife], within: Callable[[date | None], bool], name: Name) -> Rate:
    delivered = [one for one in _ended(lives, within) if one.end is End.DELIVERED]
    judged = [one for one in delivered if not one.link_down]
    quick = sum(bool(one.held_at and one.ended_at and one.held_at - one.ended_at <= FEEDBACK_WITHIN) for one in judged)
    return Rate(name, quick, len(judged), len(delivered) - len(judged))


_RULES: dict[Name, Callable[[list[ItemLife], Callable[[date | None], bool], Name], Rate]] = {
    Name.RECEIPT: _receipt,
    Name.TIMELY: _timely,
    Name.SAME_DAY: _same_day,
    Name.THREE_DAY: _three_day,
    Name.SUCCESS: _success,
    Name.REFUSAL: _refusal,
    Name.COMPLAINT: _complaint,
    Name.REMITTANCE: _remittance,
    Name.FEEDBACK: _feedback,
}
