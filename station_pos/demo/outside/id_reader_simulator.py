"""A resident identity card reader (SAM-V) on a pseudo-terminal, for demonstration and test.

Once ready it writes one line of JSON with its terminal to standard output; then it reads cards until SIGTERM. Control
commands are JSON lines on the Unix socket, answered by the status: {"cmd": "card", "name": "张三", "number": "..."},
permit (a foreigner's), remove, fail {"sw3": 49, "at": "read", "times": 1}, garble (times), mute (on), noise (text),
pull, plug, status.
"""

# ruff: noqa: PLR2004 (status bytes and offsets stand as in the protocol)
from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Any

from station_pos.demo.outside.control_lines import CommandRefusedError, serve_control, tell, whole_number
from station_pos.demo.outside.serial_side import Cable

PREAMBLE = bytes.fromhex("AAAAAA9669")
STEPS = {b"\x20\x01": "find", b"\x20\x02": "select", b"\x30\x01": "read", b"\x11\xff": "status", b"\x12\xff": "module"}
PHOTO_BYTES = 1024
TEXT_WIDTHS = {
    "name": 15,
    "sex": 1,
    "nation": 2,
    "birth": 8,
    "address": 35,
    "number": 18,
    "authority": 15,
    "from": 8,
    "to": 8,
    "rest": 18,
}
"""Fields of the text block in characters of UTF-16LE, 128 together."""


def card_block(name: str, number: str) -> bytes:
    """Write the text block of a citizen's card as the module gives it."""
    values = {
        "name": name,
        "sex": "1",
        "nation": "01",
        "birth": number[6:14],
        "address": "四川省江油市某某镇某某村 3 组 7 号",
        "number": number,
        "authority": "江油市公安局",
        "from": "20200101",
        "to": "长期",
        "rest": "",
    }
    return "".join(values[field][:width].ljust(width) for field, width in TEXT_WIDTHS.items()).encode("utf-16-le")


def permit_block() -> bytes:
    """Write the text block of a foreigner's permit: another order of fields, and an I near its end."""
    fields = [("ZHANG SAN", 60), ("1", 1), ("CHN110080010101", 15), ("USA", 3), ("张三", 15), ("20200101", 8)]
    fields += [("20300101", 8), ("19800101", 8), ("01", 2), ("0000", 4), ("I", 1), ("", 3)]
    return "".join(text[:width].ljust(width) for text, width in fields).encode("utf-16-le")


class Reader:
    """The module: what lies on it, what it does wrong next, and how often it was asked what."""

    def __init__(self) -> None:
        """Begin empty and well."""
        self.cable: Cable  # set by whoever joins cable and reader
        self._text = b""
        self._selected = self._found = self._mute = False
        self._held = b""
        self._failing: dict[str, tuple[int, int]] = {}
        self._to_garble = 0
        self.asked: dict[str, int] = dict.fromkeys([*STEPS.values(), "unknown"], 0)

    def take(self, data: bytes) -> None:
        """Take bytes from the host and answer each whole command."""
        self._held += data
        while (start := self._held.find(PREAMBLE)) >= 0:
            self._held = self._held[start:]
            length = int.from_bytes(self._held[5:7], "big")
            if len(self._held) < 7 or len(self._held) < 7 + length:
                return
            frame, self._held = self._held[5 : 7 + length], self._held[7 + length :]
            if not self._mute:
                self._answer(0x10 if reduce(xor, frame) else self._status_of(frame[2:-1]), frame[2:-1])

    def _status_of(self, code: bytes) -> int:
        step = STEPS.get(code, "unknown")
        self.asked[step] += 1
        sw3, left = self._failing.get(step, (0, 0))
        if left:
            self._failing[step] = sw3, left - 1
            return sw3
        if step == "find":
            self._found, self._selected = bool(self._text), False
            return 0x9F if self._found else 0x80
        if step == "select":
            self._selected = self._found
            return 0x90 if self._selected else 0x81
        if step == "read":
            good, self._selected, self._found = self._selected and bool(self._text), False, False
            return 0x90 if good else 0x41
        return 0x21 if step == "unknown" else 0x90

    def _answer(self, sw3: int, code: bytes) -> None:
        data = b""
        if sw3 == 0x9F:
            data = bytes(4)
        elif sw3 == 0x90 and STEPS.get(code) == "select":
            data = bytes(8)
        elif sw3 == 0x90 and STEPS.get(code) == "read":
            photo = b"WLf" + bytes(PHOTO_BYTES - 3)
            data = len(self._text).to_bytes(2, "big") + PHOTO_BYTES.to_bytes(2, "big") + self._text + photo
        body = bytes([0, 0, sw3]) + data
        frame = (len(body) + 1).to_bytes(2, "big") + body
        checksum = reduce(xor, frame)
        if self._to_garble:
            self._to_garble -= 1
            checksum ^= 0x55
        self.cable.send(PREAMBLE + frame + bytes([checksum]))

    async def act(self, command: dict[str, Any]) -> dict[str, Any]:
        """Carry out a control command and return the status after it. Raises `CommandRefusedError`."""
        name = command["cmd"]
        if name == "card":
            self._text = card_block(str(command.get("name", "")), str(command.get("number", "")))
        elif name == "permit":
            self._text = permit_block()
        elif name == "remove":
            self._text, self._found, self._selected = b"", False, False
        elif name == "fail":
            self._failing[str(command.get("at"))] = whole_number(command, "sw3"), whole_number(command, "times", 1)
        elif name == "garble":
            self._to_garble = whole_number(command, "times", 1)
        elif name == "mute":
            self._mute = bool(command.get("on", True))
        elif name == "noise":
            self.cable.send(str(command.get("text", "")).encode("latin-1", "replace"))
        elif name == "pull":
            self.cable.pull()
        elif name == "plug":
            self.cable.plug()
        elif name != "status":
            msg = f"no control command {name!r}"
            raise CommandRefusedError(msg)
        return {"asked": self.asked, "card": bool(self._text), "plugged": self.cable.plugged}


async def _read_until_stopped(options: argparse.Namespace) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    reader = Reader()
    reader.cable = Cable(options.link, reader.take)
    reader.cable.plug()
    control = await serve_control(options.control, reader.act) if options.control else None
    print(json.dumps({"ready": True, "tty": reader.cable.tty_path}), flush=True)
    await stopped.wait()
    if control:
        control.close()
        options.control.unlink(missing_ok=True)
    reader.cable.pull()


def main(argv: list[str] | None = None) -> int:
    """Run the simulator; return 0 after SIGTERM or SIGINT, 2 when it cannot start."""
    parser = argparse.ArgumentParser(
        prog="id_reader_simulator",
        description="A resident identity card reader (SAM-V) on a pseudo-terminal, for demonstration and test.",
        epilog="example: python -m station_pos.demo.outside.id_reader_simulator --link /tmp/card --control /tmp/ctl",
    )
    parser.add_argument("--link", type=Path, help="symbolic link to the terminal, for a path known beforehand")
    parser.add_argument("--control", type=Path, help="Unix socket for control commands")
    parser.add_argument("--card", nargs=2, metavar=("NAME", "NUMBER"), help="put a card on the reader behind --control")
    options = parser.parse_args(argv)
    try:
        if options.card and options.control:
            name, number = options.card
            print(json.dumps(tell(options.control, {"cmd": "card", "name": name, "number": number})))
            return 0
        asyncio.run(_read_until_stopped(options))
    except OSError as error:
        print(f"id_reader_simulator cannot start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
