"""What became of a payment order, in the console: taken back by its maker, ended by the bank's file or two people."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from hq_server.console.app import console_router
from hq_server.console.visits import ConsoleDesk
from hq_server.payment_orders.orders import Order, find_order, order_items
from station_journal.accounts import Account
from tests.hq_server.commission.test_runs import _sold_and_matched
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import FINANCE
from tests.hq_server.people import MAKER, SECOND
from tests.hq_server.reconciliation.test_day_run import TODAY, TOMORROW
from tests.hq_server.settlement.test_a_month import Money, result_file


@pytest.fixture
def money(engine: Engine, tmp_path: Path) -> Money:
    made = Money(engine, tmp_path)
    _sold_and_matched(made, 100_000, 50_000)
    made.clock.step(days=1)
    made.settle(TODAY)
    return made


@pytest.fixture
def browser(money: Money) -> Browser:
    made = FastAPI(openapi_url=None)
    made.include_router(console_router(ConsoleDesk(money.engine, money.counter.journal, money.clock)))
    return Browser(made)


def _state(money: Money, order: Order) -> str:
    with money.engine.connect() as connection:
        (item,) = order_items(connection, order.order_no)
    return item.state


def _owed(money: Money) -> int:
    return money.books().fen(Account.BILLER_PAYABLE, "SCDL")


def _upload(browser: Browser, path: str, data: bytes) -> int:
    browser.get(path)
    fields = {"csrf": browser.token, "deed": "result"}
    return browser.send("POST", path, data=fields, files={"upload": ("r.txt", data)}).status_code


def test_a_result_file_ends_the_items_it_speaks_of_and_is_kept(money: Money, browser: Browser) -> None:
    order = money.send_to_bank(money.order(TOMORROW))
    path, owed = f"/settlement/orders/{order.order_no}", _owed(money)
    result = result_file(order.reference, (1, 150_000, "PAID", ""))
    browser.sign_in(SECOND)
    assert f"PO{order.order_no:06d}" in browser.get(path).text
    assert _upload(browser, path, result.replace(b"150000", b"150001")) == 409
    assert _upload(browser, path, result_file("PO000099", (1, 150_000, "PAID", ""))) == 409
    assert browser.send("POST", path, data={"csrf": browser.token, "deed": "result"}).status_code == 409  # no file
    assert _state(money, order) == "OPEN"
    assert f'href="/console{path}"' in browser.get("/settlement/orders?outcome=open").text
    assert _upload(browser, path, result) == 303
    assert _state(money, order) == "PAID"
    assert f'href="/console{path}"' not in browser.get("/settlement/orders?outcome=open").text
    money.effects()
    assert (owed, _owed(money)) == (150_000, 0)

    (link,) = re.findall(r'href="/console([^"]*/results/[^"]*)"', browser.get(path).text)
    assert browser.get(link).content == result
    assert browser.get(f"{path}/results/{'0' * 16}").status_code == 409


def test_two_people_rule_on_an_item_that_no_file_ends(money: Money, browser: Browser) -> None:
    order = money.send_to_bank(money.order(TOMORROW))
    path = f"/settlement/orders/{order.order_no}"
    ruled = {"deed": "propose_ruling", "item_no": "1", "outcome": "RETURNED", "finding": "银行来函 2026-118"}
    browser.sign_in(FINANCE)
    assert "提出裁定" not in browser.get(path).text  # the payer states no outcome of what was paid
    assert browser.post(path, **ruled).status_code == 409
    browser.sign_in(MAKER)
    browser.get(path)
    for finding in ("", "见函\x1b[2J第 7 号", "长" * 201):
        assert browser.post(path, **{**ruled, "finding": finding}).status_code == 409, finding
    assert browser.post(path, **{**ruled, "outcome": "OPEN"}).status_code == 409
    assert browser.post(path, **ruled).status_code == 303
    browser.get(path)
    assert browser.post(path, **ruled).status_code == 409  # one waits already
    assert browser.post(path, deed="approve_ruling", item_no="1").status_code == 409  # one's own
    assert browser.post(path, deed="withdraw_ruling", item_no="1").status_code == 303
    assert "银行来函" not in browser.get(path).text
    assert browser.post(path, **ruled).status_code == 303

    browser.sign_in(SECOND)
    assert "/console/settlement/orders?outcome=ruling" in browser.page
    assert f'href="/console{path}"' in browser.get("/settlement/orders?outcome=ruling").text
    browser.get(path)
    assert browser.post(path, deed="withdraw_ruling", item_no="1").status_code == 409
    assert browser.post(path, deed="refuse_ruling", item_no="1", refusal=" ").status_code == 409
    assert browser.post(path, deed="refuse_ruling", item_no="1", refusal="来函是另一笔").status_code == 303
    assert _state(money, order) == "OPEN"
    browser.sign_in(MAKER)
    browser.get(path)
    browser.post(path, **ruled)
    browser.sign_in(SECOND)
    browser.get(path)
    assert browser.post(path, deed="approve_ruling", item_no="1").status_code == 303
    assert _state(money, order) == "RETURNED"
    browser.get("/settlement")
    again = browser.post("/settlement", deed="order", kind="BILLER", date=str(TOMORROW))
    assert again.status_code == 303  # what the bank gave back is owed as before

    browser.post("/language", language="en")
    shown = re.sub(r"四川电力|张三|李四|银行来函 2026-118|中文", "", browser.get(path).text)
    assert re.findall(r"[一-鿿]+", shown) == []


def test_the_maker_takes_an_order_back_before_it_is_decided(money: Money, browser: Browser) -> None:
    order = money.order(TOMORROW)
    path = f"/settlement/orders/{order.order_no}"
    browser.sign_in(FINANCE)
    browser.get(path)
    assert browser.post(path, deed="withdraw").status_code == 409  # somebody else made it
    browser.sign_in(MAKER)
    browser.get(path)
    assert browser.post(path, deed="withdraw").status_code == 303
    with money.engine.connect() as connection:
        assert find_order(connection, order.order_no).state == "WITHDRAWN"
    assert _state(money, order) == "CANCELLED"
    browser.sign_in(FINANCE)
    browser.get(path)
    assert browser.post(path, deed="approve").status_code == 409
    again = money.send_to_bank(money.order(TOMORROW))
    assert (again.order_no, again.amount_fen) == (order.order_no + 1, order.amount_fen)
    browser.sign_in(MAKER)
    browser.get(f"/settlement/orders/{again.order_no}")
    assert browser.post(f"/settlement/orders/{again.order_no}", deed="withdraw").status_code == 409
