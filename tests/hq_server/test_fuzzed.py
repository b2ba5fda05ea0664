"""Nothing that anybody sends makes HQ fail: the API, every page and every form drawn from a schema, and no 5xx.

``STATION_POS_FUZZ`` is how often each operation is drawn: once here where few examples are drawn, hundreds in the soak.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hq_server.bootstrap import Headquarters, make_app, make_bell
from hq_server.config import Settings
from hq_server.console.pages import all_routes
from tests.hq_server.console.conftest import Browser
from tests.hq_server.console.test_console import _confirmed
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, CODE, FINANCE, Counter
from tests.hq_server.fuzzing import API, schema_of
from tests.hq_server.people import ADMIN, MAKER, SECOND, SteppingClock

if TYPE_CHECKING:
    from schemathesis import Case

SAMPLES = {"code": CODE, "side": "S", "seq": "3", "month": "202611", "case_no": "1"}
SEEN_BY = (MAKER, ADMIN, CLERK, FINANCE)


@pytest.fixture
def counter(engine) -> Counter:
    made = Counter(engine, SteppingClock())
    _confirmed(made)
    made.pay("0081234567", "HELD", 5_000)
    return made


@pytest.fixture
def app(counter: Counter) -> FastAPI:
    hq = Headquarters(Settings(one_time_codes="offered"), counter.engine, counter.journal, counter.clock)
    return make_app(hq, make_bell(hq))


def _pages(browsers: list[Browser]) -> dict[str, str]:
    """Every page as somebody sees it who may open it, so that its forms are known."""
    found: dict[str, str] = {}
    for route in all_routes():
        path = re.sub(r"\{(\w+)\}", lambda name: SAMPLES.get(name[1], "1"), route.path)
        if path.endswith((".xlsx", ".csv", ".pdf")):
            continue
        for browser in browsers:
            answer = browser.get(path)
            if answer.status_code == httpx.codes.OK:
                found[route.path] = found.get(route.path, "") + answer.text
    return found


def test_nothing_that_is_sent_makes_hq_fail(app: FastAPI) -> None:
    import schemathesis  # a second that only this worker spends

    drawn = int(os.environ.get("STATION_POS_FUZZ", max(1, settings().max_examples // 100)))
    browsers = []
    for member in (*SEEN_BY, SECOND, BRANCH_HEAD):
        browser = Browser(app)
        assert browser.sign_in(member).status_code == httpx.codes.SEE_OTHER
        browsers.append(browser)
    schema = schemathesis.openapi.from_dict(schema_of(_pages(browsers[: len(SEEN_BY)]), SAMPLES))
    tried = 0
    for operation in schema.get_all_operations():
        one = operation.ok()  # type: ignore[union-attr]  # the schema is our own: no operation of it is broken

        @settings(max_examples=drawn, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=one.as_strategy(), browser=st.sampled_from(browsers))
        def holds(case: Case[Any], browser: Browser) -> None:
            answer = _sent(browser, case)
            assert answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR, (case.path, answer.text)

        holds()
        tried += 1
    assert tried > len(all_routes()) + len(API)


def _sent(browser: Browser, case: Case[Any]) -> httpx.Response:
    """Send what was drawn as a browser does, with a token that is right: a wrong one would end everything at once."""
    path = case.formatted_path
    if 'name="csrf"' not in browser.page:  # the last answer was a part of a page
        browser.get("/")
    if path.startswith("/console"):
        fields = {str(name): _said(value) for name, value in (case.query or {}).items()}
        body: Any = case.body if isinstance(case.body, dict) else {}
        sent = {str(name): _said(value) for name, value in body.items()} | {"csrf": browser.token}
        more = {"data": sent} if case.method.upper() == "POST" else {"params": fields}
        return browser.send(case.method.upper(), path.removeprefix("/console"), **more)

    async def called() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(browser.app), base_url="http://hq") as client:
            if isinstance(case.body, bytes | str):
                return await client.post(path, content=case.body or secrets.token_bytes(40))
            return await client.post(path, json=case.body)

    return asyncio.run(called())


def _said(value: object) -> str:
    return str(value).encode("utf-8", "replace").decode()
