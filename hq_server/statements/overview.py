"""The network at a glance: what waits for somebody, and how each station stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from hq_server.db.desk_tables import credit_purchases
from hq_server.db.gateway_tables import gateway_requests, payment_rulings
from hq_server.db.journal_tables import alarms, branch_cases, journal_heads
from hq_server.db.ledger_tables import balances, payments, standings
from hq_server.db.reference_tables import enrolments, stations
from hq_server.ledger.queries import posting_stop_list, trial_balance
from station_journal.accounts import Account
from station_journal.payment import PaymentStatus
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import date, datetime

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


@dataclass(frozen=True, slots=True)
class StationRow:
    """A station in the list; amounts in fen. ``enrolment`` is the state of its latest enrolment, empty before any."""

    station_code: str
    name: str
    branch: str
    enrolment: str
    last_seen_at: datetime | None
    day_ended: date | None
    credit_free_fen: int
    credit_held_fen: int


def station_rows(connection: Connection, text: str = "", limit: int = 500) -> list[StationRow]:
    """List stations whose code, name or branch holds a text, by code."""
    free, held = _balance(Account.CREDIT_FREE), _balance(Account.CREDIT_HELD)
    latest = (
        select(enrolments.c.state)
        .where(enrolments.c.station_code == stations.c.station_code)
        .order_by(enrolments.c.issue_no.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(
            stations.c.station_code,
            stations.c.name,
            stations.c.branch,
            func.coalesce(latest, ""),
            stations.c.last_seen_at,
            standings.c.day_ended,
            free,
            held,
        )
        .select_from(stations.outerjoin(standings, standings.c.station_code == stations.c.station_code))
        .order_by(stations.c.station_code)
        .limit(limit)
    )
    wanted = text.strip()
    if wanted:
        columns = (stations.c.station_code, stations.c.name, stations.c.branch)
        found = [column.icontains(wanted, autoescape=True) for column in columns]
        query = query.where(found[0] | found[1] | found[2])
    return [
        StationRow(code, name, branch, enrolment, seen, ended, int(free_fen), int(held_fen))
        for code, name, branch, enrolment, seen, ended, free_fen, held_fen in connection.execute(query)
    ]


def _balance(account: Account) -> ColumnElement[int]:
    kept = select(func.sum(balances.c.balance_fen)).where(
        balances.c.station_code == stations.c.station_code, balances.c.account == int(account)
    )
    return func.coalesce(kept.scalar_subquery(), 0)
