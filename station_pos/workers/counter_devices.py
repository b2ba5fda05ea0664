"""The counter's devices together: started and stopped as one, and what the screens may ask of them."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from station_journal.records import Equipment
from station_pos.counter import DeviceRow, DeviceState, IdCardAnswer, PrinterState, ScannedCode
from station_pos.devices.sam_v import ID_TROUBLES, IdTrouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from station_pos.workers.card_turn import CardTurn
    from station_pos.workers.device_watch import DeviceWatch
    from station_pos.workers.id_reading import IdReaderTurn
    from station_pos.workers.spooler import Spooler


class ScanDesk:
    """Where scanned codes go: to whoever listens, in order; what comes before anybody listens waits."""

    def __init__(self) -> None:
        """Begin with nobody listening."""
        self._lock = threading.Lock()
        self._listener: Callable[[ScannedCode], None] | None = None
        self._waiting: list[ScannedCode] = []

    def deliver(self, code: ScannedCode) -> None:
        """Hand on one code; called by the scanner's thread."""
        with self._lock:
            if self._listener is None:
                self._waiting.append(code)
            else:
                self._listener(code)

    def listen(self, listener: Callable[[ScannedCode], None]) -> None:
        """Hand every code to ``listener`` from now on, those that waited first."""
        with self._lock:
            self._listener = listener
            waiting, self._waiting = self._waiting, []
            for code in waiting:
                listener(code)


class Spoolers(NamedTuple):
    """The printers' spoolers; without one for labels the receipt printer prints them."""

    receipts: Spooler | None = None
    labels: Spooler | None = None


class CounterDevices:
    """What stands on the counter by the settings; each device has a thread of its own."""

    def __init__(
        self,
        spoolers: Spoolers | None = None,
        watches: tuple[DeviceWatch, ...] = (),
        scans: ScanDesk | None = None,
        id_reader: IdReaderTurn | None = None,
        closers: tuple[Callable[[], None], ...] = (),
        card: CardTurn | None = None,
    ) -> None:
        """Take the workers; ``closers`` give back the lines that no watch gives back."""
        self.card = card
        self._receipts, self._labels = spoolers or Spoolers()
        self.spoolers = tuple(one for one in (self._receipts, self._labels) if one is not None)
        self._watches = watches
        self._scans = scans or ScanDesk()
        self._id_reader = id_reader
        self._closers = closers

    def start(self) -> None:
        """Begin to print, to scan and to look after every line."""
        for spooler in self.spoolers:
            spooler.start()
        for watch in self._watches:
            watch.start()

    def stop(self) -> None:
        """End every device's thread after what it has in hand."""
        if self.card is not None:
            self.card.stop()
        for watch in self._watches:
            watch.stop()
        for spooler in self.spoolers:
            spooler.stop()
        for close in self._closers:
            close()

    def printer_state(self) -> PrinterState:
        """What the receipt printer last said of itself."""
        return PrinterState.ABSENT if self._receipts is None else self._receipts.state

    @property
    def drawer_wired(self) -> bool:
        """Whether the receipt printer opens a cash drawer."""
        return self._receipts is not None and self._receipts.drawer_pin is not None

    def rows(self, now: datetime) -> tuple[DeviceRow, ...]:
        """How each device beside the receipt printer is; only those in the settings. ``now`` is UTC."""
        rows = [self._in_the_middle(watch.row, now) for watch in self._watches]
        if self._labels is not None:
            rows.append(DeviceRow(Equipment.LABEL_PRINTER, DeviceState(self._labels.state.value)))
        return tuple(rows)

    def _in_the_middle(self, row: DeviceRow, now: datetime) -> DeviceRow:
        """Show a card terminal that has fallen silent in the middle of a job as silent: its watch waits for it too."""
        terminal = self.card if row.equipment is Equipment.CARD_TERMINAL and row.well else None
        silent_s = terminal.silence_s() if terminal is not None else None
        if silent_s is None:
            return row
        return replace(row, state=DeviceState.NO_ANSWER, since=now - timedelta(seconds=silent_s))

    def on_scan(self, listener: Callable[[ScannedCode], None]) -> None:
        """Hand every code of the serial scanner to ``listener``, in the scanner's thread."""
        self._scans.listen(listener)

    def read_id_card(self, wait_s: float) -> Future[IdCardAnswer]:
        """Read the next identity card; answered at once where there is no reader."""
        if self._id_reader is not None:
            return self._id_reader.ask(wait_s)
        none: Future[IdCardAnswer] = Future()
        none.set_result(IdCardAnswer(None, ID_TROUBLES(IdTrouble.OFFLINE)))
        return none
