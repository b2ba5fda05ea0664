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
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from station_journal.seal import Position


class JobState(StrEnum):
    """How far a print job got."""

    QUEUED = "queued"
    SENDING = "sending"
    WAITING = "waiting"
    DONE = "done"
    DOUBTFUL = "doubtful"


class PrintKind(StrEnum):
    """What a print job is: a slip, which is printed once, or a label, which may be printed again."""

    SLIP = "slip"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One paper to print; ``paper`` is its stored form. A job is numbered by the epoch and record that issued it.

    Labels have numbers of their own, so that a record may call for a label beside its slip.
    """

    job_no: int
    payment_seq: int
    title: str
    amount_fen: int
    copy_no: int
    queued_at: datetime
    paper: bytes
    state: JobState
    reason: str
    kind: PrintKind

    @property
    def issued_seq(self) -> int:
        """The station record that issued the paper."""
        return self.job_no % _EPOCH_STEP % _LABELS_FROM


_EPOCH_STEP = 1_000_000_000
_LABELS_FROM = 500_000_000
_SELECT = """SELECT job_no, payment_seq, title, amount_fen, copy_no, queued_at, paper, state, reason, kind
    FROM print_jobs"""


def queue_paper(
    connection: Connection, issued: Position, payment_seq: int, what: tuple[str, int, int], paper: tuple[int, bytes]
) -> int:
    """Queue the paper of the record at ``issued`` and give its job number.

    ``what`` is (title, amount_fen, copy_no), ``paper`` (UTC seconds, stored form). A record issues one paper, ever.
    """
    job_no = issued.epoch * _EPOCH_STEP + issued.seq
    run(
        connection,
        """INSERT INTO print_jobs (job_no, payment_seq, title, amount_fen, copy_no, queued_at, paper, state)
           VALUES (?, ?, ?, ?, ?, ?, ?, 'queued')""",
        (job_no, payment_seq, *what, *paper),
    )
    return job_no


def queue_label(connection: Connection, issued: Position, title: str, paper: tuple[int, bytes]) -> int:
    """Queue the label that the record at ``issued`` calls for and give its job number.

    ``paper`` is (UTC seconds, stored form).
    """
    job_no = issued.epoch * _EPOCH_STEP + _LABELS_FROM + issued.seq
    run(
        connection,
        """INSERT INTO print_jobs (job_no, payment_seq, title, amount_fen, copy_no, queued_at, paper, state, kind)
           VALUES (?, 0, ?, 0, 0, ?, ?, 'queued', 'label')""",
        (job_no, title, *paper),
    )
    return job_no


def _job(found: tuple[object, ...]) -> PrintJob:
    values = list(found)
    values[5] = datetime.fromtimestamp(int(str(values[5])), UTC)
    values[7] = JobState(str(values[7]))
    values[9] = PrintKind(str(values[9]))
    return PrintJob(*values)  # type: ignore[arg-type]


def next_queued(connection: Connection, kinds: Sequence[PrintKind] = tuple(PrintKind)) -> PrintJob | None:
    """Give the oldest paper of these kinds that waits to be printed."""
    marks = ", ".join("?" * len(kinds))
    # By record, whatever the kind: a label is printed after the slip before it.
    found = row(
        connection,
        f"""{_SELECT} WHERE state<>'done' AND state='queued' AND kind IN ({marks})
            ORDER BY job_no / {_EPOCH_STEP}, job_no % {_EPOCH_STEP} % {_LABELS_FROM}, kind DESC LIMIT 1""",
        [kind.value for kind in kinds],
    )
    return None if found is None else _job(found)


def print_job(connection: Connection, job_no: int) -> PrintJob | None:
    """Find a print job."""
    found = row(connection, f"{_SELECT} WHERE job_no=?", (job_no,))
    return None if found is None else _job(found)


def job_of_issue(connection: Connection, epoch: int, seq: int) -> PrintJob | None:
    """Find the print job of the record that issued a paper."""
    return print_job(connection, epoch * _EPOCH_STEP + seq)


def set_state(connection: Connection, job_no: int, state: JobState, reason: str = "") -> None:
    """Note how far a job got."""
    run(connection, "UPDATE print_jobs SET state=?, reason=? WHERE job_no=?", (state.value, reason, job_no))


def doubt_unfinished(connection: Connection, kinds: Sequence[PrintKind] = tuple(PrintKind)) -> int:
    """At a restart: what was being sent or waited for is doubtful; gives how many. It is never sent again as it is.

    ``kinds`` are those that one printer prints: another's may be in its hands.
    """
    marks = ", ".join("?" * len(kinds))
    return run(
        connection,
        f"""UPDATE print_jobs SET state='doubtful', reason='restarted'
            WHERE state IN ('sending', 'waiting') AND kind IN ({marks})""",  # noqa: S608
        [kind.value for kind in kinds],
    ).rowcount


def drop_above(connection: Connection, after_seq: int) -> int:
    """Take back the papers not yet printed of records that are put aside as a branch; gives how many.

    No paper speaks for a record that is not in the journal, and its number will be another record's.
    """
    return run(
        connection,
        f"""UPDATE print_jobs SET state='done', reason='put_aside' WHERE state<>'done' AND job_no IN
            (SELECT epoch * {_EPOCH_STEP} + seq FROM journal WHERE side='S' AND seq>?
             UNION SELECT epoch * {_EPOCH_STEP} + {_LABELS_FROM} + seq FROM journal WHERE side='S' AND seq>?)""",  # noqa: S608
        (after_seq, after_seq),
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
