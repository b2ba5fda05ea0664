"""Both journals of a station as a person reads them: who wrote which record when, the newest first."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from hq_server.db.journal_tables import journal_records, journal_staff
from hq_server.db.reference_tables import enrolments, staff
from hq_server.listing import to_day
from hq_server.statements.record_wording import FIELDS, KINDS, VALUES, worded
from hq_server.wording import Sentence
from station_journal.codec import UnreadableRecordError, decode
from station_journal.money import format_yuan
from station_journal.records import Actor, ActorKind, Fact
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

_BYTES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One record. ``author`` tells person, machine and support apart; ``details`` are its fields as they stand."""

    side: Side
    epoch: int
    seq: int
    recorded_at: datetime | None
    business_date: date | None
    author: Sentence
    kind: Sentence
    details: Sentence
    digest: str


@dataclass(frozen=True, slots=True)
class EnrolmentLine:
    """One issue of an enrolment code and what became of it."""

    issue_no: int
    epoch: int
    state: str
    maker_no: int
    approver_no: int | None
    public_key: str
    requested_at: datetime | None


def journal_lines(
    connection: Connection, station_code: str, side: Side, before_seq: int | None = None, limit: int = 50
) -> list[JournalLine]:
    """List records of one journal from below a number, the newest first."""
    table = journal_records.c
    query = select(journal_records).where(table.station_code == station_code, table.side == side.value)
    if before_seq is not None:
        query = query.where(table.seq < before_seq)
    rows = connection.execute(query.order_by(table.seq.desc()).limit(limit)).all()
    names = staff_names(connection, station_code)
    return [line_of_row(side, row, names) for row in rows]


def first_after(connection: Connection, station_code: str, side: Side, day: date) -> int:
    """Give the number of the first record that HQ stored after a day in China: what is below it was there by then."""
    table = journal_records.c
    mine = (table.station_code == station_code) & (table.side == side.value)
    last = select(func.max(table.seq)).where(mine, to_day(table.stored_at)(day))
    return (connection.scalar(last) or 0) + 1


def staff_names(connection: Connection, station_code: str) -> dict[int, str]:
    """Give the names of HQ's people who stand in a station's journal, by number."""
    known = select(journal_staff.c.staff_no).where(journal_staff.c.station_code == station_code)
    numbers = list(connection.scalars(known))
    rows = connection.execute(select(staff.c.staff_no, staff.c.name).where(staff.c.staff_no.in_(numbers)))
    return {row.staff_no: row.name for row in rows}


def line_of_row(side: Side, row: Row[Any], names: dict[int, str]) -> JournalLine:
    """Read one row of the journals; what cannot be read is said to be unreadable, never left out."""
    digest = row.digest[:_BYTES_SHOWN].hex()
    try:
        record = decode(row.data, side)
    except UnreadableRecordError as error:
        nobody = Sentence("无法读取", "unreadable")
        said = Sentence(str(error), str(error))
        return JournalLine(side, row.epoch, row.seq, None, None, nobody, Sentence("", ""), said, digest)
    author = _author(side, record.actor, names)
    kind, details = worded(KINDS, type(record.fact).__name__), _details(record.fact)
    return JournalLine(
        side, row.epoch, row.seq, record.recorded_at, record.business_date, author, kind, details, digest
    )


def _author(side: Side, actor: Actor, names: dict[int, str]) -> Sentence:
    if actor.kind is ActorKind.SYSTEM:
        return Sentence("站点系统", "station system") if side is Side.STATION else Sentence("总部系统", "HQ system")
    if actor.kind is ActorKind.SUPPORT:
        return Sentence(f"技术支持 {actor.number}", f"support {actor.number}")
    if side is Side.STATION:
        return Sentence(f"营业员 {actor.number}", f"operator {actor.number}")
    name = names.get(actor.number, "")
    return Sentence(f"总部 {actor.number} {name}".strip(), f"HQ {actor.number} {name}".strip())


def _details(fact: Fact) -> Sentence:
    pairs = [
        (worded(FIELDS, field.name), _value(field.name, getattr(fact, field.name)))
        for field in fields(fact)
        if getattr(fact, field.name) not in {"", b""}
    ]
    chinese = ", ".join(f"{name.zh} {value.zh}" for name, value in pairs)
    return Sentence(chinese, ", ".join(f"{name.en} {value.en}" for name, value in pairs))


def _value(name: str, value: object) -> Sentence:
    if isinstance(value, bool | IntEnum):
        return worded(VALUES, value.name if isinstance(value, IntEnum) else str(value))
    if isinstance(value, bytes):
        text = value[:_BYTES_SHOWN].hex()
    elif name.endswith("_fen") and isinstance(value, int):
        text = format_yuan(value)
    elif isinstance(value, tuple):
        text = str(len(value))
    else:
        text = value.isoformat() if isinstance(value, date) else str(value)
    return Sentence(text, text)


def enrolment_lines(connection: Connection, station_code: str) -> list[EnrolmentLine]:
    """List a station's enrolments, the newest first; a key by its first bytes, as both people compare it."""
    table = enrolments.c
    query = select(enrolments).where(table.station_code == station_code).order_by(table.issue_no.desc())
    return [
        EnrolmentLine(
            row.issue_no,
            row.epoch,
            row.state,
            row.maker_no,
            row.approver_no,
            (row.public_key or b"")[:_BYTES_SHOWN].hex(),
            row.requested_at,
        )
        for row in connection.execute(query)
    ]
