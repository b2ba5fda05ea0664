"""The list of payments and reversals that wait for a biller's word, the oldest first."""

from __future__ import annotations

from hq_server.db.gateway_tables import gateway_requests
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, is_one_of
from hq_server.wording import Sentence

_REQUEST = gateway_requests.c
_KINDS = {"PAY": Sentence("缴费", "payment"), "REVERSE": Sentence("冲正", "reversal")}
_STATES = {"NEW": Sentence("未送出", "not sent"), "SENT": Sentence("已送出", "sent")}

UNKNOWN_LIST = ListSpec(
    name="unknown",
    title=Sentence("待定缴费", "Payments without a result"),
    source=gateway_requests,
    columns=(
        ListColumn("our_no", Sentence("流水", "Our no."), _REQUEST.our_no),
        ListColumn("kind", Sentence("类型", "Kind"), _REQUEST.kind, words=_KINDS),
        ListColumn("station", Sentence("站点", "Station"), _REQUEST.station_code, link="/stations/{station}"),
        ListColumn("biller", Sentence("单位", "Biller"), _REQUEST.biller_code),
        ListColumn("account", Sentence("户号", "Account"), _REQUEST.account_no),
        ListColumn("amount", Sentence("金额 (元)", "Amount (yuan)"), _REQUEST.amount_fen, Form.MONEY, total=True),
        ListColumn("state", Sentence("状态", "State"), _REQUEST.state, words=_STATES),
        ListColumn("since", Sentence("自", "Since"), _REQUEST.created_at, Form.MOMENT),
        ListColumn("polls", Sentence("已查询", "Asked"), _REQUEST.polls, Form.NUMBER),
        ListColumn("trouble", Sentence("最近结果", "Last heard"), _REQUEST.trouble),
        ListColumn("seq", Sentence("记录", "Record"), _REQUEST.seq, Form.NUMBER, hidden=True),
    ),
    orders=(
        ListOrder("oldest", Sentence("最早", "oldest"), ("since", "station", "kind", "seq")),
        ListOrder("newest", Sentence("最新", "newest"), ("since", "station", "kind", "seq"), descending=True),
    ),
    filters=(
        ListFilter(
            "q",
            Sentence("流水, 站点或户号", "Our no., station or account"),
            contains(_REQUEST.our_no, _REQUEST.station_code, _REQUEST.account_no),
            is_search=True,
        ),
        ListFilter("biller", Sentence("单位", "Biller"), is_one_of(_REQUEST.biller_code)),
        ListFilter("kind", Sentence("类型", "Kind"), is_one_of(_REQUEST.kind), words=_KINDS),
    ),
    only=(_REQUEST.state != "ANSWERED",),
    empty=Sentence("没有待定缴费", "Every payment has its result"),
)
