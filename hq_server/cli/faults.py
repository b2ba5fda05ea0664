"""fault: the board of known faults."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import click

from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.faults import board
from hq_server.faults.predicates import Predicate, read_rule
from hq_server.wording import RefusedError
from station_journal.rules.known_faults import number_of_fault

_PREDICATES = click.Choice([one.name for one in Predicate])


@click.group()
def fault() -> None:
    """Known faults: matched against all stations, told to those they touch."""


def _parameters(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedError("rule", f"规则参数不是 JSON: {error}", f"the parameters are no JSON: {error}") from error
    if not isinstance(read, dict):
        raise RefusedError("rule", "规则参数是一个 JSON 对象", "the parameters are one JSON object")
    return read


@fault.command("preview")
@click.argument("predicate", type=_PREDICATES)
@click.argument("parameters")
@json_option
@pass_footing
def fault_preview(footing: Footing, predicate: str, parameters: str, *, as_json: bool) -> None:
    """Say which stations and records a rule touches, before anybody is told.

    Example: hq-server fault preview RULE_BROKEN '{"reason": "POUCH_TWICE"}'
    """
    rule = read_rule(predicate, _parameters(parameters))
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = board.preview(connection, rule)
    if as_json:
        show_json(found)
        return
    heads = [footing.word("站点", "Station"), footing.word("记录", "Records")]
    show_table(heads, [[code, ", ".join(map(str, seqs))] for code, seqs in found.items()])


@fault.command("enter")
@click.argument("predicate", type=_PREDICATES)
@click.argument("parameters")
@click.option("--title", required=True, help="What it is, in Chinese.")
@click.option("--title-en", required=True, help="What it is, in English.")
@click.option("--work-around", required=True, help="What to do meanwhile, in Chinese.")
@click.option("--work-around-en", required=True, help="What to do meanwhile, in English.")
@click.option("--since", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Since when it may have happened.")
@json_option
@pass_footing
def fault_enter(
    footing: Footing, /, predicate: str, parameters: str, since: datetime, *, as_json: bool, **words: str
) -> None:
    """Put a fault on the board and tell the stations that it touches.

    Example: hq-server fault enter RULE_BROKEN '{"reason": "POUCH_TWICE"}' --title 封袋重复入账 --title-en "Pouch booked
    twice" --work-around 先看清单再扫 --work-around-en "Look at the list first" --since 2026-11-01
    """
    rule = read_rule(predicate, _parameters(parameters))
    with footing.headquarters() as hq:
        by, now = footing.signed_in(hq), hq.clock()
        with hq.engine.begin() as connection:
            number = board.enter_fault(connection, by, rule, board.FaultWords(**words), since.date(), now)
        told = board.scan(hq.engine, hq.journal, now)
    if as_json:
        show_json({"fault_no": number, "stations_told": told})
    else:
        name = number_of_fault(number)
        footing.say(f"{name} 已登记, 通知 {told} 个站点", f"{name} is on the board; {told} stations told")


@fault.command("scan")
@json_option
@pass_footing
def fault_scan(footing: Footing, *, as_json: bool) -> None:
    """Match the board against all stations now; the jobs do so by themselves.

    Example: hq-server fault scan
    """
    with footing.headquarters() as hq:
        told = board.scan(hq.engine, hq.journal, hq.clock())
    if as_json:
        show_json({"stations_told": told})
    else:
        footing.say(f"通知 {told} 个站点", f"{told} stations told")


@fault.command("end")
@click.argument("fault_no", type=click.IntRange(1))
@click.option("--remedy", required=True, help="How it was put right, in Chinese.")
@click.option("--remedy-en", required=True, help="How it was put right, in English.")
@pass_footing
def fault_end(footing: Footing, fault_no: int, remedy: str, remedy_en: str) -> None:
    """Say that a fault is put right; the stations that were told hear it.

    Example: hq-server fault end 17 --remedy 已更新程序 --remedy-en "Program updated"
    """
    with footing.headquarters() as hq:
        by, now = footing.signed_in(hq), hq.clock()
        with hq.engine.begin() as connection:
            board.end_fault(connection, by, fault_no, (remedy, remedy_en), now)
        told = board.scan(hq.engine, hq.journal, now)
    name = number_of_fault(fault_no)
    footing.say(f"{name} 已了结, 通知 {told} 个站点", f"{name} is ended; {told} stations told")


@fault.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only those that are not put right.")
@json_option
@pass_footing
def fault_list(footing: Footing, *, only_open: bool, as_json: bool) -> None:
    """List the board, the newest first, with how many stations each touches.

    Example: hq-server fault list --open
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found, _ = board.board(connection, only_open=only_open, limit=200)
    if as_json:
        show_json([_plain(asdict(one)) | {"rule": one.rule.parameters()} for one in found])
        return
    word = footing.word
    heads = [word("问题", "Fault"), word("名称", "Title"), word("起", "Since"), word("站点数", "Stations")]
    rows = [
        [number_of_fault(one.fault_no), word(one.words.title, one.words.title_en), str(one.since), one.station_count]
        for one in found
    ]
    show_table(heads, rows)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, date) else value for name, value in row.items()}
