"""Wakes exchanges that wait for news, from PostgreSQL's notifications; without them, waiting ends a little later."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections import defaultdict
from typing import TYPE_CHECKING

import psycopg

from hq_server.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import FrameType

RETRY_S = 2
_log = get_logger("bell")


class Bell:
    """Rings for one station at a time; one per web process."""

    def __init__(self, conninfo: str, channel: str) -> None:
        """Keep where to listen."""
        self._conninfo = conninfo
        self._channel = channel
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self.closing = False

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen for as long as the block runs."""
        task = asyncio.create_task(self._listen())
        try:
            with self._closed_by_signals():
                yield
        finally:
            self.close()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    @contextlib.contextmanager
    def _closed_by_signals(self) -> Iterator[None]:
        """Close as soon as the process is told to stop, before the web server waits for its exchanges to end."""
        if threading.current_thread() is not threading.main_thread():  # where Python hands out no signals
            yield
            return
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

        def told(number: int, frame: FrameType | None) -> None:
            self.close()
            server = before[signal.Signals(number)]
            if callable(server):
                server(number, frame)

        for number in before:
            signal.signal(number, told)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def _listen(self) -> None:
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
                async with connection:
                    await connection.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(self._channel)))
                    async for notice in connection.notifies():
                        self.ring(notice.payload)
            except psycopg.Error as error:
                _log.warning("listening_interrupted", error=str(error))
            await asyncio.sleep(RETRY_S)

    def ring(self, station_code: str) -> None:
        """Wake those who wait for a station."""
        for event in self._waiting.get(station_code, ()):
            event.set()

    def close(self) -> None:
        """Wake everybody and let nobody wait again: the process is stopping."""
        self.closing = True
        for events in self._waiting.values():
            for event in events:
                event.set()

    @contextlib.contextmanager
    def waiting(self, station_code: str) -> Iterator[asyncio.Event]:
        """Register for a station's news before looking, so that none is missed between look and wait."""
        event = asyncio.Event()
        self._waiting[station_code].add(event)
        try:
            yield event
        finally:
            self._waiting[station_code].discard(event)
            if not self._waiting[station_code]:
                del self._waiting[station_code]
