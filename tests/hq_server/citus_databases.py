"""Databases on Citus for the tests of HQ: the same tests, each table spread over the nodes of a given cluster.

``STATION_POS_TEST_CITUS`` names a database of the coordinator, as its owner sees it, in which Citus knows its nodes:
``postgresql://postgres@127.0.0.1:55432/postgres``. Databases are made beside it and dropped at the end.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import make_url, text

from hq_server.db import make_engine
from hq_server.db.migrating import distribute, migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Engine

_SHARDS = 4
"""For each table: enough for rows to lie apart, few enough to be made in seconds."""
_NODES = text("SELECT groupid, nodename, nodeport FROM pg_dist_node WHERE isactive AND noderole = 'primary'")


def given_cluster() -> URL | None:
    """Give the coordinator that the environment names, if it names one."""
    given = os.environ.get("STATION_POS_TEST_CITUS", "")
    return make_url(given).set(drivername="postgresql+psycopg") if given else None


def make_distributed(coordinator: URL, name: str) -> None:
    """Make a database with the schema, its tables handed to Citus."""
    nodes = _nodes(coordinator)
    for url, _ in nodes:
        _told(url, f"CREATE DATABASE {name} TEMPLATE template0")
        _told(url.set(database=name), "CREATE EXTENSION citus")
    _told(coordinator, f"ALTER DATABASE {name} SET citus.shard_count = {_SHARDS}")
    ours = coordinator.set(database=name)
    for url, group in nodes:
        added = "citus_add_node" if group else "citus_set_coordinator_host"
        _told(ours, f"SELECT {added}('{url.host}', {url.port})")
    engine = make_engine(ours.render_as_string(hide_password=False))
    migrate(engine)
    distribute(engine)
    engine.dispose()


@contextmanager
def seems_distributed(engine: Engine) -> Iterator[None]:
    """Let a database pass for one that Citus spreads, which is known by its catalogue, and no longer than that.

    The database is the next test's too.
    """
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE pg_dist_partition ()")
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE pg_dist_partition")


def drop_distributed(coordinator: URL, name: str) -> None:
    """Drop a database on every node."""
    for url, _ in reversed(_nodes(coordinator)):
        _told(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _nodes(coordinator: URL) -> list[tuple[URL, int]]:
    """Every machine of the cluster and its group, the coordinator (group 0) first."""
    engine = make_engine(coordinator.render_as_string(hide_password=False))
    with engine.connect() as connection:
        found = sorted((group, host, port) for group, host, port in connection.execute(_NODES))
    engine.dispose()
    workers = [(coordinator.set(host=host, port=port), group) for group, host, port in found if group]
    return [(coordinator, 0), *workers]


def _told(url: URL, statement: str) -> None:
    engine = make_engine(url.render_as_string(hide_password=False)).execution_options(isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()
