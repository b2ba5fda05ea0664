"""The network at a glance: what waits for whom and since when, what is late, and how the day goes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, case, func, literal, select

from hq_server import calendar_desk, credit, pouches, sealed_credit, staff_desk
from hq_server.commission import agreements
from hq_server.commission.branch_figures import FIGURE_DESKS, RATE_DESK
from hq_server.commission.units import ServiceLine
from hq_server.db.break_tables import break_cases
from hq_server.db.gateway_tables import gateway_requests
from hq_server.db.journal_tables import alarms, branch_cases, journal_heads
from hq_server.db.ledger_tables import payments, subjects
from hq_server.db.reference_tables import enrolments, stations
from hq_server.disputes import corrections
from hq_server.disputes import rulings as case_rulings
from hq_server.disputes.cases import open_count
from hq_server.gateway import rulings
from hq_server.ledger.queries import posting_stop_list
from hq_server.payment_orders.orders import ORDER_DESK
from hq_server.payment_orders.outcomes import RULING_DESK
from hq_server.reconciliation import resolving
from hq_server.reference.year_lists import working_days
from hq_server.settlement import bank_side, mandates, payees, returned_payments
from hq_server.statements.figures import counted, day_sums
from hq_server.withdrawals import rulings as withdrawal_rulings
from hq_server.withdrawals import terms as withdrawal_terms
from hq_server.wording import Sentence
from station_journal.payment import PaymentStatus
from station_journal.rules.withdrawal import OPEN_STATES, Withdrawal
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection, Table
    from sqlalchemy.sql.elements import ColumnElement

    from hq_server.four_eyes import FourEyes
    from hq_server.ledger.queries import PostingStop
    from hq_server.statements.figures import Counted, DaySum

AGE_DAYS = (0, 1, 3, 7, 15)
"""Buckets of age: from so many days on (product wishes of back offices: 0, 1, 3, 7, 15)."""
CAUSE_DAYS = 30
DESKS: tuple[tuple[FourEyes, Sentence, str], ...] = (
    (credit.FOUR_EYES, Sentence("额度购买", "credit purchases"), "/credit"),
    (sealed_credit.FOUR_EYES, Sentence("密封额度", "sealed grants"), "/sealed"),
    (pouches.FOUR_EYES, Sentence("款袋", "pouches of cash"), "/pouches"),
    (resolving.FOUR_EYES, Sentence("差错处理", "ends of breaks"), "/breaks?proposal=PROPOSED"),
    (rulings.FOUR_EYES, Sentence("缴费裁定", "rulings on payments"), "/unknown"),
    (
        withdrawal_rulings.FOUR_EYES,
        Sentence("取款裁定", "rulings on withdrawals"),
        "/withdrawals?ruling=PROPOSED&state=",
    ),
    (withdrawal_terms.FOUR_EYES, Sentence("取款条件", "withdrawal terms"), "/withdrawals/terms?state=ENTERED"),
    (corrections.FOUR_EYES, Sentence("更正", "corrections"), "/corrections"),
    (case_rulings.FOUR_EYES, Sentence("争议裁定", "rulings on disputes"), "/disputes"),
    (ORDER_DESK, Sentence("付款单", "payment orders"), "/settlement/orders?state=PROPOSED"),
    (RULING_DESK, Sentence("付款结果裁定", "rulings on payment items"), "/settlement/orders?outcome=ruling"),
    (agreements.FOUR_EYES, Sentence("酬金账户", "commission accounts"), "/commission/accounts?state=PROPOSED"),
    (payees.FOUR_EYES, Sentence("收款方条件", "payees' terms"), "/payees?state=PROPOSED"),
    (mandates.FOUR_EYES, Sentence("委托扣款书", "direct-debit mandates"), "/mandates?state=PROPOSED"),
    (bank_side.FOUR_EYES, Sentence("银行流水对应", "matches with bank lines"), "/bank?state=PROPOSED"),
    (returned_payments.FOUR_EYES, Sentence("退回的付款", "returned payments"), "/bank?state=PROPOSED"),
    (
        FIGURE_DESKS[ServiceLine.DISTRIBUTION],
        Sentence("支局报数", "branch figures"),
        "/commission/figures?state=PROPOSED",
    ),
    (RATE_DESK, Sentence("支局费率", "branch rates"), "/commission/rates?state=PROPOSED"),
    (calendar_desk.FOUR_EYES, Sentence("工作日安排", "working-day lists"), "/working-days?state=PROPOSED"),
    (staff_desk.STAFF_DESK, Sentence("账号申请", "requests about accounts"), "/users"),
)
_LINKS = (
    (timedelta(minutes=15), Sentence("15 分钟内", "15 minutes")),
    (timedelta(hours=1), Sentence("1 小时内", "an hour")),
    (timedelta(days=1), Sentence("1 天内", "a day")),
    (timedelta(days=3), Sentence("3 天内", "3 days")),
)
_IS_OPEN = subjects.c.state.in_([int(state) for state in OPEN_STATES])
_LONGER, _NEVER = Sentence("更久", "longer"), Sentence("从未联络", "never")


@dataclass(frozen=True, slots=True)
class DeskQueue:
    """What waits for a second person at one desk; ``oldest_at`` is None where nothing waits."""

    name: Sentence
    path: str
    count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Breaks:
    """Open breaks: how many, of how much money in fen, past their due date, by class and by age in days.

    ``by_cause`` counts those that ended in the last `CAUSE_DAYS` days, by the cause found; later evidence names none.
    """

    count: int
    amount_fen: int
    overdue: int
    by_class: tuple[tuple[str, int], ...]
    by_age: tuple[tuple[int, int], ...]
    by_cause: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Today:
    """The day so far, and what waits; amounts in fen."""

    business_date: date
    stations: int
    bills_count: int
    bills_fen: int
    waiting_count: int
    waiting_fen: int
    waiting_since: datetime | None
    withdrawals_open: int
    queues: tuple[DeskQueue, ...]
    enrolments_open: int
    alarms: int
    branch_cases: int
    disputes_open: int
    disputes_late: int
    stops: tuple[PostingStop, ...]
    breaks: Breaks
    trial: Counted | None
    days: tuple[DaySum, ...]
    days_counted: Counted | None
    links: tuple[tuple[Sentence, int], ...]
    year_to_enter: int | None


def today(connection: Connection, business_date: date, now: datetime) -> Today:
    """Count what happened on a business date and what waits now."""
    sold = and_(
        payments.c.business_date == business_date,
        payments.c.status.in_([int(PaymentStatus.HELD), int(PaymentStatus.CONFIRMED)]),
    )
    bills = connection.execute(
        select(func.count(), func.coalesce(func.sum(payments.c.amount_fen), 0)).where(sold)
    ).one()
    request = gateway_requests.c
    unknown = connection.execute(
        select(func.count(), func.coalesce(func.sum(request.amount_fen), 0), func.min(request.created_at)).where(
            request.state != "ANSWERED"
        )
    ).one()
    return Today(
        business_date=business_date,
        stations=_count(connection, journal_heads, journal_heads.c.side == Side.STATION.value),
        bills_count=bills[0],
        bills_fen=int(bills[1]),
        waiting_count=unknown[0],
        waiting_fen=int(unknown[1]),
        waiting_since=unknown[2],
        withdrawals_open=_count(connection, subjects, subjects.c.kind == Withdrawal.SUBJECT, _IS_OPEN),
        queues=_queues(connection),
        enrolments_open=_count(connection, enrolments, enrolments.c.state == "PENDING"),
        alarms=_count(connection, alarms),
        branch_cases=_count(connection, branch_cases),
        disputes_open=open_count(connection),
        disputes_late=open_count(connection, late_on=business_date),
        stops=posting_stop_list(connection),
        breaks=_breaks(connection, business_date, now),
        trial=counted(connection, "trial"),
        days=tuple(day_sums(connection, business_date)),
        days_counted=counted(connection, "days"),
        links=_links(connection, now),
        year_to_enter=working_days(connection).year_to_enter(business_date),
    )


def _count(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def _queues(connection: Connection) -> tuple[DeskQueue, ...]:
    found = []
    for desk, name, path in DESKS:
        table = desk.table.c
        query = select(func.count(), func.min(table[desk.made_at])).where(table.state == desk.open_state)
        count, oldest_at = connection.execute(query).one()
        found.append(DeskQueue(name, path, count, oldest_at))
    return tuple(found)


def _breaks(connection: Connection, business_date: date, now: datetime) -> Breaks:
    """Count open breaks in one pass over them."""
    table = break_cases.c
    bucket = case(
        *((table.business_date <= business_date - timedelta(days=days), literal(days)) for days in reversed(AGE_DAYS)),
        else_=literal(0),
    )
    query = (
        select(
            table.break_class,
            bucket,
            func.count(),
            func.sum(func.abs(table.difference_fen)),
            func.count().filter(table.due_on < business_date),
        )
        .where(table.state == "OPEN")
        .group_by(table.break_class, bucket)
    )
    by_class: Counter[str] = Counter()
    by_age: Counter[int] = Counter()
    amount_fen = overdue = 0
    for name, days, count, fen, late in connection.execute(query):
        by_class[name] += count
        by_age[int(days)] += count
        amount_fen, overdue = amount_fen + int(fen), overdue + late
    return Breaks(
        by_class.total(),
        amount_fen,
        overdue,
        tuple(by_class.most_common()),
        tuple((days, by_age[days]) for days in AGE_DAYS),
        _ended_by_cause(connection, now - timedelta(days=CAUSE_DAYS)),
    )


def _ended_by_cause(connection: Connection, since: datetime) -> tuple[tuple[str, int], ...]:
    table = break_cases.c
    query = select(table.cause, func.count()).where(table.state != "OPEN", table.closed_at >= since)
    rows = connection.execute(query.group_by(table.cause).order_by(func.count().desc(), table.cause))
    return tuple((cause, count) for cause, count in rows)


def _links(connection: Connection, now: datetime) -> tuple[tuple[Sentence, int], ...]:
    """Count open stations by how long ago each was heard of."""
    seen = stations.c.last_seen_at
    which = case(
        (seen.is_(None), literal(len(_LINKS) + 1)),
        *((seen >= now - within, literal(number)) for number, (within, _) in enumerate(_LINKS)),
        else_=literal(len(_LINKS)),
    )
    heads = journal_heads.c
    query = (
        select(which, func.count())
        .join(journal_heads, and_(heads.station_code == stations.c.station_code, heads.side == Side.STATION.value))
        .group_by(which)
    )
    counts = {int(number): int(count) for number, count in connection.execute(query)}
    names = [*(name for _, name in _LINKS), _LONGER, _NEVER]
    return tuple((name, counts.get(number, 0)) for number, name in enumerate(names))
