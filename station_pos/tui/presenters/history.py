"""流水 in words: a page of payments, and one payment with what may still be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_journal.payment import PaymentStatus
from station_pos.services.entries import Entry
from station_pos.text import Catalogue
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, between, rule
from station_pos.tui.presenters.lists import PAGE_ROWS, Place, marker, on_page
from station_pos.tui.presenters.payments import (
    entry_row,
    entry_status,
    grouped,
    payment_row,
    reversal_left,
    reversal_words,
    short_name,
    status_words,
    timeline,
)
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.state_rows import local

if TYPE_CHECKING:
    from collections.abc import Sequence

    from station_journal.payment import Payment
    from station_journal.tariff import Product
    from station_pos.tui.desk import Desk

_DETAIL, _REASON, _PIN = 2, 3, 4
TEXT = Catalogue(
    {
        "title": (" 流水   新的在上", " History   newest first"),
        "none": ("   还没有办过业务", "   Nothing done yet"),
        "keys_list": (
            "Enter 打开   *n 打开第 n 行   + 下页   - 上页   Esc 回",
            "Enter opens   *n line n   + next   - back   Esc",
        ),
        "detail": (" 流水 > {seq:04d} {name}", " History > {seq:04d} {name}"),
        "when": ("   时间    {when}   状态 {status}", "   Time    {when}   state {status}"),
        "account": ("   户号    {account}   户主 {payer}", "   Account {account}   payer {payer}"),
        "sum": (
            "   应收    {total}   实收 {tendered}   找零 {change}",
            "   Due     {total}   received {tendered}   change {change}",
        ),
        "entry_sum": ("   金额    {sum}   {about}", "   Sum     {sum}   {about}"),
        "undone": ("   撤销    已经撤销", "   Undo    it is undone"),
        "undo_asked": ("已撤销, 记在您名下", "Undone, under your name"),
        "papers": ("   凭条    {receipt}   收费单位编号 {biller}", "   Receipt {receipt}   biller's no. {biller}"),
        "invoice": ("   发票    {no}, 网点已开", "   Invoice {no}, issued by the branch"),
        "window": ("   撤销    {left} (到时自动关上)", "   Undo    {left} (shuts by itself)"),
        "shut": (
            "   撤销    不能撤销, 或已过时间 (按 - 看怎么办)",
            "   Undo    not possible, or too late (- says why)",
        ),
        "keys_detail": ("+ 补打一张 (标明补打)   - 撤销   Esc 回", "+ marked copy   - reverse   Esc back"),
        "keys_payment": (
            "+ 补打一张 (标明补打)   - 撤销   C 来龙去脉   Esc 回",
            "+ marked copy   - reverse   C chain   Esc back",
        ),
        "reasons": ("   为什么撤销?", "   Why is it reversed?"),
        "reason_1": ("   1 金额错了", "   1 wrong amount"),
        "reason_2": ("   2 户号错了", "   2 wrong account"),
        "reason_3": ("   3 顾客不缴了", "   3 the customer withdrew"),
        "reason_4": ("   4 输了两遍", "   4 entered twice"),
        "keys_reason": ("按 1 到 4   Esc 不撤", "press 1 to 4   Esc keeps it"),
        "pin": ("   撤销要您的密码, 记在您名下", "   Your PIN: the reversal is recorded under your name"),
        "ask_pin": ("   密码  > ", "   PIN  > "),
        "keys_pin": ("Enter 撤销   Esc 不撤", "Enter reverses   Esc keeps it"),
        "choose": ("按 + 补打, 按 - 撤销, Esc 回", "+ copies, - reverses, Esc goes back"),
        "reversal_asked": (
            "已报总部撤销。先不要退现金; 有答复会在 F5 提醒",
            "The reversal is asked for. Give no cash back yet; F5 tells",
        ),
        "reversal_done": (
            "撤销办成了: 按 F5 退现金给顾客, 顾客签字",
            "It is reversed: F5 gives the cash back, the customer signs",
        ),
        "reversal_not_done": (
            "没有撤成, 这笔仍然有效, 不要退现金",
            "It was not reversed: the payment stands, give no cash back",
        ),
        "copy_printing": ("补打的凭条在打印, 纸上标明 补打", "The copy is printing, marked as a copy"),
    }
)


def product_of(desk: Desk, payment: Payment) -> Product | None:
    """Give the product that a payment is for, as it is sold now."""
    return next((product for product in desk.counter.products() if product.code == payment.product_code), None)


def list_view(desk: Desk, rows: Sequence[Payment | Entry], place: Place) -> View:
    """Give a page of payments and of the services' entries."""
    page, pages = place.page(len(rows))
    lines = [_row(desk, number, row, place) for number, row in enumerate(on_page(rows, place), 1)]
    title = between(TEXT("title"), SENTENCES("page", page=page, pages=pages) + " ")
    chosen = rows[place.index] if place.index < len(rows) else None
    payment = None if chosen is None or isinstance(chosen, Entry) else chosen
    return View(
        above=(Line(title, Tone.STRONG), rule()),
        prompt=" > ",
        below=(*(lines or [Line(TEXT("none"))]), *([BLANK] * (PAGE_ROWS - len(lines))), rule()),
        keys=TEXT("keys_list"),
        rail=_slip(desk, payment),
        timeline=timeline(desk.counter.payment(payment.seq) or payment) if payment else (),
    )


def _row(desk: Desk, number: int, row: Payment | Entry, place: Place) -> Line:
    now, today = desk.now(), desk.state().business_date
    if isinstance(row, Entry):
        return Line(marker(number, place) + entry_row(row, today, now, desk.state().held_seq))
    payment = desk.counter.payment(row.seq) or row
    left = reversal_words(reversal_left(payment, product_of(desk, payment), now))
    return Line(marker(number, place) + payment_row(payment, desk.counter.products(), today, left))


def entry_view(desk: Desk, entry: Entry, step: int) -> View:
    """Give one entry of a service; the step tells whether a reason or a PIN is being asked for."""
    left = entry.undo_until - desk.now() if entry.undo_until and entry.undo_until > desk.now() else None
    undo = reversal_words(left)
    above = [
        Line(TEXT("detail", seq=entry.seq, name=entry.title), Tone.STRONG),
        rule(),
        Line(
            TEXT(
                "when", when=f"{local(entry.at):%Y-%m-%d %H:%M:%S}", status=entry_status(entry, desk.state().held_seq)
            ),
            Tone.STRONG,
        ),
        Line(TEXT("entry_sum", sum=format_yuan(entry.amount_fen) if entry.amount_fen else "-", about=entry.about)),
        Line(TEXT("window", left=undo) if undo else TEXT("shut")),
        rule(),
    ]
    asked, prompt, keys = _asked(step)
    keys = "keys_payment" if keys == "keys_detail" and entry.is_followed else keys
    return View(above=(*above, *asked), prompt=prompt, below=(), keys=TEXT(keys))


def _asked(step: int) -> tuple[tuple[Line, ...], str, str]:
    """Give what a step of an undo asks for, its prompt, and its keys."""
    if step == _REASON:
        reasons = [Line(TEXT(f"reason_{number}")) for number in range(1, 5)]
        return (Line(TEXT("reasons"), Tone.STRONG), *reasons), " > ", "keys_reason"
    if step == _PIN:
        return (Line(TEXT("pin"), Tone.STRONG),), TEXT("ask_pin"), "keys_pin"
    return (), " > ", "keys_detail"


def detail_view(desk: Desk, payment: Payment, step: int) -> View:
    """Give one payment; the step tells whether a reason or a PIN is being asked for."""
    figures = {
        "total": format_yuan(payment.total_fen),
        "tendered": format_yuan(payment.tendered_fen),
        "change": format_yuan(payment.tendered_fen - payment.total_fen),
    }
    name = short_name(desk.counter.products(), payment.product_code)
    when = f"{local(payment.recorded_at):%Y-%m-%d %H:%M:%S}"
    left = reversal_words(reversal_left(payment, product_of(desk, payment), desk.now()))
    undone = payment.status is PaymentStatus.REVERSED
    above: list[Line] = [
        Line(TEXT("detail", seq=payment.seq, name=name), Tone.STRONG),
        rule(),
        Line(TEXT("when", when=when, status=status_words(payment)), Tone.STRONG),
        Line(TEXT("account", account=grouped(payment.account_no), payer=payment.payer_name or "-")),
        Line(TEXT("sum", **figures)),
        Line(TEXT("papers", receipt=payment.receipt_no or "-", biller=payment.biller_no or "-")),
        Line(TEXT("invoice", no=payment.invoice_no)) if payment.invoice_no else BLANK,
        Line(TEXT("window", left=left) if left else TEXT("undone" if undone else "shut")),
        rule(),
    ]
    asked, prompt, keys = _asked(step)
    return View(
        above=(*above, *asked),
        prompt=prompt,
        below=(),
        keys=TEXT("keys_payment" if keys == "keys_detail" else keys),
        rail=_slip(desk, payment),
        timeline=timeline(payment),
    )


def _slip(desk: Desk, payment: Payment | None) -> tuple[Line, ...]:
    text = desk.counter.receipt_text(payment.seq) if payment else ""
    return tuple(Line(row) for row in text.splitlines())
