"""H11: Cancel at a prompt of the close zeroed the discrepancy in a cache, and the next close carried the false zero.

Cancel on any screen leaves the journals and every figure unchanged.
"""

from __future__ import annotations

from station_journal.facts.cash import DayClosed
from tests.horizon.harness import Case, books_agree
from tests.horizon.terminal import ENTER, ESCAPE, Terminal


def test_h11_a_shortage_of_50_outlives_every_cancel_and_a_kill_on_screen_paper_and_in_both_books(
    drawer_case: Case,
) -> None:
    case = drawer_case
    case.put_in(20_000)
    before = books_agree(case)
    closes = len(before.facts(DayClosed))
    drawer_fen, papers = case.drawer_fen(), len(case.slips())
    counted_fen = drawer_fen - 5_000
    yuan = f"{counted_fen // 100}.{counted_fen % 100:02d}"
    case.station.stop()

    known = case.station.secrets
    count = "/10" + ENTER * 6 + yuan + ENTER

    def signed_in(counter: Terminal) -> None:
        counter.shows("口令", 60.0)
        counter.keys(known.pass_phrase + ENTER, then="工号")
        counter.keys("2" + ENTER, then="密码")
        counter.keys(known.pins[2] + ENTER, then="首字母")

    with Terminal(case.station.environment) as counter:
        signed_in(counter)
        counter.keys("/10", then="第 1 步")
        counter.keys("7" + ENTER + ESCAPE, then="首字母")
        counter.keys(count, then="数完了")
        counter.keys(ENTER, then="差 -50.00")
        counter.keys("b", then="记争议")
        counter.keys(ESCAPE, then="选一个")
        counter.keys("a", then="归本店")
        counter.keys(ESCAPE, then="选一个")
        counter.keys(ESCAPE, then="首字母")
        counter.keys(count, then="数完了")
        counter.keys(ENTER, then="差 -50.00")
        counter.keys("b", then="密码")
        counter.child.kill()
        counter.child.wait(60)
    with Terminal(case.station.environment) as counter:
        signed_in(counter)
        counter.keys(count, then="数完了")
        counter.keys(ENTER, then="差 -50.00")
        counter.keys("b", then="密码")
        counter.keys(known.pins[2] + ENTER, then="已日终")
    case.station.start()
    case.moved_fen -= 5_000
    journals = books_agree(case)
    found = journals.facts(DayClosed)
    assert len(found) == closes + 1
    (sheet,) = [one for one in case.hq_books()["closes"] if one["z_no"] == closes + 1]
    assert (sheet["difference_fen"], sheet["disputed"], sheet["unexplained"]) == (-5_000, True, True)
    z_slips = [slip for slip in case.slips()[papers:] if f"Z {closes + 1:04d} 号" in slip.text]
    assert len(z_slips) == 2
    assert all("-50.00" in slip.text and "未查明" in "".join(slip.lines) for slip in z_slips)
