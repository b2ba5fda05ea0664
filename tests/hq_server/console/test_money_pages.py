"""A month's money in the console: two people, each page in both languages, files and papers to keep."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from hq_server.console.app import console_router
from hq_server.console.visits import ConsoleDesk
from tests.hq_server.commission.test_runs import NOVEMBER, _sold_and_matched
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import CODE, FINANCE
from tests.hq_server.people import MAKER
from tests.hq_server.reconciliation.test_day_run import TODAY, TOMORROW
from tests.hq_server.settlement.test_a_month import Money


@pytest.fixture
def money(engine: Engine, tmp_path: Path) -> Money:
    return Money(engine, tmp_path)


@pytest.fixture
def browser(money: Money) -> Browser:
    made = FastAPI(openapi_url=None)
    made.include_router(console_router(ConsoleDesk(money.engine, money.counter.journal, money.clock)))
    return Browser(made)


def test_a_month_is_approved_paid_and_settled_by_two_people_in_the_console(  # noqa: PLR0915 - one story
    money: Money, browser: Browser
):
    _sold_and_matched(money, 100_000, 50_000)
    money.list()
    month = f"/commission/months/{NOVEMBER}"
    browser.sign_in(MAKER)
    assert "0.72" in browser.get("/commission").text
    assert "批准并告知站点" not in browser.get(month).text  # whoever made the list has no such button
    assert browser.post(month, deed="approve").status_code == 409

    browser.sign_in(FINANCE)
    browser.get(month)
    assert browser.post(month, deed="approve").status_code == 303
    page = browser.get(month).text
    assert "已批准" in page
    assert "待告知站点" in page  # the jobs tell them
    file = browser.post(month, deed="pay", profile="bank-csv")
    assert file.headers["content-disposition"].endswith("DF20261218000001.csv")
    assert "62179900022,张三,0.72" in file.content.decode("gb18030")
    station = browser.get(f"{month}/{CODE}").text
    assert "2 x 0.36 = 0.72" in station
    paper = browser.get(f"/commission/statements/{NOVEMBER}/{CODE}")
    assert paper.content.startswith(b"%PDF-")

    money.clock.step(days=1)
    browser.sign_in(MAKER)
    browser.get("/settlement")
    assert browser.post("/settlement", deed="settle", date="x").status_code == 409
    assert browser.post("/settlement", deed="settle", date=str(TODAY)).status_code == 303
    page = browser.get("/settlement").text
    assert "SCDL" in page
    assert "1,500.00" in page
    lines = browser.get("/settlement/windows/BILLER/SCDL/1").text
    assert "1,000.00" in lines
    assert "500.00" in lines
    browser.get("/settlement")
    made = browser.post("/settlement", deed="order", kind="BILLER", date=str(TOMORROW))
    order = made.headers["location"].removeprefix("/console").partition("?")[0]
    assert browser.get(order).status_code == 200
    assert browser.post(order, deed="approve").status_code == 409  # its maker has no right to

    browser.sign_in(FINANCE)
    browser.get(order)
    assert browser.post(order, deed="approve").status_code == 303
    browser.get(order)
    first = browser.post(order, deed="write", profile="bank-fixed")
    browser.get(order)
    again = browser.post(order, deed="write", profile="own")
    assert first.content == again.content
    assert first.content.startswith(b"FPO000002")
    assert "四川电力" in browser.get(order).text

    paths = ["/commission", month, f"{month}/{CODE}", "/settlement", "/settlement/orders", order]
    for path in [*paths, "/settlement/windows/BILLER/SCDL/1"]:
        assert browser.get(f"{path}.xlsx").content.startswith(b"PK"), path
    for path in [f"/commission/months/{NOVEMBER + 1}", "/commission/months/x", "/settlement/orders/99", f"{month}/XX"]:
        assert browser.get(path).status_code == 409, path

    browser.get("/")
    browser.post("/language", language="en")
    for path in [*paths, "/settlement/windows/BILLER/SCDL/1"]:
        shown = re.sub(r"四川电力|张三|王五|李四|太平镇便民服务站|江油支局|中文", "", browser.get(path).text)
        assert re.findall(r"[一-鿿]+", shown) == [], path
