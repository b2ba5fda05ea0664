"""Pages of who is paid and who is debited: payees' terms, accounts of commission, mandates and the debits of a day."""

from __future__ import annotations

from typing import Any

from hq_server.commission import agreements
from hq_server.commission.tax import AGREED_REGIMES, TaxRegime
from hq_server.console.form_fields import date_of, fen_of, number_at, refusal_of
from hq_server.console.listed import list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Leave, Shown, Visit
from hq_server.reference.staff import Role
from hq_server.reference.working_days import business_date_of
from hq_server.settlement import mandates, payees
from hq_server.settlement.master_lists import CYCLES, PAYEE_KINDS, PAYEE_LIST, mandate_list
from hq_server.settlement.payees import Cycle, Payee, PayeeKind
from hq_server.statements.agreement_list import AGREEMENT_LIST, REGIMES
from hq_server.wording import RefusedError, Sentence

READERS = frozenset({Role.ECOM, Role.FINANCE, Role.BRANCH, Role.BUREAU_ADMIN, Role.SUPERVISION, Role.AUDITOR})
"""Who sees accounts at the bank."""
_NUMBER_DIGITS = 9


def _payee_values(visit: Visit) -> dict[str, Any]:
    del visit
    return {"kinds": PAYEE_KINDS, "cycles": CYCLES}


def _decide_payee(visit: Visit) -> Shown:
    deed, form, connection = visit.deed("enter", "approve", "withdraw", "refuse"), visit.form, visit.connection
    if form.get("kind", "") not in set(PayeeKind):
        raise RefusedError("kind", "请选择类别", "choose a kind")
    kind, party, since = PayeeKind(form["kind"]), form.get("party", ""), date_of(form.get("from", ""))
    if deed in {"approve", "refuse"}:
        payees.decide_payee(connection, visit.member, (kind, party, since), visit.now, refusal=refusal_of(form))
        return Leave("/payees?done=decided")
    if deed == "withdraw":
        payees.withdraw_payee(connection, visit.member, (kind, party, since), visit.now)
        return Leave("/payees?done=withdrawn")
    if form.get("cycle", "") not in set(Cycle):
        raise RefusedError("cycle", "请选择清算周期", "choose how often it is settled")
    account = form.get("account", "").replace(" ", "")
    terms = Payee(kind, party, since, form.get("name", ""), account, Cycle(form["cycle"]), visit.whole_number("days"))
    payees.name_payee(connection, visit.member, terms, visit.now)
    return Leave("/payees?state=PROPOSED&done=entered")


def _account_values(visit: Visit) -> dict[str, Any]:
    del visit
    return {"regimes": REGIMES}


def _decide_account(visit: Visit) -> Shown:
    deed = visit.deed("enter", "confirm", "approve", "withdraw", "refuse")
    form, connection = visit.form, visit.connection
    if deed == "enter":
        return _enter_account(visit)
    if deed == "confirm":
        if not visit.picked:
            raise RefusedError("pick", "请先勾选酬金账户", "tick the accounts first")
        for named in visit.picked:
            agreements.confirm_agreement(connection, visit.member, _named(named), visit.now)
        return Leave("/commission/accounts?done=decided")
    of = _named(form.get("named", ""))
    if deed == "withdraw":
        agreements.withdraw_agreement(connection, visit.member, of, visit.now)
    else:
        agreements.decide_agreement(connection, visit.member, of, visit.now, refusal=refusal_of(form))
    return Leave("/commission/accounts?done=decided")


def _enter_account(visit: Visit) -> Shown:
    form = visit.form
    if form.get("regime", "") not in {regime.value for regime in AGREED_REGIMES}:
        raise RefusedError("regime", "请选择计税方式", "choose how it is taxed")
    terms = agreements.Agreement(
        form.get("station_code", "").strip().upper(),
        date_of(form.get("from", "")),
        form.get("name", ""),
        form.get("account", "").replace(" ", ""),
        TaxRegime(form["regime"]),
        form.get("licence", ""),
    )
    agreements.enter_agreement(visit.connection, visit.member, terms, visit.now)
    return Leave("/commission/accounts?state=PROPOSED&done=entered")


def _named(text: str) -> tuple[str, int]:
    """Read which account a form names; what is no number names none."""
    code, _, number = text.rpartition(":")
    return code, number_at(number, _NUMBER_DIGITS)


def _mandate_values(visit: Visit) -> dict[str, Any]:
    return {"today": business_date_of(visit.now)}


def _decide_mandate(visit: Visit) -> Shown:
    deed = visit.deed("enter", "debit", "end", "approve", "withdraw", "refuse")
    form, connection = visit.form, visit.connection
    if deed == "debit":
        return _debit(visit)
    code, number = form.get("station_code", "").strip().upper(), form.get("mandate_no", "").strip()
    if deed in {"approve", "refuse"}:
        mandates.decide_mandate(connection, visit.member, (code, number), visit.now, refusal=refusal_of(form))
        return Leave("/mandates?done=decided")
    if deed == "withdraw":
        mandates.withdraw_mandate(connection, visit.member, (code, number), visit.now)
        return Leave("/mandates?done=withdrawn")
    if deed == "end":
        mandates.end_mandate(connection, visit.member, (code, number), date_of(form.get("last", "")), visit.now)
        return Leave("/mandates?done=ended")
    terms = mandates.Mandate(
        code,
        number,
        form.get("holder", ""),
        form.get("account", "").replace(" ", ""),
        fen_of(form.get("most", "")),
        date_of(form.get("from", "")),
        date_of(form.get("until", "")),
    )
    mandates.enter_mandate(connection, visit.member, terms, visit.now)
    return Leave("/mandates?state=PROPOSED&done=entered")


def _debit(visit: Visit) -> Shown:
    """Make one order of the stations ticked, each debited the sum typed, and of the lines that name a sum of their own.

    Raises:
        RefusedError: nothing is named, a line is no station and sum, or the order cannot be made.
    """
    wanted = [(code, fen_of(visit.form.get("each", ""))) for code in visit.picked]
    for line in filter(None, map(str.strip, visit.form.get("lines", "").splitlines())):
        code, _, yuan = line.replace("=", " ").partition(" ")
        wanted.append((code.upper(), fen_of(yuan)))
    if not wanted:
        raise RefusedError("pick", "请先勾选站点, 或逐行写明站点和金额", "tick stations, or write a line for each")
    order = mandates.order_debits(visit.connection, visit.member, date_of(visit.form.get("on", "")), wanted, visit.now)
    return Leave(f"/settlement/orders/{order.order_no}?done=made")


ROUTES = (
    *list_routes(
        "/payees",
        PAYEE_LIST,
        menu=Menu(MenuGroup.SETTLEMENT, Sentence("收款方", "Payees"), "k"),
        readers=READERS,
        template="payees.html",
        more=_payee_values,
        do=_decide_payee,
    ),
    *list_routes(
        "/commission/accounts",
        AGREEMENT_LIST,
        menu=Menu(MenuGroup.SETTLEMENT, Sentence("酬金账户", "Commission accounts"), "5"),
        readers=READERS,
        template="commission_accounts.html",
        more=_account_values,
        do=_decide_account,
    ),
    *list_routes(
        "/mandates",
        lambda visit: mandate_list(business_date_of(visit.now)),
        menu=Menu(MenuGroup.SETTLEMENT, Sentence("委托扣款", "Direct debits"), "1"),
        readers=READERS,
        template="mandates.html",
        more=_mandate_values,
        do=_decide_mandate,
    ),
)
