"""A real PostgreSQL for every test that asks: one embedded server a run, one fresh database a test."""

from __future__ import annotations

import atexit
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from hq_server.db import make_engine
from hq_server.db.embedded import embedded_url
from hq_server.db.migrating import migrate

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a server whose database ``template_hq`` has the schema. It stops with the run."""
    # Not below pytest's own folder: another run at the same time takes the database's user out of that one.
    folder = Path(tempfile.mkdtemp(prefix="station-pos-hq-"))
    url = embedded_url(folder)
    maintenance = make_engine(url).execution_options(isolation_level="AUTOCOMMIT")
    with maintenance.connect() as connection:
        # Nothing of a test survives it: no test waits for the disk.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text("CREATE DATABASE template_hq"))
    maintenance.dispose()
    template = make_engine(_with_database(url, "template_hq"))
    migrate(template)
    template.dispose()
    yield url
    # The server itself stops with the process, and may still be writing.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)


def _with_database(url: str, database: str) -> str:
    return url.replace("/postgres?", f"/{database}?")


@contextmanager
def fresh_database(postgres_url: str) -> Iterator[str]:
    """Make an empty database with the schema, and drop it in the end."""
    name = f"hq_{next(_numbers)}"
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
