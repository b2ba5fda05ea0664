"""The 取款 screen in words, before the terminal is asked: amount, drawer, fee, limit, and who takes the cash."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from station_journal.facts.withdrawals import FeePayer, FirstFreeScope, PersonalId
from station_journal.money import format_yuan
from station_pos.commands.withdrawal_limits import note_mix
from station_pos.text import Catalogue, either
from station_pos.tui.presenters.id_card import reader_words
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, between, rule
from station_pos.tui.presenters.payments import amount_typed
from station_pos.tui.presenters.state_rows import clock, printer_word, sum_words

if TYPE_CHECKING:
    from station_journal.rules.withdrawal import Terms
    from station_pos.tui.desk import Desk


class Step(IntEnum):
    """Where the draft stands."""

    AMOUNT = 1
    SHORT = 2
    AGENT_ID = 3
    AGENT_NAME = 4
    SENDING = 5
    NO_PAPER = 6


@dataclass(frozen=True, slots=True)
class Draft:
    """A withdrawal that is not recorded anywhere yet; the agent collector, if any, is masked already."""

    amount_fen: int = 0
    by_agent: bool = False
    person_name: str = ""
    id_kind: PersonalId = PersonalId.NOT_NOTED
    id_masked: str = ""


TEXT = Catalogue(
    {
        "title": (" 取款", " Withdrawal"),
        "step": ("第 {step} 步/共 4 步 ", "step {step} of 4 "),
        "rule": (
            "   金额     至少 {least}, 须为 {least} 的整数倍; 每卡每天累计最多 {cap}",
            "   Amount   at least {least}, in multiples of it; {cap} a card and day",
        ),
        "drawer": ("   抽屉     {before} -> {after}", "   Drawer   {before} -> {after}"),
        "drawer_now": ("   抽屉     {before} (按账推算)", "   Drawer   {before} (by the books)"),
        f"fee_{FeePayer.CUSTOMER.name}": (
            "   手续费   {fee} 由顾客卡付, 直接进本站账户, 不收现金",
            "   Fee      {fee} from the customer's card to the owner's account, no cash",
        ),
        f"fee_{FeePayer.BANK.name}": (
            "   手续费   {fee} 由银行付, 顾客不付, 不收现金",
            "   Fee      {fee} paid by the bank; the customer pays nothing",
        ),
        f"fee_{FeePayer.WAIVED.name}": ("   手续费   免, 不得另收", "   Fee      none; nothing may be charged"),
        f"free_{FirstFreeScope.NONE.name}": ("", ""),
        f"free_{FirstFreeScope.SUBSIDY_CARDS.name}": (
            "            养老金、涉农补贴卡每月第一笔免手续费, 由银行判定",
            "            pension and subsidy cards: the month's first is free, by the bank",
        ),
        f"free_{FirstFreeScope.ALL_CARDS.name}": (
            "            每卡每月第一笔免手续费",
            "            the month's first withdrawal of a card is free",
        ),
        "room": (
            "   可付     银行还没确认的, 现在最多再付 {room}",
            "   Room     {room} more may be paid before the bank confirms",
        ),
        "holder": ("   领款人   本人持卡, 当面看身份证", "   Payee    the card's holder, ID looked at"),
        "agent": (
            "   领款人   代取人 {name} {number}, 凭条由代取人签字",
            "   Payee    collector {name} {number}, who signs the slip",
        ),
        "notes": ("   建议面额 {notes}   (留 1 张 100 备找)", "   Notes    {notes}   (keep one 100 for change)"),
        "none": (
            "   没有接刷卡机 (设定 card_terminal), 不能取款",
            "   No card terminal is set up (setting card_terminal)",
        ),
        "short": (
            "   !! 抽屉按账只有 {drawer}, 不够付 {sum}。真有现金再按 Enter, 没有就 Esc",
            "   !! The drawer holds {drawer} by the books, {sum} is more. Enter if it is there",
        ),
        "three": (
            "   结果只有三种, 每种一个画面、一种铃声:",
            "   There are three results, each with its screen and bell:",
        ),
        "green": (
            "   [一声长]   可以付       点钞后按 Enter, 凭条两联, 顾客签字",
            "   [1 long]   pay          count the notes, Enter; two slips, one signed",
        ),
        "red": (
            "   [三声短]   不要付       银行答拒绝, 没有扣款",
            "   [3 short]  do not pay   the bank declined, nothing is debited",
        ),
        "unknown": (
            "   [两长一短] 结果未知     不要付, 不要重做; 系统自己再问",
            "   [2 long 1] unknown      do not pay, do not repeat; the machine asks",
        ),
        "no_paper": (
            "   !! 打印机{word}: 凭条出不来, 顾客没法签字。先弄好它; 仍要取就按 Enter",
            "   !! Printer {word}: no slip to sign. Mend it first; Enter goes on without",
        ),
        "ask_no_paper": ("   凭条后补也取就按 Enter > ", "   Enter to go on, slip later > "),
        "keys_no_paper": ("Enter 照取, 凭条等打印机   Esc 不取了", "Enter goes on, the slip waits   Esc drop it"),
        "ask_amount": ("   取款金额 > ", "   Amount  > "),
        "ask_short": ("   确有现金就按 Enter > ", "   Enter if the cash is there > "),
        "ask_id": ("   代取人身份证号 > ", "   Collector's ID number > "),
        "ask_name": ("   代取人姓名 (可不填) > ", "   Collector's name (may be left out) > "),
        "ask_sending": ("   > ", "   > "),
        "say_amount": ("您要取多少?", "How much would you like?"),
        "say_card": ("取 {sum}, {fee}请在机器上刷卡、按密码", "{sum}, {fee}please use your card and PIN"),
        "say_fee": ("手续费 {fee}, ", "fee {fee}, "),
        "say_short": ("请稍等, 我点一下现金", "One moment, I have to count my cash"),
        "say_no_paper": ("请稍等, 我先看一下打印机", "One moment, I have to see to the printer"),
        "say_agent": ("请出示您的身份证", "Your identity card, please"),
        "keys_amount": (
            "Enter 发银行  + 查余额  - 代取  Esc 放弃",
            "Enter asks the bank  + balance  - collector  Esc drops it",
        ),
        "keys_short": ("Enter 有现金, 发银行   Esc 不取了", "Enter it is there   Esc drop it"),
        "keys_agent": ("Enter 记下   Esc 改回本人", "Enter notes it   Esc the holder after all"),
        "keys_none": ("Esc 回主页", "Esc home"),
        "rail_terms": ("取款条件", "Terms"),
        "rail_acquirer": ("  收单 {name}", "  Acquirer {name}"),
        "rail_today": ("今天取款", "Today"),
        "rail_nothing": ("  还没有", "  none yet"),
        "rail_row": ("  {time} {sum} 尾 {last4}", "  {time} {sum} card {last4}"),
        "rail_hurry": ("顾客急时念:", "For a customer in a hurry:"),
        "rail_words": ("  若已扣款会原路退回, 凭条有编号", "  what was debited returns; keep the slip"),
    }
)
_ASK = {
    Step.AMOUNT: "ask_amount",
    Step.SHORT: "ask_short",
    Step.NO_PAPER: "ask_no_paper",
    Step.AGENT_ID: "ask_id",
    Step.AGENT_NAME: "ask_name",
    Step.SENDING: "ask_sending",
}
_KEYS = {
    Step.AMOUNT: "keys_amount",
    Step.SHORT: "keys_short",
    Step.NO_PAPER: "keys_no_paper",
    Step.AGENT_ID: "keys_agent",
    Step.AGENT_NAME: "keys_agent",
    Step.SENDING: "keys_none",
}


def notes_words(amount_fen: int) -> str:
    """Write which notes to hand out: ``100 x 4   50 x 1   10 x 5``."""
    return "   ".join(f"{note // 100} x {count}" for note, count in note_mix(amount_fen))


def fee_line(terms: Terms) -> Line:
    """Say who pays the fee, before any PIN is typed."""
    payer = FeePayer(terms.fee_payer)
    return Line(TEXT(f"fee_{payer.name}", fee=format_yuan(terms.fee_fen)).rstrip(), Tone.STRONG)


def withdrawal_view(desk: Desk, draft: Draft, step: Step, typed: str) -> View:
    """Give the screen for a step of the draft; ``typed`` is the input line."""
    service = desk.counter.withdrawals
    if not service.has_terminal:
        none = (Line(TEXT("title"), Tone.STRONG), rule(), BLANK, Line(TEXT("none"), Tone.ALERT))
        return View(above=none, prompt="   > ", below=(), keys=TEXT("keys_none"), recorded=False)
    terms = service.terms()
    amount_fen = draft.amount_fen or ((amount_typed(typed) or 0) if step is Step.AMOUNT else 0)
    stage = 1 if step is Step.AMOUNT else 2
    free = TEXT(f"free_{FirstFreeScope(terms.first_free_scope).name}")
    figures = {"least": format_yuan(terms.least_fen), "cap": format_yuan(terms.card_day_cap_fen)}
    above = (
        Line(between(TEXT("title"), TEXT("step", step=stage)), Tone.STRONG),
        rule(),
        Line(TEXT("rule", **figures)),
        _drawer(desk, amount_fen),
        fee_line(terms),
        Line(free, Tone.QUIET) if free and terms.fee_payer is FeePayer.CUSTOMER else BLANK,
        Line(TEXT("room", room=format_yuan(max(0, service.room_fen())))),
        _payee(draft),
    )
    return View(
        above=above,
        prompt=TEXT(_ASK[step]),
        below=_below(desk, step, amount_fen, terms),
        say=_say(step, amount_fen, terms),
        keys=TEXT(_KEYS[step]),
        rail=rail(desk, terms),
        recorded=False,
        big=((TEXT("title").strip(), format_yuan(amount_fen)),) if amount_fen else (),
    )


def _drawer(desk: Desk, amount_fen: int) -> Line:
    drawer_fen = desk.state().drawer_fen
    before = sum_words(drawer_fen)
    if drawer_fen is None or not amount_fen:
        return Line(TEXT("drawer_now", before=before))
    tone = Tone.ALERT if amount_fen > drawer_fen else Tone.NORMAL
    return Line(TEXT("drawer", before=before, after=format_yuan(drawer_fen - amount_fen)), tone)


def _payee(draft: Draft) -> Line:
    if not draft.by_agent:
        return Line(TEXT("holder"))
    return Line(TEXT("agent", name=draft.person_name, number=draft.id_masked), Tone.STRONG)


def _below(desk: Desk, step: Step, amount_fen: int, terms: Terms) -> tuple[Line, ...]:
    round_sum = amount_fen >= terms.least_fen and amount_fen % terms.least_fen == 0
    first = Line(TEXT("notes", notes=notes_words(amount_fen))) if round_sum else BLANK
    if step is Step.SHORT:
        figures = {"drawer": sum_words(desk.state().drawer_fen), "sum": format_yuan(amount_fen)}
        first = Line(TEXT("short", **figures), Tone.ALERT)
    elif step is Step.NO_PAPER:
        first = Line(TEXT("no_paper", word=printer_word(desk.state())), Tone.ALERT)
    elif step is Step.AGENT_ID:
        first = Line(reader_words(desk), Tone.STRONG)
    results = (Line(TEXT("green"), Tone.GOOD), Line(TEXT("red"), Tone.ALERT), Line(TEXT("unknown"), Tone.ALERT))
    return (first, rule(), Line(TEXT("three")), *results)


def _say(step: Step, amount_fen: int, terms: Terms) -> str:
    if step in {Step.AGENT_ID, Step.AGENT_NAME}:
        return TEXT("say_agent")
    if step in {Step.SHORT, Step.NO_PAPER}:
        return TEXT("say_short" if step is Step.SHORT else "say_no_paper")
    if not amount_fen:
        return TEXT("say_amount")
    by_customer = terms.fee_payer is FeePayer.CUSTOMER and terms.fee_fen > 0
    fee = TEXT("say_fee", fee=format_yuan(terms.fee_fen)) if by_customer else ""
    return TEXT("say_card", sum=format_yuan(amount_fen), fee=fee)


def rail(desk: Desk, terms: Terms) -> tuple[Line, ...]:
    """Give the rail: whose terms, today's withdrawals, and words for a customer in a hurry."""
    today = desk.counter.withdrawals.today()[-6:]
    rows = [
        Line(
            TEXT("rail_row", time=clock(one.recorded_at), sum=format_yuan(one.amount_fen), last4=one.card_last4 or "-")
        )
        for one in today
    ]
    return (
        Line(TEXT("rail_terms"), Tone.STRONG),
        Line(TEXT("rail_acquirer", name=either(terms.acquirer_name, terms.acquirer_name_en))),
        Line(TEXT("rail_today"), Tone.STRONG),
        *(rows or [Line(TEXT("rail_nothing"), Tone.QUIET)]),
        Line(TEXT("rail_hurry"), Tone.STRONG),
        Line(TEXT("rail_words")),
    )
