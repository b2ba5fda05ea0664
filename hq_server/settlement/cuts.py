"""Cuts of the ledger, and what is owed between two of them, to the line.

A cut keeps for every station how far its books were posted when a business date was settled. A ledger line belongs to
the first cut whose date is not before its own and that had posted it, so each line is due exactly once: a station that
was offline for a week falls into the next window, whole. A due is nothing but the sum of its lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, text

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.settlement_tables import settlement_cuts
from hq_server.reference.working_days import business_date_of
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from hq_server.reference.staff import StaffMember
    from station_journal.accounts import Account

_CUT_LOCK = 7_201_022
FROM_THE_BEGINNING = 0
"""Number of the cut before the first one."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut by number; one of a business date is taken when the date has ended."""

    cut_no: int
    business_date: date


@dataclass(frozen=True, slots=True)
class DueLine:
    """A ledger line that a due is made of, and the record that made it; ``due_fen`` is negative where it takes back."""

    station_code: str
    side: str
    epoch: int
    seq: int
    line: int
    business_date: date
    due_fen: int


def take_cut(connection: Connection, by: StaffMember, business_date: date, now: datetime) -> Cut:
    """Cut the books at the end of a business date; the one of a date that was cut already is given again.

    Raises:
        RefusedError: the date has not ended, or a later one was cut before.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CUT_LOCK})
    last = connection.execute(
        select(settlement_cuts.c.cut_no, settlement_cuts.c.business_date)
        .order_by(settlement_cuts.c.cut_no.desc())
        .limit(1)
    ).one_or_none()
    if last is not None and last.business_date == business_date:
        return Cut(*last)
    if business_date >= business_date_of(now):
        raise RefusedError(
            "not_ended", f"营业日 {business_date} 尚未结束", f"business date {business_date} has not ended"
        )
    if last is not None and last.business_date > business_date:
        raise RefusedError(
            "later_cut",
            f"{last.business_date} 已清算, {business_date} 的余款计入以后的清算",
            f"{last.business_date} is settled already; what is left of {business_date} falls into a later window",
        )
    number = (last.cut_no if last else 0) + 1
    row = {"cut_no": number, "business_date": business_date, "taken_at": now}
    connection.execute(insert(settlement_cuts).values(row))
    connection.execute(_POSITIONS, {"cut_no": number})
    details = {"cut_no": number, "business_date": business_date.isoformat()}
    audit.note(connection, AuditTag.CUT_TAKEN, audit.staff_actor(by.staff_no), now, details)
    return Cut(number, business_date)


_SINCE_JOINS = """
    LEFT JOIN settlement_cuts c0 ON c0.cut_no = :from_cut
    LEFT JOIN settlement_cut_positions p0 ON p0.cut_no = :from_cut AND p0.station_code = e.station_code"""
_SINCE = """
      AND (c0.cut_no IS NULL OR p0.station_code IS NULL OR e.business_date > c0.business_date
           OR e.seq > CASE e.side WHEN 'S' THEN p0.station_seq ELSE p0.hq_seq END)
"""
_FROM_CUTS = f"""
    FROM ledger_entries e
    JOIN settlement_cuts c ON c.cut_no = :to_cut
    JOIN settlement_cut_positions p ON p.cut_no = :to_cut AND p.station_code = e.station_code {_SINCE_JOINS}"""
_BETWEEN_CUTS = f"""
      AND e.business_date <= c.business_date
      AND e.seq <= CASE e.side WHEN 'S' THEN p.station_seq ELSE p.hq_seq END {_SINCE}"""
_POSITIONS = text("""
    INSERT INTO settlement_cut_positions (station_code, cut_no, station_seq, hq_seq)
    SELECT station_code, :cut_no, station_seq, hq_seq FROM standings
""")
LINES = f"""{_FROM_CUTS}
    CROSS JOIN LATERAL (VALUES (e.credit_account, e.credit_party, e.amount_fen),
        (e.debit_account, e.debit_party, -e.amount_fen)) d (account, party, due_fen)
    WHERE (e.credit_account = :account OR e.debit_account = :account) AND d.account = :account {_BETWEEN_CUTS}"""
"""FROM and WHERE of a query: what is due on :account from :from_cut to :to_cut; each line has d.due_fen, d.party."""
LINES_OF_PARTY = f"""
    SELECT e.station_code, e.side, e.epoch, e.seq, e.line, e.business_date,
        CASE WHEN e.credit_account = :account AND e.credit_party = :party THEN e.amount_fen ELSE -e.amount_fen END
        AS due_fen {_FROM_CUTS}
    WHERE ((e.credit_account = :account AND e.credit_party = :party)
        OR (e.debit_account = :account AND e.debit_party = :party)) {_BETWEEN_CUTS}"""
"""The lines that are due to :party, by themselves: the database walks them station by station for a page's sake."""
LINES_SINCE_CUT = f"""
    SELECT e.station_code, e.side, e.epoch, e.seq, e.line, e.business_date,
        CASE WHEN e.credit_account = :account AND e.credit_party = :party THEN e.amount_fen ELSE -e.amount_fen END
        AS due_fen
    FROM ledger_entries e {_SINCE_JOINS}
    WHERE ((e.credit_account = :account AND e.credit_party = :party)
        OR (e.debit_account = :account AND e.debit_party = :party)) {_SINCE}"""  # noqa: S608 - fixed parts
"""The lines that are due to :party and that no cut up to :from_cut holds: those of the window that still runs."""
_OF_PARTY = text(f"SELECT coalesce(sum(d.due_fen), 0), count(*) {LINES} AND d.party = :party")
_BY_PARTY = text(f"SELECT d.party, sum(d.due_fen), count(*) {LINES} GROUP BY 1 ORDER BY 1")
_BY_STATION = text(
    f"SELECT e.station_code, sum(d.due_fen), count(*) {LINES} AND d.party = :party GROUP BY 1 ORDER BY 1"
    " LIMIT :limit OFFSET :offset"
)
_EACH = text(
    f"{LINES_OF_PARTY}"
    " AND (:station = '' OR e.station_code = :station)"
    " ORDER BY e.station_code, e.business_date, e.side, e.seq, e.line LIMIT :limit OFFSET :offset"
)


def parties_with_lines(connection: Connection, account: Account, to_cut: int) -> list[str]:
    """List the parties of an account that any line up to a cut speaks of."""
    values = {"account": int(account), "from_cut": FROM_THE_BEGINNING, "to_cut": to_cut}
    return [row[0] for row in connection.execute(_BY_PARTY, values)]


def due_of(connection: Connection, of: tuple[Account, str], from_cut: int, to_cut: int) -> tuple[int, int]:
    """Sum what is due to a party (``of`` its account and name) between two cuts: fen and lines."""
    account, party = of
    values = {"account": int(account), "party": party, "from_cut": from_cut, "to_cut": to_cut}
    row = connection.execute(_OF_PARTY, values).one()
    return int(row[0]), row[1]


def due_by_station(
    connection: Connection, of: tuple[Account, str], from_cut: int, to_cut: int, *, limit: int = 100, offset: int = 0
) -> list[tuple[str, int, int]]:
    """Part a due by station: code, fen, lines; a page of it."""
    account, party = of
    values = {"account": int(account), "party": party, "from_cut": from_cut, "to_cut": to_cut}
    rows = connection.execute(_BY_STATION, {**values, "limit": limit, "offset": offset})
    return [(row[0], int(row[1]), row[2]) for row in rows]


def due_lines(
    connection: Connection,
    of: tuple[Account, str],
    cuts: tuple[int, int],
    *,
    station_code: str = "",
    limit: int = 100,
    offset: int = 0,
) -> list[DueLine]:
    """List the ledger lines of a due between two cuts, of one station or all, a page of them."""
    (account, party), (from_cut, to_cut) = of, cuts
    values = {"account": int(account), "party": party, "from_cut": from_cut, "to_cut": to_cut}
    page = {"station": station_code, "limit": limit, "offset": offset}
    return [DueLine(*row) for row in connection.execute(_EACH, {**values, **page})]


def cut_of_date(connection: Connection, business_date: date) -> Cut | None:
    """Find the last cut of a date or before it."""
    table = settlement_cuts.c
    number = connection.scalar(select(func.max(table.cut_no)).where(table.business_date <= business_date))
    if number is None:
        return None
    return Cut(*connection.execute(select(table.cut_no, table.business_date).where(table.cut_no == number)).one())
