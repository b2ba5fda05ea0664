"""The posting rules: what one record does to the accounts, given what stood before it.

``effects_of`` is pure and is the only place where a record becomes money. Station, HQ, rebuild and any third party that
holds both journals run this same function. A validly sealed record is never refused here: what breaks a business rule
posts to suspense with a reason, on both sides alike.

A payment's road: taken (credit held, customer's cash in the drawer) to confirmed (biller is owed, cash is the shop's),
or to declined (credit free again, cash still the customer's until returned or sent again). A reversal undoes a
confirmation in every account; the cash is then returned by its own record.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from station_journal.accounts import Account, Ledger, Posting
from station_journal.payment import CashStatus as CashStatus  # noqa: PLC0414 - part of what the rules say
from station_journal.payment import Payment as Payment  # noqa: PLC0414
from station_journal.payment import PaymentStatus as PaymentStatus  # noqa: PLC0414
from station_journal.payment import Suspense as Suspense  # noqa: PLC0414
from station_journal.records import (
    BillerAnswered,
    BillPaymentTaken,
    BusinessDayEnded,
    CashReturned,
    CommissionStated,
    CreditGranted,
    InvoiceIssued,
    Outcome,
    PaymentResubmitted,
    PendingSlipIssued,
    ReceiptIssued,
    Record,
    ReversalAnswered,
    ReversalRequested,
    Side,
    TariffAdopted,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from station_journal.tariff import Tariff


class NotComputableError(Exception):
    """A figure cannot be computed from this record on; it is an error on both sides, never zero.

    ``side`` and ``seq`` name the record.
    """

    def __init__(self, side: Side, seq: int, reason: str) -> None:
        """Keep the position and the reason beside the sentence."""
        super().__init__(f"not computable from {side.name.lower()} record {seq}: {reason}")
        self.side = side
        self.seq = seq
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Standing:
    """Single facts about a station that later records build on."""

    tariff_hash: bytes = b""
    receipts_issued: int = 0
    operation_no: int = 0
    day_ended: date | None = None


class BooksView(Protocol):
    """What the posting rules may ask of the books before a record."""

    def standing(self) -> Standing:
        """Give the single facts."""

    def tariff(self, tariff_hash: bytes) -> Tariff | None:
        """Give a tariff by its hash, None if its content is not here."""

    def payment(self, seq: int) -> Payment | None:
        """Find the payment taken by a station record."""

    def payment_of_operation(self, operation_no: int) -> Payment | None:
        """Find the payment of a counter job."""

    def payment_of_bill(self, biller_code: str, account_no: str, bill_no: str, seen_seq: int) -> Payment | None:
        """Find the payment that holds or has paid a bill, as far as HQ's records up to ``seen_seq`` tell.

        Suspended payments claim no bill; declined and reversed ones claim it until the release has been seen.
        """

    def credit_free_fen(self, seen_seq: int) -> int:
        """Give the free credit a station record may use that had seen HQ's records up to ``seen_seq`` and no more."""


@dataclass(frozen=True, slots=True)
class Effects:
    """What a record does: postings, payments as they now stand, single facts if changed, and a broken rule if any."""

    postings: tuple[Posting, ...] = ()
    payments: tuple[Payment, ...] = ()
    standing: Standing | None = None
    broken: Suspense | None = None


NOTHING = Effects()

_Facts = TypeVar("_Facts", Payment, Standing)


def _changer(facts_class: type[_Facts]) -> Callable[..., _Facts]:
    """Make what gives a copy with some fields changed, as ``dataclasses.replace`` does, but without a walk over them.

    The rules do little else than change a payment, several times for every record of a year.
    """
    names = [item.name for item in fields(facts_class)]
    places = {name: place for place, name in enumerate(names)}
    read = attrgetter(*names)

    def changed(facts: _Facts, **changes: object) -> _Facts:
        values = list(read(facts))
        for name, value in changes.items():
            values[places[name]] = value
        return facts_class(*values)

    return changed


_changed = _changer(Payment)
_standing_changed = _changer(Standing)

_DRAWER = Ledger(Account.DRAWER)
_CUSTOMER_CASH = Ledger(Account.CUSTOMER_CASH)
_FREE = Ledger(Account.CREDIT_FREE)
_HELD = Ledger(Account.CREDIT_HELD)
_SHOP = Ledger(Account.SHOP_FUNDS)
_FEES = Ledger(Account.FEE_INCOME)


def effects_of(side: Side, seq: int, record: Record, books: BooksView) -> Effects:
    """Tell what a record does to the books as they stood before it.

    Raises:
        NotComputableError: a tariff the record builds on is not at hand.
    """
    rule = _RULES.get(type(record.fact))
    return NOTHING if rule is None else rule(_At(side, seq, record, books), record.fact)


class _At(NamedTuple):
    side: Side
    seq: int
    record: Record
    books: BooksView


def _suspense(reason: Suspense) -> Ledger:
    return Ledger(Account.SUSPENSE, reason.value)


def _move(debit: Ledger, credit: Ledger, amount_fen: int) -> tuple[Posting, ...]:
    """Make a posting, or none for nothing: an amount is always above zero."""
    return (Posting(debit, credit, amount_fen),) if amount_fen > 0 else ()


def _payment_taken(at: _At, fact: BillPaymentTaken) -> Effects:
    standing = at.books.standing()
    tariff = at.books.tariff(standing.tariff_hash) if standing.tariff_hash else None
    if standing.tariff_hash and tariff is None:
        reason = f"the content of tariff {standing.tariff_hash.hex()[:16]} is missing"
        raise NotComputableError(at.side, at.seq, reason)
    product = tariff.product(fact.product_code) if tariff else None
    payment = Payment(
        seq=at.seq,
        operation_no=fact.operation_no,
        recorded_at=at.record.recorded_at,
        business_date=at.record.business_date,
        operator_no=at.record.actor.number,
        product_code=fact.product_code,
        biller_code=product.biller_code if product else "",
        account_no=fact.account_no,
        bill_no=fact.bill_no,
        bill_period=fact.bill_period,
        payer_name=fact.payer_name,
        amount_fen=fact.amount_fen,
        fee_fen=product.fee_fen if product else 0,
        tendered_fen=fact.tendered_fen,
        offline=fact.offline,
        status=PaymentStatus.HELD,
        cash=CashStatus.CUSTOMERS,
    )
    return _hold(at, payment, None if product else Suspense.PRODUCT_UNKNOWN)


def _hold(at: _At, payment: Payment, broken: Suspense | None) -> Effects:
    """Hold credit for a payment, or put it in suspense if it breaks a rule; the cash is in the drawer either way."""
    broken = broken or _broken_rule(at, payment)
    cash = _move(_DRAWER, _CUSTOMER_CASH, payment.total_fen) if not payment.source_seq else ()
    if broken:
        suspended = _changed(payment, status=PaymentStatus.SUSPENDED, reason=broken.value)
        moved = _move(_CUSTOMER_CASH, _suspense(broken), payment.total_fen)
        return Effects(cash + moved, (suspended,), _counted(at, payment), broken)
    held = _move(_FREE, _HELD, payment.total_fen)
    return Effects(cash + held, (payment,), _counted(at, payment))


def _counted(at: _At, payment: Payment) -> Standing | None:
    standing = at.books.standing()
    if payment.operation_no <= standing.operation_no:
        return None
    return _standing_changed(standing, operation_no=payment.operation_no)


def _broken_rule(at: _At, payment: Payment) -> Suspense | None:
    if at.books.payment_of_operation(payment.operation_no) is not None:
        return Suspense.OPERATION_TWICE
    bill = payment.biller_code, payment.account_no, payment.bill_no
    if payment.bill_no and at.books.payment_of_bill(*bill, at.record.seen_seq) is not None:
        return Suspense.BILL_TWICE
    if payment.total_fen > at.books.credit_free_fen(at.record.seen_seq):
        return Suspense.OVER_CREDIT
    return None


def _resubmitted(at: _At, fact: PaymentResubmitted) -> Effects:
    source = at.books.payment(fact.payment_seq)
    if source is None or source.status is not PaymentStatus.DECLINED or not _cash_due(at, source):
        return Effects(broken=Suspense.NOT_RESENDABLE)
    again = _changed(
        source,
        seq=at.seq,
        operation_no=fact.operation_no,
        recorded_at=at.record.recorded_at,
        business_date=at.record.business_date,
        operator_no=at.record.actor.number,
        offline=False,
        status=PaymentStatus.HELD,
        biller_no="",
        reason="",
        pending_seq=0,
        source_seq=source.seq,
        answered_seq=0,
        released_seq=0,
    )
    effects = _hold(at, again, None)
    sent_again = _changed(source, cash=CashStatus.SENT_AGAIN)
    return Effects(effects.postings, (sent_again, *effects.payments), effects.standing, effects.broken)


def _seen_payment(at: _At, payment_seq: int) -> Payment | None:
    """Find a payment an HQ record speaks of; it can speak only of what HQ had seen when it was written."""
    return at.books.payment(payment_seq) if payment_seq <= at.record.seen_seq else None


def _answered(at: _At, fact: BillerAnswered) -> Effects:
    payment = _seen_payment(at, fact.payment_seq)
    if payment is None or fact.outcome is Outcome.UNKNOWN:
        return NOTHING
    if fact.outcome is Outcome.CONFIRMED:
        return _confirmed(at, payment, fact)
    if payment.status is not PaymentStatus.HELD:
        return NOTHING
    declined = _changed(
        payment,
        status=PaymentStatus.DECLINED,
        biller_no=fact.biller_no,
        reason=fact.reason,
        answered_seq=at.seq,
        released_seq=at.seq,
    )
    return Effects(_move(_HELD, _FREE, payment.total_fen), (declined,))


def _confirmed(at: _At, payment: Payment, fact: BillerAnswered) -> Effects:
    biller = Ledger(Account.BILLER_PAYABLE, payment.biller_code)
    if payment.status is PaymentStatus.HELD:
        confirmed = _changed(
            payment,
            status=PaymentStatus.CONFIRMED,
            cash=CashStatus.SHOPS,
            biller_no=fact.biller_no,
            reason="",
            answered_seq=at.seq,
        )
        capture = _move(_HELD, biller, payment.amount_fen) + _move(_HELD, _FEES, payment.fee_fen)
        return Effects(capture + _move(_CUSTOMER_CASH, _SHOP, payment.total_fen), (confirmed,))
    if payment.status is PaymentStatus.CONFIRMED or not payment.biller_code:
        return NOTHING
    # The biller owns up to a payment that was declined, reversed or suspended: nobody at the station is charged.
    claim = _move(_suspense(Suspense.LATE_CONFIRMATION), biller, payment.amount_fen)
    return Effects(claim, (), None, Suspense.LATE_CONFIRMATION)


def _reversed(at: _At, fact: ReversalAnswered) -> Effects:
    payment = _seen_payment(at, fact.payment_seq)
    if payment is None or payment.status is not PaymentStatus.CONFIRMED:
        return NOTHING
    if not 0 < payment.reversal_seq <= at.record.seen_seq:
        return NOTHING
    if not fact.accepted:
        refused = _changed(payment, reversal_seq=0, reason=fact.reason, reversal_refused_seq=at.seq)
        return Effects(payments=(refused,))
    biller = Ledger(Account.BILLER_PAYABLE, payment.biller_code)
    back = _move(biller, _FREE, payment.amount_fen) + _move(_FEES, _FREE, payment.fee_fen)
    undone = _changed(payment, status=PaymentStatus.REVERSED, cash=CashStatus.CUSTOMERS, released_seq=at.seq)
    return Effects(back + _move(_SHOP, _CUSTOMER_CASH, payment.total_fen), (undone,))


def _reversal_requested(at: _At, fact: ReversalRequested) -> Effects:
    payment = at.books.payment(fact.payment_seq)
    if payment is None or payment.status is not PaymentStatus.CONFIRMED or payment.reversal_seq:
        return NOTHING
    if max(payment.answered_seq, payment.reversal_refused_seq) > at.record.seen_seq:
        return NOTHING
    return Effects(payments=(_changed(payment, reversal_seq=at.seq),))


def _cash_due(at: _At, payment: Payment) -> bool:
    """Tell whether the customer's cash is due back, by HQ's records that the station had seen."""
    released = payment.status in {PaymentStatus.DECLINED, PaymentStatus.REVERSED}
    return released and payment.cash is CashStatus.CUSTOMERS and payment.released_seq <= at.record.seen_seq


def _cash_returned(at: _At, fact: CashReturned) -> Effects:
    payment = at.books.payment(fact.payment_seq)
    if payment is None:
        return Effects(broken=Suspense.CASH_NOT_DUE)
    if not _cash_due(at, payment):
        paid_out = _move(_suspense(Suspense.CASH_NOT_DUE), _DRAWER, payment.total_fen)
        return Effects(paid_out, (), None, Suspense.CASH_NOT_DUE)
    returned = _changed(payment, cash=CashStatus.RETURNED)
    return Effects(_move(_CUSTOMER_CASH, _DRAWER, payment.total_fen), (returned,))


def _receipt_issued(at: _At, fact: ReceiptIssued) -> Effects:
    standing = at.books.standing()
    number = standing.receipts_issued + 1
    payment = at.books.payment(fact.payment_seq)
    numbered = () if payment is None else (_changed(payment, receipt_seq=at.seq, receipt_no=number),)
    return Effects(payments=numbered, standing=_standing_changed(standing, receipts_issued=number))


def _pending_slip_issued(at: _At, fact: PendingSlipIssued) -> Effects:
    payment = at.books.payment(fact.payment_seq)
    return NOTHING if payment is None else Effects(payments=(_changed(payment, pending_seq=at.seq),))


def _invoice_issued(at: _At, fact: InvoiceIssued) -> Effects:
    payment = _seen_payment(at, fact.payment_seq)
    return NOTHING if payment is None else Effects(payments=(_changed(payment, invoice_no=fact.invoice_no),))


def _credit_granted(_at: _At, fact: CreditGranted) -> Effects:
    return Effects(_move(Ledger(Account.BANK_CLEARING), _FREE, fact.amount_fen))


def _commission_stated(_at: _At, fact: CommissionStated) -> Effects:
    payable = Ledger(Account.COMMISSION_PAYABLE)
    stated = _move(Ledger(Account.COMMISSION_EXPENSE), payable, fact.gross_fen)
    return Effects(stated + _move(payable, Ledger(Account.TAX_WITHHELD), fact.tax_fen))


def _tariff_adopted(at: _At, fact: TariffAdopted) -> Effects:
    return Effects(standing=_standing_changed(at.books.standing(), tariff_hash=fact.tariff_hash))


def _day_ended(at: _At, fact: BusinessDayEnded) -> Effects:
    return Effects(standing=_standing_changed(at.books.standing(), day_ended=fact.ended_date))


_RULES: dict[type, Callable[[_At, Any], Effects]] = {
    BillPaymentTaken: _payment_taken,
    PaymentResubmitted: _resubmitted,
    BillerAnswered: _answered,
    ReversalRequested: _reversal_requested,
    ReversalAnswered: _reversed,
    CashReturned: _cash_returned,
    ReceiptIssued: _receipt_issued,
    PendingSlipIssued: _pending_slip_issued,
    InvoiceIssued: _invoice_issued,
    CreditGranted: _credit_granted,
    CommissionStated: _commission_stated,
    TariffAdopted: _tariff_adopted,
    BusinessDayEnded: _day_ended,
}
