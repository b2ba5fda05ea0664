"""Pages of corrections, disputes and known faults: what is proposed, who looks into what, what was found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from hq_server.console.form_fields import fen_of
from hq_server.console.listed import asked_again, exported, list_page, list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Download, Leave, Page, Route, Shown, Visit
from hq_server.disputes import cases, corrections, rulings
from hq_server.disputes.lists import CASE_LIST, CORRECTION_LIST, is_case
from hq_server.faults import board
from hq_server.faults.lists import FAULT_LIST
from hq_server.faults.predicates import Predicate, read_rule
from hq_server.listing import neighbours
from hq_server.reference.evidence import evidence_paper
from hq_server.reference.staff import Role
from hq_server.reference.stations import station_codes
from hq_server.reference.working_days import business_date_of
from hq_server.statements.record_wording import VALUES, worded
from hq_server.wording import RefusedError, Sentence
from station_journal.evidence_paper import EVIDENCE_BYTES_MAX, TEXT_TYPE, TITLE_MAX, EvidencePaper
from station_journal.facts.disputes import CitedSide, CorrectedBook, CorrectionReason, FindingCause
from station_journal.rules.case import CaseState, number_of_case

_READERS = frozenset({Role.ECOM, Role.FINANCE, Role.SUPERVISION, Role.BUREAU_ADMIN, Role.AUDITOR})
"""Who decides on evidence, and who watches that."""
_UPLOAD_BYTES_MAX = EVIDENCE_BYTES_MAX + 64 * 1024


def _choice(visit: Visit, name: str, choices: Any) -> Any:  # noqa: ANN401 - an enumeration and a member of it
    chosen = choices.__members__.get(visit.form.get(name, ""))
    if chosen is None:
        raise RefusedError("form", "表单不完整, 请重新填写", "the form is not complete: fill it in again")
    return chosen


def _sum(form: Mapping[str, str], name: str) -> int:
    """Read a sum that may be left out, which means nothing at all."""
    return fen_of(form.get(name, "").strip() or "0", signed=True)


def _paper(visit: Visit) -> EvidencePaper:
    """Take the evidence from the file that came, else from what was typed.

    Raises:
        RefusedError: neither is there.
    """
    title = visit.form.get("title", "").strip()
    if visit.upload is not None and visit.upload.data:
        try:
            visit.upload.data.decode()
            media_type = TEXT_TYPE
        except UnicodeDecodeError:
            media_type = "application/octet-stream"
        return EvidencePaper((title or visit.upload.name)[:TITLE_MAX], media_type, visit.upload.data)
    typed = visit.form.get("evidence", "").strip()
    if not typed or not title:
        raise RefusedError(
            "evidence", "请附上证据文件, 或写明证据和名称", "attach the evidence, or write it with a title"
        )
    return EvidencePaper(title[:TITLE_MAX], TEXT_TYPE, typed.encode())


def _words(visit: Visit) -> dict[str, Any]:
    return {"words": lambda name: worded(VALUES, name).said_in(visit.language)}


def _corrections(visit: Visit) -> Shown:
    values = {
        "list": list_page(visit, CORRECTION_LIST),
        "codes": station_codes(visit.connection),
        "books": list(CorrectedBook.__members__),
        "reasons": list(CorrectionReason.__members__),
    }
    return Page("corrections.html", {**values, **_words(visit)})


def _decide_correction(visit: Visit) -> Shown:
    deed = visit.deed("propose", "approve", "withdraw", "sign", "refuse")
    form, connection, now = visit.form, visit.connection, visit.now
    code = form.get("station_code", "").strip().upper()
    if deed == "propose":
        draft = corrections.Draft(
            book=_choice(visit, "book", CorrectedBook),
            cited_side=_choice(visit, "cited_side", CitedSide),
            cited_seq=visit.whole_number("cited_seq"),
            reason=_choice(visit, "reason", CorrectionReason),
            explanation=form.get("explanation", ""),
            old_fen=_sum(form, "old"),
            new_fen=_sum(form, "new"),
        )
        stale_days = visit.desk.correction_stale_days
        corrections.propose(connection, visit.member, code, draft, _paper(visit), now, stale_days=stale_days)
        return Leave("/corrections?done=proposed")
    number = visit.whole_number("correction_no")
    if deed == "approve":
        corrections.approve(connection, visit.desk.journal, visit.member, code, number, now)
        return Leave("/corrections?done=approved")
    if deed == "withdraw":
        corrections.withdraw(connection, visit.member, code, number, now)
        return Leave("/corrections?done=withdrawn")
    if deed == "sign":
        corrections.sign_stale(connection, visit.member, code, number, form.get("why", ""), now)
        return Leave("/corrections?done=approved")
    corrections.refuse(connection, visit.member, code, number, form.get("why", ""), now)
    return Leave("/corrections?done=refused")


def _which(visit: Visit) -> tuple[str, int]:
    """Read which case the address names; what is no number is none."""
    text = str(visit.path["no"])
    number = int(text) if text.isascii() and text.isdigit() and len(text) < len(str(10**9)) else 0
    return str(visit.path["code"]).upper(), number


def _case(visit: Visit) -> Shown:
    code, number = _which(visit)
    row = cases.find_case(visit.connection, code, number)
    today = business_date_of(visit.now)
    correction = cases.correction_of(visit.connection, row)
    before, after = neighbours(visit.connection, CASE_LIST, visit.query, is_case(code, number))
    values = {
        "list": list_page(visit, CASE_LIST),
        "before": before and f"/disputes/{quote(before['code'])}/{before['no']}",
        "after": after and f"/disputes/{quote(after['code'])}/{after['no']}",
        "row": row,
        "case": row.case,
        "number": number_of_case(row.case.case_no),
        "number_only": row.case.case_no,
        "late": row.overdue(today),
        "correction": correction,
        "of_side": row.case.about.side.value,
        "cited_side": correction.cited_side.side.value if correction else "",
        "may_read": visit.member.role in _READERS,
        "rulings": rulings.rulings_of(visit.connection, code, number),
        "is_open": row.case.state in {CaseState.ASKED, CaseState.DISPUTED},
        "is_disputed": row.case.state is CaseState.DISPUTED,
        "causes": list(FindingCause.__members__),
        "cause": FindingCause(row.case.cause_no).name if row.case.cause_no else "",
    }
    return Page("dispute.html", {**values, **_words(visit)})


def _decide_case(visit: Visit) -> Shown:
    deed = visit.deed("give", "answer", "rule", "approve", "withdraw", "refuse")
    form, connection, now = visit.form, visit.connection, visit.now
    code, number = _which(visit)
    where = (connection, visit.desk.journal, visit.member, code, number)
    if deed == "give":
        cases.give_to(*where, visit.whole_number("owner_no"), now)
    elif deed == "answer":
        cases.answer(*where, form.get("answer", ""), now)
    elif deed == "rule":
        cause = _choice(visit, "cause", FindingCause)
        finding = rulings.Finding(
            cause,
            form.get("finding", ""),
            _sum(form, "stands"),
            _sum(form, "award"),
        )
        rulings.propose(connection, visit.member, code, number, finding, _paper(visit), now)
    elif deed == "approve":
        rulings.approve(*where, now)
    elif deed == "withdraw":
        rulings.withdraw(connection, visit.member, code, number, now)
    else:
        rulings.refuse(connection, visit.member, code, number, form.get("why", ""), now)
    return Leave(f"/disputes/{code}/{number}?{asked_again(visit, CASE_LIST, done=deed)}")


def _evidence(visit: Visit) -> Shown:
    """Hand out a document as the station has it, to be read before anybody decides on it."""
    paper = evidence_paper(visit.connection, str(visit.path["code"]), str(visit.path["hash"]))
    is_text = paper.media_type == TEXT_TYPE
    name = paper.title if not is_text or paper.title.lower().endswith(".txt") else f"{paper.title}.txt"
    return Download(name, "text/plain; charset=utf-8" if is_text else "application/octet-stream", paper.content)


def _faults(_visit: Visit) -> dict[str, Any]:
    return {"predicates": list(Predicate.__members__)}


def _decide_fault(visit: Visit) -> Shown:
    deed, form = visit.deed("enter", "end"), visit.form
    if deed == "end":
        remedy = (form.get("remedy", ""), form.get("remedy_en", ""))
        board.end_fault(visit.connection, visit.member, visit.whole_number("fault_no"), remedy, visit.now)
        return Leave("/faults?done=ended")
    try:
        parameters = json.loads(form.get("parameters", ""))
        since = datetime.strptime(form.get("since", ""), "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except (ValueError, RecursionError) as error:
        raise RefusedError("rule", "规则参数或日期不对", "the parameters or the date are wrong") from error
    rule = read_rule(form.get("predicate", ""), parameters if isinstance(parameters, dict) else {"": ""})
    words = board.FaultWords(*(form.get(name, "") for name in board.FaultWords._fields))
    board.enter_fault(visit.connection, visit.member, rule, words, since, visit.now)
    return Leave("/faults?done=entered")


ROUTES = (
    Route("/corrections.xlsx", lambda visit: exported(visit, CORRECTION_LIST, visit.query)),
    Route(
        "/corrections",
        _corrections,
        _decide_correction,
        Menu(MenuGroup.CASES, Sentence("更正", "Corrections"), "o"),
        upload_bytes_max=_UPLOAD_BYTES_MAX,
    ),
    *list_routes(
        "/disputes",
        CASE_LIST,
        menu=Menu(MenuGroup.CASES, Sentence("争议", "Disputes"), "d"),
        template="disputes.html",
    ),
    Route("/evidence/{code}/{hash}", _evidence, readers=_READERS),
    Route("/disputes/{code}/{no}", _case, _decide_case, upload_bytes_max=_UPLOAD_BYTES_MAX),
    *list_routes(
        "/faults",
        FAULT_LIST,
        menu=Menu(MenuGroup.CASES, Sentence("已知问题", "Known faults"), "l"),
        template="faults.html",
        more=_faults,
        do=_decide_fault,
    ),
)
