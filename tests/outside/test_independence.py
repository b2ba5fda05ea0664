"""Outside parties are evidence only while they know nothing of the product."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

OUTSIDE = Path(__file__).resolve().parents[2] / "station_pos" / "demo" / "outside"
TESTS_OWN = (Path(__file__).with_name("bank_account.py"), Path(__file__).with_name("layout_writers.py"))
OWN = "station_pos.demo.outside"
PRODUCT = {"station_pos", "station_journal", "hq_server", "tests", "benchmarks"}


def imported(source: str) -> list[str]:
    """Return the absolute names of all modules that a source imports, at any depth."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(("." * node.level) + (node.module or ""))
    return names


@pytest.mark.parametrize("path", [*sorted(OUTSIDE.rglob("*.py")), *TESTS_OWN], ids=lambda path: path.name)
def test_outside_party_imports_nothing_of_the_product(path: Path) -> None:
    source = path.read_text("utf-8")
    foreign = [name for name in imported(source) if not (name == OWN or name.startswith(f"{OWN}."))]
    assert not [name for name in foreign if name.startswith(".") or name.partition(".")[0] in PRODUCT]
    assert "import_module" not in source
    assert "__import__" not in source


def test_there_is_something_to_check() -> None:
    assert {path.stem for path in OUTSIDE.glob("*.py")} >= {"biller_simulator", "printer_simulator", "faulty_link"}
