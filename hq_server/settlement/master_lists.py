"""Lists of who is paid and who is debited: terms of payees, direct-debit mandates, and what waits for approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_

from hq_server.db.settlement_tables import debit_mandates, payees
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, is_one_of
from hq_server.settlement.lists import KINDS, STATES
from hq_server.settlement.payees import Cycle, PayeeKind
from hq_server.wording import Sentence

if TYPE_CHECKING:
    from datetime import date

CYCLES = {
    Cycle.DAY.value: Sentence("每日", "daily"),
    Cycle.WEEK.value: Sentence("每周", "weekly"),
    Cycle.MONTH.value: Sentence("每月", "monthly"),
}
PAYEE_KINDS = {kind.value: KINDS[kind.value] for kind in PayeeKind}
_payee, _mandate = payees.c, debit_mandates.c
_STATE, _REFUSAL = Sentence("状态", "State"), Sentence("退回原因", "Refused because")
_ENTRY = Sentence("第几次录入", "Entry")
_MAKER, _APPROVER = Sentence("录入人", "Entered by"), Sentence("审批人", "Decided by")

PAYEE_LIST = ListSpec(
    name="payees",
    title=Sentence("收款方", "Payees"),
    source=payees,
    columns=(
        ListColumn("kind", Sentence("类别", "Kind"), _payee.kind, words=PAYEE_KINDS),
        ListColumn("kind_code", Sentence("类别代码", "Kind's code"), _payee.kind, hidden=True),
        ListColumn("party", Sentence("对方代码", "Party"), _payee.party),
        ListColumn("from", Sentence("起始日", "From"), _payee.valid_from, Form.DAY),
        ListColumn("entry", _ENTRY, _payee.entry_no, Form.NUMBER, hidden=True),
        ListColumn("name", Sentence("户名", "Payee"), _payee.payee_name),
        ListColumn("account", Sentence("账号", "Account"), _payee.account_no),
        ListColumn("cycle", Sentence("清算周期", "Settled"), _payee.cycle, words=CYCLES),
        ListColumn("days", Sentence("T+n (工作日)", "T+n (working days)"), _payee.settle_days, Form.NUMBER),
        ListColumn("state", _STATE, _payee.state, words=STATES),
        ListColumn("stated", _STATE, _payee.state, hidden=True),
        ListColumn("maker", _MAKER, _payee.maker_no, Form.NUMBER),
        ListColumn("approver", _APPROVER, _payee.approver_no, Form.NUMBER),
        ListColumn("refusal", _REFUSAL, _payee.refusal, Form.LONG),
    ),
    orders=(
        ListOrder("kind", Sentence("类别", "kind"), ("kind_code", "party", "from", "entry")),
        ListOrder(
            "newest",
            Sentence("起始日晚的在前", "latest first"),
            ("from", "kind_code", "party", "entry"),
            descending=True,
        ),
    ),
    filters=(
        ListFilter(
            "q",
            Sentence("代码, 户名或账号", "Party, payee or account"),
            contains(_payee.party, _payee.payee_name, _payee.account_no),
            is_search=True,
        ),
        ListFilter("kind", Sentence("类别", "Kind"), is_one_of(_payee.kind), words=PAYEE_KINDS),
        ListFilter("state", _STATE, is_one_of(_payee.state), words=STATES),
    ),
    empty=Sentence("没有收款方", "No payees"),
)


def mandate_list(today: date) -> ListSpec:
    """Make the list of mandates as they stand on a day."""
    in_force = and_(_mandate.state == "APPROVED", _mandate.valid_from <= today, _mandate.valid_until >= today)
    over = and_(_mandate.state == "APPROVED", _mandate.valid_until < today)
    return ListSpec(
        name="mandates",
        title=Sentence("委托扣款书", "Direct-debit mandates"),
        source=debit_mandates,
        columns=(
            ListColumn("code", Sentence("站点", "Station"), _mandate.station_code, link="/stations/{code}"),
            ListColumn("no", Sentence("委托书号", "Mandate"), _mandate.mandate_no),
            ListColumn("entry", _ENTRY, _mandate.entry_no, Form.NUMBER, hidden=True),
            ListColumn("holder", Sentence("户名", "Holder"), _mandate.holder_name),
            ListColumn("account", Sentence("账号", "Account"), _mandate.account_no),
            ListColumn("most", Sentence("每次上限 (元)", "At most (yuan)"), _mandate.each_max_fen, Form.MONEY),
            ListColumn("from", Sentence("起始日", "From"), _mandate.valid_from, Form.DAY),
            ListColumn("until", Sentence("截止日", "Until"), _mandate.valid_until, Form.DAY),
            ListColumn("state", _STATE, _mandate.state, words=STATES),
            ListColumn("stated", _STATE, _mandate.state, hidden=True),
            ListColumn("in_force", Sentence("有效", "In force"), in_force, hidden=True),
            ListColumn("maker", _MAKER, _mandate.maker_no, Form.NUMBER),
            ListColumn("approver", _APPROVER, _mandate.approver_no, Form.NUMBER),
            ListColumn("refusal", _REFUSAL, _mandate.refusal, Form.LONG),
        ),
        orders=(ListOrder("code", Sentence("站点", "station"), ("code", "no", "entry")),),
        filters=(
            ListFilter(
                "q",
                Sentence("站点, 委托书号或户名", "Station, mandate or holder"),
                contains(_mandate.station_code, _mandate.mandate_no, _mandate.holder_name),
                is_search=True,
            ),
            ListFilter("state", _STATE, is_one_of(_mandate.state), words=STATES),
            ListFilter(
                "force",
                Sentence("是否有效", "In force"),
                lambda value: in_force if value == "now" else over,
                words={"now": Sentence("有效", "in force"), "over": Sentence("已到期或终止", "over")},
            ),
        ),
        empty=Sentence("没有委托扣款书", "No mandates"),
    )
