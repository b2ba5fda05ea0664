"""HQ's database: engine, the embedded server, tables and schema steps. PostgreSQL 15 or newer, nothing newer is used.

Every table is a reference table, small and the same on every node, or carries ``station_code`` in its primary key and
every unique constraint, so that it can be distributed by station; no foreign key crosses stations or kinds.
"""

from __future__ import annotations

from hq_server.db.engine import Clock, make_conninfo, make_engine, open_engine, raw_connection
from hq_server.db.metadata import metadata

__all__ = ["Clock", "make_conninfo", "make_engine", "metadata", "open_engine", "raw_connection"]
