"""Who may import whom: the contracts hold, and each one breaks when it should."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


PACKAGES = ("station_journal", "station_pos", "hq_server")
# (who imports, what, the contract that it breaks); every module of ours named here is one of the real tree
BREACHES = [
    ("station_pos.register.register", "hq_server.ledger.book", "Station and HQ share only the journal"),
    ("hq_server.ingest.acceptance", "station_pos.register.register", "Station and HQ share only the journal"),
    ("station_journal.money", "station_journal.posting", "Journal order"),
    ("station_journal.standalone_verifier", "station_journal.codec", "The verifier stands alone"),
    ("station_pos.commands.payments", "station_pos.store.journal", "Station order"),
    ("station_pos.tui.desk", "station_pos.bootstrap", "Station order"),
    ("station_pos.devices.card_terminal", "station_pos.devices.card_matching", "Device order"),
    ("station_pos.devices.zvt.apdu", "station_pos.devices.zvt.link", "ZVT goes from the wire up"),
    ("station_pos.devices.transbank.frames", "station_pos.devices.transbank.link", "Transbank goes from the wire up"),
    ("station_pos.tui.widgets.entry_line", "station_pos.tui.screens.home", "Screen order"),
    ("hq_server.ledger.book", "hq_server.reconciliation.breaks", "HQ order is the money's order"),
    ("hq_server.gateway.dispatch", "hq_server.ledger.book", "HQ order is the money's order"),
    ("station_journal.records", "time", "Rules are pure"),
    ("hq_server.commission.tax", "os", "Rules are pure"),
    ("station_pos.tui.presenters.home", "textual", "Rules are pure"),
    ("station_pos.tui.screens.home", "station_pos.store.journal", "Few hands on the store"),
    ("station_pos.devices.printer", "serial", "Vendors stay in their room"),
    ("station_pos.register.register", "sqlalchemy", "Vendors stay in their room"),
    ("hq_server.console.lists", "sqlalchemy", "Faces write no SQL"),
    ("hq_server.cli.books", "sqlalchemy", "Faces write no SQL"),
    ("station_pos.tui.screens.payment", "station_pos.tui.screens.home", "Screens do not know each other"),
    ("station_pos.demo.outside.printer_machine", "station_pos.receipts.escpos", "Outside parties know nothing of ours"),
    ("station_pos.demo.outside.biller_book", "station_journal.money", "Outside parties know nothing of ours"),
]
STRAYS = [
    ("station_journal.leftovers", "Journal order"),
    ("station_pos.leftovers", "Station order"),
    ("station_pos.devices.leftovers", "Device order"),
    ("station_pos.devices.zvt.leftovers", "ZVT goes from the wire up"),
    ("station_pos.devices.transbank.leftovers", "Transbank goes from the wire up"),
    ("station_pos.tui.leftovers", "Screen order"),
    ("hq_server.leftovers", "HQ order is the money's order"),
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
    """On an empty twin of the tree, one import too many breaks the contract that was meant."""

    @pytest.fixture
    def tree(self, tmp_path):
        shutil.copy(ROOT / "pyproject.toml", tmp_path)
        for package in PACKAGES:
            for file in (ROOT / package).rglob("*.py"):
                twin = tmp_path / file.relative_to(ROOT)
                twin.parent.mkdir(parents=True, exist_ok=True)
                twin.touch()
        return tmp_path

    @staticmethod
    def file_of(tree: Path, module: str) -> Path:
        return tree.joinpath(*module.split(".")).with_suffix(".py")

    @pytest.mark.parametrize(("importer", "imported", "contract"), BREACHES)
    def test_by_its_contract(self, tree, importer, imported, contract):
        assert self.file_of(tree, importer).is_file(), f"{importer} is no module"
        if imported.startswith(PACKAGES):
            assert self.file_of(tree, imported).is_file(), f"{imported} is no module"
        self.file_of(tree, importer).write_text(f"import {imported}\n")
        code, report = lint_imports(tree)
        assert code == 1
        assert contract in broken(report)

    @pytest.mark.parametrize(("module", "contract"), STRAYS)
    def test_and_so_is_a_module_that_no_layer_names(self, tree, module, contract):
        self.file_of(tree, module).touch()
        code, report = lint_imports(tree)
        assert (code, broken(report)) == (1, {contract}), report

    def test_and_without_a_breach_all_are_kept(self, tree):
        code, report = lint_imports(tree)
        assert (code, broken(report)) == (0, set()), report


def test_every_contract_has_a_breach_that_breaks_it():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = {contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]}
    assert {contract for _, _, contract in BREACHES} == contracts
