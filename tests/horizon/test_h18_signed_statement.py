"""H18: reprint code misused a cache, and the signed final statement differed from the trial copy that was checked.

A signed statement is stored as bytes; trial, final and every reprint have the same figures, whatever the printer does.
"""

from __future__ import annotations

from station_journal.seal import head_on_paper
from station_journal.side import Side
from station_pos.demo.processes import until
from tests.horizon.harness import Case, books_agree

FIGURES = ("期初现金", "应有", "现金进出")


def lines_of(text: str, *names: str) -> set[str]:
    return {" ".join(line.split()) for line in text.splitlines() if any(name in line for name in names)}


def test_h18_trial_final_and_reprint_after_a_jam_and_a_restart_have_the_same_figures(drawer_case: Case) -> None:
    case = drawer_case
    case.put_in(12_300)
    papers = len(case.slips())
    trial = case.paper(case.station.ask("issue_trial")["seq"])
    count = case.count(case.drawer_fen() - 700)
    case.day.paper_idle()
    case.shop.printer.ask(cmd="paper_out", after_lines=6)
    closed = case.close_day(count, "DISPUTED")
    seq = closed["seq"]
    until("the paper to jam", lambda: case.station.state()["printer"] == "paper_out", 60.0, 0.1)
    case.station.kill()
    case.shop.printer.ask(cmd="paper_in")
    case.station.start()
    for one in until("somebody to be asked about the report", case.station.doubtful, 60.0, 0.1):
        case.station.ask("settle_doubtful", job_no=one["job_no"], came_out=False)
    case.put_in(4_400)
    assert case.station.ask("copy", of_seq=seq)["accepted"]
    journals = books_agree(case)
    final = case.paper(seq)
    assert lines_of(trial, *FIGURES) <= lines_of(final, *FIGURES)
    assert "-7.00" in final
    (digest,) = [entry.digest for entry in journals.of(Side.STATION) if entry.seq == seq]
    assert head_on_paper(digest) in final, "the paper shows the hash of the record it is made of"
    stored = final.split("=" * 32)[0].splitlines()
    name = stored[0].strip()
    assert name.startswith("日终报表 Z ")
    printed = [slip for slip in case.slips()[papers:] if name in slip.text and slip.copy_no]
    assert len(printed) >= 2
    for slip in printed:
        unmarked = [line.strip() for line in slip.lines if line.strip() and "补打" not in line]
        assert unmarked == [line.strip() for line in stored if line.strip()]
