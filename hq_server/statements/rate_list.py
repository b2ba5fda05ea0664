"""The list of commission rates of what no tariff sells: distribution and insurance, dated, by two people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal

from hq_server.commission.units import LINE_WORDS, ServiceLine
from hq_server.db.commission_tables import branch_rates
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, is_one_of
from hq_server.settlement.lists import STATES
from hq_server.wording import Sentence
from station_journal.facts.commission import DISTRIBUTION_PRODUCT
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement

BASES = {
    "PER_ITEM": Sentence("按笔 (元)", "per item (yuan)"),
    "RATIO": Sentence("按金额 (%)", "share (%)"),
    "TIERS": Sentence("分档 (元/笔)", "tiers (yuan an item)"),
}
SERVICES = {line.value: Sentence(*LINE_WORDS[line]) for line in (ServiceLine.DISTRIBUTION, ServiceLine.INSURANCE)}
_PERCENT = 10_000  # parts per million
_rate = branch_rates.c
_BASIS: ColumnElement[Any] = func.upper(_rate.rate["basis"].astext)
_SERVICE: ColumnElement[Any] = case(
    (_rate.product_code == DISTRIBUTION_PRODUCT, literal(ServiceLine.DISTRIBUTION.value)),
    else_=literal(ServiceLine.INSURANCE.value),
)


def rate_text(document: Mapping[str, Any]) -> str:
    """Say a rate in figures: yuan an item, a percentage, or each tier's last item with its yuan."""
    basis = str(document["basis"]).upper()
    if basis == "TIERS":
        ends = [(f"<= {upto}" if upto else ">", format_yuan(fen)) for upto, fen in document["tiers"]]
        last = document["tiers"][-2][0] if len(document["tiers"]) > 1 else 0
        return "; ".join(f"{end if end != '>' else f'> {last}'}: {yuan}" for end, yuan in ends)
    value = int(document["value"])
    return f"{value / _PERCENT:g}%" if basis == "RATIO" else format_yuan(value)


RATE_LIST = ListSpec(
    name="branch_rates",
    title=Sentence("支局酬金费率", "Branch commission rates"),
    source=branch_rates,
    columns=(
        ListColumn("service", Sentence("业务", "Service"), _SERVICE, words=SERVICES),
        ListColumn("product", Sentence("产品", "Product"), _rate.product_code, Form.TEXT),
        ListColumn("product_no", Sentence("产品号", "Product"), _rate.product_code, Form.NUMBER, hidden=True),
        ListColumn("from", Sentence("起始日", "From"), _rate.valid_from, Form.DAY),
        ListColumn("entry", Sentence("第几次录入", "Entry"), _rate.entry_no, Form.NUMBER, hidden=True),
        ListColumn("basis", Sentence("计法", "Basis"), _BASIS, words=BASES),
        ListColumn("rate", Sentence("费率", "Rate"), _rate.rate, Form.LONG, read=rate_text),
        ListColumn("version", Sentence("版本", "Version"), _rate.rate["version"].astext),
        ListColumn("state", Sentence("状态", "State"), _rate.state, words=STATES),
        ListColumn("stated", Sentence("状态", "State"), _rate.state, hidden=True),
        ListColumn("maker", Sentence("录入人", "Entered by"), _rate.maker_no, Form.NUMBER),
        ListColumn("approver", Sentence("审批人", "Decided by"), _rate.approver_no, Form.NUMBER),
        ListColumn("refusal", Sentence("退回原因", "Refused because"), _rate.refusal, Form.LONG),
    ),
    orders=(
        ListOrder("product", Sentence("产品", "product"), ("product_no", "from", "entry")),
        ListOrder(
            "newest", Sentence("起始日晚的在前", "latest first"), ("from", "product_no", "entry"), descending=True
        ),
    ),
    filters=(
        ListFilter("product", Sentence("产品", "Product"), is_one_of(_rate.product_code), Form.NUMBER),
        ListFilter("service", Sentence("业务", "Service"), is_one_of(_SERVICE), words=SERVICES),
        ListFilter("state", Sentence("状态", "State"), is_one_of(_rate.state), words=STATES),
    ),
    empty=Sentence("没有支局费率", "No branch rates"),
)
