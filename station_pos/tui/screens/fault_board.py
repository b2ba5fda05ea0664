"""已知问题: what HQ knows of faults and findings that touch this station; it holds here what it holds at HQ."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_journal.rules.known_faults import StationAlarm
from station_pos.tui.messages import ItemAsked
from station_pos.tui.presenters.fault_board import entry_view, list_view
from station_pos.tui.presenters.lists import Place
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.fault_board import BoardEntry
    from station_pos.tui.presenters.lines import View


class FaultBoardScreen(FrameScreen, inherit_bindings=False):
    """Lists open faults, then findings, then what was put right; Enter opens one."""

    TOPIC: ClassVar[str] = "faults"

    def __init__(self, desk: Desk) -> None:
        """Read the board."""
        super().__init__(desk)
        faults, alarms = desk.counter.disputes.faults(), desk.counter.disputes.alarms()
        still = tuple(one for one in faults if not one.ended_seq)
        self._entries: tuple[BoardEntry, ...] = (*still, *alarms, *(one for one in faults if one.ended_seq))
        self._place = Place()
        self._opened: BoardEntry | None = None

    def picture(self) -> object:
        """The list and an entry ask different things."""
        return self._opened is None

    def view(self) -> View:
        """Show the board or one entry."""
        return list_view(self._entries, self._place) if self._opened is None else entry_view(self._opened)

    def entered(self, text: str) -> None:
        """Open the chosen entry."""
        del text
        if self._opened is None and self._place.index < len(self._entries):
            self._opened = self._entries[self._place.index]
            self.note("")

    def picked_line(self, line: int) -> None:
        """Open a line of the page."""
        place = self._place.at_line(line, len(self._entries))
        if self._opened is not None or place is None:
            super().picked_line(line)
            return
        self._place, self._opened = place, self._entries[place.index]
        self.repaint()

    def minus(self) -> None:
        """Dispute a finding."""
        if isinstance(self._opened, StationAlarm):
            self.post_message(ItemAsked("dispute_hq", self._opened.raised_seq))
        else:
            self.refuse(SENTENCES("key_unused"))

    def arrow(self, key: str) -> None:
        """Move the mark."""
        if self._opened is None:
            self._place = self._place.moved(key, len(self._entries))
            self.repaint()

    def escaped(self) -> None:
        """Go back to the board, or leave."""
        if self._opened is None:
            super().escaped()
        else:
            self._opened = None
            self.repaint()
