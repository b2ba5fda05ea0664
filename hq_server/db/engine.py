"""Engine and connections. One transaction scope: ``with engine.begin() as connection``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import create_engine

from hq_server.db.embedded import embedded_url
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection, Engine

    from hq_server.config import Settings

Clock = Callable[[], datetime]
"""Gives the time now, aware and in UTC; handed in from the edge."""

_SCHEMES = ("postgresql+psycopg://", "postgresql://", "postgres://")


def open_engine(settings: Settings) -> Engine:
    """Open the database that the settings name, starting the embedded one where they name none.

    Raises:
        RefusedError: the URL names another kind of database, or the embedded server does not start.
    """
    url = settings.database_url
    if not url:
        return make_engine(embedded_url(settings.data), pool_size=settings.pool_size)
    scheme = next((scheme for scheme in _SCHEMES if url.startswith(scheme)), None)
    if scheme is None:
        raise RefusedError(
            "database", "HQ_DATABASE_URL 必须以 postgresql:// 开头", "HQ_DATABASE_URL must begin with postgresql://"
        )
    return make_engine(_SCHEMES[0] + url.removeprefix(scheme), pool_size=settings.pool_size)


def make_engine(url: str, pool_size: int = 10) -> Engine:
    """Make the engine for a database; connections are checked before use, so a restarted server is noticed.

    A failed statement does not repeat its values: account numbers and password hashes have no place in a log. A commit
    is on the disk when it returns, whatever the server's own setting: HQ countersigns on the strength of it.
    """
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"options": "-c timezone=UTC -c synchronous_commit=on"},
    )


def make_conninfo(engine: Engine) -> str:
    """Give the driver's own connection string of an engine's database, for connections that only listen."""
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def raw_connection(connection: Connection) -> psycopg.Connection[Any]:
    """Give the driver's connection under a SQLAlchemy one, in the same transaction, for COPY and pipelines."""
    driver = connection.connection.driver_connection
    return cast("psycopg.Connection[Any]", driver)
