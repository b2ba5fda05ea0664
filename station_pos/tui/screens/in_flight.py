"""断电之后: everything whose end nobody at the counter has seen, in one list. Looking at it moves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_pos.services.in_flight import Happened
from station_pos.tui.messages import ItemAsked
from station_pos.tui.presenters.in_flight import in_flight_view
from station_pos.tui.presenters.lists import Place
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from station_pos.services.in_flight import InFlight
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View


class InFlightScreen(FrameScreen, inherit_bindings=False):
    """A list; Enter opens an item, Esc says that all were seen."""

    TOPIC: ClassVar[str] = "in_flight"

    def __init__(self, desk: Desk) -> None:
        """Start at the first item."""
        super().__init__(desk)
        self._place = Place()

    def _items(self) -> tuple[InFlight, ...]:
        return self.desk.counter.in_flight()

    def view(self) -> View:
        """Show a page of items with the advice for the chosen one."""
        items = self._items()
        if items and self._place.index >= len(items):
            self._place = Place()
        return in_flight_view(self.desk, items, self._place)

    def entered(self, text: str) -> None:
        """Open the chosen item; with nothing left, leave."""
        del text
        items = self._items()
        if items:
            self._open(items[self._place.index])
        else:
            self.escaped()

    def picked_line(self, line: int) -> None:
        """Open an item by its line."""
        items = self._items()
        place = self._place.at_line(line, len(items))
        if place is None:
            super().picked_line(line)
        else:
            self._place = place
            self._open(items[place.index])

    def arrow(self, key: str) -> None:
        """Move the mark."""
        self._place = self._place.moved(key, len(self._items()))
        self.repaint()

    def plus(self) -> None:
        """Turn to the next page."""
        self.arrow("pagedown")

    def minus(self) -> None:
        """Turn to the page before."""
        self.arrow("pageup")

    def escaped(self) -> None:
        """All were seen: jobs whose end is known, or that are of an earlier day, need no draft any more."""
        kept, today = self.desk.counter.kept_jobs, self.desk.state().business_date
        waiting = {item.ref for item in self._items() if item.happened is Happened.UNKNOWN}
        for job in kept.jobs():
            if (job.payment_seq and job.payment_seq not in waiting) or (job.business_date < today and not job.doubtful):
                kept.drop(job.job_no)
        super().escaped()

    def _open(self, item: InFlight) -> None:
        self.post_message(ItemAsked(item.service, item.ref))
