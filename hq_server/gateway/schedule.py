"""When to ask again about a payment whose result is unknown: soon at first, then calmly, and never not at all."""

from __future__ import annotations

from datetime import timedelta

_FIRST = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=60))
_OFTEN = timedelta(minutes=5)
_OFTEN_COUNT = 24
_LATER = timedelta(hours=1)


def delay_after(polls: int) -> timedelta:
    """Give the wait before the next question when ``polls`` have brought nothing.

    5 s, 15 s, 60 s, then every 5 minutes for two hours, then every hour without an end.
    """
    if polls < len(_FIRST):
        return _FIRST[polls]
    return _OFTEN if polls < len(_FIRST) + _OFTEN_COUNT else _LATER
