"""Commands of both sides, run by a process that has loaded their code already and forks for each of them.

A command run so is a process of its own, with its own arguments, environment, outputs and exit code, and it ends as any
other does; only the second that Python takes to load a large program is spent once and not for each of the fifty that a
day needs. What is about processes (the counter, the servers, a power cut) starts from nothing.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from station_pos.demo.processes import CALL_S, Ended, WorldError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType, TracebackType

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
    "httpx",
    "psutil",
)
_MESSAGE_BYTES_MAX: Final = 100_000


class WarmCommands:
    """Runs commands, as `station_pos.demo.processes.Runner` says; from several threads too.

    Its process ends with ``close``, or with whoever made it.
    """

    def __init__(self, about: str = "") -> None:
        """Start the process; ``about`` stands in its command line, for whoever looks at the list of processes."""
        self._line, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with far:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "station_pos.demo.warm_commands", str(far.fileno()), about],
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
        message = json.dumps({"words": list(words), "env": dict(env), "folder": str(Path.cwd())}).encode()
        if len(message) > _MESSAGE_BYTES_MAX:
            raise WorldError(f"{' '.join(words[:3])} has too long an environment")
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with near, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
            with far:
                socket.send_fds(self._line, [message], [far.fileno(), said.fileno(), complained.fileno()])
            near.settimeout(CALL_S)
            try:
                exit_code = int(near.recv(20) or b"-1")
            except TimeoutError as error:
                raise WorldError(f"{' '.join(words[:3])} did not end within {CALL_S:.0f} s") from error
            outputs = []
            for file in (said, complained):
                file.seek(0)
                outputs.append(file.read().decode("utf-8"))
        return Ended(exit_code, *outputs)


def _serve(line: socket.socket) -> None:
    """Take commands until nobody can send any more; each is answered by a child, which waits for the command itself."""
    for package in _PACKAGES:
        for module in pkgutil.iter_modules(import_module(package).__path__):
            import_module(f"{package}.{module.name}")
    for name in _MODULES:
        import_module(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, _children_ended)
    while True:
        data, files, _, _ = socket.recv_fds(line, _MESSAGE_BYTES_MAX, 3)
        if not data:
            return
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            line.close()
            _answer(data, *files)
        for file in files:
            os.close(file)


def _children_ended(_number: int, _frame: FrameType | None) -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def _answer(data: bytes, line: int, said: int, complained: int) -> NoReturn:
    """Run one command in a child and tell its exit code; ends this process, which is a child too."""
    child = os.fork()
    if child == 0:
        os.close(line)
        _become(json.loads(data), said, complained)
        sys.exit(0)
    _, status = os.waitpid(child, 0)
    os.write(line, str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(asked: dict[str, Any], said: int, complained: int) -> None:
    """Be what ``python -m`` with these words is; ends as that does."""
    with Path(os.devnull).open("rb") as nothing:
        for place, file in enumerate((nothing.fileno(), said, complained)):
            os.dup2(file, place)
    for file in (said, complained):
        os.close(file)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["folder"])
    module, *sys.argv[1:] = asked["words"]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
