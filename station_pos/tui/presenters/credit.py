"""额度 in words: what is free and held, how long it lasts and why, the code, and what was added lately."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_pos.text import Catalogue
from station_pos.tui.presenters.forecast import lasts_words, suggestion_words
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, rule
from station_pos.tui.presenters.state_rows import local, not_computable_words, sum_words

if TYPE_CHECKING:
    from datetime import date

    from station_pos.commands.credit_forecast import Forecast
    from station_pos.counter import CounterState
    from station_pos.services.credit import CodesReady, CreditAdded, Looked
    from station_pos.tui.desk import Desk

ADDED_SHOWN = 3
DAYS_SHOWN = 10
_BAR_COLUMNS = 20
CODE_DIGITS = 20

TEXT = Catalogue(
    {
        "big": ("可用额度", "Free credit"),
        "title": (" 信誉额度", " Credit"),
        "free": (
            "   可用   {free}   冻结 {held} (结果未知的缴费先冻结, 查清即还)",
            "   Free     {free}   held {held} (for unknown results, given back once known)",
        ),
        "free_unknown": ("   额度   {why}", "   Credit   {why}"),
        "cash_unknown": ("   现金   {why}", "   Cash     {why}"),
        "account_unknown": ("   账户   {why}", "   Account  {why}"),
        "earned_unknown": ("   酬金   {why}", "   Earned   {why}"),
        "use": ("   今天缴费用 {today}   平均每天 {mean}", "   Bills    used {today} today, {mean} on an average day"),
        "use_only": ("   今天缴费用 {today}", "   Bills    used {today} today"),
        "days": ("   日历   {days}", "   Calendar {days}"),
        "closed": ("{days} 网点不办", "branch closed {days}"),
        "due": ("{day} 账单大户日, 约要 {sum}", "{day} bills due, about {sum}"),
        "no_days": ("这七天网点照常, 没有账单大户日", "branch open as usual, no due day this week"),
        "advice": ("   建议   {words}", "   Advice   {words}"),
        "cash": ("   现金   抽屉应有 {drawer}", "   Cash     drawer should hold {drawer}"),
        "account": ("   账户   酬金未付 {account}", "   Account  commission not yet paid {account}"),
        "account_bank": ("   取款垫款银行还没付 {bank}", "   the bank owes {bank}"),
        "prompt": (" 凭证码 > ", " Code > "),
        "ready": (
            "   在网点交款后拿到的 20 位码, 断网也能充。本站备有 {count} 份, 最大 {largest}",
            "   The 20 digits from the branch; works offline. {count} lie here, up to {largest}",
        ),
        "none_ready": (
            "   本站没有备好的密封额度, 现在不能用码充。请联网一次, 或到网点交款",
            "   No sealed credit lies here for a code to open. Sync, or pay at the branch",
        ),
        "more": ("   还差 {count} 位", "   {count} digits to go"),
        "typed_wrong": (
            "   校验不对: 有数字输错了, 请对着码再看一遍 (不算试错)",
            "   The check digits do not fit: a digit is wrong. Look again; no try is counted",
        ),
        "typed_right": ("   校验正确。按 Enter 查这个码", "   The check digits fit. Enter looks the code up"),
        "checking": ("   正在验码, 约一秒", "   Checking the code, about a second"),
        "look": (
            "   核对   金额 {sum}   有效到 {until}   未用过",
            "   Look     {sum}   good until {until}   not used",
        ),
        "after": (
            "   之后   可用 {after}   按 Enter 充值, 按 Esc 不充",
            "   After    free {after}   Enter adds it, Esc does not",
        ),
        "done": ("   充好了   +{sum}   可用 {free}   凭条在打印", "   Added    +{sum}   free {free}   the slip prints"),
        "wrong": (
            "   这个码不对, 没有充值, 已记下一次。请打支局电话核对",
            "   This code opens nothing; the try is recorded. Call the branch",
        ),
        "added": ("   近 {count} 次 {list}", "   Latest {count} {list}"),
        "none_added": ("   还没有充过额度", "   No credit was added yet"),
        "by_code": ("{day} {sum} 凭证码", "{day} {sum} code"),
        "by_line": ("{day} {sum} 到账", "{day} {sum} granted"),
        "warn": (
            "总部不会打电话叫您在机器上做交易或报凭证码",
            "HQ never phones to ask for a transaction or a code",
        ),
        "earned": (
            "   酬金   今天 {today}   本月 {month}   清单按 +",
            "   Earned   today {today}   month {month}   statements: +",
        ),
        "keys_code": ("输码充值   + 酬金清单   Esc 回", "Type a code   + commission   Esc back"),
        "keys_typed": ("Enter 查码   Esc 清空", "Enter looks it up   Esc clears"),
        "keys_look": ("Enter 充值并打印   Esc 返回", "Enter adds and prints   Esc back"),
        "rail_use": ("近 {count} 天用量", "Use of {count} days"),
        "rail_day": ("  {day} {bar} {sum}", "  {day} {bar} {sum}"),
    }
)


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """How far the code is: what is typed, whether its check digits fit, and what became of it.

    ``state`` is typing, checking, look, done or wrong.
    """

    typed: str = ""
    fits: bool = False
    state: str = "typing"
    looked: Looked | None = None


def credit_view(desk: Desk, entry: CodeEntry, added: tuple[CreditAdded, ...], ready: CodesReady) -> View:
    """Give the screen."""
    state = desk.state()
    found = desk.counter.credit.forecast(state)
    above = (Line(TEXT("title"), Tone.STRONG), rule(), *_sums(state, found), rule())
    listed = BLANK if state.not_computable else _added(added)
    below = (*_code_lines(state, entry, ready, desk), rule(), listed, Line(" " * 3 + TEXT("warn"), Tone.QUIET))
    keys = "keys_look" if entry.state == "look" else "keys_typed" if entry.typed else "keys_code"
    return View(
        above=above,
        prompt=TEXT("prompt"),
        below=below,
        say="",
        keys=TEXT(keys),
        rail=_rail(desk, found),
        big=() if state.not_computable else ((TEXT("big"), sum_words(state.credit_free_fen)),),
        recorded=entry.state in {"done", "wrong"},
    )


def _sums(state: CounterState, found: Forecast | None) -> tuple[Line, ...]:
    why = not_computable_words(state)
    if why:
        unknown = [Line(TEXT(f"{name}_unknown", why=why), Tone.ALERT) for name in ("free", "cash", "account", "earned")]
        return (*unknown, *([BLANK] * 3))
    free = Line(TEXT("free", free=sum_words(state.credit_free_fen), held=sum_words(state.credit_held_fen)), Tone.STRONG)
    today = sum_words(state.bills_today_fen)
    if found is None:
        lines = [free, Line(TEXT("use_only", today=today)), BLANK, BLANK]
    else:
        use = TEXT("use", today=today, mean=format_yuan(found.mean_fen)) + "   " + lasts_words(found)
        advice = TEXT("advice", words=suggestion_words(found))
        tone = Tone.ALERT if found.buy_today else Tone.NORMAL
        lines = [free, Line(use), Line(TEXT("days", days=_days(found))), Line(advice, tone)]
    account = TEXT("account", account=sum_words(state.owner_account_fen))
    if state.bank_due_fen:
        account += TEXT("account_bank", bank=sum_words(state.bank_due_fen))
    return (
        *lines,
        Line(TEXT("cash", drawer=sum_words(state.drawer_fen)), Tone.STRONG),
        Line(account, Tone.STRONG),
        Line(TEXT("earned", today=sum_words(state.earned_today_fen), month=sum_words(state.earned_month_fen))),
    )


def _days(found: Forecast) -> str:
    parts = []
    if found.closed_ahead:
        parts.append(TEXT("closed", days=", ".join(map(_day, found.closed_ahead[:3]))))
    parts += [TEXT("due", day=_day(day), sum=format_yuan(fen)) for day, fen in found.due_ahead[:1]]
    return "   ".join(parts) or TEXT("no_days")


def _day(day: date) -> str:
    return f"{day:%m-%d}"


def _code_lines(state: CounterState, entry: CodeEntry, ready: CodesReady, desk: Desk) -> list[Line]:
    looked = entry.looked
    if entry.state == "look" and looked is not None and looked.valid_until is not None:
        after = sum_words(None if state.credit_free_fen is None else state.credit_free_fen + looked.amount_fen)
        figures = {"sum": format_yuan(looked.amount_fen), "until": looked.valid_until.isoformat()}
        return [Line(TEXT("look", **figures), Tone.STRONG), Line(TEXT("after", after=after), Tone.STRONG)]
    if entry.state == "done" and looked is not None:
        desk_state = desk.state()
        figures = {"sum": format_yuan(looked.amount_fen), "free": sum_words(desk_state.credit_free_fen)}
        return [Line(TEXT("done", **figures), Tone.GOOD), BLANK]
    if entry.state in {"checking", "wrong"}:
        return [Line(TEXT(entry.state), Tone.ALERT if entry.state == "wrong" else Tone.NORMAL), BLANK]
    if not entry.typed:
        words = TEXT("ready", count=ready.count, largest=format_yuan(ready.largest_fen))
        return [Line(words if ready.count else TEXT("none_ready"), Tone.QUIET), BLANK]
    missing = CODE_DIGITS - len(entry.typed)
    if missing:
        return [Line(TEXT("more", count=missing)), BLANK]
    return [Line(TEXT("typed_right"), Tone.GOOD) if entry.fits else Line(TEXT("typed_wrong"), Tone.ALERT), BLANK]


def _added(added: tuple[CreditAdded, ...]) -> Line:
    shown = [_addition(one) for one in added]
    return Line(TEXT("added", count=len(shown), list="   ".join(shown)) if shown else TEXT("none_added"))


def _addition(one: CreditAdded) -> str:
    return TEXT("by_code" if one.by_code else "by_line", day=_day(local(one.added_at)), sum=format_yuan(one.amount_fen))


def _rail(desk: Desk, found: Forecast | None) -> tuple[Line, ...]:
    if desk.state().not_computable:
        return ()
    used = desk.counter.credit.used_by_day(DAYS_SHOWN)
    most = max((fen for _, fen in used), default=0) or 1
    bars = []
    for day, fen in used:
        figures = {"bar": "#" * (fen * _BAR_COLUMNS // most), "sum": format_yuan(fen) if fen else "-"}
        bars.append(Line(TEXT("rail_day", day=_day(day), **figures)))
    lasts = [Line("  " + lasts_words(found)), BLANK] if found is not None else []
    return (*lasts, Line(TEXT("rail_use", count=len(used)), Tone.STRONG), *bars)
