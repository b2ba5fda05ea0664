"""The chain behind a payment or withdrawal as the screens see it: from the receipt to the bank's statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from concurrent.futures import Future
    from datetime import datetime

    from station_journal.own_postings import Followed
    from station_pos.receipts.chain_words import Step


@dataclass(frozen=True, slots=True)
class ChainView:
    """The steps of ``subject``, a payment or withdrawal, with HQ's part as last heard.

    ``heard_at`` is when HQ stated it, None where HQ was never heard about it; ``answer`` are HQ's signed bytes.
    ``problem`` is one sentence where HQ was asked just now and gave no answer, else empty.
    """

    subject: Followed
    steps: tuple[Step, ...]
    heard_at: datetime | None
    answer: bytes = b""
    problem: str = ""


class Chain(Protocol):
    """What the screen of a chain may ask for."""

    def known(self, seq: int) -> ChainView | None:
        """Give what the station knows itself and what it last heard; None where there is neither."""

    def ask(self, seq: int) -> Future[ChainView | None]:
        """Ask HQ, and give the same with its answer; what went wrong is in the view."""
