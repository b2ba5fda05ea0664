"""What staff read is said as people say it: months, waiting times, payees and windows, numbers of disputes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from hq_server.console.app import console_router
from hq_server.console.rendering import waited
from hq_server.console.visits import ConsoleDesk
from hq_server.listing import cell_text, read_page
from hq_server.settlement.lists import item_list
from hq_server.wording import Language
from tests.hq_server.commission.test_runs import NOVEMBER, _sold_and_matched
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import FINANCE
from tests.hq_server.people import MAKER, NOON
from tests.hq_server.reconciliation.test_day_run import TODAY, TOMORROW
from tests.hq_server.settlement.test_a_month import Money


@pytest.mark.parametrize(
    ("minutes", "zh", "en"),
    [
        (0, "0 分", "0 min"),
        (50, "50 分", "50 min"),
        (245, "4 小时 5 分", "4 h 5 min"),
        (1500, "1 天 1 小时", "1 d 1 h"),
    ],
)
def test_how_long_something_waits_is_no_time_of_the_day(minutes: int, zh: str, en: str) -> None:
    said = waited(NOON - timedelta(minutes=minutes), NOON)
    assert (said.zh, said.en) == (zh, en)


def test_months_payees_and_windows_are_said_in_words(engine: Engine, tmp_path: Path) -> None:
    money = Money(engine, tmp_path)
    _sold_and_matched(money, 100_000)
    made = FastAPI(openapi_url=None)
    made.include_router(console_router(ConsoleDesk(money.engine, money.counter.journal, money.clock)))
    browser = Browser(made)
    browser.sign_in(MAKER)
    browser.get("/commission")
    browser.post("/commission", month="2026-11", early="1")
    assert f'href="/console/commission/months/{NOVEMBER}">2026-11</a>' in browser.get("/commission").text
    assert "<h1>酬金 2026-11</h1>" in browser.get(f"/commission/months/{NOVEMBER}").text
    assert browser.get("/commission/figures?month=2026-11").status_code == 200
    for wrong in ("2026-13", "2026", "x", "2026-00"):
        assert "月份格式为 2026-11" in browser.get(f"/commission/figures?month={wrong}").text
    money.clock.step(days=1)
    money.settle(TODAY)
    order = money.order(TOMORROW)
    with money.engine.connect() as connection:
        spec = item_list(order.order_no, order.kind.value)
        (row,) = read_page(connection, spec, {}).rows
    said = [cell_text(spec.column(name), row[name], Language.CHINESE) for name in ("station", "source")]
    assert said == ["收费单位 SCDL", "第 1 号窗口"]
    browser.sign_in(FINANCE)
    page = browser.get(f"/settlement/orders/{order.order_no}").text
    assert 'href="/console/settlement/windows/BILLER/SCDL/1">第 1 号窗口</a>' in page
