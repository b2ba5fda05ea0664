"""The list of stations: how each is reached, how its day stands, and its credit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Integer, cast, func, select

from hq_server.db.figure_tables import station_use
from hq_server.db.ledger_tables import balances, standings
from hq_server.db.reference_tables import enrolments, stations
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, is_one_of
from hq_server.statements.credit_ahead import AHEAD_DAYS
from hq_server.wording import Sentence
from station_journal.accounts import Account

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement


def _balance(account: Account) -> ColumnElement[Any]:
    kept = select(func.sum(balances.c.balance_fen)).where(
        balances.c.station_code == stations.c.station_code, balances.c.account == int(account)
    )
    return func.coalesce(kept.scalar_subquery(), 0)


_ENROLMENT: ColumnElement[Any] = func.coalesce(
    select(enrolments.c.state)
    .where(enrolments.c.station_code == stations.c.station_code)
    .order_by(enrolments.c.issue_no.desc())
    .limit(1)
    .scalar_subquery(),
    "",
)
_STATES = {
    "": Sentence("", ""),
    "CODE_ISSUED": Sentence("已发开通码", "code issued"),
    "PENDING": Sentence("待审批", "waiting"),
    "APPROVED": Sentence("已批准", "approved"),
    "REFUSED": Sentence("已退回", "refused"),
    "WITHDRAWN": Sentence("已收回", "withdrawn"),
}

_NO_USE = 9_999
_KEPT = (
    select(balances.c.station_code, func.sum(balances.c.balance_fen).label("free_fen"))
    .where(balances.c.account == int(Account.CREDIT_FREE))
    .group_by(balances.c.station_code)
    .subquery()
)
_FREE: ColumnElement[Any] = func.coalesce(_KEPT.c.free_fen, 0)
_USE: ColumnElement[Any] = func.coalesce(station_use.c.amount_fen / func.nullif(station_use.c.days, 0), 0)
_LEFT: ColumnElement[Any] = func.coalesce(
    cast(func.width_bucket(cast(_FREE, BigInteger), station_use.c.ahead_fen), Integer), _NO_USE
)
_BUY_BY: ColumnElement[Any] = station_use.c.buy_by[_LEFT + 1]

FLOAT_LIST = ListSpec(
    name="float",
    title=Sentence("额度预测", "Credit forecast"),
    source=stations.outerjoin(station_use, station_use.c.station_code == stations.c.station_code).outerjoin(
        _KEPT, _KEPT.c.station_code == stations.c.station_code
    ),
    columns=(
        ListColumn("code", Sentence("代码", "Code"), stations.c.station_code, link="/stations/{code}"),
        ListColumn("name", Sentence("名称", "Name"), stations.c.name),
        ListColumn("branch", Sentence("支局", "Branch"), stations.c.branch),
        ListColumn("free", Sentence("可用额度", "Free credit"), _FREE, Form.MONEY, total=True),
        ListColumn("use", Sentence("日均用量", "Used a day"), _USE, Form.MONEY, total=True),
        ListColumn(
            "left",
            Sentence("够用天数", "Days left"),
            _LEFT,
            Form.NUMBER,
            words={
                str(_NO_USE): Sentence("没有用量", "not used"),
                str(AHEAD_DAYS): Sentence(f"{AHEAD_DAYS} 以上", f"{AHEAD_DAYS} or more"),
            },
        ),
        ListColumn("buy_by", Sentence("最迟购买日", "Buy by"), _BUY_BY, Form.DAY),
    ),
    orders=(
        ListOrder("left", Sentence("够用天数", "days left"), ("left", "code")),
        ListOrder("code", Sentence("代码", "code"), ("code",)),
    ),
    filters=(
        ListFilter(
            "q",
            Sentence("代码, 名称或支局", "Code, name or branch"),
            contains(stations.c.station_code, stations.c.name, stations.c.branch),
            is_search=True,
        ),
        ListFilter("within", Sentence("够用不到 (天)", "Days left below"), lambda days: days > _LEFT, Form.NUMBER),
    ),
    empty=Sentence("没有站点", "No stations"),
)

STATION_LIST = ListSpec(
    name="stations",
    title=Sentence("站点", "Stations"),
    source=stations.outerjoin(standings, standings.c.station_code == stations.c.station_code),
    columns=(
        ListColumn("code", Sentence("代码", "Code"), stations.c.station_code, link="/stations/{code}"),
        ListColumn("name", Sentence("名称", "Name"), stations.c.name),
        ListColumn("branch", Sentence("支局", "Branch"), stations.c.branch),
        ListColumn("enrolment", Sentence("开通", "Enrolment"), _ENROLMENT, words=_STATES),
        ListColumn("free", Sentence("可用额度", "Free credit"), _balance(Account.CREDIT_FREE), Form.MONEY),
        ListColumn("held", Sentence("冻结", "Held"), _balance(Account.CREDIT_HELD), Form.MONEY),
        ListColumn("seen", Sentence("最近联络", "Last heard"), stations.c.last_seen_at, Form.MOMENT),
        ListColumn("ended", Sentence("已日结", "Day ended"), standings.c.day_ended, Form.DAY),
    ),
    orders=(ListOrder("code", Sentence("代码", "code"), ("code",)),),
    filters=(
        ListFilter(
            "q",
            Sentence("代码, 名称或支局", "Code, name or branch"),
            contains(stations.c.station_code, stations.c.name, stations.c.branch),
            is_search=True,
        ),
        ListFilter(
            "enrolment",
            Sentence("开通", "Enrolment"),
            is_one_of(_ENROLMENT),
            words={state: words for state, words in _STATES.items() if state},
        ),
    ),
    empty=Sentence("没有站点", "No stations"),
)
