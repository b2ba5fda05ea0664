"""The clock of cases: each new one gets a named owner and five working days; one that is late raises an alarm.

The slip of a dispute promises the answer within five working days. The alarm stands at HQ and at the station alike.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from sqlalchemy import Integer, cast, func, insert, select, update

from hq_server.db.dispute_tables import case_clocks
from hq_server.db.ledger_tables import subjects
from hq_server.db.reference_tables import staff
from hq_server.disputes.cases import OPEN_STATES, late_untold, untimed
from hq_server.hq_journal import CannotTellError, held_head, raise_alarm
from hq_server.reference.staff import Deed, roles_for
from hq_server.reference.working_days import YearNotKnown, business_date_of
from hq_server.reference.year_lists import working_days
from station_journal.facts.disputes import CaseTaken
from station_journal.fields import NO_DAY
from station_journal.records import SYSTEM, AlarmCode, AlarmRaised
from station_journal.rules.case import DisputeCase
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection, Engine

    from hq_server.disputes.cases import CaseRow
    from hq_server.hq_journal import HqJournal

ANSWER_WORKING_DAYS = 5
_AT_ONCE = 500


def run_clock(engine: Engine, journal: HqJournal, now: datetime) -> int:
    """Start the clock of new cases and tell of late answers, a transaction a station; gives how many it did."""
    today = business_date_of(now)
    with engine.connect() as connection:
        new, late = untimed(connection, _AT_ONCE), late_untold(connection, today, _AT_ONCE)
    done = 0
    for rows, act in ((new, _start), (late, _tell_late)):
        for station_code, group in groupby(rows, key=attrgetter("station_code")):
            with engine.begin() as connection:
                held_head(connection, station_code, Side.HQ, lock=True)
                done += sum(act(connection, journal, row, now) for row in group)
    return done


def _start(connection: Connection, journal: HqJournal, row: CaseRow, now: datetime) -> int:
    """Give a case its owner and its day; one whose day the station was told before keeps it."""
    case = row.case
    clock = case_clocks.c
    known = select(clock.case_no).where(clock.station_code == row.station_code, clock.case_no == case.case_no)
    if connection.scalar(known) is not None:
        return 0  # another process was first
    owner_no, due_on = case.owner_no, case.due_on
    if due_on == NO_DAY:
        owner_no, due_on = _least_busy(connection), _due(connection, case, business_date_of(now))
        if not owner_no:
            return 0  # nobody may look into it: it waits, untimed, at the top of the tracker
        try:
            journal.append(connection, row.station_code, [CaseTaken(case.case_no, owner_no, due_on)], SYSTEM, now)
        except CannotTellError:
            return 0
    values = {"station_code": row.station_code, "case_no": case.case_no, "owner_no": owner_no, "due_on": due_on}
    connection.execute(insert(case_clocks).values(values))
    return 1


def _due(connection: Connection, case: DisputeCase, today: date) -> date:
    """Count the working days from the day HQ heard of it: how long the station was cut off is nobody's delay."""
    try:
        return working_days(connection).add_working_days(max(case.opened_on, today), ANSWER_WORKING_DAYS)
    except YearNotKnown:
        # The calendar of next year is not published yet: five plain days are never later than what was promised.
        return max(case.opened_on, today) + timedelta(days=ANSWER_WORKING_DAYS)


def _least_busy(connection: Connection) -> int:
    """Choose who looks into it: of those who may, the one with the fewest open cases; 0 where there is nobody."""
    here, clock = subjects.c, case_clocks.c
    open_there = (
        (here.station_code == clock.station_code)
        & (here.kind == DisputeCase.SUBJECT)
        & (cast(here.key, Integer) == clock.case_no)
        & here.state.in_(OPEN_STATES)
    )
    counts = (
        select(clock.owner_no, func.count().label("many"))
        .join(subjects, open_there)
        .group_by(clock.owner_no)
        .subquery()
    )
    query = (
        select(staff.c.staff_no)
        .outerjoin(counts, counts.c.owner_no == staff.c.staff_no)
        .where(staff.c.role.in_([role.value for role in roles_for(Deed.WORK_CASE)]))
        .order_by(func.coalesce(counts.c.many, 0), staff.c.staff_no)
        .limit(1)
    )
    return connection.scalar(query) or 0


def _tell_late(connection: Connection, journal: HqJournal, row: CaseRow, now: datetime) -> int:
    case = row.case
    finding = AlarmRaised(AlarmCode.CASE_OVERDUE, case.opened_seq, abs(case.amount_fen))
    raise_alarm(connection, journal, row.station_code, finding, now)
    clock = case_clocks.c
    this = (clock.station_code == row.station_code) & (clock.case_no == case.case_no)
    connection.execute(update(case_clocks).where(this).values(late_told=True))
    return 1
