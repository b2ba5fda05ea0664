"""The page of withdrawals: what is not over anywhere, and the word of two people where nobody else tells."""

from __future__ import annotations

from hq_server.console.listed import list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Leave, Shown, Visit
from hq_server.statements.withdrawal_list import WITHDRAWAL_LIST
from hq_server.withdrawals import rulings
from hq_server.wording import RefusedError, Sentence

_OUTCOMES = {"DEBITED": True, "NOT_DEBITED": False}


def _decide(visit: Visit) -> Shown:
    deed, form = visit.form.get("deed", ""), visit.form
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
    rulings.refuse(visit.connection, visit.member, code, seq, visit.now)
    return Leave("/withdrawals?done=refused")


ROUTES = list_routes(
    "/withdrawals",
    WITHDRAWAL_LIST,
    menu=Menu(MenuGroup.RECONCILIATION, Sentence("取款", "Withdrawals"), "6"),
    template="withdrawals.html",
    more=lambda visit: {"open": rulings.open_rulings(visit.connection)},
    do=_decide,
)
