"""H38: a shop could only pay or have it settled centrally, which HQ then saw as an agreed debt.

Dispute stands beside Accept; a disputed sum is not owed, not netted, and stops neither trade nor close. It has a
number, an owner and a day, and only a written finding of two people ends it.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

from station_journal.accounts import Account
from station_pos.demo.headquarters import ECOM, ECOM_SECOND, FINANCE
from station_pos.demo.processes import WorldError, until
from tests.horizon.biller_file import BillerFile
from tests.horizon.harness import Case, books_agree
from tests.horizon.test_h25_corrections import asked, propose


def test_h38_a_disputed_sum_is_not_owed_not_netted_and_stops_nothing(drawer_case: Case, tmp_path: Path) -> None:
    case = drawer_case
    hq, code = case.world.hq, case.shop.code
    owed_fen = books_agree(case).books.balance_fen(Account.STATION_CURRENT)
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
    other = case.day.sell(case.day.queue.next("SCDL"))
    now = case.station.state()
    assert now["owner_account_fen"] == before["owner_account_fen"], "no commission is netted"
    case.shop.buy_credit(60_000)
    bought = case.station.state()["credit_free_fen"]
    assert bought == now["credit_free_fen"] + 60_000, "nor is anything taken from what is bought"

    def tracked() -> dict[str, Any] | None:
        found = hq.ask(None, "dispute", "list", "--station", code, "--open")
        return next((one for one in found if one["case_no"] == case_no and one["due_on"]), None)

    case.hq_books_posted()
    row = until("HQ to name an owner and a day", tracked, 60.0, 0.3)
    assert (row["state"], row["status"], row["late"]) == ("DISPUTED", "UNEXPLAINED", False)
    assert row["owner_no"]

    _commission_leaves_the_disputed_sale_for_later_and_takes_nothing_off(case, sold, other, tmp_path)

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
    assert journals.books.balance_fen(Account.STATION_CURRENT) >= owed_fen, (
        "what nobody can explain is not the station's"
    )


def _commission_leaves_the_disputed_sale_for_later_and_takes_nothing_off(
    case: Case, disputed: dict[str, Any], other: dict[str, Any], folder: Path
) -> None:
    """On the shopkeeper's screen, on the statement's paper and in the bank's file stands what the other sale earned."""
    hq, code = case.world.hq, case.shop.code
    day = date.fromisoformat(case.station.state()["business_date"])
    file = BillerFile("SCDL", day, 380)
    for one in case.world.biller.payments("SCDL"):
        if one.our_no.startswith(tuple(f"{code}-{sold['seq']:06d}-" for sold in (disputed, other))):
            file.line(one.our_no, one.account_no, one.amount_fen)
    assert len(file.rows) == 2
    hq.run(ECOM, "import-file", file.write(folder))
    hq.ask(ECOM, "reconcile", "--biller", "SCDL", "--date", day)
    month = day.year * 100 + day.month
    listed = _listed(case, month)
    assert listed["disputed"] == 1
    hq.run(FINANCE, "commission", "approve", "--month", month)

    def stated() -> dict[str, Any] | None:
        found = case.station.ask("commission")["statements"]
        return next((one for one in found if one["month"] == month and not one["by_branch"]), None)

    case.heard(stated)
    shown = stated()
    assert shown is not None
    (electricity,) = [line for line in shown["lines"] if "电" in line[0]]
    _, items, formula, earned_fen, _ = electricity
    assert (items, formula) == (1, f"1 x 0.{earned_fen:02d} = 0.{earned_fen:02d}")
    assert shown["gross_fen"] == sum(line[3] for line in shown["lines"])
    assert shown["net_fen"] == shown["gross_fen"] - shown["tax_fen"], "the sum in dispute is in neither"

    hq.run(ECOM, "commission", "statement", "--station", code, "--month", month, "--out", folder)
    paper = _text_of((folder / f"commission_{code}_{month}.pdf").read_bytes())
    for figure in (f"{shown['net_fen'] / 100:.2f}", formula):
        assert figure in paper
    hq.run(FINANCE, "commission", "pay-file", "--month", month, "--profile", "own", "--out", folder)
    (paid,) = folder.glob("COMMISSION_*.txt")
    lines = [line.split("|") for line in paid.read_bytes().decode("gb18030").splitlines()]
    (mine,) = [line for line in lines if line[0] == "P" and line[2] == code]
    assert [int(fen) for fen in mine[-3:]] == [shown["gross_fen"], shown["tax_fen"], shown["net_fen"]]


def _listed(case: Case, month: int) -> dict[str, Any]:
    """The month's list; whoever earned and has no account on file yet gets one."""
    hq = case.world.hq
    hq.enter_agreement(case.shop.code)
    while True:
        try:
            made: dict[str, Any] = hq.ask(ECOM, "commission", "list", "--month", month, "--early")
        except WorldError as error:
            named = re.search(r"ST-[0-9]{4}", str(error))
            if named is None:
                raise
            hq.enter_agreement(named[0])
        else:
            return made


def _text_of(pdf: bytes) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    return "".join(page.get_textpage().get_text_range() for page in document)
