"""Slips of answers, disputes and rulings: each with its number, and what holds until it is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from station_journal.facts.disputes import (
    CaseNote,
    CaseNoted,
    CorrectionAnswer,
    CorrectionAnswered,
    DisputeRaised,
    FindingCause,
)
from station_journal.money import format_yuan
from station_journal.rules.case import (
    DisputeCase,
    DisputedThing,
    case_key,
    number_of_case,
    number_of_correction,
    thing_key,
)
from station_journal.rules.disputes import Correction
from station_journal.seal import head_on_paper
from station_pos.config import ZONE
from station_pos.receipts.copies import copy_mark
from station_pos.receipts.dispute_words import ABOUT, ANSWERS, BOOKS, CAUSES, GROUNDS, REASONS
from station_pos.receipts.paper import Cut, Feed, Item, Pair, Paper, Rule, Text
from station_pos.receipts.slip_facts import Slip
from station_pos.receipts.wording import TEXT as COMMON
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Fact
    from station_pos.receipts.slip_facts import SlipFacts

_HASH_BYTES = 8
TEXT = Catalogue(
    {
        "answer_title": ("更正答复单", "ANSWER TO A CORRECTION"),
        "dispute_title": ("争议受理单", "DISPUTE"),
        "note_title": ("争议补充单", "NOTE TO A DISPUTE"),
        "ruling_title": ("争议裁定书", "RULING"),
        "case": ("争议号", "Dispute no."),
        "correction": ("更正号", "Correction no."),
        "about": ("事由", "About"),
        "of_record": ("所涉记录", "Record"),
        "entry": ("本单记录号", "This slip's record"),
        "book": ("账目", "Book"),
        "old": ("原数", "As it stands"),
        "new": ("总部提议改为", "As HQ proposes"),
        "change": ("差额", "Difference"),
        "reason": ("总部的原因", "HQ's reason"),
        "evidence": ("证据", "Evidence"),
        "answer": ("站点答复", "Answer"),
        "ground": ("理由", "Ground"),
        "note": ("说明", "In own words"),
        "promise": (
            "原因未查明。裁定前不算欠款, 不扣额度和酬金, 照常营业和日终。总部 5 个工作日内答复。",
            "Unexplained. Until a ruling nothing is owed or taken; go on selling. HQ answers in 5 working days.",
        ),
        "accepted": (
            "按此数记账。改主意请按争议提出。",
            "Booked as stated. If it turns out wrong, raise a dispute.",
        ),
        "withdrawn": ("站点不再争议; 由总部裁定了结。", "The station disputes it no longer; HQ closes it by a ruling."),
        "cause": ("查明的原因", "Cause found"),
        "finding": ("查明: {finding}", "Finding: {finding}"),
        "stands": ("成立", "Stands"),
        "given_back": ("其余由总部承担", "HQ bears the rest"),
        "award": ("补给站点", "Awarded"),
        "ruled_on": ("裁定日期", "Ruled on"),
        "two": ("查明人 工号 {maker}, 复核人 工号 {approver}", "Found by staff {maker}, reviewed by staff {approver}"),
        "proposed_by": ("提议 工号 {maker}, 审批 工号 {approver}", "By staff {maker}, approved by staff {approver}"),
        "disagree": (
            "对裁定不服, 可对这条裁定记录再提争议。",
            "If you do not agree, dispute the record of this ruling.",
        ),
        "signature": ("签字 ____________", "Signature ________"),
    }
)


def _signed(fen: int) -> str:
    return ("+" if fen > 0 else "") + format_yuan(fen)


def _head(title: str, facts: SlipFacts) -> list[Item]:
    items: list[Item] = [Text(title, "centre", size=(1, 2), bold=True)]
    if facts.copy_no:
        items.append(copy_mark(facts.copy_no))
    items += [Text(text, "centre") for text in (facts.issuer.station_name, facts.issuer.branch) if text]
    return [*items, Pair(COMMON("institution"), facts.issuer.station_code), Rule()]


def _end(facts: SlipFacts) -> list[Item]:
    made_at = facts.record.recorded_at.astimezone(ZONE)
    return [
        Rule(),
        Pair(COMMON("time"), f"{made_at:%Y-%m-%d %H:%M:%S}"),
        Pair(TEXT("entry"), str(facts.seq)),
        Pair(COMMON("operator"), f"{facts.operator_name} ({facts.record.actor.number})"),
        Text(TEXT("signature")),
        Text(COMMON("head", head=head_on_paper(facts.head)), "centre"),
        Feed(3),
        Cut(),
    ]


def _evidence(title: str, named: bytes) -> list[Item]:
    return [Pair(TEXT("evidence"), title), Pair("", named[:_HASH_BYTES].hex())] if named else []


def _number(case_no: int) -> Item:
    return Text(f"{TEXT('case')} {number_of_case(case_no)}", "centre", size=(2, 2), bold=True)


def _said(ground: str, note: str) -> list[Item]:
    items: list[Item] = [Pair(TEXT("ground"), GROUNDS(ground))]
    return [*items, Pair(TEXT("note"), note)] if note else items


def _correction(correction: Correction) -> list[Item]:
    two = TEXT("proposed_by", maker=correction.maker_no, approver=correction.approver_no)
    return [
        Pair(TEXT("correction"), number_of_correction(correction.correction_no)),
        Pair(TEXT("book"), BOOKS(correction.book.name)),
        Pair(TEXT("of_record"), str(correction.cited_seq)),
        Pair(TEXT("old"), format_yuan(correction.old_fen)),
        Pair(TEXT("new"), format_yuan(correction.new_fen)),
        Pair(TEXT("change"), _signed(correction.change_fen), bold=True),
        Pair(TEXT("reason"), REASONS(correction.reason.name)),
        Text(correction.explanation),
        *_evidence(correction.evidence_title, correction.evidence_hash),
        Text(two),
    ]


def answer_slip(facts: SlipFacts) -> Slip:
    """Compose the slip of an answer; of a question or dispute it carries the case's number and HQ's term."""
    fact = cast("CorrectionAnswered", facts.record.fact)
    correction = facts.books.subject(Correction, case_key(fact.correction_no))
    accepted = fact.answer is CorrectionAnswer.ACCEPTED
    title = TEXT("answer_title" if accepted else "dispute_title")
    items = _head(title, facts)
    if correction is not None and correction.case_no and not accepted:
        items.append(_number(correction.case_no))
    items += [] if correction is None else _correction(correction)
    items += [Rule(), Pair(TEXT("answer"), ANSWERS(fact.answer.name), bold=True)]
    if not accepted:
        items += _said(fact.ground.name, fact.note)
    items.append(Text(TEXT("accepted" if accepted else "promise")))
    amount_fen = abs(correction.change_fen) if correction else 0
    return Slip(Paper((*items, *_end(facts))), title, amount_fen)


def dispute_slip(facts: SlipFacts) -> Slip:
    """Compose the slip of a dispute of anything else."""
    fact = cast("DisputeRaised", facts.record.fact)
    thing = facts.books.subject(DisputedThing, thing_key(fact.about, fact.of_seq))
    items = _head(TEXT("dispute_title"), facts)
    items += [_number(thing.case_no)] if thing else []
    items += [Pair(TEXT("about"), ABOUT(fact.about.name)), Pair(TEXT("of_record"), str(fact.of_seq))]
    items += [Pair(TEXT("change"), format_yuan(fact.amount_fen))] if fact.amount_fen else []
    items += [*_said(fact.ground.name, fact.note), Text(TEXT("promise"))]
    return Slip(Paper((*items, *_end(facts))), TEXT("dispute_title"), fact.amount_fen)


def note_slip(facts: SlipFacts) -> Slip:
    """Compose the slip of what was added to a case; where the ruling was read, the ruling in full."""
    fact = cast("CaseNoted", facts.record.fact)
    case = facts.books.subject(DisputeCase, case_key(fact.case_no))
    ruling = fact.what is CaseNote.RULING_READ
    title = TEXT("ruling_title" if ruling else "note_title")
    items = [*_head(title, facts), _number(fact.case_no)]
    if case is not None:
        items += [Pair(TEXT("about"), ABOUT(case.about.name)), Pair(TEXT("of_record"), str(case.of_seq))]
        items += [Pair(TEXT("change"), _signed(case.amount_fen))] if case.amount_fen else []
    if ruling and case is not None:
        items += [Rule(), *_ruling(case)]
    elif fact.what is CaseNote.WITHDRAWN:
        items.append(Text(TEXT("withdrawn")))
    else:
        items += [Pair(TEXT("note"), fact.note), Text(TEXT("promise"))]
    return Slip(Paper((*items, *_end(facts))), title, abs(case.amount_fen) if case else 0)


def _ruling(case: DisputeCase) -> list[Item]:
    items: list[Item] = [
        Pair(TEXT("ruled_on"), case.ruled_on.isoformat()),
        Pair(TEXT("cause"), CAUSES(FindingCause(case.cause_no).name)),
        Text(TEXT("finding", finding=case.finding)),
        *_evidence(case.evidence_title, case.evidence_hash),
    ]
    if case.rests_under:
        items.append(Pair(TEXT("stands"), format_yuan(case.stands_fen), bold=True))
        items.append(Pair(TEXT("given_back"), format_yuan(abs(case.amount_fen) - case.stands_fen), bold=True))
    elif case.award_fen:
        items.append(Pair(TEXT("award"), format_yuan(case.award_fen), bold=True))
    return [*items, Text(TEXT("two", maker=case.maker_no, approver=case.approver_no)), Text(TEXT("disagree"))]


SLIPS: dict[type[Fact], Callable[[SlipFacts], Slip]] = {
    CorrectionAnswered: answer_slip,
    DisputeRaised: dispute_slip,
    CaseNoted: note_slip,
}
"""Who composes which slip."""
