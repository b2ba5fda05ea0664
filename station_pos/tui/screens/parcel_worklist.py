"""催领 and 缺件: lists that a person works off; each entry is a record of its own, none is made by a timer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_journal.facts.parcels import ReminderOutcome
from station_journal.waybill import waybill_tail
from station_pos.commands.parcel_orders import DeclareLost, NoteReminder
from station_pos.tui.presenters.lists import Place
from station_pos.tui.presenters.parcel_lists import TEXT, losses_view, not_yet_lost, reminders_view
from station_pos.tui.widgets.bells import ring_done
from station_pos.tui.widgets.work_screen import WorkScreen

if TYPE_CHECKING:
    from station_journal.parcel import Parcel
    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Accepted
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

_REMINDERS = {"1": ReminderOutcome.NOTIFIED, "2": ReminderOutcome.NOT_REACHED}


class ParcelWorklistScreen(WorkScreen, inherit_bindings=False):
    """A list; Enter opens an item, a digit says what came of it."""

    TOPIC: ClassVar[str] = "parcel_worklist"

    def __init__(self, desk: Desk, kind: str) -> None:
        """List what is due; ``kind`` is ``reminders`` or ``losses``."""
        super().__init__(desk)
        self._kind = kind
        self._rows: tuple[Parcel, ...] = ()
        self._place = Place()
        self._opened = False
        self._read()

    def _read(self) -> None:
        parcels = self.desk.counter.parcels
        self._rows = parcels.reminders_due() if self._kind == "reminders" else parcels.losses()
        self._opened = False
        if self._place.index >= len(self._rows):
            self._place = Place()

    @property
    def _chosen(self) -> Parcel | None:
        return self._rows[self._place.index] if self._place.index < len(self._rows) else None

    def picture(self) -> object:
        """Every step asks something else."""
        return self._opened, self._place.index

    def view(self) -> View:
        """Show the list, or what is asked about the opened item; a phone number only while it is open."""
        if self._kind == "losses":
            return losses_view(self.desk, self._rows, self._place, asking=self._opened)
        chosen = self._chosen
        contact = self.desk.counter.parcels.contact(chosen) if self._opened and chosen is not None else None
        return reminders_view(self.desk, self._rows, self._place, contact)

    def entered(self, text: str) -> None:
        """Open the chosen item, unless nothing can be said of it yet."""
        del text
        chosen = self._chosen
        if chosen is None:
            return
        early = not_yet_lost(self.desk, chosen) if self._kind == "losses" else ""
        if early:
            self.refuse(early)
        else:
            self._opened = True
            self.note("")

    def arrow(self, key: str) -> None:
        """Move the mark."""
        if not self._opened:
            self._place = self._place.moved(key, len(self._rows))
            self.repaint()

    def picked_line(self, line: int) -> None:
        """Open a line by its number."""
        place = None if self._opened else self._place.at_line(line, len(self._rows))
        if place is None:
            super().picked_line(line)
        else:
            self._place = place
            self.entered("")

    def typed(self, character: str) -> None:
        """Say what came of it by a digit; a scanner's digits say nothing."""
        if self._opened and character in _REMINDERS:
            self.defer(lambda: self._note(character))
        else:
            super().typed(character)

    def _note(self, digit: str) -> None:
        chosen, by = self._chosen, self.desk.operator_no
        if chosen is None:
            return
        if self._kind == "reminders":
            self.submit(NoteReminder(by, chosen.waybill, _REMINDERS[digit]))
        elif digit == "1":
            self.submit(DeclareLost(by, chosen.waybill, self.desk.counter.parcels.days.lost))

    def escaped(self) -> None:
        """Close the item; from the list, leave."""
        if self._opened:
            self._opened = False
            self.note("")
        else:
            super().escaped()

    def done(self, order: Command, accepted: Accepted) -> None:  # noqa: ARG002  # the order says what was done
        """Say it, and read the list again."""
        ring_done(self)
        chosen = self._chosen
        self._read()
        if chosen is not None:
            lost = isinstance(order, DeclareLost)
            tail = waybill_tail(chosen.waybill)
            self.note(TEXT("lost", tail=tail) if lost else TEXT("reminded", code=chosen.code))
