"""Cases as HQ sees them: the tracker with owner and due date, taking one over, answering a question.

A case is a subject of the books and has no table; only whom it was given to and by when stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, cast, func, or_, select, update

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.dispute_tables import case_clocks
from hq_server.db.ledger_tables import subjects
from hq_server.reference.staff import Deed, find_staff
from hq_server.wording import RefusedError
from station_journal.facts.disputes import CaseAnswered, CaseTaken, DisputeAbout
from station_journal.records import Actor, ActorKind
from station_journal.rules.case import OPEN_CASES, CaseState, DisputeCase, case_key
from station_journal.rules.disputes import Correction
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection, Select

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember

_ANSWER_MAX = 500
OPEN_STATES = tuple(int(state) for state in OPEN_CASES)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case of a station in the tracker; owner and due date as the station was told, None before it was."""

    station_code: str
    case: DisputeCase
    owner_no: int | None
    due_on: date | None

    def overdue(self, today: date) -> bool:
        """Tell whether HQ's answer is late."""
        return self.due_on is not None and self.due_on < today and self.case.state in OPEN_CASES


def _tracked() -> Select[Any]:
    here, clock = subjects.c, case_clocks.c
    given = and_(clock.station_code == here.station_code, clock.case_no == cast(here.key, Integer))
    columns = (here.station_code, here.data, clock.owner_no, clock.due_on)
    return select(*columns).outerjoin(case_clocks, given).where(here.kind == DisputeCase.SUBJECT)


def _row(row: Any) -> CaseRow:  # noqa: ANN401 - a row of the query above
    return CaseRow(row.station_code, from_row_bytes(DisputeCase, row.data), row.owner_no, row.due_on)


def tracker(
    connection: Connection,
    *,
    station_code: str | None = None,
    only_open: bool = False,
    late_on: date | None = None,
    owner_no: int | None = None,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[CaseRow], int]:
    """List a page of cases, those due first at the top, and count them all.

    ``late_on`` lists those whose answer is late on that day; they are open.
    """
    here, clock = subjects.c, case_clocks.c
    query = _tracked()
    if station_code is not None:
        query = query.where(here.station_code == station_code)
    if only_open or late_on is not None:
        query = query.where(here.state.in_(OPEN_STATES))
    if late_on is not None:
        query = query.where(clock.due_on < late_on)
    if owner_no is not None:
        query = query.where(clock.owner_no == owner_no)
    count = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = (here.state > max(OPEN_STATES), clock.due_on.asc().nulls_first(), here.station_code, here.key)
    return [_row(row) for row in connection.execute(query.order_by(*order).limit(limit).offset(offset))], count


def find_case(connection: Connection, station_code: str, case_no: int) -> CaseRow:
    """Find a case as far as it is posted.

    Raises:
        RefusedError: there is none.
    """
    here = subjects.c
    row = connection.execute(
        _tracked().where(here.station_code == station_code, here.key == case_key(case_no))
    ).one_or_none()
    if row is None:
        raise RefusedError(
            "unknown_case", f"站点 {station_code} 没有争议 {case_no}", f"station {station_code} has no case {case_no}"
        )
    return _row(row)


def correction_of(connection: Connection, row: CaseRow) -> Correction | None:
    """Give the correction that a case is about, as it stands in the books; None where it is about none."""
    here = subjects.c
    this = and_(here.station_code == row.station_code, here.kind == Correction.SUBJECT)
    data = connection.scalar(select(here.data).where(this, here.key == case_key(row.case.correction_no)))
    return None if data is None else from_row_bytes(Correction, data)


def disputed_commission(connection: Connection, station_code: str) -> dict[int, int]:
    """Give the commission statements under dispute by their HQ record, with the sum named in fen (0: the whole)."""
    rows = connection.execute(
        _tracked().where(subjects.c.station_code == station_code, subjects.c.state.in_(OPEN_STATES))
    )
    found = (_row(row).case for row in rows)
    return {case.of_seq: case.amount_fen for case in found if case.about is DisputeAbout.COMMISSION}


def open_sums(connection: Connection) -> tuple[int, int]:
    """Count the open cases of all stations, and those that nobody was given yet."""
    query = select(func.count(), func.count().filter(case_clocks.c.case_no.is_(None)))
    joined = _tracked().where(subjects.c.state.in_(OPEN_STATES)).with_only_columns(*query.selected_columns)
    row = connection.execute(joined).one()
    return row[0], row[1]


def open_count(connection: Connection, late_on: date | None = None) -> int:
    """Count the open cases of all stations, or those whose answer is late on a day."""
    query = _tracked().where(subjects.c.state.in_(OPEN_STATES))
    if late_on is not None:
        query = query.where(case_clocks.c.due_on < late_on)
    return connection.scalar(query.with_only_columns(func.count())) or 0


def give_to(
    connection: Connection,
    journal: HqJournal,
    by: StaffMember,
    station_code: str,
    case_no: int,
    owner_no: int,
    now: datetime,
) -> None:
    """Give a case to another member of staff; the station is told the name, and the due date stays.

    Raises:
        RefusedError: no right of either, no such case, closed, or not on the clock yet.
    """
    by.require(Deed.WORK_CASE)
    row = find_case(connection, station_code, case_no)
    owner = find_staff(connection, owner_no)
    if owner is None:
        raise RefusedError("staff_no", f"没有工号 {owner_no}", f"there is no staff number {owner_no}")
    owner.require(Deed.WORK_CASE)
    if row.case.state not in OPEN_CASES or row.due_on is None:
        raise RefusedError("closed", "这件争议已了结或还未登记", "this case is closed, or not on the clock yet")
    fact = CaseTaken(case_no, owner_no, row.due_on)
    (seq,) = journal.append(connection, station_code, [fact], Actor(ActorKind.PERSON, by.staff_no), now)
    clock = case_clocks.c
    this = and_(clock.station_code == station_code, clock.case_no == case_no)
    connection.execute(update(case_clocks).where(this).values(owner_no=owner_no))
    details = {"case_no": case_no, "owner_no": owner_no, "hq_seq": seq}
    audit.note(connection, AuditTag.CASE_TAKEN, audit.staff_actor(by.staff_no), now, details, station_code)


def answer(
    connection: Connection,
    journal: HqJournal,
    by: StaffMember,
    station_code: str,
    case_no: int,
    text: str,
    now: datetime,
) -> None:
    """Answer a question or statement of the station's; it decides nothing.

    Raises:
        RefusedError: no right, no such case, closed, or no text.
    """
    by.require(Deed.WORK_CASE)
    said = " ".join(text.split())
    if not said or len(said) > _ANSWER_MAX or not said.isprintable():
        raise RefusedError("answer", f"请写答复, 最多 {_ANSWER_MAX} 字", f"an answer has 1 to {_ANSWER_MAX} characters")
    row = find_case(connection, station_code, case_no)
    if row.case.state not in {CaseState.ASKED, CaseState.DISPUTED}:
        raise RefusedError("closed", "这件争议已了结", "this case is closed")
    fact = CaseAnswered(case_no, said)
    (seq,) = journal.append(connection, station_code, [fact], Actor(ActorKind.PERSON, by.staff_no), now)
    details = {"case_no": case_no, "hq_seq": seq}
    audit.note(connection, AuditTag.CASE_ANSWERED, audit.staff_actor(by.staff_no), now, details, station_code)


def untimed(connection: Connection, limit: int) -> list[CaseRow]:
    """List open cases that no clock runs for yet, in order."""
    query = _tracked().where(subjects.c.state.in_(OPEN_STATES), case_clocks.c.case_no.is_(None))
    order = (subjects.c.station_code, subjects.c.key)
    return [_row(row) for row in connection.execute(query.order_by(*order).limit(limit))]


def late_untold(connection: Connection, today: date, limit: int) -> list[CaseRow]:
    """List open cases whose answer is late and whose lateness nobody was told of, in order."""
    late = and_(case_clocks.c.due_on < today, or_(case_clocks.c.late_told.is_(False)))
    query = _tracked().where(subjects.c.state.in_(OPEN_STATES), late)
    order = (subjects.c.station_code, subjects.c.key)
    return [_row(row) for row in connection.execute(query.order_by(*order).limit(limit))]
