"""What became of a payment, in words: one calm picture for each of paid, waiting, declined, unknown, reversed."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from station_journal.masking import mask_account
from station_journal.money import format_yuan
from station_journal.payment import CashStatus, PaymentStatus
from station_pos.counter import PrinterState
from station_pos.text import Catalogue
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, rule
from station_pos.tui.presenters.payments import short_name, timeline

if TYPE_CHECKING:
    from station_journal.payment import Payment
    from station_pos.tui.desk import Desk


class Verdict(StrEnum):
    """What the operator has to know and do."""

    WAITING = "waiting"
    PAID = "paid"
    PAID_OFFLINE = "offline"
    UNKNOWN = "unknown"
    DECLINED = "declined"
    REVERSING = "reversing"
    REVERSED = "reversed"
    RETURNED = "returned"
    SENT_AGAIN = "again"
    SUSPENDED = "suspended"


TEXT = Catalogue(
    {
        "big_change": ("找零", "Change"),
        "big_total": ("金额", "Sum"),
        "title": (" {name}   户号 {account}   {payer}", " {name}   account {account}   {payer}"),
        "sum": (
            "   应收 {total}   实收 {tendered}   找零 {change}",
            "   Due {total}   received {tendered}   change {change}",
        ),
        "waiting_1": ("   正 在 问 收 费 单 位     {elapsed}", "   A S K I N G   T H E   B I L L E R     {elapsed}"),
        "waiting_2": (
            "   已收的钱先放好, 先别找零、别再收一次。到 {limit} 秒没有答复就转待定",
            "   Keep the cash, give no change yet, do not repeat. After {limit} s it turns pending",
        ),
        "waiting_say": ("请稍等, 正在等{name}单位确认", "One moment, waiting for confirmation ({name})"),
        "waiting_keys": (
            "Esc 先回主页, 后台接着等, 有结果会响铃",
            "Esc goes home; it waits on, a bell tells the result",
        ),
        "paid_1": ("   缴 成 了     找 零 {change}", "   P A I D     change {change}"),
        "paid_2": (
            "   收费单位已确认, 编号 {biller_no}。凭条 {receipt} 号{slip}",
            "   Confirmed by the biller, no. {biller_no}. Receipt {receipt} {slip}",
        ),
        "paid_exact": ("缴好了, 正好不用找, 这是凭条", "Paid, with the exact sum; here is your receipt"),
        "paid_say": ("缴好了, 找您 {change}, 这是凭条", "Paid; your change {change} and your receipt"),
        "keys_next": ("Enter 下一位; 直接扫码或输号也行", "Enter next customer; or just scan or type"),
        "offline_1": ("   收 好 了 (断网先收)     找 零 {change}", "   T A K E N (offline)     change {change}"),
        "offline_2": (
            "   已封存在本站, 凭条{slip}, 网通了自己会传, 不要再收一次",
            "   Sealed here; the receipt {slip}. It sends itself: do not take it again",
        ),
        "offline_exact": ("收好了, 正好不用找, 这是凭条", "Done, with the exact sum; here is your receipt"),
        "offline_say": ("收好了, 找您 {change}, 这是凭条", "Done; your change {change} and your receipt"),
        "unknown_1": ("   结 果 还 不 知 道", "   N O B O D Y   K N O W S   Y E T"),
        "unknown_2": (
            "   先不要重做, 凭条{pending}, 系统会自己再问",
            "   Do not repeat it. The slip {pending}; the system asks by itself",
        ),
        "unknown_3": (
            "   额度先冻结, 一笔都不会丢。有了结果会响铃, 也可按 F5 看",
            "   Credit stays held, nothing is lost. A bell tells the result; F5 shows it",
        ),
        "unknown_4": (
            "   待定凭条交给顾客, 请顾客留好",
            "   Give the pending slip to the customer to keep",
        ),
        "unknown_say": (
            "还在等确认, 这张待定凭条您留好, 不会多收",
            "Still waiting for confirmation; keep this slip, you pay once only",
        ),
        "keys_leave": ("Enter 回", "Enter goes back"),
        "declined_1": ("   没 缴 成     把 现 金 退 给 顾 客", "   N O T   P A I D     give the cash back"),
        "declined_2": (
            "   收费单位不收: {reason}。这笔的现金 {total} 还是顾客的",
            "   The biller declined: {reason}. The cash {total} is still the customer's",
        ),
        "declined_3": (
            "   退 {total} (还没找零的, 把收的 {tendered} 全退)。额度已还",
            "   Give back {total} (all {tendered} if no change was given). Credit is free again",
        ),
        "declined_4": ("   *1 不退, 顾客同意再送一次", "   *1 instead: send it again, if the customer agrees"),
        "declined_say": ("没有缴成, 钱退给您 {total}", "It was not paid; here is your {total} back"),
        "declined_keys": (
            "Enter 已把现金退给顾客   *1 再送一次   Esc 以后再办",
            "Enter cash is back   *1 resend   Esc later",
        ),
        "reversing_1": ("   撤 销 已 报 总 部", "   R E V E R S A L   A S K E D"),
        "reversing_2": (
            "   先不要退现金。收费单位答应撤销后, 这里会写明退多少",
            "   Give no cash back yet. When the biller agrees, this screen says how much",
        ),
        "reversing_say": ("已经报上去撤销, 办好了退您钱", "The reversal is asked for; the money follows"),
        "reversed_1": ("   已 撤 销     把 现 金 退 给 顾 客", "   R E V E R S E D     give the cash back"),
        "reversed_2": (
            "   退 {total}。额度已还, 两边的账都已改回",
            "   Give back {total}. Credit and books are put back",
        ),
        "reversed_say": ("撤销好了, 退您 {total}", "It is reversed; here is your {total} back"),
        "reversed_keys": ("Enter 已把现金退给顾客   Esc 以后再办", "Enter cash is back   Esc later"),
        "returned_1": ("   现 金 已 退     {total}", "   C A S H   R E T U R N E D     {total}"),
        "returned_2": ("   退款凭条{slip}, 请顾客签收", "   The refund slip {slip}; the customer signs it"),
        "returned_say": ("钱退给您了, 这是退款凭条", "Here is your money and the refund slip"),
        "again_1": ("   已 重 送", "   S E N T   A G A I N"),
        "again_2": ("   新的一笔在流水 (F7) 里", "   The new payment is in the history (F7)"),
        "again_say": ("", ""),
        "suspended_1": ("   挂 账, 总 部 在 查", "   I N   S U S P E N S E"),
        "suspended_2": (
            "   {reason}: 这笔钱谁都不欠, 等总部查清。证据在 F9",
            "   {reason}: nobody owes this sum until HQ has ruled. Evidence: F9",
        ),
        "suspended_say": ("", ""),
        "prints": ("在打印", "is printing"),
        "printed": ("已印", "is printed"),
        "waits": ("等打印机好了就印", "waits for the printer"),
        "slip": ("   凭条  (存着的原样)", "   Slip  (as stored)"),
        "no_slip": ("  还没有凭条", "  none yet"),
    }
)
_KEYS = {
    Verdict.WAITING: "waiting_keys",
    Verdict.PAID: "keys_next",
    Verdict.PAID_OFFLINE: "keys_next",
    Verdict.DECLINED: "declined_keys",
    Verdict.REVERSED: "reversed_keys",
}
_PRINTS = frozenset({PrinterState.READY, PrinterState.PAPER_LOW})
_GOOD = frozenset({Verdict.PAID, Verdict.PAID_OFFLINE, Verdict.RETURNED})


def verdict_of(payment: Payment, *, time_up: bool) -> Verdict:
    """Judge a payment; ``time_up`` tells that the wait for the biller's answer is over."""
    due = payment.cash is CashStatus.CUSTOMERS
    if payment.status is PaymentStatus.HELD:
        if payment.offline:
            return Verdict.PAID_OFFLINE
        return Verdict.UNKNOWN if time_up or payment.pending_seq else Verdict.WAITING
    if payment.status is PaymentStatus.CONFIRMED:
        return Verdict.REVERSING if payment.reversal_seq else Verdict.PAID
    if payment.status is PaymentStatus.SUSPENDED:
        return Verdict.SUSPENDED
    if payment.cash is CashStatus.SENT_AGAIN:
        return Verdict.SENT_AGAIN
    if due:
        return Verdict.DECLINED if payment.status is PaymentStatus.DECLINED else Verdict.REVERSED
    return Verdict.RETURNED


def result_view(desk: Desk, payment: Payment, verdict: Verdict, elapsed_s: int) -> View:
    """Give the screen that says what became of a payment."""
    name = short_name(desk.counter.products(), payment.product_code)
    prints = desk.state().printer in _PRINTS
    figures = {
        "slip": TEXT("prints" if prints else "waits"),
        "pending": TEXT("printed" if prints else "waits"),
        "name": name,
        "total": format_yuan(payment.total_fen),
        "tendered": format_yuan(payment.tendered_fen),
        "change": format_yuan(payment.tendered_fen - payment.total_fen),
        "elapsed": f"{elapsed_s // 60:02d}:{elapsed_s % 60:02d}",
        "limit": int(desk.answer_wait_s),
        "biller_no": payment.biller_no,
        "receipt": payment.receipt_no,
        "reason": payment.reason or "-",
    }
    exact = payment.tendered_fen == payment.total_fen and f"{verdict}_exact" in TEXT
    title = TEXT("title", name=name, account=mask_account(payment.account_no), payer=payment.payer_name)
    tone = Tone.GOOD if verdict in _GOOD else Tone.ALERT
    words = [Line(TEXT(f"{verdict}_{row}", **figures)) for row in range(2, 5) if f"{verdict}_{row}" in TEXT]
    above = (
        Line(title, Tone.STRONG),
        rule(),
        BLANK,
        Line(TEXT("sum", **figures)),
        BLANK,
        Line(TEXT(f"{verdict}_1", **figures), tone),
        BLANK,
        *(words if desk.big_text else (line for pair in words for line in (pair, BLANK))),
    )
    return View(
        above=above,
        prompt="   > ",
        below=(BLANK, rule()),
        say=TEXT(f"{verdict}_{'exact' if exact else 'say'}", **figures),
        keys=TEXT(_KEYS.get(verdict, "keys_leave")),
        rail=_slip(desk.counter.receipt_text(payment.seq)),
        timeline=timeline(payment),
        big=(_big(payment, verdict),),
    )


def _big(payment: Payment, verdict: Verdict) -> tuple[str, str]:
    """Give the amount that a hand moves now: the change of a paid bill, else what was paid or goes back."""
    change_fen = payment.tendered_fen - payment.total_fen
    if verdict in _GOOD and change_fen:
        return TEXT("big_change"), format_yuan(change_fen)
    return TEXT("big_total"), format_yuan(payment.total_fen)


def _slip(text: str) -> tuple[Line, ...]:
    rows = [Line(row) for row in text.splitlines()] or [Line(TEXT("no_slip"), Tone.QUIET)]
    return (Line(TEXT("slip").strip(), Tone.STRONG), *rows)
