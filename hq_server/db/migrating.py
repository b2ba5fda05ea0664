"""Schema steps, applied in order under a lock, and the hand-over of tables to Citus where it is installed."""

from __future__ import annotations

import importlib
import pkgutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from hq_server.db.metadata import REFERENCE, STATION_CODE, metadata
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection, Engine, MetaData

_STEPS = Path(__file__).parent.parent / "migrations"
_LOCK = 7_201_001
"""Advisory lock of schema changes, so that two processes starting at once do not both apply a step."""


def all_tables() -> MetaData:
    """Give the whole schema, every module of tables loaded."""
    package = importlib.import_module("hq_server.db")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.endswith("_tables"):
            importlib.import_module(f"hq_server.db.{module.name}")
    return metadata


def newest_step() -> str:
    """Give the number of the newest schema step: what the file's name begins with."""
    return max(file.name.partition("_")[0] for file in (_STEPS / "versions").glob("[0-9]*.py"))


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_STEPS))
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine, lock_wait_s: float = 3.0, tries: int = 10) -> bool:
    """Bring the schema up to date; tells whether anything was to do.

    A step waits a short time only for a table that somebody reads, a backup or a report: all who ask for that table
    after it would wait too. It gives way to them and is tried again.

    Raises:
        RefusedError: somebody held a table all the time; nothing was changed.
    """
    for left in reversed(range(tries)):
        try:
            return _migrate_now(engine, lock_wait_s)
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            if not left:
                raise RefusedError(
                    "schema",
                    "有别的程序 (备份或报表) 一直占用数据表, 结构没有更新, 请稍后再运行",
                    "another program (a backup or a report) held a table all the time; the schema was not changed,"
                    " run this again later",
                ) from error
            time.sleep(lock_wait_s)
    return False


def _migrate_now(engine: Engine, lock_wait_s: float) -> bool:
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        waited = f"{round(lock_wait_s * 1_000)}ms"
        connection.execute(text("SELECT set_config('lock_timeout', :waited, true)"), {"waited": waited})
        if _is_current(connection):
            return False
        from alembic import command  # a third of a short command's time, and hardly ever is a step due

        command.upgrade(_config(connection), "head")
        return True


def _is_current(connection: Connection) -> bool:
    if connection.scalar(text("SELECT to_regclass('alembic_version') IS NULL")):
        return False
    return list(connection.scalars(text("SELECT version_num FROM alembic_version"))) == [newest_step()]


def require_current(engine: Engine) -> None:
    """Check that the schema is the one that this version works with.

    Raises:
        RefusedError: it is not.
    """
    with engine.connect() as connection:
        if not _is_current(connection):
            raise RefusedError(
                "schema",
                "数据库结构与本程序版本不符, 请先运行 hq-server migrate",
                "the database schema is not that of this version: run hq-server migrate first",
            )


def distribute(engine: Engine) -> list[str]:
    """Hand every table to Citus, by station or as a reference table; gives the names it handed over now.

    Tables that Citus knows already are left as they are.

    Raises:
        RefusedError: the Citus extension is not present in this database.
    """
    with engine.begin() as connection:
        if not connection.scalar(text("SELECT count(*) FROM pg_extension WHERE extname = 'citus'")):
            raise RefusedError(
                "citus",
                "此数据库没有安装 Citus 扩展",
                "the Citus extension is not present in this database",
            )
        known = set(connection.scalars(text("SELECT logicalrelid::regclass::text FROM pg_dist_partition")))
        tables = [table for table in all_tables().sorted_tables if table.name not in known]
        # The audit trail's trigger only refuses, so it is safe on shards; Citus takes none on TRUNCATE.
        connection.execute(text("SELECT set_config('citus.enable_unsafe_triggers', 'on', true)"))
        connection.execute(text("DROP TRIGGER IF EXISTS audit_entries_stay ON audit_entries"))
        for table in sorted(tables, key=lambda table: table.info["kind"] != REFERENCE):
            if table.info["kind"] == REFERENCE:
                connection.execute(text("SELECT create_reference_table(:name)"), {"name": table.name})
            else:
                parameters = {"name": table.name, "column": STATION_CODE}
                connection.execute(text("SELECT create_distributed_table(:name, :column)"), parameters)
        return [table.name for table in tables]
