"""The runner itself: skips can be forbidden, a run repeats from its seed, and no test reaches the network unasked.

Each run below is of several sample modules at once, since starting pytest takes longer than all that they do.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_NOT_NEEDED = ("cacheprovider", "textual-snapshot", "syrupy", "xdist")


@dataclass(frozen=True)
class Run:
    """A run of sample modules: its exit code, and what it said."""

    code: int
    output: str

    def outcomes(self, module: str) -> set[str]:
        """The outcomes of a module's tests, and of the module where it could not be collected."""
        return set(re.findall(rf"^([A-Z]+) tests/test_{module}\.py", self.output, re.MULTILINE))

    def told_of(self, module: str) -> str:
        """What the run said of a module at length."""
        sections = re.split(r"^_{3,} (.*) _{3,}$", self.output, flags=re.MULTILINE)
        return "".join(text for head, text in zip(sections[1::2], sections[2::2], strict=True) if module in head)


@pytest.fixture(scope="module")
def run_tests(tmp_path_factory) -> Callable[..., Run]:
    """Run sample modules, given by name, in a project with our settings."""

    def run(modules: dict[str, str], **environment: str) -> Run:
        folder = tmp_path_factory.mktemp("project")
        (folder / "tests").mkdir()
        shutil.copy(ROOT / "pyproject.toml", folder)
        shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
        for name, text in modules.items():
            (folder / "tests" / f"test_{name}.py").write_text(text)
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("STATION_POS_", "PYTEST_", "HYPOTHESIS_"))}
        without = [word for name in _NOT_NEEDED for word in ("-p", f"no:{name}")]
        command = [sys.executable, "-m", "pytest", *without, "-rA", "--continue-on-collection-errors", "tests"]
        done = subprocess.run(
            command, cwd=folder, env=clean | environment, capture_output=True, text=True, timeout=200, check=False
        )
        return Run(done.returncode, done.stdout + done.stderr)

    return run


IN_A_TEST = "import pytest\ndef test_in_a_test():\n    pytest.skip('no browser')\n"
WHILE_COLLECTING = "import pytest\npytest.importorskip('no_such_module')\ndef test_x(): pass\n"
KNOWN_FAILURE = "import pytest\n@pytest.mark.xfail\ndef test_x():\n    assert False\n"


@pytest.fixture(scope="module")
def forbidding(run_tests: Callable[..., Run]) -> Run:
    modules = {
        "in_a_test": IN_A_TEST,
        "while_collecting": WHILE_COLLECTING,
        "known_failure": KNOWN_FAILURE,
        "sound": "def test_x(): pass\n",
    }
    return run_tests(modules, STATION_POS_FORBID_SKIPS="1")


class TestSkips:
    def test_are_allowed_by_default(self, run_tests):
        allowing = run_tests({"in_a_test": IN_A_TEST, "while_collecting": WHILE_COLLECTING, "known": KNOWN_FAILURE})
        assert (allowing.code, "2 skipped, 1 xfailed" in allowing.output) == (0, True), allowing.output

    @pytest.mark.parametrize(("module", "outcome"), [("in_a_test", "FAILED"), ("while_collecting", "ERROR")])
    def test_fail_the_run_when_forbidden(self, forbidding, module, outcome):
        assert forbidding.code != 0, forbidding.output
        assert forbidding.outcomes(module) == {outcome}, forbidding.output
        assert "STATION_POS_FORBID_SKIPS=1 forbids it" in forbidding.told_of(module), forbidding.output

    def test_are_not_confused_with_expected_failures(self, forbidding):
        assert forbidding.outcomes("known_failure") == {"XFAIL"}, forbidding.output
        assert forbidding.outcomes("sound") == {"PASSED"}, forbidding.output


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

    def shown(self, run: Run) -> list[str]:
        return sorted(re.findall(r"(?:SHOW|DREW) .*", run.output))

    def test_repeats_a_run_and_is_printed_when_drawn(self, run_tests):
        drawn = run_tests({"sample": self.SHOW}, STATION_POS_SEED="random", PYTEST_ADDOPTS="-s")
        printed = re.search(r"STATION_POS_SEED=(\d+)", drawn.output)
        assert printed, drawn.output
        assert f"SHOW {printed[1]} " in drawn.output
        assert len(self.shown(drawn)) == 2, drawn.output
        again = run_tests({"sample": self.SHOW}, STATION_POS_SEED=printed[1], PYTEST_ADDOPTS="-s")
        assert self.shown(drawn) == self.shown(again)
        other = run_tests({"sample": self.SHOW}, STATION_POS_SEED=str(int(printed[1]) + 1), PYTEST_ADDOPTS="-s")
        assert len(self.shown(other)) == 2, other.output
        assert not set(self.shown(drawn)) & set(self.shown(other))

    def test_that_is_no_number_is_refused_in_one_sentence(self, run_tests):
        refused = run_tests({"sample": self.SHOW}, STATION_POS_SEED="monday")
        assert refused.code != 0
        assert "STATION_POS_SEED is a number or 'random', not 'monday'." in refused.output


NEGLECT = {
    "blocked": ("import socket\ndef test_blocked(): socket.socket()\n", "SocketBlockedError"),
    "warning": ("import warnings\ndef test_warning(): warnings.warn('old')\n", "UserWarning: old"),
    "mark": ("import pytest\n@pytest.mark.no_such_mark\ndef test_mark(): pass\n", "no_such_mark"),
    "passing": ("import pytest\n@pytest.mark.xfail\ndef test_passing(): pass\n", "XPASS(strict)"),
}
ASKED_FOR = "import pytest, socket\n@pytest.mark.enable_socket\ndef test_x():\n    socket.socket().close()\n"


@pytest.fixture(scope="module")
def strict(run_tests: Callable[..., Run]) -> Run:
    return run_tests({name: text for name, (text, _) in NEGLECT.items()} | {"asked_for": ASKED_FOR})


class TestStrictness:
    @pytest.mark.parametrize("name", NEGLECT)
    def test_turns_neglect_into_failure(self, strict, name):
        assert strict.code != 0, strict.output
        assert strict.outcomes(name) in ({"FAILED"}, {"ERROR"}), strict.output
        assert NEGLECT[name][1] in strict.told_of(name), strict.output

    def test_lets_a_test_ask_for_loopback(self, strict):
        assert strict.outcomes("asked_for") == {"PASSED"}, strict.output
