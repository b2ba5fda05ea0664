"""Breaks as cases 差错单: opened by a run, changed or explained by a later one, each step in the trail.

A run only states what is open now; this module compares that with the cases and notes what became of them, set by
set. The same run again changes nothing. A case that two people resolved stays so unless the difference itself changes.
A case that evidence explains withdraws the proposal that waited on it: no entry is made for a difference that is gone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import insert, select, text

from hq_server.audit import SYSTEM_ACTOR, staff_actor
from hq_server.db.break_tables import break_cases, break_events, break_owners
from hq_server.reconciliation.discrepancy import CLOSED_CLASSES, SUSPENSE_AFTER_DAYS, MatchKey
from hq_server.reconciliation.matching import SHIFT_DAYS_MAX
from hq_server.reference.staff import Deed, staff_who_may
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from hq_server.reference.staff import StaffMember


class Difference(NamedTuple):
    """A difference that stands open now; ``item`` names what it is about in a way that no run changes."""

    station_code: str
    business_date: date
    item: str
    break_class: str
    match_key: str = MatchKey.NONE.value
    payment_seq: int | None = None
    line_date: date | None = None
    file_seq: int | None = None
    line_seq: int | None = None
    our_no: str = ""
    their_no: str = ""
    account_no: str = ""
    ours_fen: int | None = None
    theirs_fen: int | None = None
    difference_fen: int = 0


_OF_RECORDS = ("BILLER", "BANK")
"""Layers whose breaks are about what stations recorded."""
_FIELDS = ", ".join(Difference._fields)
_OPEN_NOW = """
CREATE TEMP TABLE open_now (station_code text, business_date date, item text, break_class text, match_key text,
    payment_seq bigint, line_date date, file_seq int, line_seq int, our_no text, their_no text, account_no text,
    ours_fen bigint, theirs_fen bigint, difference_fen bigint, PRIMARY KEY (station_code, item)) ON COMMIT DROP
"""
_GIVEN = f"""INSERT INTO open_now ({_FIELDS}) VALUES ({", ".join(f":{name}" for name in Difference._fields)})
    ON CONFLICT DO NOTHING"""
_CLOSED = ", ".join(f"'{one.value}'" for one in CLOSED_CLASSES)
_OF_FINDINGS = f"""
INSERT INTO open_now
SELECT DISTINCT ON (station_code, item) * FROM (
    SELECT station_code, run_date, CASE WHEN payment_seq IS NOT NULL THEN 'S:' || payment_seq
        ELSE 'L:' || line_date || ':' || file_seq || ':' || line_seq END AS item, break_class, match_key, payment_seq,
        line_date, file_seq, line_seq, our_no, biller_no, account_no, ours_fen, theirs_fen, difference_fen
    FROM recon_findings WHERE biller_code = :counterparty AND run_date BETWEEN :first AND :last
        AND (run_date = ANY(:days) OR sale_date = ANY(:days) OR line_date = ANY(:days))
        AND break_class NOT IN ({_CLOSED}) AND closed_by_date IS NULL
) o ORDER BY station_code, item, run_date DESC
"""

_SAME = "c.station_code = o.station_code AND c.layer = :layer AND c.counterparty = :counterparty AND c.item = o.item"
_CHANGED = "(c.break_class, c.difference_fen) IS DISTINCT FROM (o.break_class, o.difference_fen)"
_MOVED = f"(c.state = 'EXPLAINED' OR {_CHANGED})"
_GONE = """c.layer = :layer AND c.counterparty = :counterparty AND c.business_date = ANY(:days) AND c.state = 'OPEN'
    AND NOT EXISTS (SELECT 1 FROM open_rows o WHERE o.station_code = c.station_code AND o.item = c.item)"""
# Read once and by value: a distributed table is joined with rows, never with a temporary table.
_OPEN = "WITH open_rows AS MATERIALIZED (SELECT * FROM open_now)"
_STEPS = (
    f"""
    {_OPEN}
    INSERT INTO break_events (station_code, case_no, at, actor, kind, details)
    SELECT c.station_code, c.case_no, :now, :actor, CASE WHEN c.state = 'OPEN' THEN 'CHANGED' ELSE 'REOPENED' END,
        jsonb_build_object('was', c.break_class, 'is', o.break_class, 'was_fen', c.difference_fen,
            'is_fen', o.difference_fen)
    FROM open_rows o JOIN break_cases c ON {_SAME} WHERE {_MOVED}
    """,
    f"""
    {_OPEN}
    INSERT INTO break_cases AS c (layer, counterparty, {_FIELDS}, state, opened_at, due_on, owner_no)
    SELECT :layer, :counterparty, {_FIELDS}, 'OPEN', :now, business_date + :wait, :owner FROM open_rows o
    ORDER BY station_code, payment_seq, line_date, file_seq, line_seq, item
    ON CONFLICT (station_code, layer, counterparty, item) DO UPDATE SET
        break_class = EXCLUDED.break_class, match_key = EXCLUDED.match_key, payment_seq = EXCLUDED.payment_seq,
        line_date = EXCLUDED.line_date, file_seq = EXCLUDED.file_seq, line_seq = EXCLUDED.line_seq,
        our_no = EXCLUDED.our_no, their_no = EXCLUDED.their_no, account_no = EXCLUDED.account_no,
        ours_fen = EXCLUDED.ours_fen, theirs_fen = EXCLUDED.theirs_fen, difference_fen = EXCLUDED.difference_fen,
        state = 'OPEN', closed_at = NULL, closed_by = ''
    WHERE c.state = 'EXPLAINED'
        OR (c.break_class, c.difference_fen) IS DISTINCT FROM (EXCLUDED.break_class, EXCLUDED.difference_fen)
    """,
    f"""
    {_OPEN}
    UPDATE break_resolutions r SET state = 'WITHDRAWN', decided_at = :now FROM break_cases c
    WHERE r.station_code = c.station_code AND r.case_no = c.case_no AND r.state = 'PROPOSED' AND {_GONE}
    """,
    f"""
    {_OPEN}
    INSERT INTO break_events (station_code, case_no, at, actor, kind, details)
    SELECT c.station_code, c.case_no, :now, :actor, 'EXPLAINED', jsonb_build_object('by', CAST(:by AS text))
    FROM break_cases c WHERE {_GONE}
    """,
    f"{_OPEN} UPDATE break_cases c SET state = 'EXPLAINED', closed_at = :now, closed_by = :by WHERE {_GONE}",
)


def keep_cases(connection: Connection, biller_code: str, days: Iterable[date], owner_no: int, now: datetime) -> None:
    """Bring a biller's cases of some business dates up to what the findings of all runs leave open."""
    near = timedelta(days=SHIFT_DAYS_MAX)
    some = sorted(set(days))
    place = {"counterparty": biller_code, "days": some, "first": some[0] - near, "last": some[-1] + near}
    connection.execute(text("DROP TABLE IF EXISTS open_now"))
    connection.execute(text(_OPEN_NOW))
    connection.execute(text(_OF_FINDINGS), place)
    _compare(connection, "BILLER", biller_code, some, owner_no, now)


def keep_differences(
    connection: Connection,
    layer: str,
    counterparty: str,
    days: Iterable[date],
    found: Iterable[Difference],
    owner_no: int,
    now: datetime,
) -> int:
    """Bring a counterparty's cases of a layer and some dates up to the differences ``found``; gives how many are open.

    What is not among them any more is explained by itself, with its trail.
    """
    connection.execute(text("DROP TABLE IF EXISTS open_now"))
    connection.execute(text(_OPEN_NOW))
    rows = [one._asdict() for one in found]
    if rows:
        connection.execute(text(_GIVEN), rows)
    some = sorted({*days, *(row["business_date"] for row in rows)})
    if some:
        _compare(connection, layer, counterparty, some, owner_no, now)
    return len(rows)


def open_dates(connection: Connection, layer: str, counterparty: str) -> set[date]:
    """List the dates of which a counterparty has open cases of a layer."""
    table = break_cases.c
    mine = (table.layer == layer) & (table.counterparty == counterparty) & (table.state == "OPEN")
    return set(connection.scalars(select(table.business_date).where(mine).distinct()))


def _compare(
    connection: Connection, layer: str, counterparty: str, days: Sequence[date], owner_no: int, now: datetime
) -> None:
    named = connection.scalar(select(break_owners.c.staff_no).where(break_owners.c.counterparty == counterparty))
    place = {
        "layer": layer,
        "counterparty": counterparty,
        "days": list(days),
        "now": now,
        "actor": SYSTEM_ACTOR,
        "wait": SUSPENSE_AFTER_DAYS,
        "owner": named if named is not None else owner_no,
        "by": ", ".join(f"{day:%Y-%m-%d}" for day in days),
    }
    for step in _STEPS:
        connection.execute(text(step), place)


def cited_seq(case: Row[Any]) -> int | None:
    """Give the station's record that a break is about; None where it is about none."""
    if case.layer not in _OF_RECORDS:
        return None
    if case.payment_seq is not None:
        return int(case.payment_seq)
    kind, _, number = case.item.partition(":")
    return int(number) if kind == "W" else None


def name_owner(connection: Connection, by: StaffMember, counterparty: str, staff_no: int) -> None:
    """Name whose a counterparty's breaks are from now on when they open.

    Raises:
        RefusedError: no right, or nobody with that right has the number.
    """
    by.require(Deed.RESOLVE_BREAK)
    _check_owner(connection, staff_no)
    connection.execute(
        text(
            "INSERT INTO break_owners VALUES (:counterparty, :staff_no) "
            "ON CONFLICT (counterparty) DO UPDATE SET staff_no = EXCLUDED.staff_no"
        ),
        {"counterparty": counterparty, "staff_no": staff_no},
    )


def _check_owner(connection: Connection, staff_no: int) -> None:
    if all(one.staff_no != staff_no for one in staff_who_may(connection, Deed.RESOLVE_BREAK)):
        raise RefusedError(
            "staff_no",
            f"工号 {staff_no} 不存在、已停用或无权处理差错",
            f"staff number {staff_no} does not exist, is closed or may not deal with breaks",
        )


def note_event(
    connection: Connection,
    case: tuple[str, int],
    by: StaffMember,
    kind: str,
    details: dict[str, Any],
    now: datetime,
) -> None:
    """Append a person's step to a case's trail."""
    station_code, case_no = case
    row = {"station_code": station_code, "case_no": case_no, "at": now, "actor": staff_actor(by.staff_no)}
    connection.execute(insert(break_events).values(**row, kind=kind, details=details))


def assign(
    connection: Connection, by: StaffMember, case_no: int, now: datetime, *, owner_no: int, due_on: date
) -> None:
    """Give an open case to somebody, to be done by a date.

    Raises:
        RefusedError: no right, nobody with that right has the number, or there is no such open case.
    """
    by.require(Deed.RESOLVE_BREAK)
    _check_owner(connection, owner_no)
    table = break_cases.c
    this = (table.case_no == case_no) & (table.state == "OPEN")
    row = connection.execute(
        break_cases.update().where(this).values(owner_no=owner_no, due_on=due_on).returning(table.station_code)
    ).one_or_none()
    if row is None:
        raise RefusedError("no_case", f"没有未结的差错 {case_no}", f"there is no open break {case_no}")
    details = {"owner_no": owner_no, "due_on": due_on.isoformat()}
    note_event(connection, (row.station_code, case_no), by, "ASSIGNED", details, now)
