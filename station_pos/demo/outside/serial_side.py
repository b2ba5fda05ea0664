"""One side of a pseudo-terminal as a simulated device holds it: bytes in, bytes out, and a cable that can be pulled."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READ_BYTES = 4096


class Cable:
    """A pseudo-terminal under a fixed name; pulled, the name is gone, and plugged in again it is another terminal."""

    def __init__(self, link: Path | None, take: Callable[[bytes], None]) -> None:
        """Name the symbolic link and who takes the bytes; nothing is plugged in yet."""
        self._link, self._take = link, take
        self._master = self._slave = -1
        self.tty_path = ""

    @property
    def plugged(self) -> bool:
        """Whether the host sees the device."""
        return self._master >= 0

    def plug(self) -> None:
        """Plug in; nothing happens where it is. The slave stays open here, so that a host may come and go."""
        if self.plugged:
            return
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.tty_path = os.ttyname(self._slave)
        if self._link:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(self.tty_path)
        asyncio.get_running_loop().add_reader(self._master, self._arrived)

    def pull(self) -> None:
        """Pull the cable; the host's reads and writes fail from now on."""
        if not self.plugged:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        if self._link:
            self._link.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1

    def send(self, data: bytes) -> None:
        """Send to the host; what nobody fetches is lost, as on a wire."""
        if self.plugged:
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, data)

    def _arrived(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            self._take(os.read(self._master, READ_BYTES))
