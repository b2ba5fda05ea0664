"""The board of known faults: one is entered with its rule, matched against all stations, and those it touches are told.

Each is told how many stations it touches, which of its own records, and what to do meanwhile; it is told again when
that changes, and when the fault is put right. Telling moves no money.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.dispute_tables import fault_tellings, known_faults
from hq_server.faults.predicates import FaultRule, read_rule, touched
from hq_server.hq_journal import CannotTellError, held_head
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.facts.known_faults import KnownFaultEnded, KnownFaultTold, TouchedRecord
from station_journal.records import SYSTEM
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection, Engine, Row

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember

_TEXT_MAX = 200
_RECORDS_TOLD_MAX = 50
_NUMBERING_LOCK = 7_201_115


class FaultWords(NamedTuple):
    """What a fault is and what to do meanwhile, in Chinese and in English."""

    title: str
    title_en: str
    work_around: str
    work_around_en: str


@dataclass(frozen=True, slots=True)
class KnownFaultRow:
    """A fault on the board. ``station_count`` is how many stations were told of it."""

    fault_no: int
    rule: FaultRule
    words: FaultWords
    since: date
    made_by: int
    made_at: datetime
    remedy: str
    remedy_en: str
    ended_at: datetime | None
    station_count: int


def enter_fault(
    connection: Connection, by: StaffMember, rule: FaultRule, words: FaultWords, since: date, now: datetime
) -> int:
    """Put a fault on the board; stations hear of it with the next scan. Gives its number.

    Raises:
        RefusedError: no right, or a text that is empty or too long.
    """
    by.require(Deed.PUBLISH_FAULT)
    said = FaultWords(*(_text(one) for one in words))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _NUMBERING_LOCK})
    number = (connection.scalar(select(func.max(known_faults.c.fault_no))) or 0) + 1
    row = {"fault_no": number, "predicate": rule.predicate.value, "parameters": rule.parameters(), "since": since}
    connection.execute(insert(known_faults).values(**row, **said._asdict(), made_by=by.staff_no, made_at=now))
    details = {"fault_no": number, "predicate": rule.predicate.value, "parameters": rule.parameters()}
    audit.note(connection, AuditTag.FAULT_PUBLISHED, audit.staff_actor(by.staff_no), now, details)
    return number


def _text(given: str) -> str:
    said = " ".join(given.split())
    if not said or len(said) > _TEXT_MAX or not said.isprintable():
        raise RefusedError("text", f"每段文字 1 到 {_TEXT_MAX} 字", f"a text has 1 to {_TEXT_MAX} characters")
    return said


def end_fault(
    connection: Connection, by: StaffMember, fault_no: int, remedy_and_en: tuple[str, str], now: datetime
) -> None:
    """Say that a fault is put right and how; the stations that were told hear it with the next scan.

    Raises:
        RefusedError: no right, no such open fault, or no text.
    """
    by.require(Deed.PUBLISH_FAULT)
    remedy, remedy_en = (_text(one) for one in remedy_and_en)
    table = known_faults.c
    this = (table.fault_no == fault_no) & table.ended_at.is_(None)
    ended = update(known_faults).where(this).values(remedy=remedy, remedy_en=remedy_en, ended_at=now)
    if connection.scalar(ended.returning(table.fault_no)) is None:
        raise RefusedError("unknown_fault", f"没有未了结的问题 K-{fault_no}", f"there is no open fault K-{fault_no}")
    details = {"fault_no": fault_no, "remedy": remedy}
    audit.note(connection, AuditTag.FAULT_ENDED, audit.staff_actor(by.staff_no), now, details)


def preview(connection: Connection, rule: FaultRule) -> dict[str, list[int]]:
    """Say which records of which stations a rule touches, before anybody is told."""
    found: dict[str, list[int]] = {}
    for station_code, seq in connection.execute(touched(rule).distinct().order_by("station_code", "station_seq")):
        found.setdefault(station_code, []).append(seq)
    return found


def scan(engine: Engine, journal: HqJournal, now: datetime) -> int:
    """Match every fault on the board against all stations and tell those for whom anything changed; gives how many."""
    with engine.connect() as connection:
        rows = connection.execute(select(known_faults).order_by(known_faults.c.fault_no)).all()
    return sum(_tell_of(engine, journal, row, now) for row in rows)


def _tell_of(engine: Engine, journal: HqJournal, row: Row[Any], now: datetime) -> int:
    table = fault_tellings.c
    with engine.connect() as connection:
        found = {} if row.ended_at else preview(connection, read_rule(row.predicate, row.parameters))
        query = select(table.station_code, table.station_count, table.record_count, table.last_seq, table.ended)
        known = {one[0]: tuple(one[1:]) for one in connection.execute(query.where(table.fault_no == row.fault_no))}
    if row.ended_at:
        due = [code for code, (*_, ended) in known.items() if not ended]
        return sum(_tell(engine, journal, code, _ending(row), (row.fault_no, 0, 0, 0, True), now) for code in due)
    told = 0
    for code, seqs in found.items():
        state = (row.fault_no, len(found), len(seqs), seqs[-1], False)
        if known.get(code) != state[1:]:
            told += _tell(engine, journal, code, _telling(row, len(found), seqs), state, now)
    return told


def _telling(row: Row[Any], station_count: int, seqs: list[int]) -> KnownFaultTold:
    words = (row.title, row.title_en, row.work_around, row.work_around_en)
    records = tuple(TouchedRecord(seq) for seq in seqs[-_RECORDS_TOLD_MAX:])
    return KnownFaultTold(row.fault_no, *words, row.since, station_count, records)


def _ending(row: Row[Any]) -> KnownFaultEnded:
    return KnownFaultEnded(row.fault_no, row.remedy, row.remedy_en)


def _tell(
    engine: Engine,
    journal: HqJournal,
    station_code: str,
    fact: KnownFaultTold | KnownFaultEnded,
    state: tuple[int, int, int, int, bool],
    now: datetime,
) -> int:
    """Tell a station in a transaction of its own; one whose program is too old to read it is told later."""
    names = ("fault_no", "station_count", "record_count", "last_seq", "ended")
    values = dict(zip(names, state, strict=True))
    with engine.begin() as connection:
        if held_head(connection, station_code, Side.HQ, lock=True) is None:
            return 0
        try:
            journal.append(connection, station_code, [fact], SYSTEM, now)
        except CannotTellError:
            return 0
        telling = upsert(fault_tellings).values(station_code=station_code, **values)
        key = [fault_tellings.c.station_code, fault_tellings.c.fault_no]
        connection.execute(telling.on_conflict_do_update(index_elements=key, set_=values))
    return 1


def board(
    connection: Connection, *, only_open: bool = False, limit: int = 50, offset: int = 0
) -> tuple[list[KnownFaultRow], int]:
    """List a page of the board, the newest first, and count all."""
    table, told = known_faults.c, fault_tellings.c
    counts = select(told.fault_no, func.count().label("many")).group_by(told.fault_no).subquery()
    query = select(known_faults, func.coalesce(counts.c.many, 0).label("station_count"))
    query = query.outerjoin(counts, counts.c.fault_no == table.fault_no)
    if only_open:
        query = query.where(table.ended_at.is_(None))
    count = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = connection.execute(query.order_by(table.fault_no.desc()).limit(limit).offset(offset))
    return [_board_row(row) for row in rows], count


def _board_row(row: Row[Any]) -> KnownFaultRow:
    return KnownFaultRow(
        fault_no=row.fault_no,
        rule=read_rule(row.predicate, row.parameters),
        words=FaultWords(row.title, row.title_en, row.work_around, row.work_around_en),
        since=row.since,
        made_by=row.made_by,
        made_at=row.made_at,
        remedy=row.remedy,
        remedy_en=row.remedy_en,
        ended_at=row.ended_at,
        station_count=row.station_count,
    )
