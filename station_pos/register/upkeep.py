"""Small durable writes beside the journal: a paper somebody looked at, a bill that was asked for, half-typed jobs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from station_journal.codec import decode
from station_journal.records import CopyIssued, Side
from station_pos.commands.outcome import Refused
from station_pos.receipts.paper import from_bytes, to_text
from station_pos.register.papers import compose
from station_pos.store import journal, queues, reference
from station_pos.store import kept_jobs as stored_jobs
from station_pos.store.projections import Projections
from station_pos.store.queues import JobState, PrintKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from station_pos.commands.outcome import Outcome
    from station_pos.register.register import Register
    from station_pos.services.kept_jobs import KeptJob
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


def settle_doubtful(
    register: Register, issue_copy: Callable[[int], Outcome], job_no: int, *, came_out: bool
) -> Refused | None:
    """Note what somebody saw of a doubtful paper: a slip that is missing is copied, a label simply printed again.

    ``issue_copy`` asks for a marked copy of the paper that a record issued; where it is refused, gives why and the
    paper stays on the list.

    Raises:
        RegisterFault: the disk refused; the job stays on the list.
    """
    job = next((one for one in doubtful_jobs(register) if one.job_no == job_no), None)
    if job is None:
        return None
    if job.kind is PrintKind.LABEL and not came_out:
        register.write(lambda connection: queues.set_state(connection, job_no, JobState.QUEUED))
        return None
    copied = None if came_out else issue_copy(original_of(register, job))
    if isinstance(copied, Refused):
        return copied
    looked_at(register, job_no, came_out=came_out)
    return None


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


def keep_chain_answer(register: Register, side: Side, seq: int, heard_at: datetime, answer: bytes) -> None:
    """Keep HQ's signed answer about a record in place of the one before, for the time when HQ cannot be reached.

    Raises:
        RegisterFault: the disk refused.
    """
    at = int(heard_at.timestamp())
    register.write(lambda connection: reference.keep_chain_answer(connection, side, seq, at, answer))


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


def as_of_start(jobs: Iterable[KeptJob], payment_of: Callable[[int], int] | None) -> tuple[KeptJob, ...]:
    """Say of each job left by the run before whether it was recorded; ``payment_of`` finds it by its operation.

    Without ``payment_of`` (the books cannot be computed) nobody knows. The operation number is spent either way: this
    run gives it to another job.
    """
    told = []
    for job in jobs:
        if not job.operation_no:
            told.append(job)
        elif payment_of is None:
            told.append(replace(job, doubtful=not job.payment_seq))
        else:
            told.append(replace(job, payment_seq=job.payment_seq or payment_of(job.operation_no), operation_no=0))
    return tuple(told)


def kept_jobs(register: Register) -> tuple[KeptJob, ...]:
    """Take up the half-typed jobs that the run before left behind.

    Raises:
        RegisterFault: the disk refused.
    """

    def left_behind(connection: Connection) -> tuple[KeptJob, ...]:
        jobs = stored_jobs.load(connection)
        if not jobs or register.blocked() is not None:
            return as_of_start(jobs, None)
        view = Projections(connection, register.tariffs.over(connection))

        def payment_of(operation_no: int) -> int:
            payment = view.payment_of_operation(operation_no)
            return payment.seq if payment is not None else 0

        return as_of_start(jobs, payment_of)

    found = register.read(left_behind)
    if found:
        keep_jobs(register, {job.job_no: job for job in found})
    return found


def keep_jobs(register: Register, changes: Mapping[int, KeptJob | None]) -> None:
    """Write half-typed jobs as they now stand; None takes one away.

    Raises:
        RegisterFault: the disk refused.
    """
    register.write(lambda connection: stored_jobs.write(connection, changes))
