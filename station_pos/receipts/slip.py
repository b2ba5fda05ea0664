"""Slips beside the receipt: a result that is not known yet, cash handed back, a reversal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.money import format_yuan, uppercase_rmb
from station_journal.posting import PaymentStatus
from station_journal.records import CashReturned, PendingSlipIssued, ReceiptIssued
from station_pos.config import ZONE
from station_pos.receipts.paper import Item, Pair, Paper, Rule, Text
from station_pos.receipts.receipt import ending, heading, receipt, what_was_paid, when_and_who
from station_pos.receipts.wording import TEXT

if TYPE_CHECKING:
    from station_pos.receipts.receipt import IssueFacts


def title_of(kind: int, facts: IssueFacts) -> str:
    """Name the paper that a record of a kind issues."""
    if kind == ReceiptIssued.KIND:
        return TEXT("receipt")
    if kind == PendingSlipIssued.KIND:
        return TEXT("pending")
    return TEXT(_returned(facts))


def paper_of(kind: int, facts: IssueFacts) -> Paper:
    """Compose the paper that a record of a kind issues.

    Raises:
        ValueError: records of this kind issue no paper.
    """
    if kind == ReceiptIssued.KIND:
        return receipt(facts)
    if kind == PendingSlipIssued.KIND:
        return pending_slip(facts)
    if kind == CashReturned.KIND:
        return returned_slip(facts)
    raise ValueError(f"records of kind {kind} issue no paper")


def pending_slip(facts: IssueFacts) -> Paper:
    """Compose the slip that says the result is unknown and nothing is to be done twice. It is no receipt."""
    items = [*heading("pending", facts), *what_was_paid(facts), *_amount(facts), Rule(), *when_and_who(facts), Rule()]
    return Paper((*items, Text(TEXT("pending_sentence")), *ending(facts)))


def returned_slip(facts: IssueFacts) -> Paper:
    """Compose the slip for cash handed back after a decline or a reversal; the customer signs it."""
    title = _returned(facts)
    items = [*heading(title, facts), *what_was_paid(facts), *_amount(facts)]
    items.append(Pair(TEXT("returned"), format_yuan(facts.payment.total_fen)))
    if facts.payment.reason:
        items.append(Pair(TEXT("reason"), facts.payment.reason))
    items += [Rule(), *when_and_who(facts)]
    items.append(Pair(TEXT("returned"), f"{facts.issued_at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"))
    items += [Rule(), Text(TEXT(f"{title}_sentence")), Text(TEXT("signature"))]
    return Paper((*items, *ending(facts)))


def _returned(facts: IssueFacts) -> str:
    return "reversal" if facts.payment.status is PaymentStatus.REVERSED else "refund"


def _amount(facts: IssueFacts) -> list[Item]:
    payment = facts.payment
    return [
        Rule(),
        Text(TEXT("amount", yuan=format_yuan(payment.total_fen)), size=(2, 2), bold=True),
        Text(uppercase_rmb(payment.total_fen)),
    ]
