"""Commands of both sides, run by a process that has loaded their code already and forks for each of them.

A command run so is a process of its own, with its own arguments, environment, outputs and exit code, and it ends as any
other does; only the second that Python takes to load a large program is spent once and not a dozen times for each shop.
What is about processes (the counter, the servers, kill -9) starts from nothing, and so does all of the scripted day.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from types import FrameType

from station_pos.demo.processes import CALL_S, Ended, Runner, WorldError

ROOT = Path(__file__).resolve().parents[1]
_LOADED = (
    *(f"hq_server.cli.{name}" for name in ("books", "commission", "desks", "masters", "roads", "settling")),
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
_MESSAGE_BYTES_MAX = 100_000


@cache
def warm_commands() -> Runner:
    """Give what runs commands. The process that does it is started at the first call and ends with this one."""
    folder = Path(tempfile.mkdtemp(prefix="spw-"))
    path = folder / "commands"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.warm_commands", str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    atexit.register(_end, server, folder)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    return lambda words, env: _ask(path, words, env)


def _end(server: subprocess.Popen[bytes], folder: Path) -> None:
    server.terminate()
    server.communicate()
    shutil.rmtree(folder, ignore_errors=True)


def _ask(path: Path, words: Sequence[str], env: Mapping[str, str]) -> Ended:
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line,
        tempfile.TemporaryFile() as said,
        tempfile.TemporaryFile() as complained,
    ):
        line.settimeout(CALL_S)
        line.connect(str(path))
        message = json.dumps({"words": list(words), "env": dict(env)}).encode()
        assert len(message) < _MESSAGE_BYTES_MAX
        socket.send_fds(line, [message], [said.fileno(), complained.fileno()])
        try:
            exit_code = int(line.recv(20))
        except TimeoutError as error:
            raise WorldError(f"{' '.join(words[:3])} did not end within {CALL_S:.0f} s") from error
        outputs = []
        for file in (said, complained):
            file.seek(0)
            outputs.append(file.read().decode("utf-8"))
        return Ended(exit_code, *outputs)


def _serve(path: str) -> None:
    """Take commands until told to end; the line of each is answered by a child, which waits for the command itself."""
    for name in _LOADED:
        import_module(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, _children_ended)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        print("ready", flush=True)
        while True:
            line, _ = listener.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                _answer(line)
                return
            line.close()


def _children_ended(_number: int, _frame: FrameType | None) -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def _answer(line: socket.socket) -> None:
    data, outputs, _, _ = socket.recv_fds(line, _MESSAGE_BYTES_MAX, 2)
    asked = json.loads(data)
    child = os.fork()
    if child == 0:
        line.close()
        _become(asked["words"], asked["env"], outputs)
        return
    _, status = os.waitpid(child, 0)
    line.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(words: Sequence[str], env: Mapping[str, str], outputs: Sequence[int]) -> None:
    """Be what ``python -m`` with these words is; ends as that does."""
    with Path(os.devnull).open("rb") as nothing:
        for place, file in enumerate((nothing.fileno(), *outputs)):
            os.dup2(file, place)
    for file in outputs:
        os.close(file)
    os.environ.clear()
    os.environ.update(env)
    sys.argv[1:] = words[1:]
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _serve(sys.argv[1])
