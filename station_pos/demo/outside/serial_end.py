"""The device's end of a line: a pseudo-terminal or a TCP port, with a cable that can be pulled."""

from __future__ import annotations

import asyncio
import os
import tty
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class DeviceEnd(ABC):
    """Bytes in through `read`, out through `write`; while the cable is out or the device hangs, both lose them.

    `taken` and `given` count the bytes that came over the line and that went out on it since it was opened.
    """

    taking = True

    def __init__(self) -> None:
        self._arrived: asyncio.Queue[bytes] = asyncio.Queue()
        self._rest = b""
        self.cable_out = False
        self.mute = False
        self.taken = self.given = 0
        self.path = ""

    async def read(self, timeout_s: float | None) -> bytes:
        """What has arrived; empty when nothing came within the time."""
        try:
            return await asyncio.wait_for(self._arrived.get(), timeout_s)
        except TimeoutError:
            return b""

    def _take(self, data: bytes) -> None:
        self.taken += len(data)
        if not (self.cable_out or self.mute):
            self._arrived.put_nowait(data)

    def write(self, data: bytes) -> None:
        """Send, unless the cable is out or the device mute."""
        if not (self.cable_out or self.mute):
            self.given += self._put(data)

    @abstractmethod
    def _put(self, data: bytes) -> int:
        """Put bytes on the line; gives how many it took."""

    def plug_in(self) -> None:
        """Put the cable back."""
        self.cable_out = False

    def discard(self) -> None:
        """Lose what has arrived and was not read."""
        while not self._arrived.empty():
            self._arrived.get_nowait()

    @abstractmethod
    def hang_up(self) -> None:
        """Let the line vanish as an adapter does that is pulled out, and come back afresh."""

    @abstractmethod
    def close(self) -> None:
        """Give the line up."""


class PseudoTerminal(DeviceEnd):
    """A raw pseudo-terminal; `link` is a symbolic link kept on its path."""

    def __init__(self, link: Path | None) -> None:
        """Open it. Raises `OSError`."""
        super().__init__()
        self._link = link
        self._master = self._slave = -1
        self._open()

    def _open(self) -> None:
        self.taken = self.given = 0
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(self.path)
        asyncio.get_running_loop().add_reader(self._master, self._readable)

    def _readable(self) -> None:
        try:
            self._take(os.read(self._master, 4096))
        except OSError:
            return

    def _put(self, data: bytes) -> int:
        try:
            return os.write(self._master, data)
        except OSError:
            return 0  # nobody reads and the line is full: lost, as on a wire

    def hang_up(self) -> None:
        """Close it and open another under the same link."""
        self.close()
        self.discard()
        self._open()

    def close(self) -> None:
        """Close both ends."""
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)
        if self._link is not None:
            self._link.unlink(missing_ok=True)


class TcpEnd(DeviceEnd):
    """A TCP port on this machine that serves one counter at a time, the newest."""

    def __init__(self) -> None:
        """Make it; `listen` opens it."""
        super().__init__()
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def listen(self, port: int) -> None:
        """Open the port (0: any that is free). Raises `OSError`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.path = f"socket://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.hang_up()
        self._writer = writer
        self.taken = self.given = 0
        try:
            while data := await reader.read(4096):
                self._take(data)
        except OSError:
            return

    def _put(self, data: bytes) -> int:
        if self._writer is None:
            return 0
        self._writer.write(data)
        return len(data)

    def hang_up(self) -> None:
        """Close the connection; the port stays open."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self.discard()

    def close(self) -> None:
        """Close connection and port."""
        self.hang_up()
        if self._server is not None:
            self._server.close()
