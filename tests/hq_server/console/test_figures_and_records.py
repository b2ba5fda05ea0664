"""Figures of many days agree with the books when counted again; a record's page says who made it and what it did."""

from __future__ import annotations

import re
from datetime import date, timedelta

from sqlalchemy import select

from hq_server.branch_days import state_days
from hq_server.db.figure_tables import station_use
from hq_server.listing import read_page
from hq_server.statements.credit_ahead import KnownDays, buy_by
from hq_server.statements.figures import count_figures, counted, day_sums
from hq_server.statements.station_list import FLOAT_LIST
from station_journal.facts.branch_days import BranchDaysStated, ClosedDay, DueDay
from station_journal.records import Equipment, OutageOpened
from tests.hq_server.console.conftest import Browser
from tests.hq_server.console.test_console import _confirmed
from tests.hq_server.counter_side import CODE, Counter
from tests.hq_server.people import MAKER, NOON, SteppingClock


def _count(counter: Counter) -> int:
    return count_figures(counter.engine, counter.clock)


def test_days_are_counted_again_when_late_sales_arrive(counter: Counter, clock: SteppingClock) -> None:
    _confirmed(counter, 7_260)
    counter.pay("0081234567", "HELD", 5_000)
    assert _count(counter) == 3
    assert _count(counter) == 0  # nothing is due
    _confirmed(counter, 1_000)
    clock.step(minutes=6)
    assert _count(counter) == 1
    with counter.engine.connect() as connection:
        days = day_sums(connection, NOON.date())
        trial = counted(connection, "trial")
    assert len(days) == 30
    assert [(day.sale_count, day.amount_fen) for day in days if day.sale_count] == [(3, 13_260)]
    assert days[-1].business_date == NOON.date()
    assert trial is not None
    assert trial.figure == 0


def test_the_forecast_follows_from_the_use_of_ended_days(counter: Counter, clock: SteppingClock) -> None:
    for _ in range(2):
        _confirmed(counter, 700_000)
    with counter.engine.connect() as connection:
        assert connection.scalar(select(station_use.c.amount_fen)) is None
    clock.step(days=1)
    _count(counter)
    with counter.engine.connect() as connection:
        page = read_page(connection, FLOAT_LIST, {})
        below = read_page(connection, FLOAT_LIST, {"within": "36"})
        not_below = read_page(connection, FLOAT_LIST, {"within": "35"})
    (row,) = page.rows
    assert (row["code"], row["free"], row["use"], row["left"]) == (CODE, 3_600_000, 100_000, 36)
    assert below.rows == ()
    assert not_below.rows == ()
    with counter.engine.connect() as connection:
        assert len(read_page(connection, FLOAT_LIST, {"within": "37"}).rows) == 1


def test_the_forecast_knows_due_days_and_when_the_branch_is_closed(counter: Counter, clock: SteppingClock) -> None:
    for _ in range(2):
        _confirmed(counter, 700_000)
    clock.step(days=1)  # Tuesday the 24th; 1,000.00 is an ordinary day's use
    due = [DueDay(NOON.date() + timedelta(days=number), 101) for number in (3, 30)]
    closed = tuple(ClosedDay(NOON.date() + timedelta(days=number)) for number in range(20, 60))
    fact = BranchDaysStated(2026, closed, tuple(due))
    assert state_days(counter.engine, counter.journal, MAKER, fact, CODE, clock()) == 1
    counter.post()
    _count(counter)
    with counter.engine.connect() as connection:
        (row,) = read_page(connection, FLOAT_LIST, {}).rows
    # 36,000.00 is enough for 36 ordinary days; a due day is expected to use three of them.
    assert (row["use"], row["left"]) == (100_000, 32)
    assert row["buy_by"] == NOON.date() + timedelta(days=19), "the branch is closed from the day after on"
    assert buy_by(KnownDays(), date(2026, 11, 28))[:4] == [date(2026, 11, 30)] * 4  # Saturday: it opens on Monday


def test_a_record_says_who_made_it_and_what_it_posted(browser: Browser, counter: Counter) -> None:
    seq = _confirmed(counter, 7_260)
    [outage] = counter.send(OutageOpened(Equipment.PRINTER), operator_no=0)
    browser.sign_in(MAKER)
    browser.get(f"/stations/{CODE}/records/S/{seq}")
    assert "营业员 1 (站点设备, 第 1 期密钥)" in browser.page
    assert len(re.findall("2102 冻结额度", browser.page)) == 1
    assert "72.60" in browser.page
    browser.get(f"/stations/{CODE}/records/S/{outage}")
    assert "站点系统 (站点设备, 第 1 期密钥)" in browser.page
    assert "此记录不动账" in browser.page
    browser.get(f"/stations/{CODE}/records/H/1")
    assert "(总部, 第 1 期流水)" in browser.page


def test_today_shows_what_waits_and_the_collections(browser: Browser, counter: Counter) -> None:
    _confirmed(counter, 7_260)
    _count(counter)
    browser.sign_in(MAKER)
    browser.get("/")
    assert '<svg viewBox="0 0 400 140" role="img"' in browser.page
    assert f"{NOON.date() - timedelta(days=29):%m-%d}" in browser.page
    assert "72.60" in browser.page
    assert "15 分钟内 1" in browser.page
