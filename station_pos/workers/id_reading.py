"""The identity card reader's turn: a card is read only when somebody asked for it; in between it is asked how it is."""

from __future__ import annotations

import threading
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Final

from station_pos.counter import DeviceState, IdCardAnswer
from station_pos.devices.ports import LineError
from station_pos.devices.sam_v import ID_TROUBLES, IdReadError, IdTrouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.devices.id_reader import SamVReader

POLL_S: Final = 0.3
"""How often a card is looked for (the modules' makers ask for no less)."""
CHECK_S: Final = 5.0
TRIES_MAX: Final = 3
"""How often a card is tried before its trouble is told: most troubles are a card that was not quiet yet."""
_ONCE_MORE: Final = {IdTrouble.NOT_SELECTED, IdTrouble.NOT_AUTHENTIC, IdTrouble.NOT_READ, IdTrouble.GARBLED}


class _Asked:
    """One request: until when it waits for a card, and how often a card has failed."""

    def __init__(self, until_s: float) -> None:
        self.future: Future[IdCardAnswer] = Future()
        self.until_s = until_s
        self.failures = 0

    def answer(self, answer: IdCardAnswer) -> None:
        with suppress(InvalidStateError):  # given up meanwhile
            self.future.set_result(answer)


class IdReaderTurn:
    """One reader on its line; called over and over by its thread, asked by screens from any other."""

    def __init__(self, reader: SamVReader, *, clock: Callable[[], float] = monotonic, poll_s: float = POLL_S) -> None:
        """Read with ``reader``; ``clock`` gives monotonic seconds."""
        self._reader = reader
        self._clock = clock
        self._poll_s = poll_s
        self._asked: _Asked | None = None
        self._lock = threading.Lock()
        self._wakened = threading.Event()
        self._trouble: IdTrouble | None = None
        self._check_at_s = float("-inf")

    def ask(self, wait_s: float) -> Future[IdCardAnswer]:
        """Read the next card that is put on the reader within the time; cancel the future to give up.

        One request at a time: a new one ends the one before it. A reader that is away is said so at once.
        """
        asked = _Asked(self._clock() + wait_s)
        with self._lock:
            before, self._asked = self._asked, asked
            trouble = self._trouble
        if before is not None:
            before.answer(_answer(IdTrouble.TIME_UP))
        if trouble is not None:
            self._end(asked, _answer(trouble))
        self._wakened.set()
        return asked.future

    def __call__(self) -> DeviceState:
        """Look for the card that was asked for, or ask now and then whether the reader is well.

        Raises:
            LineError: the line cannot be used; whoever waits for a card has been told.
        """
        asked = self._asked
        try:
            if asked is not None:
                self._look(asked)
            elif self._clock() >= self._check_at_s:
                self._reader.check()
                self._check_at_s = self._clock() + CHECK_S
            self._trouble = None
        except LineError:
            self._away(IdTrouble.OFFLINE)
            raise
        except IdReadError as error:
            self._away(error.trouble)
            return DeviceState.NO_ANSWER
        self._wakened.wait(self._poll_s)
        self._wakened.clear()
        return DeviceState.READY

    def _look(self, asked: _Asked) -> None:
        if asked.future.cancelled():
            self._end(asked, _answer(IdTrouble.TIME_UP))
            return
        try:
            card = self._reader.read_card()
        except IdReadError as error:
            if error.trouble in {IdTrouble.NO_ANSWER, IdTrouble.PROTOCOL}:
                raise
            asked.failures += 1
            if error.trouble not in _ONCE_MORE or asked.failures >= TRIES_MAX:
                self._end(asked, _answer(error.trouble))
            return
        if card is not None:
            self._end(asked, IdCardAnswer(card))
        elif self._clock() >= asked.until_s:
            self._end(asked, _answer(IdTrouble.TIME_UP))

    def _away(self, trouble: IdTrouble) -> None:
        self._trouble = trouble
        self._check_at_s = float("-inf")
        asked = self._asked
        if asked is not None:
            self._end(asked, _answer(trouble))

    def _end(self, asked: _Asked, answer: IdCardAnswer) -> None:
        with self._lock:
            if self._asked is asked:
                self._asked = None
        asked.answer(answer)


def _answer(trouble: IdTrouble) -> IdCardAnswer:
    return IdCardAnswer(None, ID_TROUBLES(trouble))
