"""Wakes HQ's stages in the order of the money, again and again.

Of several processes one leads and runs them all; the others help with the stages whose work can be shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hq_server.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from sqlalchemy import Engine

    from hq_server.db import Clock
    from hq_server.db.leading import Leading

REST_S = 1.0
"""Longest rest before the stages look by themselves, without having been woken."""
_log = get_logger("jobs")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. ``run`` does all that is due and gives how many things it did; doing it again does nothing.

    A ``shared`` stage may be run by any number of processes at once: each takes work that no other has taken.
    """

    name: str
    run: Callable[[Engine, Clock], int]
    shared: bool = False


def run_once(engine: Engine, clock: Clock, stages: Sequence[Stage]) -> dict[str, int]:
    """Run the stages in order until none has anything left; gives what each did.

    Raises:
        Exception: whatever a stage raises; the stages after it are not run.
    """
    total = {stage.name: 0 for stage in stages}
    while True:
        done = {stage.name: stage.run(engine, clock) for stage in stages}
        for name, count in done.items():
            total[name] += count
        if not any(done.values()):
            return total


def work(engine: Engine, clock: Clock, stages: Sequence[Stage], leading: Leading, stopping: Event) -> None:
    """Run the stages whenever there is work, until told to stop; where another process leads, only the shared ones.

    A stage that fails is told in the log with its cause and tried again; the stages after it still run, since each
    depends only on what earlier ones have stored.
    """
    helping = [stage for stage in stages if stage.shared]
    while not stopping.is_set():
        leads = leading.leads()
        busy = _round(engine, clock, stages if leads else helping, stopping)
        if busy and not leads:
            leading.wake()  # what was done here is work for the leader's next stages
        if not busy and not stopping.is_set():
            leading.wait(REST_S)


def _round(engine: Engine, clock: Clock, stages: Sequence[Stage], stopping: Event) -> bool:
    busy = False
    for stage in stages:
        if stopping.is_set():
            return False
        try:
            count = stage.run(engine, clock)
        except Exception:  # noqa: BLE001 - told with its cause, and tried again
            _log.exception("stage_failed", stage=stage.name)
            continue
        if count:
            _log.info("stage_ran", stage=stage.name, count=count)
            busy = True
    return busy
