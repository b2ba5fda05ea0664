from __future__ import annotations

import asyncio
import re
import secrets
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from hq_server.console.app import console_router
from hq_server.console.visits import ConsoleDesk
from hq_server.reference.staff import StaffMember
from tests.hq_server.counter_side import Counter
from tests.hq_server.people import PASSWORD, SteppingClock

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def counter(engine: Engine, clock: SteppingClock) -> Counter:
    return Counter(engine, clock)


@pytest.fixture
def app(counter: Counter) -> FastAPI:
    made = FastAPI(openapi_url=None)
    made.include_router(console_router(ConsoleDesk(counter.engine, counter.journal, counter.clock)))
    return made


class Browser:
    """A person's browser without a screen: keeps cookies, sends forms with the token of the last page."""

    def __init__(self, app: FastAPI) -> None:
        self.app, self.cookies, self.page = app, httpx.Cookies(), ""

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://hq", cookies=self.cookies) as client:
                answer = await client.request(method, f"/console{path}", **more)
                self.cookies = client.cookies
                return answer

        answer = asyncio.run(sent())
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.page = answer.text
        return answer

    def get(self, path: str) -> httpx.Response:
        return self.send("GET", path)

    @property
    def token(self) -> str:
        """A token of a form that was not sent yet, as if the page had been shown anew."""
        found = _TOKEN.search(self.page)
        assert found, self.page
        secret, dot, _ = found[1].partition(".")
        return secret + dot + secrets.token_hex(8) if dot else secret

    def post(self, path: str, **fields: Any) -> httpx.Response:
        return self.send("POST", path, data={"csrf": self.token, **fields})

    def sign_in(self, member: StaffMember, password: str = PASSWORD) -> httpx.Response:
        self.get("/sign-in")
        answer = self.post("/sign-in", staff_no=str(member.staff_no), password=password)
        if answer.status_code == 303:
            self.get("/")
        return answer


@pytest.fixture
def browser(app: FastAPI) -> Browser:
    return Browser(app)


@pytest.fixture
def second(app: FastAPI) -> Browser:
    return Browser(app)
