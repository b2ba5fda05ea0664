"""The list of accounts that commission is paid to: dated terms of the agency agreements, who entered them and when."""

from __future__ import annotations

from hq_server.db.commission_tables import agreements
from hq_server.db.reference_tables import stations
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, from_day, is_one_of, to_day
from hq_server.wording import Sentence

REGIMES = {
    "LABOUR_WITHHOLDING": Sentence("劳务报酬, 代扣", "labour remuneration, withheld"),
    "BUSINESS_INVOICE": Sentence("经营所得, 凭票", "business income, against an invoice"),
}
_terms = agreements.c

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
        ListColumn("by", Sentence("录入人", "Entered by"), _terms.entered_by, Form.NUMBER),
        ListColumn("at", Sentence("录入时间", "Entered at"), _terms.entered_at, Form.MOMENT),
    ),
    orders=(
        ListOrder("code", Sentence("站点", "station"), ("code", "from")),
        ListOrder("newest", Sentence("新录入的在前", "newest entered first"), ("at", "code", "from"), descending=True),
    ),
    filters=(
        ListFilter(
            "q",
            Sentence("站点, 收款人或账号", "Station, payee or account"),
            contains(_terms.station_code, _terms.payee_name, _terms.settlement_account),
            is_search=True,
        ),
        ListFilter("regime", Sentence("计税", "Tax"), is_one_of(_terms.tax_regime), words=REGIMES),
        ListFilter("from", Sentence("录入自", "Entered from"), from_day(_terms.entered_at), Form.DAY),
        ListFilter("to", Sentence("至", "to"), to_day(_terms.entered_at), Form.DAY),
    ),
    empty=Sentence("没有登记酬金账户", "No commission accounts"),
)
