"""Half-typed jobs on the disk. The table is no projection: nothing in it follows from a journal, nor into one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from station_pos.services.kept_jobs import KeptJob
from station_pos.store.database import rows, run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

_COLUMNS = (
    *("job_no", "service", "operation_no", "operator_no", "kept_at", "business_date", "title", "amount_fen"),
    *("contents", "parked", "payment_seq"),
)
_NAMES = ", ".join(_COLUMNS)


def load(connection: Connection) -> tuple[KeptJob, ...]:
    """Read every kept job, oldest first."""
    jobs = []
    for found in rows(connection, f"SELECT {_NAMES} FROM kept_jobs ORDER BY job_no"):  # noqa: S608  fixed names
        values = dict(zip(_COLUMNS, found, strict=True))
        values["kept_at"] = datetime.fromtimestamp(values["kept_at"], UTC)
        values["business_date"] = date.fromisoformat(values["business_date"])
        values["parked"] = bool(values["parked"])
        jobs.append(KeptJob(**values))
    return tuple(jobs)


def write(connection: Connection, changes: Mapping[int, KeptJob | None]) -> None:
    """Write jobs as they now stand; None takes one away."""
    marks = ", ".join("?" * len(_COLUMNS))
    for job_no, job in changes.items():
        if job is None:
            run(connection, "DELETE FROM kept_jobs WHERE job_no=?", (job_no,))
            continue
        about = job_no, job.service, job.operation_no, job.operator_no, int(job.kept_at.timestamp())
        held = job.business_date.isoformat(), job.title, job.amount_fen, job.contents, int(job.parked), job.payment_seq
        run(connection, f"INSERT OR REPLACE INTO kept_jobs ({_NAMES}) VALUES ({marks})", (*about, *held))  # noqa: S608
