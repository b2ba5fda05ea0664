"""The list of commission that is paid against the owner's invoice: which months wait for it, which have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from hq_server.commission.tax import TaxRegime
from hq_server.db.commission_tables import commission_invoices, commission_parts
from hq_server.db.reference_tables import stations
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, is_one_of
from hq_server.wording import Sentence

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_part, _invoice = commission_parts.c, commission_invoices.c
_OWED = (
    select(_part.station_code, _part.month, func.sum(_part.gross_fen).label("gross_fen"))
    .where(_part.tax_regime == TaxRegime.BUSINESS_INVOICE.value, _part.gross_fen > 0)
    .group_by(_part.station_code, _part.month)
    .subquery("owed")
)
_owed = _OWED.c
_of_month = (_invoice.station_code == _owed.station_code) & (_invoice.month == _owed.month)


def _of_invoice(figure: ColumnElement[Any]) -> ColumnElement[Any]:
    """Look a month's invoice up for the rows that a page shows, so that no other is read."""
    return select(figure).where(_of_month).scalar_subquery()


_GIVEN: ColumnElement[bool] = select(_invoice.month).where(_of_month).exists()
_NUMBER: ColumnElement[str] = func.coalesce(_of_invoice(func.string_agg(_invoice.invoice_no, " ")), "")
STATES = {"MISSING": Sentence("缺发票", "missing"), "ENTERED": Sentence("已登记", "entered")}
_IN_STATE: dict[str, ColumnElement[bool]] = {
    "MISSING": ~_GIVEN,
    "ENTERED": _GIVEN,
}

INVOICE_LIST = ListSpec(
    name="commission_invoices",
    title=Sentence("酬金发票", "Commission invoices"),
    source=_OWED.join(stations, stations.c.station_code == _owed.station_code),
    columns=(
        ListColumn(
            "month", Sentence("月份", "Month"), _owed.month, Form.MONTH, link="/commission/months/{month}/{code}"
        ),
        ListColumn("code", Sentence("站点", "Station"), _owed.station_code, link="/stations/{code}"),
        ListColumn("name", Sentence("名称", "Name"), stations.c.name),
        ListColumn("branch", Sentence("支局", "Branch"), stations.c.branch),
        ListColumn(
            "gross", Sentence("应开票金额 (元)", "To be invoiced (yuan)"), _owed.gross_fen, Form.MONEY, total=True
        ),
        ListColumn("invoice", Sentence("发票号码", "Invoice no."), _NUMBER),
        ListColumn(
            "amount",
            Sentence("发票金额 (元)", "Invoiced (yuan)"),
            _of_invoice(func.max(_invoice.amount_fen)),
            Form.MONEY,
        ),
        ListColumn("by", Sentence("登记人", "Entered by"), _of_invoice(func.max(_invoice.entered_by)), Form.NUMBER),
        ListColumn("at", Sentence("登记时间", "Entered at"), _of_invoice(func.max(_invoice.entered_at)), Form.MOMENT),
    ),
    orders=(ListOrder("newest", Sentence("最新", "newest"), ("month", "code"), descending=True),),
    filters=(
        ListFilter(
            "q",
            Sentence("站点, 名称, 支局或发票号码", "Station, name, branch or invoice"),
            contains(_owed.station_code, stations.c.name, stations.c.branch, _NUMBER),
            is_search=True,
        ),
        ListFilter("state", Sentence("状态", "State"), _IN_STATE.__getitem__, words=STATES),
        ListFilter("month", Sentence("月份", "Month"), is_one_of(_owed.month), Form.MONTH),
    ),
    empty=Sentence("没有凭票支付的酬金", "No commission is paid against an invoice"),
)
