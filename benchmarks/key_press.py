"""From a key to the changed picture, on a real terminal, beside a Textual app of the same version that echoes it.

The real command runs over a real station with its key open and an operator signed in; digits are typed on the home
line, where each looks up accounts and draws the list again. The time ends with the last byte of the picture.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from benchmarks.bench_station import CODE, STATION_KEY, BenchStation
from benchmarks.figure import Figure, percentile
from station_pos.config import Settings, write_settings
from station_pos.keystore import Keystore
from station_pos.register.pins import Pins
from station_pos.workers.hq_link import KEYS_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROUNDS = 8
DIGITS = "0123456789"
BACKSPACE = "\x7f"
HAND_S = 0.06
QUIET_S = 0.02
GIVE_UP_S = 30.0
PASS_PHRASE, PIN = "blue sky at noon", "4711"
EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    typed = ""
    def compose(self):
        yield Static("first frame", id="shown")
    def on_key(self, event):
        self.typed = self.typed[:-1] if event.key == "backspace" else self.typed + (event.character or "")
        self.query_one("#shown", Static).update("> " + self.typed)
Empty().run()
"""


def figures() -> Iterator[Figure]:
    """Type on both and compare the middle and the slow end."""
    with tempfile.TemporaryDirectory() as folder:
        _station(Path(folder))
        phrase = Path(folder) / "phrase"
        phrase.write_text(PASS_PHRASE, "utf-8")
        command = [sys.executable, "-m", "station_pos", "run", "--data", folder, "--pass-phrase-file", str(phrase)]
        with Typist(command, "密码") as ours, Typist([sys.executable, "-c", EMPTY], "first frame") as empty:
            ours.sign_in()
            samples = ours.samples(), empty.samples()
    (ours_p50, ours_p99), (empty_p50, empty_p99) = (_middle_and_end(one) for one in samples)
    yield Figure("key_p50_ms", ours_p50, "ms", empty_p50)
    yield Figure("key_p99_ms", ours_p99, "ms", empty_p99)


def _middle_and_end(samples: Sequence[float]) -> tuple[float, float]:
    return percentile(samples, 50), percentile(samples, 99)


def _station(folder: Path) -> None:
    station = BenchStation(folder)
    for number in range(400):
        station.register.execute(station.bill(number))
    Pins(station.register, station.clock).set(1, PIN)
    Keystore(folder / KEYS_NAME).keep(STATION_KEY, CODE, 1, PASS_PHRASE)
    write_settings(folder, Settings(hq_url="http://127.0.0.1:9", idle_lock_s=3_600))
    station.database.close()


class Typist:
    """A program on a terminal of 80x24, and somebody who types at it."""

    def __init__(self, command: Sequence[str], marker: str) -> None:
        """Start the program and wait until it shows the marker."""
        self._child, self._terminal = pty.fork()
        if self._child == 0:
            os.environ.update(TERM="xterm-256color", STATION_POS_LANG="zh")
            os.execv(command[0], list(command))  # noqa: S606 - the interpreter this runs on
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.wait_for(marker)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._child, signal.SIGKILL)
        os.waitpid(self._child, 0)
        os.close(self._terminal)

    def wait_for(self, marker: str) -> None:
        """Read until the screen has shown a marker.

        Raises:
            TimeoutError: it did not appear.
        """
        seen, deadline = b"", time.monotonic() + GIVE_UP_S
        while marker.encode() not in seen:
            ready, _, _ = select.select([self._terminal], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError(f"no {marker} on the screen within {GIVE_UP_S} s; it shows {seen[-300:]!r}")
            seen += os.read(self._terminal, 65_536)

    def sign_in(self) -> None:
        """Type the PIN of the one operator, and leave what is shown first."""
        for key in (*PIN, "\r"):
            os.write(self._terminal, key.encode())
            time.sleep(HAND_S)
        self.wait_for("今天")
        self._drain(1.0)

    def samples(self) -> list[float]:
        """Type digits and take them back, round after round; milliseconds from each key to its last byte."""
        found = []
        for round_no in range(ROUNDS + 1):
            for key in (*DIGITS, *[BACKSPACE] * len(DIGITS)):
                taken = self._press(key)
                if round_no:  # the first round warms up
                    found.append(taken)
        return found

    def _press(self, key: str) -> float:
        self._drain(0.0)
        began = time.perf_counter()
        os.write(self._terminal, key.encode())
        last = began
        while select.select([self._terminal], [], [], QUIET_S if last > began else 1.0)[0]:
            os.read(self._terminal, 65_536)
            last = time.perf_counter()
        time.sleep(HAND_S)
        return (last - began) * 1_000

    def _drain(self, wait_s: float) -> None:
        while select.select([self._terminal], [], [], wait_s)[0]:
            os.read(self._terminal, 65_536)
