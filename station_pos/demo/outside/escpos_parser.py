"""An ESC/POS interpreter, one byte at a time, written from the printers' command manuals and from no encoder.

It covers what receipt printers sold in China understand: the Chinese mode of `FS &` with GB18030 codes, magnification
by `GS !`, Code 128, QR by `GS ( k`, raster by `GS v 0`, cut, drawer pulses, and the in-order status replies. A command
it does not know is noted on the receipt, never guessed.
"""

# ruff: noqa: PLR2004 (the codes stand as in the command manuals; a name for each would hide them)
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from station_pos.demo.outside.code128 import NotPrintableError, symbol_values
from station_pos.demo.outside.escpos_paper import REPLACEMENT, Barcode, Blank, Paper, QrCode, Raster, Style

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    Reading = Generator[None, int, None]
    Byte = Generator[None, int, int]
    Bytes = Generator[None, int, bytes]

DLE, HT, LF, CR, ESC, FS, GS = 0x10, 0x09, 0x0A, 0x0D, 0x1B, 0x1C, 0x1D
ALIGNMENTS = {0: "left", 1: "centre", 2: "right", 48: "left", 49: "centre", 50: "right"}
CODE_PAGES = {
    0: "cp437",
    2: "cp850",
    3: "cp860",
    4: "cp863",
    5: "cp865",
    16: "cp1252",
    17: "cp866",
    18: "cp852",
    19: "cp858",
}
SYMBOLOGIES = ("UPC-A", "UPC-E", "EAN13", "EAN8", "CODE39", "ITF", "CODABAR", "CODE93", "CODE128")
LINE_DOTS = 30
NORMAL = Style()
IGNORED_ESC = {0x20: 1, 0x24: 2, 0x33: 1, 0x32: 0, 0x4D: 1, 0x52: 1, 0x56: 1, 0x5C: 2, 0x63: 2, 0x7B: 1, 0x44: -1}
IGNORED_GS = {0x4C: 2, 0x50: 2, 0x57: 2, 0x62: 1, 0x66: 1, 0x23: 1}
IGNORED_FS = {0x43: 1, 0x53: 2}
"""Commands without effect on what is recorded, with the number of their argument bytes (-1: up to a NUL)."""


class Port(Protocol):
    """What the interpreter needs of the machine around it."""

    def reply(self, answer: bytes) -> None:
        """Send bytes to the host."""

    def pulse(self, pin: int) -> None:
        """Open the drawer on connector pin 2 or 5."""

    def paper_bits(self) -> int:
        """Return the `GS r 1` byte: 03h near end, 0Ch end."""

    def automatic_status(self, mask: int) -> None:
        """Switch automatic status reports on (mask above 0) or off."""


@dataclass(slots=True)
class _Modes:
    """Everything that `ESC @` sets back. Epson keeps the size of Chinese characters apart from `ESC !`."""

    chinese: bool
    chinese_code: int = 0
    page: int = 0
    align: str = "left"
    ascii: Style = NORMAL
    han: Style = NORMAL
    barcode_height: int = 162
    barcode_module: int = 3
    barcode_text: int = 0
    qr_module: int = 3
    qr_level: str = "L"
    qr_data: bytes = b""


class EscposParser:
    """Feed it bytes; it writes on the paper and answers through the port."""

    def __init__(self, paper: Paper, port: Port, *, chinese_at_start: bool = False, gbk_only: bool = False) -> None:
        """`chinese_at_start`: Chinese mode is on after power-on and `ESC @`; `gbk_only`: the font lacks the rest."""
        self._paper, self._port = paper, port
        self._chinese_at_start, self._gbk_only = chinese_at_start, gbk_only
        self._esc: dict[int, Callable[[], Reading]] = {
            0x40: self._initialise,
            0x61: self._alignment,
            0x45: self._bold,
            0x47: self._bold,
            0x2D: self._underline,
            0x21: self._print_mode,
            0x74: self._code_page,
            0x39: self._chinese_code,
            0x64: self._feed_lines,
            0x4A: self._feed_dots,
            0x70: self._drawer,
        }
        self._gs: dict[int, Callable[[], Reading]] = {
            0x21: self._magnify,
            0x42: self._reverse,
            0x48: self._barcode_text,
            0x68: self._barcode_height,
            0x77: self._barcode_module,
            0x6B: self._barcode,
            0x28: self._function,
            0x76: self._raster,
            0x56: self._cut,
            0x72: self._status,
            0x61: self._automatic_status,
        }
        self._fs: dict[int, Callable[[], Reading]] = {
            0x26: self._chinese_on,
            0x2E: self._chinese_off,
            0x21: self._chinese_mode,
            0x57: self._chinese_double,
        }
        self.reset()

    def reset(self) -> None:
        """Begin anew as after power-on; a command read halfway is forgotten."""
        self._modes = _Modes(self._chinese_at_start)
        self._machine = self._run()
        next(self._machine)

    def feed(self, byte: int) -> None:
        """Take one byte."""
        self._machine.send(byte)

    def _run(self) -> Reading:
        while True:
            byte = yield
            if byte == LF:
                self._paper.end_line()
            elif byte == HT:
                for _ in range(8 - self._paper.column % 8):
                    self._put(" ", 1)
            elif byte == ESC:
                yield from self._command(ESC, self._esc, IGNORED_ESC)
            elif byte == GS:
                yield from self._command(GS, self._gs, IGNORED_GS)
            elif byte == FS:
                yield from self._command(FS, self._fs, IGNORED_FS)
            elif byte == DLE:
                yield from self._real_time()
            elif byte >= 0x80:
                yield from self._high(byte)
            elif byte >= 0x20:
                self._put(chr(byte), 1)
            elif byte not in {CR, 0}:
                self._unknown(bytes([byte]))

    def _command(self, lead: int, known: dict[int, Callable[[], Reading]], ignored: dict[int, int]) -> Reading:
        code = yield
        if code in known:
            yield from known[code]()
        elif ignored.get(code, 0) < 0:
            while (yield) != 0:
                pass
        elif code in ignored:
            yield from self._take(ignored[code])
        else:
            self._unknown(bytes([lead, code]))

    def _take(self, count: int) -> Bytes:
        taken = bytearray()
        for _ in range(count):
            taken.append((yield))
        return bytes(taken)

    def _unknown(self, command: bytes) -> None:
        self._paper.receipt.unknown_commands.append(command.hex(" "))

    def _put(self, char: str, columns: int) -> None:
        style = self._modes.han if columns == 2 else self._modes.ascii
        self._paper.put(char, columns, style, self._modes.align)

    # Characters

    def _high(self, byte: int) -> Reading:
        if not self._modes.chinese:
            page = CODE_PAGES.get(self._modes.page)
            self._put(bytes([byte]).decode(page, "replace") if page else REPLACEMENT, 1)
        elif self._modes.chinese_code == 1:
            length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2
            code = bytes([byte]) + (yield from self._take(length - 1))
            self._put(code.decode("utf-8", "replace")[0], 2)
        elif byte in {0x80, 0xFF}:
            self._put(REPLACEMENT, 1)
        else:
            yield from self._double_byte(byte)

    def _double_byte(self, lead: int) -> Reading:
        second = yield
        if self._modes.chinese_code == 0 and 0x30 <= second <= 0x39:
            yield from self._take(2)  # a four-byte code: no receipt printer's font holds those characters
            self._put(REPLACEMENT, 2)
            return
        codec = "big5" if self._modes.chinese_code == 3 else "gbk" if self._gbk_only else "gb18030"
        try:
            char = bytes([lead, second]).decode(codec)
        except UnicodeDecodeError:
            char = REPLACEMENT
        self._put(char, 2)

    # ESC

    def _initialise(self) -> Reading:
        self._paper.lose_line()
        self._modes = _Modes(self._chinese_at_start)
        yield from ()

    def _alignment(self) -> Reading:
        self._modes.align = ALIGNMENTS.get((yield), self._modes.align)

    def _both(self, **change: bool | int) -> None:
        self._modes.ascii = replace(self._modes.ascii, **change)  # type: ignore[arg-type]
        self._modes.han = replace(self._modes.han, **change)  # type: ignore[arg-type]

    def _bold(self) -> Reading:
        self._both(bold=bool((yield) & 1))

    def _underline(self) -> Reading:
        self._both(underline=(yield) in {1, 2, 49, 50})

    def _print_mode(self) -> Reading:
        mode = yield
        self._both(bold=bool(mode & 0x08), underline=bool(mode & 0x80))
        self._modes.ascii = replace(self._modes.ascii, width=2 if mode & 0x20 else 1, height=2 if mode & 0x10 else 1)

    def _code_page(self) -> Reading:
        self._modes.page = yield

    def _chinese_code(self) -> Reading:
        self._modes.chinese_code = yield

    def _feed_lines(self) -> Reading:
        lines = yield
        self._paper.add(Blank(lines * LINE_DOTS))

    def _feed_dots(self) -> Reading:
        self._paper.add(Blank((yield)))

    def _drawer(self) -> Reading:
        connector, _, _ = yield from self._take(3)
        self._port.pulse({0: 2, 48: 2, 1: 5, 49: 5}.get(connector, 2))

    # FS

    def _chinese_on(self) -> Reading:
        self._modes.chinese = True
        yield from ()

    def _chinese_off(self) -> Reading:
        self._modes.chinese = False
        yield from ()

    def _chinese_mode(self) -> Reading:
        mode = yield
        self._modes.han = replace(
            self._modes.han,
            width=2 if mode & 0x04 else 1,
            height=2 if mode & 0x08 else 1,
            underline=bool(mode & 0x80),
        )

    def _chinese_double(self) -> Reading:
        size = 2 if (yield) & 1 else 1
        self._modes.han = replace(self._modes.han, width=size, height=size)

    # GS

    def _magnify(self) -> Reading:
        size = yield
        self._both(width=(size >> 4 & 7) + 1, height=(size & 7) + 1)

    def _reverse(self) -> Reading:
        self._both(reverse=bool((yield) & 1))

    def _barcode_text(self) -> Reading:
        self._modes.barcode_text = (yield) & 3

    def _barcode_height(self) -> Reading:
        self._modes.barcode_height = max(1, (yield))

    def _barcode_module(self) -> Reading:
        self._modes.barcode_module = min(6, max(1, (yield)))

    def _barcode(self) -> Reading:
        kind = yield
        if kind <= 6:
            collected = bytearray()
            while (byte := (yield)) != 0:
                collected.append(byte)
            data = bytes(collected)
        else:
            length = yield
            data = yield from self._take(length)
            kind -= 65
        symbology = SYMBOLOGIES[kind] if 0 <= kind < len(SYMBOLOGIES) else f"kind {kind}"
        values: tuple[int, ...] = ()
        text = data.decode("ascii", "replace")
        if symbology == "CODE128":
            try:
                values, text = symbol_values(data)
            except NotPrintableError as error:  # a printer prints the data as text then, or nothing
                self._paper.note(f"barcode not printable: {error}")
        m = self._modes
        self._paper.add(Barcode(m.align, symbology, text, m.barcode_height, m.barcode_module, m.barcode_text, values))

    def _function(self) -> Reading:
        letter = yield
        low, high = yield from self._take(2)
        data = yield from self._take(low + 256 * high)
        if letter == 0x6B and data[:1] == b"1" and len(data) >= 3:
            self._qr(data[1], data[2:])
        elif letter == 0x48 and data[:2] == b"00" and len(data) == 6:
            self._paper.flush()
            self._port.reply(b"\x37\x22" + data[2:] + b"\x00")
        else:
            self._unknown(bytes([GS, 0x28, letter, low, high]) + data[:8])

    def _qr(self, function: int, data: bytes) -> None:
        m = self._modes
        if function == 0x43:
            m.qr_module = min(16, max(1, data[0]))
        elif function == 0x45:
            m.qr_level = dict(zip(b"0123", "LMQH", strict=True)).get(data[0], "L")
        elif function == 0x50:
            m.qr_data = data[1:]
        elif function == 0x51 and m.qr_data:
            self._paper.add(QrCode(m.align, m.qr_data, m.qr_module, m.qr_level))
        elif function != 0x41:
            self._unknown(bytes([GS, 0x28, 0x6B, function]) + data[:8])

    def _raster(self) -> Reading:
        zero, scale, xl, xh, yl, yh = yield from self._take(6)
        width_bytes, height = xl + 256 * xh, yl + 256 * yh
        rows = yield from self._take(width_bytes * height)
        if zero != 0x30 or not rows:
            self._unknown(bytes([GS, 0x76, zero]))
            return
        scale_x, scale_y = (2 if scale & 1 else 1), (2 if scale & 2 else 1)
        shape = (width_bytes * 8, height, rows, scale_x, scale_y)
        self._paper.add(Raster(self._modes.align, *shape))

    def _cut(self) -> Reading:
        mode = yield
        if mode in {65, 66}:
            dots = yield
            if dots:
                self._paper.add(Blank(dots))
        self._paper.cut("full cut" if mode in {0, 48, 65} else "partial cut")

    def _status(self) -> Reading:
        kind = yield
        self._port.reply(bytes([self._port.paper_bits() if kind in {1, 49} else 0]))

    def _automatic_status(self) -> Reading:
        self._port.automatic_status((yield))

    def _real_time(self) -> Reading:
        """Pass over a real-time command: the machine has acted on it when it arrived."""
        code = yield
        if code in {0x04, 0x05}:
            yield
        elif code == 0x14:
            function, connector, _ = yield from self._take(3)
            if function == 1:
                self._port.pulse(5 if connector else 2)
        else:
            self._unknown(bytes([DLE, code]))
