"""Asking the bank what became of written orders whose outcome is open, by itself, until each item has its end.

The bank's word ends an item as its result file does, and where the two differ the first stands and the difference is
noted for a person. That the bank does not know an order, or says nothing, ends nothing: a ruling of two people may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.payment_tables import order_questions, payment_orders
from hq_server.gateway.bank_road import BankSilentError
from hq_server.gateway.schedule import delay_after
from hq_server.logs import get_logger
from hq_server.payment_orders.orders import ItemState, find_order, order_items, reference_of
from hq_server.payment_orders.outcomes import Outcome, end_items
from hq_server.reference.working_days import business_date_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from hq_server.db import Clock
    from hq_server.gateway.bank_road import BankRoad, OrderWord

ORDERS_AT_ONCE = 20
SILENT, DIFFERS = "silent", "differs"
_REASON_MAX = 120
_log = get_logger(__name__)


class BankQuestions:
    """A stage of HQ's jobs: asks one bank about every written order that is still open, each when it is due."""

    def __init__(self, road: BankRoad) -> None:
        """Keep the road to the bank."""
        self._road = road

    def run(self, engine: Engine, clock: Clock) -> int:
        """Ask about the orders that are due; gives how many items got their end."""
        with engine.connect() as connection:
            due = _due(connection, clock())
        return sum(self._ask(engine, order_no, clock) for order_no in due)

    def _ask(self, engine: Engine, order_no: int, clock: Clock) -> int:
        try:
            word = self._road.status(reference_of(order_no))
        except BankSilentError as error:
            _log.warning("bank.silent", order_no=order_no, reason=str(error))
            word = None
        with engine.begin() as connection:
            now = clock()
            ended, said = (0, SILENT) if word is None else _taken(connection, order_no, word, now)
            _note_question(connection, order_no, said, now)
        return ended


def _due(connection: Connection, now: datetime) -> list[int]:
    order, question = payment_orders.c, order_questions.c
    query = (
        select(order.order_no)
        .outerjoin(order_questions, question.order_no == order.order_no)
        .where(order.written_at.is_not(None), order.ended_on.is_(None))
        .where(question.next_at.is_(None) | (question.next_at <= now))
        .order_by(order.order_no)
        .limit(ORDERS_AT_ONCE)
    )
    return list(connection.scalars(query))


def _taken(connection: Connection, order_no: int, word: OrderWord, now: datetime) -> tuple[int, str]:
    """Give open items the bank's word; an amount or an outcome that differs from ours is told, and ends nothing."""
    order = find_order(connection, order_no)
    items = {item.item_no: item for item in order_items(connection, order_no)}
    outcomes, differing = [], []
    for one in word.items:
        state = ItemState.PAID if one.paid else ItemState.RETURNED
        item = items.get(one.item_no)
        if item is None or item.amount_fen != one.amount_fen or item.state not in {ItemState.OPEN.value, state.value}:
            differing.append(one.item_no)
        elif item.state == ItemState.OPEN.value:
            outcomes.append(Outcome(one.item_no, state, one.reason[:_REASON_MAX]))
    ended = end_items(connection, order, outcomes, f"status {now:%Y-%m-%d %H:%M:%S}Z", business_date_of(now))
    if ended or differing:
        details = {"order_no": order_no, "asked": True, "ended": ended, "differing": differing[:ORDERS_AT_ONCE]}
        audit.note(connection, AuditTag.ORDER_RESULT, audit.SYSTEM_ACTOR, now, details)
    return ended, DIFFERS if differing else word.state


def _note_question(connection: Connection, order_no: int, said: str, now: datetime) -> None:
    table = order_questions.c
    before = connection.scalar(select(table.polls).where(table.order_no == order_no)) or 0
    row = {"polls": before + 1, "said": said, "asked_at": now, "next_at": now + delay_after(before)}
    kept = insert(order_questions).values(order_no=order_no, **row)
    connection.execute(kept.on_conflict_do_update(index_elements=["order_no"], set_=row))
