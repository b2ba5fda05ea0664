"""H25: corrections came wrong, late and twice, and the shop's figures changed without a word from it.

Each names the record, the reason and the evidence, posts once, and only after the shopkeeper said yes. How one that
comes too late to trace the customer takes a third signature stands in tests/hq_server/test_disputes.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from station_journal.accounts import Account
from station_journal.facts.disputes import CorrectionAnswered
from station_pos.demo.headquarters import ECOM, ECOM_SECOND
from station_pos.demo.processes import WorldError
from station_pos.demo.station_process import CLERK_NO, OWNER_NO
from tests.horizon.harness import Case, books_agree


def propose(case: Case, seq: int, folder: Path, **changes: str) -> dict[str, Any]:
    """Have one person at HQ propose that a record be corrected by -400.00."""
    paper = folder / "bill.txt"
    paper.write_text("户号 0081234567 应收 72.60", "utf-8")
    said = {"from": "472.60", "to": "72.60", "because": "购买单为 72.60", "reason": "AMOUNT_DIFFERS", **changes}
    words = [word for name, value in said.items() for word in (f"--{name}", value)]
    where = ("correction", "propose", case.shop.code, "--book", "CREDIT", "--record", str(seq))
    made: dict[str, Any] = case.world.hq.ask(ECOM, *where, *words, "--evidence", paper)
    return made


def asked(case: Case, number: int) -> dict[str, Any] | None:
    """The correction as the station has it."""
    found = case.station.ask("corrections")["corrections"]
    return next((one for one in found if one["correction_no"] == number), None)


def test_h25_a_correction_is_posted_once_and_only_after_consent(drawer_case: Case, tmp_path: Path) -> None:
    case = drawer_case
    sold = case.day.sell(case.day.queue.next("SCDL"))
    case.day.all_sent()
    state = case.station.state()
    with pytest.raises(WorldError):
        propose(case, state["as_of_seq"] + 50, tmp_path)  # HQ holds no such record: nothing can come before its entry
    number = propose(case, sold["seq"], tmp_path)["correction_no"]
    with pytest.raises(WorldError):
        case.world.hq.run(ECOM, "correction", "approve", case.shop.code, number)
    case.world.hq.run(ECOM_SECOND, "correction", "approve", case.shop.code, number)
    for cut_at in (300, 600):  # the line breaks while it arrives; it is sent again
        case.shop.line(cmd="cut_after", n=cut_at, direction="down")
        case.station.sync()
    case.shop.link_up()
    case.heard(lambda: asked(case, number))
    with pytest.raises(WorldError):
        propose(case, sold["seq"], tmp_path)
    correction = asked(case, number)
    assert correction is not None
    assert (correction["state"], correction["cited_seq"]) == ("PROPOSED", sold["seq"])
    case.heard(lambda: case.station.ask("evidence_text", hash=correction["evidence_hash"])["here"])
    evidence = case.station.ask("evidence_text", hash=correction["evidence_hash"])
    assert evidence["text"] == "户号 0081234567 应收 72.60"
    now = case.station.state()
    assert (now["credit_free_fen"], now["drawer_fen"]) == (state["credit_free_fen"], state["drawer_fen"])

    said = {"correction_no": number, "answer": "ACCEPTED"}
    clerk = case.station.ask("answer_correction", **said)
    assert (clerk["accepted"], clerk["refused"]) == (False, "owner_only")
    case.station.sign_in(OWNER_NO)
    done = case.station.ask("answer_correction", **said)
    again = case.station.ask("answer_correction", **said)
    case.station.sign_in(CLERK_NO)
    assert done["accepted"]
    assert (again["accepted"], again["refused"]) == (False, "correction_answered")
    paper = case.paper(done["seq"])
    for words in (f"G-{number:04d}", "472.60", "72.60", "-400.00"):
        assert words in paper
    now = case.station.state()
    assert now["credit_free_fen"] == state["credit_free_fen"] - 40_000
    assert now["drawer_fen"] == state["drawer_fen"], "HQ never moves the drawer"
    journals = books_agree(case)
    answers = [fact for _, fact in journals.facts(CorrectionAnswered) if isinstance(fact, CorrectionAnswered)]
    assert [fact.correction_no for fact in answers].count(number) == 1
    assert journals.books.balance_fen(Account.CORRECTIONS) >= 40_000
