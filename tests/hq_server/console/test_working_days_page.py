"""A year that the program does not know: due days in it are refused until two people have entered its list."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from hq_server.reference.working_days import YearNotKnown
from hq_server.reference.year_lists import working_days
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import CLERK, Counter
from tests.hq_server.people import MAKER, MARKETING, SECOND

LIST = {
    "deed": "enter",
    "year": "2027",
    "off": "2027-01-01\n2027-02-05 至 2027-02-11\n",
    "worked": "2027-02-14",
    "source": "国办发明电 2026 年第 7 号",
}


def test_a_years_list_holds_once_a_second_person_has_approved_it(
    browser: Browser, second: Browser, counter: Counter
) -> None:
    def due() -> date:
        with counter.engine.connect() as connection:
            return working_days(connection).add_working_days(date(2026, 12, 31), 1)

    counter.clock.step(days=10)
    browser.sign_in(MAKER)
    assert "年的节假日安排还没有录入" in browser.get("/").text
    browser.get("/working-days")
    for wrong in (
        {"off": "2027-13-01"},
        {"off": "2027-01-01 2027-12-31"},
        {"off": "soon"},
        {"off": "2026-12-31"},
        {"off": ""},
        {"worked": "2027-02-15"},
        {"source": " "},
        {"year": "1999"},
    ):
        assert browser.post("/working-days", **{**LIST, **wrong}).status_code == 409
    assert browser.post("/working-days", **LIST).status_code == 303
    assert browser.post("/working-days", **LIST).status_code == 409  # one waits
    with pytest.raises(YearNotKnown):
        due()
    of = {"year": "2027", "list_no": "1"}
    assert browser.post("/working-days", deed="approve", **of).status_code == 409
    second.sign_in(MARKETING)
    page = second.get("/working-days").text
    assert "02-05, 02-08, 02-09, 02-10, 02-11" in page
    assert second.post("/working-days", deed="approve", **of).status_code == 303
    assert due() == date(2027, 1, 4)
    with counter.engine.connect() as connection:
        table = working_days(connection)
    assert table.is_working_day(date(2027, 2, 14))
    assert table.next_working_day(date(2027, 2, 4)) == date(2027, 2, 12)
    assert "年的节假日安排还没有录入" not in browser.get("/").text
    assert browser.post("/working-days", **{**LIST, "off": "2027-01-01\n2027-01-04"}).status_code == 303
    second.get("/working-days")
    assert (
        second.post("/working-days", deed="refuse", refusal="没有这个通知", year="2027", list_no="2").status_code == 303
    )
    assert due() == date(2027, 1, 1) + timedelta(days=3)


def test_only_those_who_state_days_are_offered_the_form(browser: Browser) -> None:
    browser.sign_in(CLERK)
    assert 'name="off"' not in browser.get("/working-days").text
    assert browser.post("/working-days", **LIST).status_code == 409
    browser.sign_in(SECOND)
    assert 'name="off"' in browser.get("/working-days").text
