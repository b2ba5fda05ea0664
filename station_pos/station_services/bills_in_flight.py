"""Bill payments in flight: open cases, and jobs whose end the counter has not shown to anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.masking import mask_account
from station_journal.money import format_yuan
from station_journal.posting import CashStatus, PaymentStatus
from station_pos.services.in_flight import Happened, InFlight
from station_pos.services.kept_jobs import BILL
from station_pos.text import Catalogue, either

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from station_journal.posting import Payment
    from station_journal.tariff import Product
    from station_pos.services.kept_jobs import KeptJob

KEPT = "kept"
"""The service of an item that is a half-typed job; its ``ref`` is the job's number."""
TEXT = Catalogue(
    {
        "unknown": (
            "收了 {tendered}, 找 {change}。钱留在抽屉, 不要退, 不要重做; 系统自己再问",
            "Took {tendered}, change {change}. Keep the cash, do not repeat; it asks by itself",
        ),
        "declined": ("没缴成。把 {total} 退给顾客", "Not paid. Give {total} back to the customer"),
        "reversed": ("已撤销。把 {total} 退给顾客", "Reversed. Give {total} back to the customer"),
        "reversing": ("在撤销。有答复前不要退钱", "Being reversed. Give nothing back before the answer"),
        "done": (
            "已记账。应收进 {tendered}, 找出 {change}; 还没找就现在找",
            "Recorded. {tendered} in, change {change} out; give the change if you did not",
        ),
        "parked": ("放着没办, 什么都没记。打开接着办", "Put aside, nothing recorded. Open it to go on"),
        "not_done": (
            "没有记账。收了顾客的钱就退还, 或打开接着办",
            "Not recorded. Give back any cash you took, or open it to go on",
        ),
        "doubtful": (
            "账本读不全, 不知道记了没有。先不要退也不要重做, 请联系总部",
            "The books cannot tell. Neither give back nor repeat; call HQ",
        ),
    }
)


def title(payment: Payment, products: Iterable[Product]) -> str:
    """Name a payment in a list: service, and the masked payer or account."""
    product = next((one for one in products if one.code == payment.product_code), None)
    name = either(product.name, product.name_en) if product else f"#{payment.product_code}"
    return f"{name} {payment.payer_name or mask_account(payment.account_no)}"


def bills_in_flight(
    payments: Iterable[Payment],
    jobs: Iterable[KeptJob],
    products: tuple[Product, ...],
    payment_of: Callable[[int], Payment | None],
) -> tuple[InFlight, ...]:
    """List the payments that wait for somebody and the kept jobs, oldest first; each payment once."""
    found = {payment.seq: _of_payment(payment, products) for payment in payments}
    kept = []
    for job in jobs:
        payment = payment_of(job.payment_seq) if job.payment_seq else None
        if payment is None:
            kept.append(_of_job(job))
        else:
            found.setdefault(payment.seq, _of_payment(payment, products))
    return tuple(sorted([*found.values(), *kept], key=lambda one: (one.at, one.ref)))


def _of_payment(payment: Payment, products: tuple[Product, ...]) -> InFlight:
    figures = {
        "tendered": format_yuan(payment.tendered_fen),
        "change": format_yuan(payment.tendered_fen - payment.total_fen),
        "total": format_yuan(payment.total_fen),
    }
    key, happened = _what_happened(payment)
    return InFlight(
        service=BILL,
        ref=payment.seq,
        at=payment.recorded_at,
        title=title(payment, products),
        amount_fen=payment.total_fen,
        happened=happened,
        advice=TEXT(key, **figures),
        hand_out_fen=payment.total_fen if key in {"declined", "reversed"} else 0,
    )


def _what_happened(payment: Payment) -> tuple[str, Happened]:
    if payment.status is PaymentStatus.HELD and not payment.offline:
        return "unknown", Happened.UNKNOWN
    if payment.cash is CashStatus.CUSTOMERS and payment.status is PaymentStatus.DECLINED:
        return "declined", Happened.NOT_DONE
    if payment.cash is CashStatus.CUSTOMERS and payment.status is PaymentStatus.REVERSED:
        return "reversed", Happened.DONE
    if payment.status is PaymentStatus.CONFIRMED and payment.reversal_seq:
        return "reversing", Happened.UNKNOWN
    return "done", Happened.DONE


def _of_job(job: KeptJob) -> InFlight:
    key = "doubtful" if job.doubtful else "parked" if job.parked else "not_done"
    happened = Happened.UNKNOWN if job.doubtful else Happened.NOT_DONE
    return InFlight(KEPT, job.job_no, job.kept_at, job.title, job.amount_fen, happened, TEXT(key))
