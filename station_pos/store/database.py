"""The station's database file: one writer, durable commits, one sentence for everything that can go wrong.

SQLite in WAL mode with ``synchronous=FULL``: a commit is on the disk when it returns. A lock file keeps a second
process out; readers of the same process see the last commit without waiting for the writer.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import threading
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from station_pos.store import schema
from station_pos.store.errors import StoreError, StoreTrouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Engine

DATABASE_NAME = "station.sqlite"
LOCK_NAME = "station.lock"
_BUSY_TIMEOUT_MS = 5_000
_SYNCHRONOUS_FULL = 2
_PAGE_BYTES = 1_024
_LOG_PAGES_MAX = 16_000

_TROUBLE_OF_CODE = {
    sqlite3.SQLITE_FULL: StoreTrouble.FULL,
    sqlite3.SQLITE_READONLY: StoreTrouble.READ_ONLY,
    sqlite3.SQLITE_PERM: StoreTrouble.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: StoreTrouble.READ_ONLY,
    sqlite3.SQLITE_BUSY: StoreTrouble.BUSY,
    sqlite3.SQLITE_LOCKED: StoreTrouble.BUSY,
    sqlite3.SQLITE_PROTOCOL: StoreTrouble.BUSY,
    sqlite3.SQLITE_CORRUPT: StoreTrouble.DAMAGED,
    sqlite3.SQLITE_NOTADB: StoreTrouble.DAMAGED,
    sqlite3.SQLITE_IOERR: StoreTrouble.FAILED,
    sqlite3.SQLITE_NOMEM: StoreTrouble.FAILED,
    sqlite3.SQLITE_CONSTRAINT: StoreTrouble.CONFLICT,
}


def trouble_of(error: BaseException) -> StoreError | None:
    """Tell which trouble an error of SQLAlchemy or SQLite means; None if it is a fault of the program."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, sqlite3.Error):
        return None
    primary = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    trouble = _TROUBLE_OF_CODE.get(primary)
    return None if trouble is None else StoreError(trouble, str(cause))


class ProjectionsGoneError(Exception):
    """A derived table is missing: it is derived again, nothing is lost. ``trouble`` names the kind for the screen."""

    trouble = "deriving"


class Database:
    """One open data folder. Close it, or the lock stays until the process ends."""

    def __init__(self, folder: Path, *, create: bool = False, shared: bool = False) -> None:
        """Open the folder's database; ``create`` makes it, ``shared`` reads beside a running station and never writes.

        Raises:
            StoreError: nothing there, in use, not writable, damaged, or of another version.
        """
        self.folder = folder
        self.path = folder / DATABASE_NAME
        self._shared = shared
        self._write_lock = threading.RLock()
        self._local = threading.local()
        self._readers: list[Connection] = []
        self._idle: deque[Connection] = deque()
        self._lock_file = -1
        if not create and not self.path.exists():
            raise StoreError(StoreTrouble.NOT_ENROLLED)
        if not shared:
            self._lock_file = _lock(folder)
        try:
            self._engine = _engine(self.path, shared=shared)
            with _translated():
                self._writer = self._connect()
                if not shared:
                    self._migrate()
                self._check_version()
        except BaseException:
            self._unlock()
            raise

    def _connect(self) -> Connection:
        connection = self._engine.connect()
        if not self._shared:
            # Taken by a new database only. A sale changes a row each on a dozen pages: small ones are a quarter of the
            # bytes that have to reach the disk before the receipt does.
            connection.exec_driver_sql(f"PRAGMA page_size={_PAGE_BYTES}")
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.exec_driver_sql("PRAGMA synchronous=FULL")
            # What is erased (a lead's name and number) is overwritten, not only unlinked.
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
            # Moving the log into the database is left to idle moments; a sale does it only when the log has grown long.
            connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={_LOG_PAGES_MAX}")
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
            level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
            if (mode, level) != ("wal", _SYNCHRONOUS_FULL):
                raise StoreError(StoreTrouble.FAILED, f"journal mode {mode}, synchronous {level}")
        return connection

    def _migrate(self) -> None:
        version = self._writer.exec_driver_sql("PRAGMA user_version").scalar_one()
        if version >= schema.VERSION:
            return
        self._writer.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            for step in schema.STEPS[version:]:
                for sql in step:
                    self._writer.exec_driver_sql(sql)
            self._writer.exec_driver_sql(f"PRAGMA user_version={schema.VERSION}")
            self._writer.exec_driver_sql("COMMIT")
        except BaseException:
            _roll_back(self._writer)
            raise

    def _check_version(self) -> None:
        version = self._writer.exec_driver_sql("PRAGMA user_version").scalar_one()
        if version != schema.VERSION:
            raise StoreError(StoreTrouble.OTHER_VERSION, f"its version is {version}, this program's {schema.VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Run one write transaction: all of it is on the disk when the block ends, or none of it.

        Raises:
            StoreError: the disk refused; nothing was changed.
            ProjectionsGoneError: a derived table is missing; nothing was changed.
        """
        with self._write_lock, _translated():
            run(self._writer, "BEGIN IMMEDIATE")
            try:
                yield self._writer
                run(self._writer, "COMMIT")
            except BaseException:
                _roll_back(self._writer)
                raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read one consistent state, without waiting for the writer; inside one another, reads see the same state.

        Raises:
            StoreError: the disk refused.
        """
        with _translated():
            outer: Connection | None = getattr(self._local, "connection", None)
            if outer is not None:
                yield outer
                return
            connection = self._idle_reader()
            run(connection, "BEGIN")
            self._local.connection = connection
            try:
                yield connection
            finally:
                _roll_back(connection)
                self._local.connection = None
                self._idle.append(connection)

    def _idle_reader(self) -> Connection:
        """Take a connection that nobody reads with; there are never more than reads at one time."""
        try:
            return self._idle.pop()
        except IndexError:
            connection = self._engine.connect()
            self._readers.append(connection)
            return connection

    def checkpoint(self) -> None:
        """Move the write-ahead log into the database as far as no reader needs it; for a moment when nobody waits.

        Raises:
            StoreError: the disk refused; the log is kept and nothing is lost.
        """
        with self._write_lock, _translated():
            run(self._writer, "PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Close every connection and give the folder free."""
        for connection in (*self._readers, self._writer):
            connection.close()
        self._readers.clear()
        self._engine.dispose()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock_file >= 0:
            os.close(self._lock_file)
            self._lock_file = -1


def _engine(path: Path, *, shared: bool) -> Engine:
    target = f"file:{path}?mode=ro&uri=true" if shared else str(path)
    # AUTOCOMMIT leaves BEGIN and COMMIT to us; NullPool as the connections are kept by us.
    return create_engine(
        f"sqlite+pysqlite:///{target}",
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
        connect_args={"check_same_thread": False, "timeout": _BUSY_TIMEOUT_MS / 1000},
    )


def _roll_back(connection: Connection) -> None:
    try:
        run(connection, "ROLLBACK")
    except sqlite3.Error:
        # SQLite has rolled back by itself after a full disk or an I/O error.
        return


def _lock(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        trouble = StoreTrouble.FULL if error.errno == errno.ENOSPC else StoreTrouble.READ_ONLY
        raise StoreError(trouble, str(error)) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(handle, 20).decode("ascii", "replace").strip()
        os.close(handle)
        raise StoreError(StoreTrouble.IN_USE, f"process {holder}" if holder else "") from error
    # Who holds the lock is a note for the sentence only: a full disk is told by the first commit.
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
    return handle


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        said = str(error.orig if isinstance(error, DBAPIError) else error)
        if "no such table" in said or "no such column" in said:
            raise ProjectionsGoneError(said) from error
        known = trouble_of(error)
        if known is None:
            raise
        raise known from error


def _driver(connection: Connection) -> sqlite3.Connection:
    """Give the driver's connection below SQLAlchemy's.

    A sale runs some twenty small statements; building a result object for each of them doubled the time of a commit.
    """
    driver: sqlite3.Connection = connection.connection.dbapi_connection  # type: ignore[assignment]
    return driver


def run(connection: Connection, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
    """Run one statement."""
    return _driver(connection).execute(sql, tuple(parameters))


def run_many(connection: Connection, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
    """Run one statement for each set of parameters."""
    _driver(connection).executemany(sql, parameters)


def rows(connection: Connection, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
    """Run a query and give all its rows."""
    return run(connection, sql, parameters).fetchall()


def row(connection: Connection, sql: str, parameters: Sequence[Any] = ()) -> Any:  # noqa: ANN401  columns are what the query names
    """Run a query and give its first row, or None."""
    return run(connection, sql, parameters).fetchone()
