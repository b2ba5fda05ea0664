"""What a paid item does to the books, once: a record in the station's journal, or an entry in HQ's own books.

Commission paid is told to the station; a debit that the bank took becomes a credit purchase, granted to the station in
the names of the two people who ordered it; a biller, a sender, a carrier or the tax office is owed that much less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from hq_server.credit import grant_debited
from hq_server.db.payment_tables import payment_items, payment_orders
from hq_server.db.settlement_tables import hq_entries
from hq_server.hq_journal import KindNotReadError
from hq_server.payment_orders.orders import ItemState, OrderKind, reference_of
from hq_server.settlement.payees import ACCOUNT_OF, PayeeKind
from station_journal.accounts import Account
from station_journal.facts.commission import CommissionPaid
from station_journal.records import Actor, ActorKind

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection, Engine, Row

    from hq_server.hq_journal import HqJournal

ITEMS_AT_ONCE = 200
OWN_BOOKS = 0
"""Stands for the HQ record of an effect that is an entry of HQ's own books."""


def apply_effects(engine: Engine, journal: HqJournal, now: datetime) -> int:
    """Give every paid item its effect, some a transaction; gives how many. What was applied is not applied again."""
    done, after = 0, (0, 0)
    while True:
        with engine.begin() as connection:
            rows = _waiting(connection, after)
            for row in rows:
                if not _still_waits(connection, row):
                    continue
                seq = _apply(connection, journal, row, now)
                if seq is not None:
                    done += 1
                    this = (payment_items.c.order_no == row.order_no) & (payment_items.c.item_no == row.item_no)
                    connection.execute(update(payment_items).where(this).values(effect_seq=seq))
        if not rows:
            return done
        after = (rows[-1].order_no, rows[-1].item_no)


def _waiting(connection: Connection, after: tuple[int, int]) -> list[Row[Any]]:
    item, order = payment_items.c, payment_orders.c
    query = (
        select(payment_items, order.subject, order.maker_no, order.approver_no)
        .join(payment_orders, order.order_no == item.order_no)
        .where(item.state == ItemState.PAID.value, item.effect_seq.is_(None))
        .where((item.order_no > after[0]) | ((item.order_no == after[0]) & (item.item_no > after[1])))
        .order_by(item.order_no, item.item_no)
        .limit(ITEMS_AT_ONCE)
    )
    return list(connection.execute(query))


def _still_waits(connection: Connection, row: Row[Any]) -> bool:
    """Lock an item; False where somebody else has applied it meanwhile. A distributed table locks by station."""
    item = payment_items.c
    this = (item.station_code == row.station_code) & (item.order_no == row.order_no) & (item.item_no == row.item_no)
    query = select(item.item_no).where(this, item.effect_seq.is_(None)).with_for_update()
    return connection.scalar(query) is not None


def _apply(connection: Connection, journal: HqJournal, row: Row[Any], now: datetime) -> int | None:
    kind = OrderKind(row.kind)
    if kind in {OrderKind.COMMISSION, OrderKind.BRANCH}:
        return _commission_paid(connection, journal, row, now)
    if kind is OrderKind.DEBIT:
        return _debited(connection, journal, row, now)
    payee = PayeeKind(row.kind)
    party = row.station_code.partition(":")[2]
    source = f"{reference_of(row.order_no)}-{row.item_no}"
    book(connection, source, (ACCOUNT_OF[payee], party), (Account.BANK_ACCOUNT, ""), row.amount_fen, now, row.ended_on)
    return OWN_BOOKS


def _commission_paid(connection: Connection, journal: HqJournal, row: Row[Any], now: datetime) -> int | None:
    month, by_branch = int(row.source.partition("/")[0]), row.kind == OrderKind.BRANCH.value
    reference = f"{reference_of(row.order_no)}-{row.item_no} {row.evidence}"
    fact = CommissionPaid(month, by_branch, row.amount_fen, row.ended_on, reference)
    actor = Actor(ActorKind.PERSON, row.approver_no)
    try:
        (seq,) = journal.append(connection, row.station_code, [fact], actor, now)
    except KindNotReadError:
        return None  # told as soon as the station's program reads it
    return seq


def _debited(connection: Connection, journal: HqJournal, row: Row[Any], now: datetime) -> int | None:
    evidence = f"委托扣款 {reference_of(row.order_no)}-{row.item_no}"
    people = (row.maker_no, row.approver_no)
    return grant_debited(connection, journal, people, row.station_code, row.amount_fen, evidence, now).hq_seq


def book(
    connection: Connection,
    source: str,
    debit: tuple[Account, str],
    credit: tuple[Account, str],
    amount_fen: int,
    now: datetime,
    booked_on: date,
) -> None:
    """Enter a movement in HQ's own books under what it is from; the same source is entered once, by its key."""
    row = {
        "source": source,
        "line": 1,
        "debit_account": int(debit[0]),
        "debit_party": debit[1],
        "credit_account": int(credit[0]),
        "credit_party": credit[1],
        "amount_fen": amount_fen,
        "booked_on": booked_on,
        "entered_at": now,
    }
    connection.execute(insert(hq_entries).values(row))
