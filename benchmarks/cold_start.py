"""From the interpreter's start to the first usable frame in a terminal, and the memory held once the counter is open.

The real command runs on a pseudo-terminal over a real station, turn about with a Textual app of the same version that
shows one line. The first usable frame takes the pass phrase while the books are opened behind it; memory is taken
later, when the books are open and every part of the counter's first screen is loaded.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench_station import BenchStation
from benchmarks.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROUNDS = 5
GIVE_UP_S = 30.0
OPEN = "营业中"
"""What the state row says once the books are open."""
MINIMAL = """
from textual.app import App
from textual.widgets import Static
class Minimal(App):
    def compose(self):
        yield Static("first frame")
Minimal().run()
"""


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds to the frame, and resident memory in MB then."""

    seconds: float
    memory_mb: float


def figures() -> Iterator[Figure]:
    """Measure both programs turn about, medians of several starts."""
    with tempfile.TemporaryDirectory() as folder:
        BenchStation(Path(folder)).database.close()
        ours_command = [sys.executable, "-m", "station_pos", "run", "--data", folder]
        ours, minimal = [], []
        for _ in range(ROUNDS):
            ours.append(start(ours_command, "口令", then=("x\r", OPEN)))
            minimal.append(start([sys.executable, "-c", MINIMAL], "first frame"))
    seconds = [statistics.median(one.seconds for one in runs) for runs in (ours, minimal)]
    memory = [statistics.median(one.memory_mb for one in runs) for runs in (ours, minimal)]
    yield Figure("cold_start_s", seconds[0], "s", seconds[1])
    yield Figure("cold_start_ratio", seconds[0] / seconds[1], "ratio", 1.0)
    yield Figure("memory_mb", memory[0], "MB", memory[1])
    yield Figure("memory_ratio", memory[0] / memory[1], "ratio", 1.0)


def start(command: Sequence[str], marker: str, then: tuple[str, str] | None = None) -> Start:
    """Run a command on a terminal of 80x24 until it shows a marker, then end it.

    ``then`` is typed at the marker, and memory taken when what belongs to it is shown.

    Raises:
        TimeoutError: the marker did not appear.
    """
    began = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.environ["STATION_POS_LANG"] = "zh"
        os.execv(command[0], list(command))  # noqa: S606 - the interpreter this runs on
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    try:
        _read_until(terminal, marker.encode())
        elapsed = time.perf_counter() - began
        if then is not None:
            typed, shown = then
            os.write(terminal, typed.encode())
            _read_until(terminal, shown.encode())
        return Start(elapsed, _resident_mb(child))
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


def _read_until(terminal: int, marker: bytes) -> None:
    seen = b""
    deadline = time.monotonic() + GIVE_UP_S
    while marker not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            message = f"no {marker.decode()} on the screen within {GIVE_UP_S} s; the end of it is {seen[-300:]!r}"
            raise TimeoutError(message)
        seen += os.read(terminal, 65_536)


def _resident_mb(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000
