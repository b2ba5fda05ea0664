"""The lock against calls of swindlers: somebody phones and talks a shopkeeper into loading prepaid numbers, one by one.

A load that nothing is asked about before and that nobody can undo is the shop's own loss once it is sent. So loads of
numbers that never paid here before, where they are large, are held to a sum within half an hour, and at night they wait
for the morning from the first one on. Nobody at the counter can lift it: that is what the caller would ask
for. A customer whose number is known here is never stopped.
"""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

from station_pos.commands.outcome import Refusal, Refused
from station_pos.config import ZONE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from station_journal.payment import Payment
    from station_journal.tariff import Product
    from station_pos.commands.orders import TakeBillPayment
    from station_pos.commands.view import Moment, StationView

LARGE_FEN = 10_000
"""Smaller loads neither count nor wait: many customers of a peak day have them."""
BURST = timedelta(minutes=30)
BURST_FEN = 30_000
"""From this sum on a second large load of unknown numbers within ``BURST`` waits: 200.00 and 200.00 more do."""
NIGHT_BEGINS, NIGHT_ENDS = time(22), time(6)


def is_load(product: Product) -> bool:
    """Tell whether a product is money that is gone once it is sent: no bill is asked for, and no undo."""
    return not product.query_first and not product.reversal_minutes


def waits_until(amount_fen: int, earlier: Sequence[tuple[datetime, int]], now: datetime) -> datetime | None:
    """Give until when a load of an unknown number waits, None where it may go.

    ``earlier`` are the times and amounts in fen of other loads of unknown numbers in the last ``BURST``.
    """
    if amount_fen < LARGE_FEN:
        return None
    local = now.astimezone(ZONE)
    if local.time() >= NIGHT_BEGINS or local.time() < NIGHT_ENDS:
        morning = local.replace(hour=NIGHT_ENDS.hour, minute=0, second=0, microsecond=0)
        return morning if local.time() < NIGHT_ENDS else morning + timedelta(days=1)
    recent = sorted((at, fen) for at, fen in earlier if at > now - BURST and fen >= LARGE_FEN)
    sum_fen = amount_fen + sum(fen for _, fen in recent)
    until = None
    for at, fen in recent:
        if sum_fen < BURST_FEN:
            break
        until, sum_fen = at + BURST, sum_fen - fen
    return until


def check(
    command: TakeBillPayment,
    product: Product,
    product_of: Callable[[int], Product | None],
    view: StationView,
    moment: Moment,
) -> Refused | None:
    """Hold a load of a number that never paid here on an earlier date to the lock."""
    if (
        not is_load(product)
        or command.amount_fen < LARGE_FEN
        or view.paid_before(product.code, command.account_no, moment.business_date)
    ):
        return None
    # A load that would hold others up for longer than the lock can was made while the clock was wrong.
    latest = moment.now + BURST
    sold = view.sold_since(moment.now - BURST)
    earlier = [one for one in sold if one.recorded_at < latest and _counts(one, product_of, view)]
    until = waits_until(command.amount_fen, [(one.recorded_at, one.amount_fen) for one in earlier], moment.now)
    if until is None:
        return None
    sum_fen = command.amount_fen + sum(one.amount_fen for one in earlier)
    return Refused(Refusal.LOADS_WAIT, (("sum_fen", sum_fen), ("until", f"{until.astimezone(ZONE):%H:%M}")))


def _counts(payment: Payment, product_of: Callable[[int], Product | None], view: StationView) -> bool:
    sold = product_of(payment.product_code)
    if payment.amount_fen < LARGE_FEN or sold is None or not is_load(sold):
        return False
    return not view.paid_before(payment.product_code, payment.account_no, payment.business_date)
