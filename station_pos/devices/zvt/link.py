"""Carrying APDUs to a ZVT terminal: with frames, checksum and acknowledgement on serial lines, bare on TCP.

There is no sequence number on the wire. A frame that comes again while our answer to it is still unacknowledged was
sent again because the terminal missed our ACK: it is acknowledged, and our answer sent again instead of handing the
frame on a second time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol

from station_pos.devices.ports import LineError, LineFault
from station_pos.devices.zvt.apdu import whole_length
from station_pos.devices.zvt.frames import ACK, MAX_APDU_BYTES, NAK, Frame, FrameReader, Signal, frame_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.devices.ports import Line

SENDS: Final = 3
"""How often a frame goes out at most (Impl: two drivers agree)."""
_READ_BYTES: Final = 512


class NotAcknowledgedError(Exception):
    """A frame went out and was not acknowledged: nobody can say whether the terminal has it."""


@dataclass(frozen=True, slots=True)
class ZvtTimes:
    """How long each wait may last, in seconds; the names T1 to T4 are PA00P016's.

    `character_s` (T1): between two bytes of a frame. `acknowledge_s` (T2): for ACK or NAK. `answer_s` (T3): for the
    terminal's acceptance of a command. `message_s` (T4): for the terminal's next message, restarted by each one.
    `whole_s`: for one request however often T4 restarts. `resumption_s`: how long a terminal is listened to, after a
    cut, for an unfinished transaction that it tells again, before it is asked: as long as a sender may wait for an
    acknowledgement before it repeats its frame (T2 is 15 s in ecrterm; PA00P016 3.2 tells the certified value). One
    that still leads then answers that it is busy, and is listened to and asked until T4 has passed. `ask_again_s`:
    between two questions to a busy terminal.
    """

    character_s: float = 0.2
    acknowledge_s: float = 5.0
    answer_s: float = 5.0
    message_s: float = 180.0
    whole_s: float = 900.0
    resumption_s: float = 15.0
    ask_again_s: float = 2.0


class ApduLink(Protocol):
    """APDUs to and from one terminal."""

    def open(self) -> None:
        """Take the line. Raises `LineError`."""
        ...  # pragma: no cover - a protocol

    def send(self, apdu: bytes, *, again_on_silence: bool = True) -> None:
        """Deliver one APDU. Raises `LineError`, or `NotAcknowledgedError` when the terminal did not confirm it."""
        ...  # pragma: no cover - a protocol

    def receive(self, timeout_s: float) -> bytes | None:
        """The next APDU, acknowledged; None when none came within the time. Raises `LineError`."""
        ...  # pragma: no cover - a protocol

    def close(self) -> None:
        """Give the line back; never fails."""
        ...  # pragma: no cover - a protocol


class SerialApduLink:
    """APDUs in frames on a serial line. For one thread."""

    def __init__(self, line: Line, times: ZvtTimes, clock: Callable[[], float] = monotonic) -> None:
        self._line = line
        self._times = times
        self._clock = clock
        self._reader = FrameReader()
        self._waiting: deque[bytes] = deque()
        self._signals: deque[Signal] = deque()
        self._last_received: bytes | None = None
        self._last_byte_at = 0.0

    def open(self) -> None:
        """Take the line. Raises `LineError`."""
        self._line.open()

    def close(self) -> None:
        """Give the line back and forget what was under way."""
        self._line.close()
        self._reader.reset()
        self._waiting.clear()
        self._signals.clear()
        self._last_received = None

    def send(self, apdu: bytes, *, again_on_silence: bool = True) -> None:
        """Deliver one APDU in at most three sends.

        `again_on_silence=False` sends again only when the terminal says that it could not read the frame: for
        requests that move money, of which two must never arrive.

        Raises:
            LineError: the line is lost or stalled.
            NotAcknowledgedError: no acknowledgement; the terminal may have it all the same.
        """
        self._signals.clear()
        signal: Signal | None = None
        for _ in range(SENDS):
            self._line.write(frame_of(apdu))
            signal = self._acknowledgement()
            if signal is Signal.ACK:
                return
            if signal is not Signal.NAK and not again_on_silence:
                break
        # Our answer is no longer under way: what the terminal tells again now, it wants answered again.
        told_again, self._last_received = self._last_received, None
        if signal is Signal.SAME_AGAIN and told_again is not None:
            self._waiting.append(told_again)
        raise NotAcknowledgedError

    def receive(self, timeout_s: float) -> bytes | None:
        """The next APDU, acknowledged; None when none came within the time (0: what is there). Raises `LineError`."""
        ends_at = self._clock() + timeout_s
        left_s = timeout_s
        while not self._waiting:
            self._read(left_s)
            left_s = max(0.0, ends_at - self._clock())
            if not (self._waiting or left_s):
                return None
        return self._waiting.popleft()

    def _acknowledgement(self) -> Signal | None:
        ends_at = self._clock() + self._times.acknowledge_s
        queued = len(self._waiting)
        while (left_s := ends_at - self._clock()) > 0:
            self._read(left_s)
            while self._signals:
                signal = self._signals.popleft()
                if signal in {Signal.ACK, Signal.NAK, Signal.SAME_AGAIN}:
                    return signal
            if len(self._waiting) > queued:
                # It answers already, so it has our frame: the ACK itself was lost.
                self._last_received = None
                return Signal.ACK
        return None

    def _read(self, left_s: float) -> None:
        """Take in what arrives within the time, at most one character pause of it."""
        patience_s = min(left_s, self._times.character_s)
        data = self._line.read(_READ_BYTES, patience_s)
        now = self._clock()
        if not data:
            if self._reader.inside and now - self._last_byte_at >= self._times.character_s:
                self._reader.reset()
                self._line.write(bytes([NAK]))
            return
        self._last_byte_at = now
        for found in self._reader.feed(data):
            if isinstance(found, Frame):
                self._take(found.apdu)
            elif found is Signal.BROKEN_FRAME:
                self._line.write(bytes([NAK]))
            else:
                if found is Signal.ACK:
                    # What comes from now on answers what was sent, even when it looks like what came before.
                    self._last_received = None
                self._signals.append(found)

    def _take(self, apdu: bytes) -> None:
        self._line.write(bytes([ACK]))
        if apdu == self._last_received:
            self._signals.append(Signal.SAME_AGAIN)
            return
        self._last_received = apdu
        self._waiting.append(apdu)


class TcpApduLink:
    """APDUs one after the other on a TCP connection (port 20007), which brings order and checksums itself."""

    def __init__(self, line: Line, times: ZvtTimes, clock: Callable[[], float] = monotonic) -> None:
        self._line = line
        self._times = times
        self._clock = clock
        self._buffer = b""
        self._last_byte_at = 0.0

    def open(self) -> None:
        """Connect. Raises `LineError`."""
        self._line.open()

    def close(self) -> None:
        """Hang up and forget what was under way."""
        self._line.close()
        self._buffer = b""

    def send(self, apdu: bytes, *, again_on_silence: bool = True) -> None:  # noqa: ARG002 - nothing is sent again here
        """Deliver one APDU. Raises `LineError`."""
        self._line.write(apdu)

    def receive(self, timeout_s: float) -> bytes | None:
        """The next APDU; None when none came within the time.

        Raises:
            LineError: the connection is lost, or brings bytes that never become a message.
        """
        ends_at = self._clock() + timeout_s
        left_s = timeout_s
        while (whole := self._cut()) is None:
            data = self._line.read(_READ_BYTES, min(left_s, self._times.answer_s))
            now = self._clock()
            if data:
                self._buffer += data
                self._last_byte_at = now
            elif self._buffer and now - self._last_byte_at >= self._times.answer_s:
                # Half a message and then silence: where the next begins, nobody can tell.
                self.close()
                raise LineError(LineFault.LOST, self._line.name)
            elif left_s <= 0:
                return None
            left_s = max(0.0, ends_at - now)
        return whole

    def _cut(self) -> bytes | None:
        length = whole_length(self._buffer)
        if length is None or length > min(len(self._buffer), MAX_APDU_BYTES):
            return None
        whole, self._buffer = self._buffer[:length], self._buffer[length:]
        return whole
