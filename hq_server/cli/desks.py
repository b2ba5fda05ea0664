"""credit and invoice: what branches sell and hand out, each decision by whoever signs in."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from hq_server import credit as purchases
from hq_server import invoices
from hq_server.cli.footing import Footing, json_option, pass_footing, show_chain, show_json, show_table
from hq_server.reconciliation.chain_credit import chain_of_purchase
from hq_server.wording import RefusedError
from station_journal.money import format_yuan, parse_yuan

if TYPE_CHECKING:
    from hq_server.credit import Purchase
    from hq_server.invoices import Receipt


def read_amount(text: str) -> int:
    """Read an amount in yuan into fen.

    Raises:
        RefusedError: it is no amount.
    """
    try:
        return parse_yuan(text.strip())
    except ValueError as error:
        raise RefusedError("amount", f"金额 {text} 不对, 例: 500.00", f"{text} is no amount such as 500.00") from error


@click.group()
def credit() -> None:
    """Credit purchases: one person enters, a second approves."""


@credit.command("enter")
@click.argument("station_code")
@click.argument("amount")
@click.option("--evidence", required=True, help="Number of the slip that shows the payment.")
@click.option("--by-code", is_flag=True, help="Hand it over as the code of a sealed grant, for a station offline.")
@json_option
@pass_footing
def credit_enter(
    footing: Footing, station_code: str, amount: str, evidence: str, *, by_code: bool, as_json: bool
) -> None:
    """Enter a purchase of at least 500.00 yuan; nothing is granted yet.

    Example: hq-server credit enter ST-0417 500.00 --evidence 0001234
    """
    amount_fen = read_amount(amount)
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            now = hq.clock()
            made = purchases.enter(connection, by, station_code, amount_fen, evidence, now, by_code=by_code)
    _show(footing, made, as_json=as_json)


@credit.command("approve")
@click.argument("station_code")
@click.argument("purchase_no", type=click.IntRange(1))
@json_option
@pass_footing
def credit_approve(footing: Footing, station_code: str, purchase_no: int, *, as_json: bool) -> None:
    """Approve a purchase as a second person; the station gets the credit with its next exchange.

    Example: hq-server credit approve ST-0417 1
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            done = purchases.approve(connection, hq.journal, by, station_code, purchase_no, hq.clock())
    _show(footing, done, as_json=as_json)


@credit.command("refuse")
@click.argument("station_code")
@click.argument("purchase_no", type=click.IntRange(1))
@click.option("--reason", required=True, help="Why it is refused.")
@json_option
@pass_footing
def credit_refuse(footing: Footing, station_code: str, purchase_no: int, reason: str, *, as_json: bool) -> None:
    """Refuse a purchase as a second person.

    Example: hq-server credit refuse ST-0417 1 --reason 款未到账
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            done = purchases.refuse(connection, by, station_code, purchase_no, reason, hq.clock())
    _show(footing, done, as_json=as_json)


@credit.command("withdraw")
@click.argument("station_code")
@click.argument("purchase_no", type=click.IntRange(1))
@json_option
@pass_footing
def credit_withdraw(footing: Footing, station_code: str, purchase_no: int, *, as_json: bool) -> None:
    """Take back one's own purchase before it is decided. Example: hq-server credit withdraw ST-0417 1."""
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            done = purchases.withdraw(connection, by, station_code, purchase_no, hq.clock())
    _show(footing, done, as_json=as_json)


@credit.command("list")
@click.option("--station", "station_code", default=None, help="One station instead of all.")
@click.option("--open", "only_open", is_flag=True, help="Only those that wait for approval.")
@json_option
@pass_footing
def credit_list(footing: Footing, station_code: str | None, *, only_open: bool, as_json: bool) -> None:
    """List purchases, the newest first.

    Example: hq-server credit list --open
    """
    state = purchases.PurchaseState.ENTERED if only_open else None
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = purchases.purchases(connection, station_code, state)
    if as_json:
        show_json([asdict(purchase) for purchase in found])
        return
    heads = ("站点", "序号", "金额", "状态", "凭证") if footing.language == "zh" else _HEADS
    rows = [(row.station_code, row.purchase_no, format_yuan(row.amount_fen), row.state, row.evidence) for row in found]
    show_table(heads, rows)


_HEADS = ("station", "no.", "amount", "state", "slip")


@credit.command("show")
@click.argument("station_code")
@click.argument("purchase_no", type=click.IntRange(1))
@json_option
@pass_footing
def credit_show(footing: Footing, station_code: str, purchase_no: int, *, as_json: bool) -> None:
    """Show the chain behind a purchase, from its slip and the bank's line to the station's free credit.

    Example: hq-server credit show ST-0417 1
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        chain = chain_of_purchase(connection, station_code, purchase_no)
    show_chain(footing, chain, as_json=as_json)


def _show(footing: Footing, purchase: Purchase, *, as_json: bool) -> None:
    if as_json:
        show_json(asdict(purchase))
        return
    amount = format_yuan(purchase.amount_fen)
    footing.say(
        f"站点 {purchase.station_code} 第 {purchase.purchase_no} 号额度购买 {amount} 元: {purchase.state}",
        f"purchase {purchase.purchase_no} of station {purchase.station_code}, {amount} yuan: {purchase.state}",
    )


@click.group()
def invoice() -> None:
    """Invoices handed out at a branch against receipts."""


_reference = click.argument("reference")
_account = click.option("--account", "account_no", required=True, help="The payer's account number on the receipt.")
_station = click.option("--station", "station_code", default="", help="With a receipt number: the station's code.")


@invoice.command("find")
@_reference
@_account
@_station
@json_option
@pass_footing
def invoice_find(footing: Footing, reference: str, account_no: str, station_code: str, *, as_json: bool) -> None:
    """Find a receipt by our number, its printed code, or its number with --station.

    Example: hq-server invoice find 00000012 --station ST-0417 --account 0081234567
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = invoices.find_receipt(connection, reference, account_no, station_code)
    _show_receipt(footing, found, as_json=as_json)


@invoice.command("issue")
@_reference
@click.argument("invoice_no")
@_account
@_station
@json_option
@pass_footing
def invoice_issue(
    footing: Footing, reference: str, invoice_no: str, account_no: str, station_code: str, *, as_json: bool
) -> None:
    """Mark a receipt's invoice as handed out, once.

    Example: hq-server invoice issue ST-0417-000012-0a1b2c3d 51002200-0001 --account 0081234567
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            now = hq.clock()
            done = invoices.issue(
                connection, hq.journal, by, reference, account_no, invoice_no, now, station_code=station_code
            )
    _show_receipt(footing, done, as_json=as_json)


def _show_receipt(footing: Footing, receipt: Receipt, *, as_json: bool) -> None:
    if as_json:
        refusal = receipt.refusal.code if receipt.refusal else ""
        show_json({**asdict(receipt), "refusal": refusal})
        return
    amount = format_yuan(receipt.amount_fen + receipt.fee_fen)
    state = receipt.refusal.sentence.said_in(footing.language) if receipt.refusal else ""
    footing.say(
        f"{receipt.our_no} {receipt.payer_name} {amount} 元 {state or '可开发票'}",
        f"{receipt.our_no} {receipt.payer_name} {amount} yuan: {state or 'an invoice may be given'}",
    )
