"""Pages of withdrawals: what is not over anywhere, with the word of two people, and the terms agreed by two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hq_server.console.form_fields import date_of, fen_of
from hq_server.console.listed import list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Leave, Shown, Visit
from hq_server.statements.withdrawal_list import PAYERS, SCOPES, TERMS_LIST, WITHDRAWAL_LIST
from hq_server.withdrawals import rulings, terms
from hq_server.wording import RefusedError, Sentence
from station_journal.facts.withdrawals import FeePayer, FirstFreeScope, WithdrawalTermsAgreed
from station_journal.rules.withdrawal import DEFAULT_TERMS

if TYPE_CHECKING:
    from collections.abc import Mapping

_OUTCOMES = {"DEBITED": True, "NOT_DEBITED": False}


def _decide(visit: Visit) -> Shown:
    deed, form = visit.deed("propose", "approve", "withdraw", "refuse"), visit.form
    code, seq = form.get("station_code", "").strip().upper(), visit.whole_number("seq")
    if deed == "propose":
        debited = _OUTCOMES.get(form.get("outcome", ""))
        if debited is None:
            raise RefusedError("outcome", "请选择结果", "choose how it ended")
        finding = rulings.Finding(debited, form.get("finding", ""), " ".join(form.get("bank_no", "").split()))
        rulings.propose(visit.connection, visit.member, code, seq, finding, visit.now)
        return Leave("/withdrawals?done=proposed")
    if deed == "approve":
        rulings.approve(visit.connection, visit.desk.journal, visit.member, code, seq, visit.now)
        return Leave("/withdrawals?done=approved")
    if deed == "withdraw":
        rulings.withdraw(visit.connection, visit.member, code, seq, visit.now)
        return Leave("/withdrawals?done=withdrawn")
    rulings.refuse(visit.connection, visit.member, code, seq, visit.now)
    return Leave("/withdrawals?done=refused")


def _terms_of(form: Mapping[str, str]) -> WithdrawalTermsAgreed:
    """Read terms as typed.

    Raises:
        RefusedError: a date or a sum is none, or a choice is missing.
    """
    payers, scopes = {str(int(one)): one for one in FeePayer}, {str(int(one)): one for one in FirstFreeScope}
    payer, scope = payers.get(form.get("payer", "")), scopes.get(form.get("free", ""))
    if payer is None or scope is None:
        raise RefusedError("form", "表单不完整, 请重新填写", "the form is not complete: fill it in again")
    return WithdrawalTermsAgreed(
        effective_on=date_of(form.get("from", "")),
        acquirer_code=form.get("acquirer_code", "").strip(),
        acquirer_name=form.get("acquirer_name", "").strip(),
        acquirer_name_en=form.get("acquirer_name_en", "").strip(),
        payout_allowance_fen=fen_of(form.get("allowance", "")),
        restores_credit=bool(form.get("restores")),
        card_day_cap_fen=fen_of(form.get("cap", "")),
        least_fen=fen_of(form.get("least", "")),
        fee_fen=fen_of(form.get("fee", "")),
        fee_payer=payer,
        first_free_scope=scope,
        maker_no=0,
        approver_no=0,
    )


def _decide_terms(visit: Visit) -> Shown:
    deed, form, connection = visit.deed("enter", "approve", "withdraw", "refuse"), visit.form, visit.connection
    code = form.get("station_code", "").strip().upper()
    if deed == "enter":
        terms.enter(connection, visit.member, code, _terms_of(form), visit.now)
        return Leave("/withdrawals/terms?state=ENTERED&done=entered")
    number = visit.whole_number("terms_no")
    if deed == "approve":
        terms.approve(connection, visit.desk.journal, visit.member, code, number, visit.now)
    elif deed == "withdraw":
        terms.withdraw(connection, visit.member, code, number, visit.now)
    else:
        terms.refuse(connection, visit.member, code, number, visit.now)
    return Leave("/withdrawals/terms?done=decided")


ROUTES = (
    *list_routes(
        "/withdrawals",
        WITHDRAWAL_LIST,
        menu=Menu(MenuGroup.RECONCILIATION, Sentence("取款", "Withdrawals"), "6"),
        template="withdrawals.html",
        more=lambda visit: {"open": rulings.open_rulings(visit.connection)},
        do=_decide,
    ),
    *list_routes(
        "/withdrawals/terms",
        TERMS_LIST,
        menu=Menu(MenuGroup.STATIONS, Sentence("取款条件", "Withdrawal terms"), "0"),
        template="withdrawal_terms.html",
        more=lambda _visit: {"payers": PAYERS, "scopes": SCOPES, "usual": DEFAULT_TERMS},
        do=_decide_terms,
    ),
)
