"""ZVT's serial transport (PA00P016): an APDU between DLE STX and DLE ETX, doubled DLEs, and a checksum.

The checksum is CRC-16/KERMIT over the APDU as it is before doubling, followed by one byte 03.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ACK: Final = 0x06
NAK: Final = 0x15
STX: Final = 0x02
ETX: Final = 0x03
DLE: Final = 0x10
MAX_APDU_BYTES: Final = 5 + 0xFFFF
"""Class, instruction, a length of three bytes, and what it can count."""
_POLYNOMIAL: Final = 0x8408


def crc16(data: bytes) -> int:
    """CRC-16/KERMIT: polynomial 1021h reflected, initial value 0; `crc16(b"123456789")` is 2189h."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc


def frame_of(apdu: bytes) -> bytes:
    """The bytes that carry an APDU on a serial line."""
    doubled = apdu.replace(bytes([DLE]), bytes([DLE, DLE]))
    return bytes([DLE, STX]) + doubled + bytes([DLE, ETX]) + crc16(apdu + bytes([ETX])).to_bytes(2, "little")


class Signal(StrEnum):
    """What the other side says of our last frame, or of its own; SAME_AGAIN: it sent its last one again."""

    ACK = "ack"
    NAK = "nak"
    BROKEN_FRAME = "broken_frame"
    SAME_AGAIN = "same_again"


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame whose checksum was right; `apdu` is undoubled."""

    apdu: bytes


class FrameReader:
    """Takes the terminal's bytes apart; bytes outside a frame that mean nothing are skipped."""

    def __init__(self) -> None:
        self._state = self._outside
        self._apdu = bytearray()
        self._sum = bytearray()

    @property
    def inside(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._state != self._outside

    def reset(self) -> None:
        """Forget a half-received frame."""
        self._state = self._outside
        self._apdu.clear()
        self._sum.clear()

    def feed(self, data: bytes) -> list[Frame | Signal]:
        """The frames and signals that these bytes complete, in order."""
        return [found for byte in data if (found := self._state(byte)) is not None]

    def _outside(self, byte: int) -> Frame | Signal | None:
        if byte == DLE:
            self._state = self._after_first_dle
        return {ACK: Signal.ACK, NAK: Signal.NAK}.get(byte)

    def _after_first_dle(self, byte: int) -> Frame | Signal | None:
        if byte == STX:
            self._apdu.clear()
            self._state = self._inside
            return None
        self._state = self._outside
        return self._outside(byte)

    def _inside(self, byte: int) -> Frame | Signal | None:
        if byte == DLE:
            self._state = self._after_dle
            return None
        return self._take(byte)

    def _take(self, byte: int) -> Frame | Signal | None:
        self._apdu.append(byte)
        if len(self._apdu) > MAX_APDU_BYTES:
            self.reset()
            return Signal.BROKEN_FRAME
        return None

    def _after_dle(self, byte: int) -> Frame | Signal | None:
        self._state = self._inside
        if byte == DLE:
            return self._take(byte)
        if byte == ETX:
            self._sum.clear()
            self._state = self._in_checksum
            return None
        if byte == STX:
            # The sender began anew, because its frame was cut.
            self._apdu.clear()
            return None
        self.reset()
        return Signal.BROKEN_FRAME

    def _in_checksum(self, byte: int) -> Frame | Signal | None:
        self._sum.append(byte)
        if len(self._sum) < 2:  # noqa: PLR2004 - a checksum has two bytes
            return None
        apdu, stated = bytes(self._apdu), int.from_bytes(self._sum, "little")
        self.reset()
        return Frame(apdu) if stated == crc16(apdu + bytes([ETX])) else Signal.BROKEN_FRAME
