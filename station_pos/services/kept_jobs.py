"""Jobs that are half typed: kept on the disk as drafts, so that a lock, a log-off or a power cut loses no typing.

A kept job is never an entry: it moves no money and is in no journal. It holds the least that opens the job again, with
names and numbers masked in its title, and goes when the job's end was seen or when the operator drops it; what is
left of an earlier business day is shown once more and then goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date, datetime

BILL = "bill"
"""The service of a kept bill payment."""


@dataclass(frozen=True, slots=True)
class KeptJob:
    """One half-typed job.

    ``operation_no`` is that of the order it would become. ``payment_seq`` is the record it did become, 0 while there
    is none. ``parked``: the operator put it aside on purpose. ``contents`` is JSON that only its screen reads.
    ``doubtful`` is set where the books could not tell whether it was recorded.
    """

    job_no: int
    service: str
    operation_no: int
    operator_no: int
    kept_at: datetime
    business_date: date
    title: str
    amount_fen: int
    contents: str
    parked: bool = False
    payment_seq: int = 0
    doubtful: bool = False


class KeptJobs(Protocol):
    """The drafts of this station. Calls return at once; the disk follows within a moment."""

    def new_no(self) -> int:
        """Give a number for a job that is to be kept."""

    def keep(self, job: KeptJob) -> None:
        """Keep a job as it now stands, in place of what was kept under its number."""

    def drop(self, job_no: int) -> None:
        """Forget a job: its operator gave it up, or its end was seen."""

    def seen(self, payment_seq: int) -> None:
        """Forget the job that became this payment: the operator has seen its result."""

    def jobs(self) -> tuple[KeptJob, ...]:
        """List the kept jobs, oldest first."""
