"""Where it waits, its maker finds a button that takes it back, and whoever only reads finds none."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import Engine

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.console.app import console_router
from hq_server.console.visits import ConsoleDesk
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import CODE, FINANCE
from tests.hq_server.settlement.test_a_month import Money
from tests.hq_server.test_taken_back import DESKS

PAGES = {
    "credit purchase": "/credit",
    "pouch": "/pouches",
    "sealed batch": "/sealed",
    "ruling on a withdrawal": "/withdrawals?ruling=PROPOSED&state=",
    "withdrawal terms": "/withdrawals/terms?state=ENTERED",
    "ruling on a payment": "/unknown",
    "payee": "/payees?state=PROPOSED",
    "debit mandate": "/mandates?state=PROPOSED",
    "bank match": "/bank?state=PROPOSED",
    "branch figure": "/commission/figures?state=PROPOSED",
    "branch rate": "/commission/rates?state=PROPOSED",
}
_FORM = re.compile(r"<form[^>]*>(?:(?!</form>).)*?value=\"withdraw\".*?</form>", re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def _shown(browser: Browser, kind: str) -> tuple[str, list[str]]:
    """Open the page where a kind waits; gives its path and the forms that take something back."""
    page = browser.get(PAGES[kind])
    if kind == "bank match":
        (path,) = re.findall(r'href="/console(/bank/[^"?]+/\d+)"', page.text)
        page = browser.get(path)
        return path, _FORM.findall(page.text)
    return PAGES[kind].partition("?")[0], _FORM.findall(page.text)


def test_each_kind_is_taken_back_on_its_page_by_its_maker_alone(engine: Engine, tmp_path: Path) -> None:
    money = Money(engine, tmp_path)
    app = FastAPI(openapi_url=None)
    app.include_router(console_router(ConsoleDesk(engine, money.counter.journal, money.clock)))
    people: dict[int, Browser] = {}
    reader = Browser(app)
    reader.sign_in(FINANCE)
    for kind, made in DESKS.items():
        desk = made(money)
        maker = desk.people[0]
        money.counter.post()
        with engine.begin() as connection:
            desk.enter(connection, maker)
        if maker.staff_no not in people:
            people[maker.staff_no] = Browser(app)
            people[maker.staff_no].sign_in(maker)
        browser = people[maker.staff_no]
        assert _shown(reader, kind)[1] == [], kind
        path, forms = _shown(browser, kind)
        assert len(forms) == 1, kind
        fields = {name: value for name, value in _HIDDEN.findall(forms[0]) if name != "csrf"}
        for unknown in ("", "approved"):  # nothing is done by being the only thing left
            assert "请选择要办的事项" in browser.post(path, deed=unknown, **fields).text, kind
        assert browser.post(path, deed="withdraw", **fields).status_code == 303, (kind, browser.page)
        assert _FORM.findall(browser.get(PAGES[kind]).text) == [], kind
        browser.get("/")
        assert browser.post(path, deed="withdraw", **fields).status_code == 409, kind
    with engine.connect() as connection:
        entries = [*audit.entries(connection, CODE), *audit.entries(connection, audit.NO_STATION)]
    taken_back = {one.details["desk"] for one in entries if one.tag == AuditTag.PROPOSAL_WITHDRAWN.value}
    assert len(taken_back) == len(DESKS)
