"""Lists of commission: runs by month, a month's stations, a station's lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal, select

from hq_server.commission.units import LINE_WORDS, UNIT_WORDS, ServiceLine
from hq_server.db.commission_tables import branch_figures, commission_lines, commission_months, commission_runs
from hq_server.db.reference_tables import stations
from hq_server.four_eyes import PROPOSED_STATES
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, is_one_of, month_text
from hq_server.wording import Sentence
from station_journal.facts.commission import DISTRIBUTION_PRODUCT

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement

RUN_STATES = {
    "LISTED": Sentence("已列单", "listed"),
    "APPROVED": Sentence("已批准", "approved"),
    "PAID": Sentence("已付款", "paid"),
}


_SUMS = (
    select(
        commission_months.c.month,
        *(func.sum(commission_months.c[name]).label(name) for name in ("gross_fen", "tax_fen", "net_fen")),
    )
    .group_by(commission_months.c.month)
    .subquery("sums")
)
_OF_RUN = _SUMS.c


def _sum(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(column, 0)


RUN_LIST = ListSpec(
    name="commission",
    title=Sentence("酬金清单", "Commission lists"),
    source=commission_runs.outerjoin(_SUMS, _OF_RUN.month == commission_runs.c.month),
    columns=(
        ListColumn(
            "month", Sentence("月份", "Month"), commission_runs.c.month, Form.MONTH, link="/commission/months/{month}"
        ),
        ListColumn("state", Sentence("状态", "State"), commission_runs.c.state, words=RUN_STATES),
        ListColumn("sales", Sentence("计入笔数", "Sales counted"), commission_runs.c.sale_count, Form.NUMBER),
        ListColumn("gross", Sentence("税前", "Gross"), _sum(_OF_RUN.gross_fen), Form.MONEY),
        ListColumn("tax", Sentence("税", "Tax"), _sum(_OF_RUN.tax_fen), Form.MONEY),
        ListColumn("net", Sentence("税后", "Net"), _sum(_OF_RUN.net_fen), Form.MONEY),
        ListColumn("maker", Sentence("制表", "Made by"), commission_runs.c.maker_no, Form.NUMBER),
        ListColumn("approver", Sentence("批准", "Approved by"), commission_runs.c.approver_no, Form.NUMBER),
        ListColumn("list_due", Sentence("清单期限", "List due"), commission_runs.c.list_due, Form.DAY),
        ListColumn("pay_due", Sentence("付款期限", "Pay due"), commission_runs.c.pay_due, Form.DAY),
    ),
    orders=(ListOrder("month", Sentence("月份", "month"), ("month",), descending=True),),
    filters=(ListFilter("state", Sentence("状态", "State"), is_one_of(commission_runs.c.state), words=RUN_STATES),),
    empty=Sentence("还没有酬金清单", "No commission list yet"),
)


def month_list(month: int) -> ListSpec:
    """Make the list of a month's stations."""
    table = commission_months.c
    return ListSpec(
        name=f"commission_{month}",
        title=Sentence(f"酬金 {month_text(month)}", f"Commission {month_text(month)}"),
        source=commission_months.join(stations, stations.c.station_code == table.station_code),
        only=(table.month == month,),
        columns=(
            ListColumn(
                "code",
                Sentence("站点", "Station"),
                table.station_code,
                link=f"/commission/months/{month}/{{code}}",
            ),
            ListColumn("name", Sentence("名称", "Name"), stations.c.name),
            ListColumn("branch", Sentence("支局", "Branch"), stations.c.branch),
            ListColumn("carried_in", Sentence("上月结转", "Carried in"), table.carried_in_fen, Form.MONEY),
            ListColumn("gross", Sentence("税前", "Gross"), table.gross_fen, Form.MONEY, total=True),
            ListColumn("tax", Sentence("税", "Tax"), table.tax_fen, Form.MONEY, total=True),
            ListColumn("net", Sentence("税后", "Net"), table.net_fen, Form.MONEY, total=True),
            ListColumn("carried_out", Sentence("转下月", "Carried out"), table.carried_out_fen, Form.MONEY),
            ListColumn("formula", Sentence("计税", "Tax formula"), table.tax_formula, Form.LONG),
        ),
        orders=(ListOrder("code", Sentence("代码", "code"), ("code",)),),
        filters=(
            ListFilter(
                "q",
                Sentence("代码, 名称或支局", "Code, name or branch"),
                contains(table.station_code, stations.c.name, stations.c.branch),
                is_search=True,
            ),
        ),
        empty=Sentence("没有站点", "No stations"),
    )


def station_lines(month: int, station_code: str) -> ListSpec:
    """Make the list of a station's lines of a month."""
    table = commission_lines.c
    return ListSpec(
        name=f"commission_{month}_lines",
        title=Sentence(f"酬金明细 {month_text(month)}", f"Commission lines {month_text(month)}"),
        source=commission_lines,
        only=(table.month == month, table.station_code == station_code),
        columns=(
            ListColumn("no", Sentence("行", "Line"), table.line_no, Form.NUMBER),
            ListColumn("product", Sentence("产品", "Product"), table.product_code, Form.TEXT),
            ListColumn("count", Sentence("笔数", "Items"), table.item_count, Form.NUMBER),
            ListColumn("base", Sentence("基数", "Base"), table.base_fen, Form.MONEY),
            ListColumn("rate", Sentence("费率版本", "Rate version"), table.rate_version),
            ListColumn("formula", Sentence("算式", "Formula"), table.formula, Form.LONG),
            ListColumn("of_month", Sentence("冲回月份", "Taken back of"), func.nullif(table.of_month, 0), Form.MONTH),
            ListColumn("fen", Sentence("酬金", "Commission"), table.commission_fen, Form.MONEY, total=True),
        ),
        orders=(ListOrder("no", Sentence("行", "line"), ("no",)),),
        empty=Sentence("没有明细", "No lines"),
    )


PART_WORDS = {unit.value: Sentence(*words) for unit, words in UNIT_WORDS.items()}
SERVICE_WORDS = {line.value: Sentence(*words) for line, words in LINE_WORDS.items()}

_figure = branch_figures.c
_LINE_OF: ColumnElement[Any] = case(
    (_figure.product_code == DISTRIBUTION_PRODUCT, literal(ServiceLine.DISTRIBUTION.value)),
    else_=literal(ServiceLine.INSURANCE.value),
)

FIGURE_LIST = ListSpec(
    name="branch_figures",
    title=Sentence("支局报数", "Branch figures"),
    source=branch_figures,
    columns=(
        ListColumn("code", Sentence("站点", "Station"), _figure.station_code, link="/stations/{code}"),
        ListColumn("no", Sentence("报数", "No."), _figure.figure_no, Form.NUMBER),
        ListColumn("month", Sentence("月份", "Month"), _figure.month, Form.MONTH),
        ListColumn("service", Sentence("业务", "Service"), _LINE_OF, words=SERVICE_WORDS),
        ListColumn("product", Sentence("产品", "Product"), _figure.product_code, Form.TEXT),
        ListColumn("items", Sentence("笔数", "Items"), _figure.item_count, Form.NUMBER),
        ListColumn("base", Sentence("金额 (元)", "Amount (yuan)"), _figure.base_fen, Form.MONEY, total=True),
        ListColumn("evidence", Sentence("依据", "Rests on"), _figure.evidence, Form.LONG),
        ListColumn("state", Sentence("状态", "State"), _figure.state, words=PROPOSED_STATES),
        ListColumn("stated", Sentence("状态代码", "State's code"), _figure.state, hidden=True),
        ListColumn("maker", Sentence("报数人", "By"), _figure.maker_no, Form.NUMBER),
        ListColumn("approver", Sentence("审批人", "Decided by"), _figure.approver_no, Form.NUMBER),
        ListColumn("run", Sentence("计入清单", "Counted in"), _figure.run_month, Form.MONTH),
        ListColumn("made", Sentence("时间", "Time"), _figure.made_at, Form.MOMENT),
    ),
    orders=(ListOrder("newest", Sentence("最新", "newest"), ("made", "code", "no"), descending=True),),
    filters=(
        ListFilter(
            "q",
            Sentence("站点或依据", "Station or evidence"),
            contains(_figure.station_code, _figure.evidence),
            is_search=True,
        ),
        ListFilter("state", Sentence("状态", "State"), is_one_of(_figure.state), words=PROPOSED_STATES),
        ListFilter("month", Sentence("月份", "Month"), is_one_of(_figure.month), Form.MONTH),
    ),
    empty=Sentence("支局还没有报数", "No branch has reported"),
)
