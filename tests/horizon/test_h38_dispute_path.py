"""H38: a shop could only pay or have it settled centrally, which HQ then saw as an agreed debt.

Dispute stands beside Accept; a disputed sum is not owed, not netted, and stops neither trade nor close. It has a
number, an owner and a day, and only a written finding of two people ends it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from station_journal.accounts import Account
from station_pos.demo.headquarters import ECOM, ECOM_SECOND
from station_pos.demo.processes import until
from tests.horizon.harness import Case, books_agree
from tests.horizon.test_h25_corrections import asked, propose


def test_h38_a_disputed_sum_is_not_owed_not_netted_and_stops_nothing(drawer_case: Case, tmp_path: Path) -> None:
    case = drawer_case
    hq, code = case.world.hq, case.shop.code
    sold = case.day.sell(case.day.queue.next("SCDL"))
    case.day.all_sent()
    number = propose(case, sold["seq"], tmp_path)["correction_no"]
    hq.run(ECOM_SECOND, "correction", "approve", code, number)
    case.heard(lambda: asked(case, number))
    before = case.station.state()
    case.shop.link_down()
    disputed = case.station.ask("answer_correction", correction_no=number, answer="DISPUTED", ground="FIGURE_WRONG")
    assert disputed["accepted"], "without the link too"
    case.shop.link_up()
    correction = asked(case, number)
    assert correction is not None
    case_no = correction["case_no"]
    paper = case.paper(disputed["seq"])
    assert f"D-{case_no:04d}" in paper
    assert "5 个工作日" in paper

    assert case.close_day(case.count(case.drawer_fen()))["accepted"], "the close goes on"
    case.day.sell(case.day.queue.next("JYSW"))
    now = case.station.state()
    assert now["owner_account_fen"] == before["owner_account_fen"], "no commission is netted"
    case.shop.buy_credit(60_000)
    bought = case.station.state()["credit_free_fen"]
    assert bought == now["credit_free_fen"] + 60_000, "nor is anything taken from what is bought"

    def tracked() -> dict[str, Any] | None:
        found = hq.ask(None, "dispute", "list", "--station", code, "--open")
        return next((one for one in found if one["case_no"] == case_no and one["due_on"]), None)

    case.day.all_sent()
    row = until("HQ to name an owner and a day", tracked, 60.0, 0.3)
    assert (row["state"], row["status"], row["late"]) == ("DISPUTED", "UNEXPLAINED", False)
    assert row["owner_no"]

    finding = ("--cause", "NOT_FOUND", "--finding", "查遍两本日志与账单, 原因不明", "--evidence", tmp_path / "bill.txt")
    hq.run(ECOM, "dispute", "rule", code, case_no, *finding)
    hq.run(ECOM_SECOND, "dispute", "approve", code, case_no)

    def ruled() -> dict[str, Any] | None:
        found = case.station.ask("cases")["cases"]
        return next((one for one in found if one["case_no"] == case_no and one["state"] == "RULED"), None)

    case.heard(ruled)
    read = case.station.ask("note_case", case_no=case_no, what="RULING_READ")
    assert "查遍两本日志与账单" in case.paper(read["seq"])
    assert case.station.state()["credit_free_fen"] == bought
    journals = books_agree(case)
    assert journals.books.balance_fen(Account.STATION_CURRENT) >= 0, "what nobody can explain is not the station's"
