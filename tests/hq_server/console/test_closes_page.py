"""The station's page at HQ shows its closes: a difference is unexplained, and a missing close is said."""

from __future__ import annotations

from station_journal.facts.cash import CloseVerdict, DayClosed, DayCounted, FloatCounted
from station_journal.records import BusinessDayEnded
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import CODE, FINANCE, Counter
from tests.hq_server.people import NOON


def test_closes_are_shown_unexplained_and_a_missing_one_is_said(counter: Counter, browser: Browser) -> None:
    browser.sign_in(FINANCE)
    counter.send(FloatCounted((), 200_000))
    counter.send(BusinessDayEnded(NOON.date(), (), bytes(32)), operator_no=0)
    assert browser.get(f"/stations/{CODE}").status_code == 200
    assert "已有 1 个营业日没有日终, 上次 从未" in browser.page
    counter.clock.step(days=1)
    (count,) = counter.send(DayCounted(1, (), 198_520))
    counter.send(DayClosed(1, count, CloseVerdict.DISPUTED, 0, 200_000, 0, (), ()))
    browser.sign_in(FINANCE)  # a day later the session is over
    browser.get(f"/stations/{CODE}")
    assert "没有日终, 上次" not in browser.page
    assert "-14.80" in browser.page
    assert "争议, 未查明" in browser.page
