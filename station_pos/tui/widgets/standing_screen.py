"""A screen that stands when the books cannot be read: one sentence, what was typed stays, nothing acts twice."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING

from textual.events import Event
from textual.screen import Screen

from station_pos.tui.presenters.faults import is_fault_of_books, owed_fault, read_fault
from station_pos.tui.widgets.entry_line import EntryLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message

    from station_pos.tui.desk import Desk

AGAIN_S = 1.0
"""What could not be done because the books could not be read is tried again after so long."""


class StandingScreen(Screen[None], inherit_bindings=False):
    """Textual ends the program for what a handler raises; here a disk that somebody else holds ends nothing."""

    busy: bool
    """Whether something that was asked for is under way: keys are ignored as long."""

    def __init__(self, desk: Desk) -> None:
        """Stand at a desk."""
        super().__init__()
        self.desk = desk
        self.entry = EntryLine(id="entry")
        self.owed = ""
        self._undone: list[Message] = []

    @abstractmethod
    def alert(self, sentence: str) -> None:
        """Say a fault, or what is owed before it, without looking at the books again."""

    @abstractmethod
    def repaint(self) -> None:
        """Show what stands now."""

    async def _dispatch_message(self, message: Message) -> None:
        """Call the handlers of a message; all of this screen's are called from here.

        A key is pressed again by whoever pressed it. What a worker brought is there once: it is handed over again until
        it could be acted on, and keys are ignored as long. So a handler reads before it changes or asks for anything.
        """
        was_busy, typed = self.busy, self.entry.text
        try:
            await super()._dispatch_message(message)
        except Exception as error:
            if not is_fault_of_books(error):
                raise
            if not isinstance(message, Event):
                self._hand_over_again(message, error)
            self._stand(error, typed, was_busy=was_busy)
        else:
            if message in self._undone:
                self._undone.remove(message)
                self.owed = self.owed if self._undone else ""
                self.repaint()

    def _hand_over_again(self, message: Message, error: Exception) -> None:
        self.owed = owed_fault(error)
        if message not in self._undone:
            self._undone.append(message)
        self.set_timer(AGAIN_S, partial(self.post_message, message))

    def met(self, error: Exception) -> None:
        """Say that the books could not be read; the counter's next look finds out whether they can be again."""
        self.desk.fault = read_fault(error)
        self.alert(self.desk.fault)

    def kept_up(self, act: Callable[[], None]) -> bool:
        """Act, and tell whether it could be done; where the books cannot be read that is said."""
        was_busy, typed = self.busy, self.entry.text
        try:
            act()
        except Exception as error:
            if not is_fault_of_books(error):
                raise
            self._stand(error, typed, was_busy=was_busy)
            return False
        return True

    def _stand(self, error: Exception, typed: str, *, was_busy: bool) -> None:
        """Stand as before what could not be done, with what was typed."""
        self.busy = was_busy
        if typed and not self.entry.text:
            self.entry.put(typed)
        self.met(error)
