"""The posting rules: what one record does to the accounts, given what stood before it.

``effects_of`` is pure and is the only place where a record becomes money. Station, HQ, rebuild and any third party that
holds both journals run this same function. A validly sealed record is never refused here: what breaks a business rule
posts to suspense with a reason, on both sides alike.

A payment's road: taken (credit held, customer's cash in the drawer) to confirmed (biller is owed, cash is the shop's),
or to declined (credit free again, cash still the customer's until returned or sent again). A reversal undoes a
confirmation in every account; the cash is then returned by its own record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from station_journal.accounts import Account, Ledger
from station_journal.bounds import REASON, within_bounds
from station_journal.effects import NOTHING, At, move, suspense
from station_journal.effects import BooksView as BooksView  # noqa: PLC0414 - part of what the rules say
from station_journal.effects import Effects as Effects  # noqa: PLC0414
from station_journal.effects import NotComputableError as NotComputableError  # noqa: PLC0414
from station_journal.effects import Standing as Standing  # noqa: PLC0414
from station_journal.payment import CashStatus as CashStatus  # noqa: PLC0414 - part of what the rules say
from station_journal.payment import Payment as Payment  # noqa: PLC0414
from station_journal.payment import PaymentStatus as PaymentStatus  # noqa: PLC0414
from station_journal.payment import Suspense as Suspense  # noqa: PLC0414
from station_journal.quickly_made import quick_changer
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
from station_journal.rules import SERVICE_RULES

if TYPE_CHECKING:
    from collections.abc import Callable


_changed = quick_changer(Payment)
_standing_changed = quick_changer(Standing)

_DRAWER = Ledger(Account.DRAWER)
_CUSTOMER_CASH = Ledger(Account.CUSTOMER_CASH)
_FREE = Ledger(Account.CREDIT_FREE)
_HELD = Ledger(Account.CREDIT_HELD)
_SHOP = Ledger(Account.SHOP_FUNDS)
_FEES = Ledger(Account.FEE_INCOME)


def effects_of(side: Side, seq: int, record: Record, books: BooksView) -> Effects:
    """Tell what a record does to the books as they stood before it.

    Raises:
        NotComputableError: a tariff the record builds on is not at hand, or it holds what no books can hold.
    """
    if not within_bounds(record):
        raise NotComputableError(side, seq, REASON)
    rule = _RULES.get(type(record.fact))
    return NOTHING if rule is None else rule(At(side, seq, record, books), record.fact)


def _payment_taken(at: At, fact: BillPaymentTaken) -> Effects:
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


def _hold(at: At, payment: Payment, broken: Suspense | None) -> Effects:
    """Hold credit for a payment, or put it in suspense if it breaks a rule; the cash is in the drawer either way."""
    broken = broken or _broken_rule(at, payment)
    cash = move(_DRAWER, _CUSTOMER_CASH, payment.total_fen) if not payment.source_seq else ()
    if broken:
        suspended = _changed(payment, status=PaymentStatus.SUSPENDED, reason=broken.value)
        moved = move(_CUSTOMER_CASH, suspense(broken), payment.total_fen)
        return Effects(cash + moved, (suspended,), _counted(at, payment), broken)
    held = move(_FREE, _HELD, payment.total_fen)
    return Effects(cash + held, (payment,), _counted(at, payment))


def _counted(at: At, payment: Payment) -> Standing | None:
    standing = at.books.standing()
    if payment.operation_no <= standing.operation_no:
        return None
    return _standing_changed(standing, operation_no=payment.operation_no)


def _broken_rule(at: At, payment: Payment) -> Suspense | None:
    if at.books.payment_of_operation(payment.operation_no) is not None:
        return Suspense.OPERATION_TWICE
    bill = payment.biller_code, payment.account_no, payment.bill_no
    if payment.bill_no and at.books.payment_of_bill(*bill, at.record.seen_seq) is not None:
        return Suspense.BILL_TWICE
    if payment.total_fen > at.books.credit_free_fen(at.record.seen_seq):
        return Suspense.OVER_CREDIT
    return None


def _resubmitted(at: At, fact: PaymentResubmitted) -> Effects:
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


def _seen_payment(at: At, payment_seq: int) -> Payment | None:
    """Find a payment an HQ record speaks of; it can speak only of what HQ had seen when it was written."""
    return at.books.payment(payment_seq) if payment_seq <= at.record.seen_seq else None


def _answered(at: At, fact: BillerAnswered) -> Effects:
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
    return Effects(move(_HELD, _FREE, payment.total_fen), (declined,))


def _confirmed(at: At, payment: Payment, fact: BillerAnswered) -> Effects:
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
        capture = move(_HELD, biller, payment.amount_fen) + move(_HELD, _FEES, payment.fee_fen)
        return Effects(capture + move(_CUSTOMER_CASH, _SHOP, payment.total_fen), (confirmed,))
    if payment.status is PaymentStatus.CONFIRMED or not payment.biller_code:
        return NOTHING
    # The biller owns up to a payment that was declined, reversed or suspended: nobody at the station is charged.
    claim = move(suspense(Suspense.LATE_CONFIRMATION), biller, payment.amount_fen)
    return Effects(claim, (), None, Suspense.LATE_CONFIRMATION)


def _reversed(at: At, fact: ReversalAnswered) -> Effects:
    payment = _seen_payment(at, fact.payment_seq)
    if payment is None or payment.status is not PaymentStatus.CONFIRMED:
        return NOTHING
    if not 0 < payment.reversal_seq <= at.record.seen_seq:
        return NOTHING
    if not fact.accepted:
        refused = _changed(payment, reversal_seq=0, reason=fact.reason, reversal_refused_seq=at.seq)
        return Effects(payments=(refused,))
    biller = Ledger(Account.BILLER_PAYABLE, payment.biller_code)
    back = move(biller, _FREE, payment.amount_fen) + move(_FEES, _FREE, payment.fee_fen)
    undone = _changed(payment, status=PaymentStatus.REVERSED, cash=CashStatus.CUSTOMERS, released_seq=at.seq)
    return Effects(back + move(_SHOP, _CUSTOMER_CASH, payment.total_fen), (undone,))


def _reversal_requested(at: At, fact: ReversalRequested) -> Effects:
    payment = at.books.payment(fact.payment_seq)
    if payment is None or payment.status is not PaymentStatus.CONFIRMED or payment.reversal_seq:
        return NOTHING
    if max(payment.answered_seq, payment.reversal_refused_seq) > at.record.seen_seq:
        return NOTHING
    return Effects(payments=(_changed(payment, reversal_seq=at.seq),))


def _cash_due(at: At, payment: Payment) -> bool:
    """Tell whether the customer's cash is due back, by HQ's records that the station had seen."""
    released = payment.status in {PaymentStatus.DECLINED, PaymentStatus.REVERSED}
    return released and payment.cash is CashStatus.CUSTOMERS and payment.released_seq <= at.record.seen_seq


def _cash_returned(at: At, fact: CashReturned) -> Effects:
    payment = at.books.payment(fact.payment_seq)
    if payment is None:
        return Effects(broken=Suspense.CASH_NOT_DUE)
    if not _cash_due(at, payment):
        paid_out = move(suspense(Suspense.CASH_NOT_DUE), _DRAWER, payment.total_fen)
        return Effects(paid_out, (), None, Suspense.CASH_NOT_DUE)
    returned = _changed(payment, cash=CashStatus.RETURNED)
    return Effects(move(_CUSTOMER_CASH, _DRAWER, payment.total_fen), (returned,))


def _receipt_issued(at: At, fact: ReceiptIssued) -> Effects:
    standing = at.books.standing()
    number = standing.receipts_issued + 1
    payment = at.books.payment(fact.payment_seq)
    numbered = () if payment is None else (_changed(payment, receipt_seq=at.seq, receipt_no=number),)
    return Effects(payments=numbered, standing=_standing_changed(standing, receipts_issued=number))


def _pending_slip_issued(at: At, fact: PendingSlipIssued) -> Effects:
    payment = at.books.payment(fact.payment_seq)
    return NOTHING if payment is None else Effects(payments=(_changed(payment, pending_seq=at.seq),))


def _invoice_issued(at: At, fact: InvoiceIssued) -> Effects:
    payment = _seen_payment(at, fact.payment_seq)
    return NOTHING if payment is None else Effects(payments=(_changed(payment, invoice_no=fact.invoice_no),))


def _credit_granted(_at: At, fact: CreditGranted) -> Effects:
    return Effects(move(Ledger(Account.BANK_CLEARING), _FREE, fact.amount_fen))


def _commission_stated(_at: At, fact: CommissionStated) -> Effects:
    payable = Ledger(Account.COMMISSION_PAYABLE)
    stated = move(Ledger(Account.COMMISSION_EXPENSE), payable, fact.gross_fen)
    return Effects(stated + move(payable, Ledger(Account.TAX_WITHHELD), fact.tax_fen))


def _tariff_adopted(at: At, fact: TariffAdopted) -> Effects:
    return Effects(standing=_standing_changed(at.books.standing(), tariff_hash=fact.tariff_hash))


def _day_ended(at: At, fact: BusinessDayEnded) -> Effects:
    return Effects(standing=_standing_changed(at.books.standing(), day_ended=fact.ended_date))


_RULES: dict[type, Callable[[At, Any], Effects]] = {
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
    **SERVICE_RULES,
}
