"""The credit forecast in words: when it runs dry, by what part of the day, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from datetime import datetime

    from station_pos.commands.credit_forecast import Forecast

_NOON, _EVENING = 12, 18

TEXT = Catalogue(
    {
        "until": ("约用到 {day} {part}", "lasts until {day} {part}"),
        "long": ("够用两个月以上", "lasts for two months"),
        "morning": ("上午", "morning"),
        "afternoon": ("下午", "afternoon"),
        "evening": ("晚上", "evening"),
        "buy_today": ("今天到网点充 {sum} (够到 {day})", "Buy {sum} at the branch today (lasts until {day})"),
        "buy_next": ("网点一开就充 {sum} (够到 {day})", "Buy {sum} as soon as the branch opens (until {day})"),
        "enough": ("暂时不用充", "No need to buy yet"),
    }
)


def part_of_day(moment: datetime) -> str:
    """Name the part of the day of a moment in the business zone."""
    return TEXT("morning" if moment.hour < _NOON else "afternoon" if moment.hour < _EVENING else "evening")


def lasts_words(found: Forecast) -> str:
    """Say when the free credit is used up."""
    at = found.runs_dry_at
    return TEXT("long") if at is None else TEXT("until", day=f"{at:%m-%d}", part=part_of_day(at))


def suggestion_words(found: Forecast) -> str:
    """Say what to buy and when."""
    if not found.suggest_fen:
        return TEXT("enough")
    day = f"{found.lasts_until:%m-%d}" if found.lasts_until else "-"
    return TEXT("buy_today" if found.buy_today else "buy_next", sum=format_yuan(found.suggest_fen), day=day)
