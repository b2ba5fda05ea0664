"""What a paid item does to the books, once, and what its return takes back: a station's record, or HQ's own entry.

Commission paid is told to the station; a debit that the bank took becomes a credit purchase, granted to the station in
the names of the two people who ordered it; a biller, a sender, a carrier or the tax office is owed that much less. What
the bank gave back is owed again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from hq_server.credit import grant_debited
from hq_server.db.payment_tables import payment_items, payment_orders, payment_returns
from hq_server.db.settlement_tables import hq_entries
from hq_server.hq_journal import CannotTellError
from hq_server.payment_orders.orders import ItemState, OrderKind, item_reference
from hq_server.settlement.payees import ACCOUNT_OF, PayeeKind
from station_journal.accounts import Account
from station_journal.facts.commission import CommissionPaid, CommissionReturned
from station_journal.records import Actor, ActorKind

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection, Engine, Row

    from hq_server.hq_journal import HqJournal

ITEMS_AT_ONCE = 200
OWN_BOOKS = 0
"""Stands for the HQ record of an effect that is an entry of HQ's own books."""


def apply_effects(engine: Engine, journal: HqJournal, now: datetime) -> int:
    """Give every paid item and every return its effect; gives how many. What was applied is not applied again."""
    return _paid_items(engine, journal, now) + _returns(engine, journal, now)


def _paid_items(engine: Engine, journal: HqJournal, now: datetime) -> int:
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
    waits = (item.state == ItemState.PAID.value) & item.effect_seq.is_(None)
    return connection.scalar(select(item.item_no).where(this, waits).with_for_update()) is not None


def _returns(engine: Engine, journal: HqJournal, now: datetime) -> int:
    back, item = payment_returns.c, payment_items.c
    here = (item.station_code == back.station_code) & (item.order_no == back.order_no) & (item.item_no == back.item_no)
    query = select(payment_returns, item.kind, item.source, item.effect_seq.label("paid_seq")).join(payment_items, here)
    query = query.where(back.state == "APPROVED", back.effect_seq.is_(None)).order_by(back.order_no, back.item_no)
    done = 0
    with engine.begin() as connection:
        for row in connection.execute(query).all():
            this = (back.station_code == row.station_code) & (back.order_no == row.order_no)
            this = this & (back.item_no == row.item_no) & (back.return_no == row.return_no)
            locked = select(back.item_no).where(this, back.effect_seq.is_(None)).with_for_update()
            if connection.scalar(locked) is None:
                continue
            seq = OWN_BOOKS if row.paid_seq is None else _take_back(connection, journal, row, now)
            if seq is not None:
                done += 1
                connection.execute(update(payment_returns).where(this).values(effect_seq=seq))
    return done


def _take_back(connection: Connection, journal: HqJournal, row: Row[Any], now: datetime) -> int | None:
    reference, kind = item_reference(row.order_no, row.item_no), OrderKind(row.kind)
    if kind in {OrderKind.COMMISSION, OrderKind.BRANCH}:
        month = int(row.source.partition("/")[0])
        by_branch = kind is OrderKind.BRANCH
        evidence = f"{reference} {row.bank_line}"
        fact = CommissionReturned(month, by_branch, row.amount_fen, row.booked_on, row.reason, evidence)
        return _told(connection, journal, row, fact, now)
    source = f"{reference} returned {row.return_no}"
    if kind is OrderKind.DEBIT:
        # The credit that it became is the station's: what comes back of it is a correction's, never taken here.
        clearing, bank = (Account.BANK_CLEARING, ""), (Account.BANK_ACCOUNT, "")
        book(connection, source, clearing, bank, -row.amount_fen, now, row.booked_on)
        return OWN_BOOKS
    payable = (ACCOUNT_OF[PayeeKind(row.kind)], row.station_code.partition(":")[2])
    book(connection, source, (Account.BANK_ACCOUNT, ""), payable, row.amount_fen, now, row.booked_on)
    return OWN_BOOKS


def _told(
    connection: Connection,
    journal: HqJournal,
    row: Row[Any],
    fact: CommissionPaid | CommissionReturned,
    now: datetime,
) -> int | None:
    """Tell a station in the name of whoever approved; None until the station's program reads that kind."""
    try:
        (seq,) = journal.append(connection, row.station_code, [fact], Actor(ActorKind.PERSON, row.approver_no), now)
    except CannotTellError:
        return None
    return seq


def _apply(connection: Connection, journal: HqJournal, row: Row[Any], now: datetime) -> int | None:
    kind = OrderKind(row.kind)
    if kind in {OrderKind.COMMISSION, OrderKind.BRANCH}:
        return _commission_paid(connection, journal, row, now)
    if kind is OrderKind.DEBIT:
        return _debited(connection, journal, row, now)
    payee = PayeeKind(row.kind)
    party = row.station_code.partition(":")[2]
    source = item_reference(row.order_no, row.item_no)
    book(connection, source, (ACCOUNT_OF[payee], party), (Account.BANK_ACCOUNT, ""), row.amount_fen, now, row.ended_on)
    return OWN_BOOKS


def _commission_paid(connection: Connection, journal: HqJournal, row: Row[Any], now: datetime) -> int | None:
    month, by_branch = int(row.source.partition("/")[0]), row.kind == OrderKind.BRANCH.value
    reference = f"{item_reference(row.order_no, row.item_no)} {row.evidence}"
    fact = CommissionPaid(month, by_branch, row.amount_fen, row.ended_on, reference)
    return _told(connection, journal, row, fact, now)


def _debited(connection: Connection, journal: HqJournal, row: Row[Any], now: datetime) -> int | None:
    evidence = f"委托扣款 {item_reference(row.order_no, row.item_no)}"
    people = (row.maker_no, row.approver_no)
    try:
        with connection.begin_nested():  # the purchase goes with the grant that could not be told
            return grant_debited(connection, journal, people, row.station_code, row.amount_fen, evidence, now).hq_seq
    except CannotTellError:
        return None


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
