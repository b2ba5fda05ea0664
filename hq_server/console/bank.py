"""Pages of the bank's statement: its lines, what brought each, and a person's word where the numbers do not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hq_server.console.form_fields import refusal_of
from hq_server.console.listed import list_page, list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Leave, Page, Route, Shown, Visit
from hq_server.reference.staff import Role
from hq_server.settlement import bank_side, returned_payments
from hq_server.settlement.bank_lists import LINE_LIST, PURCHASES_TO_COME, STATES
from hq_server.settlement.hq_books import bank_position
from hq_server.settlement.return_codes import return_words
from hq_server.wording import RefusedError, Sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

_READERS = frozenset({Role.ECOM, Role.FINANCE, Role.BRANCH, Role.BUREAU_ADMIN, Role.SUPERVISION, Role.AUDITOR})
_DIGITS = 9


def _position(visit: Visit) -> dict[str, Any]:
    _, _, lines_fen = bank_side.open_lines(visit.connection, limit=1)
    _, count, fen = bank_side.open_purchases(visit.connection, limit=1)
    return {"position": bank_position(visit.connection, lines_fen), "to_come": (count, fen)}


def _match(visit: Visit) -> Shown:
    """Find by number and sum what the lines brought; what needs a person stays."""
    bank_side.match_statement(visit.connection, visit.member, visit.now)
    bank_side.match_debits(visit.connection, visit.member, visit.now)
    return Leave("/bank?done=matched")


def _name(visit: Visit) -> str:
    return "/".join(str(visit.path[part]) for part in ("account", "day", "file", "row"))


def _line(visit: Visit) -> Shown:
    seen = bank_side.line_seen(visit.connection, _name(visit))
    is_credit, back = seen.is_open and seen.line.amount_fen > 0, seen.returned
    could_be = returned_payments.could_be_returned(visit.connection, seen.line.amount_fen) if seen.is_open else ()
    words = return_words(back.reason) if back else None
    values = {
        "seen": seen,
        "state_words": {name: words.said_in(visit.language) for name, words in STATES.items()},
        "list": list_page(visit, PURCHASES_TO_COME) if is_credit else None,
        "may_propose": seen.is_open and visit.may("RESOLVE_BREAK"),
        "payments": could_be,
        "return_words": words.said_in(visit.language) if words else "",
        "waits": next((one for one in (*seen.matches, *([back] if back else ())) if one.state == "PROPOSED"), None),
    }
    return Page("bank_line.html", values)


def _pairs(picked: Sequence[str]) -> list[tuple[str, int]]:
    """Read what a form names by a code or number and a number with a sign between them."""
    found = []
    for text in picked:
        code, _, number = text.rpartition("=")
        if not (number.isascii() and number.isdigit() and len(number) <= _DIGITS):
            raise RefusedError("form", "表单不完整, 请重新填写", "the form is not complete: fill it in again")
        found.append((code, int(number)))
    return found


def _purchases(visit: Visit) -> list[tuple[str, int]]:
    found = _pairs(visit.picked)
    if not found:
        raise RefusedError("pick", "请先勾选额度购买", "tick the purchases first")
    return found


def _decide(visit: Visit) -> Shown:
    line, deed = _name(visit), visit.deed("propose", "returned", "withdraw", "approve", "refuse")
    if deed == "propose":
        finding = visit.form.get("finding", "")
        bank_side.propose_match(visit.connection, visit.member, line, _purchases(visit), finding, visit.now)
        return Leave(f"/bank/{line}?done=proposed")
    if deed == "returned":
        ((order_no, item_no),) = _pairs([visit.form.get("payment", "")])
        finding = visit.form.get("finding", "")
        of = (int(order_no), item_no) if order_no.isascii() and order_no.isdigit() else (0, 0)
        returned_payments.propose_return(visit.connection, visit.member, line, of, finding, visit.now)
        return Leave(f"/bank/{line}?done=proposed")
    back = returned_payments.return_by(visit.connection, line)
    if deed == "withdraw":
        take_back = bank_side.withdraw_match if back is None else returned_payments.withdraw_return
        take_back(visit.connection, visit.member, line, visit.now)
        return Leave(f"/bank/{line}?done=withdrawn")
    reason = refusal_of(visit.form)
    decide = bank_side.decide_match if back is None else returned_payments.decide_return
    decide(visit.connection, visit.member, line, visit.now, refusal=reason)
    return Leave(f"/bank/{line}?done=decided")


ROUTES = (
    *list_routes(
        "/bank",
        LINE_LIST,
        menu=Menu(MenuGroup.SETTLEMENT, Sentence("银行流水", "Bank statement"), "h"),
        readers=_READERS,
        template="bank.html",
        more=_position,
        do=_match,
    ),
    *list_routes("/bank/purchases", PURCHASES_TO_COME, readers=_READERS),
    Route("/bank/{account}/{day}/{file}/{row}", _line, _decide, readers=_READERS),
)
