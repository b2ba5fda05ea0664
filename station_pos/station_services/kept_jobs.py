"""The real ``KeptJobs``: answers from memory, writes behind in a thread of its own, the latest state of a job only."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from station_pos.register import upkeep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from station_pos.register import Register
    from station_pos.services.kept_jobs import KeptJob

WRITE_GAP_S = 0.2
"""At most so much typing is lost with the power, and so often at most the disk is asked."""
_log = logging.getLogger(__name__)
Changes = dict[int, "KeptJob | None"]


def open_jobs(register: Register) -> WriteBehindJobs:
    """Take up the jobs that the run before left behind."""
    return WriteBehindJobs(upkeep.kept_jobs(register), lambda changes: upkeep.keep_jobs(register, changes))


class WriteBehindJobs:
    """Keeps jobs in memory and hands each change to ``write`` in the background; ``close`` writes what is left."""

    def __init__(self, jobs: Iterable[KeptJob], write: Callable[[Mapping[int, KeptJob | None]], None]) -> None:
        """Start from the jobs on the disk."""
        self._jobs = {job.job_no: job for job in jobs}
        self._last_no = max(self._jobs, default=0)
        self._write = write
        self._changes: Changes = {}
        self._changed = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._run, name="kept-jobs", daemon=True)
        self._thread.start()

    def new_no(self) -> int:
        """Give a number for a job that is to be kept."""
        with self._changed:
            self._last_no += 1
            return self._last_no

    def keep(self, job: KeptJob) -> None:
        """Keep a job as it now stands, in place of what was kept under its number."""
        with self._changed:
            if self._jobs.get(job.job_no) != job:
                self._jobs[job.job_no] = job
                self._note(job.job_no, job)

    def drop(self, job_no: int) -> None:
        """Forget a job: its operator gave it up, or its end was seen."""
        with self._changed:
            if self._jobs.pop(job_no, None) is not None:
                self._note(job_no, None)

    def seen(self, payment_seq: int) -> None:
        """Forget the job that became this payment: the operator has seen its result."""
        for job in self.jobs():
            if job.payment_seq == payment_seq:
                self.drop(job.job_no)

    def jobs(self) -> tuple[KeptJob, ...]:
        """List the kept jobs, oldest first."""
        with self._changed:
            return tuple(self._jobs[job_no] for job_no in sorted(self._jobs))

    def close(self) -> None:
        """Write what is left and end the thread."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
        self._thread.join()

    def _note(self, job_no: int, job: KeptJob | None) -> None:
        self._changes[job_no] = job
        self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._changes or not self._open)
                if not self._changes:
                    return
                self._changed.wait_for(lambda: not self._open, WRITE_GAP_S)
                changes, self._changes = self._changes, {}
                last = not self._open
            try:
                self._write(changes)
            except Exception:  # noqa: BLE001  a draft is worth less than the thread that keeps the next one
                _log.warning("a half-typed job could not be kept", exc_info=True)
                if last:
                    return
                self._try_again(changes)

    def _try_again(self, changes: Changes) -> None:
        """Let the next change carry these along; one that was changed since stands as it is."""
        with self._changed:
            waiting = {**changes, **self._changes}
            self._changed.wait_for(lambda: not self._open, 1.0)
            self._changes = {**waiting, **self._changes}
