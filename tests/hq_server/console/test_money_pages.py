"""A month's money in the console: two people, each page in both languages, files and papers to keep."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, insert

from hq_server import credit
from hq_server.commission.tax import TaxRegime
from hq_server.console.app import console_router
from hq_server.console.visits import ConsoleDesk
from hq_server.db.reference_tables import staff
from hq_server.reference.staff import Role, StaffMember
from station_journal.accounts import Account
from station_journal.facts.commission import DISTRIBUTION_PRODUCT
from tests.hq_server.commission.test_runs import NOVEMBER, Month, _sold_and_matched
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, CODE, FINANCE
from tests.hq_server.people import _QUICK_HASH, MAKER, NOON
from tests.hq_server.reconciliation.test_day_run import TODAY, TOMORROW
from tests.hq_server.settlement.test_a_month import Money
from tests.hq_server.settlement.test_returned_payments import debited

GOODS = StaffMember(41, "赵六", Role.DISTRIBUTION)


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
    month = f"/commission/months/{NOVEMBER}"
    browser.sign_in(MAKER)
    browser.get("/commission")
    for none in ("2026-13", "0000-05", "9999-12", "x"):
        assert browser.post("/commission", month=none, early="1").status_code == 409
    assert browser.post("/commission", month="2026-11").status_code == 409  # it has not ended
    listed = browser.post("/commission", month="2026-11", early="1").headers["location"]
    assert listed == f"/console{month}?done=listed"
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
    assert "/settlement/windows/BILLER/SCDL/1" in browser.get(order).text  # what it pays opens to its ledger lines
    for path in [*paths, "/settlement/windows/BILLER/SCDL/1"]:
        assert browser.get(f"{path}.xlsx").content.startswith(b"PK"), path
    for path in [f"/commission/months/{NOVEMBER + 1}", "/commission/months/x", "/settlement/orders/99", f"{month}/XX"]:
        assert browser.get(path).status_code == 409, path

    browser.get("/")
    browser.post("/language", language="en")
    for path in [*paths, "/settlement/windows/BILLER/SCDL/1"]:
        shown = re.sub(r"四川电力|张三|王五|李四|太平镇便民服务站|江油支局|中文", "", browser.get(path).text)
        assert re.findall(r"[一-鿿]+", shown) == [], path


def test_a_station_is_paid_once_its_invoice_is_entered_in_the_console(engine: Engine, tmp_path: Path):
    money = Month(engine, tmp_path, TaxRegime.BUSINESS_INVOICE)
    made = FastAPI(openapi_url=None)
    made.include_router(console_router(ConsoleDesk(money.engine, money.counter.journal, money.clock)))
    browser = Browser(made)
    _sold_and_matched(money, 100_000, 50_000)
    gross_fen = money.list().gross_fen
    money.approve()
    month, page = f"/commission/months/{NOVEMBER}", "/commission/invoices"
    browser.sign_in(FINANCE)
    (missing,) = re.findall(r'href="/console(/commission/invoices[^"]*)">1</a>', browser.get(month).text)
    refused = browser.post(month, deed="pay", profile="own")
    assert (refused.status_code, "酬金发票" in refused.text) == (409, True)
    assert CODE in browser.get(missing.replace("&amp;", "&")).text

    entry = {
        "station_code": CODE,
        "month": "2026-11",
        "invoice_no": "2651 2000 0001",
        "amount": f"{gross_fen / 100:.2f}",
    }
    for wrong in ({"amount": "0.01"}, {"invoice_no": "="}, {"month": "2026-10"}, {"station_code": "XX"}):
        browser.get(page)
        assert browser.post(page, **{**entry, **wrong}).status_code == 409, wrong
    assert browser.post(page, **entry).status_code == 303
    browser.get(page)
    assert browser.post(page, **entry).status_code == 409
    assert "没有凭票支付的酬金" in browser.get(missing.replace("&amp;", "&")).text
    assert "265120000001" in browser.get(f"{page}?state=ENTERED&q=0001").text
    assert "缺发票" not in browser.get(month).text
    assert browser.post(month, deed="pay", profile="own").status_code == 200

    browser.sign_in(MAKER)
    assert "登记</button>" not in browser.get(page).text
    assert browser.post(page, **{**entry, "invoice_no": "2"}).status_code == 409  # whoever makes the list enters none
    browser.get("/")
    browser.post("/language", language="en")
    shown = re.sub(r"张三|太平镇便民服务站|江油支局|中文", "", browser.get(page).text)
    assert re.findall(r"[一-鿿]+", shown) == []
    assert browser.get(f"{page}.xlsx").content.startswith(b"PK")


def _bought(money: Money, fen: int, slip: str) -> int:
    with money.engine.begin() as connection:
        made = credit.enter(connection, CLERK, CODE, fen, slip, money.clock())
        credit.approve(connection, money.counter.journal, BRANCH_HEAD, CODE, made.purchase_no, money.clock())
    return made.purchase_no


def test_a_line_of_the_bank_is_matched_by_its_number_or_by_two_people(money: Money, browser: Browser):
    _bought(money, 60_000, "JK20261123-01")
    one, two = (_bought(money, 60_000, f"slip {number}") for number in (2, 3))
    money.at_the_bank(60_000, "缴款 JK20261123-01")
    line = f"/bank/{money.at_the_bank(120_000, '缴款')}"
    browser.sign_in(MAKER)
    browser.get("/bank")
    assert browser.post("/bank", deed="match").status_code == 303
    page = browser.get("/bank").text
    assert "1,200.00" in page  # the one line left
    assert "JK20261123-01" not in page
    assert "JK20261123-01" in browser.get("/bank?state=PURCHASE").text
    assert "slip 2" in browser.get(line).text
    said = {"deed": "propose", "finding": "柜员交款单 2 和 3"}
    assert browser.post(line, **said).status_code == 409
    assert "1,200.00" in browser.post(line, **said, pick=f"{CODE}={one}").text  # half of it is not the line's sum
    assert browser.post(line, **said, pick=[f"{CODE}={one}", f"{CODE}={two}"]).status_code == 303
    browser.get(line)
    assert browser.post(line, deed="approve").status_code == 409  # whoever said it has no second voice
    browser.sign_in(FINANCE)
    assert '/console/bank?state=PROPOSED"><b>2</b>' in browser.get("/").text
    browser.get(line)
    assert browser.post(line, deed="refuse").status_code == 409
    assert browser.post(line, deed="approve").status_code == 303
    assert "没有未对应的流水" in browser.get("/bank").text
    assert "额度购买都已到账" in browser.get("/bank/purchases").text
    assert money.unexplained() == 0
    for path in ("/bank", "/bank/purchases"):
        assert browser.get(f"{path}.xlsx").content.startswith(b"PK")
    assert browser.get("/bank/1/2026-11-23/1/1").status_code == 409


def test_what_a_branch_reports_is_approved_by_the_centre_it_concerns(money: Money, browser: Browser):
    with money.engine.begin() as connection:
        row = {"staff_no": GOODS.staff_no, "name": GOODS.name, "role": GOODS.role.value, "password_hash": _QUICK_HASH}
        connection.execute(insert(staff).values(**row, created_at=NOON))
    browser.sign_in(BRANCH_HEAD)
    browser.get("/commission/figures")
    said = {"deed": "enter", "station_code": CODE, "month": "2026-11", "product": str(DISTRIBUTION_PRODUCT)}
    assert browser.post("/commission/figures", **said, items="3", base="x", evidence="月报 7").status_code == 409
    assert browser.post("/commission/figures", **said, items="3", base="270.00", evidence="月报 7").status_code == 303
    assert "月报 7" in browser.get("/commission/figures").text
    assert 'value="approve"' not in browser.page
    browser.sign_in(GOODS)
    browser.get("/commission/figures?state=PROPOSED")
    assert browser.post("/commission/figures", deed="approve", station_code=CODE, figure_no="1").status_code == 303
    assert "已批准" in browser.get("/commission/figures?q=月报&month=202611").text
    browser.post("/language", language="en")
    told = browser.get("/commission/figures").text.replace("中文", "").replace("月报", "")
    assert re.findall(r"[一-鿿]+", re.sub("赵六|王五", "", told)) == []


def test_a_payment_that_the_bank_gave_back_without_a_number_is_named_by_one_and_approved_by_another(
    money: Money, browser: Browser
):
    _sold_and_matched(money, 100_000)
    money.clock.step(days=1)
    money.settle(TODAY)
    order = money.send_to_bank(money.order(TOMORROW))
    money.at_the_bank(-100_000, order.reference)
    money.read_statement()
    line = f"/bank/{money.at_the_bank(100_000, 'AC01 退汇')}"
    browser.sign_in(MAKER)
    assert f"{order.reference}-1 BILLER:SCDL" in browser.get(line).text
    said = {"deed": "returned", "finding": "退汇凭证 118"}
    assert browser.post(line, **said).status_code == 409
    assert browser.post(line, **said, payment="x=1").status_code == 409
    assert browser.post(line, **said, payment=f"{order.order_no}=1").status_code == 303
    browser.get(line)
    assert browser.post(line, deed="approve").status_code == 409  # whoever said it has no second voice
    browser.sign_in(FINANCE)
    assert '/console/bank?state=PROPOSED"><b>1</b>' in browser.get("/").text
    assert "账号有误" in browser.get(line).text
    assert browser.post(line, deed="approve").status_code == 303
    money.effects()
    assert money.books().fen(Account.BILLER_PAYABLE, "SCDL") == 100_000
    assert "退汇" in browser.get("/bank?state=RETURN").text
    assert "AC01" in browser.get(f"/settlement/orders/{order.order_no}").text
    assert money.unexplained() == 0


def test_a_debit_that_came_back_without_a_number_is_named_by_one_and_approved_by_another(
    money: Money, browser: Browser
):
    order = debited(money)
    money.result(order, (1, 60_000, "PAID", ""))
    money.at_the_bank(60_000, order.reference)
    money.read_statement()
    line = f"/bank/{money.at_the_bank(-60_000, '退票')}"
    browser.sign_in(MAKER)
    page = browser.get(line).text
    assert "或是退回的代扣" in page
    assert f"{order.reference}-1 {CODE}" in page
    said = {"deed": "returned", "finding": "退票通知 7"}
    assert browser.post(line, **said, payment=f"{order.order_no}=1").status_code == 303
    browser.sign_in(FINANCE)
    assert "额度还在站点" in browser.get(line).text
    assert browser.post(line, deed="approve").status_code == 303
    money.effects()
    assert (money.unexplained(), money.books().agrees) == (0, True)
