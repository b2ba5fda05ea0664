"""Asking for a reversal 冲正: whole amount, same business date, within the product's window, not after the invoice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from station_journal.posting import PaymentStatus
from station_journal.records import Fact, ReversalRequested
from station_pos.commands.outcome import Refusal, Refused

if TYPE_CHECKING:
    from station_journal.posting import Payment
    from station_journal.tariff import Product
    from station_pos.commands.orders import RequestReversal
    from station_pos.commands.view import Moment, StationView


def reversal_deadline(payment: Payment, product: Product) -> datetime:
    """Give the time after which a payment cannot be reversed any more (its business date bounds it too)."""
    return payment.recorded_at + timedelta(minutes=product.reversal_minutes)


def request(command: RequestReversal, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on asking HQ to reverse a payment; nothing moves until the biller has answered."""
    payment = view.payment(command.payment_seq)
    if payment is None:
        return Refused(Refusal.NO_SUCH_PAYMENT)
    if payment.reversal_seq or payment.status is PaymentStatus.REVERSED:
        return Refused(Refusal.ALREADY_REVERSED, (("payment_seq", payment.seq),))
    if payment.status is not PaymentStatus.CONFIRMED:
        return Refused(Refusal.REVERSAL_NOT_ALLOWED, (("payment_seq", payment.seq),))
    if payment.invoice_no:
        return Refused(Refusal.INVOICE_ISSUED, (("invoice_no", payment.invoice_no),))
    tariff = view.tariff(view.standing().tariff_hash)
    product = tariff.product(payment.product_code) if tariff else None
    if product is None or product.reversal_minutes == 0:
        return Refused(Refusal.REVERSAL_NOT_ALLOWED, (("payment_seq", payment.seq),))
    if payment.business_date != moment.business_date or moment.now > reversal_deadline(payment, product):
        return Refused(Refusal.REVERSAL_TOO_LATE, (("minutes", product.reversal_minutes),))
    return [ReversalRequested(payment.seq, command.reason)]
