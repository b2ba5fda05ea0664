"""全部功能: a list of everything, for a hand that does not remember the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_pos.tui.actions import SERVICES, Action
from station_pos.tui.command_line import EntryMode
from station_pos.tui.messages import ActionAsked, ItemAsked, LookChanged, ScreenLeft
from station_pos.tui.presenters.lists import Place
from station_pos.tui.presenters.palette import BIG_TEXT, matching, palette_view
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View
    from station_pos.tui.presenters.palette import Item


class PaletteScreen(FrameScreen, inherit_bindings=False):
    """Narrows the list with each key; Enter does what the first line says."""

    def __init__(self, desk: Desk, topic: str) -> None:
        """List everything; the help asked for from here is that of the screen beneath."""
        super().__init__(desk)
        self.TOPIC = topic  # type: ignore[misc]  # the help of whatever lies beneath
        self._place = Place()

    def view(self) -> View:
        """Show what fits the line."""
        return palette_view(self._matching(), self._place)

    def _matching(self) -> tuple[Item, ...]:
        return matching(self.entry.text, practice=self.desk.counter.practice is not None)

    def entry_mode(self) -> EntryMode:
        """Take letters."""
        return EntryMode.TEXT

    def edited(self) -> None:
        """Narrow the list."""
        self._place = Place()
        self.sentence = ""
        self.repaint()

    def arrow(self, key: str) -> None:
        """Move the mark."""
        self._place = self._place.moved(key, len(self._matching()))
        self.repaint()

    def plus(self) -> None:
        """Turn to the next page."""
        self.arrow("pagedown")

    def minus(self) -> None:
        """Turn to the page before."""
        self.arrow("pageup")

    def entered(self, text: str) -> None:
        """Do what the marked line says."""
        del text
        found = self._matching()
        if self._place.index < len(found):
            self._do(found[self._place.index])
        else:
            self.refuse(" ".join(palette_view(found, self._place).below[0].text.split()))

    def picked_line(self, line: int) -> None:
        """Do what a line says."""
        found = self._matching()
        place = self._place.at_line(line, len(found))
        if place is None:
            super().picked_line(line)
        else:
            self._do(found[place.index])

    def _do(self, item: Item) -> None:
        self.post_message(ScreenLeft())
        if isinstance(item.does, Action):
            self.post_message(ActionAsked(item.does))
        elif item.does in SERVICES.values():
            self.post_message(ItemAsked(item.does, 0))
        else:
            self.post_message(LookChanged(big_text=item.does == BIG_TEXT))
