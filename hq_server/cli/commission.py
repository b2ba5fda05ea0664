"""commission: agreement, rates and figures of branches, list, approval, invoices, pay file, statement, proof."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hq_server.cli.desks import read_amount
from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table, take_back_option
from hq_server.commission import branch_figures as branch
from hq_server.commission.agreements import Agreement, decide_agreement, enter_agreement, waiting_of
from hq_server.commission.invoices import enter_invoice
from hq_server.commission.paying import pay_month
from hq_server.commission.queries import month_lines, month_parts, station_months
from hq_server.commission.rates import RateNotKnown
from hq_server.commission.runs import list_month, recompute, totals
from hq_server.commission.stating import approve_month, state_approved, untold_count
from hq_server.commission.tax import AGREED_REGIMES, TaxRegime
from hq_server.payment_orders.bank_file import BankFile, BankFileRefused, known_profiles, read_profile
from hq_server.reference.working_days import YearNotKnown
from hq_server.reference.year_lists import working_days
from hq_server.statements.commission_statement import statement_of, statement_pdf
from hq_server.wording import RefusedError
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from datetime import datetime

    from hq_server.commission.runs import RunTotals
    from hq_server.payment_orders.bank_file import BankFileProfile

_DATE = click.DateTime(["%Y-%m-%d"])
_month = click.option("--month", required=True, type=click.IntRange(200001, 999912), help="YYYYMM.")
_station = click.option("--station", "station_code", required=True)
profile_option = click.option(
    "--profile", "layout", default="own", help="Layout: own, bank-csv, bank-fixed, or a TOML file of your own."
)
out_option = click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Folder to write into."
)


def chosen_profile(name: str) -> BankFileProfile:
    """Find a layout by name or path.

    Raises:
        RefusedError: there is none, or it is no layout.
    """
    try:
        known = known_profiles()
        if name in known:
            return known[name]
        path = Path(name)
        return read_profile(path.stem, path.read_text(encoding="utf-8"))
    except (BankFileRefused, OSError, UnicodeDecodeError) as error:
        raise RefusedError("profile", f"没有这种付款文件格式: {name}", f"there is no layout {name}: {error}") from error


def put_file(file: BankFile, out: Path) -> Path:
    """Write a file into a folder.

    Raises:
        RefusedError: it cannot be written.
    """
    path = out / file.name
    try:
        path.write_bytes(file.content)
    except OSError as error:
        raise RefusedError("pay_file", f"写不了文件 {path}", f"cannot write {path}: {error.strerror}") from error
    return path


@click.group()
def commission() -> None:
    """Monthly commission: agreement, list, approval, pay file. Example: hq-server commission list --month 202611."""


@commission.command("agreement")
@_station
@click.option("--from", "valid_from", required=True, type=_DATE, help="First day the terms hold.")
@click.option("--payee", required=True, help="Name on the account.")
@click.option("--account", required=True, help="Passbook-card account the net is paid to.")
@click.option("--regime", type=click.Choice([regime.value for regime in AGREED_REGIMES]), default="LABOUR_WITHHOLDING")
@click.option("--licence", default="", help="Business licence on file, where the owner gives an invoice.")
@pass_footing
def agreement(
    footing: Footing, station_code: str, valid_from: datetime, payee: str, account: str, regime: str, licence: str
) -> None:
    """Enter whom a station's commission is paid to and how it is taxed, for a second person to approve.

    Terms against an invoice are entered by Finance.

    Example: hq-server commission agreement --station JY0427 --from 2026-01-01 --payee 张三 --account 62179900022
    """
    terms = Agreement(station_code, valid_from.date(), payee, account, TaxRegime(regime), licence)
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            enter_agreement(connection, by, terms, hq.clock())
    footing.say(
        f"已登记站点 {station_code} 的酬金账户, 须另一人批准",
        f"account of station {station_code} entered: a second person approves",
    )


@commission.command("decide-account")
@_station
@click.option("--refuse", "refusal", default="", help="Refuse it, with the reason; left out, it is approved.")
@pass_footing
def decide_account(footing: Footing, station_code: str, refusal: str) -> None:
    """Approve the account that waits for a station's commission as a second person, or refuse it.

    Example: hq-server commission decide-account --station JY0427
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            of = (station_code, waiting_of(connection, station_code))
            made = decide_agreement(connection, by, of, hq.clock(), refusal=refusal)
    footing.say(
        f"站点 {station_code} 的酬金账户 {made.settlement_account}: {made.state}",
        f"account {made.settlement_account} of station {station_code}: {made.state}",
    )


@commission.command("rate")
@click.option("--product", required=True, type=int, help="900001 distribution; 910001 to 910004 insurance.")
@click.option("--from", "valid_from", required=True, type=_DATE)
@click.option("--rate", "document", default="", help="JSON as in a tariff; left out, the one entered is approved.")
@take_back_option
@pass_footing
def rate(footing: Footing, product: int, valid_from: datetime, document: str, *, take_back: bool) -> None:
    """Enter the rate of what no tariff sells, or approve it as a second person.

    Example: hq-server commission rate --product 900001 --from 2026-11-01 --rate '{"basis":"tiers",
    "tiers":[[100,50],[0,80]],"version":"2026-1"}'
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            if document:
                branch.enter_rate(connection, by, product, valid_from.date(), document, hq.clock())
            elif take_back:
                branch.withdraw_rate(connection, by, (product, valid_from.date()), hq.clock())
            else:
                branch.decide_rate(connection, by, (product, valid_from.date()), hq.clock())
    footing.say(f"产品 {product} 的费率已处理", f"the rate of product {product} is dealt with")


@commission.command("figure")
@_station
@_month
@click.option("--product", required=True, type=int, help="900001 distribution; 910001 to 910004 insurance.")
@click.option("--count", "item_count", required=True, type=int)
@click.option("--amount", required=True, help="Base in yuan; negative to correct an earlier figure.")
@click.option("--report", "evidence", required=True, help="The report that it rests on.")
@pass_footing
def figure(
    footing: Footing, station_code: str, month: int, product: int, item_count: int, amount: str, evidence: str
) -> None:
    """Enter a branch's figure of a station's month; the centre approves it.

    Example: hq-server commission figure --station JY0427 --month 202611 --product 900001 --count 3 --amount 270.00
    --report 分销月报11
    """
    base_fen = -read_amount(amount[1:]) if amount.startswith("-") else read_amount(amount)
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            of, sums = (month, product), (item_count, base_fen)
            made = branch.enter_figure(connection, by, station_code, of, sums, evidence, hq.clock())
    footing.say(f"已登记第 {made.figure_no} 号报数", f"figure {made.figure_no} entered")


@commission.command("figure-decide")
@_station
@click.option("--figure", "figure_no", required=True, type=int)
@click.option("--refuse", "refusal", default="", help="Refuse it, for this reason.")
@take_back_option
@pass_footing
def figure_decide(footing: Footing, station_code: str, figure_no: int, refusal: str, *, take_back: bool) -> None:
    """Approve a figure as the centre that it concerns, or refuse it.

    Example: hq-server commission figure-decide --station JY0427 --figure 1
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            if take_back:
                decided = branch.withdraw_figure(connection, by, station_code, figure_no, hq.clock())
            else:
                decided = branch.decide_figure(connection, by, station_code, figure_no, hq.clock(), refusal=refusal)
    footing.say(f"第 {figure_no} 号报数: {decided.state}", f"figure {figure_no}: {decided.state}")


@commission.command("figures")
@click.option("--state", type=click.Choice(["PROPOSED", "APPROVED", "REFUSED", "WITHDRAWN"]), default=None)
@json_option
@pass_footing
def figures(footing: Footing, state: str | None, *, as_json: bool) -> None:
    """List the branches' figures, newest first."""
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        rows = branch.figures(connection, state)
    if as_json:
        show_json([asdict(row) for row in rows])
        return
    heads = footing.word("站点,号,月份,产品,笔数,金额,依据,状态", "station,no,month,product,count,base,report,state")
    cells = [
        (
            row.station_code,
            row.figure_no,
            row.month,
            row.product_code,
            row.item_count,
            format_yuan(row.base_fen),
            row.evidence,
            row.state,
        )
        for row in rows
    ]
    show_table(heads.split(","), cells)


@commission.command("list")
@_month
@click.option("--early", is_flag=True, help="List a month not ended yet: the rest of its sales earn in the next list.")
@json_option
@pass_footing
def list_command(footing: Footing, month: int, *, early: bool, as_json: bool) -> None:
    """Compute a month that has ended and freeze it as the list for Finance.

    Only sales matched with the biller's file earn; the others earn in the month they match.

    Example: hq-server commission list --month 202611
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        try:
            with hq.engine.begin() as connection:
                made = list_month(connection, by, month, working_days(connection), hq.clock(), early=early)
        except (RateNotKnown, YearNotKnown) as error:
            raise RefusedError("not_known", str(error), str(error)) from error
    _show_run(footing, made, as_json=as_json)


@commission.command("approve")
@_month
@json_option
@pass_footing
def approve(footing: Footing, month: int, *, as_json: bool) -> None:
    """Approve a list as Finance and state it to every station; never by the person who made it.

    Cut off in the middle, `hq-server jobs` goes on with it. Example: hq-server commission approve --month 202611
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            approve_month(connection, by, month, hq.clock())
        state_approved(hq.engine, hq.journal, hq.clock)
        with hq.engine.connect() as connection:
            made, untold = totals(connection, month), untold_count(connection, month)
    _show_run(footing, made, as_json=as_json)
    if untold and not as_json:
        footing.say(f"{untold} 个站点的程序过旧, 尚未告知", f"{untold} stations run a program too old to be told yet")


@commission.command("recompute")
@_month
@json_option
@pass_footing
def recompute_command(footing: Footing, month: int, *, as_json: bool) -> None:
    """Compute a listed month again and hold it against what was listed, byte for byte; ends with 1 if it differs.

    Example: hq-server commission recompute --month 202611
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = recompute(connection, month)
    if as_json:
        show_json({**asdict(found), "same": found.same})
    else:
        footing.say(
            f"{month}: {'与清单一致' if found.same else '与清单不一致'} {found.found_sha256}",
            f"{month}: {'the same as listed' if found.same else 'NOT the same as listed'} {found.found_sha256}",
        )
    if not found.same:
        raise SystemExit(1)


@commission.command("invoice")
@_station
@_month
@click.option("--number", required=True)
@click.option("--amount", required=True, help="Yuan; must be the gross.")
@pass_footing
def invoice(footing: Footing, station_code: str, month: int, number: str, amount: str) -> None:
    """Enter the owner's invoice over a month's gross, without which it is not paid.

    Example: hq-server commission invoice --station JY0427 --month 202611 --number 26512000000012345678 --amount 2350.60
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            enter_invoice(connection, by, (station_code, month), number, read_amount(amount), hq.clock())
    footing.say(f"已登记发票 {number}", f"invoice {number} entered")


@commission.command("pay-file")
@_month
@profile_option
@out_option
@pass_footing
def pay_file(footing: Footing, month: int, layout: str, out: Path) -> None:
    """Order and write what HQ owes of an approved month; with nothing new to pay it writes the same bytes again.

    Example: hq-server commission pay-file --month 202611 --profile bank-csv
    """
    profile = chosen_profile(layout)
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        try:
            with hq.engine.begin() as connection:
                paid = pay_month(connection, by, month, profile, hq.clock())
        except BankFileRefused as error:
            raise RefusedError("pay_file", str(error), str(error)) from error
    path, order = put_file(paid.file, out), paid.order
    footing.say(
        f"已写 {path}: 付款单 {order.reference}, {order.item_count} 笔, 共 {format_yuan(order.amount_fen)} 元",
        f"wrote {path}: order {order.reference}, {order.item_count} payments, {format_yuan(order.amount_fen)} yuan",
    )
    for code in paid.left_out:
        footing.say(f"  {code} 缺酬金发票, 暂不支付", f"  {code} is not paid yet: its invoice is missing")


@commission.command("statement")
@_station
@_month
@out_option
@pass_footing
def statement(footing: Footing, station_code: str, month: int, out: Path) -> None:
    """Write a station's statement of a month as a PDF for paper.

    Example: hq-server commission statement --station JY0427 --month 202611
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        data = statement_pdf(statement_of(connection, station_code, month))
    path = put_file(BankFile(f"commission_{station_code}_{month}.pdf", data, ""), out)
    footing.say(f"已写 {path}", f"wrote {path}")


@commission.command("show")
@_month
@json_option
@pass_footing
def show(footing: Footing, month: int, *, as_json: bool) -> None:
    """Show a month: every station's line with its formula and rate version, tax and net, and who pays what."""
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        run = totals(connection, month)
        lines, parts = month_lines(connection, month), month_parts(connection, month)
        stations = station_months(connection, month)
    if as_json:
        by_station, listed = [asdict(one) for one in stations], [asdict(one) for one in lines]
        show_json({**asdict(run), "lines": listed, "by_station": by_station, "parts": [asdict(one) for one in parts]})
        return
    heads = footing.word("站点,产品,笔数,算式,费率版本,酬金", "station,product,items,formula,rate version,commission")
    cells = [
        (x.station_code, x.product_code, x.item_count, x.formula, x.rate_version, format_yuan(x.commission_fen))
        for x in lines
    ]
    show_table(heads.split(","), cells)
    _show_run(footing, run, as_json=False)


def _show_run(footing: Footing, run: RunTotals, *, as_json: bool) -> None:
    if as_json:
        show_json(asdict(run))
        return
    gross, tax, net = (format_yuan(fen) for fen in (run.gross_fen, run.tax_fen, run.net_fen))
    footing.say(
        f"{run.month} {run.state}: {run.stations} 个站点, {run.sales} 笔, 应付 {gross}, 税 {tax}, 实付 {net}; "
        f"待对平 {run.waiting} 笔, 争议中 {run.disputed} 笔; 清单 {run.list_due} 前, 付款 {run.pay_due} 前",
        f"{run.month} {run.state}: {run.stations} stations, {run.sales} sales, gross {gross}, tax {tax}, net {net}; "
        f"{run.waiting} wait for their match, {run.disputed} disputed; list due {run.list_due}, pay due {run.pay_due}",
    )
