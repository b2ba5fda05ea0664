"""A real PostgreSQL for every test that asks: one embedded server a run, one fresh database a test."""

from __future__ import annotations

import fcntl
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from hq_server.db import make_engine
from hq_server.db.embedded import embedded_url
from hq_server.db.migrating import migrate

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_url(shared_folder: Path) -> str:
    """URL of a server whose database ``template_hq`` has the schema. It stops with the last worker of the run."""
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
    template = make_engine(_with_database(url, "template_making"))
    migrate(template)
    template.dispose()
    connection.execute(text("ALTER DATABASE template_making RENAME TO template_hq"))


def _with_database(url: str, database: str) -> str:
    return url.replace("/postgres?", f"/{database}?")


@contextmanager
def fresh_database(postgres_url: str) -> Iterator[str]:
    """Make an empty database with the schema, and drop it in the end."""
    name = f"hq_{os.getpid()}_{next(_numbers)}"
    maintenance = make_engine(postgres_url).execution_options(isolation_level="AUTOCOMMIT")
    with maintenance.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template_hq STRATEGY file_copy"))
    yield _with_database(postgres_url, name)
    with maintenance.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    maintenance.dispose()


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """URL of an empty database with the schema, for one test."""
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Engine on an empty database with the schema."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """A folder for key files and the like."""
    return tmp_path
