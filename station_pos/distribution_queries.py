"""What the books and the documents say about goods and leads; implements ``Distribution``."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from station_journal.goods_list import GoodsRefusedError, read_goods
from station_journal.lead_contact import SALT_BYTES
from station_journal.records import Side
from station_journal.rules.distribution import (
    LEAD_STATES,
    ONE,
    GoodsListInForce,
    GoodsOrder,
    Lead,
    OrderState,
    Registrations,
    number_key,
)
from station_journal.subject import SubjectKey
from station_pos.services.distribution import GoodsOffered
from station_pos.store import journal, reference, subject_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy import Connection

    from station_journal.goods_list import GoodsItem
    from station_journal.rules.distribution import Filing
    from station_pos.store.database import Database


class DistributionQueries:
    """Questions about goods and leads over one open database."""

    def __init__(self, database: Database, business_date: Callable[[], date]) -> None:
        """Read through ``database``; ``business_date`` is that of a record made now."""
        self._database = database
        self._business_date = business_date

    def offered(self) -> GoodsOffered | None:
        """Give the list in force; None before HQ published one."""
        with self._database.reading() as connection:
            found = subject_rows.find(connection, SubjectKey(GoodsListInForce.SUBJECT, ONE))
            if not isinstance(found, GoodsListInForce):
                return None
            return GoodsOffered(found.list_hash, *_content(connection, found.list_hash))

    def orders(self) -> tuple[GoodsOrder, ...]:
        """List the orders, newest first."""
        with self._database.reading() as connection:
            found = subject_rows.in_states(connection, GoodsOrder, *OrderState)
        return tuple(sorted(found, key=lambda order: -order.seq))

    def items_of(self, order: GoodsOrder) -> tuple[GoodsItem, ...]:
        """Give the items of the list that an order was made by; empty where it is not here."""
        with self._database.reading() as connection:
            return _content(connection, order.list_hash)[1]

    def registration(self) -> Filing | None:
        """Give the registration in force today; None if there is none."""
        with self._database.reading() as connection:
            found = subject_rows.find(connection, SubjectKey(Registrations.SUBJECT, ONE))
            head = journal.head(connection, Side.HQ)
        if not isinstance(found, Registrations) or head is None:
            return None
        return found.valid(head.seq, self._business_date())

    def salt(self) -> bytes:
        """Give 16 bytes of chance for the document that keeps a lead's name and number."""
        return secrets.token_bytes(SALT_BYTES)

    def leads(self) -> tuple[Lead, ...]:
        """List the leads, newest first."""
        with self._database.reading() as connection:
            found = subject_rows.in_states(connection, Lead, *LEAD_STATES)
        return tuple(sorted(found, key=lambda lead: -lead.seq))


def order_of(connection: Connection, order_seq: int) -> GoodsOrder | None:
    """Find the order that a record made."""
    found = subject_rows.find(connection, SubjectKey(GoodsOrder.SUBJECT, number_key(order_seq)))
    return found if isinstance(found, GoodsOrder) else None


def _content(connection: Connection, named: bytes) -> tuple[str, tuple[GoodsItem, ...]]:
    data = reference.document(connection, named)
    if data is None:
        return "", ()
    try:
        return read_goods(data)
    except GoodsRefusedError:
        return "", ()
