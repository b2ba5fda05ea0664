"""The list of breaks as cases: class, owner, due date, cause; the open ones first, the oldest of them at the top."""

from __future__ import annotations

from hq_server.db.break_tables import break_cases
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, from_day, is_one_of, to_day
from hq_server.reconciliation.discrepancy import CLASS_WORDS
from hq_server.wording import Sentence

_CASE = break_cases.c
_DIFFERENCE = Sentence("差额 (元)", "Difference (yuan)")
CLASSES = {one.value: Sentence(*words) for one, words in CLASS_WORDS.items()}
STATES = {
    "OPEN": Sentence("未结", "open"),
    "EXPLAINED": Sentence("已说明", "explained"),
    "RESOLVED": Sentence("已处理", "resolved"),
}

BREAK_LIST = ListSpec(
    name="breaks",
    title=Sentence("对账差错", "Breaks"),
    source=break_cases,
    columns=(
        ListColumn("case_no", Sentence("案号", "Case"), _CASE.case_no, Form.NUMBER),
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
        ListFilter("owner", Sentence("经办工号", "Owner"), is_one_of(_CASE.owner_no), Form.NUMBER),
        ListFilter("from", Sentence("自", "From"), from_day(_CASE.business_date), Form.DAY),
        ListFilter("to", Sentence("至", "To"), to_day(_CASE.business_date), Form.DAY),
    ),
    empty=Sentence("没有未结差错", "No open breaks"),
)
