"""A bar code scanner in serial mode on a pseudo-terminal, for demonstration and test.

Once ready it writes one line of JSON with its terminal to standard output. Control commands are JSON lines on the Unix
socket, answered by the status: {"cmd": "scan", "code": "0081234567", "suffix": "cr"} (cr, crlf, lf, tab, none;
"prefix": "]C1"; "encoding": "utf-8" or "gb18030"), raw {"hex": "02..."}, pull, plug, status.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

from station_pos.demo.outside.control_lines import CommandRefusedError, serve_control, tell
from station_pos.demo.outside.serial_side import Cable

SUFFIXES = {"cr": b"\r", "crlf": b"\r\n", "lf": b"\n", "tab": b"\t", "none": b""}
ENCODINGS = frozenset({"utf-8", "gb18030"})


class Scanner:
    """Sends what its trigger reads; what the host says to it is ignored."""

    def __init__(self, link: Path | None) -> None:
        """Begin unplugged."""
        self.cable = Cable(link, lambda _: None)
        self._scans = 0

    async def act(self, command: dict[str, Any]) -> dict[str, Any]:
        """Carry out a control command and return the status after it. Raises `CommandRefusedError`."""
        name = command["cmd"]
        if name == "scan":
            self._scan(command)
        elif name == "raw":
            try:
                self.cable.send(bytes.fromhex(str(command.get("hex", ""))))
            except ValueError as error:
                msg = "hex must be pairs of hexadecimal digits"
                raise CommandRefusedError(msg) from error
        elif name == "pull":
            self.cable.pull()
        elif name == "plug":
            self.cable.plug()
        elif name != "status":
            msg = f"no control command {name!r}"
            raise CommandRefusedError(msg)
        return {"scans": self._scans, "plugged": self.cable.plugged}

    def _scan(self, command: dict[str, Any]) -> None:
        suffix, encoding = SUFFIXES.get(str(command.get("suffix", "cr"))), str(command.get("encoding", "utf-8"))
        if suffix is None or encoding not in ENCODINGS:
            msg = f"suffix is one of {', '.join(SUFFIXES)}, encoding one of {', '.join(sorted(ENCODINGS))}"
            raise CommandRefusedError(msg)
        self._scans += 1
        text = str(command.get("prefix", "")) + str(command.get("code", ""))
        self.cable.send(text.encode(encoding) + suffix)


async def _scan_until_stopped(options: argparse.Namespace) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    scanner = Scanner(options.link)
    scanner.cable.plug()
    control = await serve_control(options.control, scanner.act) if options.control else None
    print(json.dumps({"ready": True, "tty": scanner.cable.tty_path}), flush=True)
    await stopped.wait()
    if control:
        control.close()
        options.control.unlink(missing_ok=True)
    scanner.cable.pull()


def main(argv: list[str] | None = None) -> int:
    """Run the simulator; return 0 after SIGTERM or SIGINT, 2 when it cannot start."""
    parser = argparse.ArgumentParser(
        prog="scanner_simulator",
        description="A bar code scanner in serial mode on a pseudo-terminal, for demonstration and test.",
        epilog="example: python -m station_pos.demo.outside.scanner_simulator --link /tmp/scanner --control /tmp/ctl",
    )
    parser.add_argument("--link", type=Path, help="symbolic link to the terminal, for a path known beforehand")
    parser.add_argument("--control", type=Path, help="Unix socket for control commands")
    parser.add_argument("--scan", metavar="CODE", help="pull the trigger of the running scanner behind --control")
    options = parser.parse_args(argv)
    try:
        if options.scan is not None and options.control:
            print(json.dumps(tell(options.control, {"cmd": "scan", "code": options.scan})))
            return 0
        asyncio.run(_scan_until_stopped(options))
    except OSError as error:
        print(f"scanner_simulator cannot start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
