"""Lists of settlement: windows, the ledger lines of one, payment orders, the items of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Date, Integer, Text, column, func, select, text

from hq_server.db.payment_tables import item_rulings, order_questions, payment_items, payment_orders
from hq_server.db.settlement_tables import settlement_windows
from hq_server.four_eyes import PROPOSED_STATES
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, is_one_of
from hq_server.settlement.cuts import LINES_OF_PARTY, LINES_SINCE_CUT
from hq_server.settlement.payees import ACCOUNT_OF
from hq_server.settlement.windows import on_its_way
from hq_server.wording import Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, TextClause

    from hq_server.settlement.payees import PayeeKind
    from hq_server.settlement.windows import Window

KINDS = {
    "BILLER": Sentence("收费单位", "biller"),
    "SENDER": Sentence("代收货款寄件方", "sender of goods"),
    "CARRIER": Sentence("承运方", "carrier"),
    "TAX": Sentence("税务", "tax office"),
    "BRANCH": Sentence("支局酬金", "commission of branches"),
    "COMMISSION": Sentence("酬金", "commission"),
    "DEBIT": Sentence("委托扣款", "direct debit"),
}
STATES = PROPOSED_STATES
NOBODY = "-"
"""Stands for the tax office's empty name in an address."""
_SIDES = {"S": Sentence("站点", "station"), "H": Sentence("总部", "HQ")}
ITEM_STATES = {
    "OPEN": Sentence("结果未知", "not known"),
    "PAID": Sentence("成功", "paid"),
    "RETURNED": Sentence("银行退回", "returned"),
    "CANCELLED": Sentence("未付", "not ordered"),
}
BANK_WORDS = {
    "": Sentence("未问", "not asked"),
    "silent": Sentence("没有回答", "no answer"),
    "differs": Sentence("与我方不符, 请查", "differs from ours"),
    "not_found": Sentence("查无此单", "does not know it"),
    "accepted": Sentence("已受理", "accepted"),
    "working": Sentence("处理中", "working on it"),
    "done": Sentence("已办完", "done"),
}
_window, _order, _item = settlement_windows.c, payment_orders.c, payment_items.c
_SAID = func.coalesce(
    select(order_questions.c.said).where(order_questions.c.order_no == _order.order_no).scalar_subquery(), ""
)
_PARTY = func.coalesce(func.nullif(func.split_part(_item.station_code, ":", 2), ""), NOBODY)
_ON_ITS_WAY = on_its_way()
_OUTCOMES = {
    "open": Sentence("已交银行, 结果不齐", "at the bank, not all known"),
    "ruling": Sentence("有待审批的裁定", "a ruling waits"),
}
# Sought in one set: a distributed table beside one that is everywhere is not asked row by row.
_OF_OUTCOME: dict[str, ColumnElement[bool]] = {
    "open": _order.written_at.is_not(None) & _order.ended_on.is_(None),
    "ruling": _order.order_no.in_(select(item_rulings.c.order_no).where(item_rulings.c.state == "PROPOSED")),
}

WINDOW_LIST = ListSpec(
    name="settlement",
    title=Sentence("清算窗口", "Settlement windows"),
    source=settlement_windows,
    columns=(
        ListColumn("kind", Sentence("类别", "Kind"), _window.kind, words=KINDS),
        ListColumn("code", Sentence("类别代码", "Kind's code"), _window.kind, hidden=True),
        ListColumn("party", Sentence("对方", "Party"), _window.party),
        ListColumn(
            "named", Sentence("对方", "Party"), func.coalesce(func.nullif(_window.party, ""), NOBODY), hidden=True
        ),
        ListColumn(
            "no",
            Sentence("窗口", "Window"),
            _window.window_no,
            Form.NUMBER,
            link="/settlement/windows/{code}/{named}/{no}",
        ),
        ListColumn("date", Sentence("截至营业日", "Up to date"), _window.business_date, Form.DAY),
        ListColumn("due", Sentence("应付 (元)", "Due (yuan)"), _window.due_fen, Form.MONEY, total=True),
        ListColumn("lines", Sentence("账行", "Ledger lines"), _window.line_count, Form.NUMBER),
        ListColumn("due_on", Sentence("付款日", "Pay on"), _window.due_on, Form.DAY),
        ListColumn(
            "order", Sentence("付款单", "Order"), _window.order_no, Form.NUMBER, link="/settlement/orders/{order}"
        ),
    ),
    orders=(
        ListOrder("newest", Sentence("最新", "newest"), ("date", "kind", "party", "no"), descending=True),
        ListOrder("kind", Sentence("类别", "kind"), ("kind", "party", "no")),
    ),
    filters=(
        ListFilter("kind", Sentence("类别", "Kind"), is_one_of(_window.kind), words=KINDS),
        ListFilter(
            "open",
            Sentence("状态", "State"),
            lambda value: ~_ON_ITS_WAY if value == "open" else _ON_ITS_WAY,
            words={"open": Sentence("未付", "to pay"), "paid": Sentence("在付或已付", "on its way or paid")},
        ),
        ListFilter("q", Sentence("对方", "Party"), contains(_window.party), is_search=True),
    ),
    empty=Sentence("没有清算窗口", "No windows"),
)

ORDER_LIST = ListSpec(
    name="payment_orders",
    title=Sentence("付款单", "Payment orders"),
    source=payment_orders,
    columns=(
        ListColumn("no", Sentence("单号", "Order"), _order.order_no, Form.NUMBER, link="/settlement/orders/{no}"),
        ListColumn("kind", Sentence("类别", "Kind"), _order.kind, words=KINDS),
        ListColumn("subject", Sentence("事由", "Subject"), _order.subject),
        ListColumn("items", Sentence("笔数", "Items"), _order.item_count, Form.NUMBER),
        ListColumn("amount", Sentence("金额 (元)", "Amount (yuan)"), _order.amount_fen, Form.MONEY, total=True),
        ListColumn("pay_on", Sentence("付款日", "Pay on"), _order.pay_on, Form.DAY),
        ListColumn("state", Sentence("状态", "State"), _order.state, words=STATES),
        ListColumn("stated", Sentence("状态代码", "State's code"), _order.state, hidden=True),
        ListColumn("maker", Sentence("制单", "Made by"), _order.maker_no, Form.NUMBER),
        ListColumn("approver", Sentence("批准", "Approved by"), _order.approver_no, Form.NUMBER),
        ListColumn("written", Sentence("交银行", "File written"), _order.written_at, Form.MOMENT),
        ListColumn("asked", Sentence("银行所答", "Bank says"), _SAID, words=BANK_WORDS),
        ListColumn("ended", Sentence("结果齐", "All known"), _order.ended_on, Form.DAY),
    ),
    orders=(ListOrder("no", Sentence("单号", "order"), ("no",), descending=True),),
    filters=(
        ListFilter("kind", Sentence("类别", "Kind"), is_one_of(_order.kind), words=KINDS),
        ListFilter("state", Sentence("状态", "State"), is_one_of(_order.state), words=STATES),
        ListFilter("outcome", Sentence("结果", "Outcome"), _OF_OUTCOME.__getitem__, words=_OUTCOMES),
    ),
    empty=Sentence("没有付款单", "No payment orders"),
)


def _who(code: str) -> Sentence | str:
    """Name a payee by its kind and code, a station by its code alone."""
    kind, colon, party = code.partition(":")
    if not colon or kind not in KINDS:
        return code
    return Sentence(f"{KINDS[kind].zh} {party}".strip(), f"{KINDS[kind].en} {party}".strip())


def _for_what(source: str) -> Sentence | str:
    """Say what an item pays: a window by its number; the month or the day of a debit stands as it is."""
    word, _, number = source.partition(" ")
    return Sentence(f"第 {number} 号窗口", f"window {number}") if word == "window" else source


def item_list(order_no: int, kind: str) -> ListSpec:
    """Make the list of an order's items; one that pays a window opens to the ledger lines that it is the sum of."""
    to_lines = "/settlement/windows/{kind}/{party}/{window}" if kind in set(map(str, ACCOUNT_OF)) else ""
    return ListSpec(
        name=f"payment_order_{order_no}",
        title=Sentence(f"付款单 PO{order_no:06d}", f"Payment order PO{order_no:06d}"),
        source=payment_items,
        only=(_item.order_no == order_no,),
        columns=(
            ListColumn("no", Sentence("序号", "Item"), _item.item_no, Form.NUMBER),
            ListColumn("station", Sentence("站点或对方", "Station or party"), _item.station_code, read=_who),
            ListColumn("kind", Sentence("类别", "Kind"), _item.kind, hidden=True),
            ListColumn("party", Sentence("对方", "Party"), _PARTY, hidden=True),
            ListColumn("window", Sentence("窗口", "Window"), func.split_part(_item.source, " ", 2), hidden=True),
            ListColumn("source", Sentence("所付", "For"), _item.source, link=to_lines, read=_for_what),
            ListColumn("payee", Sentence("收款人", "Payee"), _item.payee_name),
            ListColumn("account", Sentence("账号", "Account"), func.concat("*", func.right(_item.account_no, 4))),
            ListColumn("amount", Sentence("金额 (元)", "Amount (yuan)"), _item.amount_fen, Form.MONEY, total=True),
            ListColumn("state", Sentence("结果", "Outcome"), _item.state, words=ITEM_STATES),
            ListColumn("stated", Sentence("结果代码", "Outcome's code"), _item.state, hidden=True),
            ListColumn("reason", Sentence("原因", "Reason"), _item.reason, Form.LONG),
            ListColumn("evidence", Sentence("依据", "Evidence"), _item.evidence, Form.LONG),
        ),
        orders=(ListOrder("no", Sentence("序号", "item"), ("no",)),),
        filters=(
            ListFilter("state", Sentence("结果", "Outcome"), is_one_of(_item.state), words=ITEM_STATES),
            ListFilter("q", Sentence("站点", "Station"), contains(_item.station_code), is_search=True),
        ),
    )


def due_line_list(window: Window) -> ListSpec:
    """Make the list of the ledger lines that a window's due is the sum of."""
    query = text(LINES_OF_PARTY).bindparams(
        account=int(ACCOUNT_OF[window.kind]), party=window.party, from_cut=window.from_cut, to_cut=window.to_cut
    )
    title = Sentence(
        f"应付明细 {window.party} {window.business_date}", f"Ledger lines {window.party} {window.business_date}"
    )
    return _line_list(
        f"due_{window.kind}_{window.window_no}", title, query, (window.line_count, {"due": window.due_fen})
    )


def running_line_list(kind: PayeeKind, party: str, from_cut: int, running_fen: int) -> ListSpec:
    """Make the list of the ledger lines since a cut: the due of the window that runs is the sum of them."""
    query = text(LINES_SINCE_CUT).bindparams(account=int(ACCOUNT_OF[kind]), party=party, from_cut=from_cut)
    name = KINDS[kind.value]
    title = Sentence(
        f"本期应付明细 {name.zh} {party}".strip(), f"Ledger lines of the running window: {name.en} {party}".strip()
    )
    return _line_list(f"running_{kind}_{party or NOBODY}", title, query, (None, {"due": running_fen}))


def _line_list(name: str, title: Sentence, query: TextClause, known: tuple[int | None, Mapping[str, int]]) -> ListSpec:
    lines = query.columns(
        column("station_code", Text),
        column("side", Text),
        column("epoch", Integer),
        column("seq", BigInteger),
        column("line", Integer),
        column("business_date", Date),
        column("due_fen", BigInteger),
    ).subquery()
    return ListSpec(
        name=name,
        title=title,
        source=lines,
        columns=(
            ListColumn("station", Sentence("站点", "Station"), lines.c.station_code, link="/stations/{station}"),
            ListColumn("side", Sentence("流水", "Journal"), lines.c.side, words=_SIDES),
            ListColumn("epoch", Sentence("纪元", "Epoch"), lines.c.epoch, Form.NUMBER),
            ListColumn(
                "seq",
                Sentence("记录", "Record"),
                lines.c.seq,
                Form.NUMBER,
                link="/stations/{station}/records/{side}/{seq}",
            ),
            ListColumn("line", Sentence("行", "Line"), lines.c.line, Form.NUMBER),
            ListColumn("date", Sentence("营业日", "Date"), lines.c.business_date, Form.DAY),
            ListColumn("due", Sentence("应付 (元)", "Due (yuan)"), lines.c.due_fen, Form.MONEY, total=True),
        ),
        orders=(ListOrder("station", Sentence("站点", "station"), ("station", "side", "epoch", "seq", "line")),),
        filters=(
            # The whole code: to look for a part of it, every line since the beginning would be read.
            ListFilter(
                "q",
                Sentence("站点代码 (写全)", "Station (its whole code)"),
                lambda value: lines.c.station_code == value.upper(),
                is_search=True,
            ),
        ),
        known=known,
    )
