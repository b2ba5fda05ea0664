"""For how long a card terminal has said nothing of what it was asked for: the state row then says since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_pos.devices.card_reasons import CardReason
from station_pos.devices.card_terminal import CardVerdict
from station_pos.devices.card_terminal_state import TerminalCondition

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.devices.card_terminal import CardOutcome

_SILENCES = frozenset({CardReason.SILENT, TerminalCondition.NO_ANSWER, TerminalCondition.LINE_STALLED})
"""Reasons of an unknown result that say that the terminal said nothing; of a line that is gone its watch tells."""


class Silence:
    """Begins where a request ends without a word, and ends where one brings anything. ``clock`` is monotonic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with nothing asked."""
        self._clock = clock
        self._from_s: float | None = None

    def note(self, outcome: CardOutcome, heard_s: float) -> None:
        """Note how a request ended; ``heard_s`` is when the terminal last said anything during it."""
        if outcome.verdict is not CardVerdict.UNKNOWN or outcome.reason.code not in _SILENCES:
            self._from_s = None
        elif self._from_s is None:
            self._from_s = heard_s

    def lasts_s(self, *, open_results: bool, heard_s: float | None) -> float | None:
        """Give its seconds, None where there is none.

        ``open_results`` tells whether results are still asked for, ``heard_s`` when the terminal last said anything of
        the request under way, None where none is or where it is the customer's turn.
        """
        from_s = self._from_s if self._from_s is not None and open_results else heard_s
        return None if from_s is None else self._clock() - from_s
