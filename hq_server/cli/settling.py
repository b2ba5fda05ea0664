"""import-file and reconcile: from a counterparty's file to named differences."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hq_server.cli.file_profiles import stated_facts, stated_options
from hq_server.cli.footing import Footing, json_option, pass_footing, show_json
from hq_server.reconciliation.day_run import reconcile as reconcile_day
from hq_server.reconciliation.discrepancy import CLASS_WORDS, BreakClass
from hq_server.reconciliation.importing import import_file as take_file
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from datetime import datetime

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
