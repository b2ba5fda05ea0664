"""The durable print spool: every paper that was promised, and how far it got.

States (devices: a slip is printed once, whatever happens): queued, sending (committed before the first byte leaves),
waiting (after the last), done, doubtful (nobody knows; asked at the counter), settled (somebody looked).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from station_pos.store.database import row, rows, run

if TYPE_CHECKING:
    from sqlalchemy import Connection


class JobState(StrEnum):
    """How far a print job got."""

    QUEUED = "queued"
    SENDING = "sending"
    WAITING = "waiting"
    DONE = "done"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One paper to print. ``issued_seq`` is the station record that issued it, ``paper`` its stored form."""

    job_no: int
    issued_seq: int
    payment_seq: int
    title: str
    amount_fen: int
    copy_no: int
    queued_at: datetime
    paper: bytes
    state: JobState
    reason: str


_SELECT = """SELECT job_no, issued_seq, payment_seq, title, amount_fen, copy_no, queued_at, paper, state, reason
    FROM print_jobs"""


def queue_paper(
    connection: Connection, issued_seq: int, payment_seq: int, what: tuple[str, int, int], paper: tuple[int, bytes]
) -> int:
    """Queue a paper, give its job number; ``what`` is (title, amount_fen, copy_no), ``paper`` (UTC seconds, form)."""
    done = run(
        connection,
        """INSERT INTO print_jobs (issued_seq, payment_seq, title, amount_fen, copy_no, queued_at, paper, state)
           VALUES (?, ?, ?, ?, ?, ?, ?, 'queued')""",
        (issued_seq, payment_seq, *what, *paper),
    )
    return done.lastrowid or 0


def _job(found: tuple[object, ...]) -> PrintJob:
    values = list(found)
    values[6] = datetime.fromtimestamp(int(str(values[6])), UTC)
    values[8] = JobState(str(values[8]))
    return PrintJob(*values)  # type: ignore[arg-type]


def next_queued(connection: Connection) -> PrintJob | None:
    """Give the oldest paper that waits to be printed."""
    found = row(connection, f"{_SELECT} WHERE state='queued' ORDER BY job_no LIMIT 1")
    return None if found is None else _job(found)


def print_job(connection: Connection, job_no: int) -> PrintJob | None:
    """Find a print job."""
    found = row(connection, f"{_SELECT} WHERE job_no=?", (job_no,))
    return None if found is None else _job(found)


def job_of_issue(connection: Connection, issued_seq: int) -> PrintJob | None:
    """Find the print job of the record that issued a paper."""
    found = row(connection, f"{_SELECT} WHERE issued_seq=?", (issued_seq,))
    return None if found is None else _job(found)


def set_state(connection: Connection, job_no: int, state: JobState, reason: str = "") -> None:
    """Note how far a job got."""
    run(connection, "UPDATE print_jobs SET state=?, reason=? WHERE job_no=?", (state.value, reason, job_no))


def doubt_unfinished(connection: Connection) -> int:
    """At a restart: what was being sent or waited for is doubtful; gives how many. It is never sent again as it is."""
    return run(
        connection, "UPDATE print_jobs SET state='doubtful', reason='restarted' WHERE state IN ('sending', 'waiting')"
    ).rowcount


def jobs_in(connection: Connection, state: JobState) -> tuple[PrintJob, ...]:
    """List the jobs in a state, oldest first."""
    return tuple(_job(found) for found in rows(connection, f"{_SELECT} WHERE state=? ORDER BY job_no", (state.value,)))


def count_in(connection: Connection, *states: JobState) -> int:
    """Count the jobs in some states."""
    marks = ", ".join("?" * len(states))
    found = row(
        connection,
        f"SELECT count(*) FROM print_jobs WHERE state<>'done' AND state IN ({marks})",  # noqa: S608
        [state.value for state in states],
    )
    return int(found[0])
