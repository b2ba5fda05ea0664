"""What the first picture does not need is not loaded before it: an old counter PC starts slowly enough."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = {"sqlalchemy", "httpx", "cryptography", "zstandard", "serial", "argon2", "segno", "pypinyin", "cbor2"}
LATER = {
    "payment",
    "result",
    "pending",
    "history",
    "credit",
    "evidence",
    "help",
    "doubtful",
    "clock",
    "in_flight",
    "palette",
    "practice",
}


def test_the_screen_loads_no_database_no_wire_and_no_later_screen():
    code = "import station_pos.tui.app, sys, json; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    assert HEAVY & {name.split(".")[0] for name in loaded} == set()
    assert {f"station_pos.tui.screens.{name}" for name in LATER} & set(loaded) == set()
    assert "station_pos.register" not in loaded
