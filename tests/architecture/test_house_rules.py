"""The house rules hold for every file, and each rule catches the fault that it is for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.architecture import house_rules
from tests.architecture.house_rules import Module, modules_under

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Rule = Callable[[Module], Iterable[str]]

ROOT = Path(__file__).resolve().parents[2]
TEXT_SUFFIXES = {
    ".py",
    ".md",
    ".toml",
    ".lock",
    ".txt",
    ".html",
    ".css",
    ".js",
    ".json",
    ".svg",
    ".tcss",
    ".ini",
    ".sql",
}
TEXT_NAMES = {"Makefile", "LICENSE", "run", ".gitignore", ".gitattributes"}

# What a shopkeeper sees on a screen or a customer on paper; there a wrong width breaks the columns.
SEEN = ("station_pos/tui/", "station_pos/receipts/", "station_pos/text")
# These have to name such characters, as they replace them in somebody's text before it is seen.
NAMES_AMBIGUOUS_GLYPHS = {"station_pos/receipts/paper.py", "station_pos/tui/presenters/lines.py"}


@pytest.fixture(scope="module")
def modules() -> list[Module]:
    found = modules_under(ROOT)
    assert {"station_journal/__init__.py", "tests/conftest.py"} <= {module.path for module in found}
    return found


def offences(rule: Rule, modules: Iterable[Module]) -> str:
    return "\n".join(line for module in modules for line in rule(module))


class TestEveryFile:
    @pytest.mark.parametrize(
        "rule",
        [
            house_rules.long_module,
            house_rules.long_functions,
            house_rules.empty_name,
            house_rules.unfinished_work,
            house_rules.money_as_float,
        ],
        ids=lambda rule: rule.__name__,
    )
    def test_keeps_the_rule(self, rule, modules):
        assert offences(rule, modules) == ""

    def test_of_the_product_says_what_its_public_parts_are_for(self, modules):
        assert offences(house_rules.missing_docstrings, [m for m in modules if m.is_product]) == ""

    def test_that_speaks_to_screen_or_paper_uses_glyphs_of_one_width(self, modules):
        seen = [m for m in modules if m.path.startswith(SEEN) and m.path not in NAMES_AMBIGUOUS_GLYPHS]
        assert offences(house_rules.ambiguous_glyphs, seen) == ""

    def test_ends_its_lines_with_lf(self):
        folders = [*house_rules.PACKAGES, "tests", "benchmarks", "docs", "requirements", ".ci"]
        files = [*ROOT.glob("*"), *ROOT.glob(".git?*"), *(f for folder in folders for f in (ROOT / folder).rglob("*"))]
        texts = [f for f in files if f.is_file() and (f.suffix in TEXT_SUFFIXES or f.name in TEXT_NAMES)]
        golden = ROOT / "tests" / "golden"  # may hold CR LF files on purpose
        wrong = [str(f) for f in texts if golden not in f.parents and b"\r" in f.read_bytes()]
        assert wrong == []

    def test_annotates_lazily(self, modules):
        lazy = "from __future__ import annotations"
        with_code = [m for m in modules if m.is_product and len(m.tree.body) > 1]
        assert [m.path for m in with_code if lazy not in m.text] == []


class TestEachRuleCatchesItsFault:
    @pytest.mark.parametrize(
        ("rule", "path", "text"),
        [
            (house_rules.long_module, "hq_server/db.py", "\n" * 401),
            (house_rules.long_functions, "hq_server/db.py", "def f():\n" + "    x = 1\n" * 60),
            (house_rules.empty_name, "station_pos/tui/utils.py", ""),
            (house_rules.empty_name, "station_pos/common/money.py", ""),
            (house_rules.unfinished_work, "hq_server/db.py", "x = 1  # TO" + "DO: round"),
            (house_rules.money_as_float, "hq_server/db.py", "fee_fen: float = 1"),
            (house_rules.money_as_float, "hq_server/db.py", "fee_fen: 'float | None' = None"),
            (house_rules.money_as_float, "hq_server/db.py", "fee_fen = total_fen * 5 / 1000"),
            (house_rules.money_as_float, "hq_server/db.py", "self.fee_fen = 0.5"),
            (house_rules.money_as_float, "hq_server/db.py", "fee_fen /= 2"),
            (house_rules.money_as_float, "hq_server/db.py", "def f(fee_fen: float | None): pass"),
            (house_rules.money_as_float, "hq_server/db.py", "def fee_fen() -> float: pass"),
            (house_rules.money_as_float, "hq_server/db.py", "pay(fee_fen=float('1'))"),
            (house_rules.ambiguous_glyphs, "station_pos/tui/app.py", "title = '缴费 → 收据'"),
            (house_rules.ambiguous_glyphs, "station_pos/tui/app.py", "title = f'{x}┃'"),
            (house_rules.missing_docstrings, "hq_server/db.py", "x = 1"),
            (house_rules.missing_docstrings, "hq_server/db.py", "'''Tables.'''\ndef post(): pass"),
            (house_rules.missing_docstrings, "hq_server/db.py", "'''Tables.'''\nclass Row: pass"),
        ],
    )
    def test_is_named_with_its_place(self, rule, path, text):
        found = list(rule(Module(path, text)))
        assert len(found) == 1
        assert found[0].startswith(path)

    @pytest.mark.parametrize(
        ("rule", "text"),
        [
            (house_rules.money_as_float, "fee_fen: int = total_fen * 5 // 1000\nrate: float = 0.5\nfee_fen += 1"),
            (
                house_rules.ambiguous_glyphs,
                "'''The arrow → is only for readers of code.'''\ntitle = '缴费「电」 > 收据'",
            ),
            (house_rules.missing_docstrings, "'''Tables.'''\ndef _inside(): pass\ndef post():\n    '''Post.'''"),
        ],
    )
    def test_leaves_right_code_alone(self, rule, text):
        assert list(rule(Module("station_pos/tui/app.py", text))) == []
