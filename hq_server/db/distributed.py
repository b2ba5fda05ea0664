"""Whether the database is spread over several machines by Citus, for the few statements that it takes otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

_CATALOGUE = text("SELECT to_regclass('pg_dist_partition') IS NOT NULL")


def is_distributed(connection: Connection) -> bool:
    """Tell whether Citus is present."""
    return bool(connection.scalar(_CATALOGUE))
