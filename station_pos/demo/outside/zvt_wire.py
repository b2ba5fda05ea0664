"""The terminal's side of ZVT transport: frames with checksum and acknowledgement on a serial line, bare on TCP."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from station_pos.demo.outside.serial_end import DeviceEnd
    from station_pos.demo.outside.terminal_faults import TerminalFaults

ACK, NAK = b"\x06", b"\x15"
START, END = b"\x10\x02", b"\x10\x03"
TABLE = []
for value in range(256):
    for _ in range(8):
        value = value >> 1 ^ 0x8408 if value & 1 else value >> 1  # noqa: PLW2901 - the table is made by shifting
    TABLE.append(value)


def checksum(apdu: bytes) -> bytes:
    """CRC-16/KERMIT over the APDU and one byte 03, low byte first."""
    crc = 0
    for byte in apdu + b"\x03":
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc.to_bytes(2, "little")


def framed(apdu: bytes) -> bytes:
    """An APDU as it goes on the wire."""
    return START + apdu.replace(b"\x10", b"\x10\x10") + END + checksum(apdu)


def cut_frame(buffer: bytes) -> tuple[bytes | None, bytes]:
    """The first frame in the buffer (undoubled, with its checksum behind it) and the rest; None while incomplete."""
    at, apdu = 2, bytearray()
    while at + 1 < len(buffer):
        if buffer[at] != START[0]:
            apdu.append(buffer[at])
            at += 1
        elif buffer[at + 1] == START[0]:
            apdu.append(START[0])
            at += 2
        elif len(buffer) >= at + 4:
            return bytes(apdu) + buffer[at + 2 : at + 4], buffer[at + 4 :]
        else:
            break
    return None, buffer


class SerialWire:
    """Frames on a serial line: sent up to three times, acknowledged, and acknowledged again when they come twice."""

    def __init__(self, end: DeviceEnd, faults: TerminalFaults, acknowledge_s: float) -> None:
        self._end, self._faults, self._acknowledge_s = end, faults, acknowledge_s
        self._buffer = b""
        self._apdus: deque[bytes] = deque()
        self._signals: deque[bytes] = deque()
        self._unacknowledged = b""

    def reset(self) -> None:
        """Forget everything, as after a loss of power."""
        self._buffer = self._unacknowledged = b""
        self._apdus.clear()
        self._signals.clear()

    async def send(self, apdu: bytes) -> bool:
        """Send; False when nobody acknowledged."""
        self._signals.clear()
        for _ in range(3):
            wire = framed(apdu)
            if self._faults.take("bad_crc_once"):
                wire = wire[:-1] + bytes([wire[-1] ^ 0xFF])
            self._end.write(wire)
            if await self._acknowledged():
                return True
        return False

    async def _acknowledged(self) -> bool:
        ends_at = asyncio.get_running_loop().time() + self._acknowledge_s
        while (left_s := ends_at - asyncio.get_running_loop().time()) > 0:
            await self._read(left_s)
            while self._signals:
                signal = self._signals.popleft()
                if signal == ACK and self._faults.take("lose_ack_once"):
                    continue
                return signal == ACK
        return False

    async def receive(self, timeout_s: float | None) -> bytes | None:
        """The next APDU of the counter; None when none came in time."""
        loop = asyncio.get_running_loop()
        ends_at = None if timeout_s is None else loop.time() + timeout_s
        while not self._apdus:
            left_s = None if ends_at is None else ends_at - loop.time()
            if left_s is not None and left_s <= 0:
                return None
            await self._read(left_s)
        return self._apdus.popleft()

    async def _read(self, timeout_s: float | None) -> None:
        self._buffer += await self._end.read(timeout_s)
        while self._buffer:
            if not self._buffer.startswith(START[:1]):
                if self._buffer[:1] in {ACK, NAK}:
                    self._signals.append(self._buffer[:1])
                self._buffer = self._buffer[1:]
                continue
            if len(self._buffer) > 1 and not self._buffer.startswith(START):
                self._buffer = self._buffer[1:]
                continue
            found, self._buffer = cut_frame(self._buffer)
            if found is None:
                return
            self._take(found[:-2], found[-2:])

    def _take(self, apdu: bytes, stated: bytes) -> None:
        if stated != checksum(apdu) or self._faults.take("nak_once"):
            self._end.write(NAK)
            return
        if self._faults.take("withhold_ack_once"):
            self._unacknowledged = apdu
            self._apdus.append(apdu)
            return
        self._end.write(ACK)
        if apdu != self._unacknowledged:
            self._apdus.append(apdu)
        self._unacknowledged = b""


class TcpWire:
    """APDUs on a TCP connection, one after the other."""

    def __init__(self, end: DeviceEnd) -> None:
        self._end = end
        self._buffer = b""

    def reset(self) -> None:
        """Forget everything, as after a loss of power."""
        self._buffer = b""

    async def send(self, apdu: bytes) -> bool:
        """Send."""
        self._end.write(apdu)
        return True

    async def receive(self, timeout_s: float | None) -> bytes | None:
        """The next APDU of the counter; None when none came in time."""
        loop = asyncio.get_running_loop()
        ends_at = None if timeout_s is None else loop.time() + timeout_s
        while True:
            size = self._size()
            if size is not None and len(self._buffer) >= size:
                apdu, self._buffer = self._buffer[:size], self._buffer[size:]
                return apdu
            left_s = None if ends_at is None else ends_at - loop.time()
            if left_s is not None and left_s <= 0:
                return None
            self._buffer += await self._end.read(left_s)

    def _size(self) -> int | None:
        if len(self._buffer) > 2 and self._buffer[2] < 0xFF:  # noqa: PLR2004
            return 3 + self._buffer[2]
        return 5 + int.from_bytes(self._buffer[3:5], "little") if len(self._buffer) > 4 else None  # noqa: PLR2004
