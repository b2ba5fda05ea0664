"""新资费: product by product what changes, and whether it was read here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_pos.commands.tariff_notice import Changed
from station_pos.text import Catalogue, either
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, between, cut, rule
from station_pos.tui.presenters.lists import Place, on_page
from station_pos.tui.presenters.sentences import TEXT as SENTENCES

if TYPE_CHECKING:
    from station_pos.commands.tariff_notice import TariffChange
    from station_pos.services.tariff_notice import ComingTariff

_COLUMNS = 80
TEXT = Catalogue(
    {
        "title": (" 新资费   {day} 起用", " New tariff   from {day}"),
        "none": ("   没有要起用的新资费", "   No new tariff is to come"),
        "not_here": (
            "   内容还没有下载到本站, 联网后自己会来; 没下载完不会起用",
            "   Its content is not here yet; it comes with the link and never begins before",
        ),
        "same": ("   本站卖的业务没有变化", "   Nothing changes for what this station sells"),
        Changed.SOLD: ("   {name}   新增业务, 手续费 {after}", "   {name}   new, fee {after}"),
        Changed.DROPPED: ("   {name}   不再办", "   {name}   no longer sold"),
        Changed.NAME: ("   {name}   原名 {before}", "   {name}   was called {before}"),
        Changed.FEE: ("   {name}   手续费 {before} 改 {after}", "   {name}   fee {before}, then {after}"),
        Changed.LEAST: ("   {name}   最少 {before} 改 {after}", "   {name}   least {before}, then {after}"),
        Changed.MOST: ("   {name}   最多 {before} 改 {after}", "   {name}   most {before}, then {after}"),
        Changed.PARTS: ("   {name}   可少缴 {before} 改 {after}", "   {name}   part payment {before}, then {after}"),
        Changed.UNDO: ("   {name}   可撤 {before} 分改 {after} 分", "   {name}   undo {before} min, then {after} min"),
        Changed.OFFLINE: ("   {name}   断网先收 {before} 改 {after}", "   {name}   offline {before}, then {after}"),
        Changed.ACCOUNT: ("   {name}   户号的样子变了", "   {name}   account numbers look different"),
        Changed.COMMISSION: ("   {name}   酬金 {before} 改 {after}", "   {name}   commission {before}, then {after}"),
        "read": ("   已确认看过 (第 {seq:04d} 条), 总部也看得到", "   Read here (record {seq:04d}); HQ sees it too"),
        "unread": (
            "   看完按 Enter 确认: 记下是谁看的, 不改任何账",
            "   Enter confirms that you read it; no figure changes",
        ),
        "keys": ("Enter 已看过   + 下页   - 上页   Esc 回", "Enter: read   + next   - back   Esc"),
        "keys_read": ("+ 下页   - 上页   Esc 回", "+ next   - back   Esc"),
        "done": ("已确认, 报总部", "Confirmed; HQ is told"),
    }
)


def change_line(change: TariffChange) -> Line:
    """Give one change as a row."""
    name = either(change.product.name, change.product.name_en)
    words = TEXT(change.what, name=name, **_figures(change))
    return Line(cut(words, _COLUMNS), Tone.STRONG if change.what is Changed.FEE else Tone.NORMAL)


def _figures(change: TariffChange) -> dict[str, str]:
    if change.what is Changed.SOLD:
        return {"after": change.after}
    if change.what is Changed.NAME:
        return {"before": change.before}
    if change.what in {Changed.DROPPED, Changed.ACCOUNT}:
        return {}
    return {"before": change.before, "after": change.after}


def notice_view(coming: ComingTariff | None, place: Place) -> View:
    """Give a page of what the next tariff changes."""
    if coming is None:
        return View(above=(Line(TEXT("none")), rule()), prompt=" > ", below=(), keys=TEXT("keys_read"))
    page, pages = place.page(len(coming.changes))
    title = between(TEXT("title", day=f"{coming.effective_on:%Y-%m-%d}"), SENTENCES("page", page=page, pages=pages))
    lines = [change_line(change) for change in on_page(coming.changes, place)]
    if not lines:
        lines = [Line(TEXT("same" if coming.here else "not_here"), Tone.NORMAL if coming.here else Tone.ALERT)]
    read = TEXT("read", seq=coming.read_seq) if coming.read_seq else TEXT("unread") if coming.here else ""
    return View(
        above=(Line(title, Tone.STRONG), rule()),
        prompt=" > ",
        below=(*lines, BLANK, rule(), Line(read, Tone.GOOD if coming.read_seq else Tone.STRONG)),
        keys=TEXT("keys_read" if coming.read_seq or not coming.here else "keys"),
    )
