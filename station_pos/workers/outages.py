"""Outages of a device as a pair of records: opened once the trouble has lasted, closed when it is over."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from station_pos.commands.orders import CloseOutage, OpenOutage
from station_pos.commands.outcome import RegisterFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Equipment
    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Outcome

OUTAGE_AFTER: Final = 3
"""After how many failures in a row an outage is recorded."""
_log = logging.getLogger(__name__)


class OutageRecorder:
    """Records when one kind of equipment goes and comes back. Used by one thread, the device's own.

    The first word that it is well closes an outage that an earlier run of the program left open.
    """

    def __init__(self, execute: Callable[[Command], Outcome], equipment: Equipment, after: int = OUTAGE_AFTER) -> None:
        """Record through ``execute``, once ``after`` failures have come in a row."""
        self._execute = execute
        self._equipment = equipment
        self._after = after
        self._failures = 0
        self._recorded: bool | None = None

    def well(self) -> None:
        """Note that the device answers."""
        self._failures = 0
        if self._recorded is not False:
            self._record(CloseOutage(self._equipment), outage=False)

    def failed(self) -> None:
        """Note that the device did not answer."""
        self._failures += 1
        if self._failures >= self._after and self._recorded is not True:
            self._record(OpenOutage(self._equipment), outage=True)

    def _record(self, command: Command, *, outage: bool) -> None:
        try:
            # Refused where it is on record already, by an earlier run: that is as good.
            self._execute(command)
        except RegisterFault:
            _log.exception("the outage of %s could not be recorded", self._equipment.name)
            return
        self._recorded = outage
