"""同步与证据: what the journals hold, who made it, and how much of it HQ holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_pos.tui.messages import CaseAsked
from station_pos.tui.presenters.evidence import evidence_view
from station_pos.tui.presenters.lists import Place
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

ROWS_MAX = 450
"""How far back the screen pages; the export holds everything."""


class EvidenceScreen(FrameScreen, inherit_bindings=False):
    """Pages through both journals, newest first; opening the screen wakes the sync."""

    TOPIC: ClassVar[str] = "evidence"

    def __init__(self, desk: Desk) -> None:
        """Read the newest records."""
        super().__init__(desk)
        self._rows = desk.counter.journal(ROWS_MAX)
        self._place = Place()
        desk.counter.sync_now()

    def view(self) -> View:
        """Show a page."""
        seq = self.desk.state().as_of_seq
        if (
            self._place == Place()
            and self._rows
            and seq != max((row.seq for row in self._rows if row.side == "S"), default=0)
        ):
            self._rows = self.desk.counter.journal(ROWS_MAX)
        return evidence_view(self.desk, self._rows, self._place)

    def arrow(self, key: str) -> None:
        """Move the mark."""
        self._place = self._place.moved(key, len(self._rows))
        self.repaint()

    def plus(self) -> None:
        """Turn to older records."""
        self.arrow("pagedown")

    def minus(self) -> None:
        """Turn to newer records."""
        self.arrow("pageup")

    def entered(self, text: str) -> None:
        """Open the payment that the chosen record is about."""
        del text
        if self._place.index < len(self._rows):
            self._open(self._rows[self._place.index].payment_seq)

    def picked_line(self, line: int) -> None:
        """Choose a line by its number and open its payment."""
        place = self._place.at_line(line, len(self._rows))
        if place is None:
            super().picked_line(line)
            return
        self._place = place
        self.repaint()
        self._open(self._rows[place.index].payment_seq)

    def _open(self, payment_seq: int) -> None:
        payment = self.desk.counter.payment(payment_seq) if payment_seq else None
        if payment is not None:
            self.post_message(CaseAsked(payment))
