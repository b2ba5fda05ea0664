"""Which of several jobs processes works, and how it is woken: one connection that holds a lock and listens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from hq_server.logs import get_logger

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

LEADER_LOCK = 7_201_006
"""Advisory lock of the jobs process that works; it is gone with its connection, so a dead leader is replaced."""
_log = get_logger("jobs")


class Leading:
    """Tries to lead, and waits for work. A lost connection loses the lead until it is won again."""

    def __init__(self, conninfo: str, channel: str) -> None:
        """Keep where to connect and what to listen to."""
        self._conninfo = conninfo
        self._channel = channel
        self._connection: psycopg.Connection[Any] | None = None
        self._leads = False

    def __enter__(self) -> Self:
        """Begin; nothing is connected before the first question."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lead away."""
        self._drop()

    def leads(self) -> bool:
        """Tell whether this process may work now; tries to take the lead where nobody has it."""
        try:
            connection = self._connected()
            if self._leads:
                connection.execute("SELECT 1")  # the lock lives as long as the connection does
            else:
                row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK]).fetchone()
                self._leads = bool(row and row[0])
        except psycopg.Error as error:
            self._lost(error)
        return self._leads

    def wait(self, timeout_s: float) -> None:
        """Wait until a journal has grown, at most some seconds."""
        try:
            for _ in self._connected().notifies(timeout=timeout_s, stop_after=1):
                return
        except psycopg.Error as error:
            self._lost(error)
            time.sleep(timeout_s)

    def wake(self) -> None:
        """Wake whoever waits for work, the leader among them."""
        try:
            self._connected().execute("SELECT pg_notify(%s, '')", [self._channel])
        except psycopg.Error as error:
            self._lost(error)

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            self._connection = psycopg.connect(self._conninfo, autocommit=True, connect_timeout=10)
            self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
        return self._connection

    def _lost(self, error: psycopg.Error) -> None:
        _log.warning("connection_lost", error=str(error))
        self._drop()

    def _drop(self) -> None:
        connection, self._connection, self._leads = self._connection, None, False
        if connection is not None:
            connection.close()
