"""Drivers are found by the name in the settings; what cannot be found is one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from station_pos.config import Settings
from station_pos.devices.card_drivers import DriverError, DriverSetup, driver_names, make_driver
from station_pos.devices.from_settings import card_terminal
from station_pos.devices.transbank.driver import TransbankTerminal
from station_pos.devices.zvt.driver import ZvtTerminal
from tests.station_pos.devices.card_benches import now
from tests.station_pos.devices.nonce_terminal import EXAMPLE, installed

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "card-terminal-drivers.md"
FENCED = re.compile(r"```python\n(.*?)```", re.DOTALL)


class TestTheName:
    @pytest.mark.parametrize(("name", "kind"), [("zvt", ZvtTerminal), ("transbank", TransbankTerminal)])
    def test_in_the_settings_gives_the_driver(self, tmp_path, name, kind):
        settings = Settings(card_terminal="/dev/ttyUSB9", card_terminal_driver=name)
        assert isinstance(card_terminal(settings, tmp_path, now), kind)

    def test_of_no_driver_is_refused_with_those_that_there_are(self):
        with pytest.raises(DriverError, match="'mispos' is not installed; there are: transbank, zvt"):
            make_driver("mispos", DriverSetup(line="/dev/ttyUSB9", now=now))

    def test_of_another_packages_driver_is_found(self, tmp_path):
        with installed(tmp_path):
            assert driver_names() == ("mispos", "transbank", "zvt")

    def test_with_a_password_that_cannot_be_is_refused_without_repeating_it(self):
        with pytest.raises(DriverError, match="six digits") as refused:
            make_driver("zvt", DriverSetup(line="/dev/ttyUSB9", now=now, password="12345x"))
        assert "12345x" not in str(refused.value)
        assert "12345x" not in repr(DriverSetup(line="x", now=now, password="12345x"))


def test_every_line_of_code_in_the_document_stands_in_the_example_that_runs():
    running = "\n".join(file.read_text("utf-8") for file in sorted(EXAMPLE.glob("*.py")))
    known = {line.strip() for line in running.splitlines()}
    blocks = FENCED.findall(DOCUMENT.read_text("utf-8"))
    assert blocks
    strange = [line for block in blocks for line in block.splitlines() if line.strip() and line.strip() not in known]
    assert strange == []
