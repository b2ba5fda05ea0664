"""The long run that measures the console meets every page of it: none is left out because nobody thought of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from benchmarks.console import make_console, signed_in
from benchmarks.console_data import STAFF, fill
from benchmarks.console_pages import NotMetError, every_address, is_file
from hq_server.console.pages import all_routes
from hq_server.reference.staff import Role

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)


def test_each_page_is_met_over_the_data_that_the_run_makes(engine: Engine, tmp_path: Path) -> None:
    fill(engine, NOW, stations=20, records=600, breaks=20, hurry=False)
    seen: dict[str, str] = {}

    async def crawl() -> list[str]:
        async with signed_in(make_console(engine, tmp_path, NOW), STAFF[-1]) as client:

            async def read(path: str) -> str:
                answer = await client.get(f"/console{path}", follow_redirects=True)
                assert answer.status_code == httpx.codes.OK, (path, answer.text)
                seen[path] = answer.text
                return answer.text

            return await every_address(Role.AUDITOR, read)

    met = asyncio.run(crawl())
    assert len(seen) == len([route for route in all_routes() if not is_file(route.path)])
    assert {"/breaks?q=417", "/breaks?state=", "/breaks?order=newest", "/bank/purchases"} <= set(met)

    async def read_without_breaks(path: str) -> str:
        return seen[path].replace("/console/breaks/", "/console/elsewhere/")

    with pytest.raises(NotMetError, match=r"/breaks/\{case_no\}"):
        asyncio.run(every_address(Role.AUDITOR, read_without_breaks))
