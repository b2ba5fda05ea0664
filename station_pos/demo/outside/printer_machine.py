"""The machine of a receipt printer without its serial line: input buffer, sensors, faults and status answers.

Bytes come in by `receive`, answers go out by the `send` it was given. Real-time commands (`DLE EOT`, `DLE ENQ`) act
when they arrive; everything else waits in the buffer of 4096 bytes while the printer cannot print.
"""

# ruff: noqa: PLR2004 (status bits and command codes stand as in the command manuals)
from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any

from station_pos.demo.outside.control_lines import CommandRefusedError, whole_number
from station_pos.demo.outside.escpos_paper import Paper, Receipt
from station_pos.demo.outside.escpos_parser import EscposParser

if TYPE_CHECKING:
    from collections.abc import Callable

BUFFER_BYTES = 4096
DLE, EOT, ENQ = 0x10, 0x04, 0x05
XON, XOFF = b"\x11", b"\x13"
SIMPLE_FAULTS: dict[str, tuple[str, bool]] = {
    "paper_in": ("paper_end", False),
    "cover_open": ("cover", True),
    "cover_close": ("cover", False),
    "offline": ("switched_offline", True),
    "online": ("switched_offline", False),
    "jam": ("jammed", True),
}


class PrinterMachine:
    """State of the printer; also the interpreter's port."""

    def __init__(
        self,
        columns: int,
        first_number: int,
        send: Callable[[bytes], None],
        on_receipt: Callable[[Receipt], None],
        *,
        chinese_at_start: bool = False,
        gbk_only: bool = False,
        xonxoff: bool = False,
    ) -> None:
        """Begin powered, with paper, closed and online; `first_number` is the number of the first receipt."""
        self._send, self._on_receipt, self._xonxoff = send, on_receipt, xonxoff
        self.paper = Paper(columns, first_number, self._line_printed, self._receipt_cut)
        self.parser = EscposParser(self.paper, self, chinese_at_start=chinese_at_start, gbk_only=gbk_only)
        self.buffer: deque[int] = deque()
        self.powered, self.mute, self.near_end = True, False, False
        self.paper_end, self.cover, self.switched_offline, self.jammed = False, False, False, False
        self.receipts = 0
        self.received_bytes = self.swallowed_bytes = self.printed_lines = 0
        self.drawer_pulses: Counter[int] = Counter()
        self._lines_left: int | None = None
        self._to_swallow = 0
        self._recent = b""
        self._asb = False
        self._asb_sent = b""
        self._held_off = False

    # The line

    @property
    def room(self) -> int:
        """Bytes that the buffer can still take."""
        return BUFFER_BYTES - len(self.buffer)

    def receive(self, data: bytes) -> None:
        """Take bytes from the line, act on real-time commands, and print as far as possible."""
        if not self.powered:
            return
        swallowed = min(self._to_swallow, len(data))
        self._to_swallow -= swallowed
        self.swallowed_bytes += swallowed
        self.received_bytes += len(data)
        for byte in data[swallowed:]:
            self.buffer.append(byte)
            self._real_time(byte)
        self.work()

    def work(self) -> None:
        """Interpret buffered bytes while the printer can print."""
        while self.buffer and self.can_print:
            self.parser.feed(self.buffer.popleft())
        if self._xonxoff and not self._held_off and self.room < BUFFER_BYTES // 4:
            self._held_off = True
            self.reply(XOFF)
        elif self._held_off and self.room > BUFFER_BYTES * 3 // 4:
            self._held_off = False
            self.reply(XON)
        self._report_change()

    @property
    def can_print(self) -> bool:
        """Whether buffered bytes are being interpreted."""
        return self.powered and not (self.paper_end or self.cover or self.switched_offline or self.jammed)

    def _real_time(self, byte: int) -> None:
        self._recent = (self._recent + bytes([byte]))[-3:].rjust(3, b"\x00")
        if self._recent[:2] == bytes([DLE, EOT]) and 1 <= byte <= 4:
            self.reply(bytes([self._status_byte(byte)]))
        elif self._recent[:2] == bytes([DLE, ENQ]) and byte in {1, 2}:
            self.jammed = False
            if byte == 2:
                self.buffer.clear()
                self.paper.lose_line()
                self.parser.reset()
                self.paper.note("buffer cleared by the host")

    def _status_byte(self, kind: int) -> int:
        offline = not self.can_print
        bits = {
            1: 0x08 * offline,
            2: 0x04 * self.cover | 0x20 * self.paper_end | 0x40 * self.jammed,
            3: 0x08 * self.jammed,
            4: 0x0C * (self.near_end or self.paper_end) | 0x60 * self.paper_end,
        }
        return 0x12 | bits[kind]

    # The interpreter's port

    def reply(self, answer: bytes) -> None:
        """Send bytes to the host, unless the printer is mute or off."""
        if self.powered and not self.mute:
            self._send(answer)

    def pulse(self, pin: int) -> None:
        """Count a drawer pulse."""
        self.drawer_pulses[pin] += 1

    def paper_bits(self) -> int:
        """Return the byte of `GS r 1`."""
        return 0x03 * (self.near_end or self.paper_end) | 0x0C * self.paper_end

    def automatic_status(self, mask: int) -> None:
        """Switch automatic status on (and report at once) or off."""
        self._asb, self._asb_sent = mask > 0, b""
        self._report_change()

    def _report_change(self) -> None:
        first = 0x10 | 0x08 * (not self.can_print) | 0x20 * self.cover
        report = bytes([first, 0x08 * self.jammed, self.paper_bits(), 0])
        if self._asb and report != self._asb_sent:
            self._asb_sent = report
            self.reply(report)

    def _line_printed(self) -> None:
        self.printed_lines += 1
        if self._lines_left is not None:
            self._lines_left -= 1
            if self._lines_left <= 0:
                self._end_paper()

    def _end_paper(self) -> None:
        self._lines_left, self.paper_end = None, True
        self.paper.note("paper out")

    def _receipt_cut(self, receipt: Receipt) -> None:
        self.receipts += 1
        self._on_receipt(receipt)

    # The control side

    def act(self, command: dict[str, Any]) -> dict[str, Any]:
        """Carry out a control command and return the status after it. Raises `CommandRefusedError`."""
        name = command["cmd"]
        if name in SIMPLE_FAULTS:
            attribute, value = SIMPLE_FAULTS[name]
            setattr(self, attribute, value)
            self.paper.note(name.replace("_", " "))
        elif name == "paper_out":
            self._lines_left = whole_number(command, "after_lines", 0)
            if self._lines_left == 0:
                self._end_paper()
        elif name in {"mute", "near_end"}:
            setattr(self, name, bool(command.get("on", True)))
        elif name == "swallow_bytes":
            self._to_swallow = whole_number(command, "n")
        elif name == "power_off":
            self._lose_power()
        elif name == "power_on":
            self.powered = True
        elif name == "tear":
            self.paper.cut("torn off")
        elif name not in {"status", "power_cycle"}:
            msg = f"no control command {name!r}"
            raise CommandRefusedError(msg)
        self.work()
        return self.status()

    def _lose_power(self) -> None:
        """Forget everything held in memory; what is on the paper and the sensors stays."""
        self.powered = self._asb = self.jammed = self._held_off = False
        self.buffer.clear()
        self.paper.lose_line()
        self.parser.reset()
        self._recent, self._asb_sent = b"", b""
        self.paper.note("power lost")

    def power_cycle(self) -> None:
        """Switch off and on; the serial line's bytes under way are the caller's to discard in between."""
        self._lose_power()
        self.powered = True

    def status(self) -> dict[str, Any]:
        """Return what an observer beside the printer would write down."""
        return {
            "receipts": self.receipts,
            "printed_lines": self.printed_lines,
            "drawer_pulses": {"2": self.drawer_pulses[2], "5": self.drawer_pulses[5]},
            "received_bytes": self.received_bytes,
            "swallowed_bytes": self.swallowed_bytes,
            "buffered_bytes": len(self.buffer),
            "can_print": self.can_print,
            "powered": self.powered,
            "mute": self.mute,
            "paper": "out" if self.paper_end else "near_end" if self.near_end else "ok",
            "cover_open": self.cover,
            "switched_offline": self.switched_offline,
            "jammed": self.jammed,
            "unfinished_lines": self.paper.receipt.text_lines(),
        }
