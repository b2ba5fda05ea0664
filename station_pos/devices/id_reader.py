"""A resident identity card reader behind a line (SAM-V module): is it there, and whose card lies on it.

Only `IdCard`, a name and a checked number, leaves this module. Frames stay in memory for the length of a call, and no
message, log or error holds any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from station_journal.resident_id import IdCard, ResidentIdRefusedError, resident_id
from station_pos.devices import sam_v
from station_pos.devices.sam_v import IdReadError, IdTrouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from station_pos.devices.ports import Line

_READ_BYTES: Final = 2048


@dataclass(frozen=True, slots=True)
class IdReaderTimes:
    """How long each answer is waited for, in seconds: a card's text and photo take 1.35 s at 9600 baud."""

    answer_s: float = 1.0
    card_s: float = 4.0


class SamVReader:
    """One reader. Not for two threads at once. `today` gives the date that birth dates are judged by."""

    def __init__(
        self,
        line: Line,
        today: Callable[[], date],
        times: IdReaderTimes | None = None,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._line = line
        self._today = today
        self._times = times or IdReaderTimes()
        self._clock = clock
        self._answers = sam_v.AnswerReader()

    def check(self) -> None:
        """Ask the module whether it is well; the line is opened when needed.

        Raises:
            LineError: the line cannot be used.
            IdReadError: it does not answer, or not as such a reader does.
        """
        self._ask(sam_v.STATUS, self._times.answer_s)

    def read_card(self) -> IdCard | None:
        """Read the card that lies on the reader; None where there is none. Each reading finds and selects again.

        Raises:
            LineError: the line cannot be used.
            IdReadError: there is a card, and it was not read; or the reader is not well.
        """
        try:
            self._ask(sam_v.FIND, self._times.answer_s)
        except IdReadError as error:
            if error.trouble is IdTrouble.NO_CARD:
                return None
            raise
        self._ask(sam_v.SELECT, self._times.answer_s)
        found = sam_v.card_text(self._ask(sam_v.READ, self._times.card_s))
        try:
            return IdCard(found.name, resident_id(found.number, self._today()))
        except ResidentIdRefusedError:
            # Without its cause: a traceback with local variables must not carry what was read.
            raise IdReadError(IdTrouble.NUMBER_WRONG) from None

    def close(self) -> None:
        """Give the line back."""
        self._answers.forget()
        self._line.close()

    def _ask(self, code: bytes, wait_s: float) -> bytes:
        """Send a command and give the data of its answer; what came before belongs to no question and is dropped."""
        self._line.open()
        self._line.drain_input()
        self._answers.forget()
        self._line.write(sam_v.command(code))
        ends_at = self._clock() + wait_s
        try:
            while (left_s := ends_at - self._clock()) > 0:
                for body in self._answers.feed(self._line.read(_READ_BYTES, left_s)):
                    return sam_v.check_status(body)
        finally:
            self._answers.forget()
        raise IdReadError(IdTrouble.NO_ANSWER)
