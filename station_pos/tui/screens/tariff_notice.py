"""新资费: what it changes; Enter puts on record that it was read here."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_pos.commands.outcome import Accepted
from station_pos.commands.tariff_orders import ReadTariffNotice
from station_pos.tui.presenters.lists import Place
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.presenters.tariff_notice import TEXT, notice_view
from station_pos.tui.widgets.bells import ring_done
from station_pos.tui.widgets.order_screen import OrderScreen

if TYPE_CHECKING:
    from station_pos.commands.outcome import Outcome
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View


class TariffNoticeScreen(OrderScreen, inherit_bindings=False):
    """A list of changes, and a receipt for having read it."""

    TOPIC: ClassVar[str] = "tariff_notice"

    def __init__(self, desk: Desk) -> None:
        """Hold the next tariff against the one in force."""
        super().__init__(desk)
        self._coming = desk.counter.coming_tariff()
        self._place = Place()

    def view(self) -> View:
        """Show a page of changes."""
        return notice_view(self._coming, self._place)

    def arrow(self, key: str) -> None:
        """Turn the page."""
        count = len(self._coming.changes) if self._coming is not None else 0
        self._place = self._place.moved("pagedown" if key in {"down", "pagedown"} else "pageup", count)
        self.repaint()

    def plus(self) -> None:
        """Turn to the next page."""
        self.arrow("pagedown")

    def minus(self) -> None:
        """Turn to the page before."""
        self.arrow("pageup")

    def entered(self, text: str) -> None:
        """Confirm that it was read."""
        del text
        coming = self._coming
        if coming is None or coming.read_seq or not coming.here:
            self.escaped()
        else:
            self.submit(ReadTariffNotice(self.desk.operator_no, coming.tariff_hash))

    def decided(self, outcome: Outcome) -> None:
        """Show the receipt."""
        self._coming = self.desk.counter.coming_tariff()
        if isinstance(outcome, Accepted):
            ring_done(self)
            self.note(TEXT("done"))
        else:
            self.refuse(refused(outcome))
