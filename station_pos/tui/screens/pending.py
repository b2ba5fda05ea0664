"""待定: payments that wait for somebody, and papers nobody is sure of."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_pos.counter import DoubtfulPrint
from station_pos.services.in_flight import InFlight
from station_pos.text import Catalogue
from station_pos.tui.messages import CaseAsked, ItemAsked, PrintAsked
from station_pos.tui.presenters.in_flight import item_row, others_in_flight
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, between, rule
from station_pos.tui.presenters.lists import PAGE_ROWS, Place, marker, on_page
from station_pos.tui.presenters.payments import payment_row, timeline
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.state_rows import clock
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from station_journal.payment import Payment
    from station_pos.tui.desk import Desk

TEXT = Catalogue(
    {
        "title": (" 待定   {count} 件", " Pending   {count}"),
        "none": (
            "   没有待定的事。每一笔都有了结果",
            "   Nothing is pending: every payment has its result",
        ),
        "explain_1": (
            "   待定的: 系统每隔一会儿自己再问, 您不用做什么, 更不要重做",
            "   Pending: the system asks again by itself; do nothing, do not repeat them",
        ),
        "explain_2": (
            "   要付或要退现金的: 打开那一行, 把钱给顾客后按 Enter",
            "   Cash due: open that line, give the customer the money, then press Enter",
        ),
        "paper": ("看纸    {title}", "Look    {title}"),
        "keys": ("*n 打开第 n 行   上下键 Enter 也行   Esc 回", "*n opens line n   or arrows, Enter   Esc back"),
    }
)


class PendingScreen(FrameScreen, inherit_bindings=False):
    """Lists what is open; a line opens the case."""

    TOPIC: ClassVar[str] = "pending"

    def __init__(self, desk: Desk) -> None:
        """Start at the first line."""
        super().__init__(desk)
        self._place = Place()

    def _items(self) -> list[DoubtfulPrint | InFlight | Payment]:
        counter = self.desk.counter
        return [*counter.doubtful_prints(), *others_in_flight(counter.in_flight()), *counter.open_cases()]

    def view(self) -> View:
        """Show a page of open cases."""
        items = self._items()
        page, pages = self._place.page(len(items))
        title = between(TEXT("title", count=len(items)), SENTENCES("page", page=page, pages=pages) + " ")
        rows = [self._row(number, item) for number, item in enumerate(on_page(items, self._place), 1)]
        below = (
            *(rows or [Line(TEXT("none"))]),
            *([BLANK] * (PAGE_ROWS - len(rows))),
            rule(),
            Line(TEXT("explain_1")),
            Line(TEXT("explain_2")),
        )
        chosen = items[self._place.index] if self._place.index < len(items) else None
        steps = () if chosen is None or isinstance(chosen, DoubtfulPrint | InFlight) else timeline(chosen)
        above = (Line(title, Tone.STRONG), rule())
        return View(above=above, prompt=" > ", below=below, keys=TEXT("keys"), timeline=steps)

    def _row(self, number: int, item: DoubtfulPrint | InFlight | Payment) -> Line:
        if isinstance(item, InFlight):
            return item_row(number, item, self._place, self.desk)
        lead = marker(number, self._place)
        if isinstance(item, DoubtfulPrint):
            return Line(f"{lead}{clock(item.queued_at)} {TEXT('paper', title=item.title)}", Tone.STRONG)
        return Line(lead + payment_row(item, self.desk.counter.products(), self.desk.state().business_date))

    def _open(self, index: int) -> None:
        items = self._items()
        if index >= len(items):
            return
        item = items[index]
        if isinstance(item, InFlight):
            self.post_message(ItemAsked(item.service, item.ref))
        else:
            self.post_message(PrintAsked(item) if isinstance(item, DoubtfulPrint) else CaseAsked(item))

    def entered(self, text: str) -> None:
        """Open the chosen line."""
        del text
        self._open(self._place.index)

    def picked_line(self, line: int) -> None:
        """Open a line by its number."""
        place = self._place.at_line(line, len(self._items()))
        if place is None:
            super().picked_line(line)
        else:
            self._place = place
            self._open(place.index)

    def typed(self, character: str) -> None:
        """Move the mark to a line by its number, so that Enter opens what was meant."""
        if character.isdecimal():
            self.defer(lambda: self._mark(int(character)))
        else:
            super().typed(character)

    def _mark(self, line: int) -> None:
        place = self._place.at_line(line, len(self._items()))
        if place is None:
            super().picked_line(line)
        else:
            self._place = place
            self.note("")

    def arrow(self, key: str) -> None:
        """Move the mark."""
        self._place = self._place.moved(key, len(self._items()))
        self.note("")

    def plus(self) -> None:
        """Turn to the next page."""
        self.arrow("pagedown")

    def minus(self) -> None:
        """Turn to the page before."""
        self.arrow("pageup")
