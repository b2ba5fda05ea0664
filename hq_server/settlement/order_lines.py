"""Which lines of the bank's statement are which payment order: one line of its whole sum, or one for each payment.

A written order is found by its reference and its sum, or that of what was not returned. A bank that books each payment
by itself, or whose statement lists what a batch was made of, names each payment by its own number and sum: then the
order is found once each of its payments has its one line, and not before, so that nothing of it is guessed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import text, update

from hq_server.db.payment_tables import payment_items, payment_orders
from hq_server.payment_orders.orders import ItemState, find_order, order_items
from hq_server.payment_orders.outcomes import Outcome, end_items
from hq_server.settlement.bank_lines import FREE_LINE, LINE, REFERENCE, note_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

_WHOLE = text(f"""
    SELECT o.order_no, {LINE} AS line, b.booked_on, b.amount_fen FROM payment_orders o
    JOIN (SELECT i.order_no, sum(i.amount_fen) FILTER (WHERE i.state IN ('OPEN', 'PAID')) AS fen FROM payment_items i
          WHERE i.order_no IN (SELECT w.order_no FROM payment_orders w
              WHERE w.written_at IS NOT NULL AND w.bank_line = '') GROUP BY i.order_no) left_of
        ON left_of.order_no = o.order_no
    JOIN bank_entries b ON (b.amount_fen = CASE o.kind WHEN 'DEBIT' THEN left_of.fen ELSE -left_of.fen END
            OR (o.kind <> 'DEBIT' AND b.amount_fen = -o.amount_fen))
        AND position('PO' || lpad(o.order_no::text, 6, '0') IN {REFERENCE}) > 0
    WHERE o.written_at IS NOT NULL AND o.bank_line = '' AND {FREE_LINE}
    ORDER BY o.order_no, b.booked_on, line
""")  # noqa: S608
_ONE_BY_ONE = text(f"""
    SELECT i.station_code, i.order_no, i.item_no, CASE WHEN b.row_no IS NOT NULL THEN {LINE} END AS line, b.booked_on,
        b.amount_fen
    FROM payment_orders o JOIN payment_items i ON i.order_no = o.order_no AND i.state IN ('OPEN', 'PAID')
    LEFT JOIN bank_entries b ON {FREE_LINE}
        AND b.amount_fen = CASE o.kind WHEN 'DEBIT' THEN i.amount_fen ELSE -i.amount_fen END
        AND {REFERENCE} ~ ('PO' || lpad(i.order_no::text, 6, '0') || '-' || i.item_no || '(?![0-9])')
    WHERE o.written_at IS NOT NULL AND o.bank_line = ''
    ORDER BY i.order_no, i.item_no, line
""")  # noqa: S608


def find_orders(connection: Connection) -> tuple[int, int]:
    """Find written orders on the statement, which is held; gives how many, and how many items that ended as paid."""
    found, used, ended = 0, set(), 0
    for order_no, line, booked_on, bank_fen in connection.execute(_WHOLE).all():
        if order_no in used or line in used:
            continue
        used |= {order_no, line}
        order = find_order(connection, order_no)
        still = order_items(connection, order_no, state=ItemState.OPEN)
        outcomes = [Outcome(item.item_no, ItemState.PAID, "") for item in still]
        ended += end_items(connection, order, outcomes, f"bank {line}", booked_on)
        _carried(connection, order_no, line, bank_fen)
        note_line(connection, line)
        found += 1
    of_orders: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    wanted: Counter[str | None] = Counter()
    for row in connection.execute(_ONE_BY_ONE):
        of_orders[row.order_no].append(row)
        wanted[row.line] += 1
    for order_no, rows in of_orders.items():
        if _are_whole(rows, wanted):
            ended += _one_by_one(connection, order_no, rows)
            found += 1
    return found, ended


def _are_whole(rows: Sequence[Row[Any]], wanted: Counter[str | None]) -> bool:
    """Tell whether each payment of an order has one line, and each line is of one payment, of whatever order."""
    items = Counter(row.item_no for row in rows)
    return all(row.line is not None and wanted[row.line] == 1 for row in rows) and max(items.values()) == 1


def _one_by_one(connection: Connection, order_no: int, rows: Sequence[Row[Any]]) -> int:
    order, ended, table = find_order(connection, order_no), 0, payment_items.c
    for row in rows:
        outcome = Outcome(row.item_no, ItemState.PAID, "")
        ended += end_items(connection, order, [outcome], f"bank {row.line}", row.booked_on)
        this = (table.station_code == row.station_code) & (table.order_no == order_no) & (table.item_no == row.item_no)
        connection.execute(update(payment_items).where(this).values(bank_line=row.line))
        note_line(connection, row.line)
    _carried(connection, order_no, rows[0].line, sum(row.amount_fen for row in rows))
    return ended


def _carried(connection: Connection, order_no: int, line: str, bank_fen: int) -> None:
    this = update(payment_orders).where(payment_orders.c.order_no == order_no)
    connection.execute(this.values(bank_line=line, bank_fen=bank_fen))
