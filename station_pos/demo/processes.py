"""Real processes of the demonstration: started, waited for, spoken to, and stopped each by its own pid.

Everything a process says goes into a log file of its own, so no pipe ever fills; a process that announces itself writes
one JSON line first.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

START_S = 60.0
DESKS = 3
STOP_S = 60.0
CALL_S = 90.0
_POLL_S = 0.02
_Found = TypeVar("_Found")


class WorldError(RuntimeError):
    """Something the demonstration needs did not work; the message is one sentence and names the log if there is one."""


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    """Give a child its environment; compiled code is kept, so that the many short commands start quickly."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **(more or {})}


def until(
    what: str, condition: Callable[[], _Found | None], timeout_s: float = 30.0, poll_s: float = _POLL_S
) -> _Found:
    """Wait for the condition to give something and give it.

    Raises:
        WorldError: it gave nothing in time.
    """
    end = time.monotonic() + timeout_s
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise WorldError(f"waited {timeout_s:.0f} s in vain for {what}")
        time.sleep(poll_s)


def at_once(tasks: Iterable[Callable[[], _Found]]) -> list[_Found]:
    """Do several things at once, as several people at their desks do; gives what each gave, in order.

    Raises:
        WorldError: the first that one of them raised.
    """
    with ThreadPoolExecutor(DESKS) as desks:
        return list(desks.map(lambda task: task(), tasks))


def trusting_nobody() -> ssl.SSLContext:
    """Give certificates for calls within this machine: none. Reading the system's takes longer than such a call."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def free_port() -> int:
    """Give a port of the loopback interface that nobody uses now."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


class Child(Protocol):
    """A running process as `subprocess.Popen` shows it, as far as it is needed."""

    @property
    def pid(self) -> int:
        """Its number."""

    @property
    def returncode(self) -> int | None:
        """Its exit code; below zero the signal that ended it, None while it runs."""

    def poll(self) -> int | None:
        """Look whether it has ended; gives its exit code, or None."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and give its exit code; raises `subprocess.TimeoutExpired`."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""


Starter = Callable[["Sequence[str]", "Mapping[str, str]", "BinaryIO"], Child]
"""Starts ``python -m`` with some words in an environment; what it says on both outputs goes to the file."""


def start_afresh(words: Sequence[str], env: Mapping[str, str], said: BinaryIO) -> Child:
    """Start a process from nothing, as people do."""
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=subprocess.STDOUT,
        env=env,
        start_new_session=True,  # a key pressed in the terminal is for the counter alone
    )


class Process:
    """One running process of the demonstration."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[object],
        log: Path,
        env: Mapping[str, str] | None = None,
        starter: Starter = start_afresh,
    ) -> None:
        """Start ``python -m`` with the arguments; what it says goes to the log."""
        self.name, self.log = name, log
        log.parent.mkdir(parents=True, exist_ok=True)
        self._said_before = log.stat().st_size if log.exists() else 0
        with log.open("ab") as said:
            self.child = starter([str(argument) for argument in arguments], _environment(env), said)

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.child.poll() is None

    def wait_for(self, what: str, condition: Callable[[], _Found | None], timeout_s: float = START_S) -> _Found:
        """Wait for something this process is to bring about; its early end ends the wait.

        Raises:
            WorldError: the process ended, or the time is up.
        """

        def looked() -> _Found | None:
            found = condition()
            if not found and not self.runs:
                raise WorldError(f"{self.name} ended with {self.child.returncode}: {self.last_words()}")
            return found

        try:
            return until(what, looked, timeout_s)
        except WorldError as error:
            raise WorldError(f"{error} (see {self.log})") from error

    def hello(self) -> dict[str, Any]:
        """Wait for the JSON line it announces itself with and give it."""

        def first_line() -> dict[str, Any] | None:
            said = self.log.read_bytes()[self._said_before :]
            line = next((line for line in said.splitlines(keepends=True) if line.startswith(b"{")), b"")
            return json.loads(line) if line.endswith(b"\n") else None

        return self.wait_for(f"{self.name} to be ready", first_line)

    def last_words(self) -> str:
        """Give the last line of its log."""
        lines = self.log.read_text("utf-8", "replace").split("\n") if self.log.exists() else []
        return next((line for line in reversed(lines) if line.strip()), "it said nothing")

    def stop(self) -> int:
        """Ask it to end, and end it if it does not; gives its exit code."""
        if self.runs:
            self.child.terminate()
        try:
            return self.child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """End it as a power cut would (signal 9); gives its exit code."""
        if self.runs:
            self.child.kill()
        return self.child.wait(STOP_S)


class Line:
    """A client of a control socket: one JSON object a line out, one JSON object a line back."""

    def __init__(self, path: Path, timeout_s: float = CALL_S) -> None:
        """Name the socket; each call connects anew, so the other side may be restarted in between."""
        self._path, self._timeout_s = path, timeout_s

    def ask(self, **message: Any) -> dict[str, Any]:
        """Send one message and give the answer.

        Raises:
            OSError: nobody listens, or nobody answered in time.
        """
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(self._timeout_s)
            line.connect(str(self._path))
            line.sendall(json.dumps(message, ensure_ascii=False).encode() + b"\n")
            with line.makefile("rb") as answers:
                said = answers.readline()
        if not said.endswith(b"\n"):
            raise ConnectionError(f"{self._path} closed without an answer")
        answer: dict[str, Any] = json.loads(said)
        return answer


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, and what it said on both of its outputs."""

    exit_code: int
    said: str
    complained: str


Runner = Callable[["Sequence[str]", "Mapping[str, str]"], Ended]
"""Runs ``python -m`` with some words in an environment to its end; raises WorldError if it does not end in time."""


def run_afresh(words: Sequence[str], env: Mapping[str, str]) -> Ended:
    """Run a command as a process that starts from nothing, as people do.

    Raises:
        WorldError: it did not end in time.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=CALL_S,
            env=env,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise WorldError(f"{' '.join(words[:3])} did not end within {CALL_S:.0f} s") from error
    return Ended(done.returncode, done.stdout, done.stderr)


def call(
    arguments: Sequence[object],
    env: Mapping[str, str] | None = None,
    *,
    wrong_ok: bool = False,
    runner: Runner = run_afresh,
) -> str:
    """Run one command to its end and give what it printed.

    Raises:
        WorldError: its exit code was not 0 (with ``wrong_ok`` 1 is an answer too), with its last sentence.
    """
    words = [str(argument) for argument in arguments]
    ended = runner(words, _environment(env))
    if ended.exit_code not in ((0, 1) if wrong_ok else (0,)):
        sentence = (ended.complained.strip() or ended.said.strip()).split("\n")[-1]
        raise WorldError(f"{' '.join(words[:4])} ended with {ended.exit_code}: {sentence}")
    return ended.said
