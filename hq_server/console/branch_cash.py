"""Pages of the branch desk beside credit purchases: pouches of cash, and credit sealed for stations without a line."""

from __future__ import annotations

from hq_server import pouches, sealed_credit
from hq_server.console.form_fields import date_of, fen_of
from hq_server.console.listed import list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Leave, Shown, Visit
from hq_server.statements.branch_cash_list import POUCH_LIST, SEAL_LIST
from hq_server.wording import RefusedError, Sentence
from station_journal.facts.cash import NoteLine
from station_journal.sealed_code import GRANTS_OPEN_MAX

_COUNT_DIGITS = 6
_YUAN = 100


def _notes(text: str) -> list[NoteLine]:
    """Read notes as people write them: face value in yuan, x, pieces, with blanks between them.

    Raises:
        RefusedError: one is none.
    """
    lines = []
    for one in text.split():
        face, _, pieces = one.lower().partition("x")
        right = all(part.isascii() and part.isdigit() and len(part) <= _COUNT_DIGITS for part in (face, pieces))
        if not right:
            raise RefusedError(
                "notes", f"{one[:20]} 不对, 例: 100x80", f"{one[:20]} is no line of notes such as 100x80"
            )
        lines.append(NoteLine(int(face) * _YUAN, int(pieces)))
    return lines


def _decide_pouch(visit: Visit) -> Shown:
    deed = visit.deed("receive", "send", "approve", "withdraw", "refuse")
    form, connection, now = visit.form, visit.connection, visit.now
    code, label = form.get("station_code", "").strip().upper(), form.get("label", "").strip()
    if deed == "receive":
        pouches.enter_received(connection, visit.member, code, label, fen_of(form.get("counted", "")), now)
        return Leave("/pouches?done=entered")
    if deed == "send":
        cash = (_notes(form.get("notes", "")), fen_of(form.get("coins", "").strip() or "0"))
        pouches.enter_sent(connection, visit.member, code, label, cash, now)
        return Leave("/pouches?done=entered")
    number = visit.whole_number("entry_no")
    if deed == "approve":
        pouches.approve(connection, visit.desk.journal, visit.member, code, number, now)
        return Leave("/pouches?done=approved")
    if deed == "withdraw":
        pouches.withdraw(connection, visit.member, code, number, now)
        return Leave("/pouches?done=withdrawn")
    pouches.refuse(connection, visit.member, code, number, form.get("refusal", ""), now)
    return Leave("/pouches?done=refused")


def _decide_batch(visit: Visit) -> Shown:
    deed, form, connection = visit.deed("seal", "approve", "withdraw"), visit.form, visit.connection
    code = form.get("station_code", "").strip().upper()
    if deed == "seal":
        count = visit.whole_number("count")
        if not 0 < count <= GRANTS_OPEN_MAX:
            raise RefusedError("count", "份数不对", "the number of grants is wrong")
        amounts = [fen_of(form.get("amount", ""))] * count
        sealed_credit.propose(connection, visit.member, code, amounts, date_of(form.get("until", "")), visit.now)
        return Leave("/sealed?done=entered")
    number = visit.whole_number("batch_no")
    if deed == "withdraw":
        sealed_credit.withdraw_batch(connection, visit.member, code, number, visit.now)
        return Leave("/sealed?done=withdrawn")
    sealed_credit.approve_batch(connection, visit.desk.journal, visit.member, code, number, visit.now)
    return Leave("/sealed?done=approved")


ROUTES = (
    *list_routes(
        "/pouches",
        POUCH_LIST,
        menu=Menu(MenuGroup.DESK, Sentence("款袋", "Pouches of cash"), "8"),
        template="pouches.html",
        do=_decide_pouch,
    ),
    *list_routes(
        "/sealed",
        SEAL_LIST,
        menu=Menu(MenuGroup.DESK, Sentence("密封额度", "Sealed grants"), "9"),
        template="sealed.html",
        do=_decide_batch,
    ),
)
