"""Lists of commission: runs by month, a month's stations, a station's lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from hq_server.commission.units import LINE_WORDS, UNIT_WORDS
from hq_server.db.commission_tables import commission_lines, commission_months, commission_runs
from hq_server.db.reference_tables import stations
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, is_one_of
from hq_server.wording import Sentence

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement

RUN_STATES = {
    "LISTED": Sentence("已列单", "listed"),
    "APPROVED": Sentence("已批准", "approved"),
    "PAID": Sentence("已付款", "paid"),
}


def _sum(column: ColumnElement[Any]) -> ColumnElement[Any]:
    whole = select(func.sum(column)).where(commission_months.c.month == commission_runs.c.month)
    return func.coalesce(whole.scalar_subquery(), 0)


RUN_LIST = ListSpec(
    name="commission",
    title=Sentence("酬金清单", "Commission lists"),
    source=commission_runs,
    columns=(
        ListColumn(
            "month", Sentence("月份", "Month"), commission_runs.c.month, Form.TEXT, link="/commission/months/{month}"
        ),
        ListColumn("state", Sentence("状态", "State"), commission_runs.c.state, words=RUN_STATES),
        ListColumn("sales", Sentence("计入笔数", "Sales counted"), commission_runs.c.sale_count, Form.NUMBER),
        ListColumn("gross", Sentence("税前", "Gross"), _sum(commission_months.c.gross_fen), Form.MONEY),
        ListColumn("tax", Sentence("税", "Tax"), _sum(commission_months.c.tax_fen), Form.MONEY),
        ListColumn("net", Sentence("税后", "Net"), _sum(commission_months.c.net_fen), Form.MONEY),
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
        title=Sentence(f"酬金 {month}", f"Commission {month}"),
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
        title=Sentence(f"酬金明细 {month}", f"Commission lines {month}"),
        source=commission_lines,
        only=(table.month == month, table.station_code == station_code),
        columns=(
            ListColumn("no", Sentence("行", "Line"), table.line_no, Form.NUMBER),
            ListColumn("product", Sentence("产品", "Product"), table.product_code, Form.TEXT),
            ListColumn("count", Sentence("笔数", "Items"), table.item_count, Form.NUMBER),
            ListColumn("base", Sentence("基数", "Base"), table.base_fen, Form.MONEY),
            ListColumn("rate", Sentence("费率版本", "Rate version"), table.rate_version),
            ListColumn("formula", Sentence("算式", "Formula"), table.formula, Form.LONG),
            ListColumn("of_month", Sentence("冲回月份", "Taken back of"), func.nullif(table.of_month, 0), Form.TEXT),
            ListColumn("fen", Sentence("酬金", "Commission"), table.commission_fen, Form.MONEY, total=True),
        ),
        orders=(ListOrder("no", Sentence("行", "line"), ("no",)),),
        empty=Sentence("没有明细", "No lines"),
    )


PART_WORDS = {unit.value: Sentence(*words) for unit, words in UNIT_WORDS.items()}
SERVICE_WORDS = {line.value: Sentence(*words) for line, words in LINE_WORDS.items()}
