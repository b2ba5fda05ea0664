"""The slips of a withdrawal: the cash instruction in two copies, the one for an end without cash, the pending one.

Composed from the stored record and nothing else. Of the card only the last four digits; the fee stands apart from the
amount; whoever takes the cash signs on the shop's copy (fields of the sales slip 签购单, domain rule 6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.withdrawals import (
    FailureKind,
    FeePayer,
    PayoutInstructed,
    WithdrawalFailed,
    WithdrawalPendingSlipIssued,
)
from station_journal.money import format_yuan, uppercase_rmb
from station_journal.reference_no import our_no
from station_journal.rules.withdrawal import TERMS_KEY, TermsBook, Withdrawal, withdrawal_key
from station_journal.seal import head_on_paper
from station_pos.config import ZONE
from station_pos.receipts.paper import Cut, Feed, Item, Pair, Paper, Qr, Rule, Text
from station_pos.receipts.slip_facts import Slip
from station_pos.receipts.withdrawal_wording import TEXT
from station_pos.text import either

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Fact
    from station_pos.receipts.slip_facts import SlipFacts

MERCHANT_NAME_MAX = 40
_REVERSED = frozenset({FailureKind.REVERSED, FailureKind.OVER_LIMIT})


def masked_card(last4: str) -> str:
    """Show a card by its last four digits, the only ones that are known here."""
    return f"************{last4}" if last4 else "-"


def payout_slip(facts: SlipFacts) -> Slip:
    """Compose the instruction to pay: the shop's copy with the signature, a cut, the customer's copy."""
    withdrawal = _withdrawal(facts)
    items: list[Item] = []
    for label in ("copy_merchant", "copy_customer"):
        items += [*_heading("title", facts), Text(TEXT(label), "centre"), *_transaction(facts, withdrawal)]
        items += _amount(withdrawal)
        if label == "copy_merchant":
            items.append(Text(TEXT("pay", yuan=format_yuan(withdrawal.amount_fen)), "centre", bold=True))
            items += [Text(TEXT("confirm")), Text(TEXT("signature_agent" if withdrawal.by_agent else "signature"))]
        items += _ending(facts, withdrawal)
    return Slip(Paper(tuple(items)), TEXT("title"), withdrawal.amount_fen)


def failed_slip(facts: SlipFacts) -> Slip:
    """Compose the slip for an end without cash, with the reason."""
    withdrawal = _withdrawal(facts)
    items = [*_heading("title_failed", facts), *_transaction(facts, withdrawal), *_amount(withdrawal)]
    items.append(Text(TEXT("not_debited", reason=withdrawal.reason)))
    if withdrawal.failure in _REVERSED:
        items.append(Text(TEXT("reversed")))
    items += _ending(facts, withdrawal)
    return Slip(Paper(tuple(items)), TEXT("title_failed"), withdrawal.amount_fen)


def pending_slip(facts: SlipFacts) -> Slip:
    """Compose the slip that the customer keeps while nobody knows the result."""
    withdrawal = _withdrawal(facts)
    items = [*_heading("title_pending", facts), *_transaction(facts, withdrawal), *_amount(withdrawal)]
    items += [Text(TEXT("pending_1"), bold=True), Text(TEXT("pending_2")), *_ending(facts, withdrawal)]
    return Slip(Paper(tuple(items)), TEXT("title_pending"), withdrawal.amount_fen)


def _withdrawal(facts: SlipFacts) -> Withdrawal:
    seq = getattr(facts.record.fact, "withdrawal_seq", 0)
    found = facts.books.subject(Withdrawal, withdrawal_key(seq).key)
    if found is None:
        message = f"record {facts.seq} issues a slip of withdrawal {seq}, which is not in the books"
        raise LookupError(message)
    return found


def _heading(title: str, facts: SlipFacts) -> list[Item]:
    items: list[Item] = [Text(TEXT(title), "centre", size=(1, 2), bold=True)]
    if facts.copy_no:
        items.append(Text(TEXT("copy", number=facts.copy_no), "centre", size=(2, 2), bold=True))
    return items


def _transaction(facts: SlipFacts, withdrawal: Withdrawal) -> list[Item]:
    terms = (facts.books.subject(TermsBook, TERMS_KEY.key) or TermsBook()).at(
        facts.record.business_date, facts.record.seen_seq
    )
    told_at = withdrawal.terminal_time or f"{withdrawal.recorded_at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"
    number = our_no(facts.issuer.station_code, withdrawal.seq, facts.digest_of(withdrawal.seq))
    rows = [
        ("merchant", facts.issuer.station_name[:MERCHANT_NAME_MAX]),
        ("institution", facts.issuer.station_code),
        ("merchant_no", withdrawal.merchant_no),
        ("terminal_no", withdrawal.terminal_no),
        ("operator", _operator(facts, withdrawal)),
        ("acquirer", either(terms.acquirer_name, terms.acquirer_name_en)),
        ("issuer", withdrawal.issuer),
        ("card", masked_card(withdrawal.card_last4)),
        ("kind", TEXT("kind_withdrawal")),
        ("batch", withdrawal.batch_no),
        ("trace", withdrawal.trace_no),
        ("receipt", withdrawal.receipt_no),
        ("reference", withdrawal.reference_no),
        ("auth", withdrawal.auth_code),
        ("time", told_at),
        ("our_no", number),
    ]
    items: list[Item] = [Rule(), *(Pair(TEXT(name), text) for name, text in rows if text)]
    if withdrawal.by_agent:
        items.append(Pair(TEXT("collector"), f"{withdrawal.person_name} {withdrawal.id_masked}".strip()))
    return items


def _operator(facts: SlipFacts, withdrawal: Withdrawal) -> str:
    name = facts.operator_of(withdrawal.operator_no)
    return f"{name} ({withdrawal.operator_no})".strip()


def _amount(withdrawal: Withdrawal) -> list[Item]:
    items: list[Item] = [
        Rule(),
        Text(TEXT("amount", yuan=format_yuan(withdrawal.amount_fen)), size=(2, 2), bold=True),
        Text(uppercase_rmb(withdrawal.amount_fen)),
    ]
    if withdrawal.approved_seq:
        payer = FeePayer(withdrawal.fee_payer).name
        items.append(Pair(TEXT("fee"), TEXT(f"fee_{payer}", yuan=format_yuan(withdrawal.fee_fen)).strip()))
    return [*items, Rule()]


def _ending(facts: SlipFacts, withdrawal: Withdrawal) -> list[Item]:
    head = head_on_paper(facts.head)
    items: list[Item] = []
    if facts.issuer.complaint_line:
        items.append(Text(TEXT("complaint", line=facts.issuer.complaint_line)))
    number = our_no(facts.issuer.station_code, withdrawal.seq, facts.digest_of(withdrawal.seq))
    return [
        *items,
        Qr(f"{number}|{withdrawal.amount_fen}|{head}"),
        Text(TEXT("head", head=head), "centre"),
        Feed(3),
        Cut(),
    ]


SLIPS: dict[type[Fact], Callable[[SlipFacts], Slip]] = {
    PayoutInstructed: payout_slip,
    WithdrawalFailed: failed_slip,
    WithdrawalPendingSlipIssued: pending_slip,
}
"""Who composes the slip of a withdrawal's record."""
