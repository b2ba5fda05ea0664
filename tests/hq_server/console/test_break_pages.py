"""Many breaks in the console: given to somebody, proposed and decided together, each time with a look at it before."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import insert, select, update

from hq_server.db.break_tables import break_cases, break_owners, suspense_entries
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import CODE, FINANCE, Counter
from tests.hq_server.people import MAKER, NOON, SECOND

ENDING = {"action": "PAY_COUNTERPARTY", "cause": "ANSWER_LOST", "finding": "called them, note 7"}


@pytest.fixture
def cases(counter: Counter) -> list[int]:
    """Three breaks of a biller, 1.00, 2.00 and 3.00 over, and one of another."""
    same = {"layer": "BILLER", "business_date": NOON.date(), "break_class": "THEIRS_ONLY", "match_key": "NONE"}
    same |= {"our_no": "", "account_no": "", "state": "OPEN", "opened_at": NOON, "due_on": NOON.date()}
    rows = [
        {**same, "station_code": CODE, "item": f"L:{n}", "their_no": f"N{n}", "counterparty": biller}
        | {"theirs_fen": 100 * n, "difference_fen": 100 * n, "owner_no": MAKER.staff_no}
        for n, biller in ((1, "SCDL"), (2, "SCDL"), (3, "SCDL"), (4, "JYSW"))
    ]
    with counter.engine.begin() as connection:
        connection.execute(insert(break_cases), rows)
        return list(connection.scalars(select(break_cases.c.case_no).order_by(break_cases.c.case_no)))


def _states(counter: Counter) -> list[str]:
    with counter.engine.connect() as connection:
        return list(connection.scalars(select(break_cases.c.state).order_by(break_cases.c.case_no)))


def test_breaks_are_given_to_somebody_who_may_deal_with_them(
    browser: Browser, counter: Counter, cases: list[int]
) -> None:
    one, two, *_ = cases
    given = {"deed": "assign", "due": "2026-12-01", "owner_no": str(SECOND.staff_no)}
    browser.sign_in(FINANCE)
    assert "分派" not in browser.get(f"/breaks/{one}").text
    assert browser.post(f"/breaks/{one}", **given).status_code == 409
    browser.sign_in(MAKER)
    browser.get(f"/breaks/{one}")
    for wrong in ({"owner_no": "99"}, {"owner_no": str(FINANCE.staff_no)}, {"due": "x"}):
        assert browser.post(f"/breaks/{one}", **{**given, **wrong}).status_code == 409, wrong
    assert browser.post(f"/breaks/{one}", **given).status_code == 303
    assert "分派" in browser.get(f"/breaks/{one}").text.partition("<tbody>")[2]  # in the case's trail too
    browser.get("/breaks")
    assert browser.post("/breaks", **given, pick=str(two), new_ones="1").status_code == 303
    with counter.engine.connect() as connection:
        table = break_cases.c
        rows = connection.execute(select(table.case_no, table.due_on).where(table.owner_no == SECOND.staff_no))
        assert [tuple(row) for row in rows] == [(one, date(2026, 12, 1)), (two, date(2026, 12, 1))]
        assert connection.execute(select(break_owners)).one() == ("SCDL", SECOND.staff_no)


def test_many_are_proposed_and_decided_together_or_not_at_all(
    browser: Browser, second: Browser, counter: Counter, cases: list[int]
) -> None:
    browser.sign_in(MAKER)
    browser.get("/breaks?biller=SCDL")
    assert browser.post("/breaks?biller=SCDL", deed="preview", **ENDING).status_code == 409  # none is ticked
    shown = browser.post("/breaks?biller=SCDL", deed="preview", all="1", **ENDING).text
    picked = re.findall(r'name="pick" value="(\d+)"', shown)
    assert picked == [str(number) for number in cases[:3]]
    assert "6.00" in shown
    browser.get("/breaks?biller=SCDL")
    assert browser.post("/breaks?biller=SCDL", deed="propose", all="1", **ENDING).status_code == 303
    own = browser.post("/breaks?proposal=PROPOSED", deed="look", all="1").text
    assert own.count("须由另一人审批") == 3

    second.sign_in(SECOND)
    assert 'href="/console/breaks?proposal=PROPOSED"' in second.page
    waiting = second.get("/breaks?proposal=PROPOSED").text
    assert re.findall(r'name="pick" form="bulk" value="(\d+)"', waiting) == picked
    with counter.engine.begin() as connection:  # one changes while they wait
        changed = update(break_cases).where(break_cases.c.case_no == cases[2])
        connection.execute(changed.values(theirs_fen=301, difference_fen=301))
    look = second.post("/breaks?proposal=PROPOSED", deed="look", all="1").text
    assert re.findall(r'name="pick" value="(\d+)"', look) == picked[:2] * 2  # to approve them, and to refuse them
    assert "在提出之后有变化" in look
    assert "3.00" in look  # the two together
    second.get("/breaks?proposal=PROPOSED")
    assert second.post("/breaks?proposal=PROPOSED", deed="approve", all="1").status_code == 409
    assert _states(counter) == ["OPEN"] * 4
    second.get("/breaks?proposal=PROPOSED")
    fields = {"csrf": second.token, "deed": "approve", "pick": [*picked[1::-1], picked[0]]}  # in any order, and twice
    assert second.send("POST", "/breaks", data=fields).status_code == 303
    assert _states(counter) == ["RESOLVED", "RESOLVED", "OPEN", "OPEN"]
    with counter.engine.connect() as connection:
        entries = connection.execute(select(suspense_entries.c.amount_fen, suspense_entries.c.approver_no))
        assert sorted(tuple(row) for row in entries) == [(100, SECOND.staff_no), (200, SECOND.staff_no)]
    assert "对方记账差错" not in second.get("/").text
    assert re.search(r"按原因.*应答丢失</t[^>]*>.*?2</t", second.page, re.DOTALL), (
        second.page
    )  # two ended, with one cause
    second.get("/breaks")
    assert second.post("/breaks", deed="refuse", pick=picked[2], refusal="").status_code == 409
    assert second.post("/breaks", deed="refuse", pick=picked[2], refusal="重新查").status_code == 303
    assert "没有未结差错" in second.get("/breaks?proposal=PROPOSED").text
