"""The line of practice: it leads nowhere, and says up or down as the drill wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.side import Side
from station_pos.counter import InquiryAnswer, LinkState
from station_pos.practice.headquarters import answer_inquiry
from station_pos.sync.link_fault import LinkError, LinkFault

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class PracticeLink:
    """A line that leads nowhere: it says up or down as the drill wants, and answers inquiries by itself."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Begin with the line up."""
        self._clock = clock
        self.state_now, self.since = LinkState.UP, clock()

    def open(self, pass_phrase: str) -> bool:
        """Practice has no key to protect."""
        del pass_phrase
        return True

    def is_open(self) -> bool:
        """Practice has no key to protect."""
        return True

    def state(self) -> tuple[LinkState, datetime | None]:
        """Give the state that the drill wants."""
        return self.state_now, self.since

    def turn(self, state: LinkState) -> None:
        """Cut the line, or mend it."""
        self.state_now, self.since = state, self._clock()

    def inquire(self, product_code: int, account_no: str) -> InquiryAnswer:
        """Answer as the practice biller would."""
        if self.state_now is LinkState.DOWN:
            return InquiryAnswer(account_no, "", "", (), "unreachable")
        return answer_inquiry(product_code, account_no)

    def ask_chain(self, seq: int, side: Side = Side.STATION) -> bytes:
        """Nobody settles what was practised.

        Raises:
            LinkError: always.
        """
        del seq, side
        raise LinkError(LinkFault.UNREACHABLE)

    def wake(self) -> None:
        """There is nobody to exchange with."""

    def sealing_key(self) -> None:
        """Practice has no key that seals anything."""

    def prepare(self, pass_phrase: str) -> None:
        """There is no line to prepare."""
        del pass_phrase

    def stop(self) -> None:
        """Nothing runs."""
