"""Lists of the bank's statement: its lines with what each brought or paid, and purchases that no line brought yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, case, cast, func, literal, or_, select

from hq_server.db.desk_tables import credit_purchases
from hq_server.db.file_tables import bank_entries
from hq_server.db.payment_tables import payment_items, payment_orders, payment_returns
from hq_server.db.settlement_tables import purchase_matches
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, from_day, to_day
from hq_server.wording import Sentence

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_entry, _match, _back, _purchase = bank_entries.c, purchase_matches.c, payment_returns.c, credit_purchases.c
_LINE: ColumnElement[Any] = cast(
    func.concat_ws("/", _entry.account_no, cast(_entry.business_date, Text), _entry.file_seq, _entry.row_no), Text
)
_REFERENCE: ColumnElement[Any] = func.concat_ws(
    " ", *(func.nullif(one, "") for one in (_entry.end_to_end_id, _entry.bank_no, _entry.batch_no, _entry.text))
)
STATES = {
    "OPEN": Sentence("未对应", "unmatched"),
    "PROPOSED": Sentence("待审批", "waiting"),
    "PURCHASE": Sentence("额度购买", "credit purchase"),
    "ORDER": Sentence("付款单", "payment order"),
    "RETURN": Sentence("退回付款", "returned payment"),
}


# Sought in one set, not once for each row of the list: that is refused where stations lie on several machines.
def _matched(*states: str) -> ColumnElement[bool]:
    return _LINE.in_(select(_match.bank_line).where(_match.state.in_(states)))


def _returned(*states: str) -> ColumnElement[bool]:
    return _LINE.in_(select(_back.bank_line).where(_back.state.in_(states)))


_ORDERED: ColumnElement[bool] = or_(
    select(literal(1)).where(payment_orders.c.bank_line == _LINE).exists(),
    _LINE.in_(select(payment_items.c.bank_line).where(payment_items.c.bank_line != "")),
)
_IN_STATE: dict[str, ColumnElement[bool]] = {
    "OPEN": _entry.is_free,
    "PROPOSED": or_(_matched("PROPOSED"), _returned("PROPOSED")),
    "PURCHASE": _matched("APPROVED"),
    "ORDER": _ORDERED,
    "RETURN": _returned("APPROVED"),
}
_STATE: ColumnElement[Any] = case(
    (_entry.is_free, literal("OPEN")),
    *((_IN_STATE[name], literal(name)) for name in ("PURCHASE", "PROPOSED", "ORDER", "RETURN")),
    else_=literal("OPEN"),
)

_PLACES = ("booked", "account_no", "day", "file", "row")

LINE_LIST = ListSpec(
    name="bank_lines",
    title=Sentence("银行流水", "Bank statement"),
    source=bank_entries,
    columns=(
        ListColumn("booked", Sentence("入账日", "Booked on"), _entry.booked_on, Form.DAY),
        ListColumn("account", Sentence("账号", "Account"), func.concat("*", func.right(_entry.account_no, 4))),
        ListColumn("line", Sentence("流水", "Line"), _LINE, hidden=True),
        ListColumn("account_no", Sentence("账号", "Account"), _entry.account_no, hidden=True),
        ListColumn("day", Sentence("对账单日", "Statement of"), _entry.business_date, Form.DAY, hidden=True),
        ListColumn("file", Sentence("文件序号", "File"), _entry.file_seq, Form.NUMBER, hidden=True),
        ListColumn("row", Sentence("行", "Row"), _entry.row_no, Form.NUMBER, hidden=True),
        ListColumn("amount", Sentence("金额 (元)", "Amount (yuan)"), _entry.amount_fen, Form.MONEY, total=True),
        ListColumn("theirs", Sentence("对方", "Party"), _entry.their_name),
        ListColumn("reference", Sentence("摘要和编号", "Text and numbers"), _REFERENCE, Form.LONG),
        ListColumn(
            "state",
            Sentence("对应", "Matched with"),
            _STATE,
            words=STATES,
            link="/bank/{account_no}/{day}/{file}/{row}",
        ),
    ),
    orders=(
        ListOrder("oldest", Sentence("最早", "oldest"), _PLACES),
        ListOrder("newest", Sentence("最新", "newest"), _PLACES, descending=True),
    ),
    filters=(
        ListFilter(
            "q",
            Sentence("对方, 摘要或编号", "Party, text or number"),
            contains(_entry.their_name, _REFERENCE),
            is_search=True,
        ),
        ListFilter("state", Sentence("对应", "Matched with"), _IN_STATE.__getitem__, words=STATES, default="OPEN"),
        ListFilter("from", Sentence("自", "From"), from_day(_entry.booked_on), Form.DAY),
        ListFilter("to", Sentence("至", "To"), to_day(_entry.booked_on), Form.DAY),
    ),
    empty=Sentence("没有未对应的流水", "No line is unmatched"),
)

_KEY: ColumnElement[Any] = func.concat_ws("=", _purchase.station_code, _purchase.purchase_no)

PURCHASES_TO_COME = ListSpec(
    name="purchases_without_a_line",
    title=Sentence("未到账的额度购买", "Purchases that no line brought"),
    source=credit_purchases,
    only=(_purchase.state == "APPROVED", ~_purchase.has_line),
    columns=(
        ListColumn("code", Sentence("站点", "Station"), _purchase.station_code, link="/stations/{code}"),
        ListColumn("no", Sentence("序号", "No."), _purchase.purchase_no, Form.NUMBER, link="/credit/{code}/{no}"),
        ListColumn("key", Sentence("编号", "Key"), _KEY, hidden=True),
        ListColumn("amount", Sentence("金额 (元)", "Amount (yuan)"), _purchase.amount_fen, Form.MONEY, total=True),
        ListColumn("evidence", Sentence("凭证", "Slip"), _purchase.evidence),
        ListColumn("entered", Sentence("录入时间", "Entered at"), _purchase.entered_at, Form.MOMENT),
    ),
    orders=(ListOrder("oldest", Sentence("最早", "oldest"), ("entered", "code", "no")),),
    filters=(
        ListFilter(
            "q",
            Sentence("站点或凭证", "Station or slip"),
            contains(_purchase.station_code, _purchase.evidence),
            is_search=True,
        ),
        ListFilter("from", Sentence("自", "From"), from_day(_purchase.entered_at), Form.DAY),
        ListFilter("to", Sentence("至", "To"), to_day(_purchase.entered_at), Form.DAY),
    ),
    empty=Sentence("额度购买都已到账", "Every purchase came in"),
)
