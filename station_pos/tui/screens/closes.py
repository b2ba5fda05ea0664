"""历次日终: every close with its difference; its stored paper, and marked copies of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_pos.commands.orders import IssueCopy
from station_pos.commands.outcome import Accepted
from station_pos.tui.presenters.cash_jobs import PAPER_ROWS, TEXT, closes_view, paper_view
from station_pos.tui.presenters.lists import Place
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.widgets.bells import ring_done
from station_pos.tui.widgets.order_screen import OrderScreen

if TYPE_CHECKING:
    from station_pos.commands.outcome import Outcome
    from station_pos.services.day_close import CloseRow
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

ROWS_MAX = 400


class ClosesScreen(OrderScreen, inherit_bindings=False):
    """A list; Enter shows the paper as it was printed, ``+`` prints a marked copy."""

    TOPIC: ClassVar[str] = "closes"

    def __init__(self, desk: Desk) -> None:
        """Start with the newest."""
        super().__init__(desk)
        self._rows = desk.counter.day_close.closes(ROWS_MAX)
        self._place = Place()
        self._paper: str | None = None
        self._top = 0

    @property
    def _row(self) -> CloseRow | None:
        return self._rows[self._place.index] if self._place.index < len(self._rows) else None

    def picture(self) -> object:
        """Every step asks something else."""
        return self._paper is None, self._place.index

    def view(self) -> View:
        """Show the list or the paper."""
        if self._paper is None or self._row is None:
            return closes_view(self._rows, self._place)
        return paper_view(f" Z {self._row.z_no:04d}", self._paper, self._top)

    def arrow(self, key: str) -> None:
        """Move the mark, or turn the paper."""
        if self._paper is None:
            self._place = self._place.moved(key, len(self._rows))
        else:
            step = PAPER_ROWS if key in {"down", "pagedown"} else -PAPER_ROWS
            if 0 <= self._top + step < len(self._paper.splitlines()):
                self._top += step
        self.repaint()

    def picked_line(self, line: int) -> None:
        """Open a line by its number."""
        place = self._place.at_line(line, len(self._rows))
        if place is None:
            super().picked_line(line)
        else:
            self._place = place
            self.entered("")

    def entered(self, text: str) -> None:
        """Show the paper, or go back to the list."""
        del text
        row = self._row
        if self._paper is not None:
            self._paper = None
        elif row is not None:
            self._paper, self._top = self.desk.counter.day_close.paper_text(row.closed_seq), 0
        self.note("")

    def plus(self) -> None:
        """Print a marked copy."""
        if self._row is not None:
            self.submit(IssueCopy(self.desk.operator_no, self._row.closed_seq))

    def minus(self) -> None:
        """Move to the close before, or turn the paper."""
        self.arrow("down")

    def escaped(self) -> None:
        """Back to the list, or leave."""
        if self._paper is None:
            super().escaped()
        else:
            self._paper = None
            self.note("")

    def decided(self, outcome: Outcome) -> None:
        """Say whether the copy prints."""
        if isinstance(outcome, Accepted):
            ring_done(self)
            self.note(TEXT("copy_printing"))
        else:
            self.refuse(refused(outcome))
