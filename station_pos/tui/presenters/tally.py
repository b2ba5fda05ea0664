"""One customer's jobs with their one cash total, in words: on the home screen, beside a bill, and on its own screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_pos.text import Catalogue
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, between, rule, table_row
from station_pos.tui.presenters.payments import amount_typed
from station_pos.tui.presenters.state_rows import clock

if TYPE_CHECKING:
    from station_pos.tui.tally import Tally

ROWS = 9
TEXT = Catalogue(
    {
        "title": (" 这位顾客合计", " This customer"),
        "slips": ("单子 {done} 张, 说好 {promised} 张 ", "{done} slips of {promised} "),
        "slips_done": ("单子 {done} 张 ", "{done} slips "),
        "due": ("应收 {sum}", "to collect {sum}"),
        "pay": ("应付 {sum}", "to hand out {sum}"),
        "even": ("不收不付", "nothing to pay"),
        "home": (
            "   这位顾客  {slips}, {due}   (空行按 + 结账)",
            "   This customer  {slips}, {due}   (+ settles)",
        ),
        "of": ("单子 {done}/{promised}", "slips {done}/{promised}"),
        "of_none": ("单子 {done}", "slips {done}"),
        "bill": ("   合计   这位顾客 {slips}, 连这笔{due}", "   Tally  this customer {slips}, with this {due}"),
        "earlier": ("   前面还有 {count} 笔", "   {count} more before these"),
        "none": ("   还没有办", "   Nothing done yet"),
        "total": ("   合计   {due}", "   Total  {due}"),
        "ask": ("   顾客给 > ", "   Cash given > "),
        "change": ("   找零   {sum}", "   Change {sum}"),
        "short": ("   还差   {sum}", "   Short  {sum}"),
        "exactly": (
            "   每张单子办的时候按 + 正好; 钱在这里一起收、一起找",
            "   Take each bill with + exact; collect and give change here, once",
        ),
        "missing": (
            "   !! 说好 {promised} 张, 办了 {done} 张, 还差 {missing} 张。看看有没有漏的",
            "   !! {done} of {promised} slips: {missing} still to do. Look for the one left over",
        ),
        "extra": (
            "   !! 说好 {promised} 张, 办了 {done} 张, 多 {extra} 张。看看有没有别人的",
            "   !! {done} slips, {promised} promised: {extra} too many. Look whose they are",
        ),
        "refuse_slips": (
            "张数不对, 还没结。再数一遍单子; 就这样结按 -",
            "Slips differ: count again; - settles as it is",
        ),
        "refuse_short": ("给的不够, 还没结", "That is not enough; not settled"),
        "begun": (
            "从现在起算一位顾客的总账; 都办完了空行按 +",
            "One customer's tally runs; + on the empty line ends it",
        ),
        "begun_slips": (
            "这位顾客 {promised} 张单子, 逐张扫, 每张按 +; 办完空行按 +",
            "{promised} slips: scan each, + for each; + on the empty line when done",
        ),
        "first_settle": (
            "前一位还没结 ({slips}, {due}): 先在空行按 + 结账, 再输张数",
            "Still open ({slips}, {due}): + on the empty line settles",
        ),
        "done": ("这位顾客结清: {slips}, {due}{change}。下一位", "Settled: {slips}, {due}{change}. Next customer"),
        "done_change": (", 找 {sum}", ", change {sum}"),
        "say": ("一共 {sum} 元, 对吗?", "That is {sum} yuan in all, right?"),
        "say_change": ("一共 {sum} 元, 收您 {given}, 找您 {change}", "{sum} in all, received {given}, change {change}"),
        "say_pay": ("一共付给您 {sum} 元, 请点清", "{sum} yuan for you in all; please count it"),
        "keys": ("Enter 结清, 下一位   Esc 接着办", "Enter settles   Esc goes on serving"),
        "keys_slips": ("- 张数不对也结清   Esc 接着办", "- settles all the same   Esc goes on serving"),
        "big_due": ("应收", "Collect"),
        "big_pay": ("应付", "Hand out"),
    }
)


def due_words(fen: int) -> str:
    """Say what changes hands: collected from the customer above zero, handed out below."""
    if not fen:
        return TEXT("even")
    return TEXT("due" if fen > 0 else "pay", sum=format_yuan(abs(fen)))


def slips_words(tally: Tally) -> str:
    """Say how many slips are done, of how many."""
    if not tally.slips:
        return TEXT("of_none", done=tally.slips_done)
    return TEXT("of", done=tally.slips_done, promised=tally.slips)


def home_line(tally: Tally) -> Line:
    """Give the row on the home screen while a tally runs."""
    words = TEXT("home", slips=slips_words(tally), due=due_words(tally.due_fen))
    return Line(words, Tone.ALERT if tally.slips_missing < 0 else Tone.STRONG)


def bill_line(tally: Tally, total_fen: int) -> Line:
    """Give the row beside a bill that is being taken: what all comes to with it."""
    return Line(TEXT("bill", slips=slips_words(tally), due=due_words(tally.due_fen + total_fen)), Tone.STRONG)


def begun_words(tally: Tally) -> str:
    """Say that a tally runs."""
    return TEXT("begun_slips", promised=tally.slips) if tally.slips else TEXT("begun")


def first_settle_words(tally: Tally) -> str:
    """Say that the customer before is still being served, with what is in the tally."""
    return TEXT("first_settle", slips=slips_words(tally), due=due_words(tally.due_fen))


def done_words(tally: Tally, given_fen: int | None) -> str:
    """Say that a customer is done, with the change that was to be given."""
    change = "" if given_fen is None else TEXT("done_change", sum=format_yuan(given_fen - tally.due_fen))
    return TEXT("done", slips=slips_words(tally), due=due_words(tally.due_fen), change=change)


def tally_view(tally: Tally, typed: str) -> View:
    """Give the screen: the jobs, the one total, the change for what is typed."""
    figures = {"done": tally.slips_done, "promised": tally.slips}
    counted = TEXT("slips" if tally.slips else "slips_done", **figures)
    due_fen, given_fen = tally.due_fen, amount_typed(typed)
    return View(
        above=(Line(between(TEXT("title"), counted), Tone.STRONG), rule(), *_jobs(tally), rule(), _total(due_fen)),
        prompt=TEXT("ask"),
        below=(_change(due_fen, given_fen), _slips(tally), BLANK, Line(TEXT("exactly"), Tone.QUIET)),
        say=_say(due_fen, given_fen),
        keys=TEXT("keys_slips" if tally.slips_missing else "keys"),
        big=((TEXT("big_due" if due_fen >= 0 else "big_pay"), format_yuan(abs(due_fen))),),
        recorded=False,
    )


def _jobs(tally: Tally) -> tuple[Line, ...]:
    hidden = max(0, len(tally.lines) - ROWS)
    shown = tally.lines[hidden + (hidden > 0) :]
    rows = [Line(TEXT("earlier", count=hidden + 1), Tone.QUIET)] if hidden else []
    for one in shown:
        signed = ("+" if one.change_fen > 0 else "-") + format_yuan(abs(one.change_fen))
        rows.append(Line("   " + table_row(((clock(one.at), 6), (one.title, 44), (signed, -14)))))
    rows = rows or [Line(TEXT("none"), Tone.QUIET)]
    return (*rows, *([BLANK] * (ROWS - len(rows))))


def _total(due_fen: int) -> Line:
    return Line(TEXT("total", due=due_words(due_fen)), Tone.STRONG)


def _change(due_fen: int, given_fen: int | None) -> Line:
    if given_fen is None or due_fen <= 0:
        return BLANK
    if given_fen < due_fen:
        return Line(TEXT("short", sum=format_yuan(due_fen - given_fen)), Tone.ALERT)
    return Line(TEXT("change", sum=format_yuan(given_fen - due_fen)), Tone.GOOD)


def _slips(tally: Tally) -> Line:
    figures = {"done": tally.slips_done, "promised": tally.slips}
    if tally.slips_missing > 0:
        return Line(TEXT("missing", missing=tally.slips_missing, **figures), Tone.ALERT)
    if tally.slips_missing < 0:
        return Line(TEXT("extra", extra=-tally.slips_missing, **figures), Tone.ALERT)
    return BLANK


def _say(due_fen: int, given_fen: int | None) -> str:
    if due_fen < 0:
        return TEXT("say_pay", sum=format_yuan(-due_fen))
    if given_fen is not None and given_fen >= due_fen > 0:
        figures = {"given": format_yuan(given_fen), "change": format_yuan(given_fen - due_fen)}
        return TEXT("say_change", sum=format_yuan(due_fen), **figures)
    return TEXT("say", sum=format_yuan(due_fen)) if due_fen else ""
