"""A form counts once, another site's counts never, and one whose session is over loses nothing that was typed."""

from __future__ import annotations

import html
import re
import threading
from typing import Any

from sqlalchemy import insert

from hq_server import credit
from hq_server.db.reference_tables import staff
from hq_server.reference.staff import Role, StaffMember
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, CODE, Counter
from tests.hq_server.people import _QUICK_HASH, NOON, SteppingClock

PURCHASE = {"deed": "enter", "station_code": CODE, "amount": "800.00", "evidence": "存款单 0001"}


def _shown_token(browser: Browser, path: str) -> str:
    browser.get(path)
    return str(re.findall(r'name="csrf" value="([^"]+)"', browser.page)[-1])


def _purchases(counter: Counter) -> list[Any]:
    with counter.engine.connect() as connection:
        return list(credit.purchases(connection))


def test_the_same_form_sent_again_has_no_second_effect(browser: Browser, counter: Counter) -> None:
    browser.sign_in(CLERK)
    token = _shown_token(browser, "/credit")
    first = browser.send("POST", "/credit", data={**PURCHASE, "csrf": token})
    assert first.status_code == 303
    again = browser.send("POST", "/credit", data={**PURCHASE, "csrf": token})
    assert again.status_code == 409
    assert "已经提交过" in again.text
    assert 'value="800.00"' in again.text  # to look at, and to send anew if another was meant
    assert len(_purchases(counter)) == 1
    assert browser.post("/credit", **PURCHASE).status_code == 303
    assert len(_purchases(counter)) == 2


def test_a_form_that_was_refused_may_be_mended_and_sent(browser: Browser, counter: Counter) -> None:
    browser.sign_in(CLERK)
    token = _shown_token(browser, "/credit")
    assert browser.send("POST", "/credit", data={**PURCHASE, "amount": "1", "csrf": token}).status_code == 409
    assert browser.send("POST", "/credit", data={**PURCHASE, "csrf": token}).status_code == 303
    assert len(_purchases(counter)) == 1


def test_a_double_click_enters_one(browser: Browser, counter: Counter) -> None:
    browser.sign_in(CLERK)
    token = _shown_token(browser, "/credit")
    statuses: list[int] = []

    def click() -> None:
        hand = Browser(browser.app)
        hand.cookies.update(browser.cookies)
        statuses.append(hand.send("POST", "/credit", data={**PURCHASE, "csrf": token}).status_code)

    hands = [threading.Thread(target=click) for _ in range(3)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert sorted(statuses) == [303, 409, 409]
    assert len(_purchases(counter)) == 1


def test_another_sites_form_is_refused_even_with_the_token(browser: Browser, counter: Counter) -> None:
    browser.sign_in(CLERK)
    token = _shown_token(browser, "/credit")
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert browser.send("POST", "/credit", data={**PURCHASE, "csrf": token}, headers=headers).status_code == 403
    assert _purchases(counter) == []


def test_what_was_typed_outlives_the_session(browser: Browser, counter: Counter, clock: SteppingClock) -> None:
    browser.sign_in(CLERK)
    browser.get("/credit")
    clock.step(minutes=31)
    answer = browser.post("/credit", **PURCHASE)
    assert answer.status_code == 403
    assert "没有办理" in answer.text
    kept = re.search(r'name="kept" value="([^"]*)"', answer.text)
    assert kept
    fields = {"staff_no": str(CLERK.staff_no), "password": "correct horse", "kept": html.unescape(kept[1])}
    back = browser.post("/sign-in", **fields)
    assert "已保留您填写的内容" in back.text
    assert 'value="800.00"' in back.text
    assert 'value="存款单 0001"' in back.text
    assert _purchases(counter) == []
    assert browser.post("/credit", **PURCHASE).status_code == 303
    assert len(_purchases(counter)) == 1


def test_a_form_of_another_site_is_not_kept_for_the_next_sign_in(browser: Browser, clock: SteppingClock) -> None:
    browser.sign_in(CLERK)
    clock.step(minutes=31)
    answer = browser.send("POST", "/credit", data=PURCHASE, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.headers["location"] == "/console/sign-in"


def test_kept_nonsense_just_opens_the_day(browser: Browser) -> None:
    for kept in ("x", "[]", '{"path": "/nowhere", "query": {}, "fields": {}}', '{"path": "/credit"}', "[" * 9_999):
        browser.get("/sign-in")
        answer = browser.post("/sign-in", staff_no=str(BRANCH_HEAD.staff_no), password="correct horse", kept=kept)
        assert answer.headers["location"] == "/console/"


def test_an_auditor_sees_every_page_and_changes_nothing(browser: Browser, counter: Counter) -> None:
    auditor = StaffMember(41, "李四", Role.AUDITOR)
    with counter.engine.begin() as connection:
        row = {"staff_no": 41, "name": auditor.name, "role": "AUDITOR", "password_hash": _QUICK_HASH}
        connection.execute(insert(staff).values(**row, created_at=NOON))
    browser.sign_in(auditor)
    answer = browser.post("/credit", **PURCHASE)
    assert answer.status_code == 403
    assert "审计只查看" in answer.text
    assert _purchases(counter) == []
