"""Transbank's frames: STX, fields joined by bars, ETX, and the xor of everything after STX."""

from __future__ import annotations

from enum import StrEnum
from functools import reduce
from operator import xor
from typing import Final

STX: Final = 0x02
ETX: Final = 0x03
ACK: Final = 0x06
NAK: Final = 0x15
MAX_BYTES: Final = 4_096


class Signal(StrEnum):
    """What came that is no message."""

    ACK = "ack"
    NAK = "nak"
    BROKEN_FRAME = "broken_frame"


def lrc(payload: bytes) -> int:
    """Xor of the payload and ETX; `lrc(b"0200|123|")` is 31h, as the maker publishes."""
    return reduce(xor, payload, ETX)


def frame_of(payload: bytes) -> bytes:
    """The bytes that carry a payload."""
    return bytes([STX]) + payload + bytes([ETX, lrc(payload)])


class FrameReader:
    """Takes the terminal's bytes apart; bytes outside a frame that mean nothing are skipped."""

    def __init__(self) -> None:
        self._payload: bytearray | None = None
        self._at_sum = False

    @property
    def inside(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._payload is not None

    def reset(self) -> None:
        """Forget a half-received frame."""
        self._payload = None
        self._at_sum = False

    def feed(self, data: bytes) -> list[bytes | Signal]:
        """The payloads and signals that these bytes complete, in order."""
        return [found for byte in data if (found := self._take(byte)) is not None]

    def _take(self, byte: int) -> bytes | Signal | None:
        if self._payload is None:
            if byte == STX:
                self._payload = bytearray()
            return {ACK: Signal.ACK, NAK: Signal.NAK}.get(byte)
        if self._at_sum:
            payload = bytes(self._payload)
            self.reset()
            return payload if byte == lrc(payload) else Signal.BROKEN_FRAME
        if byte == ETX:
            self._at_sum = True
        elif byte == STX:
            self._payload.clear()  # the sender began anew, because its frame was cut
        else:
            self._payload.append(byte)
            if len(self._payload) > MAX_BYTES:
                self.reset()
                return Signal.BROKEN_FRAME
        return None
