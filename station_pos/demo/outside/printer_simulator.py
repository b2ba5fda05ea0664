"""A serial receipt printer on a pseudo-terminal.

    python -m station_pos.demo.outside.printer_simulator --link /tmp/printer --control /tmp/sock --paper /tmp/paper

The first line on standard output is JSON with the terminal's path; then it prints until SIGTERM. At each cut the paper
folder gets NNNN.txt, NNNN.png and, last, NNNN.json. Control commands are JSON lines on the Unix socket, answered by the
status: {"cmd": "paper_out", "after_lines": 3}, paper_in, near_end, cover_open, cover_close, offline, online, jam,
power_cycle, power_off, power_on, swallow_bytes (n), mute (on), tear, status.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import os
import signal
import sys
import termios
import tty
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from station_pos.demo.outside.control_lines import serve_control
from station_pos.demo.outside.printer_machine import PrinterMachine
from station_pos.demo.outside.told_time import loop_of, with_told_time

if TYPE_CHECKING:
    from station_pos.demo.outside.escpos_paper import Receipt
    from station_pos.demo.outside.paper_png import PaperArtist

BITS_PER_BYTE = 10  # 8N1: start bit, eight data bits, stop bit
SLICE_S = 0.02


class PaperTray:
    """The folder where cut receipts are put, numbered on from what lies there."""

    def __init__(self, folder: Path, columns: int, artist: PaperArtist | None) -> None:
        """Make the folder. Raises `OSError`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._columns, self._artist = folder, columns, artist
        self.next_number = 1 + max((int(p.stem) for p in folder.glob("*.json") if p.stem.isdigit()), default=0)

    def put(self, receipt: Receipt) -> None:
        """Write the receipt's files; the JSON comes last, so whoever sees it finds the others."""
        name = f"{receipt.number:04d}"
        try:
            self._write(f"{name}.txt", receipt.as_plain_text(self._columns).encode())
            if self._artist is not None:
                part = self._folder / f"{name}.png.part"
                self._artist.draw(receipt).save(part, format="PNG")
                part.replace(self._folder / f"{name}.png")
            self._write(f"{name}.json", json.dumps(receipt.as_json(), ensure_ascii=False, indent=1).encode())
        except (OSError, ValueError) as error:
            print(f"receipt {name} could not be kept: {error}", file=sys.stderr, flush=True)

    def _write(self, name: str, content: bytes) -> None:
        part = self._folder / f"{name}.part"
        part.write_bytes(content)
        part.replace(self._folder / name)


class SerialSide:
    """The pseudo-terminal: paces the bytes by the baud rate and hands them to the machine.

    `taken` and `given` count the bytes in and out; `taking` is whether it reads, neither pacing nor full.
    """

    def __init__(self, baud: int) -> None:
        """Open a raw pseudo-terminal; the slave stays open here, so that a client may come and go."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.tty_path = os.ttyname(self._slave)
        self._bytes_per_s = baud / BITS_PER_BYTE
        self._next_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.taking = False
        self.taken = self.given = 0
        self._under_way = 0
        self.machine: PrinterMachine  # set by whoever joins line and machine, before `listen`

    def send(self, answer: bytes) -> None:
        """Send to the host; bytes that nobody fetches are lost once the line is full, as on a wire."""
        try:
            self.given += os.write(self._master, answer)
        except BlockingIOError:
            print("an answer was lost: the host does not read", file=sys.stderr, flush=True)

    def listen(self) -> None:
        """Wait for bytes, if the machine has room for them."""
        loop = asyncio.get_running_loop()
        if self.machine.room and not self.taking and self._timer is None:
            self.taking = True
            loop.add_reader(self._master, self._take)

    def _take(self) -> None:
        loop = asyncio.get_running_loop()
        wanted = max(1, int(self._bytes_per_s * SLICE_S)) if self._bytes_per_s else self.machine.room
        try:
            data = os.read(self._master, min(wanted, self.machine.room))
        except BlockingIOError:
            return
        self.taken += len(data)
        self._under_way = len(data)
        loop.remove_reader(self._master)
        self.taking = False
        now = loop.time()
        self._next_at = max(now, self._next_at) + (len(data) / self._bytes_per_s if self._bytes_per_s else 0)
        self._timer = loop.call_later(max(0.0, self._next_at - now), self._arrived, data)

    def _arrived(self, data: bytes) -> None:
        """Hand over bytes once the time that the line needs for them has passed."""
        self._timer = None
        self._under_way = 0
        self.machine.receive(data)
        self.listen()

    def under_way_bytes(self) -> int:
        """How many bytes the host has sent that have not reached the machine."""
        unread = fcntl.ioctl(self._master, termios.FIONREAD, bytes(4))
        return self._under_way + int.from_bytes(unread, sys.byteorder)

    def discard(self) -> None:
        """Lose what is under way on the line."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._under_way = None, 0
        try:
            while lost := os.read(self._master, 65_536):
                self.taken += len(lost)
        except BlockingIOError:
            pass
        termios.tcflush(self._slave, termios.TCOFLUSH)

    def close(self) -> None:
        """Hang up."""
        os.close(self._master)
        os.close(self._slave)


async def _control(line: SerialSide, machine: PrinterMachine, command: dict[str, Any]) -> dict[str, Any]:
    if command["cmd"] == "power_cycle":
        line.discard()
        machine.power_cycle()
    result = machine.act(command)
    line.listen()  # there may be room again
    return {**result, "under_way_bytes": line.under_way_bytes()}


def _artist(options: argparse.Namespace) -> PaperArtist | None:
    """Return who draws the PNGs, or None when there is no font (said once on standard error)."""
    if options.no_png or options.paper is None:
        return None
    from station_pos.demo.outside.paper_png import PaperArtist, find_font

    font = options.font or find_font()
    if font is None:
        print("no Chinese font found: receipts are kept as text and JSON, without pictures", file=sys.stderr)
        return None
    return PaperArtist(font, options.columns)


async def _print_until_stopped(options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    tray = PaperTray(options.paper, options.columns, _artist(options)) if options.paper else None
    line = SerialSide(options.baud)
    with ThreadPoolExecutor(max_workers=1) as writer:

        def keep(receipt: Receipt) -> None:
            if tray:
                writer.submit(tray.put, receipt)

        machine = PrinterMachine(
            options.columns,
            tray.next_number if tray else 1,
            line.send,
            keep,
            chinese_at_start=options.chinese_at_start,
            gbk_only=options.gbk_only,
            xonxoff=options.xonxoff,
        )
        line.machine = machine
        control = None
        if options.control:
            act = with_told_time(lambda command: _control(line, machine, command), line)
            control = await serve_control(options.control, act)
        if options.link:
            options.link.unlink(missing_ok=True)
            options.link.symlink_to(line.tty_path)
        line.listen()
        ready = {"ready": True, "tty": line.tty_path, "columns": options.columns, "baud": options.baud}
        places = {"link": options.link, "control": options.control, "paper": options.paper}
        print(json.dumps({**ready, **{name: str(path) for name, path in places.items() if path}}), flush=True)
        await stopped.wait()
        if control:
            control.close()
    for path in (options.link, options.control):
        if path:
            path.unlink(missing_ok=True)
    line.close()


def main(argv: list[str] | None = None) -> int:
    """Run the simulator; return 0 after SIGTERM or SIGINT, 2 when it cannot start."""
    parser = argparse.ArgumentParser(
        prog="printer_simulator",
        description="An ESC/POS receipt printer on a pseudo-terminal, for demonstration and test.",
        epilog="example: python -m station_pos.demo.outside.printer_simulator --link /tmp/printer --paper /tmp/paper",
    )
    parser.add_argument("--columns", type=int, choices=(32, 48), default=32, help="paper width in columns of 12 dots")
    parser.add_argument(
        "--baud", type=int, default=9600, help="line speed, 8N1 (default 9600 = 960 bytes/s; 0: no pacing)"
    )
    parser.add_argument("--link", type=Path, help="symbolic link to the terminal, for a path known beforehand")
    parser.add_argument("--control", type=Path, help="Unix socket for control commands")
    parser.add_argument("--paper", type=Path, help="folder for the receipts")
    parser.add_argument("--font", type=Path, help="font file with Chinese glyphs (default: the installed font package)")
    parser.add_argument("--no-png", action="store_true", help="keep text and JSON only")
    parser.add_argument("--gbk-only", action="store_true", help="a font with the GBK characters only")
    parser.add_argument("--chinese-at-start", action="store_true", help="Chinese mode is on without FS &")
    parser.add_argument("--xonxoff", action="store_true", help="send XOFF and XON when the buffer fills and empties")
    parser.add_argument("--told-time", action="store_true", help="time passes only as the control side tells it")
    options = parser.parse_args(argv)
    try:
        with asyncio.Runner(loop_factory=loop_of(told=options.told_time)) as runner:
            runner.run(_print_until_stopped(options))
    except OSError as error:
        print(f"printer_simulator cannot start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
