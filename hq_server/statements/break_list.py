"""The list of breaks as cases: class, owner, due date, cause; the open ones first, the oldest of them at the top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import DateTime, Integer, Text, and_, cast, func, literal, null, select, union_all

from hq_server.db.break_tables import break_cases, break_resolutions
from hq_server.db.file_tables import received_files
from hq_server.db.reconciliation_tables import recon_days, recon_due
from hq_server.db.withdrawal_tables import acquirer_days
from hq_server.four_eyes import WAITING
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, from_day, is_one_of, to_day
from hq_server.reconciliation.discrepancy import CLASS_WORDS
from hq_server.wording import Sentence

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_CASE = break_cases.c
_DIFFERENCE = Sentence("差额 (元)", "Difference (yuan)")
CLASSES = {one.value: Sentence(*words) for one, words in CLASS_WORDS.items()}
STATES = {
    "OPEN": Sentence("未结", "open"),
    "EXPLAINED": Sentence("已说明", "explained"),
    "RESOLVED": Sentence("已处理", "resolved"),
}

_MADE = break_resolutions.c


def _is_proposed(state: str) -> ColumnElement[bool]:
    mine = (_MADE.station_code == _CASE.station_code) & (_MADE.case_no == _CASE.case_no)
    return select(_MADE.case_no).where(mine, _MADE.state == state).exists()


BREAK_LIST = ListSpec(
    name="breaks",
    title=Sentence("对账差错", "Breaks"),
    source=break_cases,
    columns=(
        ListColumn("case_no", Sentence("案号", "Case"), _CASE.case_no, Form.NUMBER, link="/breaks/{case_no}"),
        ListColumn("counterparty", Sentence("单位", "Counterparty"), _CASE.counterparty),
        ListColumn("day", Sentence("对账日", "Date"), _CASE.business_date, Form.DAY),
        ListColumn("class", Sentence("类别", "Class"), _CASE.break_class, words=CLASSES),
        ListColumn("station", Sentence("站点", "Station"), _CASE.station_code),
        ListColumn("our_no", Sentence("我方流水", "Our no."), _CASE.our_no),
        ListColumn("their_no", Sentence("对方流水", "Their no."), _CASE.their_no),
        ListColumn("ours", Sentence("我方 (元)", "Ours (yuan)"), _CASE.ours_fen, Form.MONEY),
        ListColumn("theirs", Sentence("对方 (元)", "Theirs (yuan)"), _CASE.theirs_fen, Form.MONEY),
        ListColumn(
            "difference", Sentence("差额 (元)", "Difference (yuan)"), _CASE.difference_fen, Form.MONEY, total=True
        ),
        ListColumn("owner", Sentence("经办", "Owner"), _CASE.owner_no, Form.NUMBER),
        ListColumn("due", Sentence("期限", "Due"), _CASE.due_on, Form.DAY),
        ListColumn("state", Sentence("状态", "State"), _CASE.state, words=STATES),
    ),
    orders=(
        ListOrder("oldest", Sentence("最早", "oldest"), ("day", "case_no")),
        ListOrder("newest", Sentence("最新", "newest"), ("day", "case_no"), descending=True),
    ),
    filters=(
        ListFilter(
            "q",
            Sentence("流水或站点", "Number or station"),
            contains(_CASE.our_no, _CASE.their_no, _CASE.station_code),
            is_search=True,
        ),
        ListFilter("biller", Sentence("单位", "Counterparty"), is_one_of(_CASE.counterparty)),
        ListFilter("class", Sentence("类别", "Class"), is_one_of(_CASE.break_class), words=CLASSES),
        ListFilter("state", Sentence("状态", "State"), is_one_of(_CASE.state), words=STATES, default="OPEN"),
        ListFilter(
            "proposal",
            Sentence("处理意见", "Proposal"),
            _is_proposed,
            words={"PROPOSED": WAITING},
        ),
        ListFilter("owner", Sentence("经办工号", "Owner"), is_one_of(_CASE.owner_no), Form.NUMBER),
        ListFilter("from", Sentence("自", "From"), from_day(_CASE.business_date), Form.DAY),
        ListFilter("to", Sentence("至", "To"), to_day(_CASE.business_date), Form.DAY),
    ),
    empty=Sentence("没有未结差错", "No open breaks"),
)


def is_case(case_no: int) -> ColumnElement[bool]:
    """Name one break of the list."""
    return _CASE.case_no == case_no


_OPEN = (
    select(
        _CASE.counterparty,
        _CASE.business_date,
        _CASE.layer,
        func.count().label("open"),
        func.sum(func.greatest(_CASE.difference_fen, 0)).label("over_fen"),
        func.sum(func.least(_CASE.difference_fen, 0)).label("short_fen"),
    )
    .where(_CASE.state == "OPEN", _CASE.layer.in_(["BILLER", "BANK"]))
    .group_by(_CASE.counterparty, _CASE.business_date, _CASE.layer)
    .subquery("open_breaks")
)
_DONE, _DUE, _BANK, _FILE = recon_days.c, recon_due.c, acquirer_days.c, received_files.c
_BILLER_DAYS = select(
    literal("BILLER").label("layer"),
    func.coalesce(_DONE.run_date, _DUE.run_date).label("run_date"),
    func.coalesce(_DONE.biller_code, _DUE.biller_code).label("biller_code"),
    *(func.coalesce(count, 0).label(count.name) for count in (_DONE.sale_count, _DONE.line_count)),
    func.coalesce(_DONE.matched_count, 0).label("matched_count"),
    _DONE.run_at,
    _DUE.since,
    _DUE.reason,
).select_from(
    recon_days.outerjoin(
        recon_due, and_(_DUE.biller_code == _DONE.biller_code, _DUE.run_date == _DONE.run_date), full=True
    )
)
_LINES = (
    select(func.sum(_FILE.line_count))
    .where(_FILE.purpose == "ACQUIRER", _FILE.state == "ACCEPTED")
    .where(_FILE.party_code == _BANK.acquirer_code, _FILE.business_date == _BANK.business_date)
    .scalar_subquery()
)
# What an acquirer's file is held against are withdrawals one by one: there is no count of ours beside its lines.
_ACQUIRER_DAYS = select(
    literal("BANK"),
    _BANK.business_date,
    _BANK.acquirer_code,
    cast(null(), Integer),
    cast(func.coalesce(_LINES, 0), Integer),
    cast(null(), Integer),
    _BANK.run_at,
    cast(null(), DateTime(timezone=True)),
    cast(null(), Text),
)
_DAYS = union_all(_BILLER_DAYS, _ACQUIRER_DAYS).subquery("days")
_LAYERS = {
    "BILLER": Sentence("收费单位", "biller"),
    "BANK": Sentence("收单机构", "acquirer"),
}
_DAY = _DAYS.c
DUE_REASONS = {
    "FILE": Sentence("新到对账文件", "a file has come"),
    "RECORDS": Sentence("交易有变化", "its sales have changed"),
    "NO_FILE": Sentence("有交易, 没有收到对账文件", "it has sales, and no file has come"),
}
DAY_LIST = ListSpec(
    name="reconciliation",
    title=Sentence("对账日历", "Day board"),
    source=_DAYS.outerjoin(
        _OPEN,
        and_(
            _OPEN.c.counterparty == _DAY.biller_code,
            _OPEN.c.business_date == _DAY.run_date,
            _OPEN.c.layer == _DAY.layer,
        ),
    ),
    columns=(
        ListColumn("day", Sentence("营业日", "Business date"), _DAY.run_date, Form.DAY),
        ListColumn("layer", Sentence("类别", "Kind"), _DAY.layer, words=_LAYERS),
        ListColumn(
            "biller", Sentence("单位", "Party"), _DAY.biller_code, link="/breaks?biller={biller}&from={day}&to={day}"
        ),
        ListColumn("sales", Sentence("我方笔数", "Ours"), _DAY.sale_count, Form.NUMBER),
        ListColumn("lines", Sentence("对方行数", "Theirs"), _DAY.line_count, Form.NUMBER),
        ListColumn("matched", Sentence("平账", "Matched"), _DAY.matched_count, Form.NUMBER),
        ListColumn("open", Sentence("未结差错", "Open breaks"), func.coalesce(_OPEN.c.open, 0), Form.NUMBER),
        ListColumn("over", Sentence("长款 (元)", "Over (yuan)"), func.coalesce(_OPEN.c.over_fen, 0), Form.MONEY),
        ListColumn("short", Sentence("短款 (元)", "Short (yuan)"), func.coalesce(_OPEN.c.short_fen, 0), Form.MONEY),
        ListColumn("run", Sentence("最近对账", "Last run"), _DAY.run_at, Form.MOMENT),
        ListColumn("due", Sentence("待重对自", "Due since"), _DAY.since, Form.MOMENT),
        ListColumn("reason", Sentence("待重对原因", "Due because"), _DAY.reason, words=DUE_REASONS),
    ),
    orders=(ListOrder("newest", Sentence("最新", "newest"), ("day", "biller", "layer"), descending=True),),
    filters=(
        ListFilter("biller", Sentence("单位", "Party"), is_one_of(_DAY.biller_code)),
        ListFilter("layer", Sentence("类别", "Kind"), is_one_of(_DAY.layer), words=_LAYERS),
        ListFilter("from", Sentence("自", "From"), from_day(_DAY.run_date), Form.DAY),
        ListFilter("to", Sentence("至", "To"), to_day(_DAY.run_date), Form.DAY),
    ),
    empty=Sentence("还没有对过账", "Nothing was reconciled yet"),
)
