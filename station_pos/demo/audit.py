"""The audit of a day: four independent books side by side, and one sentence for each disagreement.

The books are the exported journals (proved by the stand-alone verifier), HQ's ledger, the biller's own book, and the
paper that came out of the printer; a bystander's notebook of the customers' cash comes on top. Each figure is taken
from where it was kept, never copied from one book to another.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from station_journal.accounts import Account, Ledger
from station_journal.payment import CashStatus, PaymentStatus
from station_journal.records import (
    CashReturned,
    CommissionStated,
    CopyIssued,
    PendingSlipIssued,
    ReceiptIssued,
    Side,
)
from station_journal.tariff import CommissionBasis
from station_pos.demo.paper_book import OF_PAYMENTS
from station_pos.demo.service_audit import figures, services
from station_pos.demo.wording import AUDIT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from station_journal.payment import Payment
    from station_pos.demo.hq_book import HqBook
    from station_pos.demo.journal_book import JournalBook
    from station_pos.demo.paper_book import Slip
    from station_pos.demo.service_audit import ServiceBooks
    from station_pos.demo.till_book import TillBook

_MILLION = 1_000_000
_STANDS = {PaymentStatus.CONFIRMED: "confirmed", PaymentStatus.REVERSED: "reversed", PaymentStatus.DECLINED: "declined"}


@dataclass(frozen=True, slots=True)
class BillerPayment:
    """A payment as the biller's book has it; ``status`` is confirmed, declined or reversed."""

    biller: str
    our_no: str
    account_no: str
    amount_fen: int
    status: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All books of the day. ``planted`` counts the breaks put into settlement files, by class.

    ``merged`` names payments that the biller took for a repetition and answered with an earlier serial: it was paid
    once less than our book says, which reconciliation has to find. ``unmatched`` names the payments that stand in a
    break: they earn no commission until it is resolved.
    """

    journals: JournalBook
    hq: HqBook
    biller: tuple[BillerPayment, ...]
    slips: tuple[Slip, ...]
    till: TillBook
    printer_count: int
    planted: Mapping[str, int]
    merged: frozenset[str]
    unmatched: frozenset[str]
    outside: ServiceBooks


@dataclass(slots=True)
class Findings:
    """Disagreements, one sentence each, in the order found."""

    sentences: list[str] = field(default_factory=list)

    def same(self, what: str, one: object, other: object) -> None:
        """Note a figure that two books give differently."""
        if one != other:
            self.sentences.append(AUDIT("differ", what=what, one=one, other=other))

    def all_of(self, sentences: Iterator[str]) -> None:
        """Note what a check found."""
        self.sentences.extend(sentences)


def audit(evidence: Evidence) -> list[str]:
    """Compare everything and give the disagreements; empty when the books agree."""
    findings = Findings()
    findings.all_of(AUDIT("fault", fault=fault) for fault in evidence.journals.faults)
    _journals_with_hq(evidence, findings)
    findings.all_of(_payments_with_biller(evidence))
    _paper_with_journal(evidence, findings)
    _drawer(evidence, findings)
    findings.same(AUDIT("breaks"), dict(sorted(evidence.hq.breaks.items())), _planted(evidence))
    _commission(evidence, findings)
    findings.all_of(services(evidence.journals, evidence.outside, evidence.slips, evidence.till))
    return findings.sentences


def _planted(evidence: Evidence) -> dict[str, int]:
    return dict(sorted((name, count) for name, count in evidence.planted.items() if count))


def _journals_with_hq(evidence: Evidence, findings: Findings) -> None:
    journals, hq = evidence.journals, evidence.hq
    for side in Side:
        findings.same(AUDIT("head", side=side.value), journals.head(side), hq.heads[side])
    folded = {ledger: fen for ledger, fen in journals.books.balances.items() if fen}
    for ledger in sorted(folded.keys() | hq.balances.keys()):
        name = f"{ledger.account.value} {ledger.party}".rstrip()
        findings.same(AUDIT("balance", name=name), folded.get(ledger, 0), hq.balances.get(ledger, 0))
    findings.same(AUDIT("trial"), hq.trial_balance_fen, 0)
    ours = {number: (STATUS_NAMES[one.status], one.amount_fen) for number, one in journals.payments().items()}
    findings.same(AUDIT("payments"), len(ours), len(hq.payments))
    for number in sorted(ours.keys() | hq.payments.keys()):
        findings.same(AUDIT("payment", number=number), ours.get(number), hq.payments.get(number))


STATUS_NAMES = {status: status.name for status in PaymentStatus}
"""How a payment's status is called in every JSON of HQ."""


def _payments_with_biller(evidence: Evidence) -> Iterator[str]:
    """Hold each payment against the biller's book, both ways; a merged one stands there under another number."""
    theirs = {payment.our_no: payment for payment in evidence.biller}
    ours = evidence.journals.payments()
    for number, payment in ours.items():
        booked = theirs.get(number)
        if number in evidence.merged:
            if booked is not None:
                yield AUDIT("merged_booked", number=number)
        elif payment.status is PaymentStatus.HELD:
            yield AUDIT("still_unknown", number=number)
        elif booked is None:
            yield AUDIT("not_booked", number=number, status=payment.status.name)
        elif (booked.status, booked.amount_fen, booked.account_no) != _as_biller(payment):
            yield AUDIT("booked_otherwise", number=number, ours=_as_biller(payment), theirs=booked)
    for number in sorted(theirs.keys() - ours.keys()):
        yield AUDIT("booked_unknown", number=number)


def _as_biller(payment: Payment) -> tuple[str, int, str]:
    return _STANDS.get(payment.status, payment.status.name), payment.amount_fen, payment.account_no


def _paper_with_journal(evidence: Evidence, findings: Findings) -> None:
    slips, journals = evidence.slips, evidence.journals
    findings.same(AUDIT("slips_cut"), evidence.printer_count, len(slips))
    originals = Counter(slip.kind for slip in slips if not slip.copy_no)
    findings.same(AUDIT("receipts"), originals["receipt"], len(journals.facts(ReceiptIssued)))
    findings.same(AUDIT("pending"), originals["pending"], _count(evidence, PendingSlipIssued))
    handed_back = originals["refund"] + originals["reversal"]
    findings.same(AUDIT("refunds"), handed_back, _count(evidence, CashReturned))
    copies = sum(1 for slip in slips if slip.copy_no)
    findings.same(AUDIT("copies"), copies, _count(evidence, CopyIssued))
    numbers = sorted(slip.receipt_no for slip in slips if slip.kind == "receipt" and not slip.copy_no)
    findings.same(AUDIT("receipt_numbers"), numbers, list(range(1, len(numbers) + 1)))
    findings.all_of(_slips_of_payments(evidence))


def _count(evidence: Evidence, kind: type[PendingSlipIssued | CashReturned | CopyIssued]) -> int:
    return len(evidence.journals.facts(kind))


def _slips_of_payments(evidence: Evidence) -> Iterator[str]:
    payments = evidence.journals.payments()
    for slip in (one for one in evidence.slips if one.kind in OF_PAYMENTS):
        payment = payments.get(slip.our_no)
        if payment is None:
            yield AUDIT("slip_unknown", slip=slip.number, number=slip.our_no or "-")
            continue
        expected_fen = payment.amount_fen if slip.kind == "receipt" else payment.total_fen
        if slip.amount_fen != expected_fen:
            yield AUDIT("slip_amount", slip=slip.number, says=slip.amount_fen, expected=expected_fen)
        if slip.kind == "receipt" and slip.change_fen != payment.tendered_fen - payment.total_fen:
            yield AUDIT("slip_change", slip=slip.number, says=slip.change_fen)


def _drawer(evidence: Evidence, findings: Findings) -> None:
    drawer_fen = evidence.journals.books.balance_fen(Account.DRAWER)
    findings.same(AUDIT("drawer_notes"), drawer_fen, evidence.till.drawer_fen())
    own_fen = sum(_kept_fen(payment) for payment in evidence.journals.books.payments.values())
    findings.same(AUDIT("drawer_payments"), evidence.till.bills_fen(), own_fen)


def _kept_fen(payment: Payment) -> int:
    """Cash a payment left in the drawer: a payment sent again carries the cash of the earlier one."""
    gone = payment.cash in {CashStatus.RETURNED, CashStatus.SENT_AGAIN}
    return 0 if gone else payment.total_fen


def _commission(evidence: Evidence, findings: Findings) -> None:
    hq, stated = evidence.hq, [fact for _, fact in evidence.journals.facts(CommissionStated)]
    told = [(one.month, one.gross_fen, one.tax_fen) for one in stated if isinstance(one, CommissionStated)]
    findings.same(AUDIT("commission_stated"), told, [(hq.month, hq.gross_fen, hq.tax_fen)])
    findings.same(AUDIT("commission_net"), hq.net_fen, hq.gross_fen - hq.tax_fen)
    findings.same(AUDIT("commission_rates"), hq.gross_fen, commission_fen(evidence.journals, evidence.unmatched))


def commission_fen(journals: JournalBook, unmatched: frozenset[str]) -> int:
    """Compute the commission of what was paid and matched, by the tariff's rates, half-up once for each product.

    This arithmetic is the auditor's own; HQ's run has another.
    """
    tariff = journals.tariffs[journals.books.standing().tariff_hash]
    base: Counter[int] = Counter()
    items: Counter[int] = Counter()
    for number, payment in journals.payments().items():
        if payment.status is PaymentStatus.CONFIRMED and number not in unmatched:
            base[payment.product_code] += payment.amount_fen
            items[payment.product_code] += 1
    total_fen = 0
    for product in tariff.products:
        rate = product.commission
        if rate.basis is CommissionBasis.RATIO:
            total_fen += (2 * base[product.code] * rate.value + _MILLION) // (2 * _MILLION)
        else:
            total_fen += items[product.code] * rate.value
    return total_fen


def summary(evidence: Evidence) -> dict[str, Any]:
    """Give the figures of the one JSON line."""
    journals, hq = evidence.journals, evidence.hq
    payments = journals.books.payments.values()
    books = journals.books
    return {
        "station_records": len(journals.of(Side.STATION)),
        "hq_records": len(journals.of(Side.HQ)),
        "heads_equal": all(journals.head(side) == hq.heads[side] for side in Side),
        "bills": len(payments),
        "billers": len({payment.biller_code for payment in payments}),
        "payments": dict(sorted(Counter(payment.status.name for payment in payments).items())),
        "receipts_printed": sum(1 for slip in evidence.slips if slip.kind == "receipt" and not slip.copy_no),
        "slips_printed": len(evidence.slips),
        "credit_left_fen": books.balance_fen(Account.CREDIT_FREE),
        "credit_held_fen": books.balance_fen(Account.CREDIT_HELD),
        "drawer_expected_fen": books.balance_fen(Account.DRAWER),
        "biller_payable_fen": sum(fen for ledger, fen in books.balances.items() if _is_payable(ledger)),
        "unknown_open": hq.unknown_open,
        "breaks": dict(sorted(hq.breaks.items())),
        "breaks_planted": _planted(evidence),
        "unmatched": sorted(evidence.unmatched),
        "trial_balance_fen": hq.trial_balance_fen,
        "commission_gross_fen": hq.gross_fen,
        "commission_tax_fen": hq.tax_fen,
        "commission_net_fen": hq.net_fen,
        **figures(journals, evidence.outside),
    }


def _is_payable(ledger: Ledger) -> bool:
    return ledger.account is Account.BILLER_PAYABLE
