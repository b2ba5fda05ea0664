"""Payments of ours that the bank gives back after it took them: one credit on the statement for one item of an order.

Such a line is the return of an item where it names the order, or the item itself, and brings exactly that sum, and no
other item of the order could be meant: by its number, else by the payee's account or name. Everything else is for a
person to say and a second one to approve. What came back is returned like any payment that never went: its due is due
again, and takes an order of two people to be paid again.

A direct debit that the owner's bank takes back is known the same way, by a line that charges our account. The credit
that it became stays with the station: it is asked back by a correction of two people that cites the grant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, insert, select, text, update

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.payment_tables import payment_items, payment_returns
from hq_server.four_eyes import FourEyes, finding_of, refusal_reason
from hq_server.payment_orders.orders import ItemState, OrderKind, item_reference, order_items
from hq_server.reference.staff import Deed
from hq_server.settlement.bank_lines import FREE_LINE, LINE, REFERENCE, hold_statement, note_line
from hq_server.settlement.return_codes import reason_of
from hq_server.wording import RefusedError, Sentence
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

    from hq_server.payment_orders.orders import Item
    from hq_server.reference.staff import StaffMember

SYSTEM_NO = 0
_REASON_MAX = 120
WITHOUT_FINDING = Sentence("请写明依据", "say what it rests on")
"""Why a proposal about a line of the statement is refused."""
_NAMED = re.compile(r"PO(\d{6,9})-(\d{1,6})(?!\d)")
FOUR_EYES = FourEyes(
    "returned payments",
    payment_returns,
    Deed.APPROVE_RESOLUTION,
    ("order_no", "item_no"),
    "没有待批的退回付款",
    "no returned payment waits",
    amount="amount_fen",
)
# An item of which the bank said that it did not pay it comes back where the order's line took it along all the same.
_STILL_OUT = f"""
    FROM payment_orders o JOIN payment_items i ON i.order_no = o.order_no
    WHERE (o.kind = '{OrderKind.DEBIT}') = (:line_fen < 0) AND i.amount_fen = abs(:line_fen) AND o.bank_line <> ''
      AND (i.state = 'PAID' OR (i.state = 'RETURNED' AND -o.bank_fen = o.amount_fen))
      AND NOT EXISTS (SELECT 1 FROM payment_returns r WHERE r.station_code = i.station_code
          AND r.order_no = i.order_no AND r.item_no = i.item_no AND r.state IN ('PROPOSED', 'APPROVED'))"""  # noqa: S608
_LINES = f"""SELECT {LINE} AS line, b.booked_on, b.amount_fen, b.return_code, b.text, b.their_name, b.their_account,
    {REFERENCE} AS reference FROM bank_entries b WHERE b.amount_fen <> 0 AND {FREE_LINE}"""  # noqa: S608
_NAMING_LINES = text(f"{_LINES} AND {REFERENCE} ~ 'PO[0-9]{{6}}' ORDER BY b.booked_on, 1")
_ONE_LINE = text(f"{_LINES} AND {LINE} = :line")
_CANDIDATES = text(f"""
    SELECT i.station_code, i.order_no, i.item_no, i.payee_name, i.account_no {_STILL_OUT}
        AND position('PO' || lpad(o.order_no::text, 6, '0') IN :reference) > 0
    ORDER BY i.order_no, i.item_no
""")
_ONE_ITEM = text(
    f"SELECT i.station_code, i.amount_fen {_STILL_OUT} AND o.order_no = :order_no AND i.item_no = :item_no"
)


class _Item(NamedTuple):
    station_code: str
    order_no: int
    item_no: int


def find_returns(connection: Connection, by: StaffMember, now: datetime) -> int:
    """Find on the statement what came back of orders that it carried; gives how many payments. Again, only new ones."""
    found = 0
    for line in connection.execute(_NAMING_LINES).all():
        place = {"line_fen": line.amount_fen, "reference": line.reference}
        row = which_item(line, connection.execute(_CANDIDATES, place).all())
        if row is not None:
            item = _Item(row.station_code, row.order_no, row.item_no)
            _enter(connection, item, line, now, exact=True, finding="reference and sum", maker_no=SYSTEM_NO, by=by)
            _came_back(connection, item, line.line, line.booked_on, reason_of(line.return_code, line.text))
            found += 1
    return found


def which_item(line: Row[Any], candidates: Sequence[Row[Any]]) -> Row[Any] | None:
    """Tell which of the items that a line names by order and sum it brings back; None where several may be meant."""
    named = {(int(order), int(item)) for order, item in _NAMED.findall(line.reference)}
    if named:
        left = [one for one in candidates if (one.order_no, one.item_no) in named]
    else:
        left = [one for one in candidates if line.their_account and one.account_no == line.their_account]
        left = left or [one for one in candidates if line.their_name and one.payee_name == line.their_name]
        left = left or list(candidates)
    return left[0] if len(left) == 1 else None


def _enter(
    connection: Connection, item: _Item, line: Row[Any], now: datetime, *, by: StaffMember | None, **also: Any
) -> None:
    table = payment_returns.c
    this = (table.station_code == item.station_code) & (table.order_no == item.order_no)
    last = connection.scalar(select(func.max(table.return_no)).where(this, table.item_no == item.item_no)) or 0
    row = {
        "station_code": item.station_code,
        "order_no": item.order_no,
        "item_no": item.item_no,
        "return_no": last + 1,
        "bank_line": line.line,
        "amount_fen": line.amount_fen,
        "booked_on": line.booked_on,
        "reason": reason_of(line.return_code, line.text)[:_REASON_MAX],
        "made_at": now,
    }
    decided = {} if by is None else {"state": "APPROVED", "approver_no": by.staff_no, "decided_at": now}
    connection.execute(insert(payment_returns).values(**row, **decided, **also))
    note_line(connection, line.line)


def _came_back(connection: Connection, item: _Item, line: str, booked_on: date, reason: str) -> None:
    """End an item as returned, whether its payment has had its effect on the books or not."""
    table = payment_items.c
    this = (
        (table.station_code == item.station_code)
        & (table.order_no == item.order_no)
        & (table.item_no == item.item_no)
        & table.state.in_([ItemState.PAID.value, ItemState.RETURNED.value])
    )
    ended = {"state": ItemState.RETURNED.value, "reason": reason[:_REASON_MAX], "evidence": f"bank {line}"}
    if connection.execute(update(payment_items).where(this).values(**ended, ended_on=booked_on)).rowcount != 1:
        raise RefusedError("item", "该笔付款不是已付", "that payment is not one that was made")


@dataclass(frozen=True, slots=True)
class LineReturn:
    """An item that a line is said to have brought back: PROPOSED, or APPROVED; ``maker_no`` 0: by its reference."""

    order_no: int
    item_no: int
    station_code: str
    amount_fen: int
    reason: str
    finding: str
    state: str
    maker_no: int
    approver_no: int | None

    @property
    def reference(self) -> str:
        """How the bank and people name the item."""
        return item_reference(self.order_no, self.item_no)


def return_by(connection: Connection, line: str) -> LineReturn | None:
    """Give the payment that a line brought back or is said to have."""
    table = payment_returns.c
    columns = (table.order_no, table.item_no, table.station_code, table.amount_fen, table.reason, table.finding)
    standing = (table.bank_line == line) & table.state.in_(["PROPOSED", "APPROVED"])
    query = select(*columns, table.state, table.maker_no, table.approver_no).where(standing)
    row = connection.execute(query).one_or_none()
    return None if row is None else LineReturn(*row)


def could_be_returned(connection: Connection, amount_fen: int, *, limit: int = 50) -> list[Item]:
    """List payments of a line's sum that the bank took and has not given back, or debits of one that charges us."""
    out = text(f"SELECT i.order_no, i.item_no {_STILL_OUT} ORDER BY 1 DESC, 2 LIMIT :limit")
    keys = connection.execute(out, {"line_fen": amount_fen, "limit": limit}).all()
    return [one for key in keys for one in order_items(connection, key.order_no) if one.item_no == key.item_no]


def propose_return(
    connection: Connection, by: StaffMember, line: str, of: tuple[int, int], finding: str, now: datetime
) -> None:
    """Propose that a line brought back a payment (``of`` order and item); a second person approves.

    Raises:
        RefusedError: no right, no finding, the line is none that is free, or no payment of that sum is out under it.
    """
    by.require(Deed.RESOLVE_BREAK)
    (order_no, item_no), found = of, finding_of(finding, WITHOUT_FINDING)
    hold_statement(connection)
    bank = connection.execute(_ONE_LINE, {"line": line}).one_or_none()
    if bank is None:
        raise RefusedError("line", f"没有未对应的银行流水 {line}", f"there is no unmatched line {line}")
    place = {"order_no": order_no, "item_no": item_no, "line_fen": bank.amount_fen}
    row = connection.execute(_ONE_ITEM, place).one_or_none()
    if row is None:
        fen = format_yuan(abs(bank.amount_fen))
        raise RefusedError(
            "item",
            f"{item_reference(order_no, item_no)} 不是银行已付且未退回的 {fen} 元付款",
            f"{item_reference(order_no, item_no)} is no payment of {fen} yuan that the bank made and did not give back",
        )
    named = _Item(row.station_code, order_no, item_no)
    _enter(connection, named, bank, now, exact=False, finding=found, maker_no=by.staff_no, by=None)


def withdraw_return(connection: Connection, by: StaffMember, line: str, now: datetime) -> None:
    """Take back one's own proposal of what a line brought back before it is decided; the line is free again.

    Raises:
        RefusedError: somebody else proposed it, it was decided before, or there is none.
    """
    hold_statement(connection)
    this = (payment_returns.c.bank_line == line) & (payment_returns.c.state == "PROPOSED")
    FOUR_EYES.withdraw(connection, by, this, now)
    note_line(connection, line)


def decide_return(connection: Connection, by: StaffMember, line: str, now: datetime, *, refusal: str = "") -> str:
    """Approve what is proposed of a line as a second person, or refuse it; gives the payment's reference.

    Raises:
        RefusedError: no right, nothing waits, or the same person proposed it.
    """
    hold_statement(connection)
    this = (payment_returns.c.bank_line == line) & (payment_returns.c.state == "PROPOSED")
    if FOUR_EYES.open_row(connection, by, this) is None:
        raise FOUR_EYES.decided()
    reason = refusal_reason(refusal) if refusal else ""
    row = FOUR_EYES.decide(connection, by, this, "REFUSED" if reason else "APPROVED", now, refusal=reason)
    note_line(connection, line)
    if not reason:
        item = _Item(row.station_code, row.order_no, row.item_no)
        _came_back(connection, item, line, row.booked_on, row.reason or row.finding)
    details = {"line": line, "order_no": row.order_no, "item_no": row.item_no, "refusal": reason}
    audit.note(connection, AuditTag.BANK_MATCHED, audit.staff_actor(by.staff_no), now, details)
    return item_reference(row.order_no, row.item_no)
