"""The audit log speaks to its reader: every part of an entry has a name in both languages, and who did it is named."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

import hq_server
from hq_server import audit, credit
from hq_server.audit import AuditTag
from hq_server.listing import cell_text, read_page
from hq_server.statements.audit_fields import FIELDS
from hq_server.statements.audit_wording import TAGS
from hq_server.statements.staff_list import AUDIT_LIST
from hq_server.wording import Language
from tests.hq_server.counter_side import CLERK, CODE, Counter
from tests.hq_server.people import NOON, SteppingClock


def _details(function: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "note":
            yield from (one for one in node.args if isinstance(one, ast.Dict))
        elif isinstance(node, ast.Assign | ast.AugAssign):
            named = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(one, ast.Name) and one.id == "details" for one in named):
                yield node.value


def _stored_names() -> set[str]:
    found = set()
    for path in Path(hq_server.__file__).parent.rglob("*.py"):
        text = path.read_text("utf-8")
        if "audit" not in text:
            continue
        functions = [one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef)]
        for function in functions:
            for details in _details(function):
                keys = [key for one in ast.walk(details) if isinstance(one, ast.Dict) for key in one.keys]
                found |= {str(key.value) for key in keys if isinstance(key, ast.Constant)}
    return found


def test_every_part_and_tag_of_an_entry_has_words() -> None:
    names = {name.removesuffix("_fen") for name in _stored_names()}
    assert len(names) > 100
    assert sorted(names - set(FIELDS)) == []
    assert set(TAGS) == set(AuditTag)


def test_an_entry_says_who_did_what_in_the_readers_language(engine: Engine) -> None:
    Counter(engine, SteppingClock())
    with engine.begin() as connection:
        credit.enter(connection, CLERK, CODE, 123_400, "JK-1", NOON)
        audit.note(
            connection, AuditTag.LEDGER_RECOMPUTED, audit.SYSTEM_ACTOR, NOON, {"stations": 1, "state": "APPROVED"}
        )
        rows = read_page(connection, AUDIT_LIST, {}).rows
    said = {
        language: [
            [cell_text(AUDIT_LIST.column(name), row[name], language) for name in ("actor", "tag", "station", "details")]
            for row in rows[:2]
        ]
        for language in Language
    }
    assert said[Language.CHINESE] == [
        ["系统", "重算账簿", "", "状态: 已批准, 站点数: 1"],
        ["工号 21 张三", "录入额度购买", CODE, "凭证: JK-1, 金额: 1,234.00, 购买序号: 1"],
    ]
    assert said[Language.ENGLISH][1][0] == "staff 21 张三"
    assert said[Language.ENGLISH][0] == ["the system", "books recomputed", "", "state: approved, stations: 1"]
