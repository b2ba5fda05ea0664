"""Pages where people decide: credit purchases, invoices, rulings on payments and reversals without an answer."""

from __future__ import annotations

from hq_server import credit, invoices, sealed_credit
from hq_server.console.form_fields import fen_of
from hq_server.console.listed import list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Leave, Page, Route, Shown, Visit
from hq_server.gateway import rulings
from hq_server.gateway.requests import Kind
from hq_server.gateway.rulings import ReversalOutcome
from hq_server.statements.credit_list import PURCHASE_LIST
from hq_server.statements.unknown_list import UNKNOWN_LIST
from hq_server.wording import RefusedError, Sentence
from station_journal.records import Outcome

_GROUP = 4


def _decide_credit(visit: Visit) -> Shown:
    deed, form = visit.deed("enter", "code", "approve", "withdraw", "refuse"), visit.form
    if deed == "enter":
        amount_fen = fen_of(form.get("amount", ""))
        code = form.get("station_code", "").strip().upper()
        slip, by_code = form.get("evidence", ""), bool(form.get("by_code"))
        credit.enter(visit.connection, visit.member, code, amount_fen, slip, visit.now, by_code=by_code)
        return Leave("/credit?done=entered")
    code, number = form.get("station_code", ""), visit.whole_number("purchase_no")
    if deed == "code":
        digits = sealed_credit.read_code(
            visit.connection, visit.desk.journal.key, visit.member, code, number, visit.now
        )
        grouped = " ".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))
        return Page("credit_code.html", {"code": grouped, "station_code": code, "purchase_no": number})
    if deed == "approve":
        credit.approve(visit.connection, visit.desk.journal, visit.member, code, number, visit.now)
        return Leave("/credit?done=approved")
    if deed == "withdraw":
        credit.withdraw(visit.connection, visit.member, code, number, visit.now)
        return Leave("/credit?done=withdrawn")
    credit.refuse(visit.connection, visit.member, code, number, form.get("refusal", ""), visit.now)
    return Leave("/credit?done=refused")


def _asked(visit: Visit) -> tuple[str, str, str]:
    given = {**visit.query, **visit.form}
    return given.get("reference", ""), given.get("account_no", ""), given.get("station_code", "")


def _invoices(visit: Visit) -> Shown:
    reference, account_no, code = _asked(visit)
    receipt, problem = None, visit.problem.said_in(visit.language) if visit.problem else ""
    if reference.strip():
        try:
            receipt = invoices.find_receipt(visit.connection, reference, account_no, code)
        except RefusedError as error:
            problem = problem or error.sentence.said_in(visit.language)
    asked = {"reference": reference, "account_no": account_no, "station_code": code}
    return Page("invoices.html", {"receipt": receipt, "asked": asked, "problem": problem})


def _issue_invoice(visit: Visit) -> Shown:
    reference, account_no, code = _asked(visit)
    number, journal = visit.form.get("invoice_no", ""), visit.desk.journal
    invoices.issue(visit.connection, journal, visit.member, reference, account_no, number, visit.now, station_code=code)
    return Leave("/invoices?done=issued")


def _decide_ruling(visit: Visit) -> Shown:
    deed, our_no = visit.deed("propose", "approve", "withdraw", "refuse"), visit.form.get("our_no", "")
    kind = Kind.REVERSE if visit.form.get("kind") == Kind.REVERSE.value else Kind.PAY
    if deed == "propose":
        outcome = _OUTCOMES[kind].get(visit.form.get("outcome", ""))
        if outcome is None:
            raise RefusedError("outcome", "请选择结果", "choose how it ended")
        finding, number = visit.form.get("finding", ""), visit.form.get("biller_no", "")
        rulings.propose(visit.connection, visit.member, our_no, outcome, finding, visit.now, number)
        return Leave("/unknown?done=proposed")
    if deed == "approve":
        rulings.approve(visit.connection, visit.desk.journal, visit.member, our_no, visit.now, kind)
        return Leave("/unknown?done=approved")
    if deed == "withdraw":
        rulings.withdraw(visit.connection, visit.member, our_no, visit.now, kind)
        return Leave("/unknown?done=withdrawn")
    rulings.refuse(visit.connection, visit.member, our_no, visit.now, kind)
    return Leave("/unknown?done=refused")


_OUTCOMES: dict[Kind, dict[str, Outcome | ReversalOutcome]] = {
    Kind.PAY: {"CONFIRMED": Outcome.CONFIRMED, "DECLINED": Outcome.DECLINED},
    Kind.REVERSE: {"ACCEPTED": ReversalOutcome.ACCEPTED, "REFUSED": ReversalOutcome.REFUSED},
}


ROUTES = (
    *list_routes(
        "/credit",
        PURCHASE_LIST,
        menu=Menu(MenuGroup.DESK, Sentence("额度购买", "Credit purchases"), "c"),
        template="credit.html",
        do=_decide_credit,
    ),
    Route("/invoices", _invoices, _issue_invoice, Menu(MenuGroup.DESK, Sentence("收据换票", "Invoices"), "i")),
    *list_routes(
        "/unknown",
        UNKNOWN_LIST,
        menu=Menu(MenuGroup.RECONCILIATION, Sentence("待定缴费", "Unknown"), "u"),
        template="unknown.html",
        more=lambda visit: {"open": rulings.open_rulings(visit.connection)},
        do=_decide_ruling,
    ),
)
