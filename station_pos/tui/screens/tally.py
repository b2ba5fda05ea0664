"""合计: what one customer had, as one sum of cash; it records nothing and only ends the tally."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_pos.tui.command_line import EntryMode
from station_pos.tui.messages import HomeAsked
from station_pos.tui.presenters.payments import amount_typed
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.tally import TEXT, done_words, tally_view
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View
    from station_pos.tui.tally import Tally


class TallyScreen(FrameScreen, inherit_bindings=False):
    """Shows the jobs of the customer who is being served, takes the cash given, and goes on to the next customer."""

    TOPIC: ClassVar[str] = "tally"

    def __init__(self, desk: Desk, tally: Tally) -> None:
        """Settle this tally."""
        super().__init__(desk)
        self._tally = tally

    def view(self) -> View:
        """Show what was served by now."""
        self._tally.look(self.desk.counter.day_close, self.desk.state().as_of_seq)
        return tally_view(self._tally, self.entry.text)

    def entry_mode(self) -> EntryMode:
        """Take what the customer gives."""
        return EntryMode.AMOUNT

    def edited(self) -> None:
        """Show the change at each key."""
        self.sentence = ""
        self.repaint()

    def entered(self, text: str) -> None:
        """Settle, where the slips are as many as promised and the cash is enough."""
        if self._tally.slips_missing:
            self.refuse(TEXT("refuse_slips"))
        else:
            self._settle(text)

    def minus(self) -> None:
        """Settle although the slips differ from what was promised."""
        self._settle(self.entry.text)

    def _settle(self, text: str) -> None:
        given_fen = amount_typed(text)
        if text and given_fen is None:
            self.refuse_typed(SENTENCES("amount_wrong"))
        elif given_fen is not None and given_fen < self._tally.due_fen:
            self.refuse_typed(TEXT("refuse_short"))
        elif self.may_commit():
            self.desk.tally = None
            self.post_message(HomeAsked("", done_words(self._tally, given_fen if self._tally.due_fen > 0 else None)))
