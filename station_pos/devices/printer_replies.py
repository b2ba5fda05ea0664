"""Bytes from an ESC/POS printer, sorted by their fixed bits into what they answer.

Answers to different questions arrive mixed with flow control and automatic status reports. Their fixed bits tell them
apart (Epson ESC/POS reference, Citizen's appendix on status bytes), save within a process-id answer or a status
report, whose later bytes look like other answers; so the sorter remembers where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

XON: Final = 0x11
XOFF: Final = 0x13
_PROCESS_ID_HEAD: Final = b"\x37\x22"
_PROCESS_ID_BYTES: Final = 7
_REPORT_REST_BYTES: Final = 3


@dataclass(frozen=True, slots=True)
class RealTimeStatus:
    """The answer to `DLE EOT n`; which n is known only from the question."""

    bits: int


@dataclass(frozen=True, slots=True)
class SensorStatus:
    """The answer to `GS r 1`, given once everything before it is printed; `paper_out` by its end sensor."""

    paper_out: bool


@dataclass(frozen=True, slots=True)
class JobPrinted:
    """The answer to the process-id marker: everything before the marker with this tag is printed."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class FlowControl:
    """The printer asks for silence, or takes bytes again."""

    may_send: bool


Reply = RealTimeStatus | SensorStatus | JobPrinted | FlowControl


class ReplySorter:
    """Turns arriving bytes into replies, however they are cut; bytes that answer nothing are dropped."""

    def __init__(self) -> None:
        self._process_id = b""
        self._report_rest = 0

    def reset(self) -> None:
        """Forget a half-received answer."""
        self._process_id = b""
        self._report_rest = 0

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that these bytes complete, in order."""
        return [reply for byte in data if (reply := self._take(byte)) is not None]

    def _take(self, byte: int) -> Reply | None:
        if byte in {XON, XOFF} and not self._process_id:
            return FlowControl(may_send=byte == XON)
        if self._process_id or byte == _PROCESS_ID_HEAD[0]:
            return self._take_process_id(byte)
        if byte & 0x93 == 0x12:  # noqa: PLR2004 - fixed bits
            return RealTimeStatus(byte)
        if byte & 0x93 == 0x10:  # noqa: PLR2004 - fixed bits
            self._report_rest = _REPORT_REST_BYTES
        elif byte & 0x90 == 0:
            if not self._report_rest:
                return SensorStatus(paper_out=bool(byte & 0x0C))
            self._report_rest -= 1
        return None

    def _take_process_id(self, byte: int) -> Reply | None:
        self._process_id += bytes([byte])
        held = self._process_id
        if held[:2] != _PROCESS_ID_HEAD[: len(held)]:
            self._process_id = b""
            # The head was noise; the byte after it may still be an answer.
            return None if byte == _PROCESS_ID_HEAD[0] else self._take(byte)
        if len(held) < _PROCESS_ID_BYTES:
            return None
        self._process_id = b""
        return JobPrinted(held[2:6]) if held[6] == 0 else None
