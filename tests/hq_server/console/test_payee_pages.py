"""Payees and direct-debit mandates in the console: one person enters, another compares and approves."""

from __future__ import annotations

import io
from datetime import date

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from hq_server.commission.agreements import NOBODY, Agreement, agreement_on, enter_agreement, refuse_uncompared
from hq_server.commission.tax import TaxRegime
from hq_server.db.commission_tables import agreements
from hq_server.db.reference_tables import audit_entries
from hq_server.settlement.mandates import list_mandates
from hq_server.settlement.payees import PayeeKind, payee_on
from hq_server.wording import RefusedError
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, CODE, FINANCE, Counter
from tests.hq_server.people import ADMIN, MAKER, SECOND

PAYEE = {"kind": "SENDER", "party": "JD", "from": "2026-11-01"}
TERMS = {**PAYEE, "name": "京东物流", "account": "5100 1870 8360", "cycle": "WEEK", "days": "2", "deed": "enter"}
MANDATE = {"station_code": CODE, "mandate_no": "WT-1"}
MANDATE_TERMS = {
    **MANDATE,
    "deed": "enter",
    "holder": "张三",
    "account": "62179900022",
    "most": "2000",
    "from": "2026-01-01",
}


def test_a_payee_is_paid_only_after_a_second_person_has_compared_it(
    browser: Browser, second: Browser, counter: Counter
) -> None:
    def in_force() -> str:
        with counter.engine.connect() as connection:
            return payee_on(connection, PayeeKind.SENDER, "JD", date(2026, 11, 20)).account_no

    browser.sign_in(MAKER)
    browser.get("/payees")
    for wrong in (
        {"account": "x1"},
        {"cycle": "NEVER"},
        {"kind": "ME"},
        {"days": "99"},
        {"from": "soon"},
        {"name": " "},
    ):
        assert browser.post("/payees", **{**TERMS, **wrong}).status_code == 409
    assert browser.post("/payees", **TERMS).status_code == 303
    assert "须由另一人审批" in browser.get("/payees?state=PROPOSED").text
    assert "/console/payees?state=PROPOSED" in browser.get("/").text
    assert browser.post("/payees", deed="approve", **PAYEE).status_code == 409
    with pytest.raises(RefusedError):
        in_force()
    second.sign_in(FINANCE)
    page = second.get("/payees").text
    assert "510018708360" in page
    assert "京东物流" in page
    assert second.post("/payees", deed="refuse", **PAYEE).status_code == 409  # without a reason
    assert second.post("/payees", deed="approve", **PAYEE).status_code == 303
    assert second.post("/payees", deed="approve", **PAYEE).status_code == 409
    assert in_force() == "510018708360"
    book = load_workbook(io.BytesIO(second.get("/payees.xlsx?kind=SENDER").content))
    rows = list(book.active.iter_rows(values_only=True))
    assert [row[3:5] for row in rows] == [("户名", "账号"), ("京东物流", "510018708360")]


def test_accounts_are_seen_by_nobody_whose_business_they_are_not(browser: Browser) -> None:
    for member in (ADMIN, CLERK):
        browser.sign_in(member)
        for path in ("/payees", "/payees.xlsx", "/mandates", "/mandates.xlsx", "/commission/accounts"):
            assert browser.get(path).status_code == 403
        browser.get("/")
        assert browser.post("/payees", **TERMS).status_code == 403


ACCOUNT = {"station_code": CODE, "name": "张三", "regime": "LABOUR_WITHHOLDING", "licence": "", "deed": "enter"}


def test_an_account_of_commission_takes_two_people_and_the_earlier_one_stands_meanwhile(
    browser: Browser, second: Browser, counter: Counter
) -> None:
    def in_force() -> str:
        with counter.engine.connect() as connection:
            return agreement_on(connection, CODE, date(2026, 12, 2)).settlement_account

    path, first, other = "/commission/accounts", f"{CODE}:1", f"{CODE}:2"
    browser.sign_in(MAKER)
    browser.get(path)
    for wrong in (
        {"account": "x1"},
        {"regime": "NONE"},
        {"regime": "EXEMPT"},
        {"station_code": "ST-0999"},
        {"name": " "},
    ):
        answered = browser.post(path, **{**ACCOUNT, "account": "6217990001", "from": "2026-01-01", **wrong})
        assert answered.status_code == 409
    assert browser.post(path, **ACCOUNT, account="6217 9900 01", **{"from": "2026-01-01"}).status_code == 303
    assert browser.post(path, **ACCOUNT, account="6217990009", **{"from": "2026-02-01"}).status_code == 409  # one waits
    assert browser.post(path, deed="approve", named=first).status_code == 409
    with pytest.raises(RefusedError, match="no approved payee account"):
        in_force()
    assert "/console/commission/accounts?state=PROPOSED" in browser.get("/").text
    second.sign_in(FINANCE)
    second.get(path)
    assert second.post(path, deed="approve", named=first).status_code == 303
    assert in_force() == "6217990001"
    counter.clock.step(minutes=1)
    assert browser.post(path, **ACCOUNT, account="6217990002", **{"from": "2026-12-01"}).status_code == 303
    assert in_force() == "6217990001", "another account is paid to only once a second person has compared it"
    page = second.get(f"{path}?order=newest").text
    assert page.index("6217990002") < page.index("6217990001")
    assert second.post(path, deed="withdraw", named=other).status_code == 409
    assert second.post(path, deed="refuse", named=other, refusal="与店主不符").status_code == 303
    assert second.post(path, deed="approve", named=other).status_code == 409
    assert "与店主不符" in second.get(f"{path}?state=REFUSED").text
    assert browser.post(path, **ACCOUNT, account="6217990003", **{"from": "2026-12-01"}).status_code == 303
    assert browser.post(path, deed="withdraw", named=f"{CODE}:3").status_code == 303
    assert browser.post(path, **ACCOUNT, account="6217990004", **{"from": "2026-12-01"}).status_code == 303
    assert second.post(path, deed="approve", named=f"{CODE}:4").status_code == 303
    assert in_force() == "6217990004"
    with counter.engine.connect() as connection:
        query = select(audit_entries.c.actor, audit_entries.c.details).where(audit_entries.c.station_code == CODE)
        noted = connection.execute(query.where(audit_entries.c.tag == "commission.account_decided")).all()
        taken_back = connection.execute(query.where(audit_entries.c.tag == "proposals.withdrawn")).all()
    assert [(row.actor, row.details["state"]) for row in noted] == [
        ("staff:31", "APPROVED"),
        ("staff:31", "REFUSED"),
        ("staff:31", "APPROVED"),
    ]
    assert [(row.actor, row.details["terms_no"]) for row in taken_back] == [("staff:11", 3)]


def test_an_account_that_one_person_entered_before_is_compared_by_another(
    browser: Browser, second: Browser, counter: Counter
) -> None:
    terms = Agreement(CODE, date(2026, 1, 1), "张三", "6217990001", TaxRegime.LABOUR_WITHHOLDING)
    with counter.engine.begin() as connection:
        enter_agreement(connection, MAKER, terms, counter.clock())
        old = {"state": "APPROVED", "approver_no": NOBODY, "decided_at": counter.clock()}
        connection.execute(update(agreements).values(old))
        with pytest.raises(RefusedError, match="entered by one person alone"):
            refuse_uncompared([agreement_on(connection, CODE, date(2026, 12, 1))])
    browser.sign_in(MAKER)
    page = browser.get("/commission/accounts?state=ALONE").text
    assert f'name="pick" form="compared" value="{CODE}:1"' in page
    assert browser.post("/commission/accounts", deed="confirm", pick=f"{CODE}:1").status_code == 409
    second.sign_in(SECOND)
    second.get("/commission/accounts?state=ALONE")
    assert second.post("/commission/accounts", deed="confirm").status_code == 409
    assert second.post("/commission/accounts", deed="confirm", pick=f"{CODE}:1").status_code == 303
    assert second.post("/commission/accounts", deed="confirm", pick=f"{CODE}:1").status_code == 409
    with counter.engine.connect() as connection:
        refuse_uncompared([agreement_on(connection, CODE, date(2026, 12, 1))])
    assert "没有登记酬金账户" in second.get("/commission/accounts?state=ALONE").text


def test_a_mandate_is_debited_by_an_order_of_two_people_until_it_is_ended(
    browser: Browser, second: Browser, counter: Counter
) -> None:
    browser.sign_in(BRANCH_HEAD)
    browser.get("/mandates")
    assert browser.post("/mandates", **MANDATE_TERMS, until="2025-01-01").status_code == 409
    assert browser.post("/mandates", **MANDATE_TERMS, until="2029-12-31").status_code == 303
    assert browser.post("/mandates", deed="approve", **MANDATE).status_code == 409
    second.sign_in(SECOND)
    second.get("/mandates")
    debit = {"deed": "debit", "on": "2026-11-25", "pick": CODE, "each": "800"}
    assert second.post("/mandates", **debit).status_code == 409  # not approved yet
    assert second.post("/mandates", deed="approve", **MANDATE).status_code == 303
    assert f'name="pick" form="debits" value="{CODE}"' in second.get("/mandates?force=now").text
    assert second.post("/mandates", **{**debit, "each": "2000.01"}).status_code == 409
    assert second.post("/mandates", deed="debit", on="2026-11-25", each="800").status_code == 409
    assert second.post("/mandates", **debit, lines=f"{CODE} 900").status_code == 409  # twice
    order = second.post("/mandates", deed="debit", on="2026-11-25", lines=f"{CODE.lower()} 900").headers["location"]
    assert order == "/console/settlement/orders/1?done=made"
    page = second.get("/settlement/orders/1").text
    assert "委托扣款" in page
    assert "900.00" in page
    browser.get("/mandates")
    assert browser.post("/mandates", deed="end", last="2026-11-23", **MANDATE).status_code == 303
    assert browser.post("/mandates", deed="end", last="2026-11-24", **MANDATE).status_code == 409
    with counter.engine.connect() as connection:
        ((ended,), _) = list_mandates(connection)
    assert ended.valid_until == date(2026, 11, 23)
    counter.clock.step(days=1)
    second.sign_in(SECOND)
    assert "没有委托扣款书" in second.get("/mandates?force=now").text


def test_a_licence_is_a_number_that_can_be_printed(browser: Browser) -> None:
    path, terms = "/commission/accounts", {**ACCOUNT, "regime": "BUSINESS_INVOICE", "account": "62179900022"}
    browser.sign_in(FINANCE)
    browser.get(path)
    for licence in ("", "9" * 31, "9151\x1b0700"):
        assert browser.post(path, **{**terms, "from": "2026-12-01", "licence": licence}).status_code == 409, licence
    assert browser.post(path, **{**terms, "from": "2026-12-01", "licence": "91510700MA62"}).status_code == 303
