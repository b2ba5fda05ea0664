"""The real ``Credit``: the slow hash in a thread of its own, the forecast once for each record and hour."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from station_journal.rules.grants import Grant, GrantState
from station_journal.sealed_code import GRANTS_OPEN_MAX, commitment_of, is_code, key_of, named_grant
from station_pos.commands.credit_forecast import Forecast, forecast
from station_pos.services.credit import CodesReady, CreditAdded, Looked

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from station_pos.commands.credit_forecast import BranchDays, Use
    from station_pos.counter import CounterState

_CLOSED = frozenset({GrantState.REVOKED, GrantState.RELEASED, GrantState.RETURNED})


class CreditBooks(Protocol):
    """What the books are asked."""

    def grants(self) -> tuple[Grant, ...]:
        """List the sealed grants, oldest first."""

    def use(self, today: date) -> Use | None:
        """Give what was used by day and hour; None before the first record."""

    def branch_days(self, today: date) -> BranchDays:
        """Give the days of the branch around a date."""

    def added(self, limit: int) -> tuple[CreditAdded, ...]:
        """List the latest additions, newest first."""


class StationCredit:
    """Implements ``Credit`` over the station's books; ``clock`` gives UTC."""

    def __init__(self, books: CreditBooks, clock: Callable[[], datetime], business_date: Callable[[], date]) -> None:
        """Answer from ``books``; ``business_date`` is that of a record made now."""
        self._books = books
        self._clock = clock
        self._business_date = business_date
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="code")
        self._kept: tuple[tuple[object, ...], Forecast | None] = ((), None)

    def close(self) -> None:
        """End what is being checked."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def look(self, digits: str) -> Future[Looked]:
        """Check a code.

        Raises:
            ValueError: these are not twenty digits whose check digits fit.
        """
        if not is_code(digits):
            raise ValueError("a code has twenty digits, the last two of which check the others")
        return self._threads.submit(self._look, digits)

    def _look(self, digits: str) -> Looked:
        grant = self._named(digits)
        if grant is None:
            return Looked(0, b"", opens=False)
        key = key_of(digits, grant.salt, grant.memory_kib, grant.passes)
        right = commitment_of(key) == grant.commitment and grant.state not in _CLOSED
        if not right or self._business_date() > grant.valid_until:
            return Looked(grant.grant_no, key, opens=False)
        return Looked(grant.grant_no, key, opens=True, amount_fen=grant.amount_fen, valid_until=grant.valid_until)

    def _named(self, digits: str) -> Grant | None:
        """Find the grant that a code names: the newest with those last two digits."""
        named = [one for one in self._books.grants() if one.grant_no % GRANTS_OPEN_MAX == named_grant(digits)]
        return max(named, key=lambda one: one.grant_no, default=None)

    def forecast(self, state: CounterState) -> Forecast | None:
        """Say how long the free credit lasts; the same answer within an hour while nothing is recorded."""
        if state.credit_free_fen is None:
            return None
        now, today = self._clock(), state.business_date
        asked = (state.as_of_seq, state.credit_free_fen, today, now.replace(minute=0, second=0, microsecond=0))
        if asked != self._kept[0]:
            use = self._books.use(today)
            days = self._books.branch_days(today)
            made = None if use is None else forecast(now, today, state.credit_free_fen, use, days)
            self._kept = (asked, made)
        return self._kept[1]

    def added(self, limit: int) -> tuple[CreditAdded, ...]:
        """List the latest additions, newest first."""
        return self._books.added(limit)

    def codes_ready(self) -> CodesReady:
        """Say how many sealed grants lie here that a code can still open."""
        today = self._business_date()
        ready = [one for one in self._books.grants() if one.state not in _CLOSED and one.valid_until >= today]
        return CodesReady(len(ready), max((one.amount_fen for one in ready), default=0))

    def used_by_day(self, days: int) -> tuple[tuple[date, int], ...]:
        """Give what was used on the last dates, today last."""
        today = self._business_date()
        use = self._books.use(today)
        shown = [today - timedelta(days=n) for n in reversed(range(days))]
        return tuple((day, use.by_day.get(day, 0)) for day in shown if use is not None and day >= use.first)
