"""Papers about parcels: receipt for cash on delivery, for an accepted item, and handover slips in two copies.

Masking by GB/T 41833-2022: names as the journal has them, of a phone no more than a label shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.parcels import (
    CodReturned,
    ParcelAccepted,
    ParcelsHandedOff,
    ParcelsReceived,
    ParcelsReturned,
    UpliftSigned,
)
from station_journal.money import format_yuan, uppercase_rmb
from station_journal.parcel import Batch, Manifest, Parcel
from station_journal.seal import head_on_paper
from station_pos.config import ZONE
from station_pos.receipts.copies import copy_mark
from station_pos.receipts.paper import Cut, Feed, Item, Pair, Paper, Qr, Rule, Text
from station_pos.receipts.parcel_words import carrier_words
from station_pos.receipts.slip_facts import Slip, SlipFacts
from station_pos.receipts.wording import TEXT as RECEIPT_TEXT
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Fact

TEXT = Catalogue(
    {
        "cod_title": ("代收货款收据", "CASH ON DELIVERY RECEIPT"),
        "cod_back_title": ("代收货款退款凭条", "CASH ON DELIVERY GIVEN BACK"),
        "given_back_sum": ("退还 {yuan}", "GIVEN BACK {yuan}"),
        "cod_back_sentence": (
            "货已退回本站, 货款已全数退还顾客, 不付寄件人。",
            "The item is back here and the whole sum was given back; the sender gets none of it.",
        ),
        "customer_signature": ("顾客签字 __________", "Customer's signature _____"),
        "accept_title": ("收寄凭条", "ACCEPTANCE RECEIPT"),
        "received_title": ("收件交接单", "RECEIVING SLIP"),
        "returned_title": ("退件交接单", "RETURN SLIP"),
        "uplift_title": ("寄件交接单", "UPLIFT SLIP"),
        "waybill": ("运单号", "Waybill"),
        "carrier": ("承运", "Carrier"),
        "sender": ("寄件人", "Sender"),
        "document": ("证件尾号", "Document tail"),
        "inspected": ("已开箱验视", "Content inspected"),
        "collected": ("代收 {yuan}", "COLLECTED {yuan}"),
        "postage": ("资费 {yuan}", "POSTAGE {yuan}"),
        "agent": ("代取人", "Collected by"),
        "our_record": ("本站流水", "Our record"),
        "courier": ("投递员", "Courier"),
        "manifest": ("预报单", "Manifest"),
        "counted": ("共 {count} 件", "{count} items"),
        "shelved": ("收下入架", "Taken in"),
        "missing": ("少件 (到站前)", "Missing (before here)"),
        "damaged": ("外箱破损 (到站前)", "Damaged (before here)"),
        "extra": ("预报外收下", "Kept, not announced"),
        "given_back": ("当场退回", "Given back at once"),
        "agrees": ("与预报相符, 无少件、多件、破损", "As announced: none missing, extra or damaged"),
        "other_manifest": ("预报单 {number}", "manifest {number}"),
        "signed_by_pin": ("投递员已按密码签认", "The courier signed with his PIN"),
        "courier_signature": ("投递员签字 __________", "Courier's signature ______"),
        "copy_1": ("第 1 联: 站方留存", "Copy 1: the station's"),
        "copy_2": ("第 2 联: 投递员留存", "Copy 2: the courier's"),
        "owner_signature": ("站方签字 ____________", "Station's signature ______"),
        "no_reversal": (
            "货已交付。当天把原件带回本站可退货款; 过后要退货请寄回寄件人。",
            "Goods handed over. Brought back here today, the cash is given back; later send them back.",
        ),
    }
)
_WHY = Catalogue(
    {
        "NOT_ANNOUNCED": ("不在预报", "not announced"),
        "WRONG_STATION": ("送错站", "wrong station"),
        "NOT_AGREED": ("顾客不同意放站", "not agreed"),
        "OVERDUE": ("逾期", "overdue"),
        "REFUSED": ("拒收", "refused"),
        "DAMAGED": ("破损", "damaged"),
        "RECALLED": ("寄件人撤回", "recalled"),
    }
)


def cod_slip(facts: SlipFacts) -> Slip:
    """Compose the receipt for cash on delivery; a hand-off that collected nothing issues none."""
    fact = facts.record.fact
    assert isinstance(fact, ParcelsHandedOff)  # noqa: S101  registered for this kind
    title = TEXT("cod_title")
    items = _heading(title, facts)
    for one in fact.parcels:
        parcel = facts.books.subject(Parcel, one.waybill)
        paid_fen = parcel.paid_fen if parcel else 0
        items.append(Pair(TEXT("waybill"), one.waybill))
        if parcel and paid_fen:
            items.append(Pair(f"{TEXT('sender')} {parcel.sender}", format_yuan(paid_fen)))
    items += _sum("collected", fact.collected_fen, fact.tendered_fen)
    if fact.agent_phone_tail:
        agent = f"{fact.agent_name} {fact.agent_relation} ****{fact.agent_phone_tail}"
        items.append(Pair(TEXT("agent"), agent.strip()))
    items += [Rule(), Text(TEXT("no_reversal")), *_ending(facts, fact.collected_fen)]
    return Slip(Paper(tuple(items)), title, fact.collected_fen)


def cod_back_slip(facts: SlipFacts) -> Slip:
    """Compose the slip for cash on delivery that the customer has again; the customer signs it."""
    fact = facts.record.fact
    assert isinstance(fact, CodReturned)  # noqa: S101  registered for this kind
    title = TEXT("cod_back_title")
    parcel = facts.books.subject(Parcel, fact.waybill)
    items = [
        *_heading(title, facts),
        Pair(TEXT("waybill"), fact.waybill),
        Pair(TEXT("sender"), parcel.sender if parcel else ""),
        Rule(),
        Text(TEXT("given_back_sum", yuan=format_yuan(fact.amount_fen)), size=(2, 2), bold=True),
        Text(uppercase_rmb(fact.amount_fen)),
        Rule(),
        Text(TEXT("cod_back_sentence")),
        Text(TEXT("customer_signature")),
        *_ending(facts, fact.amount_fen),
    ]
    return Slip(Paper(tuple(items)), title, fact.amount_fen)


def acceptance_slip(facts: SlipFacts) -> Slip:
    """Compose the sender's receipt for an accepted item."""
    fact = facts.record.fact
    assert isinstance(fact, ParcelAccepted)  # noqa: S101  registered for this kind
    title = TEXT("accept_title")
    items = [
        *_heading(title, facts),
        Pair(TEXT("waybill"), fact.waybill),
        Pair(TEXT("carrier"), carrier_words(fact.carrier)),
        Pair(TEXT("sender"), fact.sender),
        Pair(TEXT("document"), fact.identity_tail),
        Text(TEXT("inspected")),
        *_sum("postage", fact.postage_fen, fact.tendered_fen),
        *_ending(facts, fact.postage_fen),
    ]
    return Slip(Paper(tuple(items)), title, fact.postage_fen)


def received_slip(facts: SlipFacts) -> Slip:
    """Compose the receiving slip: how many were taken in, and all that differs, each item by its number; two copies."""
    fact = facts.record.fact
    assert isinstance(fact, ParcelsReceived)  # noqa: S101  registered for this kind
    title = TEXT("received_title")
    items = _heading(title, facts)
    if fact.manifest_no:
        manifest = facts.books.subject(Manifest, fact.manifest_no)
        count = manifest.line_count if manifest else 0
        items.append(Pair(f"{TEXT('manifest')} {fact.manifest_no}", TEXT("counted", count=count)))
    items += _received_lists(facts, fact)
    return _two_copies(items, title, (fact.courier_name, fact.courier_no), facts, by_pin=fact.courier_signed)


def _received_lists(facts: SlipFacts, fact: ParcelsReceived) -> list[Item]:
    """List what differs; an item that went straight back after its scan stands under that alone."""
    books, gone = facts.books, {back.waybill for back in fact.given_back}
    batch = books.subject(Batch, str(fact.batch_no)) or Batch(fact.batch_no)
    extra = batch.unannounced(fact.manifest_no, facts.record.seen_seq, lambda waybill: books.subject(Parcel, waybill))
    kept = [one for one in batch.items if one.waybill not in gone]
    lists: tuple[tuple[str, list[tuple[str, str]]], ...] = (
        ("missing", [(line.waybill, "") for line in fact.missing]),
        ("damaged", [(waybill, "") for waybill in batch.damaged if waybill not in gone]),
        ("extra", [(waybill, _of_manifest(known)) for waybill, known in extra if waybill not in gone]),
        ("given_back", [(back.waybill, _WHY(back.why.name)) for back in fact.given_back]),
    )
    items: list[Item] = [Pair(TEXT("shelved"), TEXT("counted", count=len(kept)), bold=True)]
    for key, rows in lists:
        if rows:
            items += [Rule(), Pair(TEXT(key), TEXT("counted", count=len(rows)), bold=True)]
            items += [Pair(f"  {waybill}", remark) for waybill, remark in rows]
    if fact.manifest_no and not any(rows for _, rows in lists):
        items.append(Text(TEXT("agrees")))
    return items


def _of_manifest(manifest_no: str) -> str:
    return TEXT("other_manifest", number=manifest_no) if manifest_no else ""


def returned_slip(facts: SlipFacts) -> Slip:
    """Compose the slip of a return run, every item with its reason; two copies."""
    fact = facts.record.fact
    assert isinstance(fact, ParcelsReturned)  # noqa: S101  registered for this kind
    items = _heading(TEXT("returned_title"), facts)
    items += [Pair(one.waybill, _WHY(one.reason.name)) for one in fact.parcels]
    items.append(Text(TEXT("counted", count=len(fact.parcels)), bold=True))
    return _two_copies(items, TEXT("returned_title"), (fact.courier_name, fact.courier_no), facts, by_pin=True)


def uplift_slip(facts: SlipFacts) -> Slip:
    """Compose the slip of accepted items that went to the courier; two copies."""
    fact = facts.record.fact
    assert isinstance(fact, UpliftSigned)  # noqa: S101  registered for this kind
    items = _heading(TEXT("uplift_title"), facts)
    items += [Text(one.waybill) for one in fact.parcels]
    items.append(Text(TEXT("counted", count=len(fact.parcels)), bold=True))
    return _two_copies(items, TEXT("uplift_title"), (fact.courier_name, fact.courier_no), facts, by_pin=True)


def _heading(title: str, facts: SlipFacts) -> list[Item]:
    items: list[Item] = [Text(title, "centre", size=(1, 2), bold=True)]
    if facts.copy_no:
        items.append(copy_mark(facts.copy_no))
    items += [Text(text, "centre") for text in (facts.issuer.station_name, facts.issuer.branch) if text]
    made_at = facts.record.recorded_at.astimezone(ZONE)
    return [
        *items,
        Pair(RECEIPT_TEXT("institution"), facts.issuer.station_code),
        Pair(RECEIPT_TEXT("business_date"), facts.record.business_date.isoformat()),
        Pair(RECEIPT_TEXT("time"), f"{made_at:%Y-%m-%d %H:%M:%S}"),
        Pair(TEXT("our_record"), f"{facts.seq}"),
        Pair(RECEIPT_TEXT("operator"), f"{facts.operator_name} ({facts.record.actor.number})"),
        Rule(),
    ]


def _sum(what: str, amount_fen: int, tendered_fen: int) -> list[Item]:
    return [
        Rule(),
        Text(TEXT(what, yuan=format_yuan(amount_fen)), size=(2, 2), bold=True),
        Text(uppercase_rmb(amount_fen)),
        Pair(RECEIPT_TEXT("tendered"), format_yuan(tendered_fen)),
        Pair(RECEIPT_TEXT("change"), format_yuan(tendered_fen - amount_fen)),
    ]


def _ending(facts: SlipFacts, amount_fen: int) -> list[Item]:
    head = head_on_paper(facts.head)
    line = facts.issuer.complaint_line
    regulator = RECEIPT_TEXT("regulator")
    complaint = Pair(RECEIPT_TEXT("complaint", line=line), regulator) if line else Text(regulator)
    return [
        Rule(),
        complaint,
        Qr(f"{facts.issuer.station_code}-{facts.seq}|{amount_fen}|{head}"),
        Text(RECEIPT_TEXT("head", head=head), "centre"),
        Feed(3),
        Cut(),
    ]


def _two_copies(items: list[Item], title: str, courier: tuple[str, int], facts: SlipFacts, *, by_pin: bool) -> Slip:
    name, number = courier
    head = head_on_paper(facts.head)
    one: list[Item] = [*items, Rule(), Pair(TEXT("courier"), f"{name} ({number})")]
    if by_pin:
        one.append(Text(TEXT("signed_by_pin")))
    one += [
        Text(TEXT("courier_signature")),
        Text(TEXT("owner_signature")),
        Text(RECEIPT_TEXT("head", head=head), "centre"),
    ]
    end: tuple[Item, ...] = (Feed(3), Cut())
    first, second = Text(TEXT("copy_1"), "centre"), Text(TEXT("copy_2"), "centre")
    return Slip(Paper((*one, first, *end, *one, second, *end)), title, 0)


SLIPS: dict[type[Fact], Callable[[SlipFacts], Slip]] = {
    ParcelsHandedOff: cod_slip,
    CodReturned: cod_back_slip,
    ParcelAccepted: acceptance_slip,
    ParcelsReceived: received_slip,
    ParcelsReturned: returned_slip,
    UpliftSigned: uplift_slip,
}
"""Who composes the slip of a record about parcels."""

FROZEN: frozenset[type[Fact]] = frozenset({ParcelsReceived, ParcelsReturned, UpliftSigned})
"""What two sides signed: a copy is the stored paper."""
