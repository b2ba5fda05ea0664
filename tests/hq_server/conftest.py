"""A real PostgreSQL for every test that asks: one server a run, one database a worker, emptied for each test.

``STATION_POS_TEST_CITUS`` has them run on a given Citus cluster instead (``tests/hq_server/citus_databases.py``).
"""

from __future__ import annotations

import atexit
import fcntl
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, make_url, text

from hq_server.db import make_engine
from hq_server.db.embedded import embedded_url
from hq_server.db.migrating import migrate
from tests.hq_server.citus_databases import drop_distributed, given_cluster, make_distributed
from tests.hq_server.kept_rows import KeptRows

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_url(shared_folder: Path) -> str:
    """URL of a server whose database ``template_hq`` has the schema. It stops with the last worker of the run."""
    if cluster := given_cluster():
        return cluster.render_as_string(hide_password=False)
    url = embedded_url(shared_folder)
    maintenance = make_engine(url).execution_options(isolation_level="AUTOCOMMIT")
    with (shared_folder / "template.lock").open("w") as lock, maintenance.connect() as connection:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first worker makes what all others find
        if connection.scalar(text("SELECT datname FROM pg_database WHERE datname = 'template_hq'")) is None:
            _make_template(connection, url)
    maintenance.dispose()
    return url


def _make_template(connection: Connection, url: str) -> None:
    # Nothing of a test survives it: no test waits for the disk.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
    connection.execute(text("SELECT pg_reload_conf()"))
    connection.execute(text("CREATE DATABASE template_making"))
    template = make_engine(with_database(url, "template_making"))
    migrate(template)
    template.dispose()
    connection.execute(text("ALTER DATABASE template_making RENAME TO template_hq"))


def with_database(url: str, database: str) -> str:
    """Give the URL of another database on the same server."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@contextmanager
def fresh_database(postgres_url: str) -> Iterator[str]:
    """Make an empty database with the schema, and drop it in the end."""
    url = _made(postgres_url)
    yield url
    _dropped(postgres_url, str(make_url(url).database))


def _made(postgres_url: str) -> str:
    name = f"hq_{os.getpid()}_{next(_numbers)}"
    if cluster := given_cluster():
        make_distributed(cluster, name)
    else:
        _told(postgres_url, f"CREATE DATABASE {name} TEMPLATE template_hq STRATEGY file_copy")
    return with_database(postgres_url, name)


def _dropped(postgres_url: str, name: str) -> None:
    if cluster := given_cluster():
        drop_distributed(cluster, name)
    else:
        _told(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


def _told(postgres_url: str, statement: str) -> None:
    maintenance = make_engine(postgres_url).execution_options(isolation_level="AUTOCOMMIT")
    with maintenance.connect() as connection:
        connection.execute(text(statement))
    maintenance.dispose()


@cache
def _workers_database(postgres_url: str) -> tuple[Engine, KeptRows]:
    """The worker's own database, which ends with the server, and what the schema began with.

    The engine remembers how statements are compiled, which takes longer than running them.
    """
    engine = make_engine(_made(postgres_url))
    if given_cluster():  # which stays when this run ends
        atexit.register(_dropped, postgres_url, str(engine.url.database))
    return engine, KeptRows.of(engine)


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """URL of an empty database with the schema, for one test that changes rows and no table.

    Emptying a database takes a fifth of what making and dropping one does.
    """
    engine, first = _workers_database(postgres_url)
    yield engine.url.render_as_string(hide_password=False)
    engine.dispose()
    first.put_in_place_of_all(engine)
    engine.dispose()


@pytest.fixture
def engine(postgres_url: str, database_url: str) -> Iterator[Engine]:
    """Engine on an empty database with the schema."""
    workers_engine, _ = _workers_database(postgres_url)
    if workers_engine.url == make_url(database_url):
        yield workers_engine.execution_options()  # what a test hangs on it ends with the test
    else:
        engine = make_engine(database_url)
        yield engine
        engine.dispose()


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """A folder for key files and the like."""
    return tmp_path
