"""酬金 in words: the three sums, what was earned, and the statement with each line's formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_pos.text import Catalogue
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, rule, table_row
from station_pos.tui.presenters.state_rows import not_computable_words, sum_words

if TYPE_CHECKING:
    from station_pos.counter import CommissionRow, CounterState
    from station_pos.tui.desk import Desk

LINES_SHOWN = 4
TEXT = Catalogue(
    {
        "big": ("可用额度", "Free credit"),
        "title": (" 信誉额度与酬金", " Credit and commission"),
        "free": ("   额度   可用 {free}   冻结 {held}", "   Credit   free {free}   held {held}"),
        "free_bills": (
            "   额度   可用 {free}   冻结 {held}   约够 {bills} 笔",
            "   Credit   free {free}   held {held}   about {bills} bills",
        ),
        "held_why": (
            "          结果未知的缴费先冻结, 查清即还",
            "            held for unknown results, given back once known",
        ),
        "cash": (
            "   现金   抽屉应有 {drawer}   其中结果未定或待退 {owed}",
            "   Cash     drawer should hold {drawer}   of it undecided or due back {owed}",
        ),
        "account": (
            "   账户   酬金已出清单未付 {account}",
            "   Account  commission stated and not yet paid {account}",
        ),
        "buy": (
            "   充额度: 到网点交款, 每次不少于 500.00, 到账自动显示",
            "   To buy credit pay at the branch, at least 500.00; it shows by itself",
        ),
        "earned": ("   酬金   今天 {today}   本月 {month}", "   Earned   today {today}   this month {month}"),
        "free_unknown": ("   额度   {why}", "   Credit   {why}"),
        "cash_unknown": ("   现金   {why}", "   Cash     {why}"),
        "account_unknown": ("   账户   {why}", "   Account  {why}"),
        "earned_unknown": ("   酬金   {why}", "   Earned   {why}"),
        "none": (
            "   总部还没有出过清单。每月 15 日前出, 20 日前付",
            "   No statement yet. Due by the 15th, paid by the 20th",
        ),
        "statement": (
            " {mark}{year}-{month:02d}   应得 {gross}   代扣税 {tax}   实付 {net}",
            " {mark}{year}-{month:02d}   gross {gross}   tax {tax}   net {net}",
        ),
        "branch": ("   支局付", "   by branch"),
        "paid": ("   {day:%m-%d} 已发 {fen}", "   paid {day:%m-%d} {fen}"),
        "returned": ("   {day:%m-%d} 银行退回, 待重付", "   sent back {day:%m-%d}, to be paid again"),
        "more": ("     另有 {count} 行 (按 + 往下)", "     {count} more lines (+ goes on)"),
        "items": ("{count} 笔", "{count}"),
        "version": ("费率 {version}", "rate {version}"),
        "keys": ("上下键换月份   + 下几行   *1 提争议   Esc 回", "Arrows: month   + more   *1 disputes   Esc back"),
        "warn": (
            "总部不会打电话叫您在机器上做交易",
            "HQ never phones to make you do a transaction",
        ),
    }
)


def commission_view(desk: Desk, rows: tuple[CommissionRow, ...], chosen: int, first_line: int) -> View:
    """Give the screen; ``chosen`` is the month shown with its lines from ``first_line`` on."""
    state = desk.state()
    credit, cash, account, earned = _sums(state)
    above = (
        Line(TEXT("title"), Tone.STRONG),
        rule(),
        Line(credit, Tone.STRONG),
        Line(TEXT("held_why"), Tone.QUIET),
        Line(cash, Tone.STRONG),
        Line(account, Tone.STRONG),
        Line(TEXT("buy")),
        rule(),
        Line(earned, Tone.STRONG),
    )
    statements = _statement(rows, chosen, first_line) if rows else [Line(TEXT("none"))]
    big = () if not_computable_words(state) else ((TEXT("big"), sum_words(state.credit_free_fen)),)
    return View(above=above, prompt=" > ", below=tuple(statements), keys=TEXT("keys"), rail=_rail(rows), big=big)


def _sums(state: CounterState) -> tuple[str, str, str, str]:
    """Give the lines of credit, cash, account and what was earned."""
    why = not_computable_words(state)
    if why:
        unknown = ("free_unknown", "cash_unknown", "account_unknown", "earned_unknown")
        credit, cash, account, earned = (TEXT(name, why=why) for name in unknown)
        return credit, cash, account, earned
    free = {"free": sum_words(state.credit_free_fen), "held": sum_words(state.credit_held_fen)}
    bills = state.bills_left
    return (
        TEXT("free", **free) if bills is None else TEXT("free_bills", **free, bills=bills),
        TEXT("cash", drawer=sum_words(state.drawer_fen), owed=sum_words(state.customer_cash_fen)),
        TEXT("account", account=sum_words(state.owner_account_fen)),
        TEXT("earned", today=sum_words(state.earned_today_fen), month=sum_words(state.earned_month_fen)),
    )


def _statement(rows: tuple[CommissionRow, ...], chosen: int, first_line: int) -> list[Line]:
    row = rows[chosen]
    lines = [_summary(row, mark=">")]
    for name, items, formula, fen, version in row.lines[first_line : first_line + LINES_SHOWN]:
        left = table_row(((name, 12), (TEXT("items", count=items), -7), (formula, 26), (format_yuan(fen), -10)))
        lines.append(Line(f"     {left} {TEXT('version', version=version)}"))
    hidden = len(row.lines) - first_line - LINES_SHOWN
    return [*lines, Line(TEXT("more", count=hidden) if hidden > 0 else "", Tone.QUIET), Line(" " + TEXT("warn"))]


def _summary(row: CommissionRow, mark: str) -> Line:
    figures = {"gross": format_yuan(row.gross_fen), "tax": format_yuan(row.tax_fen), "net": format_yuan(row.net_fen)}
    stated = TEXT("statement", mark=mark, year=row.month // 100, month=row.month % 100, **figures)
    branch = TEXT("branch") if row.by_branch else ""
    paid = TEXT("paid", day=row.paid_on, fen=format_yuan(row.paid_fen)) if row.paid_on else ""
    paid = TEXT("returned", day=row.returned_on) if row.returned_on else paid
    return Line(stated + branch + paid, Tone.STRONG)


def _rail(rows: tuple[CommissionRow, ...]) -> tuple[Line, ...]:
    months = [Line(f"  {row.month // 100}-{row.month % 100:02d}  {format_yuan(row.net_fen)}") for row in rows[:12]]
    return (Line(TEXT("title").strip(), Tone.STRONG), BLANK, *months)
