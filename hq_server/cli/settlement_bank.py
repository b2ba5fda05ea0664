"""settlement mandate, debit, bank: direct debits, and the bank's statement against our books."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from hq_server.cli.desks import read_amount
from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, take_back_option
from hq_server.cli.settlement_orders import show_order
from hq_server.settlement import bank_side, mandates, returned_payments
from hq_server.settlement.effects import apply_effects
from hq_server.settlement.hq_books import bank_position
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from datetime import datetime

_DATE = click.DateTime(["%Y-%m-%d"])
_refuse = click.option("--refuse", "refusal", default="", help="Refuse it, for this reason.")


@click.command("mandate")
@click.option("--station", "station_code", required=True)
@click.option("--number", "mandate_no", required=True)
@click.option("--holder", default="", help="Left out, the mandate entered is decided, or ended by --end.")
@click.option("--account", default="")
@click.option("--each-max", default="2000.00", help="Yuan a debit may take.")
@click.option("--from", "valid_from", type=_DATE, default=None)
@click.option("--until", "valid_until", type=_DATE, default=None)
@click.option("--end", "last_day", type=_DATE, default=None, help="Its last day, as the owner says.")
@_refuse
@take_back_option
@pass_footing
def mandate(footing: Footing, /, station_code: str, mandate_no: str, refusal: str, **said: Any) -> None:
    """Enter a direct-debit mandate, decide on it as a second person, or end it.

    Example: hq-server settlement mandate --station JY0427 --number WT-001 --holder 张三 --account 62179900022
    --from 2026-01-01 --until 2029-12-31
    """
    of, last_day = (station_code, mandate_no), said["last_day"]
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            if said["holder"] and said["valid_from"] and said["valid_until"]:
                dates = (said["valid_from"].date(), said["valid_until"].date())
                most_fen = read_amount(said["each_max"])
                terms = mandates.Mandate(station_code, mandate_no, said["holder"], said["account"], most_fen, *dates)
                mandates.enter_mandate(connection, by, terms, hq.clock())
            elif said["take_back"]:
                mandates.withdraw_mandate(connection, by, of, hq.clock())
            elif last_day is not None:
                mandates.end_mandate(connection, by, of, last_day.date(), hq.clock())
            else:
                mandates.decide_mandate(connection, by, of, hq.clock(), refusal=refusal)
    footing.say(f"委托书 {mandate_no} 已处理", f"mandate {mandate_no} is dealt with")


@click.command("debit")
@click.option("--on", "debit_on", required=True, type=_DATE)
@click.option("--take", "wanted", multiple=True, required=True, help="STATION=YUAN, as often as wanted.")
@json_option
@pass_footing
def debit(footing: Footing, debit_on: datetime, wanted: tuple[str, ...], *, as_json: bool) -> None:
    """Make an order of direct debits for a day; approved and written like any order, its result grants the credit.

    Example: hq-server settlement debit --on 2026-11-24 --take JY0427=1000.00 --take JY0428=500.00
    """
    pairs = [(code, read_amount(yuan)) for code, _, yuan in (one.partition("=") for one in wanted)]
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            made = mandates.order_debits(connection, by, debit_on.date(), pairs, hq.clock())
    show_order(footing, made, as_json=as_json)


@click.command("bank")
@click.option("--line", default="", help="Propose that this line brought the purchases named, or decide on it.")
@click.option("--purchase", "purchases", multiple=True, help="STATION=NUMBER, as often as wanted.")
@click.option("--finding", default="")
@_refuse
@take_back_option
@json_option
@pass_footing
def bank(
    footing: Footing,
    line: str,
    purchases: tuple[str, ...],
    finding: str,
    refusal: str,
    *,
    take_back: bool,
    as_json: bool,
) -> None:
    """Hold the bank's statement against purchases and orders, and show what is open on both sides to the fen.

    Example: hq-server settlement bank
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            if purchases:
                chosen = [(code, int(number)) for code, _, number in (one.partition("=") for one in purchases)]
                bank_side.propose_match(connection, by, line, chosen, finding, hq.clock())
            elif line and take_back:
                bank_side.withdraw_match(connection, by, line, hq.clock())
            elif line:
                bank_side.decide_match(connection, by, line, hq.clock(), refusal=refusal)
            else:
                bank_side.match_statement(connection, by, hq.clock())
        apply_effects(hq.engine, hq.journal, hq.clock())
        with hq.engine.begin() as connection:
            bank_side.match_debits(connection, by, hq.clock())
            lines, line_count, line_fen = bank_side.open_lines(connection)
            waiting, count, fen = bank_side.open_purchases(connection)
            position = bank_position(connection, line_fen)
    if as_json:
        sides = {"lines": [asdict(one) for one in lines], "purchases": [asdict(one) for one in waiting]}
        show_json({**asdict(position), "unexplained_fen": position.unexplained_fen, **sides})
        return
    for one in lines:
        click.echo(f"  {one.line}  {one.booked_on}  {format_yuan(one.amount_fen)}  {one.their_name}  {one.reference}")
    footing.say(
        f"流水未对应 {line_count} 行 {format_yuan(line_fen)}; 额度购买未到账 {count} 笔 {format_yuan(fen)}; "
        f"账实差异 {format_yuan(position.unexplained_fen)}",
        f"{line_count} lines unmatched, {format_yuan(line_fen)}; {count} purchases without a line, {format_yuan(fen)}; "
        f"unexplained {format_yuan(position.unexplained_fen)}",
    )


@click.command("returned")
@click.option("--line", required=True, help="The credit on the statement that brought it back.")
@click.option("--order", "order_no", type=int, default=0, help="Left out, what was proposed of the line is decided.")
@click.option("--item", "item_no", type=int, default=0)
@click.option("--finding", default="")
@_refuse
@take_back_option
@pass_footing
def returned(
    footing: Footing, line: str, order_no: int, item_no: int, finding: str, refusal: str, *, take_back: bool
) -> None:
    """Say which payment a line without our number brought back, or decide on it as a second person.

    Example: hq-server settlement returned --line 5100.../2026-11-26/1/4 --order 7 --item 3 --finding "advice 118"
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            if order_no:
                of = (order_no, item_no)
                returned_payments.propose_return(connection, by, line, of, finding, hq.clock())
            elif take_back:
                returned_payments.withdraw_return(connection, by, line, hq.clock())
            else:
                returned_payments.decide_return(connection, by, line, hq.clock(), refusal=refusal)
        apply_effects(hq.engine, hq.journal, hq.clock())
    footing.say(f"退回流水 {line} 已处理", f"the returned payment of line {line} is dealt with")


BANK_COMMANDS = (mandate, debit, bank, returned)
