"""Counts the storage and device steps of a running station, and ends its process by SIGKILL at one of them.

It wraps the station from outside and lives in the station's process alone; the product knows nothing of it. A step is
a statement that writes (what only reads leaves the disk as it was), a commit before, inside and after, a checkpoint, a
synced or renamed file, bytes to or from a serial line (a write also with half of its bytes gone), and a request to HQ.
Whoever asks for the cut shares a small file with it: at which step, and which steps there were.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZE_BYTES = 4096
DISARMED, COUNT_ONLY = 0, -1
_HEAD = struct.Struct("<qqq")
_NAME = struct.Struct("<H")
_NOT_WRITING = ("SELECT", "PRAGMA", "ROLLBACK", "BEGIN", "WITH", "EXPLAIN")


class Wire:
    """The shared file, seen from either side: which step to end at, how long into a commit, and what was counted."""

    def __init__(self, path: Path) -> None:
        """Open it, or make it disarmed."""
        if not path.exists():
            path.write_bytes(bytes(SIZE_BYTES))
        self.path = path
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), SIZE_BYTES)

    def arm(self, step: int, inside_us: int = 0) -> None:
        """Begin to count from 0 and end at ``step``; ``COUNT_ONLY`` ends nowhere, ``DISARMED`` stops counting."""
        self.path.with_suffix(".steps").unlink(missing_ok=True)
        self._memory[_HEAD.size : _HEAD.size + _NAME.size] = _NAME.pack(0)
        self._memory[: _HEAD.size] = _HEAD.pack(step, 0, inside_us)

    def disarm(self) -> None:
        """Stop counting; what was counted stays."""
        _, count, inside_us = self.read()
        self._memory[: _HEAD.size] = _HEAD.pack(DISARMED, count, inside_us)

    def read(self) -> tuple[int, int, int]:
        """Give the step to end at, how many there were, and the microseconds into a commit."""
        step, count, inside_us = _HEAD.unpack(self._memory[: _HEAD.size])
        return step, count, inside_us

    def counted(self, count: int) -> None:
        """Note how many steps there were."""
        step, _, inside_us = self.read()
        self._memory[: _HEAD.size] = _HEAD.pack(step, count, inside_us)

    def ended_at(self, name: str) -> None:
        """Note at which step the process ends."""
        data = name.encode()[: SIZE_BYTES - _HEAD.size - _NAME.size]
        start = _HEAD.size + _NAME.size
        self._memory[start : start + len(data)] = data
        self._memory[_HEAD.size : start] = _NAME.pack(len(data))

    def end_name(self) -> str:
        """Give the step at which the process ended, empty where it did not."""
        start = _HEAD.size + _NAME.size
        (length,) = _NAME.unpack(self._memory[_HEAD.size : start])
        return self._memory[start : start + length].decode()

    def steps(self) -> list[str]:
        """Give the names of the steps that a counting run took."""
        kept = self.path.with_suffix(".steps")
        return kept.read_text("utf-8").splitlines() if kept.exists() else []


class Instrument:
    """Wraps what writes in this process."""

    def __init__(self, wire: Wire) -> None:
        """Take the shared file; ``wrap`` begins."""
        self._wire = wire
        self._lock = threading.Lock()

    def _due(self, name: str) -> bool:
        """Count a step; tells whether the process is to end at it."""
        wanted, count, _ = self._wire.read()
        if wanted == DISARMED:
            return False
        with self._lock:
            wanted, count, _ = self._wire.read()
            count += 1
            self._wire.counted(count)
            full = f"{name} ({threading.current_thread().name})"
            if wanted == COUNT_ONLY:
                with self._wire.path.with_suffix(".steps").open("a", encoding="utf-8") as file:
                    file.write(full + "\n")
            due = count == wanted
            if due:
                self._wire.ended_at(full)
        return due

    def step(self, name: str) -> None:
        """Count a step, and end here if it is the one."""
        if self._due(name):
            _end()

    @contextmanager
    def around(self, name: str) -> Iterator[None]:
        """Count a call as three steps: before it, somewhere inside it, and after it."""
        self.step(f"before {name}")
        inside = self._due(f"inside {name}")
        if inside:
            _, _, inside_us = self._wire.read()
            threading.Thread(target=_end_after, args=(inside_us / 1e6,), daemon=True).start()
        yield
        if inside:
            _end()
        self.step(f"after {name}")

    def wrap(self) -> None:
        """Wrap storage, files, serial lines and the line to HQ."""
        self._wrap_store()
        self._wrap_files()
        self._wrap_lines()
        self._wrap_link()

    def _wrap_store(self) -> None:
        from station_pos.store import database

        bare = database._driver  # noqa: SLF001 - an instrument sits below the public surface
        database._driver = lambda connection: _CountedDriver(bare(connection), self)  # type: ignore[assignment, return-value]  # noqa: SLF001

    def _wrap_files(self) -> None:
        os.fsync = self._around("fsync of a file", os.fsync)
        os.replace = self._around("rename of a file", os.replace)

    def _around(self, name: str, bare: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - hands on what it gets
            self.step(f"before {name}")
            made = bare(*arguments, **named)
            self.step(f"after {name}")
            return made

        return counted

    def _wrap_lines(self) -> None:
        from station_pos.devices.serial_line import SerialLine

        write, read = SerialLine.write, SerialLine.read

        def counted_write(line: SerialLine, data: bytes) -> None:
            device = Path(line.name).name
            self.step(f"before {len(data)} bytes to the {device}")
            if len(data) > 1 and self._due(f"half of {len(data)} bytes to the {device}"):
                write(line, data[: len(data) // 2])
                _end()
            write(line, data)
            self.step(f"after {len(data)} bytes to the {device}")

        def counted_read(line: SerialLine, size: int, timeout_s: float) -> bytes:
            data = read(line, size, timeout_s)
            if data:
                self.step(f"after {len(data)} bytes from the {Path(line.name).name}")
            return data

        SerialLine.write = counted_write  # type: ignore[method-assign, assignment]
        SerialLine.read = counted_read  # type: ignore[method-assign, assignment]

    def _wrap_link(self) -> None:
        from station_pos.sync.transport import HqClient

        HqClient.exchange = self._around("exchange with HQ", HqClient.exchange)  # type: ignore[method-assign]


class _CountedDriver:
    """The database driver's connection as the store uses it: two ways to run a statement."""

    def __init__(self, driver: Any, instrument: Instrument) -> None:  # noqa: ANN401 - the driver's own type
        self._driver = driver
        self._instrument = instrument

    def execute(self, sql: str, parameters: tuple[Any, ...]) -> Any:  # noqa: ANN401 - the driver's cursor
        words = sql.split(None, 3)
        if words[0] == "COMMIT" or "wal_checkpoint" in sql:
            with self._instrument.around("COMMIT" if words[0] == "COMMIT" else "a checkpoint"):
                return self._driver.execute(sql, parameters)
        if sql == "BEGIN IMMEDIATE" or words[0].upper() not in _NOT_WRITING:
            self._instrument.step(f"before {' '.join(words[:3])}"[:60])
        return self._driver.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any) -> Any:  # noqa: ANN401 - the driver's own types
        self._instrument.step(f"before {' '.join(sql.split(None, 3)[:3])}"[:60])
        return self._driver.executemany(sql, parameters)


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()


def _end_after(delay_s: float) -> None:
    time.sleep(delay_s)
    _end()
