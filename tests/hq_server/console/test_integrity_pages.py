"""What the checks found is on pages with the records it is about; so are rates of branches, and running dues."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text

from hq_server.commission.rate_tables import rates_now
from hq_server.commission.rates import RateKind
from hq_server.gateway.answering import Evidence, end_unknown
from hq_server.integrity.nightly import NightlyCheck
from station_journal.facts.commission import DISTRIBUTION_PRODUCT
from station_journal.records import AnswerSource, Outcome
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import BRANCH_HEAD, CODE, FINANCE, Counter
from tests.hq_server.people import ADMIN, MAKER, NOON


def test_what_the_night_found_is_seen_with_the_record_it_is_about(browser: Browser, counter: Counter) -> None:
    counter.pay("0081234567", "B1", 7_260)
    check = NightlyCheck(counter.journal)
    check.check(counter.engine, [CODE], counter.clock())
    browser.sign_in(ADMIN)
    assert "没有警示" in browser.get("/integrity").text
    assert "一致" in browser.get("/integrity/checks").text
    with counter.engine.begin() as connection:
        connection.execute(text("UPDATE balances SET balance_fen = balance_fen + 100 WHERE account = 1001"))
    counter.clock.step(days=1)
    check.check(counter.engine, [CODE], counter.clock())
    browser.sign_in(ADMIN)
    page = browser.get("/integrity").text
    assert "总部账与流水不一致" in page
    assert "1.00" in page
    assert f"/console/integrity/faults?q={CODE}" in browser.get("/integrity/checks?found=faulty").text
    page = browser.get(f"/integrity/faults?q={CODE}").text
    assert "1.00" in page
    assert "1001 的余额存为" in page
    assert "the balance of 1001" not in page
    assert '<a href="/console/integrity">' in browser.get("/").text
    with counter.engine.connect() as connection:
        digests = [bytes(row[0]).hex() for row in connection.execute(text("SELECT digest FROM network_digests"))]
    assert len(digests) == 2
    page = browser.get("/integrity/digests").text
    assert all(digest in page for digest in digests)
    assert "没有分叉" in browser.get("/integrity/forks").text


def test_a_rate_of_a_branch_holds_once_a_second_person_approves_it(
    browser: Browser, second: Browser, counter: Counter
) -> None:
    of = {"product": str(DISTRIBUTION_PRODUCT), "from": "2026-11-01"}
    rate = {**of, "deed": "enter", "basis": "TIERS", "rate": "100 0.50\n0.80", "version": "2026-1"}
    browser.sign_in(MAKER)
    browser.get("/commission/rates")
    for wrong in ({"basis": "NONE"}, {"rate": "x 1"}, {"basis": "RATIO", "rate": "0.00001"}, {"product": "101"}):
        assert browser.post("/commission/rates", **{**rate, **wrong}).status_code == 409
    assert browser.post("/commission/rates", **rate).status_code == 303
    page = browser.get("/commission/rates").text
    assert "&lt;= 100: 0.50; &gt; 100: 0.80" in page
    assert browser.post("/commission/rates", deed="approve", **of).status_code == 409
    second.sign_in(FINANCE)
    second.get("/commission/rates")
    assert second.post("/commission/rates", deed="approve", **of).status_code == 303
    with counter.engine.connect() as connection:
        (held,) = [one for one in rates_now(connection).rates if one.product_code == DISTRIBUTION_PRODUCT]
    assert (held.kind, held.tiers, held.valid_from) == (RateKind.TIERS, ((100, 50), (0, 80)), date(2026, 11, 1))
    later = {**of, "from": "2026-12-01"}
    assert browser.post("/commission/rates", **{**rate, **later, "basis": "RATIO", "rate": "0.5"}).status_code == 303
    assert "0.5%" in browser.get("/commission/rates").text
    assert second.post("/commission/rates", deed="refuse", refusal="文号不对", **later).status_code == 303
    assert "文号不对" in browser.get("/commission/rates?state=REFUSED").text


def test_what_is_owed_is_seen_before_the_window_is_cut(browser: Browser, counter: Counter) -> None:
    seq = counter.pay("0081234567", "B1", 7_260)
    with counter.engine.begin() as connection:
        evidence = Evidence(Outcome.CONFIRMED, AnswerSource.REPLY, "N1")
        end_unknown(connection, counter.journal, CODE, seq, evidence, NOON)
    counter.post()
    browser.sign_in(BRANCH_HEAD)
    page = browser.get("/settlement/running").text
    assert page.count("72.60") == 4  # owed since, with what is closed, and both in the totals
    assert "没有, 不能付款" in page
    counter.clock.step(days=1)
    browser.sign_in(MAKER)
    browser.get("/payees")
    terms = {"kind": "BILLER", "party": "SCDL", "from": "2026-01-01"}
    entered = {**terms, "deed": "enter", "name": "四川电力", "account": "5100", "cycle": "DAY", "days": "1"}
    assert browser.post("/payees", **entered).status_code == 303
    browser.sign_in(FINANCE)
    browser.get("/payees")
    assert browser.post("/payees", deed="approve", **terms).status_code == 303
    assert browser.post("/settlement", deed="settle", date="2026-11-23").status_code == 303
    page = browser.get("/settlement/running").text
    assert "2026-11-23" in page
    assert page.count("72.60") == 4  # closed and not paid yet, together, and both in the totals
    assert page.count("0.00") >= 1
    assert "72.60" in browser.get("/settlement/windows/BILLER/SCDL/1").text
