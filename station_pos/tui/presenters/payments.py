"""Payments in words: product, account, payer, amount, where it stands, and what happened to it step by step."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from station_journal.masking import mask_account
from station_journal.money import AmountRefusedError, format_yuan, parse_yuan
from station_journal.payment import CashStatus, PaymentStatus
from station_pos.commands.reversals import refusal, reversal_deadline
from station_pos.services.entries import ON_RECORD
from station_pos.text import Catalogue, either
from station_pos.tui.presenters.lines import Line, Tone, table_row, width
from station_pos.tui.presenters.state_rows import clock, local

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from station_journal.payment import Payment
    from station_journal.tariff import Product
    from station_pos.counter import Candidate
    from station_pos.services.entries import Entry

_NAME_COLUMNS = 12
TEXT = Catalogue(
    {
        "held": ("在问", "Asking"),
        "unsent": ("未传", "not sent"),
        "unknown": ("待定", "Pending"),
        "offline": ("先收后传", "Offline"),
        "confirmed": ("已入账", "Booked"),
        "reversing": ("撤销中", "Reversing"),
        "declined_due": ("没缴成, 要退现金", "Not paid, cash due"),
        "declined": ("没缴成", "Not paid"),
        "returned": ("已退现金", "Cash returned"),
        "sent_again": ("已重送", "Sent again"),
        "reversed_due": ("已撤销, 要退现金", "Reversed, cash due"),
        "reversed": ("已撤销", "Reversed"),
        "suspended": ("挂账, 总部在查", "In suspense at HQ"),
        "payer": ("户主 {name}", "Payer {name}"),
        "last": ("上次 {day} {sum}", "Last {day} {sum}"),
        "reversible": ("可撤销 {left}", "reversible {left}"),
        "taken": ("收现金 {sum}", "Took cash {sum}"),
        "sent": ("已封存, 发往收费单位  编号 {seq:04d}", "Sealed and sent to the biller  no. {seq:04d}"),
        "kept": ("已封存, 断网先收  编号 {seq:04d}", "Sealed, taken offline  no. {seq:04d}"),
        "said_yes": ("收费单位已确认  {no}", "The biller confirmed  {no}"),
        "said_no": ("收费单位不收: {reason}", "The biller declined: {reason}"),
        "receipt": ("凭条 {no} 号已开", "Receipt {no} issued"),
        "slip": ("待定凭条已开给顾客", "Pending slip issued to the customer"),
        "back": ("现金已退给顾客", "Cash returned to the customer"),
        "waiting": ("等收费单位答复, 系统自己再问", "Waiting for the biller; the machine asks again by itself"),
        "undone": ("撤销已办", "The reversal is done"),
        "somebody": ("操作员 {no}", "Operator {no}"),
        "system": ("系统", "System"),
        "biller": ("收费单位", "Biller"),
    }
)


def product_name(product: Product) -> str:
    """Give a product with its biller, ``电费 四川电力``."""
    biller = either(product.biller_name, product.biller_name_en)
    return f"{either(product.name, product.name_en)} {biller}".rstrip()


def short_name(products: Iterable[Product], code: int) -> str:
    """Give a product's own name by its code, the code itself where the tariff no longer has it."""
    found = next((product for product in products if product.code == code), None)
    return either(found.name, found.name_en) if found else f"#{code}"


_MOBILE = re.compile("1[3-9][0-9]{9}")


def is_mobile(account_no: str) -> bool:
    """Tell whether a number has the form of a mobile phone's."""
    return _MOBILE.fullmatch(account_no) is not None


def grouped(account_no: str) -> str:
    """Write an account number in the groups in which it is read aloud: of four, a mobile phone's 3, 4 and 4."""
    if is_mobile(account_no):
        return f"{account_no[:3]} {account_no[3:7]} {account_no[7:]}"
    return " ".join(account_no[start : start + 4] for start in range(0, len(account_no), 4))


def candidate_line(number: int, candidate: Candidate) -> Line:
    """Give a line of the home screen's list."""
    parts = [f"   {number} {product_name(candidate.product)}"]
    if candidate.account_no:
        parts.append(grouped(candidate.account_no))
    if candidate.payer_name:
        parts.append(TEXT("payer", name=candidate.payer_name))
    if candidate.last_paid_on:
        day = f"{candidate.last_paid_on:%m-%d}"
        parts.append(TEXT("last", day=day, sum=format_yuan(candidate.last_amount_fen)))
    return Line("   ".join(parts), Tone.STRONG if number == 1 else Tone.NORMAL)


def status_words(payment: Payment) -> str:
    """Say where a payment stands, in one or two words."""
    due = payment.cash is CashStatus.CUSTOMERS
    if payment.status is PaymentStatus.HELD:
        return TEXT("offline" if payment.offline else "unknown" if payment.pending_seq else "held")
    if payment.status is PaymentStatus.CONFIRMED:
        return TEXT("reversing" if payment.reversal_seq else "confirmed")
    if payment.status is PaymentStatus.SUSPENDED:
        return TEXT("suspended")
    if payment.cash is CashStatus.RETURNED:
        return TEXT("returned")
    if payment.cash is CashStatus.SENT_AGAIN:
        return TEXT("sent_again")
    if payment.status is PaymentStatus.REVERSED:
        return TEXT("reversed_due" if due else "reversed")
    return TEXT("declined_due" if due else "declined")


def payment_row(payment: Payment, products: Iterable[Product], today: date, window: str = "") -> str:
    """Give a payment as one row: time (its date if not today's), product, amount, payer or account, where it stands.

    ``window`` says how long it may still be reversed.
    """
    taken = local(payment.recorded_at)
    who = payment.payer_name or mask_account(payment.account_no)
    return table_row(
        (
            (f"{taken:%H:%M}" if taken.date() == today else f"{taken:%m-%d}", 5),
            (short_name(products, payment.product_code), 12),
            (format_yuan(payment.total_fen), -10),
            (who, 13),
            (f"{status_words(payment)}   {window}", 26),
        )
    ).rstrip()


def entry_status(entry: Entry, held_seq: int) -> str:
    """Say where an entry stands; one that is simply on record says whether HQ holds it, up to ``held_seq``."""
    return TEXT("unsent") if entry.service == ON_RECORD and entry.seq > held_seq else entry.status


def entry_row(entry: Entry, today: date, now: datetime, held_seq: int) -> str:
    """Give an entry of a service as one row, in the columns of a payment's, with the clock of its undo."""
    taken = local(entry.at)
    left = entry.undo_until - now if entry.undo_until and entry.undo_until > now else None
    # A name too long for its column goes on where a payment has its payer: a card's digits are never cut.
    name, _, rest = entry.title.partition(" ") if width(entry.title) > _NAME_COLUMNS else (entry.title, "", "")
    return table_row(
        (
            (f"{taken:%H:%M}" if taken.date() == today else f"{taken:%m-%d}", 5),
            (name, _NAME_COLUMNS),
            (format_yuan(entry.amount_fen) if entry.amount_fen else "-", -10),
            (rest or entry.about, 13),
            (f"{entry_status(entry, held_seq)}   {reversal_words(left)}", 26),
        )
    ).rstrip()


def reversal_left(payment: Payment, product: Product | None, now: datetime) -> timedelta | None:
    """Give how long a confirmed payment may still be reversed, None where it may not."""
    if product is None or refusal(payment, product, (now, payment.business_date)) is not None:
        return None
    left = reversal_deadline(payment, product) - now
    return left if left > timedelta(0) else None


def reversal_words(left: timedelta | None) -> str:
    """Write the reversal window as a clock, empty where it is shut."""
    if left is None:
        return ""
    minutes = int(left.total_seconds()) // 60
    return TEXT("reversible", left=f"{minutes // 60}:{minutes % 60:02d}")


def timeline(payment: Payment) -> tuple[Line, ...]:
    """Tell what happened to a payment, oldest first, each step with who did it."""
    who = TEXT("somebody", no=payment.operator_no)
    steps = [(clock(payment.recorded_at), who, TEXT("taken", sum=format_yuan(payment.tendered_fen)))]
    steps.append(("", TEXT("system"), TEXT("kept" if payment.offline else "sent", seq=payment.seq)))
    if payment.pending_seq:
        steps.append(("", TEXT("system"), TEXT("slip")))
    if payment.status is PaymentStatus.HELD and not payment.offline:
        steps.append(("", TEXT("system"), TEXT("waiting")))
    if payment.status in {PaymentStatus.CONFIRMED, PaymentStatus.REVERSED}:
        steps.append(("", TEXT("biller"), TEXT("said_yes", no=payment.biller_no)))
    if payment.status is PaymentStatus.DECLINED:
        steps.append(("", TEXT("biller"), TEXT("said_no", reason=payment.reason or "-")))
    if payment.receipt_no:
        steps.append(("", TEXT("system"), TEXT("receipt", no=payment.receipt_no)))
    if payment.status is PaymentStatus.REVERSED:
        steps.append(("", TEXT("biller"), TEXT("undone")))
    if payment.cash is CashStatus.RETURNED:
        steps.append(("", who, TEXT("back")))
    return tuple(Line("   " + table_row(((at, 5), (actor, 12), (what, 58)))) for at, actor, what in steps)


def amount_typed(typed: str) -> int | None:
    """Read the amount on the input line, None while it is none."""
    try:
        return parse_yuan(typed)
    except AmountRefusedError:
        return None
