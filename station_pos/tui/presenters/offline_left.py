"""What may still be done without the link, in one row: bills product by product with the time left, for two screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_pos.text import Catalogue, either
from station_pos.tui.presenters.lines import CORE_COLUMNS, Line, Tone, cut, rule, width
from station_pos.tui.presenters.state_rows import not_computable_words, time_left

if TYPE_CHECKING:
    from station_pos.tui.desk import Desk

TEXT = Catalogue(
    {
        "line": ("   断网还能收   {left}", "   Offline   {left}"),
        "item": ("{name} {count}笔/{value}", "{name} {count}/{value}"),
        "more": ("等 {count} 项", "and {count} more"),
        "until": ("   剩 {left}", "   for {left}"),
        "none": ("没有可以先收的业务", "no service may be sold"),
        "title": (" 断网时", " Without the link"),
        "others": (
            "   取件、收件、日终照常; 取款要看刷卡机自己的线路",
            "   Parcels and the day close go on; withdrawals need the terminal's own line",
        ),
        "counted": (
            "   钟从断网那一刻走, 到时自动停收; 收的都封存在本站, 网通了自己会传",
            "   The clock runs from the cut; what was taken is sealed here and sends itself",
        ),
    }
)


def offline_words(desk: Desk) -> str:
    """Say what may still be sold without the link, product by product as far as the row goes, and for how long.

    A product is named with all of its figures or counted as one more.
    """
    why = not_computable_words(desk.state())
    if why:
        return TEXT("line", left=why)
    found, ends = [], []
    for product in desk.counter.products():
        left = desk.counter.offline_left(product.code)
        if left is not None:
            ends += [left.until] if left.until is not None else []
            name = either(product.name, product.name_en)
            found.append(TEXT("item", name=name, count=left.count, value=format_yuan(left.value_fen)))
    until = TEXT("until", left=time_left(min(ends), desk.now())) if ends else ""
    room = CORE_COLUMNS - width(until)
    for shown in range(len(found), 0, -1):
        hidden = len(found) - shown
        line = TEXT("line", left="  ".join([*found[:shown], *([TEXT("more", count=hidden)] if hidden else [])]))
        if width(line) <= room:
            return line + until
    return cut(TEXT("line", left=found[0] if found else TEXT("none")), room) + until


def offline_rows(desk: Desk) -> tuple[Line, ...]:
    """Give the rows below the home screen on a wide terminal: what goes on without the link, with its countdown."""
    return (
        rule(),
        Line(TEXT("title"), Tone.QUIET),
        Line(offline_words(desk)),
        Line(TEXT("others"), Tone.QUIET),
        Line(TEXT("counted"), Tone.QUIET),
    )
