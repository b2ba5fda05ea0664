"""Asking for a reversal 冲正: whole amount, same business date, within the product's window, not after the invoice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.payment import PaymentStatus
from station_journal.records import Fact, ReversalRequested
from station_pos.commands.outcome import Refusal, Refused
from station_pos.config import undo_shuts_at

if TYPE_CHECKING:
    from datetime import date, datetime

    from station_journal.payment import Payment
    from station_journal.tariff import Product
    from station_pos.commands.orders import RequestReversal
    from station_pos.commands.view import Moment, StationView


def reversal_deadline(payment: Payment, product: Product) -> datetime:
    """Give the time after which a payment cannot be reversed any more: its window, and never beyond its cut-off."""
    return undo_shuts_at(payment.recorded_at, payment.business_date, product.reversal_minutes)


def refusal(payment: Payment, product: Product | None, moment: tuple[datetime, date]) -> Refused | None:
    """Say why a payment cannot be reversed at a moment (time and business date), None where it can.

    The screen asks beforehand and the register decides, both by this.
    """
    now, business_date = moment
    if payment.reversal_seq or payment.status is PaymentStatus.REVERSED:
        return Refused(Refusal.ALREADY_REVERSED, (("payment_seq", payment.seq),))
    if payment.status is PaymentStatus.HELD:
        waits = Refusal.REVERSAL_NOT_SENT if payment.offline else Refusal.REVERSAL_NOT_ANSWERED
        return Refused(waits, (("payment_seq", payment.seq),))
    if payment.status is not PaymentStatus.CONFIRMED:
        return Refused(Refusal.REVERSAL_NOT_PAID, (("payment_seq", payment.seq),))
    if payment.invoice_no:
        return Refused(Refusal.INVOICE_ISSUED, (("invoice_no", payment.invoice_no),))
    if product is None or product.reversal_minutes == 0:
        return Refused(Refusal.REVERSAL_NOT_ALLOWED, (("payment_seq", payment.seq),))
    if payment.business_date != business_date or now > reversal_deadline(payment, product):
        return Refused(Refusal.REVERSAL_TOO_LATE, (("minutes", product.reversal_minutes),))
    return None


def request(command: RequestReversal, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on asking HQ to reverse a payment, whole; nothing moves until the biller has answered."""
    payment = view.payment(command.payment_seq)
    if payment is None:
        return Refused(Refusal.NO_SUCH_PAYMENT)
    tariff = view.tariff(view.standing().tariff_hash)
    product = tariff.product(payment.product_code) if tariff else None
    refused = refusal(payment, product, (moment.now, moment.business_date))
    return refused or [ReversalRequested(payment.seq, command.reason)]
