"""The tests of the schema change it: each has a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hq_server.citus_databases import given_cluster
from tests.hq_server.conftest import fresh_database


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """URL of a new database with the schema, for one test."""
    if given_cluster():
        pytest.skip("the schema's own tests read catalogues, in which Citus has tables and triggers too")
    with fresh_database(postgres_url) as url:
        yield url
