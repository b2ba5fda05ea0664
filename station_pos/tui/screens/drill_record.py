"""练习记录: who has passed which drill, for the owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_pos.tui.presenters.drill_record import people_view, person_view
from station_pos.tui.presenters.lists import Place
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from station_pos.services.practice import TraineeRow
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View


class DrillRecordScreen(FrameScreen, inherit_bindings=False):
    """A list of operators; Enter shows one's drills."""

    TOPIC: ClassVar[str] = "drill_record"

    def __init__(self, desk: Desk) -> None:
        """Read the record; one that cannot be read says so and is no empty list."""
        super().__init__(desk)
        self._unreadable = ""
        self._rows: tuple[TraineeRow, ...] = ()
        try:
            self._rows = desk.counter.drill_record()
        except Exception as error:  # noqa: BLE001  # whatever is the matter with the file, the screen says it
            self._unreadable = str(error)
        self._place = Place()
        self._shown: TraineeRow | None = None

    def view(self) -> View:
        """Show the list, or one operator."""
        if self._shown is not None:
            return person_view(self._shown)
        return people_view(self._rows, self._place, self._unreadable)

    def arrow(self, key: str) -> None:
        """Move the mark."""
        if self._shown is None:
            self._place = self._place.moved(key, len(self._rows))
            self.repaint()

    def picked_line(self, line: int) -> None:
        """Open a line by its number."""
        place = self._place.at_line(line, len(self._rows)) if self._shown is None else None
        if place is None:
            super().picked_line(line)
        else:
            self._place = place
            self.entered("")

    def entered(self, text: str) -> None:
        """Show one operator's drills."""
        del text
        if self._shown is None and self._place.index < len(self._rows):
            self._shown = self._rows[self._place.index]
            self.repaint()

    def escaped(self) -> None:
        """Back to the list, or leave."""
        if self._shown is None:
            super().escaped()
        else:
            self._shown = None
            self.repaint()
