"""A control socket: one JSON object a line in, one JSON object a line back, on a Unix socket.

    python -m station_pos.demo.outside.control_lines /tmp/ctl '{"cmd": "status"}'

tells a running party something by hand; "{}" in the command stands for a further argument.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Act = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]

LINE_LIMIT_BYTES = 65_536


class CommandRefusedError(ValueError):
    """A control command is not understood; the message is one sentence and nothing changed."""


def whole_number(command: dict[str, Any], name: str, default: int | None = None, least: int = 0) -> int:
    """Return the named argument as an int of at least `least`. Raises `CommandRefusedError`."""
    value = command.get(name, default)
    if type(value) is not int or value < least:
        msg = f"{name} must be a whole number of at least {least}"
        raise CommandRefusedError(msg)
    return value


async def answer(line: bytes, act: Act) -> dict[str, Any]:
    """Carry out one line and return what is sent back: `ok` true with the figures, or false with `error`."""
    try:
        command = json.loads(line)
        if not isinstance(command, dict) or not isinstance(command.get("cmd"), str):
            return {"ok": False, "error": 'a JSON object with "cmd" is expected'}
        return {"ok": True, **await act(command)}
    except CommandRefusedError as refused:
        return {"ok": False, "error": str(refused)}
    except (ValueError, RecursionError):
        return {"ok": False, "error": "the line is not JSON"}


async def serve_control(path: Path, act: Act) -> asyncio.Server:
    """Listen on the Unix socket `path` (an old socket file there is replaced). Raises `OSError`."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.CancelledError):  # ValueError: a line above the limit
            while line := await reader.readline():
                writer.write(json.dumps(await answer(line, act), ensure_ascii=False).encode() + b"\n")
                await writer.drain()
        writer.close()

    if path.is_socket():  # noqa: ASYNC240 (at the start, once)
        path.unlink()  # noqa: ASYNC240
    return await asyncio.start_unix_server(talk, path, limit=LINE_LIMIT_BYTES)


def tell(path: Path, command: dict[str, Any]) -> dict[str, Any]:
    """Send one command to a running party's control socket and return its answer. Raises `OSError`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.connect(str(path))
        line.sendall(json.dumps(command).encode() + b"\n")
        with line.makefile("rb") as answers:
            answered: dict[str, Any] = json.loads(answers.readline())
    return answered


def main(argv: list[str] | None = None) -> int:
    """Tell one command; return 0 if it was carried out, else 2."""
    words = sys.argv[1:] if argv is None else argv
    try:
        path, command = Path(words[0]), json.loads(words[1])
        filled = {name: words[2] if value == "{}" else value for name, value in command.items()}
        answered = tell(path, filled)
    except (IndexError, AttributeError, ValueError, OSError) as error:
        print(f"control_lines: {error}; usage: SOCKET COMMAND [ARGUMENT]", file=sys.stderr)
        return 2
    print(json.dumps(answered, ensure_ascii=False))
    return 0 if answered.get("ok") else 2


if __name__ == "__main__":
    raise SystemExit(main())
