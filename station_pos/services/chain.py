"""The chain behind a payment, withdrawal or bought credit as the screens see it: from the receipt to the bank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from station_journal.side import Side

if TYPE_CHECKING:
    from concurrent.futures import Future
    from datetime import datetime

    from station_journal.own_postings import Followed
    from station_pos.receipts.chain_words import Step


@dataclass(frozen=True, slots=True)
class ChainView:
    """The steps of ``subject``, a payment, withdrawal or purchase of credit, with HQ's part as last heard.

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

    def known(self, seq: int, side: Side = Side.STATION) -> ChainView | None:
        """Give what the station knows itself and what it last heard; None where there is neither.

        ``side`` is whose record is meant: HQ's own grants have a chain too.
        """

    def ask(self, seq: int, side: Side = Side.STATION) -> Future[ChainView | None]:
        """Ask HQ, and give the same with its answer; what went wrong is in the view."""
