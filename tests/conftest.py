"""One seed for a whole run, Hypothesis profiles, and no silent skips.

``STATION_POS_SEED`` is a number, or ``random`` to draw one; it sets the order of the tests, the examples of Hypothesis
and the ``seed`` fixture. ``HYPOTHESIS_PROFILE`` is ``dev`` (few examples) or ``ci`` (more). With
``STATION_POS_FORBID_SKIPS=1`` a skipped test is a failed one.
"""

from __future__ import annotations

import atexit
import gc
import os
import re
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

DEFAULT_SEED = 20_260_101
SEED = pytest.StashKey[int]()
SHARED = pytest.StashKey[Path]()
"""A folder of the whole run, for what all workers use: one database server."""
_LONG = (
    "/horizon/",
    "/flows/test_scripted_day.py",
    "/flows/test_a_whole_month.py",
    "/flows/",
    "/station_pos/test_processes.py",
    "/gateway/test_dispatch.py",
)
"""What takes long on one worker, the longest first."""

# Not derandomized even where CI=true makes that Hypothesis's own default: the run's seed draws the examples.
_SEEDED = hypothesis.settings(deadline=None, database=None, print_blob=True, derandomize=False)
hypothesis.settings.register_profile("dev", _SEEDED, max_examples=15)
hypothesis.settings.register_profile("ci", _SEEDED, max_examples=200)


def _chosen_seed() -> int:
    asked = os.environ.get("STATION_POS_SEED", "")
    if asked == "random":
        return secrets.randbelow(2**32)
    try:
        return int(asked or DEFAULT_SEED)
    except ValueError:
        raise pytest.UsageError(f"STATION_POS_SEED is a number or 'random', not {asked!r}.") from None


def _shared_folder(config: pytest.Config) -> Path:
    if given := getattr(config, "workerinput", {}).get("shared_folder"):
        return Path(given)
    # Not below pytest's own folder: another run at the same time takes the database's user out of that one.
    folder = Path(tempfile.mkdtemp(prefix="station-pos-run-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # what stops with the processes has stopped by then
    return folder


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["shared_folder"] = str(node.config.stash[SHARED])


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    seed = _chosen_seed()
    os.environ["STATION_POS_SEED"] = str(seed)  # workers and child processes share what was drawn
    config.stash[SEED] = seed
    config.stash[SHARED] = _shared_folder(config)
    if getattr(config.option, "hypothesis_seed", None) is None:
        config.option.hypothesis_seed = str(seed)
    if getattr(config.option, "randomly_seed", None) == "default":
        config.option.randomly_seed = seed
    hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
    gc.disable()  # until all is loaded


def pytest_collection_finish() -> None:
    # What is loaded now stays until the end. The collector looks for cycles among what the tests make, and less often
    # than in a small program: each look costs as much as there is to look at.
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 20)


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: STATION_POS_SEED={config.stash[SEED]}"


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    items.sort(key=lambda item: item.path)  # whatever file this worker began with: all must list the same
    yield
    # The long runs go first, so that no worker is left alone with one at the end; the rest stays in its drawn order.
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    path = item.path.as_posix()
    return next((place for place, part in enumerate(_LONG) if part in path), len(_LONG))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a file to one worker as ``loadfile`` does, and all horizon files to two: each opens a world of its own."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByFileAndWorld(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            numbered = re.fullmatch(r"tests/horizon/test_h(\d+)_\w+\.py", file)
            return f"world {int(numbered[1]) % 2}" if numbered else file

    return ByFileAndWorld(config, log)


@pytest.fixture(scope="session")
def shared_folder(pytestconfig: pytest.Config) -> Path:
    """One folder for all workers of the run."""
    return pytestconfig.stash[SHARED]


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """The run's seed, for simulators and for `random.Random` in a test."""
    return pytestconfig.stash[SEED]


def _skips_are_forbidden() -> bool:
    return os.environ.get("STATION_POS_FORBID_SKIPS") == "1"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    longrepr = report.longrepr
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and _skips_are_forbidden() and not hasattr(report, "wasxfail"):
        reason = _reason(report)
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and STATION_POS_FORBID_SKIPS=1 forbids it: {reason}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    worker = getattr(collector.config, "workerinput", None)
    if worker and report.result and isinstance(collector, pytest.Directory):
        # Every worker loads every file. Where none is compiled yet, each begins with other files than its neighbours
        # and finds compiled what they have done: all together compile all once, not each for itself.
        first = len(report.result) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
        report.result = report.result[first:] + report.result[:first]
    return report
