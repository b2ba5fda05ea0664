"""goods, registration and lead: distribution orders and insurance leads."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click

from hq_server import distribution
from hq_server.cli.desks import read_amount
from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.reference.lead_contacts import lead_contact
from hq_server.wording import RefusedError
from station_journal.facts.distribution import GoodsDispatched, GoodsLine, LeadOutcome
from station_journal.goods_list import GoodsItem
from station_journal.masking import mask_phone
from station_journal.money import format_yuan
from station_journal.rules.distribution import OrderState

_STATES = {
    OrderState.ORDERED: ("待答复", "ordered"),
    OrderState.ACCEPTED: ("已接受", "accepted"),
    OrderState.REFUSED: ("已退回", "refused"),
    OrderState.ON_THE_WAY: ("在途", "on the way"),
    OrderState.PARTLY_HERE: ("部分到货", "partly here"),
    OrderState.COMPLETE: ("已到齐", "complete"),
    OrderState.CANCELLED: ("站点已取消", "cancelled"),
}


@click.group()
def goods() -> None:
    """Goods: the list that stations order by, and their orders."""


def _items(path: Path) -> tuple[str, tuple[GoodsItem, ...]]:
    """Read ``{"version": ..., "items": [{"code", "name", "name_en", "unit", "price", "pack"}]}``."""
    try:
        written = json.loads(path.read_text("utf-8"))
        items = tuple(
            GoodsItem(row["code"], row["name"], row["name_en"], row["unit"], read_amount(row["price"]), row["pack"])
            for row in written["items"]
        )
        return str(written["version"]), items
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RefusedError(
            "file", f"商品目录 {path} 读不出: {error}", f"{path} is no list of goods: {error}"
        ) from error


@goods.command("publish")
@click.argument("path", type=click.Path(path_type=Path))
@json_option
@pass_footing
def goods_publish(footing: Footing, path: Path, *, as_json: bool) -> None:
    """Publish a list of goods written as JSON; it is refused whole if any figure in it makes no sense.

    Example: hq-server goods publish goods-2026-12.json
    """
    version, items = _items(path)
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        named, told = distribution.publish_goods(hq.engine, hq.journal, by, version, items, hq.clock())
    if as_json:
        show_json({"version": version, "items": len(items), "hash": named.hex(), "stations_told": told})
    else:
        footing.say(
            f"已发布商品目录 {version} 共 {len(items)} 种, 已通知 {told} 个站点",
            f"list {version} of {len(items)} goods is published; {told} stations told",
        )


@goods.command("orders")
@click.argument("station_code")
@json_option
@pass_footing
def goods_orders(footing: Footing, station_code: str, *, as_json: bool) -> None:
    """List a station's orders: where each stands, by when it is due, what is missing, and what it comes to.

    Example: hq-server goods orders ST-0417
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = distribution.orders(connection, station_code)
        sums = [distribution.payable_fen(connection, order, received_only=False) for order in found]
        here = [distribution.payable_fen(connection, order, received_only=True) for order in found]
    rows = [
        {
            "order_no": order.seq,
            "ordered_on": order.ordered_on,
            "state": order.state.name,
            "due_on": order.due_on if order.answered_seq else None,
            "missing": {str(line.item_code): line.quantity for line in order.missing},
            "payable_fen": payable,
            "received_fen": received,
        }
        for order, payable, received in zip(found, sums, here, strict=True)
    ]
    if as_json:
        show_json(rows)
        return
    word = footing.word
    heads = [word("订单", "Order"), word("日期", "Date"), word("状态", "State"), word("到货期限", "Due")]
    heads += [word("金额", "Amount"), word("已到", "Received")]
    shown = [
        [
            order.seq,
            str(order.ordered_on),
            word(*_STATES[order.state]),
            str(order.due_on) if order.answered_seq else "-",
            format_yuan(payable),
            format_yuan(received),
        ]
        for order, payable, received in zip(found, sums, here, strict=True)
    ]
    show_table(heads, shown)


@goods.command("accept")
@click.argument("station_code")
@click.argument("order_no", type=click.IntRange(1))
@click.option("--refuse", "refusal", default="", help="Refuse it instead, with this reason.")
@pass_footing
def goods_accept(footing: Footing, station_code: str, order_no: int, refusal: str) -> None:
    """Accept an order: it is due within three working days. Or refuse it.

    Example: hq-server goods accept ST-0417 41
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            due = distribution.answer_order(
                connection, hq.journal, by, station_code, order_no, hq.clock(), refusal=refusal
            )
    if refusal:
        footing.say(f"订单 {order_no} 已退回", f"order {order_no} is refused")
    else:
        footing.say(f"订单 {order_no} 已接受, {due} 前送到", f"order {order_no} is accepted, due by {due}")


@goods.command("dispatch")
@click.argument("station_code")
@click.argument("order_no", type=click.IntRange(1))
@click.option("--line", "lines", multiple=True, help="Item and quantity, such as 11:24. Default: all that is open.")
@click.option("--carrier", default="", help="Who brings it.")
@pass_footing
def goods_dispatch(footing: Footing, station_code: str, order_no: int, lines: tuple[str, ...], carrier: str) -> None:
    """Note that goods of an order left for the station.

    Example: hq-server goods dispatch ST-0417 41 --carrier 邮车
    """
    wanted = []
    for one in lines:
        code, _, quantity = one.partition(":")
        if not (code.isascii() and code.isdigit() and quantity.isascii() and quantity.isdigit()):
            raise RefusedError("line", f"{one} 不对, 例: 11:24", f"{one} is no line such as 11:24")
        wanted.append(GoodsLine(int(code), int(quantity)))
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            sent = GoodsDispatched(order_no, tuple(wanted), carrier)
            distribution.dispatch(connection, hq.journal, by, station_code, sent, hq.clock())
    footing.say(f"订单 {order_no} 已发货", f"goods of order {order_no} are on their way")


@click.group()
def registration() -> None:
    """Registrations of insurance sales agents: without one a station takes no leads."""


@registration.command("file")
@click.argument("station_code")
@click.argument("number")
@click.option("--name", required=True, help="Whose it is.")
@click.option("--valid-until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="A past date ends it.")
@pass_footing
def registration_file(footing: Footing, station_code: str, number: str, name: str, valid_until: date) -> None:
    """File a registration; the last one filed holds.

    Example: hq-server registration file ST-0417 51000000000012345 --name 张三 --valid-until 2027-12-31
    """
    until = date.fromisoformat(f"{valid_until:%Y-%m-%d}")
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            distribution.file_registration(connection, hq.journal, by, station_code, (number, name), until, hq.clock())
    footing.say(f"站点 {station_code} 执业登记 {number} 有效到 {until}", f"registration {number} is on file to {until}")


@registration.command("show")
@click.argument("station_code")
@json_option
@pass_footing
def registration_show(footing: Footing, station_code: str, *, as_json: bool) -> None:
    """Show what was ever filed for a station.

    Example: hq-server registration show ST-0417
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = distribution.registrations(connection, station_code)
    filings = found.filings if found else ()
    if as_json:
        show_json([filing._asdict() for filing in filings])
        return
    word = footing.word
    heads = [word("登记号", "Number"), word("姓名", "Name"), word("有效到", "Valid until")]
    show_table(heads, [[one.registration_no, one.holder_name, str(one.valid_until)] for one in filings])


@click.group()
def lead() -> None:
    """Insurance leads: customers who agreed to be called back."""


@lead.command("list")
@click.option("--station", "station_code", default=None, help="One station instead of all.")
@json_option
@pass_footing
def lead_list(footing: Footing, station_code: str | None, *, as_json: bool) -> None:
    """List leads with whom to call; one taken without a registration in force is marked and counts for nothing.

    Name and number show while they are here and not erased; else as the journal has them, masked.

    Example: hq-server lead list --json
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = distribution.leads(connection, station_code)
        contacts = {(code, one.seq): lead_contact(connection, code, one.seq) for code, one in found}
    rows = [
        {
            "station_code": code,
            "lead_no": one.seq,
            "taken_on": one.taken_on,
            "kind": one.kind.name,
            "customer_name": contact.customer_name if contact else one.customer_name,
            "phone": contact.phone if contact else mask_phone(one.phone) if one.contact_hash else one.phone,
            "outcome": "NOT_REGISTERED" if one.broken else LeadOutcome(one.outcome_no).name if one.answered_seq else "",
        }
        for code, one in found
        for contact in (contacts[code, one.seq],)
    ]
    if as_json:
        show_json(rows)
        return
    word = footing.word
    heads = [word("站点", "Station"), word("序号", "No."), word("日期", "Date"), word("险种", "Kind")]
    heads += [word("顾客", "Customer"), word("电话", "Phone"), word("结果", "Outcome")]
    show_table(heads, [[str(value) for value in row.values()] for row in rows])


@lead.command("answer")
@click.argument("station_code")
@click.argument("lead_no", type=click.IntRange(1))
@click.argument("outcome", type=click.Choice([outcome.name for outcome in LeadOutcome]))
@pass_footing
def lead_answer(footing: Footing, station_code: str, lead_no: int, outcome: str) -> None:
    """Note what became of a lead; the station sees it.

    Example: hq-server lead answer ST-0417 52 CALLED
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            distribution.answer_lead(
                connection, hq.journal, by, station_code, lead_no, LeadOutcome[outcome], hq.clock()
            )
    footing.say(f"线索 {lead_no}: {outcome}", f"lead {lead_no}: {outcome}")


@lead.command("erase")
@click.argument("station_code")
@click.argument("lead_no", type=click.IntRange(1))
@pass_footing
def lead_erase(footing: Footing, station_code: str, lead_no: int) -> None:
    """Erase a lead's name and number, as the customer may ask; the lead itself stands.

    Example: hq-server lead erase ST-0417 52
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            erased = distribution.erase_contact(connection, by, station_code, lead_no, hq.clock())
    if erased:
        footing.say(f"线索 {lead_no} 的姓名电话已删除", f"name and number of lead {lead_no} are erased")
    else:
        footing.say(f"线索 {lead_no} 没有存姓名电话", f"no name or number is kept of lead {lead_no}")
