"""Taking a bill payment and sending a declined one again: what is checked before anything happens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from station_journal.money import FEN_MAX
from station_journal.payment import CashStatus, PaymentStatus
from station_journal.records import (
    BillPaymentTaken,
    Equipment,
    Fact,
    PaymentResubmitted,
    PendingSlipIssued,
    ReceiptIssued,
)
from station_pos.commands import load_lock
from station_pos.commands.operations import operation_refused
from station_pos.commands.outcome import Refusal, Refused

if TYPE_CHECKING:
    from station_journal.payment import Payment
    from station_journal.tariff import Product
    from station_pos.commands.orders import IssuePendingSlip, ResubmitPayment, TakeBillPayment
    from station_pos.commands.view import Moment, StationView

TEXT_MAX = 64
"""Longest account number, bill number, period or payer name, in characters."""


def take(command: TakeBillPayment, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on taking a customer's cash for a bill.

    An offline sale is final towards the customer, so its receipt is issued in the same breath.
    """
    done = operation_refused(view, command.operation_no)
    if done:
        return done
    product = _product(view, command.product_code)
    if product is None:
        return Refused(Refusal.PRODUCT_NOT_SOLD, (("product_code", command.product_code),))
    refused = (
        _form(command, product)
        or _amounts(command, product)
        or _duplicate(command, view, product, moment)
        or (_offline(command, view, product, moment) if command.offline else None)
        or _credit(view, command.amount_fen + product.fee_fen, moment)
        or load_lock.check(command, product, lambda code: _product(view, code), view, moment)
    )
    if refused:
        return refused
    taken = BillPaymentTaken(
        operation_no=command.operation_no,
        product_code=command.product_code,
        account_no=command.account_no,
        bill_no=command.bill_no,
        bill_period=command.bill_period,
        payer_name=command.payer_name,
        amount_fen=command.amount_fen,
        tendered_fen=command.tendered_fen,
        offline=command.offline,
    )
    return [taken, ReceiptIssued(moment.next_seq)] if command.offline else [taken]


def _product(view: StationView, code: int) -> Product | None:
    adopted = view.standing().tariff_hash
    tariff = view.tariff(adopted) if adopted else None
    return tariff.product(code) if tariff else None


def _form(command: TakeBillPayment, product: Product) -> Refused | None:
    texts = (command.account_no, command.bill_no, command.bill_period, command.payer_name)
    if any(len(text) > TEXT_MAX for text in texts):
        return Refused(Refusal.TEXT_TOO_LONG, (("longest", TEXT_MAX),))
    if not product.accepts_account(command.account_no) or not all(text.isprintable() for text in texts):
        return Refused(Refusal.ACCOUNT_FORM_WRONG, (("product_code", product.code),))
    return None


def _amounts(command: TakeBillPayment, product: Product) -> Refused | None:
    if not product.amount_min_fen <= command.amount_fen <= product.amount_max_fen:
        limits = ("least_fen", product.amount_min_fen), ("most_fen", product.amount_max_fen)
        return Refused(Refusal.AMOUNT_OUT_OF_RANGE, limits)
    total_fen = command.amount_fen + product.fee_fen
    if command.tendered_fen < total_fen:
        return Refused(Refusal.TENDER_TOO_LOW, (("short_fen", total_fen - command.tendered_fen),))
    if command.tendered_fen > FEN_MAX:
        return Refused(Refusal.AMOUNT_OUT_OF_RANGE, (("least_fen", total_fen), ("most_fen", FEN_MAX)))
    return None


def _duplicate(command: TakeBillPayment, view: StationView, product: Product, moment: Moment) -> Refused | None:
    """Refuse a bill that is paid, or the same amount for the same account while an earlier result is not known."""
    if command.bill_no:
        bill = product.biller_code, command.account_no, command.bill_no
        paid = view.payment_of_bill(*bill, moment.seen_seq)
        if paid is not None:
            return Refused(Refusal.BILL_ALREADY_PAID, (("payment_seq", paid.seq),))
    alike = view.held_alike(product.code, command.account_no, command.amount_fen)
    return Refused(Refusal.SAME_PAYMENT_UNKNOWN, (("payment_seq", alike),)) if alike else None


def _offline(command: TakeBillPayment, view: StationView, product: Product, moment: Moment) -> Refused | None:
    """Hold an offline sale to its product's allowance: count, value and hours since the link was lost."""
    outage = view.open_outage(Equipment.LINK)
    if product.offline is None or outage is None:
        return Refused(Refusal.OFFLINE_NOT_ALLOWED, (("product_code", product.code),))
    count, value_fen = view.offline_used(product.code, outage.opened_seq)
    count_left = max(0, product.offline.count - count)
    value_left_fen = max(0, product.offline.value_fen - value_fen)
    over = moment.now > outage.opened_at + timedelta(hours=product.offline.hours)
    if over or count_left == 0 or command.amount_fen > value_left_fen:
        left = ("count_left", 0 if over else count_left), ("value_left_fen", 0 if over else value_left_fen)
        return Refused(Refusal.OFFLINE_ALLOWANCE_USED, left)
    return None


def _credit(view: StationView, total_fen: int, moment: Moment) -> Refused | None:
    free_fen = view.credit_free_fen(moment.seen_seq)
    if total_fen > free_fen:
        return Refused(Refusal.CREDIT_TOO_LOW, (("free_fen", free_fen), ("short_fen", total_fen - free_fen)))
    return None


def cash_is_due(payment: Payment) -> bool:
    """Tell whether the drawer holds a customer's cash for a payment that was declined or reversed."""
    released = payment.status in {PaymentStatus.DECLINED, PaymentStatus.REVERSED}
    return released and payment.cash is CashStatus.CUSTOMERS


def resubmit(command: ResubmitPayment, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on sending a declined payment again with the cash that is still in the drawer."""
    done = operation_refused(view, command.operation_no)
    if done:
        return done
    payment = view.payment(command.payment_seq)
    if payment is None:
        return Refused(Refusal.NO_SUCH_PAYMENT)
    if payment.status is not PaymentStatus.DECLINED or not cash_is_due(payment):
        return Refused(Refusal.NOT_RESENDABLE, (("payment_seq", payment.seq),))
    if payment.bill_no:
        bill = payment.biller_code, payment.account_no, payment.bill_no
        paid = view.payment_of_bill(*bill, moment.seen_seq)
        if paid is not None:
            return Refused(Refusal.BILL_ALREADY_PAID, (("payment_seq", paid.seq),))
    alike = view.held_alike(payment.product_code, payment.account_no, payment.amount_fen)
    if alike:
        return Refused(Refusal.SAME_PAYMENT_UNKNOWN, (("payment_seq", alike),))
    refused = _credit(view, payment.total_fen, moment)
    return refused or [PaymentResubmitted(payment.seq, command.operation_no)]


def pending_slip(command: IssuePendingSlip, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on the slip that says a result is unknown: once for a payment, never where a receipt was given."""
    payment = view.payment(command.payment_seq)
    if payment is None:
        return Refused(Refusal.NO_SUCH_PAYMENT)
    if payment.status is not PaymentStatus.HELD or payment.pending_seq or payment.receipt_seq:
        return Refused(Refusal.NOTHING_TO_DO)
    return [PendingSlipIssued(payment.seq)]
