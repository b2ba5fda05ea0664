"""The branch desk beside credit over the line: codes for stations without one, sealed batches, pouches of cash."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from hq_server import audit, sealed_credit
from hq_server.audit import AuditTag
from hq_server.sealed_credit import Cost
from station_journal.facts.cash import FloatCounted, NoteLine, PouchReceived, PouchSealed, PouchSent
from station_journal.facts.grants import CodeRefusal, CreditSealed, GrantCodeRefused
from station_journal.sealed_code import is_code
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, CODE, FINANCE, Counter
from tests.hq_server.people import MAKER, NOON, SECOND

UNTIL = NOON.date() + timedelta(days=30)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A code is as slow to try as a password; here it costs next to nothing."""
    monkeypatch.setattr(sealed_credit, "Cost", lambda: Cost(8, 1))


def test_a_purchase_by_code_is_read_out_by_the_clerk_and_noted(
    browser: Browser, second: Browser, counter: Counter
) -> None:
    browser.sign_in(MAKER)
    browser.get("/sealed")
    batch = {"deed": "seal", "station_code": CODE, "amount": "500.00", "count": "2", "until": UNTIL.isoformat()}
    for wrong in ({"count": "0"}, {"amount": "1.00"}, {"until": "x"}, {"station_code": "XX"}):
        assert browser.post("/sealed", **{**batch, **wrong}).status_code == 409, wrong
    assert browser.post("/sealed", **batch).status_code == 303
    assert "1,000.00" in browser.get("/sealed").text
    decision = {"deed": "approve", "station_code": CODE, "batch_no": "1"}
    assert browser.post("/sealed", **decision).status_code == 409
    second.sign_in(SECOND)
    assert re.search(r'href="/console/sealed"><b>1</b>', second.page)
    second.get("/sealed")
    assert second.post("/sealed", **decision).status_code == 303
    assert [len(fact.grants) for fact in counter.told(CreditSealed)] == [2]
    counter.send(GrantCodeRefused(0, CodeRefusal.NO_SUCH_GRANT))  # the station has seen the batch

    browser.sign_in(CLERK)
    browser.get("/credit")
    paid = {"station_code": CODE, "amount": "500.00", "evidence": "0001", "by_code": "1"}
    assert browser.post("/credit", deed="enter", **paid).status_code == 303
    look = {"deed": "code", "station_code": CODE, "purchase_no": "1"}
    browser.get("/credit")
    assert browser.post("/credit", **look).status_code == 409  # nobody has approved it
    second.sign_in(BRANCH_HEAD)
    second.get("/credit")
    assert second.post("/credit", deed="approve", station_code=CODE, purchase_no="1").status_code == 303
    counter.post()
    assert "读凭证码" in browser.get("/credit?state=APPROVED").text
    shown = browser.post("/credit", **look)
    found = re.search(r"<code>([0-9 ]+)</code>", shown.text)
    assert found
    assert is_code(found[1].replace(" ", ""))
    assert shown.headers["cache-control"] == "no-store"
    with counter.engine.connect() as connection:
        noted = [one.actor for one in audit.entries(connection, CODE) if one.tag == AuditTag.CODE_READ.value]
    assert noted == [audit.staff_actor(CLERK.staff_no)]
    for member in (FINANCE, MAKER):  # whoever seals or approves by the line reads no code
        second.sign_in(member)
        assert "读凭证码" not in second.get("/credit?state=APPROVED").text
        assert second.post("/credit", **look).status_code == 409


def test_pouches_are_entered_by_one_and_decided_by_another(browser: Browser, second: Browser, counter: Counter) -> None:
    counter.send(FloatCounted((), 200_000), PouchSealed("FD-1", (NoteLine(10_000, 15),), 0))
    browser.sign_in(CLERK)
    browser.get("/pouches")
    received = {"deed": "receive", "station_code": CODE, "label": "FD-1", "counted": "1499.00"}
    sent = {"deed": "send", "station_code": CODE, "label": "PK-7", "notes": "100x8 50x4", "coins": ""}
    for wrong in ({**received, "label": "FD-9"}, {**received, "counted": "x"}, {**sent, "notes": "100"}):
        assert browser.post("/pouches", **wrong).status_code == 409, wrong
    assert browser.post("/pouches", **received).status_code == 303
    browser.get("/pouches")
    assert browser.post("/pouches", **sent).status_code == 303
    assert "2,499.00" in browser.get("/pouches").text  # both together
    assert browser.post("/pouches", deed="approve", station_code=CODE, entry_no="1").status_code == 409
    second.sign_in(BRANCH_HEAD)
    assert re.search(r'href="/console/pouches"><b>2</b>', second.page)
    second.get("/pouches")
    assert second.post("/pouches", deed="refuse", station_code=CODE, entry_no="1", refusal="").status_code == 409
    for number in ("1", "2"):
        second.get("/pouches")
        assert second.post("/pouches", deed="approve", station_code=CODE, entry_no=number).status_code == 303
    assert counter.told(PouchReceived) == [PouchReceived("FD-1", 149_900, CLERK.staff_no, BRANCH_HEAD.staff_no)]
    notes = (NoteLine(10_000, 8), NoteLine(5_000, 4))
    assert counter.told(PouchSent) == [PouchSent("PK-7", notes, 0, CLERK.staff_no, BRANCH_HEAD.staff_no)]
    second.sign_in(MAKER)
    assert "录入收到" not in second.get("/pouches").text
    assert second.post("/pouches", **{**sent, "label": "PK-8"}).status_code == 409
    second.get("/")
    second.post("/language", language="en")
    for path in ("/pouches?state=", "/sealed?state="):
        told = re.sub("中文|张三|江油支局", "", second.get(path).text)
        assert re.findall(r"[一-鿿]+", told) == [], path
        assert second.get(path.replace("?", ".xlsx?")).content.startswith(b"PK")
