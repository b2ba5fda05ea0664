"""The list of accounts that commission is paid to: dated terms, who entered them and who approved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Text, and_, case, cast, func

from hq_server.commission.agreements import NOBODY
from hq_server.db.commission_tables import agreements
from hq_server.db.reference_tables import stations
from hq_server.four_eyes import PROPOSED_STATES
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, from_day, is_one_of, to_day
from hq_server.wording import Sentence

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

REGIMES = {
    "LABOUR_WITHHOLDING": Sentence("劳务报酬, 代扣", "labour remuneration, withheld"),
    "BUSINESS_INVOICE": Sentence("经营所得, 凭票", "business income, against an invoice"),
}
_terms = agreements.c
_ALONE = "ALONE"
STATES = {
    **PROPOSED_STATES,
    _ALONE: Sentence("只有一人录入", "by one person"),
}
_alone = and_(_terms.state == "APPROVED", _terms.approver_no == NOBODY)
_stated = case((_alone, _ALONE), else_=_terms.state)


def _is_stated(value: str) -> ColumnElement[bool]:
    return (
        _alone
        if value == _ALONE
        else and_(_terms.state == value, ~_alone)
        if value == "APPROVED"
        else (_terms.state == value)
    )


AGREEMENT_LIST = ListSpec(
    name="commission_accounts",
    title=Sentence("酬金账户", "Commission accounts"),
    source=agreements.join(stations, stations.c.station_code == _terms.station_code),
    columns=(
        ListColumn("code", Sentence("站点", "Station"), _terms.station_code, link="/stations/{code}"),
        ListColumn("name", Sentence("名称", "Name"), stations.c.name),
        ListColumn("branch", Sentence("支局", "Branch"), stations.c.branch),
        ListColumn("from", Sentence("起始日", "From"), _terms.valid_from, Form.DAY),
        ListColumn("payee", Sentence("收款人", "Payee"), _terms.payee_name),
        ListColumn("account", Sentence("账号", "Account"), _terms.settlement_account),
        ListColumn("regime", Sentence("计税", "Tax"), _terms.tax_regime, words=REGIMES),
        ListColumn("licence", Sentence("营业执照", "Licence"), _terms.licence_no),
        ListColumn("state", Sentence("状态", "State"), _stated, words=STATES),
        ListColumn("stated", Sentence("状态", "State"), _stated, hidden=True),
        ListColumn("no", Sentence("序号", "No."), _terms.terms_no, hidden=True),
        ListColumn(
            "named",
            Sentence("编号", "Named"),
            func.concat(_terms.station_code, ":", cast(_terms.terms_no, Text)),
            hidden=True,
        ),
        ListColumn("maker", Sentence("录入人", "Entered by"), _terms.maker_no, Form.NUMBER),
        ListColumn("at", Sentence("录入时间", "Entered at"), _terms.made_at, Form.MOMENT),
        ListColumn("approver", Sentence("审批人", "Decided by"), func.nullif(_terms.approver_no, NOBODY), Form.NUMBER),
        ListColumn("refusal", Sentence("退回原因", "Refused because"), _terms.refusal, Form.LONG),
    ),
    orders=(
        ListOrder("code", Sentence("站点", "station"), ("code", "from", "no")),
        ListOrder("newest", Sentence("新录入的在前", "newest entered first"), ("at", "code", "no"), descending=True),
    ),
    filters=(
        ListFilter(
            "q",
            Sentence("站点, 收款人或账号", "Station, payee or account"),
            contains(_terms.station_code, _terms.payee_name, _terms.settlement_account),
            is_search=True,
        ),
        ListFilter("state", Sentence("状态", "State"), _is_stated, words=STATES),
        ListFilter("regime", Sentence("计税", "Tax"), is_one_of(_terms.tax_regime), words=REGIMES),
        ListFilter("from", Sentence("录入自", "Entered from"), from_day(_terms.made_at), Form.DAY),
        ListFilter("to", Sentence("至", "to"), to_day(_terms.made_at), Form.DAY),
    ),
    empty=Sentence("没有登记酬金账户", "No commission accounts"),
)
