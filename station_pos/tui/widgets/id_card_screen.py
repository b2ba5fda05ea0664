"""A screen at some of whose steps an identity card is read; what it does with the card is its own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from station_pos.counter import IdCardAnswer
from station_pos.tui.presenters.id_card import TEXT, has_reader
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from concurrent.futures import Future

    from station_journal.resident_id import IdCard
    from station_pos.tui.desk import Desk


class IdCardScreen(FrameScreen, inherit_bindings=False):
    """Reads by itself while a step takes a card, and again on ``+``; a number can always be typed instead.

    Only memory holds what was read, for as long as the screen needs it.
    """

    @dataclass
    class CardRead(Message):
        """A card was read, or could not be."""

        answer: IdCardAnswer

    def __init__(self, desk: Desk) -> None:
        """Read nothing yet."""
        super().__init__(desk)
        self._card: Future[IdCardAnswer] | None = None

    def takes_card(self) -> bool:
        """Tell whether the step that is shown takes a card."""
        return False

    def card_read(self, card: IdCard) -> None:
        """Act on a card, at a step that takes one. It records nothing: that takes a key."""

    def on_unmount(self) -> None:
        """Give up reading."""
        self.stop_reading()

    def mind_card(self) -> None:
        """Read while the step takes a card, and only then; called when the step changes."""
        if not self.takes_card():
            self.stop_reading()
        elif self._card is None and has_reader(self.desk):
            self._read()

    def stop_reading(self) -> None:
        """Give up reading."""
        if self._card is not None:
            self._card.cancel()
            self._card = None

    def read_again(self) -> None:
        """Ask the reader because the operator wants it."""
        if not has_reader(self.desk):
            self.refuse(TEXT("no_reader"))
            return
        self.stop_reading()
        self.note(TEXT("waiting"))
        self._read()

    def _read(self) -> None:
        self._card = self.desk.counter.read_id_card()
        self.run_worker(self._await_card(self._card), group="card", exclusive=True, exit_on_error=False)

    async def _await_card(self, card: Future[IdCardAnswer]) -> None:
        try:
            answer = await asyncio.wrap_future(card)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the number can be typed
            answer = IdCardAnswer(None, TEXT("failed", fault=type(error).__name__))
        if self._card is card:
            self._card = None
            self.post_message(self.CardRead(answer))

    def on_id_card_screen_card_read(self, message: IdCardScreen.CardRead) -> None:
        """Hand the card on, or say why there is none; the step may have gone on meanwhile."""
        if not self.takes_card() or self.busy:
            return
        if message.answer.card is None:
            self.note(message.answer.problem)
        else:
            self.entry.put("")
            self.card_read(message.answer.card)

    def _character(self, character: str) -> None:
        # A number is typed hidden, where + would else be a character like any other.
        if character != "+" or self.entry.text or self.busy or not self.takes_card():
            super()._character(character)
        elif not self._burst.by_machine:
            self.defer(self.read_again)
