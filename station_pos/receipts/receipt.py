"""The collection receipt 代收费收据, composed from the stored record and nothing else.

Fields by the domain rule for receipts: number without gap, institution, biller, account, masked payer, period,
amount in figures and words, tariff fee, cash, business date, both serial numbers, operator, the invoice sentence,
where to complain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from station_journal.money import format_yuan, uppercase_rmb
from station_journal.posting import PaymentStatus
from station_journal.reference_no import our_no
from station_journal.seal import head_on_paper
from station_pos.config import ZONE, undo_shuts_at
from station_pos.receipts.paper import Cut, Feed, Item, Pair, Paper, Qr, Rule, Text
from station_pos.receipts.wording import TEXT
from station_pos.text import either

if TYPE_CHECKING:
    from datetime import datetime

    from station_journal.posting import Payment
    from station_journal.tariff import Product


_again_text = lru_cache(64)(Text)
_again_pair = lru_cache(256)(Pair)
"""Lines that one receipt after another has alike are made and checked once: a sale waits for its receipt."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues a paper: the station as its profile names it."""

    station_code: str
    station_name: str
    branch: str
    complaint_line: str


@dataclass(frozen=True, slots=True)
class IssueFacts:
    """What a paper is composed from.

    ``payment`` as it now stands, ``payment_digest`` after the record that took it, ``head`` the digest after the
    record that issued the paper, ``issued_at`` that record's time (UTC). ``copy_no`` is 0 for the original.
    """

    issuer: Issuer
    payment: Payment
    product: Product | None
    payment_digest: bytes
    head: bytes
    issued_at: datetime
    operator_name: str
    copy_no: int = 0

    @property
    def our_no(self) -> str:
        """Our number for the payment, as billers know it too."""
        return our_no(self.issuer.station_code, self.payment.seq, self.payment_digest)


def receipt(facts: IssueFacts) -> Paper:
    """Compose the receipt of a payment, or a marked copy of it."""
    payment = facts.payment
    items = heading("receipt", facts)
    if payment.receipt_no:
        items.append(Pair(TEXT("receipt_no"), f"{payment.receipt_no:08d}"))
    items += [*what_was_paid(facts), Rule()]
    items += [
        Text(TEXT("amount", yuan=format_yuan(payment.amount_fen)), size=(2, 2), bold=True),
        Text(uppercase_rmb(payment.amount_fen)),
        _again_pair(TEXT("fee"), format_yuan(payment.fee_fen)),
    ]
    if payment.fee_fen:
        items.append(Pair(TEXT("total"), format_yuan(payment.total_fen)))
    items += [
        _again_pair(TEXT("method"), TEXT("cash")),
        Pair(TEXT("tendered"), format_yuan(payment.tendered_fen)),
        Pair(TEXT("change"), format_yuan(payment.tendered_fen - payment.total_fen)),
        Rule(),
        *when_and_who(facts),
        Rule(),
        *undo_clock(facts),
        _again_text(TEXT("invoice")),
    ]
    return Paper((*items, *ending(facts)))


def undo_clock(facts: IssueFacts) -> list[Item]:
    """Compose until when this station can undo the payment; where it cannot, that the biller refunds."""
    product = facts.product
    if product is None:
        return []
    if not product.reversal_minutes:
        return [_again_text(TEXT("no_undo"))]
    payment = facts.payment
    until = undo_shuts_at(payment.recorded_at, payment.business_date, product.reversal_minutes).astimezone(ZONE)
    return [Pair(TEXT("undo"), until.isoformat(" ", "minutes")[5:16])]


def heading(title: str, facts: IssueFacts) -> list[Item]:
    """Compose the top of a paper: title, marks of a copy or a void one, station."""
    items: list[Item] = [_again_text(TEXT(title), "centre", size=(1, 2), bold=True)]
    if facts.copy_no:
        items.append(Text(TEXT("copy", number=facts.copy_no), "centre", size=(2, 2), bold=True))
    if title == "receipt" and facts.payment.status is PaymentStatus.REVERSED:
        items.append(Text(TEXT("void"), "centre", size=(2, 2), bold=True))
    if facts.issuer.station_name:
        items.append(_again_text(facts.issuer.station_name, "centre"))
    if facts.issuer.branch:
        items.append(_again_text(facts.issuer.branch, "centre"))
    items.append(_again_pair(TEXT("institution"), facts.issuer.station_code))
    return items


def what_was_paid(facts: IssueFacts) -> list[Item]:
    """Compose biller, service, account, payer and period."""
    payment, product = facts.payment, facts.product
    biller = either(product.biller_name, product.biller_name_en) if product else payment.biller_code
    service = either(product.name, product.name_en) if product else str(payment.product_code)
    items: list[Item] = [
        Rule(),
        _again_pair(TEXT("biller"), biller),
        _again_pair(TEXT("service"), service),
        Pair(TEXT("account"), payment.account_no),
    ]
    if payment.payer_name:
        items.append(Pair(TEXT("payer"), payment.payer_name))
    if payment.bill_period:
        items.append(Pair(TEXT("period"), payment.bill_period))
    return items


def when_and_who(facts: IssueFacts) -> list[Item]:
    """Compose business date, time, both serial numbers and operator."""
    payment = facts.payment
    taken_at = payment.recorded_at.astimezone(ZONE)
    items: list[Item] = [
        _again_pair(TEXT("business_date"), payment.business_date.isoformat()),
        Pair(TEXT("time"), taken_at.replace(tzinfo=None).isoformat(" ", "seconds")),
        Pair(TEXT("our_no"), facts.our_no),
    ]
    if payment.biller_no:
        items.append(Pair(TEXT("biller_no"), payment.biller_no))
    if payment.offline:
        items.append(_again_pair(TEXT("biller_no") if not payment.biller_no else "", TEXT("offline")))
    items.append(_again_pair(TEXT("operator"), f"{facts.operator_name} ({payment.operator_no})"))
    return items


def ending(facts: IssueFacts) -> list[Item]:
    """Compose the foot: where to complain, the code with our number, amount and head, and the head itself."""
    head = head_on_paper(facts.head)
    items: list[Item] = []
    if facts.issuer.complaint_line:
        items.append(_again_pair(TEXT("complaint", line=facts.issuer.complaint_line), TEXT("regulator")))
    else:
        items.append(_again_text(TEXT("regulator")))
    return [
        *items,
        Qr(f"{facts.our_no}|{facts.payment.amount_fen}|{head}"),
        Text(TEXT("head", head=head), "centre"),
        Feed(3),
        Cut(),
    ]
