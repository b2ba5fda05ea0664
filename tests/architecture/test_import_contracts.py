"""Who may import whom: the contracts hold, and each one breaks when it should."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


OURS = ("station_journal.", "station_pos.", "hq_server.")
BREACHES = [
    ("station_pos.register", "hq_server.ledger.book", "Station and HQ share only the journal"),
    ("station_journal.money", "station_journal.posting", "Journal order"),
    ("station_journal.standalone_verifier", "station_journal.codec", "The verifier stands alone"),
    ("station_pos.commands.payments", "station_pos.store.journal", "Station order"),
    ("station_pos.tui.widgets.amount_input", "station_pos.tui.screens.counter", "Screen order"),
    ("hq_server.ledger.book", "hq_server.reconciliation.breaks", "HQ order is the money's order"),
    ("station_journal.records", "time", "Rules are pure"),
    ("hq_server.commission.tax", "os", "Rules are pure"),
    ("station_pos.tui.screens.counter", "station_pos.store.journal", "Few hands on the store"),
    ("station_pos.devices.printer", "serial", "Vendors stay in their room"),
    ("station_pos.register", "sqlalchemy", "Vendors stay in their room"),
    ("hq_server.console.pages", "sqlalchemy", "Faces write no SQL"),
    ("station_pos.tui.screens.counter", "station_pos.tui.screens.shift", "Screens do not know each other"),
    ("station_pos.demo.outside.printer", "station_pos.receipts.escpos", "Outside parties know nothing of ours"),
    ("station_pos.demo.outside.biller", "station_journal.money", "Outside parties know nothing of ours"),
]


def lint_imports(folder: Path) -> tuple[int, str]:
    command = [str(LINT_IMPORTS), "--no-cache", "--no-logo"]
    plain = os.environ | {"NO_COLOR": "1", "COLUMNS": "200"}
    done = subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True, timeout=50, check=False)
    assert "Contracts: " in done.stdout, done.stdout + done.stderr  # it got as far as judging
    return done.returncode, done.stdout


def broken(report: str) -> set[str]:
    return {line.strip().removesuffix(" BROKEN") for line in report.splitlines() if line.strip().endswith(" BROKEN")}


def test_the_contracts_hold():
    code, report = lint_imports(ROOT)
    assert (code, broken(report)) == (0, set()), report


class TestABreachIsNamed:
    """On a tree of empty modules, one import too many breaks the contract that was meant."""

    @pytest.fixture
    def tree(self, tmp_path):
        shutil.copy(ROOT / "pyproject.toml", tmp_path)
        for package in ("station_journal", "station_pos", "hq_server"):
            (tmp_path / package).mkdir()
            (tmp_path / package / "__init__.py").touch()
        return tmp_path

    @staticmethod
    def plant(tree: Path, module: str, text: str = "") -> None:
        file = tree.joinpath(*module.split(".")).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        for folder in file.relative_to(tree).parents[:-1]:
            (tree / folder / "__init__.py").touch()
        file.write_text(text)

    def plant_empty(self, tree: Path, *modules: str) -> None:
        for module in modules:
            if module.startswith(OURS):
                self.plant(tree, module)

    @pytest.mark.parametrize(("importer", "imported", "contract"), BREACHES)
    def test_by_its_contract(self, tree, importer, imported, contract):
        self.plant_empty(tree, importer, imported)
        self.plant(tree, importer, f"import {imported}\n")
        code, report = lint_imports(tree)
        assert code == 1
        assert contract in broken(report)

    def test_and_without_a_breach_all_are_kept(self, tree):
        for importer, imported, _ in BREACHES:
            self.plant_empty(tree, importer, imported)
        code, report = lint_imports(tree)
        assert (code, broken(report)) == (0, set()), report
