"""A bad line between two parties: a TCP relay that can be cut, slowed, delayed, and made to lose replies.

    python -m station_pos.demo.outside.faulty_link --to 127.0.0.1:8800 --control /tmp/link.sock

The first line on standard output is JSON with the port; then it relays until SIGTERM. "up" is the direction from the
party that connects to the party connected to, "down" the way back. Control commands are JSON lines on the Unix socket,
answered by the status:

    {"cmd": "down"}                                      refuse connections and cut the open ones
    {"cmd": "up"}                                        accept again
    {"cmd": "cut_after", "n": 900, "direction": "up"}    let 900 more bytes pass, then cut all connections; once
    {"cmd": "latency_ms", "n": 300, "jitter_ms": 200}    delay every chunk; the jitter comes from --seed
    {"cmd": "rate_bytes_s", "n": 2000}                   one rate for each direction, shared by all connections; 0: none
    {"cmd": "lose_replies", "n": 2, "then": "silence"}   swallow what the next 2 connections answer (or "cut")
    {"cmd": "clear"}                                     no faults any more, and up
    {"cmd": "status"}
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import signal
import socket
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from station_pos.demo.outside.control_lines import CommandRefusedError, serve_control, whole_number

CHUNK_BYTES = 16_384
CHUNKS_UNDER_WAY = 256
SLICE_S = 0.05
DIRECTIONS = ("up", "down")


@dataclass(slots=True)
class Faults:
    """What is wrong with the line at present."""

    latency_ms: int = 0
    jitter_ms: int = 0
    rate_bytes_s: int = 0
    cut_after: dict[str, int] = field(default_factory=dict)
    lose_replies: int = 0
    lose_then: str = "silence"


class Connection:
    """One relayed connection: a task for each direction, ended together by `cut`."""

    def __init__(self, link: FaultyLink, near: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        """Take the accepted side; whether its replies are lost is decided now."""
        self._link = link
        self._near_reader, self._near_writer = near
        self._far_writer: asyncio.StreamWriter | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._loses_replies = link.faults.lose_replies > 0
        self._then = link.faults.lose_then
        if self._loses_replies:
            link.faults.lose_replies -= 1

    async def relay(self) -> None:
        """Relay until both sides have finished or the line is cut."""
        try:
            far_reader, self._far_writer = await asyncio.open_connection(*self._link.to)
        except OSError:
            self._link.counts["unreachable"] += 1
            self.cut()
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = [
                    tasks.create_task(self._carry("up", self._near_reader, self._far_writer)),
                    tasks.create_task(self._carry("down", far_reader, self._near_writer)),
                ]
        except* OSError:
            self._link.counts["broken"] += 1
        finally:
            self.cut()

    def cut(self) -> None:
        """Close both sides at once; bytes already written still arrive."""
        for task in self._tasks:
            task.cancel()
        for writer in (self._near_writer, self._far_writer):
            if writer is not None:
                writer.close()

    async def _carry(self, direction: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read into a queue with due times, and write from it, so that a delay does not lower the rate."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(CHUNKS_UNDER_WAY)
        writing = asyncio.create_task(self._deliver(direction, queue, writer))
        self._tasks.append(writing)
        loop, due = asyncio.get_running_loop(), 0.0
        try:
            while True:
                data = await reader.read(CHUNK_BYTES)
                due = max(due, loop.time() + self._link.delay_s())
                await queue.put((due, data))
                if not data:
                    await writing
                    return
        finally:
            writing.cancel()

    async def _deliver(
        self, direction: str, queue: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                if writer.can_write_eof() and not writer.is_closing():
                    writer.write_eof()
                return
            if direction == "down" and self._loses_replies:
                self._link.counts["lost_bytes_down"] += len(data)
                if self._then == "cut":
                    self.cut()
                continue
            await self._link.pass_on(direction, data, writer)


class FaultyLink:
    """The line: its faults, its connections, and its listening socket, which keeps the port while down."""

    def __init__(self, listen: tuple[str, int], to: tuple[str, int], seed: int) -> None:
        """Bind the port (0: a free one). Raises `OSError`."""
        self.to, self.faults, self.counts = to, Faults(), Counter[str]()
        self._random = random.Random(seed)
        self._place = self._bound(listen)
        self.host, self.port = self._place.getsockname()[:2]
        self._server: asyncio.Server | None = None
        self._open: set[Connection] = set()
        self._free_at = dict.fromkeys(DIRECTIONS, 0.0)

    @staticmethod
    def _bound(address: tuple[str, int]) -> socket.socket:
        # The protocol is named because asyncio turns Nagle's delay off only on sockets that name it.
        place = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            place.bind(address)
        except OSError:
            place.close()
            raise
        return place

    async def up(self) -> None:
        """Accept connections."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accepted, sock=self._place)

    def down(self) -> None:
        """Refuse connections and cut the open ones; the port stays bound, so nobody else can take it."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self._place = self._bound((self.host, self.port))
        self.cut_all()

    def close(self) -> None:
        """End everything."""
        self.down()
        self._place.close()

    def cut_all(self) -> None:
        """Cut every open connection."""
        self.counts["cut"] += len(self._open)
        for connection in list(self._open):
            connection.cut()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, (reader, writer))
        self.counts["accepted"] += 1
        self._open.add(connection)
        try:
            await connection.relay()
        except asyncio.CancelledError:
            connection.cut()
        finally:
            self._open.discard(connection)

    def delay_s(self) -> float:
        """Return the delay of the next chunk."""
        return (self.faults.latency_ms + self._random.uniform(0, self.faults.jitter_ms)) / 1000

    async def pass_on(self, direction: str, data: bytes, writer: asyncio.StreamWriter) -> None:
        """Write at the rate of the line, up to the place where it is to be cut."""
        loop = asyncio.get_running_loop()
        while data:
            rate = self.faults.rate_bytes_s
            part = data[: max(1, int(rate * SLICE_S))] if rate else data
            if direction in self.faults.cut_after:
                part = part[: self.faults.cut_after[direction]]
            if rate:
                self._free_at[direction] = max(loop.time(), self._free_at[direction]) + len(part) / rate
                await asyncio.sleep(self._free_at[direction] - loop.time())
            writer.write(part)
            self.counts[f"bytes_{direction}"] += len(part)
            data = data[len(part) :]
            if direction in self.faults.cut_after:
                self.faults.cut_after[direction] -= len(part)
                if self.faults.cut_after[direction] <= 0:
                    del self.faults.cut_after[direction]
                    self.cut_all()
                    return
            await writer.drain()

    def act(self, command: dict[str, Any]) -> dict[str, Any]:
        """Carry out a control command and return the status after it. Raises `CommandRefusedError`."""
        name, faults = command["cmd"], self.faults
        if name == "down":
            self.down()
        elif name == "cut_after":
            direction = command.get("direction", "up")
            if direction not in DIRECTIONS:
                raise CommandRefusedError("direction must be up or down")
            faults.cut_after[direction] = whole_number(command, "n", least=1)
        elif name == "latency_ms":
            latency_ms, jitter_ms = whole_number(command, "n"), whole_number(command, "jitter_ms", 0)
            faults.latency_ms, faults.jitter_ms = latency_ms, jitter_ms
        elif name == "rate_bytes_s":
            faults.rate_bytes_s = whole_number(command, "n")
        elif name == "lose_replies":
            if command.get("then", "silence") not in {"silence", "cut"}:
                raise CommandRefusedError("then must be silence or cut")
            faults.lose_replies = whole_number(command, "n")
            faults.lose_then = command.get("then", "silence")
        elif name == "clear":
            self.faults = Faults()
        elif name not in {"up", "status"}:
            raise CommandRefusedError(f"no control command {name!r}")
        return self.status()

    def status(self) -> dict[str, Any]:
        """Return the state of the line and its counts since the start."""
        names = ("accepted", "cut", "broken", "unreachable", "bytes_up", "bytes_down", "lost_bytes_down")
        faults = self.faults
        shown = {"latency_ms": faults.latency_ms, "jitter_ms": faults.jitter_ms, "rate_bytes_s": faults.rate_bytes_s}
        armed = {"cut_after": dict(faults.cut_after), "lose_replies": faults.lose_replies}
        counts = {name: self.counts[name] for name in names}
        return {"is_up": self._server is not None, "open": len(self._open), **counts, **shown, **armed}


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not host:port")
    return host, int(port)


async def _relay_until_stopped(options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    link = FaultyLink(options.listen, options.to, options.seed)
    await link.up()

    async def act(command: dict[str, Any]) -> dict[str, Any]:
        if command["cmd"] in {"up", "clear"}:
            await link.up()
        return link.act(command)

    control = await serve_control(options.control, act) if options.control else None
    ready = {"ready": True, "host": link.host, "port": link.port, "to": "{}:{}".format(*link.to)}
    print(json.dumps(ready | ({"control": str(options.control)} if options.control else {})), flush=True)
    await stopped.wait()
    if control:
        control.close()
        options.control.unlink(missing_ok=True)
    link.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*others, return_exceptions=True)


def main(argv: list[str] | None = None) -> int:
    """Run the relay; return 0 after SIGTERM or SIGINT, 2 when it cannot start."""
    parser = argparse.ArgumentParser(
        prog="faulty_link",
        description="A TCP relay with faults on request, for demonstration and test.",
        epilog="example: python -m station_pos.demo.outside.faulty_link --to 127.0.0.1:8800 --control /tmp/link.sock",
    )
    parser.add_argument("--listen", type=_address, default=("127.0.0.1", 0), help="host:port (default 127.0.0.1:0)")
    parser.add_argument("--to", type=_address, required=True, help="host:port of the party behind the line")
    parser.add_argument("--control", type=Path, help="Unix socket for control commands")
    parser.add_argument("--seed", type=int, default=1, help="seed of the jitter (default 1)")
    options = parser.parse_args(argv)
    try:
        asyncio.run(_relay_until_stopped(options))
    except OSError as error:
        print(f"faulty_link cannot start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
