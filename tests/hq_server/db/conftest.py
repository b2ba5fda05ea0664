"""The tests of the schema change it: each has a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hq_server.conftest import fresh_database


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """URL of a new database with the schema, for one test."""
    with fresh_database(postgres_url) as url:
        yield url
