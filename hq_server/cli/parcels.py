"""parcel: couriers, their manifests, where items are, cases, and what is owed to senders."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.parcels import desk
from hq_server.parcels.cases import courier_cases
from hq_server.parcels.manifest_file import refused
from hq_server.parcels.manifests import forget_contacts, import_manifest
from hq_server.parcels.quality import INDICATORS, month_quality
from hq_server.parcels.terms import make_terms, set_terms, terms_of
from hq_server.reference.couriers import CourierRow, name_courier
from hq_server.wording import RefusedError
from station_journal.facts.parcels import Place
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from datetime import date

_PLACES = [place.name for place in Place if place]


@click.group()
def parcel() -> None:
    """Parcels: manifests in, custody, cases. Example: hq-server parcel announce inbox/M20261123-01.csv."""


@parcel.command("courier")
@click.argument("courier_no", type=click.IntRange(1))
@click.argument("name")
@click.argument("company")
@pass_footing
def courier(footing: Footing, courier_no: int, name: str, company: str) -> None:
    """Enter a courier who signs at stations, with a PIN of his own (HQ_COURIER_PIN, or asked for).

    Example: hq-server parcel courier 101 李师傅 JYPOST
    """
    pin = os.environ.get("HQ_COURIER_PIN", "")
    if not pin and sys.stdin.isatty():
        question = footing.word("投递员密码", "The courier's PIN")
        pin = click.prompt(question, hide_input=True, confirmation_prompt=True, err=True)
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            name_courier(connection, by, CourierRow(courier_no, name, company, ""), pin, hq.clock())
    footing.say(f"已登记投递员 {courier_no} {name}", f"entered courier {courier_no} {name}")


@parcel.command("announce")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
@pass_footing
def announce(footing: Footing, paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Take in couriers' manifest files, each whole or not at all, and announce them to their stations.

    Example: hq-server parcel announce inbox/M20261123-01.csv
    """
    contents = [_content(path) for path in paths]
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        made = [import_manifest(hq.engine, hq.journal, by, content, hq.clock()) for content in contents]
    if as_json:
        show_json([asdict(one) for one in made])
        return
    for one in made:
        amount = format_yuan(one.cod_fen)
        footing.say(
            f"预报单 {one.manifest_no} 已发站点 {one.station_code}: {one.line_count} 件, 代收 {amount} 元",
            f"manifest {one.manifest_no} announced to {one.station_code}: {one.line_count} items, {amount} to collect",
        )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise refused(f"读不到文件 {path.name}", f"{path.name} cannot be read: {error.strerror}") from error


@parcel.command("erase-contacts")
@click.option("--older-than-days", type=click.IntRange(1), default=365, show_default=True)
@pass_footing
def erase_contacts(footing: Footing, older_than_days: int) -> None:
    """Erase names and phones of recipients of manifests that came longer ago; the manifests stand, masked.

    Example: hq-server parcel erase-contacts --older-than-days 365
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            erased = forget_contacts(connection, by, older_than_days, hq.clock())
    footing.say(f"已删除 {erased} 份预报单的姓名电话", f"names and phones of {erased} manifests are erased")


@parcel.command("list")
@click.argument("station_code")
@click.option("--place", type=click.Choice(_PLACES), default=None, help="Only items that are there.")
@json_option
@pass_footing
def list_command(footing: Footing, station_code: str, place: str | None, *, as_json: bool) -> None:
    """List a station's items and where they are. Example: hq-server parcel list ST-0417 --place SHELF."""
    places = (Place[place],) if place else ()
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = desk.parcels(connection, station_code, *places)
        differing = desk.custody_differences(connection, station_code)
    rows = [
        {
            "waybill": one.waybill,
            "place": one.where.name,
            "code": one.code,
            "carrier": one.carrier,
            "cod_fen": one.cod_fen,
            "paid_fen": one.paid_fen,
            "received_on": one.received_on if one.custody_seq else None,
            "manifest_no": one.manifest_no,
        }
        for one in found
    ]
    if as_json:
        wrong = {where.name: pair for where, pair in differing.items()}
        show_json({"parcels": rows, "custody_differences": wrong})
        return
    heads = footing.word(
        "运单号,所在,取件码,承运,代收,到站,预报单", "waybill,place,code,carrier,to collect,received,manifest"
    )
    names = ("waybill", "place", "code", "carrier", "cod_fen", "received_on", "manifest_no")
    show_table(
        heads.split(","),
        [[format_yuan(row[name]) if name == "cod_fen" else row[name] or "" for name in names] for row in rows],  # type: ignore[arg-type]
    )


@parcel.command("cases")
@click.argument("station_code")
@json_option
@pass_footing
def cases(footing: Footing, station_code: str, *, as_json: bool) -> None:
    """List what couriers and a station differ about: missing, unannounced, damaged with its leg, cash not collected.

    Example: hq-server parcel cases ST-0417
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = courier_cases(connection, station_code)
    if as_json:
        show_json([asdict(one) for one in found])
        return
    heads = footing.word("记录,类别,运单号,责任段,投递员,货款", "record,kind,waybill,leg,courier,cash on delivery")
    rows = [
        (one.seq, one.kind, one.waybill, one.leg, one.courier_no or "", format_yuan(one.amount_fen))
        if one.amount_fen
        else (one.seq, one.kind, one.waybill, one.leg, one.courier_no or "", "")
        for one in found
    ]
    show_table(heads.split(","), rows)


@parcel.command("terms")
@click.argument("station_code", required=False)
@click.option("--remind", default=None, help="Days after reception to remind on, such as 1,3,7.")
@click.option("--return-days", type=int, default=15, show_default=True, help="Days until an item goes back, 7 to 30.")
@click.option("--lost-days", type=int, default=15, show_default=True, help="Days until one counts as lost, 7 to 30.")
@click.option("--phone/--no-phone", "asks_phone", default=False, help="Ask for the phone's last digits beside a code.")
@json_option
@pass_footing
def terms(  # each an option of the command line
    footing: Footing,
    station_code: str | None,
    remind: str | None,
    return_days: int,
    lost_days: int,
    *,
    asks_phone: bool,
    as_json: bool,
) -> None:
    """Set how stations keep parcels, one or all; without --remind show how one does.

    Example: hq-server parcel terms ST-0417 --remind 1,3,7 --return-days 15 --phone
    """
    if remind is None:
        _show_terms(footing, station_code, as_json=as_json)
        return
    days = remind.split(",")
    if not all(day.isascii() and day.isdigit() for day in days):
        raise RefusedError("remind", f"{remind} 不对, 例: 1,3,7", f"{remind} is no list of days such as 1,3,7")
    wanted = make_terms([int(day) for day in days], return_days, lost_days, asks_phone=asks_phone)
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        told = set_terms(hq.engine, hq.journal, by, wanted, station_code, hq.clock())
    if as_json:
        show_json({"stations_told": told})
    else:
        footing.say(f"已通知 {told} 个站点", f"{told} stations told")


def _show_terms(footing: Footing, station_code: str | None, *, as_json: bool) -> None:
    if station_code is None:
        raise RefusedError("station", "写站点代码, 或用 --remind 设定", "name a station, or set terms with --remind")
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        known = terms_of(connection, station_code)
    if as_json:
        days = [one.day for one in known.remind] if known else []
        row = {"remind": days, "return_days": known.return_days, "lost_days": known.lost_days} if known else None
        show_json({**row, "asks_phone": known.asks_phone} if known and row else None)
    elif known is None:
        footing.say(f"{station_code} 按本站设置", f"{station_code} keeps to its own settings")
    else:
        days_text = ", ".join(str(one.day) for one in known.remind)
        footing.say(
            f"{station_code}: 催领第 {days_text} 天, {known.return_days} 天退回, {known.lost_days} 天算丢失, "
            f"{'取件核手机尾号' if known.asks_phone else '凭取件码即可'}",
            f"{station_code}: remind on day {days_text}, return after {known.return_days}, lost after "
            f"{known.lost_days}, {'phone digits beside the code' if known.asks_phone else 'the code alone is enough'}",
        )


@parcel.command("kpi")
@click.argument("station_code")
@click.argument("month", type=click.DateTime(["%Y-%m"]))
@json_option
@pass_footing
def kpi(footing: Footing, station_code: str, month: date, *, as_json: bool) -> None:
    """Show a station's quality indicators of a month, of all its items and by product, beside article 1's targets.

    The formulas stand in hq_server/parcels/indicators.py and docs/parcel-indicators.md.

    Example: hq-server parcel kpi ST-0417 2026-11
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = month_quality(connection, station_code, month.year, month.month)
    if as_json:
        show_json(
            [
                {
                    "product": one.product,
                    "indicator": one.rate.name.value,
                    "part": one.rate.part,
                    "whole": one.rate.whole,
                    "left_out": one.rate.left_out,
                    "target_per_mille": one.target.per_mille if one.target else None,
                    "met": one.met,
                }
                for one in found
            ]
        )
        return
    heads = footing.word(
        "产品,指标,分子,分母,比率,不计,目标,达标", "product,indicator,part,whole,rate,left out,target,met"
    )
    rows = [
        (
            one.product,
            footing.word(INDICATORS[one.rate.name].zh, INDICATORS[one.rate.name].en),
            one.rate.part,
            one.rate.whole,
            one.rate.shown(),
            one.rate.left_out or "",
            one.target_shown(),
            "" if one.met is None else footing.word("是", "yes") if one.met else footing.word("否", "no"),
        )
        for one in found
    ]
    show_table(heads.split(","), rows)


@parcel.command("cod")
@json_option
@pass_footing
def cod(footing: Footing, *, as_json: bool) -> None:
    """List what is owed to senders for cash on delivery, by station. Example: hq-server parcel cod."""
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        rows = desk.cod_due(connection)
    if as_json:
        show_json([{"sender": sender, "station_code": code, "amount_fen": fen} for sender, code, fen in rows])
        return
    heads = footing.word("寄件人,站点,应付", "sender,station,owed")
    show_table(heads.split(","), [(sender, code, format_yuan(fen)) for sender, code, fen in rows])


@parcel.command("rule")
@click.argument("station_code")
@click.argument("waybill")
@click.argument("place", type=click.Choice(_PLACES))
@click.option("--reason", required=True, help="Why; the station reads it.")
@pass_footing
def rule(footing: Footing, station_code: str, waybill: str, place: str, reason: str) -> None:
    """State where an item in dispute is, as HQ finds. It moves no money.

    Example: hq-server parcel rule ST-0417 RR123456785CN LOST --reason "courier found no trace"
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            finding = (station_code, waybill, Place[place])
            desk.rule(connection, hq.journal, by, finding, reason, hq.clock())
    footing.say(f"已裁定 {waybill}: {place}", f"ruled on {waybill}: {place}")
