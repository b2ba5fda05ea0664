"""The 缴费 screen in words: a draft of a payment, and the view of each of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_journal.tariff import CommissionBasis
from station_pos.counter import LinkState
from station_pos.text import Catalogue, either
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, between, rule
from station_pos.tui.presenters.payments import amount_typed, grouped, is_mobile, product_name
from station_pos.tui.presenters.state_rows import not_computable_words, time_left
from station_pos.tui.presenters.tally import bill_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from station_journal.tariff import Product
    from station_pos.counter import OfflineLeft, OpenBill
    from station_pos.tui.desk import Desk

BILLS_SHOWN = 6
NOTE_FEN = 10_000
"""The largest note: nobody hands over one more of them than needed."""


class Step(IntEnum):
    """Where the draft stands."""

    ACCOUNT = 1
    ASKING = 2
    CHOOSE = 3
    AMOUNT = 4
    AMOUNT_AGAIN = 5
    TENDER = 6
    TENDER_AGAIN = 7
    STOPPED = 8


@dataclass(frozen=True, slots=True)
class Draft:
    """A payment that is not recorded anywhere yet. ``keyed`` tells that the operator typed the amount."""

    product: Product
    account_no: str = ""
    payer_name: str = ""
    address: str = ""
    bills: tuple[OpenBill, ...] = ()
    bill_no: str = ""
    period: str = ""
    amount_fen: int = 0
    keyed: bool = False
    tendered_fen: int = 0

    @property
    def total_fen(self) -> int:
        """What the customer pays: amount and tariff fee."""
        return self.amount_fen + self.product.fee_fen


TEXT = Catalogue(
    {
        "title": (" 缴费 > {name}", " Bill payment > {name}"),
        "step": ("第 {step} 步/共 2 步 ", "step {step} of 2 "),
        "account": ("   户号    {number}", "   Account {number}"),
        "mobile": ("   手机号  {number}", "   Mobile  {number}"),
        "payer": ("   户主    {name}    {address}", "   Payer   {name}    {address}"),
        "payer_nobody": (
            "   户主    本项查不到户主, 把号码读给顾客核对",
            "   Payer   cannot be asked: read the number back",
        ),
        "payer_unknown": ("   户主    查不到, 请对着账单核对", "   Payer   not known; check it against the bill"),
        "due": ("   应缴    {sum}    {period}", "   Due     {sum}    {period}"),
        "due_usual": (
            "   应缴    {sum}    {period}   平常 {least} 到 {most}",
            "   Due     {sum}    {period}   usually {least} to {most}",
        ),
        "fee": ("   手续费  {sum}    按资费表, 不得另收", "   Fee     {sum}    by the tariff, nothing on top"),
        "total": ("   合计    {sum}", "   Total   {sum}"),
        "ask_account": ("   户号  > ", "   Account  > "),
        "ask_wait": ("   正在查账单  > ", "   Asking for the bill  > "),
        "ask_choose": ("   选哪一张  > ", "   Which bill  > "),
        "ask_amount": ("   金额  > ", "   Amount  > "),
        "ask_amount_again": ("   请再输一次金额  > ", "   Amount once more  > "),
        "ask_tender": ("   实收  > ", "   Cash received  > "),
        "ask_tender_again": ("   请再输一次实收  > ", "   Cash once more  > "),
        "ask_nothing": ("   > ", "   > "),
        "change": ("   找零      {sum}", "   Change    {sum}"),
        "change_none": ("   找零      -", "   Change    -"),
        "short": ("   还差      {sum}", "   Short     {sum}"),
        "credit": (
            "   额度   {before} -> {after}        酬金 +{earned}",
            "   Credit {before} -> {after}        you earn +{earned}",
        ),
        "credit_unknown": ("   额度   {why}", "   Credit {why}"),
        "credit_low": (
            "   额度   只有 {before}, 还差 {short}, 收不了这一笔。先按 F8 充",
            "   Credit {before} is {short} short of this bill; top up first (F8)",
        ),
        "online": (
            "   联网   收款后等收费单位确认, 再出凭条",
            "   Online the biller confirms, then the receipt prints",
        ),
        "offline": (
            "   断网   本项可先收后传: 还剩 {count} 笔 / {value}",
            "   No link: may be taken now; {count} bills / {value} left",
        ),
        "offline_now": (
            "   断网   这一笔先收后传, 当场出凭条: 还剩 {count} 笔 / {value}",
            "   No link: taken now with a receipt, sent later; {count} / {value}",
        ),
        "offline_left": (", 剩 {left}", ", {left} left"),
        "offline_none": ("   断网   本项断网不能收", "   No link: this service cannot be taken offline"),
        "reversal": ("   撤销   收款后 {minutes} 分钟内、当天可撤", "   Reversal within {minutes} minutes, same day"),
        "no_reversal": ("   撤销   本项收了不能撤, 请核对清楚", "   No reversal of this service: check with care"),
        "bill": ("   {line} {period}   {sum}", "   {line} {period}   {sum}"),
        "more_bills": ("   共 {count} 张, 先收前面的", "   {count} bills in all; take these first"),
        "odd": (
            "   !! {sum} 和这户平常的 {least} 到 {most} 差得太多。核对后再输一次金额",
            "   !! {sum} is far from this account's usual {least} to {most}. Check, type again",
        ),
        "tender_odd": (
            "   !! 实收 {tendered} 比应收 {total} 多出不止一张百元。核对后再输一次实收",
            "   !! {tendered} is over a whole note more than {total}. Check, type it again",
        ),
        "say_account": ("您的户号是多少?", "Your account number, please?"),
        "say_wait": ("请稍等, 正在查", "One moment, I am looking it up"),
        "say_choose": ("您有 {count} 张没缴, 先缴哪一张?", "You have {count} open bills; which one first?"),
        "big_due": ("应缴", "Due"),
        "big_change": ("找零", "Change"),
        "say_amount": ("您要缴多少?", "How much do you pay?"),
        "say_due": ("{name} {bill} {sum} 元, 对吗?", "{name} {bill} {sum} yuan, right?"),
        "say_tender": (
            "{name} {bill} {sum} 元, 收您 {tendered}, 找 {change}, 对吗?",
            "{name} {bill} {sum}, received {tendered}, change {change}, right?",
        ),
        "keys_account": ("Enter 查账单   Esc 放弃", "Enter asks   Esc drops it"),
        "keys_wait": ("Esc 放弃", "Esc drops it"),
        "keys_choose": ("Enter 第 1 张   *n 第 n 张   Esc 放弃", "Enter line 1   *n line n   Esc drops it"),
        "keys_amount": ("Enter 定金额   Esc 放弃", "Enter sets it   Esc drops it"),
        "keys_again": ("Enter 再输一样的才收   - 改金额   Esc 放弃", "Enter if the same   - change   Esc drop"),
        "keys_tender": (
            "Enter 收款打印   + 正好   - 改金额   Esc 放弃, 不扣额度",
            "Enter take   + exact   - amount   Esc drop, no charge",
        ),
        "say_credit_low": ("请稍等, 我先充一下额度", "One moment, I have to top up my credit first"),
        "keys_credit_low": (
            "F8 充额度, 充好回来接着收   - 改金额   Esc 放弃",
            "F8 top up, then back here   - amount   Esc drop it",
        ),
        "keys_stopped": ("Enter 再查一次   Esc 回主页", "Enter asks again   Esc home"),
        "step_typed": ("选定 {name}", "Chose {name}"),
        "step_asked": ("查到户主 {name}", "Found the payer {name}"),
        "usual": ("这户近几次", "This account lately"),
        "no_usual": ("  本站还没有记录", "  none at this station"),
        "usual_why": ("  (用来判断金额是否反常)", "  (to judge odd amounts)"),
        "rule_part": ("  可少缴 {answer}", "  part payment {answer}"),
        "yes": ("是", "yes"),
        "no": ("否", "no"),
        "invoice": ("  发票: 凭收据去网点补打", "  invoice: at the branch, by receipt"),
    }
)
_ASK = {
    Step.ACCOUNT: "ask_account",
    Step.ASKING: "ask_wait",
    Step.CHOOSE: "ask_choose",
    Step.AMOUNT: "ask_amount",
    Step.AMOUNT_AGAIN: "ask_amount_again",
    Step.TENDER: "ask_tender",
    Step.TENDER_AGAIN: "ask_tender_again",
    Step.STOPPED: "ask_nothing",
}
_KEYS = {
    Step.ACCOUNT: "keys_account",
    Step.ASKING: "keys_wait",
    Step.CHOOSE: "keys_choose",
    Step.AMOUNT: "keys_amount",
    Step.AMOUNT_AGAIN: "keys_again",
    Step.TENDER: "keys_tender",
    Step.TENDER_AGAIN: "keys_again",
    Step.STOPPED: "keys_stopped",
}


def sells_offline(desk: Desk) -> bool:
    """Tell whether a sale now would be one without the link."""
    return desk.state().link is LinkState.DOWN


def bill_view(desk: Desk, draft: Draft, step: Step, typed: str, usual_fen: Sequence[int]) -> View:
    """Give the screen for a step of the draft; ``typed`` is the input line."""
    offline = desk.counter.offline_left(draft.product.code)
    short = step is Step.TENDER and _short_fen(desk, draft) > 0
    below = (*_below_entry(draft, step, typed, usual_fen), rule(), *_standing(desk, draft, offline))
    return View(
        above=_above(draft, step, usual_fen),
        prompt=TEXT(_ASK[step]),
        below=below,
        say=TEXT("say_credit_low") if short else _say(draft, step, typed),
        keys=TEXT("keys_credit_low" if short else _KEYS[step]),
        rail=_rail(draft.product, usual_fen),
        timeline=_timeline(draft),
        recorded=False,
        big=_big(draft, step, typed),
    )


def _short_fen(desk: Desk, draft: Draft) -> int:
    """Give by how much the free credit is too small for the bill, 0 where it is enough or not known."""
    free_fen = desk.state().credit_free_fen
    return 0 if free_fen is None or not draft.amount_fen else max(0, draft.total_fen - free_fen)


def _big(draft: Draft, step: Step, typed: str) -> tuple[tuple[str, str], ...]:
    """Give the change once enough is keyed, before that what is due."""
    if step not in {Step.TENDER, Step.TENDER_AGAIN} or not draft.amount_fen:
        return ()
    tendered_fen = amount_typed(typed)
    if tendered_fen is not None and tendered_fen >= draft.total_fen:
        return ((TEXT("big_change"), format_yuan(tendered_fen - draft.total_fen)),)
    return ((TEXT("big_due"), format_yuan(draft.total_fen)),)


def _above(draft: Draft, step: Step, usual_fen: Sequence[int]) -> tuple[Line, ...]:
    title = TEXT("title", name=product_name(draft.product))
    stage = 1 if step <= Step.CHOOSE else 2
    lines = [Line(between(title, TEXT("step", step=stage)), Tone.STRONG), rule()]
    key = "mobile" if is_mobile(draft.account_no) else "account"
    lines.append(Line(TEXT(key, number=grouped(draft.account_no)), Tone.STRONG) if draft.account_no else BLANK)
    if draft.payer_name:
        lines.append(Line(TEXT("payer", name=draft.payer_name, address=draft.address), Tone.STRONG))
    else:
        unknown = TEXT("payer_unknown" if draft.product.query_first else "payer_nobody")
        lines.append(Line(unknown) if step >= Step.AMOUNT and draft.account_no else BLANK)
    if draft.amount_fen:
        lines.append(_due(draft, usual_fen))
        lines.append(Line(TEXT("fee", sum=format_yuan(draft.product.fee_fen))))
        if draft.product.fee_fen:
            lines.append(Line(TEXT("total", sum=format_yuan(draft.total_fen)), Tone.STRONG))
    return (*lines, *([BLANK] * (8 - len(lines))))


def _due(draft: Draft, usual_fen: Sequence[int]) -> Line:
    figures = {"sum": format_yuan(draft.amount_fen), "period": draft.period}
    if len(usual_fen) < 2:  # noqa: PLR2004  # one earlier amount spans nothing
        return Line(TEXT("due", **figures), Tone.STRONG)
    span = {"least": format_yuan(min(usual_fen)), "most": format_yuan(max(usual_fen))}
    return Line(TEXT("due_usual", **figures, **span), Tone.STRONG)


def _below_entry(draft: Draft, step: Step, typed: str, usual_fen: Sequence[int]) -> list[Line]:
    if step is Step.CHOOSE:
        lines = [
            Line(TEXT("bill", line=number, period=bill.period, sum=format_yuan(bill.amount_fen)), Tone.STRONG)
            for number, bill in enumerate(draft.bills[:BILLS_SHOWN], 1)
        ]
        more = len(draft.bills) > BILLS_SHOWN
        return [*lines, Line(TEXT("more_bills", count=len(draft.bills)))] if more else lines
    if step is Step.AMOUNT_AGAIN:
        span = {"least": format_yuan(min(usual_fen, default=0)), "most": format_yuan(max(usual_fen, default=0))}
        return [Line(TEXT("odd", sum=format_yuan(draft.amount_fen), **span), Tone.ALERT), BLANK]
    if step is Step.TENDER_AGAIN:
        figures = {"tendered": format_yuan(draft.tendered_fen), "total": format_yuan(draft.total_fen)}
        return [Line(TEXT("tender_odd", **figures), Tone.ALERT), BLANK]
    if step is Step.TENDER:
        return [_change(draft, typed), BLANK]
    return [BLANK, BLANK]


def _change(draft: Draft, typed: str) -> Line:
    tendered_fen = amount_typed(typed)
    if tendered_fen is None:
        return Line(TEXT("change_none"))
    if tendered_fen < draft.total_fen:
        return Line(TEXT("short", sum=format_yuan(draft.total_fen - tendered_fen)), Tone.ALERT)
    return Line(TEXT("change", sum=format_yuan(tendered_fen - draft.total_fen)), Tone.GOOD)


def earned_fen(product: Product, amount_fen: int) -> int:
    """Give the commission a payment would earn by the adopted tariff, in fen, rounded half up (by tiers, the first)."""
    if product.commission.basis is not CommissionBasis.RATIO:
        return product.commission.value
    return (amount_fen * product.commission.value + 500_000) // 1_000_000


def _standing(desk: Desk, draft: Draft, offline: OfflineLeft | None) -> list[Line]:
    """Tell what the sale does to the credit, what holds without the link, and whether it can be undone."""
    lines = []
    free_fen, total_fen = desk.state().credit_free_fen, draft.total_fen
    if free_fen is None:
        lines.append(Line(TEXT("credit_unknown", why=not_computable_words(desk.state())), Tone.ALERT))
    elif short_fen := _short_fen(desk, draft):
        figures = {"before": format_yuan(free_fen), "short": format_yuan(short_fen)}
        lines.append(Line(TEXT("credit_low", **figures), Tone.ALERT))
    elif draft.amount_fen:
        after, earned = format_yuan(free_fen - total_fen), format_yuan(earned_fen(draft.product, draft.amount_fen))
        lines.append(Line(TEXT("credit", before=format_yuan(free_fen), after=after, earned=earned)))
    lines.append(_offline_line(desk, offline))
    minutes = draft.product.reversal_minutes
    lines.append(Line(TEXT("reversal", minutes=minutes) if minutes else TEXT("no_reversal")))
    return [*lines, bill_line(desk.tally, total_fen)] if desk.tally is not None and draft.amount_fen else lines


def _offline_line(desk: Desk, offline: OfflineLeft | None) -> Line:
    if offline is None:
        return Line(TEXT("offline_none"), Tone.ALERT) if sells_offline(desk) else Line(TEXT("online"))
    figures = {"count": offline.count, "value": format_yuan(offline.value_fen)}
    left = "" if offline.until is None else TEXT("offline_left", left=time_left(offline.until, desk.now()))
    if sells_offline(desk):
        return Line(TEXT("offline_now", **figures) + left, Tone.STRONG)
    return Line(TEXT("offline", **figures) + left) if left else Line(TEXT("online"))


def _say(draft: Draft, step: Step, typed: str) -> str:
    figures = {
        "name": draft.payer_name,
        "bill": either(draft.product.name, draft.product.name_en),
        "sum": format_yuan(draft.total_fen),
    }
    if step is Step.CHOOSE:
        return TEXT("say_choose", count=len(draft.bills))
    if step in {Step.TENDER, Step.TENDER_AGAIN, Step.AMOUNT_AGAIN}:
        tendered_fen = amount_typed(typed)
        if step is Step.TENDER and tendered_fen is not None and tendered_fen >= draft.total_fen:
            change = format_yuan(tendered_fen - draft.total_fen)
            return TEXT("say_tender", **figures, tendered=format_yuan(tendered_fen), change=change).strip()
        return TEXT("say_due", **figures).strip()
    plain_steps = {Step.ACCOUNT: "say_account", Step.ASKING: "say_wait", Step.AMOUNT: "say_amount"}
    return TEXT(plain_steps[step]) if step in plain_steps else ""


def _rail(product: Product, usual_fen: Sequence[int]) -> tuple[Line, ...]:
    usual = [Line("  " + format_yuan(amount_fen)) for amount_fen in usual_fen[:6]]
    return (
        Line(TEXT("usual"), Tone.STRONG),
        *(usual or [Line(TEXT("no_usual"), Tone.QUIET)]),
        Line(TEXT("usual_why"), Tone.QUIET),
        BLANK,
        Line(product_name(product), Tone.STRONG),
        Line(TEXT("rule_part", answer=TEXT("yes" if product.part_payment else "no"))),
        Line(TEXT("invoice")),
    )


def _timeline(draft: Draft) -> tuple[Line, ...]:
    steps = [Line("   " + TEXT("step_typed", name=f"{product_name(draft.product)} {draft.account_no}"))]
    if draft.payer_name:
        steps.append(Line("   " + TEXT("step_asked", name=draft.payer_name)))
    return tuple(steps)
