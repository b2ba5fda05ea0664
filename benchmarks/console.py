"""Every page of the console over a country: what the server takes for it, and how large it is.

5,000 stations, ten million records of both journals and 20,000 open breaks on the embedded PostgreSQL. Each page is
asked for several times, signed in, through the application itself without a network; the time is the server's own:
routing, session, SQL, template. Which pages there are nobody lists (`console_pages`): each must be met, and lists are
searched, ordered and turned as well. ``--runs`` is how often each address is visited.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from fastapi import FastAPI

from benchmarks.console_data import PASSWORD, STAFF, fill
from benchmarks.console_pages import every_address
from benchmarks.figure import Figure, percentile
from benchmarks.scratch_database import scratch_database
from hq_server.console.answering import BASE
from hq_server.console.app import console_router
from hq_server.console.visits import ConsoleDesk
from hq_server.db import make_engine
from hq_server.db.migrating import migrate
from hq_server.hq_journal import HqJournal
from hq_server.reference.hq_key import load_or_make_key
from hq_server.statements.figures import count_figures

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sqlalchemy import Engine

    from hq_server.reference.staff import StaffMember

STATIONS = 5_000
RECORDS = 10_000_000
BREAKS = 20_000
VISITS = 20
P95_MAX_MS = 150.0
PAGE_MAX_KB = 200.0
_READERS = (STAFF[1], STAFF[-1])
"""Who looks: one who works at the desks and is offered their forms, and an auditor, who sees every page."""


def figures(runs: int = VISITS, seed: int = 1, step: str | None = None) -> Iterator[Figure]:
    """Measure all pages, or the one that ``step`` names by its path; the slowest and the largest are the figures.

    ``CONSOLE_BENCH_DATA`` names a folder to keep the filled database in, for another look at the same data.
    """
    del seed  # the data is the same every time
    kept = os.environ.get("CONSOLE_BENCH_DATA")
    with tempfile.TemporaryDirectory() as folder, scratch_database(Path(kept or folder)) as url:
        engine = make_engine(url)
        try:
            yield from _measure(engine, Path(kept or folder), runs, step)
        finally:
            engine.dispose()


def _measure(engine: Engine, data: Path, visits: int, only: str | None) -> Iterator[Figure]:
    now = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
    filled = data / "filled"
    migrate(engine)
    if not filled.exists():
        fill(engine, now, STATIONS, RECORDS, BREAKS)
        filled.touch()
    count_figures(engine, lambda: now)
    slowest, largest = asyncio.run(_visit_all(make_console(engine, data, now), visits, only))
    yield Figure("console_p95_ms", slowest, "ms", P95_MAX_MS)
    yield Figure("console_page_kb", largest, "KB", PAGE_MAX_KB)


def make_console(engine: Engine, folder: Path, now: datetime) -> FastAPI:
    """Make the console over a filled database; HQ's key is kept in the folder."""
    journal = HqJournal(load_or_make_key(folder / "hq-key.pem", None))
    app = FastAPI(openapi_url=None)
    app.include_router(console_router(ConsoleDesk(engine, journal, lambda: now)))
    return app


@asynccontextmanager
async def signed_in(app: FastAPI, member: StaffMember) -> AsyncIterator[httpx.AsyncClient]:
    """Give the browser of a person who has signed in."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hq") as client:
        token = re.search(r'name="csrf" value="([^"]+)"', (await client.get(f"{BASE}/sign-in")).text)
        assert token
        fields = {"csrf": token[1], "staff_no": str(member.staff_no), "password": PASSWORD}
        answer = await client.post(f"{BASE}/sign-in", data=fields)
        assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
        yield client


async def _visit_all(app: FastAPI, visits: int, only: str | None) -> tuple[float, float]:
    """Visit every page so many times; gives the slowest page's 95th percentile in ms and the largest one's KB.

    Raises:
        NotMetError: a page has no address.
    """
    slowest = largest = 0.0
    for member in _READERS:
        async with signed_in(app, member) as client:

            async def read(path: str, client: httpx.AsyncClient = client) -> str:
                return (await client.get(BASE + path, follow_redirects=True)).text

            for path in [only] if only else await every_address(member.role, read):
                times, size = await _visit(client, path, visits)
                p95, size_kb = percentile(times, 95), size / 1024
                print(f"{path:42} {p95:8.1f} ms {size_kb:8.1f} KB", file=sys.stderr, flush=True)
                slowest, largest = max(slowest, p95), max(largest, size_kb)
    return slowest, largest


async def _visit(client: httpx.AsyncClient, path: str, visits: int) -> tuple[list[float], int]:
    times, size = [], 0
    for _ in range(visits):
        began = time.perf_counter()
        answer = await client.get(BASE + path)
        times.append((time.perf_counter() - began) * 1_000)
        assert answer.status_code in {httpx.codes.OK, httpx.codes.SEE_OTHER}, (
            path,
            answer.status_code,
            answer.text[:500],
        )
        size = max(size, len(answer.content))
    return times, size
