"""One thread for one device on a line: keeps it open, says how it is, opens it again when it was pulled out."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from station_pos.counter import DeviceRow, DeviceState
from station_pos.devices.ports import LineError, LineFault
from station_pos.workers.outages import OutageRecorder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from station_journal.records import Equipment
    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Outcome

BACK_OFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
"""How long to wait before a line that failed is opened again; the last goes on."""
STATE_OF_FAULT: Final = {
    LineFault.BUSY: DeviceState.LINE_BUSY,
    LineFault.FORBIDDEN: DeviceState.WRONG_SETTING,
    LineFault.UNUSABLE: DeviceState.WRONG_SETTING,
}
"""How a device is whose line failed; a line that is missing, lost or stalled is off."""
_log = logging.getLogger(__name__)


class DeviceWatch:
    """Runs ``turn`` over and over in a thread of its own. A turn takes at most a second or so, and raises `LineError`.

    ``close`` gives the line back at the end. ``changed`` is called when what the screen shows of the device changes.
    """

    def __init__(
        self,
        equipment: Equipment,
        turn: Callable[[], DeviceState],
        close: Callable[[], None],
        execute: Callable[[Command], Outcome],
        *,
        changed: Callable[[], None] = lambda: None,
        back_off_s: Sequence[float] = BACK_OFF_S,
    ) -> None:
        """Take the device; nothing runs yet. ``turn`` gives how the device is."""
        self.equipment = equipment
        self._turn = turn
        self._close = close
        self._changed = changed
        self._back_off_s = back_off_s
        self._outages = OutageRecorder(execute, equipment)
        self._row = DeviceRow(equipment, DeviceState.UNKNOWN)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=equipment.name.lower(), daemon=True)

    @property
    def row(self) -> DeviceRow:
        """How the device is, for the screen."""
        return self._row

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the turn in hand, and give the line back."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            found = self._one_turn()
            self._show(found)
            if found.well:
                failures = 0
                self._outages.well()
                continue
            self._outages.failed()
            self._stopping.wait(self._back_off_s[min(failures, len(self._back_off_s) - 1)])
            failures += 1
        self._close()

    def _one_turn(self) -> DeviceRow:
        try:
            return DeviceRow(self.equipment, self._turn())
        except LineError as error:
            state = STATE_OF_FAULT.get(error.fault, DeviceState.OFFLINE)
            return DeviceRow(self.equipment, state, (error.words("zh"), error.words("en")))
        except Exception as error:  # noqa: BLE001  whatever a device sent, its thread goes on
            # The name of the fault alone: what a device sent may be somebody's data.
            _log.error("%s: a turn failed with %s", self.equipment.name, type(error).__name__)
            self._close()
            return DeviceRow(self.equipment, DeviceState.UNKNOWN)

    def _show(self, found: DeviceRow) -> None:
        if found != self._row:
            self._row = found
            self._changed()
