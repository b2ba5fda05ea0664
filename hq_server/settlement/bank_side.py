"""The bank's statement against our books: credit purchases by the line that brought them, orders by their own.

A purchase and a line are one where the slip's number stands in the line, the sum is the same, and neither has another
such partner. Everything else is for a person: one line and the purchases that sum to it, approved by a second. Orders
are found first (`hq_server.settlement.order_lines`); items that were open are paid then. What came back of them later
is found after that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, text

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.payment_tables import payment_items, payment_orders
from hq_server.db.settlement_tables import purchase_matches
from hq_server.four_eyes import FourEyes, finding_of, refusal_reason
from hq_server.reference.staff import Deed
from hq_server.settlement.bank_lines import (
    AT_PLACE,
    FREE_LINE,
    LINE,
    PLACE_OF_LINE,
    REFERENCE,
    WITHOUT_LINE,
    hold_statement,
    note_line,
    note_purchase,
    place_of,
)
from hq_server.settlement.effects import book
from hq_server.settlement.order_lines import find_orders
from hq_server.settlement.returned_payments import WITHOUT_FINDING, LineReturn, find_returns, return_by
from hq_server.wording import RefusedError
from station_journal.accounts import Account
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection

    from hq_server.reference.staff import StaffMember

SYSTEM_NO = 0
"""Stands for the maker where reference and sum alone made a match; the approver is whoever had it run."""
_REFERENCE_MIN = 6


@dataclass(frozen=True, slots=True)
class BankLine:
    """A line of the statement by its place: ``amount_fen`` is positive where our account was credited."""

    line: str
    booked_on: date
    amount_fen: int
    their_name: str
    reference: str


@dataclass(frozen=True, slots=True)
class BankRun:
    """What a run over the statement found: purchases matched, orders found, items that it ended, payments returned."""

    purchases: int
    orders: int
    items_ended: int
    returned: int = 0


@dataclass(frozen=True, slots=True)
class OpenPurchase:
    """A credit purchase that no line of the statement was found for."""

    station_code: str
    purchase_no: int
    amount_fen: int
    evidence: str
    decided_on: date


FOUR_EYES = FourEyes(
    "bank matches",
    purchase_matches,
    Deed.APPROVE_RESOLUTION,
    ("purchase_no", "match_no"),
    "没有待批的银行流水对应",
    "no match with a line of the statement waits",
    amount="amount_fen",
)
_EXACT = text(f"""
    WITH pairs AS (
        SELECT p.station_code, p.purchase_no, p.amount_fen, {LINE} AS line, b.booked_on
        FROM credit_purchases p JOIN bank_entries b ON b.amount_fen = p.amount_fen
            AND (b.end_to_end_id = p.evidence OR b.bank_no = p.evidence
                 OR (length(p.evidence) >= {_REFERENCE_MIN} AND position(p.evidence IN b.text) > 0))
        WHERE {WITHOUT_LINE} AND {FREE_LINE})
    SELECT * FROM pairs x
    WHERE (SELECT count(*) FROM pairs y WHERE y.line = x.line) = 1
      AND (SELECT count(*) FROM pairs y WHERE y.station_code = x.station_code AND y.purchase_no = x.purchase_no) = 1
    ORDER BY station_code, purchase_no
""")  # noqa: S608
_OPEN_LINES = f"{PLACE_OF_LINE} WHERE {FREE_LINE}"
_LIST_LINES = text(f"""
    SELECT {LINE}, b.booked_on, b.amount_fen, b.their_name, {REFERENCE} {_OPEN_LINES}
    ORDER BY b.booked_on, 1 LIMIT :limit OFFSET :offset
""")
_COUNT_LINES = text(f"SELECT count(*), coalesce(sum(b.amount_fen), 0) {_OPEN_LINES}")
_OPEN_PURCHASES = f"FROM credit_purchases p WHERE {WITHOUT_LINE}"
_LIST_PURCHASES = text(f"""
    SELECT p.station_code, p.purchase_no, p.amount_fen, p.evidence,
        CAST(p.decided_at AT TIME ZONE 'Asia/Shanghai' AS date) {_OPEN_PURCHASES}
    ORDER BY p.decided_at, 1, 2 LIMIT :limit OFFSET :offset
""")
_COUNT_PURCHASES = text(f"SELECT count(*), coalesce(sum(p.amount_fen), 0) {_OPEN_PURCHASES}")
_ONE_LINE = text(f"""
    SELECT {LINE}, b.booked_on, b.amount_fen, b.their_name, {REFERENCE} {_OPEN_LINES} AND {LINE} = :line
""")
_DEBITED = text("""
    SELECT p.station_code, p.purchase_no, p.amount_fen, coalesce(nullif(i.bank_line, ''), o.bank_line), i.ended_on
    FROM payment_orders o JOIN payment_items i ON i.order_no = o.order_no
    JOIN credit_purchases p ON p.station_code = i.station_code AND p.hq_seq = i.effect_seq
    WHERE o.kind = 'DEBIT' AND o.bank_line <> '' AND NOT p.has_line
    ORDER BY 1, 2
""")


def match_statement(connection: Connection, by: StaffMember, now: datetime) -> BankRun:
    """Find purchases and orders on the statement as far as it was taken in; run again it finds only what is new.

    Raises:
        RefusedError: no right.
    """
    by.require(Deed.IMPORT_FILE)
    hold_statement(connection)
    orders, ended = find_orders(connection)
    returned = find_returns(connection, by, now)
    rows = connection.execute(_EXACT).all()
    for code, number, amount_fen, line, booked_on in rows:
        _keep(connection, by, (code, number, amount_fen), (line, booked_on), now)
    if rows or orders or returned:
        details = {"purchases": len(rows), "orders": orders, "items": ended, "returned": returned}
        audit.note(connection, AuditTag.BANK_MATCHED, audit.staff_actor(by.staff_no), now, details)
    return BankRun(len(rows), orders, ended, returned)


def match_debits(connection: Connection, by: StaffMember, now: datetime) -> int:
    """Match the purchases that direct debits became with the line that brought each, or its order; gives how many.

    Raises:
        RefusedError: no right.
    """
    by.require(Deed.IMPORT_FILE)
    hold_statement(connection)
    rows = connection.execute(_DEBITED).all()
    for code, number, amount_fen, line, ended_on in rows:
        _keep(connection, by, (code, number, amount_fen), (line, ended_on), now)
    return len(rows)


_KEY = (purchase_matches.c.station_code, purchase_matches.c.purchase_no)


def _keep(
    connection: Connection, by: StaffMember, of: tuple[str, int, int], line: tuple[str, Any], now: datetime
) -> None:
    (code, number, amount_fen), (bank_line, booked_on) = of, line
    row = {
        "station_code": code,
        "purchase_no": number,
        "match_no": _next_match(connection, code, number),
        "bank_line": bank_line,
        "amount_fen": amount_fen,
        "booked_on": booked_on,
        "exact": True,
        "finding": "reference and sum",
        "state": "APPROVED",
        "maker_no": SYSTEM_NO,
        "made_at": now,
        "approver_no": by.staff_no,
        "decided_at": now,
    }
    connection.execute(insert(purchase_matches).values(row))
    note_line(connection, bank_line)
    note_purchase(connection, code, number)
    _book_purchase(connection, (code, number, amount_fen), now, booked_on)


def _book_purchase(connection: Connection, of: tuple[str, int, int], now: datetime, booked_on: date) -> None:
    code, number, amount_fen = of
    bank, clearing = (Account.BANK_ACCOUNT, ""), (Account.BANK_CLEARING, "")
    book(connection, f"purchase {code}/{number}", bank, clearing, amount_fen, now, booked_on)


def _next_match(connection: Connection, code: str, number: int) -> int:
    query = select(purchase_matches.c.match_no).where(_KEY[0] == code, _KEY[1] == number)
    return max(connection.scalars(query), default=0) + 1


def open_lines(connection: Connection, *, limit: int = 50, offset: int = 0) -> tuple[list[BankLine], int, int]:
    """List lines of the statement that nothing of ours was found for: a page, their count, and their sum in fen."""
    count, fen = connection.execute(_COUNT_LINES).one()
    rows = connection.execute(_LIST_LINES, {"limit": limit, "offset": offset})
    return [BankLine(*row) for row in rows], count, int(fen)


def open_purchases(connection: Connection, *, limit: int = 50, offset: int = 0) -> tuple[list[OpenPurchase], int, int]:
    """List purchases that no line was found for, oldest first: a page, their count, and their sum in fen."""
    count, fen = connection.execute(_COUNT_PURCHASES).one()
    rows = connection.execute(_LIST_PURCHASES, {"limit": limit, "offset": offset})
    return [OpenPurchase(*row) for row in rows], count, int(fen)


@dataclass(frozen=True, slots=True)
class LineMatch:
    """A purchase that a line is said to have brought: PROPOSED, or APPROVED; ``maker_no`` 0 is the reference itself."""

    station_code: str
    purchase_no: int
    amount_fen: int
    finding: str
    state: str
    maker_no: int
    approver_no: int | None


@dataclass(frozen=True, slots=True)
class LineSeen:
    """A line with what it is matched with: purchases, the payment order that it carried, a payment it brought back."""

    line: BankLine
    matches: tuple[LineMatch, ...]
    order_no: int | None
    returned: LineReturn | None = None

    @property
    def is_open(self) -> bool:
        """Tell that nothing of ours stands beside it."""
        return not self.matches and self.order_no is None and self.returned is None


_ANY_LINE = text(f"""
    SELECT {LINE}, b.booked_on, b.amount_fen, b.their_name, {REFERENCE} FROM bank_entries b WHERE {AT_PLACE}
""")  # noqa: S608


def line_seen(connection: Connection, line: str) -> LineSeen:
    """Give a line of the statement with everything that stands beside it.

    Raises:
        RefusedError: the statement has no such line.
    """
    place = place_of(line)
    row = connection.execute(_ANY_LINE, place).one_or_none() if place else None
    if row is None:
        raise RefusedError("line", f"没有银行流水 {line}", f"there is no line {line} on the statement")
    table = purchase_matches.c
    columns = (*_KEY, table.amount_fen, table.finding, table.state, table.maker_no, table.approver_no)
    standing = (table.bank_line == line) & table.state.in_(["PROPOSED", "APPROVED"])
    matches = connection.execute(select(*columns).where(standing).order_by(*_KEY))
    carried = select(payment_orders.c.order_no).where(payment_orders.c.bank_line == line)
    alone = select(payment_items.c.order_no).where(payment_items.c.bank_line == line)
    return LineSeen(
        BankLine(*row),
        tuple(LineMatch(*one) for one in matches),
        connection.scalar(carried) or connection.scalar(alone),
        return_by(connection, line),
    )


def propose_match(
    connection: Connection,
    by: StaffMember,
    line: str,
    purchases: Sequence[tuple[str, int]],
    finding: str,
    now: datetime,
) -> None:
    """Propose that one line of the statement brought some purchases, which must sum to it; a second person approves.

    Raises:
        RefusedError: no right, no finding, the line or a purchase is matched already, or the sums differ.
    """
    by.require(Deed.RESOLVE_BREAK)
    found = finding_of(finding, WITHOUT_FINDING)
    hold_statement(connection)
    bank = connection.execute(_ONE_LINE, {"line": line}).one_or_none()
    if bank is None:
        raise RefusedError(
            "line", f"没有未对应的银行流水 {line}", f"there is no unmatched line {line} on the statement"
        )
    waiting = {(one.station_code, one.purchase_no): one for one in open_purchases(connection, limit=100_000)[0]}
    chosen = [waiting.get(key) for key in dict.fromkeys(purchases)]
    total_fen = sum(one.amount_fen for one in chosen if one)
    if None in chosen or not chosen or total_fen != bank.amount_fen:
        raise RefusedError(
            "sums",
            f"所选额度购买须都未对应, 且合计等于流水 {format_yuan(bank.amount_fen)} 元",
            f"the purchases are all unmatched and sum to the line's {format_yuan(bank.amount_fen)} yuan",
        )
    for one in chosen:
        if one is not None:
            row = {"station_code": one.station_code, "purchase_no": one.purchase_no, "bank_line": line}
            row |= {"match_no": _next_match(connection, one.station_code, one.purchase_no), "exact": False}
            row |= {"amount_fen": one.amount_fen, "booked_on": bank.booked_on, "finding": found}
            connection.execute(insert(purchase_matches).values(**row, maker_no=by.staff_no, made_at=now))
            note_purchase(connection, one.station_code, one.purchase_no)
    note_line(connection, line)


def decide_match(connection: Connection, by: StaffMember, line: str, now: datetime, *, refusal: str = "") -> int:
    """Approve what is proposed for a line as a second person, or refuse it; gives how many purchases it was about.

    Raises:
        RefusedError: no right, nothing waits, or the same person proposed it.
    """
    hold_statement(connection)
    rows = _waiting_of(connection, line)
    reason = refusal_reason(refusal) if refusal else ""
    for code, number, this in rows:
        FOUR_EYES.open_row(connection, by, this)
        row = FOUR_EYES.decide(connection, by, this, "REFUSED" if reason else "APPROVED", now, refusal=reason)
        note_purchase(connection, code, number)
        if not reason:
            _book_purchase(connection, (code, number, row.amount_fen), now, row.booked_on)
    note_line(connection, line)
    details = {"line": line, "purchases": len(rows), "refusal": reason}
    audit.note(connection, AuditTag.BANK_MATCHED, audit.staff_actor(by.staff_no), now, details)
    return len(rows)


def withdraw_match(connection: Connection, by: StaffMember, line: str, now: datetime) -> None:
    """Take back one's own proposal of what a line brought before it is decided; line and purchases are free again.

    Raises:
        RefusedError: somebody else proposed it, it was decided before, or there is none.
    """
    hold_statement(connection)
    for code, number, this in _waiting_of(connection, line):
        FOUR_EYES.withdraw(connection, by, this, now)
        note_purchase(connection, code, number)
    note_line(connection, line)


def _waiting_of(connection: Connection, line: str) -> list[tuple[str, int, ColumnElement[bool]]]:
    """Give station, purchase and row of each match that waits on a line, which is at least one."""
    table = purchase_matches.c
    waiting = select(*_KEY, table.match_no).where(table.bank_line == line, table.state == "PROPOSED")
    rows = [
        (*row[:2], (_KEY[0] == row[0]) & (_KEY[1] == row[1]) & (table.match_no == row[2]))
        for row in connection.execute(waiting)
    ]
    if not rows:
        raise FOUR_EYES.decided()
    return rows
