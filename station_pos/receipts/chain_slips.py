"""The chain behind a record on paper: every step with its date, reference and sum, or that it is not there yet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from station_journal.bought_credit import BoughtCredit, bought_at
from station_journal.chain import ChainRefusedError, read_kept_answer
from station_journal.facts.chain import ChainPrinted
from station_journal.money import format_yuan
from station_journal.own_postings import postings_of, station_seq
from station_journal.rules.grants import Grant, grant_key
from station_journal.rules.withdrawal import Withdrawal, withdrawal_key
from station_journal.seal import head_on_paper
from station_journal.side import Side
from station_pos.config import ZONE
from station_pos.receipts.chain_words import OwnFacts, course_of, own_links, steps, subject_fen
from station_pos.receipts.copies import copy_mark
from station_pos.receipts.paper import Cut, Feed, Item, Pair, Paper, Rule, Text
from station_pos.receipts.slip_facts import Slip
from station_pos.receipts.wording import TEXT as COMMON
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.chain import ChainAnswer
    from station_journal.own_postings import Followed
    from station_journal.records import Fact
    from station_pos.receipts.chain_words import Step
    from station_pos.receipts.slip_facts import SlipFacts

_HASH_BYTES = 8
TEXT = Catalogue(
    {
        "title": ("来龙去脉单", "WHERE IT WENT"),
        "about": ("缴费记录", "Payment, record"),
        "about_withdrawal": ("取款记录", "Withdrawal, record"),
        "about_credit": ("额度记录", "Credit, record"),
        "heard": ("总部所述, 时间 {at}", "As HQ stated it at {at}"),
        "proof": ("总部签名件 {name}", "Signed by HQ: {name}"),
        "alone": ("没有问到总部, 以下只是本站所知", "HQ was not heard; this is what the station knows"),
        "entry": ("本单记录号", "This slip's record"),
        "no_receipt": ("本单是证据, 不是收据。", "This slip is evidence, no receipt."),
    }
)


def chain_slip(facts: SlipFacts) -> Slip:
    """Compose the slip from the record, the payment and HQ's answer that the record names."""
    fact = cast("ChainPrinted", facts.record.fact)
    heard = _heard(facts, fact)
    subject = _subject(facts, fact, heard)
    about = f"{fact.of_seq or f'H{heard.seq if heard else 0}'}"
    items: list[Item] = [Text(TEXT("title"), "centre", size=(1, 2), bold=True)]
    items += [copy_mark(facts.copy_no)] if facts.copy_no else []
    items += [Text(text, "centre") for text in (facts.issuer.station_name, facts.issuer.branch) if text]
    items += [
        Pair(COMMON("institution"), facts.issuer.station_code),
        Pair(TEXT(_ABOUT.get(type(subject), "about")), about),
        Rule(),
    ]
    if subject is not None:
        postings = postings_of(subject, facts.record_of)
        own_seq = station_seq(subject)
        digest = facts.digest_of(own_seq) if own_seq else b""
        own = OwnFacts(facts.issuer.station_code, digest, None, None, None, postings)
        for step in steps(own_links(subject, own), heard, course_of(subject), tells_held=False):
            items += _step(step)
    items.append(Rule())
    if heard is None:
        items.append(Text(TEXT("alone")))
    else:
        items.append(Text(TEXT("heard", at=_moment(datetime.fromtimestamp(heard.answered_at, UTC)))))
        items.append(Text(TEXT("proof", name=fact.answer_hash[:_HASH_BYTES].hex())))
    items += [
        Text(TEXT("no_receipt")),
        Pair(COMMON("time"), _moment(facts.record.recorded_at)),
        Pair(TEXT("entry"), str(facts.seq)),
        Pair(COMMON("operator"), f"{facts.operator_name} ({facts.record.actor.number})"),
        Text(COMMON("head", head=head_on_paper(facts.head)), "centre"),
        Feed(3),
        Cut(),
    ]
    return Slip(Paper(tuple(items)), TEXT("title"), subject_fen(subject) if subject else 0)


_ABOUT = {Withdrawal: "about_withdrawal", BoughtCredit: "about_credit"}


def _subject(facts: SlipFacts, fact: ChainPrinted, heard: ChainAnswer | None) -> Followed | None:
    """Find what the paper is about: a record of the station's, or the one of HQ's that its answer names."""
    if fact.of_seq:
        side, seq = Side.STATION, fact.of_seq
        found = facts.books.payment(seq) or facts.books.subject(Withdrawal, withdrawal_key(seq).key)
        if found is not None:
            return found
    elif heard is not None:
        side, seq = heard.side, heard.seq
    else:
        return None

    def grant_of(grant_no: int) -> Grant | None:
        return facts.books.subject(Grant, grant_key(grant_no))

    return bought_at(side, seq, facts.record_of(side, seq), grant_of)


def _heard(facts: SlipFacts, fact: ChainPrinted) -> ChainAnswer | None:
    """Read HQ's answer; it was checked before the record named it."""
    document = facts.document_of(fact.answer_hash) if fact.answer_hash else None
    if document is None:
        return None
    try:
        return read_kept_answer(document)
    except ChainRefusedError:
        return None


def _moment(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"


def _step(step: Step) -> list[Item]:
    fen = "" if step.amount_fen is None else format_yuan(step.amount_fen)
    day = f" {step.on:%Y-%m-%d}" if step.on else ""
    items: list[Item] = [Pair(f"{step.name}{day}", fen, bold=step.there)]
    items += [Text(f" {step.reference}")] if step.reference else []
    return [*items, Text(f" {step.said}")]


SLIPS: dict[type[Fact], Callable[[SlipFacts], Slip]] = {ChainPrinted: chain_slip}
FROZEN: frozenset[type[Fact]] = frozenset({ChainPrinted})
"""It says what was known when it was printed: a copy is the stored paper."""
