"""The serial scanner's turn: what it has read goes to whoever listens, whole codes only."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Final

from station_pos.counter import DeviceState, ScannedCode
from station_pos.devices.scan_reader import SILENCE_S, ScanReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.devices.ports import Line

_READ_BYTES: Final = 1024
_IDLE_S: Final = 0.2
_log = logging.getLogger(__name__)


class ScannerTurn:
    """One scanner on its line; called over and over by its thread. ``deliver`` is called for each code, in order."""

    def __init__(
        self, line: Line, deliver: Callable[[ScannedCode], None], *, clock: Callable[[], float] = monotonic
    ) -> None:
        """Read from ``line``; ``clock`` gives monotonic seconds."""
        self._line = line
        self._deliver = deliver
        self._clock = clock
        self._reader = ScanReader()

    def __call__(self) -> DeviceState:
        """Wait a moment for bytes and hand on what has become whole.

        Raises:
            LineError: the line cannot be used.
        """
        self._line.open()
        data = self._line.read(_READ_BYTES, SILENCE_S if self._reader.waiting else _IDLE_S)
        now_s = self._clock()
        for code in self._reader.feed(data, now_s) if data else self._reader.quiet(now_s):
            self._hand_on(ScannedCode(code.text, code.symbology, code.readable))
        return DeviceState.READY

    def _hand_on(self, code: ScannedCode) -> None:
        try:
            self._deliver(code)
        except Exception:  # noqa: BLE001  a screen that fails must not silence the scanner
            _log.exception("a code could not be handed to the screen")
