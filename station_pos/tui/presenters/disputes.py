"""更正与争议 in words: what HQ proposes with its evidence, the ways to answer, and where each case stands.

Nothing is said to be anybody's fault before a finding: until then a difference is unexplained and owed by nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.disputes import CitedSide, DisputeAbout, DisputeGround, FindingCause
from station_journal.fields import NO_DAY
from station_journal.money import format_yuan
from station_journal.rules.case import OPEN_CASES, CaseState, DisputeCase, number_of_case, number_of_correction
from station_journal.rules.disputes import Correction, CorrectionState
from station_pos.receipts.dispute_words import ABOUT, BOOKS, CAUSES, GROUNDS, REASONS
from station_pos.text import Catalogue
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, cut, plain, rule, table_row, wrap
from station_pos.tui.presenters.lists import PAGE_ROWS, Place, marker, on_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from station_pos.services.disputes import Disputes, Evidence

TEXT = Catalogue(
    {
        "title": (" 更正与争议", " Corrections and disputes"),
        "columns": (
            "    号      日期   事由          金额       状态",
            "    No.     date   about         sum        state",
        ),
        "none": ("   总部没有提议更正, 也没有争议", "   HQ proposes no correction, and nothing is in dispute"),
        "keys": ("Enter 或 *n 打开   Esc 回", "Enter or *n opens   Esc back"),
        "proposed": ("待您答复", "your answer"),
        "asked": ("已问总部, 待您答复", "asked; your answer"),
        "accepted": ("已认可", "accepted"),
        "unexplained": ("争议中, 原因未查明", "disputed, unexplained"),
        "withdrawn": ("不再争议, 等总部了结", "withdrawn; HQ closes it"),
        "ruled": ("已裁定", "ruled"),
        "ruled_unread": ("已裁定, 请看", "ruled: please read"),
        "late": ("总部答复已逾期", "HQ's answer is late"),
        "title_correction": (" 更正 {number}   {state}", " Correction {number}   {state}"),
        "book": ("   账目   {book}", "   Book      {book}"),
        "less": (
            "   原数   {old}   总部提议改为 {new}   认可则您少 {fen}",
            "   Figure    {old}   HQ proposes {new}   accepted: {fen} less for you",
        ),
        "more": (
            "   原数   {old}   总部提议改为 {new}   认可则您多 {fen}",
            "   Figure    {old}   HQ proposes {new}   accepted: {fen} more for you",
        ),
        "reason": ("   原因   {reason}", "   Reason    {reason}"),
        "cited": ("   所涉   {side} {seq} 号记录", "   Record    {side} {seq}"),
        "side_1": ("本站", "station"),
        "side_2": ("总部", "HQ"),
        "evidence": ("   证据   {title}   {where}", "   Evidence  {title}   {where}"),
        "here": ("已到, 按 Enter 看", "here: Enter shows it"),
        "coming": ("还在路上, 联网后自动到", "on its way; it comes with the link"),
        "by": ("   提议   {maker}   审批 {approver}", "   By        {maker}, approved by {approver}"),
        "third": ("   记录较久, 另由 {signer} 签批", "   The record is old: {signer} signed too"),
        "nothing_owed": (
            "   您认可之前, 或有依据的裁定之前: 不算欠款, 不扣额度和酬金, 不停任何业务",
            "   Until you accept or a ruling with a finding stands, nothing is owed or taken",
        ),
        "keys_correction": (
            "+ 认可   - 不认可提争议   *1 先问   Enter 看证据   Esc 回",
            "+ accept   - dispute   *1 ask   Enter evidence   Esc back",
        ),
        "keys_closed": ("Enter 看证据   Esc 回", "Enter evidence   Esc back"),
        "accept_1": (
            "   认可后: {book}按 {change} 记账, 打印答复单。站主签认才算",
            "   If accepted: {change} is booked to {book}; the owner signs with the PIN",
        ),
        "ask_pin": ("   PIN {name} > ", "   PIN {name} > "),
        "keys_pin": ("Enter 签认并打印   Esc 不认可了, 回去", "Enter signs and prints   Esc goes back"),
        "title_dispute": (" 提争议: {what}", " Dispute: {what}"),
        "title_ask": (" 先问清楚: {what}", " Ask first: {what}"),
        "ground": ("   {number} {ground}", "   {number} {ground}"),
        "prompt_ground": ("   理由 > ", "   Ground > "),
        "keys_ground": ("数字 Enter 选理由   Enter 不填   Esc 回", "Figure Enter chooses   Enter none   Esc back"),
        "of_record": ("{side}记录 {seq}", "{side} record {seq}"),
        "title_case": (" 争议 {number}   {state}", " Dispute {number}   {state}"),
        "about": ("   事由   {about}   所涉记录 {seq}", "   About     {about}, record {seq}"),
        "of_correction": ("{about} {number}", "{about} {number}"),
        "sum": ("   金额   {sum}", "   Sum       {sum}"),
        "said": ("   理由   {ground}   {note}", "   Ground    {ground}   {note}"),
        "not_heard": ("   总部   还没有登记 (联网后自动)", "   HQ        has not heard of it yet; it will by itself"),
        "owner": ("   总部   {owner} 负责, {day} 前答复", "   HQ        {owner} looks into it, answer by {day}"),
        "owner_late": (
            "   总部   {owner} 负责, 应 {day} 前答复, 已逾期",
            "   HQ        {owner} looks into it; the answer was due {day} and is late",
        ),
        "answer": ("   答复   {answer}", "   Answer    {answer}"),
        "cause": ("   查明   {cause}", "   Found     {cause}"),
        "finding": ("   依据   {finding}", "   Finding   {finding}"),
        "stands": (
            "   结果   成立 {stands}, 其余 {back} 由总部承担",
            "   Result    {stands} stands; HQ bears {back}",
        ),
        "awarded": ("   结果   补给站点 {award}", "   Result    {award} is given to the station"),
        "no_sum": ("   结果   不动账", "   Result    no figure changes"),
        "found_by": ("   查明人 {maker}   复核人 {approver}", "   Found by {maker}, reviewed by {approver}"),
        "keys_open_correction": (
            "*1 补充   - 不再争议   Enter 看更正   Esc 回",
            "*1 note   - disputes no longer   Enter correction   Esc back",
        ),
        "keys_open": ("*1 补充说明   - 不再争议   Esc 回", "*1 adds a note   - disputes no longer   Esc back"),
        "keys_asked": ("*1 补充说明   + 回到这笔更正   Esc 回", "*1 adds a note   + the correction   Esc back"),
        "keys_unread": ("+ 看过, 打印裁定书   Enter 看证据   Esc 回", "+ read, prints it   Enter evidence   Esc back"),
        "keys_read": ("Enter 看证据   F7 补打裁定书   Esc 回", "Enter evidence   F7 prints a copy   Esc back"),
        "prompt_note": ("   说明 > ", "   Note > "),
        "keys_note": ("Enter 记入并打印   Esc 不记", "Enter records and prints   Esc drops"),
        "title_evidence": (" 证据: {title}   {page}/{pages}", " Evidence: {title}   {page}/{pages}"),
        "not_text": (
            "   这份证据不是文字, 屏上显示不了; 导出 (F9) 里有原件",
            "   This evidence is no text; the export (F9) holds it as it is",
        ),
        "keys_evidence": ("PgDn PgUp 翻页   Esc 回", "PgDn PgUp turn   Esc back"),
        "prompt": (" > ", " > "),
        "done_dispute": (
            "争议号 {number}, 凭条在打印。总部 5 个工作日内答复",
            "Dispute {number}; the slip prints. HQ answers within 5 working days",
        ),
        "done_accept": ("已认可并记账, 答复单在打印", "Accepted and booked; the slip prints"),
        "done_note": ("已记入 {number}, 凭条在打印", "Recorded in {number}; the slip prints"),
        "evidence_first": (
            "证据还没到, 先不要认可; 可以先问或提争议",
            "The evidence is not here yet: ask or dispute, but do not accept unseen",
        ),
        "owner_only": ("认可要由站主签认; 您可以先问或提争议", "Only the owner accepts; you may ask or dispute"),
    }
)
GROUND_ORDER = tuple(DisputeGround)[1:]
"""The grounds as the screen numbers them."""
_TEXT_COLUMNS = 66
Entry = Correction | DisputeCase


def signed(fen: int) -> str:
    """Write a sum with its sign."""
    return ("+" if fen > 0 else "") + format_yuan(fen)


def entries_of(corrections: Sequence[Correction], cases: Sequence[DisputeCase]) -> tuple[Entry, ...]:
    """Put together what is listed: what waits for the station first; a correction and its case are one line."""
    open_corrections = {one.correction_no for one in corrections if one.state is CorrectionState.PROPOSED}
    listed: list[Entry] = [one for one in corrections if one.state is CorrectionState.PROPOSED or not one.case_no]
    listed += [one for one in cases if one.correction_no not in open_corrections]
    return tuple(sorted(listed, key=_rank))


def _rank(entry: Entry) -> tuple[int, int]:
    if isinstance(entry, Correction):
        return (0 if entry.state is CorrectionState.PROPOSED else 3), -entry.proposed_seq
    if entry.state is CaseState.RULED and not entry.read_seq:
        return 1, -entry.case_no
    return (2 if entry.state in OPEN_CASES else 3), -entry.case_no


def correction_state(correction: Correction) -> str:
    """Say where a correction stands."""
    if correction.state is CorrectionState.PROPOSED:
        return TEXT("asked" if correction.case_no else "proposed")
    keys = {CorrectionState.ACCEPTED: "accepted", CorrectionState.RULED: "ruled"}
    return TEXT(keys.get(correction.state, "unexplained"))


def case_state(case: DisputeCase, today: date) -> str:
    """Say where a case stands; before a ruling it is unexplained, whoever it is about."""
    if case.state is CaseState.RULED:
        return TEXT("ruled" if case.read_seq else "ruled_unread")
    if case.state is CaseState.ACCEPTED:
        return TEXT("accepted")
    if case.overdue(today):
        return TEXT("late")
    if case.withdrawn_seq:
        return TEXT("withdrawn")
    return TEXT("unexplained" if case.state is CaseState.DISPUTED else "asked")


def list_view(entries: Sequence[Entry], place: Place, today: date) -> View:
    """Give a page of what HQ proposes and what is in dispute."""
    rows = [_row(number, one, place, today) for number, one in enumerate(on_page(entries, place), 1)]
    shown = rows or [Line(TEXT("none"))]
    return View(
        above=(Line(TEXT("title"), Tone.STRONG), rule(), Line(TEXT("columns"), Tone.QUIET)),
        prompt=TEXT("prompt"),
        below=(*shown, *([BLANK] * (PAGE_ROWS - len(shown))), rule(), Line(TEXT("nothing_owed"), Tone.QUIET)),
        keys=TEXT("keys"),
    )


def _row(number: int, entry: Entry, place: Place, today: date) -> Line:
    if isinstance(entry, Correction):
        cells = (number_of_correction(entry.correction_no), entry.proposed_on, BOOKS(entry.book.name))
        fen, state = entry.change_fen, correction_state(entry)
        waits = entry.state is CorrectionState.PROPOSED
    else:
        cells = (number_of_case(entry.case_no), entry.opened_on, ABOUT(entry.about.name))
        fen, state = entry.amount_fen, case_state(entry, today)
        waits = entry.overdue(today) or (entry.state is CaseState.RULED and not entry.read_seq)
    name, day, about = cells
    text = table_row(((name, 7), (f"{day:%m-%d}", 6), (about, 13), (signed(fen) if fen else "-", -11), (state, 30)))
    return Line(marker(number, place) + text, Tone.ALERT if waits else Tone.NORMAL)


def _wrapped(key: str, name: str, text: str, rows: int) -> list[Line]:
    """Give a long text in at most some rows, the later ones under the first."""
    found = wrap(plain(text), _TEXT_COLUMNS)[:rows] or [""]
    return [Line(TEXT(key, **{name: found[0]})), *(Line(" " * 10 + row) for row in found[1:])]


def _person(disputes: Disputes, staff_no: int) -> str:
    name = plain(disputes.staff_name(staff_no))
    return f"{name} ({staff_no})" if name else str(staff_no)


def _evidence_line(evidence: Evidence) -> Line:
    where = TEXT("here" if evidence.here else "coming")
    return Line(cut(TEXT("evidence", title=plain(evidence.title), where=where), 79))


def correction_lines(correction: Correction, case: DisputeCase | None, disputes: Disputes) -> tuple[Line, ...]:
    """Give all that is known of a correction."""
    number, state = number_of_correction(correction.correction_no), correction_state(correction)
    figures = {"old": format_yuan(correction.old_fen), "new": format_yuan(correction.new_fen)}
    figures["fen"] = format_yuan(abs(correction.change_fen))
    side = TEXT("side_1" if correction.cited_side is CitedSide.STATION else "side_2")
    two = {name: _person(disputes, getattr(correction, f"{name}_no")) for name in ("maker", "approver")}
    third = correction.signer_no and TEXT("third", signer=_person(disputes, correction.signer_no))
    return (
        Line(TEXT("title_correction", number=number, state=state), Tone.STRONG),
        rule(),
        Line(TEXT("book", book=BOOKS(correction.book.name))),
        Line(TEXT("more" if correction.change_fen > 0 else "less", **figures), Tone.STRONG),
        Line(TEXT("reason", reason=REASONS(correction.reason.name))),
        *(Line(" " * 10 + row) for row in wrap(plain(correction.explanation), _TEXT_COLUMNS)[:2]),
        Line(TEXT("cited", side=side, seq=correction.cited_seq)),
        _evidence_line(disputes.evidence(correction.evidence_hash, correction.evidence_title)),
        Line(TEXT("by", **two)),
        *([Line(third)] if third else []),
        *(_wrapped("answer", "answer", case.answer, 2) if case is not None and case.answer else []),
        rule(),
    )


def correction_view(correction: Correction, case: DisputeCase | None, disputes: Disputes) -> View:
    """Give a correction with the ways to answer it."""
    waits = correction.state is CorrectionState.PROPOSED
    return View(
        above=correction_lines(correction, case, disputes),
        prompt=TEXT("prompt"),
        below=(Line(TEXT("nothing_owed")),) if waits else (),
        keys=TEXT("keys_correction" if waits else "keys_closed"),
        recorded=not waits,
    )


def accept_view(correction: Correction, disputes: Disputes, name: str) -> View:
    """Ask for the owner's PIN, with what will be booked."""
    booked = TEXT("accept_1", book=BOOKS(correction.book.name), change=signed(correction.change_fen))
    return View(
        above=correction_lines(correction, None, disputes),
        prompt=TEXT("ask_pin", name=name),
        below=(Line(booked, Tone.STRONG),),
        keys=TEXT("keys_pin"),
        recorded=False,
    )


def ground_view(what: str, *, asks: bool) -> View:
    """Ask for the ground of a dispute or a question; none need be given."""
    title = TEXT("title_ask" if asks else "title_dispute", what=what)
    grounds = [
        Line(TEXT("ground", number=number, ground=GROUNDS(one.name))) for number, one in enumerate(GROUND_ORDER, 1)
    ]
    return View(
        above=(Line(title, Tone.STRONG), rule(), *grounds, rule()),
        prompt=TEXT("prompt_ground"),
        below=(Line(TEXT("nothing_owed")),),
        keys=TEXT("keys_ground"),
        recorded=False,
    )


def record_words(about: DisputeAbout, of_seq: int) -> str:
    """Name a record that is disputed."""
    hqs = about in {DisputeAbout.COMMISSION, DisputeAbout.HQ_RECORD}
    if about in {DisputeAbout.COMMISSION, DisputeAbout.CLOSE}:
        return ABOUT(about.name)
    return TEXT("of_record", side=TEXT("side_2" if hqs else "side_1"), seq=of_seq)


def case_view(case: DisputeCase, disputes: Disputes, today: date, *, notes: bool) -> View:
    """Give a case: what it is about, who looks into it by when, and what was found."""
    title = TEXT("title_case", number=number_of_case(case.case_no), state=case_state(case, today))
    lines = [Line(title, Tone.STRONG), rule()]
    about = ABOUT(case.about.name)
    if case.correction_no:
        about = TEXT("of_correction", about=about, number=number_of_correction(case.correction_no))
    lines.append(Line(TEXT("about", about=about, seq=case.of_seq)))
    if case.amount_fen:
        lines.append(Line(TEXT("sum", sum=signed(case.amount_fen)), Tone.STRONG))
    lines.append(Line(cut(TEXT("said", ground=GROUNDS(case.ground.name), note=plain(case.note)), 79)))
    lines += _clock(case, disputes, today)
    if case.answer:
        lines += _wrapped("answer", "answer", case.answer, 2)
    if case.state is CaseState.RULED:
        lines += _ruling(case, disputes)
    waits = case.state in OPEN_CASES
    return View(
        above=(*lines, rule()),
        prompt=TEXT("prompt_note" if notes else "prompt"),
        below=(Line(TEXT("nothing_owed")),) if waits else (),
        keys=TEXT("keys_note" if notes else _case_keys(case)),
    )


def _case_keys(case: DisputeCase) -> str:
    if case.state is CaseState.RULED:
        return "keys_read" if case.read_seq else "keys_unread"
    if case.state is CaseState.ASKED:
        return "keys_asked"
    if case.state is CaseState.DISPUTED:
        return "keys_open_correction" if case.correction_no else "keys_open"
    return "keys_closed"


def _clock(case: DisputeCase, disputes: Disputes, today: date) -> list[Line]:
    if case.state not in OPEN_CASES:
        return []
    if case.due_on == NO_DAY:
        return [Line(TEXT("not_heard"))]
    late = case.overdue(today)
    figures = {"owner": _person(disputes, case.owner_no), "day": case.due_on.isoformat()}
    return [Line(TEXT("owner_late" if late else "owner", **figures), Tone.ALERT if late else Tone.NORMAL)]


def _ruling(case: DisputeCase, disputes: Disputes) -> list[Line]:
    two = {name: _person(disputes, getattr(case, f"{name}_no")) for name in ("maker", "approver")}
    if case.rests_under:
        back = format_yuan(abs(case.amount_fen) - case.stands_fen)
        result = TEXT("stands", stands=format_yuan(case.stands_fen), back=back)
    else:
        result = TEXT("awarded", award=format_yuan(case.award_fen)) if case.award_fen else TEXT("no_sum")
    return [
        Line(TEXT("cause", cause=CAUSES(FindingCause(case.cause_no).name)), Tone.STRONG),
        *_wrapped("finding", "finding", case.finding, 4),
        Line(result, Tone.STRONG),
        _evidence_line(disputes.evidence(case.evidence_hash, case.evidence_title)),
        Line(TEXT("found_by", **two)),
    ]


def evidence_lines(evidence: Evidence) -> tuple[str, ...]:
    """Break a document into rows of the screen."""
    if evidence.text is None:
        return (TEXT("not_text" if evidence.here else "coming"),)
    return tuple(row for line in evidence.text.splitlines() for row in wrap(plain(line), 76) or [""])


def evidence_view(evidence: Evidence, place: Place) -> View:
    """Give a page of a document."""
    rows = evidence_lines(evidence)
    page, pages = place.page(len(rows))
    title = cut(TEXT("title_evidence", title=plain(evidence.title), page=page, pages=pages), 79)
    shown = [Line("  " + row) for row in on_page(rows, place)]
    return View(
        above=(Line(title, Tone.STRONG), rule(), *shown, *([BLANK] * (PAGE_ROWS - len(shown)))),
        prompt=TEXT("prompt"),
        below=(),
        keys=TEXT("keys_evidence"),
    )
