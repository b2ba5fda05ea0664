"""Settings of the station: what is no setting is refused with one sentence, never silently a default."""

from __future__ import annotations

import pytest

from station_pos.config import SettingsRefusedError, read_settings


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("answer_wait_s = 0", "above zero"),
        ("card_terminal_baud = -1", "above zero"),
        ("card_terminal = 'spy:///dev/ttyUSB0?file=/tmp/card'", "may not be spy"),
        ("answer_wait_s = '25'", "must be int"),
        ("answer_wait = 25", "is no setting"),
        ("key_memory_mib = 18", "19 to 1024"),
        ("key_memory_mib = 1025", "19 to 1024"),
        ("printer_marker = 'bell'", "one of"),
        ("printer = ", "cannot be read"),
        ("printer = '/dev/x'\ndrawer_pin = 3", "one of 0, 2, 5"),
        ("drawer_pin = 2", "needs a printer"),
        ("scanner_baud = 0", "above zero"),
        ("id_reader = 'SPY:///dev/ttyUSB0?file=x'", "personal data"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_its_name(tmp_path, written, complaint):
    (tmp_path / "station.toml").write_text(written, "utf-8")
    with pytest.raises(SettingsRefusedError, match=complaint):
        read_settings(tmp_path)


def test_a_setting_that_can_be_is_taken(tmp_path):
    (tmp_path / "station.toml").write_text("key_memory_mib = 19\nanswer_wait_s = 4\n", "utf-8")
    found = read_settings(tmp_path)
    assert (found.key_memory_mib, found.answer_wait_s) == (19, 4)
