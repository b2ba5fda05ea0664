"""The list of credit purchases: what waits for a second person first, all others by the filter."""

from __future__ import annotations

from hq_server.db.desk_tables import credit_purchases
from hq_server.four_eyes import ENTERED_STATES
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, from_day, is_one_of, to_day
from hq_server.wording import Sentence

_PURCHASE = credit_purchases.c

PURCHASE_LIST = ListSpec(
    name="credit_purchases",
    title=Sentence("额度购买", "Credit purchases"),
    source=credit_purchases,
    columns=(
        ListColumn("code", Sentence("站点", "Station"), _PURCHASE.station_code, link="/stations/{code}"),
        ListColumn("no", Sentence("序号", "No."), _PURCHASE.purchase_no, Form.NUMBER, link="/credit/{code}/{no}"),
        ListColumn("amount", Sentence("金额 (元)", "Amount (yuan)"), _PURCHASE.amount_fen, Form.MONEY, total=True),
        ListColumn("evidence", Sentence("凭证", "Slip"), _PURCHASE.evidence),
        ListColumn("state", Sentence("状态", "State"), _PURCHASE.state, words=ENTERED_STATES),
        ListColumn("grant", Sentence("密封额度", "Sealed grant"), _PURCHASE.grant_no, hidden=True),
        ListColumn("maker", Sentence("录入人", "Entered by"), _PURCHASE.maker_no, Form.NUMBER),
        ListColumn("approver", Sentence("审批人", "Decided by"), _PURCHASE.approver_no, Form.NUMBER),
        ListColumn("entered", Sentence("录入时间", "Entered at"), _PURCHASE.entered_at, Form.MOMENT),
        ListColumn("refusal", Sentence("退回原因", "Reason"), _PURCHASE.refusal),
    ),
    orders=(
        ListOrder("newest", Sentence("最新", "newest"), ("entered", "code", "no"), descending=True),
        ListOrder("oldest", Sentence("最早", "oldest"), ("entered", "code", "no")),
    ),
    filters=(
        ListFilter(
            "q",
            Sentence("站点或凭证", "Station or slip"),
            contains(_PURCHASE.station_code, _PURCHASE.evidence),
            is_search=True,
        ),
        ListFilter(
            "state", Sentence("状态", "State"), is_one_of(_PURCHASE.state), words=ENTERED_STATES, default="ENTERED"
        ),
        ListFilter("from", Sentence("自", "From"), from_day(_PURCHASE.entered_at), Form.DAY),
        ListFilter("to", Sentence("至", "To"), to_day(_PURCHASE.entered_at), Form.DAY),
    ),
    empty=Sentence("没有待审批的购买", "Nothing waits"),
)
