"""分销 in words: the orders with their clock, the list to order from, and what arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_journal.rules.distribution import OrderState
from station_pos.text import Catalogue, either
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, rule, table_row
from station_pos.tui.presenters.lists import PAGE_ROWS, Place, marker, on_page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from station_journal.goods_list import GoodsItem
    from station_journal.rules.distribution import GoodsOrder
    from station_pos.services.distribution import GoodsOffered

TEXT = Catalogue(
    {
        "title": (" 分销订货", " Goods"),
        "title_new": (" 分销 > 新订单   目录 {version}", " Goods > new order   list {version}"),
        "title_order": (" 分销 > 订单 {number:04d}   {state}", " Goods > order {number:04d}   {state}"),
        "columns": ("     订单   日期    状态       期限", "     Order  date    state      due"),
        "columns_order": (
            "    商品                                订    已到    这次",
            "    Item                           ordered    here     now",
        ),
        "columns_new": (
            "    商品                           装箱                    单价     数量",
            "    Item                           pack                   price quantity",
        ),
        "none": ("   还没有订过货。按 + 订货", "   Nothing ordered yet. + orders"),
        "row": ("{number:04d}", "{number:04d}"),
        "due": ("{day} 前到", "by {day}"),
        "late": ("应 {day} 到, 已过期", "was due {day}"),
        "lines": ("{count} 种", "{count} items"),
        "missing": ("还缺 {count} 种", "{count} missing"),
        OrderState.ORDERED.name: ("等总部答复", "sent to HQ"),
        OrderState.ACCEPTED.name: ("已接受", "accepted"),
        OrderState.REFUSED.name: ("已退回", "refused"),
        OrderState.ON_THE_WAY.name: ("在路上", "on the way"),
        OrderState.PARTLY_HERE.name: ("部分到货", "partly here"),
        OrderState.COMPLETE.name: ("已到齐", "complete"),
        OrderState.CANCELLED.name: ("已取消", "cancelled"),
        "no_list": (
            "   总部还没有发商品目录, 现在不能订货",
            "   HQ has not published a list of goods; nothing can be ordered",
        ),
        "list_coming": (
            "   商品目录还在路上, 联网后自动到",
            "   The list of goods is on its way; it comes with the link",
        ),
        "pack": ("{pack} {unit}/件", "{pack} {unit} a pack"),
        "total": (
            "   共 {count} 种, 按目录价 {sum}   货款在站外结, 不动额度",
            "   {count} items, {sum}; settled outside, no credit used",
        ),
        "reason": ("   总部退回: {reason}", "   HQ refused it: {reason}"),
        "carrier": ("   送货 {carrier}", "   Brought by {carrier}"),
        "count": (
            "   当面点数; 少的改成实到数, 多的退给送货人",
            "   Count it now; key what arrived, send surplus back",
        ),
        "ask_new": ("   数量 > ", "   Quantity > "),
        "ask_here": ("   实到 > ", "   Arrived > "),
        "ask": (" > ", " > "),
        "keys": ("Enter 打开   + 订货   *n 第 n 行   Esc 回", "Enter opens   + orders   *n line n   Esc back"),
        "keys_new": (
            "数字 Enter 定数量   + 下单   - 不要这种   Esc 不订",
            "Figure Enter sets   + orders   - clears   Esc drops",
        ),
        "keys_here": (
            "数字 Enter 改实到   + 签收并打印   Esc 回",
            "Figure Enter corrects   + signs   Esc back",
        ),
        "keys_ordered": ("+ 货已经到了   - 取消订单   Esc 回", "+ it came already   - cancels   Esc back"),
        "came_already": (
            "总部还没答复。货真到了: 当面点数, 少的改成实到数, 再按 + 签收",
            "HQ has not answered. If it came all the same: count, correct, then + signs",
        ),
        "keys_closed": ("Esc 回", "Esc back"),
        "cancel_again": (
            "取消订单 {number:04d}? 总部还没答复。再按一次 - 就取消, 别的键不动",
            "Cancel order {number:04d}? HQ has not answered. - again cancels, any other key does not",
        ),
        "cancelled": (
            "订单 {number:04d} 已取消, 联网就告诉总部",
            "Order {number:04d} is cancelled; HQ hears with the link",
        ),
        "ordered": (
            "下单了, 订单 {number:04d}。联网就传给总部",
            "Ordered, no. {number:04d}; it goes to HQ with the link",
        ),
        "signed": ("签收好了, 凭条两联在打印", "Signed for; the slip prints in two copies"),
        "nothing": ("还没有填数量", "No quantity is set yet"),
    }
)


def state_words(order: GoodsOrder) -> str:
    """Say where an order stands."""
    return TEXT(order.state.name)


def due_words(order: GoodsOrder, today: date) -> str:
    """Say by when an accepted order is due, and whether that is past; empty where it does not matter."""
    if (
        order.state not in {OrderState.ACCEPTED, OrderState.ON_THE_WAY, OrderState.PARTLY_HERE}
        or not order.answered_seq
    ):
        return ""
    return TEXT("late" if today > order.due_on else "due", day=f"{order.due_on:%m-%d}")


def orders_view(orders: Sequence[GoodsOrder], place: Place, today: date) -> View:
    """Give a page of the orders."""
    rows = []
    for number, order in enumerate(on_page(orders, place), 1):
        missing = order.state is OrderState.PARTLY_HERE
        count = TEXT("missing", count=len(order.missing)) if missing else TEXT("lines", count=len(order.lines))
        cells = ((TEXT("row", number=order.seq), 6), (f"{order.ordered_on:%m-%d}", 6), (state_words(order), 11))
        late = bool(due_words(order, today)) and today > order.due_on
        text = marker(number, place) + table_row((*cells, (due_words(order, today), 22), (count, 14)))
        rows.append(Line(text, Tone.ALERT if late else Tone.NORMAL))
    listed = rows or [Line(TEXT("none"))]
    return View(
        above=(Line(TEXT("title"), Tone.STRONG), rule(), Line(TEXT("columns"), Tone.QUIET)),
        prompt=TEXT("ask"),
        below=(*listed, *([BLANK] * (PAGE_ROWS - len(listed)))),
        keys=TEXT("keys"),
    )


def new_order_view(offered: GoodsOffered | None, chosen: Mapping[int, int], place: Place) -> View:
    """Give a page of the list with the quantities chosen so far."""
    if offered is None or not offered.items:
        sentence = TEXT("no_list" if offered is None else "list_coming")
        above = (Line(TEXT("title"), Tone.STRONG), rule())
        return View(above=above, prompt=TEXT("ask"), below=(Line(sentence),), keys=TEXT("keys_closed"))
    rows = [
        _item_row(number, item, place, chosen.get(item.item_code, 0))
        for number, item in enumerate(on_page(offered.items, place), 1)
    ]
    prices = {item.item_code: item.price_fen for item in offered.items}
    total_fen = sum(prices[code] * quantity for code, quantity in chosen.items())
    return View(
        above=(
            Line(TEXT("title_new", version=offered.version), Tone.STRONG),
            rule(),
            Line(TEXT("columns_new"), Tone.QUIET),
        ),
        prompt=TEXT("ask_new"),
        below=(*rows, *([BLANK] * (PAGE_ROWS - len(rows))), rule(), _total(len(chosen), total_fen)),
        keys=TEXT("keys_new"),
        recorded=False,
    )


def _total(count: int, total_fen: int) -> Line:
    return Line(TEXT("total", count=count, sum=format_yuan(total_fen)), Tone.STRONG)


def _item_row(number: int, item: GoodsItem, place: Place, quantity: int) -> Line:
    name = either(item.name, item.name_en)
    price = f"{format_yuan(item.price_fen)}/{item.unit}"
    ordered = f"{quantity} {item.unit}" if quantity else "-"
    cells = ((name, 30), (TEXT("pack", pack=item.pack, unit=item.unit), 14), (price, -13), (ordered, -8))
    return Line(marker(number, place) + table_row(cells), Tone.STRONG if quantity else Tone.NORMAL)


def order_view(
    order: GoodsOrder, items: Mapping[int, GoodsItem], here: Mapping[int, int], place: Place, today: date
) -> View:
    """Give an order: what was ordered, what arrived before, and what is signed for now."""
    got = dict(order.received)
    rows = []
    for number, line in enumerate(on_page(order.lines, place), 1):
        item = items.get(line.item_code)
        name = either(item.name, item.name_en) if item else f"#{line.item_code}"
        now = str(here[line.item_code]) if line.item_code in here else ""
        cells = ((name, 30), (str(line.quantity), -7), (str(got.get(line.item_code, 0)), -7), (now, -7))
        rows.append(Line(marker(number, place) + table_row(cells)))
    notes = [Line(TEXT("count"))] if here else []
    notes += [Line(TEXT("reason", reason=order.reason), Tone.ALERT)] if order.reason else []
    notes += [Line(TEXT("carrier", carrier=order.carrier))] if order.carrier else []
    waiting = order.state is OrderState.ORDERED
    title = TEXT("title_order", number=order.seq, state=f"{state_words(order)}   {due_words(order, today)}")
    return View(
        above=(Line(title, Tone.STRONG), rule(), Line(TEXT("columns_order"), Tone.QUIET)),
        prompt=TEXT("ask_here" if here else "ask"),
        below=(*rows, *([BLANK] * (PAGE_ROWS - len(rows))), rule(), *notes),
        keys=TEXT("keys_here" if here else "keys_ordered" if waiting else "keys_closed"),
    )
