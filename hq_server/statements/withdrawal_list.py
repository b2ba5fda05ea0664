"""Lists of withdrawals over all stations: where each stands and which wait for a ruling, and the terms agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, func, select

from hq_server.db.ledger_tables import subjects
from hq_server.db.reference_tables import stations
from hq_server.db.withdrawal_tables import withdrawal_rulings, withdrawal_terms
from hq_server.four_eyes import ENTERED_STATES, WAITING
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, is_one_of
from hq_server.statements.record_wording import VALUES, worded
from hq_server.statements.service_wording import WITHDRAWALS
from hq_server.wording import Sentence
from station_journal.facts.withdrawals import FeePayer, FirstFreeScope
from station_journal.rules.withdrawal import OPEN_STATES, Withdrawal
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement

_thing, _ruling = subjects.c, withdrawal_rulings.c
_KEY_DIGITS = 12
_OPEN = "OPEN"
_NOT_OVER = Sentence("未了结的", "not over")
_WORDS = {_OPEN: _NOT_OVER, **{str(int(state)): said for state, said in WITHDRAWALS.items()}}
_WAITS = {"PROPOSED": WAITING}
_CONFIRMED, _DENIED = Sentence("已扣款", "debited"), Sentence("未扣款", "not debited")


def _column(
    name: str, head: Sentence, read: Callable[[Withdrawal], Any], form: Form = Form.TEXT, link: str = ""
) -> ListColumn:
    return ListColumn(
        name, head, _thing.data, form, link=link, read=lambda data: read(from_row_bytes(Withdrawal, data))
    )


def _bank_said(one: Withdrawal) -> Sentence | str:
    word = one.last_word
    return "" if word is None else _CONFIRMED if word.debited else _DENIED


def _in_state(value: str) -> ColumnElement[bool]:
    states = [int(state) for state in OPEN_STATES] if value == _OPEN else [int(value)]
    return _thing.state.in_(states)


def _is_sought(text: str) -> ColumnElement[bool]:
    """A station that is sought by its code or branch."""
    at = select(stations.c.station_code).where(contains(stations.c.station_code, stations.c.branch)(text))
    return _thing.station_code.in_(at)


def _has_ruling(state: str) -> ColumnElement[bool]:
    key = func.lpad(cast(_ruling.withdrawal_seq, Text), _KEY_DIGITS, "0")
    mine = (_ruling.station_code == _thing.station_code) & (key == _thing.key)
    return select(_ruling.ruling_no).where(mine, _ruling.state == state).exists()


WITHDRAWAL_LIST = ListSpec(
    name="withdrawals",
    title=Sentence("取款", "Withdrawals"),
    source=subjects.join(stations, stations.c.station_code == _thing.station_code),
    only=(_thing.kind == Withdrawal.SUBJECT,),
    columns=(
        ListColumn(
            "code", Sentence("站点", "Station"), _thing.station_code, link="/stations/{code}/services/withdrawals"
        ),
        ListColumn("branch", Sentence("支局", "Branch"), stations.c.branch),
        ListColumn("key", Sentence("编号", "Key"), _thing.key, hidden=True),
        _column(
            "record",
            Sentence("记录", "Record"),
            lambda one: one.seq,
            Form.NUMBER,
            link="/stations/{code}/records/S/{record}",
        ),
        _column("at", Sentence("时间", "Time"), lambda one: one.recorded_at, Form.MOMENT),
        _column("amount", Sentence("金额 (元)", "Amount (yuan)"), lambda one: one.amount_fen, Form.MONEY),
        _column("card", Sentence("卡尾", "Card"), lambda one: one.card_last4),
        _column("trace", Sentence("终端流水", "Trace no."), lambda one: one.trace_no),
        ListColumn("state", Sentence("状态", "State"), cast(_thing.state, Text), words=_WORDS),
        _column("bank", Sentence("银行", "Bank"), _bank_said),
    ),
    orders=(ListOrder("code", Sentence("站点", "station"), ("code", "key")),),
    filters=(
        ListFilter("q", Sentence("站点或支局", "Station or branch"), _is_sought, is_search=True),
        ListFilter("state", Sentence("状态", "State"), _in_state, words=_WORDS, default=_OPEN),
        ListFilter("ruling", Sentence("裁定", "Ruling"), _has_ruling, words=_WAITS),
    ),
    empty=Sentence("没有未了结的取款", "Every withdrawal is over"),
)

_terms = withdrawal_terms.c
PAYERS = {str(int(one)): worded(VALUES, one.name) for one in FeePayer}
SCOPES = {str(int(one)): worded(VALUES, one.name) for one in FirstFreeScope}
_RESTORES = {"true": Sentence("退回额度", "restores credit"), "false": Sentence("不退", "no")}

TERMS_LIST = ListSpec(
    name="withdrawal_terms",
    title=Sentence("取款条件", "Withdrawal terms"),
    source=withdrawal_terms.join(stations, stations.c.station_code == _terms.station_code),
    columns=(
        ListColumn("code", Sentence("站点", "Station"), _terms.station_code, link="/stations/{code}"),
        ListColumn("no", Sentence("序号", "No."), _terms.terms_no, Form.NUMBER),
        ListColumn("from", Sentence("生效日", "From"), _terms.effective_on, Form.DAY),
        ListColumn("acquirer", Sentence("收单机构", "Acquirer"), _terms.acquirer_name),
        ListColumn("allowance", Sentence("垫付限额 (元)", "Allowance (yuan)"), _terms.payout_allowance_fen, Form.MONEY),
        ListColumn("cap", Sentence("卡日限额 (元)", "Card a day (yuan)"), _terms.card_day_cap_fen, Form.MONEY),
        ListColumn("least", Sentence("起点 (元)", "Least (yuan)"), _terms.least_fen, Form.MONEY),
        ListColumn("fee", Sentence("手续费 (元)", "Fee (yuan)"), _terms.fee_fen, Form.MONEY),
        ListColumn("payer", Sentence("手续费付方", "Paid by"), cast(_terms.fee_payer, Text), words=PAYERS),
        ListColumn("free", Sentence("首笔免费", "First one free"), cast(_terms.first_free_scope, Text), words=SCOPES),
        ListColumn(
            "restores", Sentence("确认后", "Once confirmed"), cast(_terms.restores_credit, Text), words=_RESTORES
        ),
        ListColumn("state", Sentence("状态", "State"), _terms.state, words=ENTERED_STATES),
        ListColumn("stated", Sentence("状态", "State"), _terms.state, hidden=True),
        ListColumn("maker", Sentence("录入人", "Entered by"), _terms.maker_no, Form.NUMBER),
        ListColumn("approver", Sentence("审批人", "Decided by"), _terms.approver_no, Form.NUMBER),
        ListColumn("entered", Sentence("录入时间", "Entered at"), _terms.entered_at, Form.MOMENT),
    ),
    orders=(ListOrder("newest", Sentence("最新", "newest"), ("entered", "code", "no"), descending=True),),
    filters=(
        ListFilter(
            "q",
            Sentence("站点, 支局或收单机构", "Station, branch or acquirer"),
            contains(_terms.station_code, stations.c.branch, _terms.acquirer_name),
            is_search=True,
        ),
        ListFilter("state", Sentence("状态", "State"), is_one_of(_terms.state), words=ENTERED_STATES),
    ),
    empty=Sentence("没有约定取款条件, 按默认条件办理", "No terms are agreed: the usual ones hold"),
)
