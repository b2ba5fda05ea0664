"""The slip of goods that were signed for: one copy for the shop, one for who brought them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from station_journal.facts.distribution import GoodsReceived, GoodsSigned
from station_journal.goods_list import GoodsRefusedError, read_goods
from station_journal.reference_no import our_no
from station_journal.rules.distribution import GoodsOrder, number_key
from station_journal.seal import head_on_paper
from station_pos.config import ZONE
from station_pos.receipts.paper import Cut, Feed, Item, Pair, Paper, Rule, Text
from station_pos.receipts.slip_facts import Slip
from station_pos.receipts.wording import TEXT as COMMON
from station_pos.text import Catalogue, either

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from station_journal.facts.distribution import GoodsLine
    from station_journal.goods_list import GoodsItem
    from station_journal.records import Fact
    from station_pos.receipts.slip_facts import SlipFacts

TEXT = Catalogue(
    {
        "title": ("分销到货签收单", "GOODS RECEIVED"),
        "order": ("订单", "Order"),
        "item": ("{code} {name}", "{code} {name}"),
        "unnamed": ("商品号 {code}", "Item {code}"),
        "quantity": ("{quantity} {unit}", "{quantity} {unit}"),
        "missing": ("还缺:", "Still missing:"),
        "shop": ("站主联", "Shop's copy"),
        "carrier": ("送货人联", "Carrier's copy"),
        "sign_shop": ("收货人签字 ____________", "Received by ____________"),
        "sign_carrier": ("送货人签字 ____________", "Delivered by ___________"),
    }
)


def received_slip(facts: SlipFacts) -> Slip:
    """Compose both copies of a receipt of goods."""
    items = [*_copy(facts, "shop"), Cut(), *_copy(facts, "carrier"), Cut()]
    return Slip(Paper(tuple(items)), TEXT("title"), 0)


def _copy(facts: SlipFacts, whose: str) -> list[Item]:
    fact = cast("GoodsReceived | GoodsSigned", facts.record.fact)
    order = facts.books.subject(GoodsOrder, number_key(fact.order_seq))
    made_at = facts.record.recorded_at.astimezone(ZONE)
    items: list[Item] = [Text(TEXT("title"), "centre", size=(1, 2), bold=True), Text(TEXT(whose), "centre")]
    if facts.copy_no:
        items.append(Text(COMMON("copy", number=facts.copy_no), "centre", size=(2, 2), bold=True))
    items += [Text(text, "centre") for text in (facts.issuer.station_name, facts.issuer.branch) if text]
    items += [Pair(COMMON("institution"), facts.issuer.station_code), Rule()]
    items.append(Pair(TEXT("order"), f"{fact.order_seq:04d}"))
    named = _items(facts, order)
    items += [_line(line, named) for line in fact.lines]
    missing = order.missing if order else ()
    if missing:
        items += [Text(TEXT("missing")), *(_line(line, named) for line in missing)]
    return [
        *items,
        Rule(),
        Pair(COMMON("time"), f"{made_at:%Y-%m-%d %H:%M:%S}"),
        Pair(COMMON("our_no"), our_no(facts.issuer.station_code, facts.seq, facts.head)),
        Pair(COMMON("operator"), f"{facts.operator_name} ({facts.record.actor.number})"),
        Rule(),
        Text(TEXT("sign_shop")),
        Text(TEXT("sign_carrier")),
        Text(COMMON("head", head=head_on_paper(facts.head)), "centre"),
        Feed(3),
    ]


def _items(facts: SlipFacts, order: GoodsOrder | None) -> dict[int, GoodsItem]:
    """Give the items of the list that the order was made by; none where that list is not here or is none."""
    data = facts.document_of(order.list_hash) if order else None
    if data is None:
        return {}
    try:
        return {item.item_code: item for item in read_goods(data)[1]}
    except GoodsRefusedError:
        return {}


def _line(line: GoodsLine, named: Mapping[int, GoodsItem]) -> Pair:
    item = named.get(line.item_code)
    if item is None:
        return Pair(TEXT("unnamed", code=line.item_code), str(line.quantity))
    name = either(item.name, item.name_en)
    return Pair(TEXT("item", code=item.item_code, name=name), TEXT("quantity", quantity=line.quantity, unit=item.unit))


SLIPS: dict[type[Fact], Callable[[SlipFacts], Slip]] = {GoodsReceived: received_slip, GoodsSigned: received_slip}
"""Who composes which slip."""
