"""What is owed so far in the window that runs: nobody has to wait for its cut to know it.

Windows follow each other without a gap from the first ledger line on, so what stands on a payee's account in all
stations' books is what its windows closed with and what has come since. The one that runs is the difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Text, and_, case, cast, func, literal, select

from hq_server.db.ledger_tables import balances
from hq_server.db.settlement_tables import payees, settlement_windows
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, is_one_of
from hq_server.settlement.lists import KINDS, NOBODY, running_line_list
from hq_server.settlement.master_lists import CYCLES
from hq_server.settlement.payees import ACCOUNT_OF
from hq_server.settlement.windows import last_cut, on_its_way
from hq_server.wording import RefusedError, Sentence

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import ColumnElement, Connection

    from hq_server.settlement.payees import PayeeKind

_window, _payee = settlement_windows.c, payees.c
_KIND: ColumnElement[Any] = case(
    {int(account): literal(kind.value) for kind, account in ACCOUNT_OF.items()}, value=balances.c.account
)
_OWED = (
    select(
        cast(_KIND, Text).label("kind"),
        balances.c.party,
        cast(func.sum(balances.c.balance_fen), BigInteger).label("fen"),
    )
    .where(balances.c.account.in_([int(account) for account in ACCOUNT_OF.values()]))
    .group_by(balances.c.account, balances.c.party)
    .subquery("owed")
)
_CLOSED = (
    select(
        _window.kind,
        _window.party,
        func.max(_window.business_date).label("upto"),
        cast(func.sum(_window.due_fen), BigInteger).label("fen"),
        cast(func.coalesce(func.sum(_window.due_fen).filter(~on_its_way()), 0), BigInteger).label("unpaid_fen"),
    )
    .group_by(_window.kind, _window.party)
    .subquery("closed")
)
_RUNNING: ColumnElement[Any] = _OWED.c.fen - func.coalesce(_CLOSED.c.fen, 0)
_UNPAID: ColumnElement[Any] = func.coalesce(_CLOSED.c.unpaid_fen, 0)
_RUNS_AT = "/settlement/running/{kind_code}/{party}"
_HAS = {"yes": Sentence("有", "yes"), "no": Sentence("没有, 不能付款", "none: it cannot be paid")}


def running_list(today: date) -> ListSpec:
    """Make the list of what is owed to each payee since its last window, with the terms in force on a day."""
    in_force = (
        select(_payee.kind, _payee.party, func.max(_payee.valid_from).label("valid_from"))
        .where(_payee.state == "APPROVED", _payee.valid_from <= today)
        .group_by(_payee.kind, _payee.party)
        .subquery("in_force")
    )
    of = _OWED.c
    source = (
        _OWED.outerjoin(_CLOSED, and_(_CLOSED.c.kind == of.kind, _CLOSED.c.party == of.party))
        .outerjoin(in_force, and_(in_force.c.kind == of.kind, in_force.c.party == of.party))
        .outerjoin(
            payees,
            and_(
                _payee.kind == of.kind,
                _payee.party == of.party,
                _payee.valid_from == in_force.c.valid_from,
                _payee.state == "APPROVED",
            ),
        )
    )
    has_payee = case((_payee.party.is_(None), literal("no")), else_=literal("yes"))
    kinds = {kind.value: KINDS[kind.value] for kind in ACCOUNT_OF}
    return ListSpec(
        name="running_dues",
        title=Sentence("本期应付 (未截窗口)", "Dues of the running windows"),
        source=source,
        columns=(
            ListColumn("kind", Sentence("类别", "Kind"), of.kind, words=kinds),
            ListColumn("kind_code", Sentence("类别代码", "Kind's code"), of.kind, hidden=True),
            ListColumn("party", Sentence("对方", "Party"), func.coalesce(func.nullif(of.party, ""), NOBODY)),
            ListColumn("upto", Sentence("上次截至", "Last closed"), _CLOSED.c.upto, Form.DAY),
            ListColumn(
                "running",
                Sentence("本期应付 (元)", "Owed since (yuan)"),
                _RUNNING,
                Form.MONEY,
                total=True,
                link=_RUNS_AT,
            ),
            ListColumn("unpaid", Sentence("已截未付 (元)", "Closed, unpaid (yuan)"), _UNPAID, Form.MONEY, total=True),
            ListColumn("all", Sentence("合计 (元)", "Together (yuan)"), _RUNNING + _UNPAID, Form.MONEY, total=True),
            ListColumn("cycle", Sentence("清算周期", "Settled"), func.coalesce(_payee.cycle, ""), words=CYCLES),
            ListColumn("account", Sentence("收款账户", "Account named"), has_payee, words=_HAS),
        ),
        orders=(ListOrder("kind", Sentence("类别", "kind"), ("kind_code", "party")),),
        filters=(
            ListFilter("kind", Sentence("类别", "Kind"), is_one_of(of.kind), words=kinds),
            ListFilter("account", Sentence("收款账户", "Account named"), is_one_of(has_payee), words=_HAS),
            ListFilter("q", Sentence("对方", "Party"), contains(of.party), is_search=True),
        ),
        empty=Sentence("没有应付", "Nothing is owed"),
    )


def running_lines(connection: Connection, kind: PayeeKind, party: str) -> ListSpec:
    """Make the list of the ledger lines that a running due is the sum of.

    Raises:
        RefusedError: nothing was ever owed to that payee.
    """
    this = and_(_OWED.c.kind == kind.value, _OWED.c.party == party)
    here = and_(_CLOSED.c.kind == _OWED.c.kind, _CLOSED.c.party == _OWED.c.party)
    running_fen = connection.scalar(select(_RUNNING).select_from(_OWED.outerjoin(_CLOSED, here)).where(this))
    if running_fen is None:
        raise no_due()
    return running_line_list(kind, party, last_cut(connection, kind, party), int(running_fen))


def no_due() -> RefusedError:
    """Give the refusal of an address that names no due."""
    return RefusedError("unknown_due", "没有这一项应付", "nothing was ever owed to that payee")
