"""Small durable writes beside the journal: a doubtful paper that somebody looked at, and a bill that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from station_journal.codec import decode
from station_journal.records import CopyIssued, Side
from station_pos.receipts.paper import from_bytes, to_text
from station_pos.register.papers import compose
from station_pos.store import journal, queues, reference
from station_pos.store.projections import Projections
from station_pos.store.queues import JobState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from station_pos.register.register import Register
    from station_pos.store.queues import PrintJob

_LATEST = 2**62


@dataclass(frozen=True, slots=True)
class PrintCounts:
    """How many papers wait to be printed, and of how many nobody knows."""

    queued: int
    doubtful: int


def print_counts(connection: Connection) -> PrintCounts:
    """Count the print jobs that are not done."""
    doubtful = queues.count_in(connection, JobState.DOUBTFUL)
    return PrintCounts(queues.count_in(connection, JobState.QUEUED, JobState.SENDING, JobState.WAITING), doubtful)


def station_name(connection: Connection) -> str:
    """Give the station's name as its papers carry it now."""
    return reference.profile(connection, _LATEST).station_name


def doubtful_jobs(register: Register) -> tuple[PrintJob, ...]:
    """List the papers that somebody must look for, oldest first."""
    with register.database.reading() as connection:
        return queues.jobs_in(connection, JobState.DOUBTFUL)


def original_of(register: Register, job: PrintJob) -> int:
    """Give the record that issued the paper of which a job is the original or a copy."""
    with register.database.reading() as connection:
        entry = journal.entry(connection, Side.STATION, job.issued_seq)
    fact = decode(entry.data, Side.STATION).fact if entry else None
    return fact.of_seq if isinstance(fact, CopyIssued) else job.issued_seq


def looked_at(register: Register, job_no: int, *, came_out: bool) -> None:
    """Take a job off the list of doubtful ones: it is never sent again, whatever was seen.

    Raises:
        RegisterFault: the disk refused.
    """
    reason = "" if came_out else "did_not_come_out"
    register.write(lambda connection: queues.set_state(connection, job_no, JobState.DONE, reason))


def keep_inquiry(register: Register, product_code: int, account_no: str, asked_at: datetime, answer: str) -> None:
    """Keep an inquiry's answer (JSON) for the time when HQ cannot be reached.

    Raises:
        RegisterFault: the disk refused.
    """
    at = int(asked_at.timestamp())
    register.write(lambda connection: reference.keep_bill(connection, product_code, account_no, at, answer))


def issued_text(register: Register, issued_seq: int, now: datetime) -> str:
    """Give the receipt or slip that a record issued as plain text: as stored with its job, else composed again."""
    with register.database.reading() as connection:
        issuing = journal.entry(connection, Side.STATION, issued_seq)
        job = queues.job_of_issue(connection, issuing.epoch, issued_seq) if issuing else None
        if job is not None:
            return to_text(from_bytes(job.paper))
        view = Projections(connection, register.tariffs.over(connection))
        made = compose(connection, view, register.station_code, issued_seq, (0, now), {})
        return "" if made is None else to_text(made.paper)
