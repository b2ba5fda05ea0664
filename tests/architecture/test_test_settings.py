"""The runner itself: skips can be forbidden, a run repeats from its seed, and no test reaches the network unasked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run_tests(tmp_path):
    """Run the given test module in a project with our settings; returns exit code and output."""
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")

    def run(text: str, **environment: str) -> tuple[int, str]:
        (tmp_path / "tests" / "test_sample.py").write_text(text)
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("STATION_POS_", "PYTEST_", "HYPOTHESIS_"))}
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests"]
        done = subprocess.run(
            command, cwd=tmp_path, env=clean | environment, capture_output=True, text=True, timeout=50, check=False
        )
        return done.returncode, done.stdout + done.stderr

    return run


class TestSkips:
    IN_A_TEST = "import pytest\ndef test_x():\n    pytest.skip('no browser')\n"
    WHILE_COLLECTING = "import pytest\npytest.importorskip('no_such_module')\ndef test_x(): pass\n"
    KNOWN_FAILURE = "import pytest\n@pytest.mark.xfail\ndef test_x():\n    assert False\n"

    def test_are_allowed_by_default(self, run_tests):
        code, output = run_tests(self.IN_A_TEST)
        assert (code, "1 skipped" in output) == (0, True), output

    @pytest.mark.parametrize("text", [IN_A_TEST, WHILE_COLLECTING], ids=["in a test", "while collecting"])
    def test_fail_the_run_when_forbidden(self, run_tests, text):
        code, output = run_tests(text, STATION_POS_FORBID_SKIPS="1")
        assert code != 0, output
        assert "STATION_POS_FORBID_SKIPS=1 forbids it" in output

    def test_are_not_confused_with_expected_failures(self, run_tests):
        code, output = run_tests(self.KNOWN_FAILURE, STATION_POS_FORBID_SKIPS="1")
        assert (code, "1 xfailed" in output) == (0, True), output


class TestTheSeed:
    SHOW = (
        "from hypothesis import given, settings, strategies as st\n"
        "seen = []\n"
        "@settings(max_examples=5)\n"
        "@given(st.integers())\n"
        "def test_draw(x): seen.append(x)\n"
        "def test_show(seed):\n    import random; print('SHOW', seed, random.random())\n"
        "def teardown_module(): print('DREW', seen)\n"
    )

    def shown(self, output: str) -> list[str]:
        return sorted(re.findall(r"(?:SHOW|DREW) .*", output))

    def test_repeats_a_run(self, run_tests):
        first = run_tests(self.SHOW, STATION_POS_SEED="7", PYTEST_ADDOPTS="-s")
        again = run_tests(self.SHOW, STATION_POS_SEED="7", PYTEST_ADDOPTS="-s")
        other = run_tests(self.SHOW, STATION_POS_SEED="8", PYTEST_ADDOPTS="-s")
        assert len(self.shown(first[1])) == 2, first[1]
        assert self.shown(first[1]) == self.shown(again[1])
        assert not set(self.shown(first[1])) & set(self.shown(other[1]))

    def test_is_printed_when_drawn(self, run_tests):
        _, output = run_tests(self.SHOW, STATION_POS_SEED="random", PYTEST_ADDOPTS="-s")
        printed = re.search(r"STATION_POS_SEED=(\d+)", output)
        assert printed, output
        assert f"SHOW {printed[1]} " in output

    def test_that_is_no_number_is_refused_in_one_sentence(self, run_tests):
        code, output = run_tests(self.SHOW, STATION_POS_SEED="monday")
        assert code != 0
        assert "STATION_POS_SEED is a number or 'random', not 'monday'." in output


class TestStrictness:
    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("import socket\ndef test_x(): socket.socket()\n", "SocketBlockedError"),
            ("import warnings\ndef test_x(): warnings.warn('old')\n", "UserWarning: old"),
            ("import pytest\n@pytest.mark.no_such_mark\ndef test_x(): pass\n", "no_such_mark"),
            ("import pytest\n@pytest.mark.xfail\ndef test_x(): pass\n", "XPASS(strict)"),
        ],
    )
    def test_turns_neglect_into_failure(self, run_tests, text, complaint):
        code, output = run_tests(text)
        assert code != 0
        assert complaint in output, output

    def test_lets_a_test_ask_for_loopback(self, run_tests):
        code, output = run_tests(
            "import pytest, socket\n@pytest.mark.enable_socket\ndef test_x():\n    socket.socket().close()\n"
        )
        assert code == 0, output
