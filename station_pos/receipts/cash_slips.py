"""Papers about cash: X and Z report, pouches both ways, cash in and out.

A Z report is a signed statement. All its figures stand in the record that closed the day, so that it reads the same
whenever it is composed; the paper itself is kept with its print job, and a copy is that paper with a mark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.cash import (
    CashMoved,
    CloseVerdict,
    DayClosed,
    NoteLine,
    PouchAccepted,
    PouchCancelled,
    PouchSealed,
    TrialIssued,
    notes_fen,
)
from station_journal.facts.disputes import DisputeAbout
from station_journal.money import format_yuan, uppercase_rmb
from station_journal.rules.case import DisputedThing, number_of_case, thing_key
from station_journal.rules.cash import CASH_BOOK_KEY, CashBook, CashCount, ZStatement
from station_journal.rules.pouches import IncomingPouch, OutgoingPouch
from station_journal.seal import head_on_paper
from station_pos.config import ZONE
from station_pos.receipts.cash_wording import REASONS, TEXT, kind_name, signed
from station_pos.receipts.copies import copy_mark
from station_pos.receipts.paper import Barcode, Cut, Feed, Item, Pair, Paper, Rule, Text
from station_pos.receipts.slip_facts import Slip, SlipFacts
from station_pos.receipts.wording import TEXT as RECEIPT_TEXT
from station_pos.text import either

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from station_journal.facts.cash import CashLine, ServiceCash
    from station_journal.records import Fact


def z_slip(facts: SlipFacts) -> Slip:
    """Compose a Z report in its two copies, one to keep and one for the register book."""
    fact = facts.record.fact
    assert isinstance(fact, DayClosed)  # noqa: S101  registered for this kind
    title = TEXT("z_title", number=f"{fact.z_no:04d}")
    statement = facts.books.subject(ZStatement, f"{fact.z_no:08d}")
    count = facts.books.subject(CashCount, str(fact.count_seq))
    counted_fen = count.counted_fen if count else fact.expected_fen
    difference_fen = counted_fen - fact.expected_fen
    after_seq = statement.after_seq if statement else 0
    items = [*_heading(title, facts), *_range(after_seq + 1, fact.count_seq), Rule()]
    items += [*_movements(fact.opening_fen, fact.cash, fact.expected_fen), Rule()]
    if count:
        items += [*_notes(count.notes, count.coins_fen)]
    items += [
        Pair(TEXT("counted"), format_yuan(counted_fen)),
        Pair(TEXT("difference"), signed(difference_fen), bold=True),
        Text(TEXT(_verdict(fact.verdict, difference_fen))),
        *_case_number(facts),
        Rule(),
        *_services(fact.services, facts),
        Pair(TEXT("pending"), TEXT("pending_count", count=fact.pending_count)),
        Text(TEXT("signature")),
        *_ending(facts),
    ]
    return Slip(Paper((*items, *items)), title, counted_fen)


def _case_number(facts: SlipFacts) -> list[Item]:
    """Give the number under which the difference is in dispute, if it is."""
    thing = facts.books.subject(DisputedThing, thing_key(DisputeAbout.CLOSE, facts.seq))
    return [Pair(TEXT("case"), number_of_case(thing.case_no), bold=True)] if thing else []


def _verdict(verdict: CloseVerdict, difference_fen: int) -> str:
    if verdict is CloseVerdict.DISPUTED:
        return "disputed"
    return "agreed" if difference_fen else "no_difference"


def x_slip(facts: SlipFacts) -> Slip:
    """Compose an X report: the figures that a Z report would have now, marked as no close."""
    fact = facts.record.fact
    assert isinstance(fact, TrialIssued)  # noqa: S101  registered for this kind
    book = facts.books.subject(CashBook, CASH_BOOK_KEY) or CashBook()
    items = [*_heading(TEXT("x_title"), facts), *_range(book.cut_seq + 1, facts.seq - 1), Rule()]
    items += [*_movements(fact.opening_fen, fact.cash, fact.expected_fen), Rule()]
    items += [*_services(fact.services, facts), Pair(TEXT("pending"), TEXT("pending_count", count=fact.pending_count))]
    return Slip(Paper((*items, *_ending(facts))), TEXT("x_title"), fact.expected_fen)


def _heading(title: str, facts: SlipFacts) -> list[Item]:
    items: list[Item] = [Text(title, "centre", size=(1, 2), bold=True)]
    if facts.copy_no:
        items.append(copy_mark(facts.copy_no))
    items += [Text(text, "centre") for text in (facts.issuer.station_name, facts.issuer.branch) if text]
    made_at = facts.record.recorded_at.astimezone(ZONE)
    return [
        *items,
        Pair(RECEIPT_TEXT("institution"), facts.issuer.station_code),
        Pair(TEXT("business_date"), facts.record.business_date.isoformat()),
        Pair(TEXT("time"), f"{made_at:%Y-%m-%d %H:%M:%S}"),
        Pair(TEXT("operator"), f"{facts.operator_name} ({facts.record.actor.number})"),
    ]


def _range(first: int, last: int) -> list[Item]:
    return [Pair(TEXT("range"), TEXT("from_to", first=first, last=last))]


def _movements(opening_fen: int, lines: Iterable[CashLine], expected_fen: int) -> list[Item]:
    items: list[Item] = [Pair(TEXT("opening"), format_yuan(opening_fen))]
    for line in lines:
        name = TEXT("line", name=kind_name(line.kind), count=line.entry_count)
        if line.in_fen:
            items.append(Pair(name, signed(line.in_fen)))
        if line.out_fen:
            items.append(Pair(name if not line.in_fen else "", signed(-line.out_fen)))
    return [*items, Pair(TEXT("expected"), format_yuan(expected_fen), bold=True)]


def _services(services: Iterable[ServiceCash], facts: SlipFacts) -> list[Item]:
    hash_now = facts.books.standing().tariff_hash
    tariff = facts.books.tariff(hash_now) if hash_now else None
    items: list[Item] = []
    for one in services:
        product = tariff.product(one.product_code) if tariff else None
        name = either(product.name, product.name_en) if product else str(one.product_code)
        items.append(Pair("  " + TEXT("line", name=name, count=one.item_count), format_yuan(one.total_fen)))
    return [Text(TEXT("services")), *items] if items else []


def _notes(notes: Iterable[NoteLine], coins_fen: int) -> list[Item]:
    """Compose the lines as they were stated, each with its sum."""
    items: list[Item] = [
        Pair(
            TEXT("note", face=format_yuan(line.face_fen).removesuffix(".00"), pieces=line.pieces),
            format_yuan(line.face_fen * line.pieces),
        )
        for line in notes
        if line.pieces
    ]
    return [*items, Pair(TEXT("coins"), format_yuan(coins_fen))] if coins_fen else items


def _ending(facts: SlipFacts) -> list[Item]:
    return [Text(TEXT("head", head=head_on_paper(facts.head)), "centre"), Feed(3), Cut()]


def _amount(amount_fen: int) -> list[Item]:
    return [
        Text(TEXT("amount", yuan=format_yuan(amount_fen)), size=(2, 2), bold=True),
        Text(uppercase_rmb(amount_fen)),
    ]


def _both_sign() -> tuple[Item, Item]:
    """Give a row for each signature: two in one row would break in the middle of the second."""
    return Text(TEXT("handed_over")), Text(TEXT("taken_over"))


def pouch_slip(facts: SlipFacts) -> Slip:
    """Compose the two copies that go with a sealed pouch: one inside it, one at the shop; both from one record."""
    fact = facts.record.fact
    assert isinstance(fact, PouchSealed)  # noqa: S101  registered for this kind
    amount_fen = notes_fen(fact.notes, fact.coins_fen)
    items: list[Item] = []
    for number in (1, 2):
        items += [*_heading(TEXT("pouch_title"), facts), Text(TEXT("for_pouch", number=number), "centre"), Rule()]
        items += [Pair(TEXT("label"), fact.label), Barcode(fact.label), *_notes(fact.notes, fact.coins_fen), Rule()]
        items += [*_amount(amount_fen), *_both_sign(), *_ending(facts)]
    return Slip(Paper(tuple(items)), TEXT("pouch_title"), amount_fen)


def cancel_slip(facts: SlipFacts) -> Slip:
    """Compose the slip of a pouch that was opened again: the lines and the sum of the one that sealed it."""
    fact = facts.record.fact
    assert isinstance(fact, PouchCancelled)  # noqa: S101  registered for this kind
    pouch = facts.books.subject(OutgoingPouch, fact.label)
    notes, coins_fen = (pouch.notes, pouch.coins_fen) if pouch else ((), 0)
    amount_fen = notes_fen(notes, coins_fen)
    items = [*_heading(TEXT("cancel_title"), facts), Rule(), Pair(TEXT("label"), fact.label)]
    items += [*_notes(notes, coins_fen), Rule(), *_amount(amount_fen), Text(TEXT("back"))]
    return Slip(Paper((*items, Text(TEXT("signature")), *_ending(facts))), TEXT("cancel_title"), amount_fen)


def accept_slip(facts: SlipFacts) -> Slip:
    """Compose the receipt for a pouch from the branch."""
    fact = facts.record.fact
    assert isinstance(fact, PouchAccepted)  # noqa: S101  registered for this kind
    pouch = facts.books.subject(IncomingPouch, fact.label)
    stated_fen = pouch.amount_fen if pouch else 0
    items = [*_heading(TEXT("accept_title"), facts), Rule(), Pair(TEXT("label"), fact.label)]
    items += [Pair(TEXT("stated"), format_yuan(stated_fen)), Rule(), *_amount(fact.counted_fen)]
    if fact.counted_fen != stated_fen:
        items += [Pair(TEXT("difference"), signed(fact.counted_fen - stated_fen)), Text(TEXT("differs"))]
    items += [Pair(TEXT("entry"), str(facts.seq)), *_both_sign(), *_ending(facts)]
    return Slip(Paper(tuple(items)), TEXT("accept_title"), fact.counted_fen)


def move_slip(facts: SlipFacts) -> Slip:
    """Compose the slip for cash of the shop's own that went in or out."""
    fact = facts.record.fact
    assert isinstance(fact, CashMoved)  # noqa: S101  registered for this kind
    items = [*_heading(TEXT("move_title"), facts), Rule(), Pair(TEXT("reason"), REASONS(str(int(fact.reason))))]
    change_fen = fact.amount_fen if fact.reason.brings_in else -fact.amount_fen
    items += [*_amount(fact.amount_fen), Pair(TEXT("difference"), signed(change_fen)), Text(TEXT("signature"))]
    return Slip(Paper((*items, *_ending(facts))), TEXT("move_title"), fact.amount_fen)


SLIPS: dict[type[Fact], Callable[[SlipFacts], Slip]] = {
    DayClosed: z_slip,
    TrialIssued: x_slip,
    PouchSealed: pouch_slip,
    PouchCancelled: cancel_slip,
    PouchAccepted: accept_slip,
    CashMoved: move_slip,
}
FROZEN = (DayClosed, TrialIssued, PouchSealed, PouchCancelled, PouchAccepted)
