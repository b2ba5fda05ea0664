"""H20: one till was open on two counters during a close, and the two gave different answers.

The newest count is the close's lease: what is sold meanwhile falls clearly into the next period, and a counter that
dies leaves nothing behind.
"""

from __future__ import annotations

from tests.horizon.harness import Case, books_agree


def test_h20_a_sale_during_a_close_is_in_the_next_period_and_a_killed_close_blocks_nobody(drawer_case: Case) -> None:
    case = drawer_case
    case.put_in(10_000)
    count = case.count(case.drawer_fen() - 300)
    sold = case.day.sell(case.day.queue.next("SCDL"))
    case.station.kill()  # the counter that was closing dies between count and close
    case.station.start()
    assert case.close_day(count)["accepted"], "no lock is left behind"
    close, *_ = case.station.ask("closes", limit=1)["closes"]
    assert close["difference_fen"] == -300
    first = case.hq_books_posted()["closes"][0]
    assert first["cut_seq"] == count["seq"] < sold["seq"]
    entries = case.station.ask("drawer_entries", after_seq=first["after_seq"], cut_seq=first["cut_seq"])["entries"]
    assert sold["seq"] not in {one["seq"] for one in entries}
    again = case.close_day(count)
    assert (again["accepted"], again["refused"]) == (False, "count_stale")
    mine, others = case.count(case.drawer_fen()), case.count(case.drawer_fen())
    lost = case.close_day(mine)
    assert (lost["accepted"], lost["refused"]) == (False, "count_stale"), "the later count holds the close"
    assert case.close_day(others)["accepted"]
    second = case.hq_books_posted()["closes"][0]
    assert second["after_seq"] == first["cut_seq"]
    entries = case.station.ask("drawer_entries", after_seq=second["after_seq"], cut_seq=second["cut_seq"])["entries"]
    assert sold["seq"] in {one["seq"] for one in entries}
    books_agree(case)
