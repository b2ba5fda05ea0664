"""What looks like getting around the card's daily limit; pure. The outcome is a case to examine, never a figure.

Detectors of domain rule 2.3 that a journal can show: one card at several stations in a day, three withdrawals of a card
within ten minutes, sums just under the limit on days in a row, and the hours of the night.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

from station_journal.rules.withdrawal import DEFAULT_TERMS, Withdrawal, WithdrawalState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hq_server.withdrawals.held import HeldWithdrawal

WITHIN = timedelta(minutes=10)
OFTEN = 3
NEAR_CAP_FEN = DEFAULT_TERMS.card_day_cap_fen * 9 // 10
DAYS_IN_A_ROW = 3
NIGHT_FROM, NIGHT_TO = time(22, 0), time(6, 0)
_CHINA = timezone(timedelta(hours=8))


def findings(held: Iterable[HeldWithdrawal], day: date) -> list[tuple[str, Withdrawal]]:
    """Give the withdrawals of a day to look at, each once, with their stations; the card must be known."""
    cards: defaultdict[tuple[str, ...], list[HeldWithdrawal]] = defaultdict(list)
    for one in held:
        if one.withdrawal.state is not WithdrawalState.FAILED and one.withdrawal.card_last4:
            cards[_card(one.withdrawal)].append(one)
    found = {}
    for ones in cards.values():
        today = [one for one in ones if one.withdrawal.on_day == day]
        for one in _suspect(today, ones, day):
            found[one.station_code, one.withdrawal.seq] = one.withdrawal
    return [(code, withdrawal) for (code, _), withdrawal in sorted(found.items())]


def _card(withdrawal: Withdrawal) -> tuple[str, ...]:
    return (withdrawal.card_token,) if withdrawal.card_token else (withdrawal.issuer, withdrawal.card_last4)


def _suspect(today: Sequence[HeldWithdrawal], ones: Sequence[HeldWithdrawal], day: date) -> Iterator[HeldWithdrawal]:
    if not today:
        return
    last = max(today, key=lambda one: one.withdrawal.recorded_at)
    if len({one.station_code for one in today}) > 1:
        yield last
    for one in today:
        at = one.withdrawal.recorded_at
        close = [other for other in today if at - WITHIN <= other.withdrawal.recorded_at and _when(other) <= _when(one)]
        if len(close) >= OFTEN or is_night(at):
            yield one
    days = [day - timedelta(days=back) for back in range(DAYS_IN_A_ROW)]
    sums = {each: sum(one.withdrawal.amount_fen for one in ones if _on(one, each)) for each in days}
    if all(total_fen >= NEAR_CAP_FEN for total_fen in sums.values()):
        yield last


def _when(one: HeldWithdrawal) -> tuple[datetime, int]:
    return one.withdrawal.recorded_at, one.withdrawal.seq


def _on(one: HeldWithdrawal, day: date) -> bool:
    return one.withdrawal.on_day == day


def is_night(moment: datetime) -> bool:
    """Tell whether a moment lies in the hours of the night, Beijing's time."""
    at = moment.astimezone(_CHINA).time()
    return at >= NIGHT_FROM or at < NIGHT_TO
