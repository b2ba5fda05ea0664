"""额度: what the station may still sell for, and what it has earned, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_pos.tui.presenters.credit import LINES_SHOWN, credit_view
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View


class CreditScreen(FrameScreen, inherit_bindings=False):
    """Shows the three sums, and the commission statements month by month."""

    TOPIC: ClassVar[str] = "credit"

    def __init__(self, desk: Desk) -> None:
        """Start with the newest month."""
        super().__init__(desk)
        self._rows = desk.counter.commission()
        self._chosen = 0
        self._first_line = 0

    def view(self) -> View:
        """Show the chosen month."""
        return credit_view(self.desk, self._rows, self._chosen, self._first_line)

    def arrow(self, key: str) -> None:
        """Show a later or earlier month."""
        chosen = self._chosen + (1 if key in {"down", "pagedown"} else -1)
        if 0 <= chosen < len(self._rows):
            self._chosen, self._first_line = chosen, 0
        self.repaint()

    def plus(self) -> None:
        """Show the next lines of the month; after the last, the first again."""
        count = len(self._rows[self._chosen].lines) if self._rows else 0
        step = self._first_line + LINES_SHOWN
        self._first_line = step if step < count else 0
        self.repaint()

    def minus(self) -> None:
        """Show the month before."""
        self.arrow("down")
