"""The day ender: writes the end of every business date that is over, with nobody at the counter.

At cut-off, and at the next start for the dates that passed while the machine was off; a date without sales has its end
too, so that silence is never mistaken for a missing day. A tariff that is here and whose date has come is adopted then
as well: its date does not wait for the line. Shelves that became full, or have room again, are noted too.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from station_pos.commands.orders import AdoptTariff, EndBusinessDay
from station_pos.commands.outcome import Accepted

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Outcome

LOOK_EVERY_S = 20.0
_log = logging.getLogger(__name__)


def end_days_due(next_date: Callable[[], date | None], execute: Callable[[Command], Outcome]) -> int:
    """End every business date that is over, oldest first; gives how many were.

    Raises:
        RegisterFault: the disk refused; the rest is due later.
    """
    ended = 0
    while (due := next_date()) is not None:
        if not isinstance(execute(EndBusinessDay(due)), Accepted):
            break
        ended += 1
    return ended


def adopt_due(tariff_due: Callable[[], bytes | None], execute: Callable[[Command], Outcome]) -> bool:
    """Adopt the tariff whose date has come, if there is one; tells whether one was adopted.

    Raises:
        RegisterFault: the disk refused; it is due later.
    """
    due = tariff_due()
    return due is not None and isinstance(execute(AdoptTariff(due)), Accepted)


class DayEnder:
    """One thread that looks at the clock now and then."""

    def __init__(
        self,
        next_date: Callable[[], date | None],
        execute: Callable[[Command], Outcome],
        look_every_s: float = LOOK_EVERY_S,
        *,
        tariff_due: Callable[[], bytes | None] = lambda: None,
        note_due: Callable[[], Command | None] = lambda: None,
        upkeep: Callable[[], object] = lambda: None,
    ) -> None:
        """Take the books: the first business date that is over and has not ended, and the hash of a tariff to adopt.

        ``note_due`` gives what the machine is to note of the shop by itself: shelves that are full. ``upkeep`` is done
        once at the start and after every end of a date: what is not a record and is kept no longer goes.
        """
        self._next_date = next_date
        self._tariff_due = tariff_due
        self._note_due = note_due
        self._upkeep = upkeep
        self._execute = execute
        self._look_every_s = look_every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="day-ender", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        upkeep_due = True
        while True:
            try:
                upkeep_due = bool(end_days_due(self._next_date, self._execute)) or upkeep_due
                adopt_due(self._tariff_due, self._execute)
                note = self._note_due()
                if note is not None:
                    self._execute(note)
                if upkeep_due:
                    self._upkeep()
                    upkeep_due = False
            except Exception:  # noqa: BLE001  whatever the disk did, the worker goes on and looks again
                _log.exception("the business day could not be ended, or its tariff not be adopted")
            if self._stopping.wait(self._look_every_s):
                return
