"""The page of withdrawals: what is not over is seen over all stations, and two people say what the bank did."""

from __future__ import annotations

import re

from station_journal.facts.withdrawals import (
    BankAnswered,
    BankWordSource,
    FeePayer,
    FirstFreeScope,
    WithdrawalTermsAgreed,
)
from tests.factories import withdrawal as wd
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import BRANCH_HEAD, CODE, Counter
from tests.hq_server.people import ADMIN, MAKER, SECOND


def _intended(counter: Counter, amount_fen: int = 50_000) -> int:
    counter.operations += 1
    (seq,) = counter.send(wd.intended(counter.operations, amount_fen=amount_fen))
    return seq


def _proposal(seq: int, outcome: str = "NOT_DEBITED") -> dict[str, str]:
    finding = {"finding": "银行来函第 7 号", "bank_no": "", "outcome": outcome}
    return {"deed": "propose", "station_code": CODE, "seq": str(seq), **finding}


def test_an_unknown_withdrawal_is_ruled_on_by_two_people(browser: Browser, second: Browser, counter: Counter) -> None:
    seq, over = _intended(counter), _intended(counter, 12_000)
    counter.send(wd.failed(over))
    browser.sign_in(MAKER)
    shown = browser.get("/withdrawals").text
    assert "500.00" in shown
    assert "120.00" not in shown  # it is over, and found by its state
    assert "120.00" in browser.get("/withdrawals?state=6").text
    assert "500.00" in browser.get("/withdrawals?q=江油").text
    assert "没有未了结的取款" in browser.get("/withdrawals?q=绵阳").text
    browser.get("/withdrawals")
    assert browser.post("/withdrawals", **{**_proposal(seq), "finding": "x"}).status_code == 409
    for wrong in ({"outcome": ""}, {"finding": "见函\x1b[2J第 7 号"}, {"bank_no": "7" * 65}, {"bank_no": "\x1b7"}):
        assert browser.post("/withdrawals", **{**_proposal(seq), **wrong}).status_code == 409, wrong
    assert browser.post("/withdrawals", **_proposal(seq)).status_code == 303
    browser.get("/withdrawals")
    again = browser.post("/withdrawals", **_proposal(seq, "DEBITED"))
    assert (again.status_code, "已有待审批的裁定" in again.text) == (409, True)
    browser.get("/withdrawals")
    mine = browser.post("/withdrawals", deed="approve", station_code=CODE, seq=str(seq))
    assert (mine.status_code, "须由另一人审批" in mine.text) == (409, True)
    assert counter.told(BankAnswered) == []

    second.sign_in(SECOND)
    assert "<b>1</b> 笔取款未了结" in second.page
    (link,) = re.findall(r'href="/console(/withdrawals[^"]*)"><b>1</b> 笔取款裁定', second.page)
    waiting = second.get(link.replace("&amp;", "&")).text
    assert "银行来函第 7 号" in waiting
    assert second.post("/withdrawals", deed="approve", station_code=CODE, seq=str(seq)).status_code == 303
    answer = BankAnswered(
        seq, debited=False, source=BankWordSource.RULING, bank_no="", fee_fen=0, reason="银行来函第 7 号"
    )
    assert counter.told(BankAnswered) == [answer]
    assert "银行来函第 7 号" not in second.get("/withdrawals?ruling=PROPOSED&state=").text
    counter.post()
    assert "未扣款" in second.get("/withdrawals?state=").text


def test_nobody_rules_without_the_right_and_every_word_has_its_pair(browser: Browser, counter: Counter) -> None:
    seq = _intended(counter)
    for member in (ADMIN, BRANCH_HEAD):
        browser.sign_in(member)
        assert "提出裁定" not in browser.get("/withdrawals").text
        assert browser.post("/withdrawals", **_proposal(seq)).status_code == 409
    browser.sign_in(MAKER)
    browser.post("/withdrawals", **_proposal(seq))
    browser.get("/")
    browser.post("/language", language="en")
    shown = re.sub("中文|张三|江油支局|银行来函第 7 号", "", browser.get("/withdrawals").text)
    assert re.findall(r"[一-鿿]+", shown) == []
    assert browser.get("/withdrawals.xlsx").content.startswith(b"PK")


def test_terms_are_entered_by_one_and_approved_by_another(browser: Browser, second: Browser, counter: Counter) -> None:
    typed = {"deed": "enter", "station_code": CODE, "from": "2026-12-01", "acquirer_code": "100", "restores": "1"}
    typed |= {"acquirer_name": "邮政储蓄银行", "acquirer_name_en": "Postal Savings Bank", "allowance": "8000.00"}
    typed |= {"cap": "2000.00", "least": "10.00", "fee": "0.00", "payer": str(int(FeePayer.WAIVED))}
    typed |= {"free": str(int(FirstFreeScope.NONE))}
    browser.sign_in(MAKER)
    page = "/withdrawals/terms"
    browser.get(page)
    for wrong in ({"from": "x"}, {"payer": "9"}, {"least": "0.00"}, {"station_code": "XX"}, {"acquirer_name": ""}):
        assert browser.post(page, **{**typed, **wrong}).status_code == 409, wrong
    assert browser.post(page, **typed).status_code == 303
    browser.get(page)
    decision = {"deed": "approve", "station_code": CODE, "terms_no": "1"}
    assert browser.post(page, **decision).status_code == 409  # one's own
    second.sign_in(ADMIN)
    second.get(page)
    assert second.post(page, **decision).status_code == 409
    second.sign_in(SECOND)
    assert '/console/withdrawals/terms?state=ENTERED"><b>1</b>' in second.page
    assert "8,000.00" in second.get(f"{page}?state=ENTERED").text
    assert second.post(page, **decision).status_code == 303
    (told,) = counter.told(WithdrawalTermsAgreed)
    assert (told.payout_allowance_fen, told.fee_fen, told.fee_payer) == (800_000, 0, FeePayer.WAIVED)
    assert (told.restores_credit, told.maker_no, told.approver_no) == (True, MAKER.staff_no, SECOND.staff_no)
    second.get("/")
    second.post("/language", language="en")
    shown = re.sub("中文|李四|邮政储蓄银行", "", second.get(page).text)
    assert re.findall(r"[一-鿿]+", shown) == []
