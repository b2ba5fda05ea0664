"""Corrections, disputes and known faults in the console: two people, a finding before anything stands, the board."""

from __future__ import annotations

import re

from hq_server.disputes.case_clock import run_clock
from station_journal.facts.cash import CashMoved, CashReason
from station_journal.facts.disputes import (
    CaseAnswered,
    CaseRuled,
    CorrectionAnswer,
    CorrectionAnswered,
    CorrectionProposed,
    DisputeGround,
)
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import CLERK, CODE, FINANCE, Counter
from tests.hq_server.people import MAKER, SECOND

PROPOSAL = {
    "deed": "propose",
    "station_code": CODE,
    "book": "CREDIT",
    "cited_side": "STATION",
    "cited_seq": "1",
    "reason": "AMOUNT_DIFFERS",
    "explanation": "购买单为 72.60",
    "old": "472.60",
    "new": "72.60",
    "title": "对账单",
    "evidence": "户号 0081234567 应收 72.60",
}


def test_from_a_proposal_to_a_ruling_each_by_two_people(browser: Browser, second: Browser, counter: Counter) -> None:
    browser.sign_in(MAKER)
    second.sign_in(SECOND)
    browser.get("/corrections")
    assert browser.post("/corrections", **{**PROPOSAL, "new": "472.60"}).status_code == 409
    assert "新旧金额相同" in browser.page
    assert 'value="购买单为 72.60"' in browser.page, "what was typed is still there"
    assert browser.post("/corrections", **PROPOSAL).status_code == 303
    assert "须由另一人审批" in browser.get("/corrections").text
    decision = {"deed": "approve", "station_code": CODE, "correction_no": "1"}
    assert browser.post("/corrections", **decision).status_code == 409
    second.get("/corrections")
    assert f'href="/console/stations/{CODE}/records/S/1"' in second.page, "who approves sees what it is about"
    assert _read(second, "对账单") == PROPOSAL["evidence"]
    second.get("/corrections")
    assert second.post("/corrections", **decision).status_code == 303
    counter.post()
    assert len(counter.told(CorrectionProposed)) == 1
    counter.send(CorrectionAnswered(1, CorrectionAnswer.DISPUTED, DisputeGround.FIGURE_WRONG, "当天停电"))
    run_clock(counter.engine, counter.journal, counter.clock())
    counter.post()
    assert f"/console/disputes/{CODE}/1" in browser.get("/disputes").text
    assert re.search(r"<b>1</b> 件争议未了结", browser.get("/").text)
    page = browser.get(f"/disputes/{CODE}/1").text
    assert "争议中, 原因未查明" in page
    assert "当天停电" in page
    where = f"/disputes/{CODE}/1"
    assert browser.post(where, deed="answer", answer="已去函供电公司").status_code == 303
    counter.post()
    assert [fact.answer for fact in counter.told(CaseAnswered)] == ["已去函供电公司"]
    found = {"deed": "rule", "cause": "NOT_FOUND", "finding": "查不出", "title": "来函", "evidence": "来函全文"}
    browser.get(where)
    assert browser.post(where, **found, stands="400.00").status_code == 409, "nothing stands without a cause"
    assert browser.post(where, **found, stands="0.00").status_code == 303
    browser.get(where)
    assert browser.post(where, deed="approve").status_code == 409
    second.get(where)
    assert _read(second, "对账单") == PROPOSAL["evidence"]
    assert _read(second, "来函") == "来函全文"
    assert f'href="/console/stations/{CODE}/records/S/1"' in second.page
    assert second.post(where, deed="approve").status_code == 303
    counter.post()
    assert _read(second, "来函", where) == "来函全文", "it stays readable with what was found"
    assert [fact.stands_fen for fact in counter.told(CaseRuled)] == [0]
    assert f"/console{where}" not in browser.get("/disputes").text, "what is closed leaves the list of open ones"
    assert f"/console{where}" in browser.get("/disputes?state=3").text


def test_who_proposed_takes_it_back_before_it_is_decided(browser: Browser, second: Browser, counter: Counter) -> None:
    browser.sign_in(MAKER)
    second.sign_in(SECOND)
    browser.get("/corrections")
    assert browser.post("/corrections", **PROPOSAL).status_code == 303
    taken = {"deed": "withdraw", "station_code": CODE, "correction_no": "1"}
    second.get("/corrections")
    assert second.post("/corrections", **taken).status_code == 409, "somebody else's"
    browser.get("/corrections")
    assert browser.post("/corrections", **taken).status_code == 303
    second.get("/corrections")
    assert second.post("/corrections", **{**taken, "deed": "approve"}).status_code == 409
    browser.get("/corrections")
    assert browser.post("/corrections", **PROPOSAL).status_code == 303, "the same record is free again"
    second.get("/corrections")
    assert second.post("/corrections", **{**taken, "deed": "approve", "correction_no": "2"}).status_code == 303
    counter.post()
    counter.send(CorrectionAnswered(2, CorrectionAnswer.DISPUTED, DisputeGround.FIGURE_WRONG, ""))
    run_clock(counter.engine, counter.journal, counter.clock())
    counter.post()

    where = f"/disputes/{CODE}/1"
    found = {"deed": "rule", "cause": "NOT_FOUND", "finding": "查不出", "title": "来函", "evidence": "来函全文"}
    browser.get(where)
    assert browser.post(where, **found, stands="0.00").status_code == 303
    second.get(where)
    assert second.post(where, deed="withdraw").status_code == 409
    browser.get(where)
    assert browser.post(where, deed="withdraw").status_code == 303
    second.get(where)
    assert second.post(where, deed="approve").status_code == 409
    assert counter.told(CaseRuled) == []
    browser.get(where)
    assert browser.post(where, **found, stands="0.00").status_code == 303


def _read(browser: Browser, title: str, path: str = "") -> str:
    """Read the evidence that the page shows under a title."""
    page = browser.get(path).text if path else browser.page
    link = re.search(rf'href="/console(/evidence/[^"]*)">{title}</a>', page)
    assert link, page
    answer = browser.get(link[1])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    return answer.text


def test_evidence_is_read_by_those_who_decide_and_of_its_own_station(browser: Browser) -> None:
    browser.sign_in(MAKER)
    browser.get("/corrections")
    data = b"\x89PNG picture"
    fields = {**PROPOSAL, "csrf": browser.token, "evidence": ""}
    sent = browser.send("POST", "/corrections", data=fields, files={"file": ("paper.png", data)})
    assert sent.status_code == 303
    link = re.search(r'href="/console(/evidence/[^"]*)">', browser.get("/corrections").text)
    assert link
    answer = browser.get(link[1])
    assert (answer.content, answer.headers["content-type"]) == (data, "application/octet-stream")
    assert answer.headers["content-disposition"].startswith("attachment")
    for wrong in (link[1].replace(CODE, "ST-0999"), f"/evidence/{CODE}/zz", f"/evidence/{CODE}/{'0' * 64}"):
        assert browser.get(wrong).status_code == 409, wrong
    browser.sign_in(CLERK)
    assert browser.get(link[1]).status_code == 403


def test_an_unknown_case_is_one_sentence(browser: Browser) -> None:
    browser.sign_in(MAKER)
    for place in ("7", "x", "9" * 20):
        assert "没有争议" in browser.get(f"/disputes/{CODE}/{place}").text
    browser.get("/corrections")
    for place in ("7", "x"):
        for deed in ("answer", "give", "rule", "approve", "refuse", ""):
            fields = {"deed": deed, "owner_no": "12", "cause": "HQ_ERROR", "title": "t", "evidence": "e", "why": "w"}
            answer = browser.post(f"/disputes/{CODE}/{place}", **fields, answer="a", finding="f")
            assert answer.status_code in {403, 404, 409}, (place, deed)


def test_a_fault_is_entered_and_ended_and_what_is_no_rule_is_refused(browser: Browser, counter: Counter) -> None:
    counter.send(CashMoved(1, CashReason.OWNER_IN, 100), CashMoved(1, CashReason.OWNER_IN, 100))
    browser.sign_in(MAKER)
    browser.get("/faults")
    fault = {"deed": "enter", "predicate": "RULE_BROKEN", "parameters": '{"reason": "OPERATION_TWICE"}'}
    fault |= {"title": "重复入账", "title_en": "Booked twice", "since": "2026-11-01"}
    fault |= {"work_around": "先看清单", "work_around_en": "Look first"}
    for wrong in (
        {"parameters": "{"},
        {"parameters": "[" * 2_000},
        {"parameters": "[]"},
        {"predicate": "NONE"},
        {"since": "x"},
    ):
        assert browser.post("/faults", **{**fault, **wrong}).status_code == 409
    assert browser.post("/faults", **fault).status_code == 303
    assert "重复入账" in browser.get("/faults").text
    assert browser.post("/faults", deed="end", fault_no="1", remedy="已更新", remedy_en="Updated").status_code == 303
    assert "已修好" in browser.get("/faults").text


def test_each_list_is_exported(browser: Browser) -> None:
    browser.sign_in(FINANCE)
    for path in ("/corrections.xlsx", "/disputes.xlsx", "/faults.xlsx"):
        assert browser.get(path).content[:2] == b"PK"
