"""Carrying messages to a Transbank terminal: each is acknowledged by one byte, and sent again when it was not read."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from station_pos.devices.transbank.frames import ACK, NAK, FrameReader, Signal, frame_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.devices.ports import Line

SENDS: Final = 3
_READ_BYTES: Final = 512


class NotAcknowledgedError(Exception):
    """A message went out and was not acknowledged: nobody can say whether the terminal has it."""


@dataclass(frozen=True, slots=True)
class TransbankTimes:
    """How long each wait may last, in seconds.

    `character_s`: between two bytes of a frame. `acknowledge_s`: for ACK or NAK. `answer_s`: for the answer to a
    request without a customer. `customer_s`: for the next message of a sale, restarted by each. `whole_s`: for one
    request in all. `resumption_s`: how long a terminal is listened to after a cut for an answer that comes late.
    """

    character_s: float = 0.5
    acknowledge_s: float = 5.0
    answer_s: float = 60.0
    customer_s: float = 180.0
    whole_s: float = 600.0
    resumption_s: float = 5.0


class TransbankLink:
    """Messages on a serial line. For one thread. A received message is acknowledged by the caller, once it is safe."""

    def __init__(self, line: Line, times: TransbankTimes, clock: Callable[[], float] = monotonic) -> None:
        self._line = line
        self._times = times
        self._clock = clock
        self._reader = FrameReader()
        self._payloads: deque[bytes] = deque()
        self._signals: deque[Signal] = deque()
        self._last_byte_at = 0.0

    def open(self) -> None:
        """Take the line. Raises `LineError`."""
        self._line.open()

    def close(self) -> None:
        """Give the line back and forget what was under way."""
        self._line.close()
        self._reader.reset()
        self._payloads.clear()
        self._signals.clear()

    def send(self, payload: bytes) -> None:
        """Deliver a message; it goes out again only when the terminal says that it could not read it.

        Raises:
            LineError: the line is lost or stalled.
            NotAcknowledgedError: no acknowledgement; the terminal may have it all the same.
        """
        self._signals.clear()
        for _ in range(SENDS):
            self._line.write(frame_of(payload))
            signal = self._acknowledgement()
            if signal is Signal.ACK:
                return
            if signal is None:
                break
        raise NotAcknowledgedError

    def receive(self, timeout_s: float) -> bytes | None:
        """The next message, not yet acknowledged; None when none came within the time (0: what is there).

        Raises:
            LineError: the line is lost.
        """
        ends_at = self._clock() + timeout_s
        left_s = timeout_s
        while not self._payloads:
            self._read(left_s)
            left_s = max(0.0, ends_at - self._clock())
            if not (self._payloads or left_s):
                return None
        return self._payloads.popleft()

    def acknowledge(self) -> None:
        """Say that the last message is safe here. Raises `LineError`."""
        self._line.write(bytes([ACK]))

    def _acknowledgement(self) -> Signal | None:
        ends_at = self._clock() + self._times.acknowledge_s
        while (left_s := ends_at - self._clock()) > 0:
            self._read(left_s)
            while self._signals:
                signal = self._signals.popleft()
                if signal in {Signal.ACK, Signal.NAK}:
                    return signal
            if self._payloads:
                return Signal.ACK  # it answers already: the ACK itself was lost
        return None

    def _read(self, left_s: float) -> None:
        data = self._line.read(_READ_BYTES, min(left_s, self._times.character_s))
        now = self._clock()
        if not data:
            if self._reader.inside and now - self._last_byte_at >= self._times.character_s:
                self._reader.reset()
                self._line.write(bytes([NAK]))
            return
        self._last_byte_at = now
        for found in self._reader.feed(data):
            if isinstance(found, bytes):
                self._payloads.append(found)
            elif found is Signal.BROKEN_FRAME:
                self._line.write(bytes([NAK]))
            else:
                self._signals.append(found)
