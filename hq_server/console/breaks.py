"""Reconciliation in the console: the board of biller-days, the queue of breaks, one break with its chain, or many."""

from __future__ import annotations

from itertools import islice

from hq_server.console.form_fields import date_of, number_at
from hq_server.console.guards import PICKED_MAX
from hq_server.console.listed import asked_again, list_page, list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Leave, Page, Route, Shown, Visit
from hq_server.listing import all_rows, neighbours
from hq_server.reconciliation import cases, resolving
from hq_server.reconciliation.breaks import beside, suspense_accounts
from hq_server.reconciliation.causes import ACTION_WORDS, CAUSE_WORDS, Action, Cause
from hq_server.reconciliation.chain import case_of, chain_of_case, proposal_on
from hq_server.reconciliation.resolving import Proposal
from hq_server.reference.staff import Deed, staff_who_may
from hq_server.settlement import break_corrections
from hq_server.statements.break_list import BREAK_LIST, CLASSES, DAY_LIST, STATES, is_case
from hq_server.wording import RefusedError, Sentence


def _choices(visit: Visit) -> dict[str, object]:
    """Give the fixed lists of the forms, and the suspense accounts, in the visitor's language."""
    language = visit.language
    return {
        "actions": [(one.value, words.said_in(language)) for one, words in ACTION_WORDS.items()],
        "causes": [(one.value, words.said_in(language)) for one, words in CAUSE_WORDS.items()],
        "suspense": suspense_accounts(visit.connection),
        "owners": staff_who_may(visit.connection, Deed.RESOLVE_BREAK) if visit.may("RESOLVE_BREAK") else (),
    }


def _proposal(visit: Visit) -> Proposal:
    form = visit.form
    try:
        action, cause = Action(form.get("action", "")), Cause(form.get("cause", ""))
    except ValueError as error:
        raise RefusedError("form", "请选定处理方式和原因", "choose how it ends and the cause") from error
    other = visit.whole_number("other") if form.get("other", "").strip() else 0
    return Proposal(action, cause, form.get("finding", ""), other)


def _case_nos(visit: Visit) -> list[int]:
    """Give the breaks ticked, or with ``all`` those that the list's filters let through, as many as a form holds.

    Raises:
        RefusedError: there is none, or more than a form holds.
    """
    if visit.form.get("all"):
        rows = islice(all_rows(visit.connection, BREAK_LIST, visit.query), PICKED_MAX + 1)
        found = [int(row["case_no"]) for row in rows]
    else:
        found = [number for number in map(number_at, visit.picked) if number]
    if not found:
        raise RefusedError("pick", "请先勾选差错", "tick some breaks first")
    if len(found) > PICKED_MAX:
        raise RefusedError(
            "pick",
            f"筛选出的超过 {PICKED_MAX} 笔, 请缩小筛选范围",
            f"the filters let more than {PICKED_MAX} through: narrow them",
        )
    return sorted(set(found))  # in one order for everybody: two people at the same breaks wait for each other


def _many(visit: Visit) -> Shown:
    """Do with many breaks what a button says: see or make a proposal, see or make a decision, give them to somebody."""
    deed, case_nos = visit.deed("preview", "propose", "assign", "look", "approve", "refuse"), _case_nos(visit)
    if deed in {"preview", "propose"}:
        return _propose_many(visit, case_nos, only_look=deed == "preview")
    if deed == "assign":
        _assign(visit, *case_nos)
        return Leave(f"/breaks?{asked_again(visit, BREAK_LIST, done='assigned')}")
    if deed == "look":
        seen = resolving.preview_decision(visit.connection, visit.member, case_nos)
        refused = [(number, why.sentence.said_in(visit.language)) for number, why in seen.refused]
        return Page("break_decision.html", {"seen": seen, "refused": refused})
    for case_no in case_nos:
        if deed == "approve":
            resolving.approve(visit.connection, visit.member, case_no, visit.now)
        else:
            resolving.refuse(visit.connection, visit.member, case_no, visit.form.get("refusal", ""), visit.now)
    return Leave(f"/breaks?{asked_again(visit, BREAK_LIST, done='decided')}")


def _propose_many(visit: Visit, case_nos: list[int], *, only_look: bool) -> Shown:
    proposal = _proposal(visit)
    if only_look:
        seen = resolving.preview(visit.connection, case_nos, proposal)
        refused = [(number, why.sentence.said_in(visit.language)) for number, why in seen.refused]
        words = (ACTION_WORDS[proposal.action], CAUSE_WORDS[proposal.cause])
        values = {"seen": seen, "refused": refused, "words": [one.said_in(visit.language) for one in words]}
        return Page("break_preview.html", values)
    resolving.propose_many(visit.connection, visit.member, case_nos, proposal, visit.now)
    return Leave("/breaks?done=entered")


def _assign(visit: Visit, *case_nos: int) -> None:
    owner_no, due_on = visit.whole_number("owner_no"), date_of(visit.form.get("due", ""))
    for case_no in case_nos:
        cases.assign(visit.connection, visit.member, case_no, visit.now, owner_no=owner_no, due_on=due_on)
    if visit.form.get("new_ones"):
        for counterparty in sorted({case_of(visit.connection, case_no).counterparty for case_no in case_nos}):
            cases.name_owner(visit.connection, visit.member, counterparty, owner_no)


def _case_no(visit: Visit) -> int:
    return number_at(visit.path["case_no"])


def _case(visit: Visit) -> Shown:
    number = _case_no(visit)
    case = case_of(visit.connection, number)
    before, after = neighbours(visit.connection, BREAK_LIST, visit.query, is_case(number))
    values = {
        "list": list_page(visit, BREAK_LIST),
        "before": before and f"/breaks/{before['case_no']}",
        "after": after and f"/breaks/{after['case_no']}",
        "case": case,
        "beside": beside(visit.connection, case),
        "correction_fen": break_corrections.change_fen(case),
        "chain": chain_of_case(visit.connection, number),
        "proposal": proposal_on(visit.connection, number),
        "class_words": {name: words.said_in(visit.language) for name, words in CLASSES.items()},
        "state_words": {name: words.said_in(visit.language) for name, words in STATES.items()},
    }
    return Page("break.html", {**values, **_choices(visit)})


def _decide(visit: Visit) -> Shown:
    deed = visit.deed("propose", "correct", "assign", "approve", "withdraw", "refuse")
    number, done = _case_no(visit), "entered"
    if deed == "approve":
        resolving.approve(visit.connection, visit.member, number, visit.now)
        done = "approved"
    elif deed == "refuse":
        resolving.refuse(visit.connection, visit.member, number, visit.form.get("refusal", ""), visit.now)
        done = "refused"
    elif deed == "withdraw":
        resolving.withdraw(visit.connection, visit.member, number, visit.now)
        done = "withdrawn"
    elif deed == "assign":
        _assign(visit, number)
        done = "assigned"
    elif deed == "correct":
        why, days = visit.form.get("why", ""), visit.desk.correction_stale_days
        break_corrections.propose(visit.connection, visit.member, number, why, visit.now, stale_days=days)
    else:
        resolving.propose(visit.connection, visit.member, number, _proposal(visit), visit.now)
    return Leave(f"/breaks/{number}?{asked_again(visit, BREAK_LIST, done=done)}")


ROUTES = (
    *list_routes(
        "/reconciliation", DAY_LIST, menu=Menu(MenuGroup.RECONCILIATION, Sentence("对账日历", "Day board"), "r")
    ),
    *list_routes(
        "/breaks",
        BREAK_LIST,
        menu=Menu(MenuGroup.RECONCILIATION, Sentence("对账差错", "Breaks"), "b"),
        template="breaks.html",
        more=_choices,
        do=_many,
    ),
    Route("/breaks/{case_no}", _case, _decide),
)
