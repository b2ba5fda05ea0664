"""Starting an outside party as a real process and stopping it by its own pid."""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
START_S, STOP_S, ANSWER_S = 60.0, 15.0, 30.0
"""How long a machine under load may take; nothing waits so long that works."""


class Process:
    """A running outside party and the JSON line it announced itself with."""

    def __init__(self, name: str, *arguments: object) -> None:
        """Start `python -m station_pos.demo.outside.<name>` and wait for its first line."""
        self.child = subprocess.Popen(
            [sys.executable, "-m", f"station_pos.demo.outside.{name}", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        assert self.child.stdout is not None
        with selectors.DefaultSelector() as ready:
            ready.register(self.child.stdout, selectors.EVENT_READ)
            line = self.child.stdout.readline() if ready.select(timeout=START_S) else ""
        if not line:
            self.child.kill()
            raise AssertionError(self.child.communicate()[1])
        self.hello: dict[str, Any] = json.loads(line)

    def stop(self) -> int:
        """Send SIGTERM, wait, close the pipes; return the exit code."""
        if self.child.poll() is None:
            self.child.terminate()
        try:
            self.child.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.communicate()
        return int(self.child.returncode)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.child.kill()
        self.child.communicate(timeout=STOP_S)


@contextmanager
def running(name: str, *arguments: object) -> Iterator[Process]:
    """Run an outside party for the time of a test; it must stop cleanly on SIGTERM unless the test killed it."""
    process = Process(name, *arguments)
    try:
        yield process
    finally:
        killed = process.child.poll() is not None
        code = process.stop()
    assert killed or code == 0, f"{name} ended with {code}"


def control(path: Path | str, **command: Any) -> dict[str, Any]:
    """Send one JSON line to a control socket and return its JSON answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(ANSWER_S)
        line.connect(str(path))
        line.sendall(json.dumps(command).encode() + b"\n")
        with line.makefile("rb") as answers:
            answer: dict[str, Any] = json.loads(answers.readline())
    return answer


def until(condition: Callable[[], Any], timeout_s: float = ANSWER_S) -> Any:
    """Return the condition's value as soon as it is true; fail after the timeout."""
    end = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
