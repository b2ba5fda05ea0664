"""import-file, reconcile, breaks and commission: from a biller's file to the list that Finance pays."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hq_server.cli.file_profiles import stated_facts, stated_options
from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.commission.agreements import Agreement, enter_agreement
from hq_server.commission.payfile import PayFileRefused
from hq_server.commission.queries import month_lines, station_months
from hq_server.commission.rates import RateNotKnown
from hq_server.commission.runs import approve_and_state, list_month, totals, write_pay_file
from hq_server.commission.tax import TaxRegime
from hq_server.reconciliation.breaks import break_rows
from hq_server.reconciliation.day_run import reconcile as reconcile_day
from hq_server.reconciliation.discrepancy import CLASS_WORDS, BreakClass
from hq_server.reconciliation.importing import import_file as take_file
from hq_server.reference.staff import Deed
from hq_server.reference.working_days import YearNotKnown, seeded_table
from hq_server.wording import RefusedError
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from datetime import datetime

    from hq_server.commission.runs import RunTotals

_DATE = click.DateTime(["%Y-%m-%d"])


@click.command("import-file")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--profile", "profile_name", default="", help="Profile to read by, where several fit the name.")
@stated_options
@json_option
@pass_footing
def import_file(
    footing: Footing, /, paths: tuple[Path, ...], profile_name: str, *, as_json: bool, **stated: object
) -> None:
    """Take in files of billers, acquirers and banks, each whole or not at all, by the profile that its name is of.

    A file in the default layout is named BILLER_YYYYMMDD_NUMBER.txt with an empty .ok flag beside it; the profiles are
    shown by file-profile list. Where a layout states no totals of its own, state them from the counterparty's notice.
    Example: HQ_STAFF=3 HQ_PASSWORD=... hq-server import-file inbox/SCDL_20261123_1.txt
    """
    facts = stated_facts(stated)
    if facts.sums and len(paths) > 1:
        raise RefusedError("file_totals", "填写合计时一次只收一个文件", "totals are stated of one file at a time")
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        taken = [take_file(hq.engine, by, path, hq.clock(), profile_name=profile_name, stated=facts) for path in paths]
    if as_json:
        show_json([asdict(one) for one in taken])
        return
    for one in taken:
        amount = format_yuan(one.amount_fen)
        footing.say(
            f"已收 {one.file_name}: {one.line_count} 行, 共 {amount} 元",
            f"took {one.file_name}: {one.line_count} lines, {amount} yuan in all",
        )


@click.command()
@click.option("--biller", "biller_code", required=True, help="Biller code.")
@click.option("--date", "day", required=True, type=_DATE, help="Business date.")
@json_option
@pass_footing
def reconcile(footing: Footing, biller_code: str, day: datetime, *, as_json: bool) -> None:
    """Compare a biller-day's sales with the biller's files and name every difference.

    Running it again gives the same. Example: hq-server reconcile --biller SCDL --date 2026-11-23
    """
    with footing.headquarters() as hq:
        footing.signed_in(hq).require(Deed.IMPORT_FILE)
        result = reconcile_day(hq.engine, hq.journal, biller_code, day.date(), hq.clock())
    if as_json:
        show_json(asdict(result))
        return
    footing.say(
        f"{biller_code} {result.run_date}: 本方 {result.sale_count} 笔, 对方 {result.line_count} 行, "
        f"平账 {result.matched}, 由对账文件查清未知 {result.unknown_ended} 笔",
        f"{biller_code} {result.run_date}: ours {result.sale_count}, theirs {result.line_count}, "
        f"matched {result.matched}, unknown ended by the file {result.unknown_ended}",
    )
    for name, count in result.breaks.items():
        click.echo(f"  {name}  {footing.word(*CLASS_WORDS[BreakClass(name)])}  {count}")
    for pair in result.suggestions:
        both = f"{pair.our_no} = {pair.biller_no}? {format_yuan(pair.amount_fen)}"
        footing.say(
            f"  可能是同一笔, 请人判断: {both} 元, 相差 {pair.apart_s} 秒",
            f"  may be one payment, for a person to judge: {both} yuan, {pair.apart_s} s apart",
        )


@click.command()
@click.option("--biller", "biller_code", default=None, help="One biller instead of all.")
@click.option("--date", "day", default=None, type=_DATE, help="One business date instead of all.")
@json_option
@pass_footing
def breaks(footing: Footing, biller_code: str | None, day: datetime | None, *, as_json: bool) -> None:
    """List the differences that runs found and nothing has explained yet.

    Those open for more than three days are carried in suspense. Example: hq-server breaks --biller SCDL
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        rows = break_rows(connection, biller_code, day.date() if day else None, hq.clock().date())
    if as_json:
        show_json([asdict(row) for row in rows])
        return
    heads = footing.word(
        "收费单位,日期,差错,站点,我方流水,对方流水,户号,差额",
        "biller,date,class,station,ours,theirs,account,difference",
    )
    show_table(
        heads.split(","),
        [
            (
                row.biller_code,
                row.run_date,
                row.break_class,
                row.station_code,
                row.our_no,
                row.biller_no,
                row.account_no,
                format_yuan(row.difference_fen),
            )
            for row in rows
        ],
    )


@click.group()
def commission() -> None:
    """Monthly commission: agreement, list, approval, pay file. Example: hq-server commission list --month 202611."""


@commission.command("agreement")
@click.option("--station", "station_code", required=True)
@click.option("--from", "valid_from", required=True, type=_DATE, help="First day the terms hold.")
@click.option("--payee", required=True, help="Name on the account.")
@click.option("--account", required=True, help="Passbook-card account the net is paid to.")
@click.option("--regime", type=click.Choice([regime.value for regime in TaxRegime]), default="LABOUR_WITHHOLDING")
@pass_footing
def agreement(footing: Footing, station_code: str, valid_from: datetime, payee: str, account: str, regime: str) -> None:
    """Enter whom a station's commission is paid to and how it is taxed.

    Example: hq-server commission agreement --station JY0427 --from 2026-01-01 --payee 张三 --account 62179900022
    """
    terms = Agreement(station_code, valid_from.date(), payee, account, TaxRegime(regime))
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            enter_agreement(connection, by, terms, hq.clock())
    footing.say(f"已登记站点 {station_code} 的收款账户", f"payee account of station {station_code} entered")


@commission.command("list")
@click.option("--month", required=True, type=click.IntRange(200001, 999912), help="YYYYMM.")
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
                made = list_month(connection, by, month, seeded_table(), hq.clock(), early=early)
        except (RateNotKnown, YearNotKnown) as error:
            raise RefusedError("not_known", str(error), str(error)) from error
    _show_run(footing, made, as_json=as_json)


@commission.command("approve")
@click.option("--month", required=True, type=int, help="YYYYMM.")
@json_option
@pass_footing
def approve(footing: Footing, month: int, *, as_json: bool) -> None:
    """Approve a list as Finance and state it to every station; never by the person who made it."""
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            made = approve_and_state(connection, hq.journal, by, month, hq.clock())
    _show_run(footing, made, as_json=as_json)


@commission.command("pay-file")
@click.option("--month", required=True, type=int, help="YYYYMM.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Folder to write into.")
@pass_footing
def pay_file(footing: Footing, month: int, out: Path) -> None:
    """Write the pay file of an approved month; asked again it writes the same bytes."""
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        try:
            with hq.engine.begin() as connection:
                file = write_pay_file(connection, by, month, hq.clock())
        except PayFileRefused as error:
            raise RefusedError("pay_file", str(error), str(error)) from error
    path = out / file.name
    try:
        path.write_bytes(file.content)
    except OSError as error:
        raise RefusedError("pay_file", f"写不了文件 {path}", f"cannot write {path}: {error.strerror}") from error
    footing.say(
        f"已写 {path}: {file.count} 笔, 共 {format_yuan(file.net_fen)} 元",
        f"wrote {path}: {file.count} payments, {format_yuan(file.net_fen)} yuan in all",
    )


@commission.command("show")
@click.option("--month", required=True, type=int, help="YYYYMM.")
@json_option
@pass_footing
def show(footing: Footing, month: int, *, as_json: bool) -> None:
    """Show a month: every station's line with its formula and rate version, tax and net."""
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        run = totals(connection, month)
        lines = month_lines(connection, month)
        stations = station_months(connection, month)
    if as_json:
        show_json({**asdict(run), "lines": [asdict(one) for one in lines], "by_station": [asdict(s) for s in stations]})
        return
    heads = footing.word("站点,产品,笔数,算式,费率版本,酬金", "station,product,items,formula,rate version,commission")
    show_table(
        heads.split(","),
        [
            (
                one.station_code,
                one.product_code,
                one.item_count,
                one.formula,
                one.rate_version,
                format_yuan(one.commission_fen),
            )
            for one in lines
        ],
    )
    _show_run(footing, run, as_json=False)


def _show_run(footing: Footing, run: RunTotals, *, as_json: bool) -> None:
    if as_json:
        show_json(asdict(run))
        return
    gross, tax, net = (format_yuan(fen) for fen in (run.gross_fen, run.tax_fen, run.net_fen))
    footing.say(
        f"{run.month} {run.state}: {run.stations} 个站点, 应付 {gross}, 税 {tax}, 实付 {net}; "
        f"待对平 {run.waiting} 笔; 清单 {run.list_due} 前, 付款 {run.pay_due} 前",
        f"{run.month} {run.state}: {run.stations} stations, gross {gross}, tax {tax}, net {net}; "
        f"{run.waiting} sales wait for their match; list due {run.list_due}, pay due {run.pay_due}",
    )
