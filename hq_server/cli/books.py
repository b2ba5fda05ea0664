"""replay, verify and report: whether the books are right, and what they say."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hq_server.audit import staff_actor
from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.cli.station_books import station_books
from hq_server.ledger.book import Bookkeeper
from hq_server.ledger.checking import check_station
from hq_server.ledger.queries import revenue, trial_balance
from hq_server.ledger.recompute import recompute
from hq_server.reference.staff import Deed
from hq_server.reference.stations import station_codes
from hq_server.wording import RefusedError
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from datetime import date, datetime

    from hq_server.ledger.queries import RevenueRow

_SERVICES = {
    "ELECTRICITY": ("电力", "Electricity"),
    "WATER": ("水务", "Water"),
    "GAS": ("燃气", "Gas"),
    "MOBILE": ("通信", "Mobile"),
    "TELEVISION": ("电视", "Television"),
    "BROADBAND": ("宽带", "Broadband"),
}


@click.command()
@json_option
@pass_footing
def replay(footing: Footing, *, as_json: bool) -> None:
    """Drop what was derived from the journals, compute it again, and compare.

    Ends with 1 when anything had differed. Example: HQ_STAFF=1 HQ_PASSWORD=... hq-server replay
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        by.require(Deed.RECOMPUTE_LEDGER)
        result = recompute(hq.engine, Bookkeeper(hq.journal), hq.clock, staff_actor(by.staff_no))
    if as_json:
        show_json(asdict(result))
    else:
        footing.say(
            f"已重算 {result.stations} 个站点, {result.records} 条记录; 不一致 {len(result.differences)} 处",
            f"{result.stations} stations, {result.records} records computed anew; {len(result.differences)} differed",
        )
        for code, table in result.differences:
            click.echo(f"{code}: {table}")
    if result.differences:
        sys.exit(1)


@click.command()
@click.option("--station", "station_code", default=None, help="One station instead of all.")
@json_option
@pass_footing
def verify(footing: Footing, station_code: str | None, *, as_json: bool) -> None:
    """Verify both journals of all stations, their seals, and that the books are what the journals say.

    Ends with 1 when there is a fault, naming journal and record. Example: hq-server verify --json
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        codes = station_codes(connection)
        if station_code is not None and station_code not in codes:
            raise RefusedError("unknown_station", f"没有站点 {station_code}", f"there is no station {station_code}")
        wanted = codes if station_code is None else [station_code]
        checked = [check_station(connection, code, hq.journal.public_key) for code in wanted]
        trial = trial_balance(connection)
    faults = [fault for one in checked for fault in one.faults]
    if as_json:
        show_json(
            {
                "stations": len(checked),
                "station_records": sum(one.station_records for one in checked),
                "hq_records": sum(one.hq_records for one in checked),
                "trial_balance_fen": trial.difference_fen,
                "trial_balance_agrees": trial.agrees,
                "faults": [{**asdict(fault), "what": fault.what.en} for fault in faults],
            }
        )
    else:
        for fault in faults:
            place = footing.word(
                f"{fault.station_code} {fault.side.value} 第 {fault.seq} 条",
                f"{fault.station_code} {fault.side.value} {fault.seq}",
            )
            click.echo(f"{place}: {footing.word(*fault.what)}")
        off_by = format_yuan(trial.difference_fen)
        footing.say(
            f"已核 {len(checked)} 个站点, 问题 {len(faults)} 处, 试算差额 {off_by}",
            f"{len(checked)} stations verified, {len(faults)} faults, trial balance off by {off_by}",
        )
    if faults or not trial.agrees:
        sys.exit(1)


@click.group()
def report() -> None:
    """Reports from the books."""


@report.command("revenue")
@click.option("--from", "from_date", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First business date.")
@click.option("--to", "to_date", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Last business date.")
@click.option("--station", "station_code", default=None, help="One station instead of all.")
@click.option("--file", "path", type=click.Path(path_type=Path), default=None, help="Also write it as CSV to a file.")
@json_option
@pass_footing
def revenue_command(
    footing: Footing,
    from_date: datetime,
    to_date: datetime | None,
    station_code: str | None,
    path: Path | None,
    *,
    as_json: bool,
) -> None:
    """Revenue by service and product, confirmed and not yet known.

    Example: hq-server report revenue --from 2026-11-01 --to 2026-11-30 --file revenue.csv
    """
    first: date = from_date.date()
    last: date = to_date.date() if to_date else first
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        rows = revenue(connection, first, last, station_code)
        left_out = [] if station_code else [stop.station_code for stop in trial_balance(connection).left_out]
    if path is not None:
        _write_csv(path, rows)
    if as_json:
        show_json({"rows": [asdict(row) for row in rows], "left_out": left_out})
        return
    _show_revenue(footing, rows)
    if left_out:
        footing.say(
            f"未计入 (无法计算) 的站点: {', '.join(left_out)}", f"left out, not computable: {', '.join(left_out)}"
        )


def _show_revenue(footing: Footing, rows: list[RevenueRow]) -> None:
    word = footing.word
    heads = [
        word("类别", "Service"),
        word("业务", "Product"),
        word("笔数", "Items"),
        word("金额", "Amount"),
        word("手续费", "Fees"),
        word("未决笔数", "Unknown"),
        word("未决金额", "Amount"),
    ]
    shown: list[list[object]] = []
    ordered = sorted(rows, key=lambda row: (row.service, row.product_code))
    for (service, code), same in groupby(ordered, key=lambda row: (row.service, row.product_code)):
        shown.append([word(*_SERVICES.get(service, (service, service))), *_total(footing, list(same), str(code))])
    shown.append([word("合计", "Total"), *_total(footing, rows, "")])
    show_table(heads, shown)


def _total(footing: Footing, rows: list[RevenueRow], code: str) -> list[object]:
    name = f"{code} {footing.word(rows[0].product_name, rows[0].product_name_en)}" if code else ""
    return [
        name,
        sum(row.confirmed_count for row in rows),
        format_yuan(sum(row.confirmed_fen for row in rows)),
        format_yuan(sum(row.fee_fen for row in rows)),
        sum(row.held_count for row in rows),
        format_yuan(sum(row.held_fen for row in rows)),
    ]


def _write_csv(path: Path, rows: list[RevenueRow]) -> None:
    """Write the rows as CSV in UTF-8 with a byte order mark, which office programs need to read Chinese."""
    names = [
        "business_date",
        "service",
        "product_code",
        "product_name",
        "confirmed_count",
        "confirmed_fen",
        "fee_fen",
        "held_count",
        "held_fen",
    ]
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows([getattr(row, name) for name in names] for row in rows)
    except OSError as error:
        raise RefusedError("file", f"文件 {path} 无法写入: {error}", f"{path} cannot be written: {error}") from error


report.add_command(station_books)
