"""H39: a contract made every loss the shopkeeper's, and staff spoke of an "error" before anybody had looked.

A difference is unexplained until a finding says otherwise; nothing is owed, somebody looks into it, and no letter,
screen or export assigns a fault.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from station_journal.accounts import Account
from station_journal.rules.case import DisputeCase
from station_pos.demo.processes import until
from tests.horizon.harness import Case, books_agree

BLAME = (
    *("过错", "过失", "失职", "疏忽", "责任人", "赔偿", "赔付", "追缴", "追责", "欠总部", "偿还", "罚款", "造成损失"),
    *("your error", "your mistake", "your fault", "at fault", "to blame", "liable", "liability", "careless"),
    *("negligen", "you owe", "debt", "must repay", "make good the loss", "settle centrally", "penalt"),
)
"""What no text may say of a shopkeeper."""
ROOT = Path(__file__).parents[2]


def blaming(text: str) -> list[str]:
    return [word for word in BLAME if word in text.lower()]


def test_h39_an_unexplained_shortage_is_owed_by_nobody_and_looked_into(drawer_case: Case) -> None:
    case = drawer_case
    case.put_in(20_000)
    credit_fen = case.station.state()["credit_free_fen"]
    current_fen = case.journals().books.balance_fen(Account.STATION_CURRENT)
    closed = case.close_day(case.count(case.drawer_fen() - 7_500), "DISPUTED")
    assert closed["accepted"]
    paper = case.paper(closed["seq"])
    assert "未查明" in "".join(paper.split()), "the paper breaks lines where it must"
    case_of = next(one for one in case.station.ask("cases")["cases"] if one["of_seq"] == closed["seq"])
    assert f"D-{case_of['case_no']:04d}" in paper
    assert (case_of["status"], case_of["amount_fen"], case_of["state"]) == ("UNEXPLAINED", -7_500, "DISPUTED")
    case.day.all_sent()

    def looked_into() -> dict[str, Any] | None:
        row: dict[str, Any] = json.loads(case.world.hq.run(None, "dispute", "show", case.shop.code, case_of["case_no"]))
        return row if row["owner_no"] and row["due_on"] else None

    shown = until("somebody to look into it", looked_into, 60.0, 0.3)
    assert (shown["status"], shown["cause"], shown["finding"]) == ("UNEXPLAINED", "", "")
    journals = books_agree(case)
    assert case.station.state()["credit_free_fen"] == credit_fen
    assert journals.books.balance_fen(Account.STATION_CURRENT) == current_fen
    (mine,) = [
        one for one in journals.books.subjects.values() if isinstance(one, DisputeCase) and one.of_seq == closed["seq"]
    ]
    assert not mine.stands_fen
    assert journals.books.balance_fen(Account.SUSPENSE, mine.rests_under) <= -7_500, "it rests, owed by nobody"
    said = [paper, json.dumps(shown, ensure_ascii=False), json.dumps(case.hq_books(), ensure_ascii=False)]
    said += [slip.text for slip in case.slips()]
    assert [words for text in said if (words := blaming(text))] == []


@pytest.mark.parametrize("package", ["station_pos", "hq_server"])
def test_h39_no_sentence_of_any_screen_letter_or_export_assigns_fault(package: str) -> None:
    found = []
    for path in sorted((ROOT / package).rglob("*")):
        if path.suffix == ".html":
            found += [(path.name, word) for word in blaming(path.read_text("utf-8"))]
        elif path.suffix == ".py" and "demo" not in path.parts:
            tree = ast.parse(path.read_text("utf-8"))
            documents = {id(text) for node in ast.walk(tree) if (text := _docstring(node)) is not None}
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
                    found += [(f"{path.name}:{node.lineno}", word) for word in blaming(node.value)]
    assert found == []


def _docstring(node: ast.AST) -> ast.expr | None:
    """The docstring of a module, class or function: it speaks to engineers."""
    body = getattr(node, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    return first.value if isinstance(first, ast.Expr) else None
