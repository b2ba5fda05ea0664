"""What the page of an evidence packet says of the whole job: every record with what devices and biller told, and paper.

Records and fields have the names of docs/journal-format.md, so that an outsider finds them in the journal beside it.
"""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from station_journal.rules.known_faults import number_of_fault
from station_pos import evidence_queries
from station_pos.config import ZONE
from station_pos.dispute_queries import known_faults
from station_pos.text import Catalogue, either

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from station_journal.records import Record
    from station_journal.side import Side
    from station_pos.counter import JournalRow
    from station_pos.register import Register

TEXT = Catalogue(
    {
        "records": (
            "这笔业务的全部记录 (字段见 docs/journal-format.md):",
            "All records of this job (docs/journal-format.md):",
        ),
        "record": ("  {side}{seq:04d}  {at}  {who}  {kind}", "  {side}{seq:04d}  {at}  {who}  {kind}"),
        "told": ("            {told}", "            {told}"),
        "person": ("人员", "person"),
        "system": ("系统", "system"),
        "support": ("支持", "support"),
        "papers": ("送去打印的纸:", "Paper sent to the printer:"),
        "paper": (
            "  {at}  {title}  第 {copy_no} 次补打  {state} {reason}",
            "  {at}  {title}  copy {copy_no}  {state} {reason}",
        ),
        "original": ("  {at}  {title}  {state} {reason}", "  {at}  {title}  {state} {reason}"),
        "faults": ("涉及这笔的已知问题:", "Known faults that touch this job:"),
        "fault": ("  {number}  {title}", "  {number}  {title}"),
        "fault_none": ("  没有", "  none"),
    }
)


class Job(NamedTuple):
    """A job as the page writes it, and the records of it that issued papers."""

    lines: list[str]
    issued_seqs: tuple[int, ...]


def job_of(register: Register, row: JournalRow) -> Job:
    """Write the job that a record is about: its records, its paper, and the known faults that touch one of them.

    What is about no job of a customer is a job of one record.
    """

    def read(connection: Connection) -> Job:
        names = evidence_queries.names(connection)
        found = evidence_queries.of_job(connection, row.followed_seq) if row.followed_side == "S" else ()
        found = found or evidence_queries.alone(connection, row.side, row.seq)
        own = {seq for side, seq, _ in found if side.value == "S"}
        lines = ["", TEXT("records")]
        for side, seq, record in found:
            lines += _record(side, seq, record, names)
        papers = evidence_queries.paper_of(connection, row.payment_seq) if row.payment_seq else ()
        lines += ["", TEXT("papers"), *map(_paper, papers)] if papers else []
        lines += ["", TEXT("faults"), *(_faults(connection, own) or [TEXT("fault_none")])]
        return Job(lines, evidence_queries.issuing(connection, own))

    return register.read(read)


def actor_word(kind: str) -> str:
    """Say who makes a record: a person, the machine by itself, or support."""
    return TEXT(kind)


def _record(side: Side, seq: int, record: Record, names: dict[Side, dict[int, str]]) -> list[str]:
    who = actor_word(record.actor.kind.value)
    if record.actor.number:
        who = f"{who} {record.actor.number} {names[side].get(record.actor.number, '')}".strip()
    at = f"{record.recorded_at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"
    told = "  ".join(f"{one.name}={_plain(getattr(record.fact, one.name))}" for one in fields(record.fact))
    return [
        TEXT("record", side=side.value, seq=seq, at=at, who=who, kind=type(record.fact).__name__),
        TEXT("told", told=told),
    ]


def _plain(value: Any) -> str:  # noqa: ANN401 - any field of any record
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bytes):
        return value.hex()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _paper(job: tuple[str, int, Any, str, str]) -> str:
    title, copy_no, queued_at, state, reason = job
    at = f"{queued_at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"
    key = "paper" if copy_no else "original"
    return TEXT(key, at=at, title=title, copy_no=copy_no, state=state, reason=reason).rstrip()


def _faults(connection: Connection, own: set[int]) -> list[str]:
    faults = known_faults(connection)
    touching = [one for one in faults if own & {touched.station_seq for touched in one.touched}]
    return [
        TEXT("fault", number=number_of_fault(one.fault_no), title=either(one.title, one.title_en)) for one in touching
    ]
