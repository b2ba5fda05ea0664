"""H10: a suspended basket was later registered by the system, and a forced log-off settled a part basket to cash.

No timer makes a money entry or assumes that cash was taken: a half-built job survives a time-out, the lock, a log-off
and a kill as a draft, and is shown at the next log-in.
"""

from __future__ import annotations

from collections.abc import Callable

from station_journal.records import BillPaymentTaken
from station_pos.demo.processes import until
from station_pos.store.database import DATABASE_NAME
from tests.horizon.harness import Case, balances, books_agree
from tests.horizon.terminal import ENTER, ESCAPE, Terminal

PHONE = "13908162010"
F12 = "/12" + ENTER
LOCK_S = 12
"""Longer than a loaded machine takes from one key to the next."""


def test_h10_a_half_built_job_outlives_time_out_lock_log_off_and_kill_as_a_draft_and_never_as_an_entry(
    open_case: Callable[..., Case],
) -> None:
    case = open_case()
    before = balances(books_agree(case))
    case.station.stop()
    settings = case.shop.folder / "station" / "station.toml"
    locks_late = settings.read_text("utf-8")
    settings.write_text(f"{locks_late}idle_lock_s = {LOCK_S}\n", "utf-8")
    known = case.station.secrets
    pin = known.pins[2] + ENTER

    def signed_in(counter: Terminal, then: str) -> None:
        counter.shows("口令", 60.0)
        counter.keys(known.pass_phrase + ENTER, then="工号")
        counter.keys("2" + ENTER, then="密码")
        counter.keys(pin, then=then)

    with Terminal(case.station.environment) as counter:
        signed_in(counter, "今天")
        counter.keys(PHONE + ENTER, then="金额")
        counter.keys("48.00" + ENTER, then="实收")
        counter.keys("50", then="2.00")
        counter.shows("已锁", 60.0)  # nobody touches a key: the counter locks itself
        counter.keys(pin, then="实收")
        counter.keys(F12, then="已锁")
        counter.keys(ESCAPE, then="工号")
        counter.ends_with("0" + ENTER)  # the operator logs off in the middle of it
    settings.write_text(locks_late, "utf-8")
    with Terminal(case.station.environment) as counter:
        signed_in(counter, "没办")
        counter.shows("没有记账")
        counter.keys(ENTER, then="48.00")
        counter.keys(ENTER, then="实收")
        counter.keys("0", then="452.00")
        until("the draft to be on the disk", lambda: b"500" in _on_disk(case), 60.0, 0.1)
        counter.child.kill()
        counter.child.wait(60)
    with Terminal(case.station.environment) as counter:
        signed_in(counter, "没办")
        counter.keys(ESCAPE, then="放着没办")
        counter.keys("*1", then="48.00")
        counter.keys(ENTER, then="实收")
        counter.keys(ESCAPE * 2, then="首字母")
    case.station.start()
    journals = books_agree(case)
    assert journals.facts(BillPaymentTaken) == []
    assert balances(journals) == before
    assert case.booked() == []
    assert case.slips() == []


def _on_disk(case: Case) -> bytes:
    folder = case.shop.folder / "station"
    return b"".join((folder / (DATABASE_NAME + end)).read_bytes() for end in ("", "-wal"))
