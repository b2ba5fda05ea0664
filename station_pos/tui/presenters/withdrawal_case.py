"""What became of a withdrawal, in words: the three pictures that matter, and what leads to them and away from them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from station_journal.facts.withdrawals import FeePayer
from station_journal.money import format_yuan
from station_journal.rules.withdrawal import WithdrawalState
from station_pos.commands.withdrawal_limits import REPEAT_COUNT
from station_pos.text import Catalogue, either
from station_pos.tui.presenters.lines import (
    BLANK,
    CORE_COLUMNS,
    Line,
    Tone,
    View,
    between,
    left,
    rule,
    table_row,
    width,
)
from station_pos.tui.presenters.state_rows import clock, sum_words
from station_pos.tui.presenters.withdrawal import notes_words, rail

if TYPE_CHECKING:
    from station_journal.rules.withdrawal import Withdrawal
    from station_pos.services.withdrawals import CardWork
    from station_pos.tui.desk import Desk

_BOX_COLUMNS = 68
SLIP_AFTER_S = 60.0
"""For so long a result is waited for before it is called unknown, where the terminal's own work does not tell."""


class Verdict(StrEnum):
    """What the operator has to know and do."""

    WAITING = "waiting"
    PAY = "pay"
    PAID = "paid"
    NOT_DONE = "not_done"
    UNKNOWN = "unknown"
    UNDOING = "undoing"
    DENIED = "denied"


TEXT = Catalogue(
    {
        "title": (" 取款 > 卡尾 {last4}", " Withdrawal > card {last4}"),
        "title_no_card": (" 取款", " Withdrawal"),
        "step": ("第 {step} 步/共 4 步 ", "step {step} of 4 "),
        "amount": (
            "   金额     {sum}        本卡今天已取 {used}, 还可取 {left} (含这一笔)",
            "   Amount   {sum}     card today {used}, {left} left, this one included",
        ),
        "amount_no_card": ("   金额     {sum}", "   Amount   {sum}"),
        "drawer": ("   抽屉     {before} -> {after}   ", "   Drawer   {before} -> {after}   "),
        "drawer_now": ("   抽屉     {before}   ", "   Drawer   {before}   "),
        f"fee_{FeePayer.CUSTOMER.name}": ("手续费 {fee} 由顾客卡付, 进本站账户", "fee {fee} from the customer's card"),
        f"fee_{FeePayer.BANK.name}": ("手续费 {fee} 由银行付", "fee {fee} paid by the bank"),
        f"fee_{FeePayer.WAIVED.name}": ("免手续费", "no fee"),
        "waiting_1": ("还 不 能 付 钱", "D O   N O T   P A Y   Y E T"),
        "waiting_2": ("{words}   {elapsed}{again}", "{words}   {elapsed}{again}"),
        "waiting_words": ("在等刷卡机", "waiting for the terminal"),
        "again": ("   第 {count} 次查询", "   asked {count} times"),
        "waiting_3": (
            "   没有结果前不要付钱; 离开这个画面不会取消, 有结果会响铃",
            "   Pay nothing before the result; leaving cancels nothing, a bell will tell",
        ),
        "waiting_4": (
            "   银行 {wait} 秒没有答复: 转待定、印凭条",
            "   After {wait} s of silence it turns pending, a slip prints",
        ),
        "waiting_say": ("请稍等, 正在等银行", "One moment, we are waiting for the bank"),
        "waiting_keys": (
            "- 请刷卡机取消   Esc 先回主页, 后台接着问",
            "- ask the terminal to cancel   Esc goes home, it goes on",
        ),
        "pay_1": ("可 以 付  {sum}", "P A Y   O U T   {sum}"),
        "pay_2": ("点好钞, 顾客签字, 付清后按 Enter", "count the notes, have it signed, pay, then Enter"),
        "pay_3": ("   面额     {notes}   (留 1 张 100 备找)", "   Notes    {notes}   (keep one 100 for change)"),
        "pay_4": (
            "   凭条     {slip}, 商户存根由{who}签字, 另一联给顾客",
            "   Slip     {slip}; {who} signs one copy, keeps one",
        ),
        "pay_say": ("取好了, 您点一下 {sum}, 在这里签字", "Here is {sum}; please count it and sign here"),
        "pay_keys": (
            "Enter 已付清   *1 {exchanged}   *2 没付, 撤销   Esc 以后再付",
            "Enter paid   *1 {exchanged}   *2 not paid: undo   Esc later",
        ),
        "exchange": ("换过钞", "note exchanged"),
        "exchanged": ("换过钞 [记]", "note exchanged [x]"),
        "paid_1": ("已 付 清  {sum}", "P A I D   {sum}"),
        "paid_2": ("{bank}", "{bank}"),
        "paid_waits": ("等银行次日确认", "the bank confirms it next day"),
        "paid_yes": ("银行已确认入账", "the bank has confirmed it"),
        "paid_no": ("银行不认这一笔: 由总部处理, 不算本站的", "the bank denies it: HQ settles that, not the shop"),
        "paid_say": ("请拿好您的钱和凭条", "Here is your money and your slip"),
        "not_done_1": ("不 要 付 钱", "D O   N O T   P A Y"),
        "not_done_2": ("{reason}", "{reason}"),
        "not_done_3": (
            "   没有付现金, 卡没有扣款或已原路退回。顾客要再取, 从 F3 重新来",
            "   No cash, and no debit or it went back to the card. To try again start at F3",
        ),
        "not_done_say": ("没有取成: {reason}", "It did not go through: {reason}"),
        "unknown_1": ("结 果 未 知, 不 要 付 钱", "U N K N O W N,   D O   N O T   P A Y"),
        "unknown_2": ("不要重做; 系统自己一直在问", "do not repeat it; the machine keeps asking"),
        "unknown_3": (
            "   待定凭条{slip}, 交给顾客留好。查清前这台刷卡机不办别的取款",
            "   The pending slip {slip}; the customer keeps it. No other withdrawal till then",
        ),
        "unknown_soon": (
            "   顾客先别走: 一会儿还没有结果就印待定凭条。查清前这台刷卡机不办别的取款",
            "   Ask the customer to stay: without a result the pending slip prints in a while",
        ),
        "unknown_soon_say": ("结果还没出来, 请稍等, 我再问一下", "No result yet; one moment, I am asking again"),
        "unknown_4": (
            "   结果由刷卡机、银行对账文件或总部裁定, 会响铃, F5 也能看",
            "   The terminal, the bank's file or a ruling ends it; a bell rings, F5 shows it",
        ),
        "unknown_say": (
            "结果还没出来, 这张凭条您留好; 若扣了款不会少您的",
            "No result yet; keep this slip. If you were debited you will get it",
        ),
        "unknown_keys": ("Enter 回主页   + 现在再问一次", "Enter home   + ask now"),
        "undoing_1": ("在 撤 销, 不 要 付 钱", "B E I N G   U N D O N E"),
        "undoing_2": ("{words}   {elapsed}{again}", "{words}   {elapsed}{again}"),
        "undoing_3": ("   有答复前不要付钱", "   Pay nothing before the answer"),
        "undoing_say": ("正在给您退回卡里", "It is being returned to your card"),
        "denied_1": ("银 行 说 没 有 扣 款", "T H E   B A N K   D E N I E S   I T"),
        "denied_2": ("还没付就不要付了", "if it is not paid yet, do not pay it"),
        "denied_3": (
            "   已经照凭条付了: 按 Enter, 这笔由总部处理, 不算本站的",
            "   Paid by the slip already: Enter; HQ settles it, the shop is not charged",
        ),
        "denied_4": ("   没有付: 按 *2 关掉这一笔", "   Not paid: *2 closes it"),
        "denied_say": ("银行没有扣您的钱, 请再办一次", "The bank has not debited you; please try again"),
        "denied_keys": (
            "Enter 已经付了   *2 没有付, 关掉   Esc 以后再说",
            "Enter it is paid   *2 not paid   Esc later",
        ),
        "keys_leave": ("Enter 回主页", "Enter goes home"),
        "prints": ("在打印", "is printing"),
        "waits": ("等打印机", "waits for the printer"),
        "holder": ("持卡人", "the holder"),
        "collector": ("代取人", "the collector"),
        "repeats": (
            "   !! 这张卡 10 分钟内第 {count} 次取款, 已记录",
            "   !! Withdrawal no. {count} of this card within ten minutes; noted",
        ),
        "asked": ("输 {sum}, 已封存, 编号 {seq:04d}", "Typed {sum}, sealed as no. {seq:04d}"),
        "approved": ("银行批准, 已封存 {auth}", "The bank approved, sealed {auth}"),
        "again_found": ("重新查询得知已批准", "Found approved by asking again"),
        "slip": ("待定凭条已印给顾客", "Pending slip printed for the customer"),
        "instructed": ("刷卡机完成, 凭条两联", "The terminal completed it; two slips"),
        "undo_asked": ("要求刷卡机撤销", "Asked the terminal to undo it"),
        "paid": ("现金已付清", "The cash is out"),
        "failed": ("没有付: {reason}", "Not paid: {reason}"),
        "bank_yes": ("银行确认, 手续费 {fee}", "The bank confirmed, fee {fee}"),
        "bank_no": ("银行否认", "The bank denied it"),
        "somebody": ("操作员 {no}", "Operator {no}"),
        "system": ("系统", "System"),
        "terminal": ("刷卡机", "Terminal"),
        "bank": ("银行", "Bank"),
        "big_pay": ("付给顾客", "Pay out"),
    }
)
_STEP = {Verdict.WAITING: 2, Verdict.PAY: 3, Verdict.PAID: 4}
_KEYS = {
    Verdict.WAITING: "waiting_keys",
    Verdict.PAY: "pay_keys",
    Verdict.UNKNOWN: "unknown_keys",
    Verdict.DENIED: "denied_keys",
}


def verdict_of(withdrawal: Withdrawal, *, fresh: bool) -> Verdict:
    """Judge a withdrawal; ``fresh``: it was asked for just now, and its slip was not printed yet."""
    word = withdrawal.last_word
    if withdrawal.state is WithdrawalState.PAYABLE:
        return Verdict.DENIED if word is not None and not word.debited else Verdict.PAY
    if withdrawal.state is WithdrawalState.PAID:
        return Verdict.PAID
    if withdrawal.state is WithdrawalState.FAILED:
        return Verdict.NOT_DONE
    if withdrawal.state is WithdrawalState.VOIDING:
        return Verdict.UNDOING
    return Verdict.UNKNOWN if withdrawal.pending_seq or not fresh else Verdict.WAITING


def case_view(desk: Desk, withdrawal: Withdrawal, verdict: Verdict, *, exchanged: bool) -> View:
    """Give the screen that says what became of a withdrawal."""
    service = desk.counter.withdrawals
    work = service.work()
    work = work if work is not None and work.seq == withdrawal.seq else None
    figures = _figures(desk, withdrawal, work)
    good = verdict in {Verdict.PAY, Verdict.PAID}
    box = _box(TEXT(f"{verdict}_1", **figures), _second(verdict, figures), Tone.GOOD if good else Tone.ALERT)
    rows = [Line(TEXT(f"{verdict}_{row}", **figures)) for row in (3, 4) if f"{verdict}_{row}" in TEXT]
    # Only a slip that is on record may be spoken of as one that prints.
    early = verdict is Verdict.UNKNOWN and not withdrawal.pending_seq
    if early:
        rows[0] = Line(TEXT("unknown_soon"))
    repeats = service.card_day(withdrawal).repeats if verdict in {Verdict.PAY, Verdict.WAITING} else 0
    if repeats >= REPEAT_COUNT:
        rows.append(Line(TEXT("repeats", count=repeats), Tone.ALERT))
    key = _KEYS.get(verdict, "keys_leave")
    words = {"exchanged": TEXT("exchanged" if exchanged else "exchange")} if key == "pay_keys" else {}
    return View(
        above=(*_head(desk, withdrawal, verdict), *box),
        prompt="   > ",
        below=(BLANK, *rows),
        say=TEXT("unknown_soon_say" if early else f"{verdict}_say", **figures),
        keys=TEXT(key, **words),
        rail=rail(desk, service.terms()),
        timeline=timeline(withdrawal),
        big=((TEXT("big_pay"), format_yuan(withdrawal.amount_fen)),) if verdict is Verdict.PAY else (),
    )


def _figures(desk: Desk, withdrawal: Withdrawal, work: CardWork | None) -> dict[str, object]:
    elapsed_s = work.elapsed_s if work else 0
    prints = desk.state().printer in {"ready", "paper_low"}
    word = withdrawal.last_word
    bank = "paid_waits" if word is None else "paid_yes" if word.debited else "paid_no"
    return {
        "sum": format_yuan(withdrawal.amount_fen),
        "words": either(*work.words) if work else TEXT("waiting_words"),
        "wait": work.slip_after_s if work else int(SLIP_AFTER_S),
        "elapsed": f"{elapsed_s // 60:02d}:{elapsed_s % 60:02d}",
        "again": TEXT("again", count=work.asked_again) if work and work.asked_again else "",
        "notes": notes_words(withdrawal.amount_fen),
        "slip": TEXT("prints" if prints else "waits"),
        "who": TEXT("collector" if withdrawal.by_agent else "holder"),
        "reason": withdrawal.reason or "-",
        "bank": TEXT(bank),
    }


def _second(verdict: Verdict, figures: dict[str, object]) -> str:
    return TEXT(f"{verdict}_2", **figures)


def _box(first: str, second: str, tone: Tone) -> tuple[Line, ...]:
    """Draw the box with the one thing that matters."""
    edge = Line("   +" + "-" * (_BOX_COLUMNS - 2) + "+", tone)
    empty = _boxed("", tone)
    return edge, empty, _boxed("    " + first, tone), empty, _boxed("    " + second, tone), edge


def _boxed(text: str, tone: Tone) -> Line:
    return Line("   |" + left(text, _BOX_COLUMNS - 2) + "|", tone)


def _head(desk: Desk, withdrawal: Withdrawal, verdict: Verdict) -> tuple[Line, ...]:
    last4 = withdrawal.card_last4
    title = TEXT("title", last4=last4) if last4 else TEXT("title_no_card")
    step = TEXT("step", step=_STEP[verdict]) if verdict in _STEP else ""
    amount = TEXT("amount_no_card", sum=format_yuan(withdrawal.amount_fen))
    if last4:
        day = desk.counter.withdrawals.card_day(withdrawal)
        sums = {"used": format_yuan(day.used_fen), "left": format_yuan(day.left_fen)}
        amount = TEXT("amount", sum=format_yuan(withdrawal.amount_fen), **sums)
    drawer_fen = desk.state().drawer_fen
    drawer = TEXT("drawer_now", before=sum_words(drawer_fen))
    if drawer_fen is not None and verdict in {Verdict.WAITING, Verdict.PAY}:
        after = format_yuan(drawer_fen - withdrawal.amount_fen)
        drawer = TEXT("drawer", before=format_yuan(drawer_fen), after=after)
    fee = ""
    if withdrawal.approved_seq:
        fee = TEXT(f"fee_{FeePayer(withdrawal.fee_payer).name}", fee=format_yuan(withdrawal.fee_fen)).strip()
    row = drawer + fee
    return (
        Line(between(title, step), Tone.STRONG),
        rule(),
        Line(amount, Tone.STRONG),
        Line(row if width(row) <= CORE_COLUMNS else drawer),
    )


def timeline(withdrawal: Withdrawal) -> tuple[Line, ...]:
    """Tell what happened to a withdrawal, oldest first, each step with who did it."""
    who, system, terminal = TEXT("somebody", no=withdrawal.operator_no), TEXT("system"), TEXT("terminal")
    asked = TEXT("asked", sum=format_yuan(withdrawal.amount_fen), seq=withdrawal.seq)
    steps = [(withdrawal.seq, who, asked)]
    found = TEXT("again_found") if withdrawal.asked_again else TEXT("approved", auth=withdrawal.auth_code)
    steps.append((withdrawal.approved_seq, terminal, found))
    steps.append((withdrawal.pending_seq, system, TEXT("slip")))
    steps.append((withdrawal.instructed_seq, system, TEXT("instructed")))
    steps.append((withdrawal.void_seq, who, TEXT("undo_asked")))
    steps.append((withdrawal.paid_seq, who, TEXT("paid")))
    steps.append((withdrawal.failed_seq, system, TEXT("failed", reason=withdrawal.reason)))
    rows = [(seq, actor, what) for seq, actor, what in sorted(steps, key=lambda step: step[0]) if seq]
    for word in withdrawal.words:
        said = TEXT("bank_yes", fee=format_yuan(word.fee_fen)) if word.debited else TEXT("bank_no")
        rows.append((0, TEXT("bank"), said))
    at = clock(withdrawal.recorded_at)
    return tuple(
        Line("   " + table_row(((at if place == 0 else "", 5), (actor, 12), (what, 58))))
        for place, (_, actor, what) in enumerate(rows[:7])
    )
