"""settlement order, order-decide, order-file, orders, result, rule: from what is due to what the bank did with it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hq_server.cli.commission import chosen_profile, out_option, profile_option, put_file
from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.payment_orders import orders as order_desk
from hq_server.payment_orders import outcomes
from hq_server.payment_orders.bank_file import BankFileRefused
from hq_server.payment_orders.orders import ItemState, OrderKind
from hq_server.settlement import windows
from hq_server.settlement.branch_pay import order_branches
from hq_server.settlement.effects import apply_effects
from hq_server.settlement.payees import PayeeKind
from hq_server.wording import RefusedError
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from datetime import datetime

    from hq_server.payment_orders.orders import Order

_DATE = click.DateTime(["%Y-%m-%d"])
_KINDS = click.Choice([kind.value for kind in PayeeKind])
_order_no = click.option("--order", "order_no", required=True, type=int)
_refuse = click.option("--refuse", "refusal", default="", help="Refuse it, for this reason.")


@click.command("order")
@click.option("--kind", required=True, type=_KINDS)
@click.option("--due", "due_on", type=_DATE, default=None, help="Windows that fall due by this day.")
@click.option("--month", type=int, default=None, help="Of branches: the month whose commission they pay.")
@json_option
@pass_footing
def order(footing: Footing, kind: str, due_on: datetime | None, month: int | None, *, as_json: bool) -> None:
    """Make one payment order of all windows of a kind that fall due, or of the branches' commission of a month.

    Example: hq-server settlement order --kind BILLER --due 2026-11-24
    """
    if (kind == PayeeKind.BRANCH.value) != (month is not None) or (month is None) == (due_on is None):
        raise RefusedError("which", "支局用 --month, 其余用 --due", "branches take --month, all others --due")
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            if due_on is None:
                made = order_branches(connection, by, month or 0, hq.clock())
            else:
                made = windows.order_due(connection, by, PayeeKind(kind), due_on.date(), hq.clock())
    show_order(footing, made, as_json=as_json)


def show_order(footing: Footing, made: Order, *, as_json: bool) -> None:
    """Show an order in one line."""
    if as_json:
        show_json({**asdict(made), "reference": made.reference})
        return
    amount = format_yuan(made.amount_fen)
    footing.say(
        f"{made.reference} {made.kind} {made.subject}: {made.item_count} 笔, 共 {amount} 元, {made.state}",
        f"{made.reference} {made.kind} {made.subject}: {made.item_count} items, {amount} yuan, {made.state}",
    )


@click.command("order-decide")
@_order_no
@_refuse
@json_option
@pass_footing
def order_decide(footing: Footing, order_no: int, refusal: str, *, as_json: bool) -> None:
    """Approve an order as Finance, or refuse it; never by whoever made it.

    Example: hq-server settlement order-decide --order 7
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            if refusal:
                made = order_desk.refuse_order(connection, by, order_no, refusal, hq.clock())
            else:
                made = order_desk.approve_order(connection, by, order_no, hq.clock())
    show_order(footing, made, as_json=as_json)


@click.command("order-file")
@_order_no
@profile_option
@out_option
@pass_footing
def order_file(footing: Footing, order_no: int, layout: str, out: Path) -> None:
    """Write the file of an approved order for the bank; asked again it writes the same bytes.

    Example: hq-server settlement order-file --order 7 --profile bank-fixed
    """
    profile = chosen_profile(layout)
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        try:
            with hq.engine.begin() as connection:
                file = order_desk.write_order(connection, by, order_no, profile, hq.clock())
        except BankFileRefused as error:
            raise RefusedError("pay_file", str(error), str(error)) from error
    path = put_file(file, out)
    footing.say(f"已写 {path}", f"wrote {path}")


@click.command("orders")
@click.option("--kind", type=click.Choice([kind.value for kind in OrderKind]), default=None)
@click.option("--order", "order_no", type=int, default=None, help="The items of one order.")
@json_option
@pass_footing
def orders(footing: Footing, kind: str | None, order_no: int | None, *, as_json: bool) -> None:
    """List payment orders, newest first, or the items of one with their outcomes."""
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        if order_no is not None:
            items = order_desk.order_items(connection, order_no)
            if as_json:
                show_json([asdict(item) for item in items])
                return
            heads = footing.word("序号,站点,收款人,金额,状态,依据", "item,station,payee,amount,state,evidence")
            cells = [
                (x.item_no, x.station_code, x.payee_name, format_yuan(x.amount_fen), x.state, x.evidence) for x in items
            ]
            show_table(heads.split(","), cells)
            return
        found, _ = order_desk.list_orders(connection, kind=OrderKind(kind) if kind else None, limit=500)
    if as_json:
        show_json([asdict(one) for one in found])
        return
    for one in found:
        show_order(footing, one, as_json=False)


@click.command("result")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@pass_footing
def result(footing: Footing, path: Path) -> None:
    """Take in the bank's result file of an order and give what was paid its effect on the books.

    Example: hq-server settlement result inbox/PO000007.txt
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RefusedError("result_file", f"读不了文件 {path}", f"cannot read {path}: {error.strerror}") from error
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            taken = outcomes.take_result(connection, by, content, hq.clock())
        apply_effects(hq.engine, hq.journal, hq.clock())
    footing.say(
        f"{taken.order.reference}: 成功 {taken.paid}, 退回 {taken.returned}, 未知 {taken.open}",
        f"{taken.order.reference}: paid {taken.paid}, returned {taken.returned}, not known {taken.open}",
    )


@click.command("rule")
@_order_no
@click.option("--item", "item_no", required=True, type=int)
@click.option(
    "--outcome", type=click.Choice(["PAID", "RETURNED"]), default=None, help="Left out, the ruling is decided."
)
@click.option("--finding", default="")
@_refuse
@pass_footing
def rule(footing: Footing, order_no: int, item_no: int, outcome: str | None, finding: str, refusal: str) -> None:
    """Propose what became of an item that no result or statement ends, or decide on it as a second person.

    Example: hq-server settlement rule --order 7 --item 3 --outcome RETURNED --finding "bank's letter 2026-118"
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            of = (order_no, item_no)
            if outcome is not None:
                outcomes.propose_ruling(connection, by, of, ItemState(outcome), finding, hq.clock())
            else:
                outcomes.decide_ruling(connection, by, of, hq.clock(), refusal=refusal)
        apply_effects(hq.engine, hq.journal, hq.clock())
    footing.say(f"付款单 {order_no} 第 {item_no} 笔的裁定已处理", f"the ruling on item {item_no} is dealt with")


ORDER_COMMANDS = (order, order_decide, order_file, orders, result, rule)
