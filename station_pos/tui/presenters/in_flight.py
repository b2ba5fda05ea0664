"""The list of what is in flight, in words: what happened to each item, and the cash to hand out or to ask back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_pos.services.in_flight import Happened
from station_pos.services.withdrawals import WITHDRAWAL
from station_pos.text import Catalogue
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, between, rule, table_row
from station_pos.tui.presenters.lists import PAGE_ROWS, Place, marker, on_page
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.state_rows import local

if TYPE_CHECKING:
    from collections.abc import Sequence

    from station_pos.services.in_flight import InFlight
    from station_pos.tui.desk import Desk

_OF_BILLS = frozenset({"bill", "kept"})
TEXT = Catalogue(
    {
        "title": (" 上次没看到结果的  {count} 件", " Whose end nobody saw   {count}"),
        "why": (
            "   断电、死机或离开前没办完的都在这里; 机器自己没有记过一笔钱",
            "   Cut off by power, crash or leaving; the machine by itself recorded no money",
        ),
        "columns": (
            "    时间  业务                       金额 结果     现金",
            "    Time  Job                        Sum  State    Cash",
        ),
        Happened.DONE: ("办成了", "done"),
        Happened.NOT_DONE: ("没办", "not done"),
        Happened.UNKNOWN: ("不知道", "unknown"),
        "hand_out": ("退给顾客 {sum}", "hand out {sum}"),
        "pay_out": ("付给顾客 {sum}", "pay out {sum}"),
        "payable": ("可以付", "payable"),
        "take_back": ("向顾客收 {sum}", "ask back {sum}"),
        "leave": ("不用动", "leave as is"),
        "none": ("   没有。每一件都有结果", "   None: every item has its end"),
        "keys": ("Enter 打开看   *n 第 n 行   Esc 看完了", "Enter opens   *n line n   Esc all seen"),
    }
)


def others_in_flight(items: Sequence[InFlight]) -> list[InFlight]:
    """Give the items that are neither bills nor half-typed jobs, which the pending list shows by themselves."""
    return [item for item in items if item.service not in _OF_BILLS]


def cash_words(item: InFlight) -> str:
    """Say what cash is to move for an item."""
    if item.hand_out_fen:
        return TEXT("pay_out" if item.service == WITHDRAWAL else "hand_out", sum=format_yuan(item.hand_out_fen))
    return TEXT("take_back", sum=format_yuan(item.take_back_fen)) if item.take_back_fen else TEXT("leave")


def item_row(number: int, item: InFlight, place: Place, desk: Desk) -> Line:
    """Give an item as one row."""
    at = local(item.at)
    cells = table_row(
        (
            (f"{at:%H:%M}" if at.date() == local(desk.now()).date() else f"{at:%m-%d}", 5),
            (item.title, 20),
            (format_yuan(item.amount_fen) if item.amount_fen else "-", -10),
            (TEXT("payable" if item.service == WITHDRAWAL and item.hand_out_fen else item.happened), 8),
            (cash_words(item), 26),
        )
    )
    waits = item.happened is not Happened.DONE or item.hand_out_fen or item.take_back_fen
    return Line(marker(number, place) + cells.rstrip(), Tone.STRONG if waits else Tone.NORMAL)


def in_flight_view(desk: Desk, items: Sequence[InFlight], place: Place) -> View:
    """Give a page of the list with the advice for the chosen item."""
    page, pages = place.page(len(items))
    title = between(TEXT("title", count=len(items)), SENTENCES("page", page=page, pages=pages) + " ")
    listed = [item_row(number, item, place, desk) for number, item in enumerate(on_page(items, place), 1)]
    chosen = items[place.index] if place.index < len(items) else None
    advice = Line("   " + chosen.advice, Tone.ALERT) if chosen else BLANK
    return View(
        above=(Line(title, Tone.STRONG), rule(), Line(TEXT("why")), Line(TEXT("columns"), Tone.QUIET)),
        prompt=" > ",
        below=(*(listed or [Line(TEXT("none"))]), *([BLANK] * (PAGE_ROWS - len(listed))), rule(), advice),
        keys=TEXT("keys"),
    )
