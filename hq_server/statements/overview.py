"""The network at a glance: what waits for somebody, and how each station stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from hq_server.db.desk_tables import credit_purchases
from hq_server.db.gateway_tables import gateway_requests, payment_rulings
from hq_server.db.journal_tables import alarms, branch_cases, journal_heads
from hq_server.db.ledger_tables import payments
from hq_server.db.reference_tables import enrolments
from hq_server.ledger.queries import posting_stop_list, trial_balance
from station_journal.payment import PaymentStatus
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, Table
    from sqlalchemy.sql.elements import ColumnElement

    from hq_server.ledger.queries import PostingStop


@dataclass(frozen=True, slots=True)
class Today:
    """The day so far, and what waits; amounts in fen."""

    business_date: date
    stations: int
    bills_count: int
    bills_fen: int
    waiting_count: int
    waiting_fen: int
    purchases_open: int
    enrolments_open: int
    rulings_open: int
    alarms: int
    branch_cases: int
    difference_fen: int
    stops: tuple[PostingStop, ...]


def today(connection: Connection, business_date: date) -> Today:
    """Count what happened on a business date and what waits now."""
    sold = and_(
        payments.c.business_date == business_date,
        payments.c.status.in_([int(PaymentStatus.HELD), int(PaymentStatus.CONFIRMED)]),
    )
    bills = connection.execute(
        select(func.count(), func.coalesce(func.sum(payments.c.amount_fen), 0)).where(sold)
    ).one()
    waiting = connection.execute(
        select(func.count(), func.coalesce(func.sum(gateway_requests.c.amount_fen), 0)).where(
            gateway_requests.c.state != "ANSWERED"
        )
    ).one()
    return Today(
        business_date=business_date,
        stations=_count(connection, journal_heads, journal_heads.c.side == Side.STATION.value),
        bills_count=bills[0],
        bills_fen=int(bills[1]),
        waiting_count=waiting[0],
        waiting_fen=int(waiting[1]),
        purchases_open=_count(connection, credit_purchases, credit_purchases.c.state == "ENTERED"),
        enrolments_open=_count(connection, enrolments, enrolments.c.state == "PENDING"),
        rulings_open=_count(connection, payment_rulings, payment_rulings.c.state == "PROPOSED"),
        alarms=_count(connection, alarms),
        branch_cases=_count(connection, branch_cases),
        difference_fen=trial_balance(connection).difference_fen,
        stops=posting_stop_list(connection),
    )


def _count(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
