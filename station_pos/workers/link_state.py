"""The state of the line to HQ as the counter shows it, kept by the sync worker and read by any thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from station_pos.counter import LinkState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """The line's state and since when, when HQ last answered, failures in a row, and a sentence if all is not well."""

    state: LinkState = LinkState.NOT_TRIED
    since: datetime | None = None
    answered_at: datetime | None = None
    failures: int = 0
    sentence: str = ""


class LinkBoard:
    """Holds the latest status; ``changed`` is called, outside any lock, whenever the state or the sentence changes."""

    def __init__(self, now: Callable[[], datetime], changed: Callable[[LinkStatus], None] | None = None) -> None:
        """Start untried; ``now`` is the station's clock, UTC."""
        self._now = now
        self._changed = changed
        self._lock = threading.Lock()
        self._status = LinkStatus()

    def status(self) -> LinkStatus:
        """Give the latest status."""
        return self._status

    def answered(self, sentence: str = "") -> None:
        """Note that HQ answered; ``sentence`` is about a part of the answer that could not be used."""
        self._note(LinkState.UP, 0, sentence)

    def failed(self, sentence: str) -> None:
        """Note that HQ was not reached, and why."""
        self._note(LinkState.DOWN, self._status.failures + 1, sentence)

    def troubled(self, sentence: str) -> None:
        """Note a trouble of this station's own, which says nothing of the line."""
        self._note(self._status.state, self._status.failures, sentence, answered=False)

    def _note(self, state: LinkState, failures: int, sentence: str, *, answered: bool = True) -> None:
        with self._lock:
            before, moment = self._status, self._now()
            self._status = replace(
                before,
                state=state,
                since=moment if state is not before.state else before.since,
                answered_at=moment if answered and state is LinkState.UP else before.answered_at,
                failures=failures,
                sentence=sentence,
            )
            after = self._status
        if self._changed and (after.state, after.sentence) != (before.state, before.sentence):
            self._changed(after)
