"""pouch and closes: cash between branch and stations, decided by whoever signs in, and the stations' Z reports."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from hq_server import pouches
from hq_server.cli.desks import read_amount
from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.statements.closes import close_lines, overdue_closes
from hq_server.wording import RefusedError
from station_journal.facts.cash import NoteLine
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from hq_server.pouches import PouchEntry


@click.group()
def pouch() -> None:
    """Sealed pouches of cash: one person enters, a second approves."""


@pouch.command("receive")
@click.argument("station_code")
@click.argument("label")
@click.argument("counted")
@json_option
@pass_footing
def pouch_receive(footing: Footing, station_code: str, label: str, counted: str, *, as_json: bool) -> None:
    """Enter what was counted in a pouch that a station sealed.

    Example: hq-server pouch receive ST-0417 FD-000123 1500.00
    """
    counted_fen = read_amount(counted)
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            made = pouches.enter_received(connection, by, station_code, label, counted_fen, hq.clock())
    _show(footing, made, as_json=as_json)


@pouch.command("send")
@click.argument("station_code")
@click.argument("label")
@click.argument("notes", nargs=-1, required=True)
@click.option("--coins", default="0", help="Coins, in yuan.")
@json_option
@pass_footing
def pouch_send(
    footing: Footing, station_code: str, label: str, notes: tuple[str, ...], coins: str, *, as_json: bool
) -> None:
    """Enter a pouch packed for a station: notes as face value in yuan, x, pieces.

    Example: hq-server pouch send ST-0417 PK-000007 100x80 50x20
    """
    lines = [_note_line(one) for one in notes]
    coins_fen = 0 if coins == "0" else read_amount(coins)
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            made = pouches.enter_sent(connection, by, station_code, label, (lines, coins_fen), hq.clock())
    _show(footing, made, as_json=as_json)


def _note_line(text: str) -> NoteLine:
    face, _, pieces = text.partition("x")
    if not (face.isdecimal() and pieces.isdecimal() and face.isascii() and pieces.isascii()):
        raise RefusedError("notes", f"{text} 不对, 例: 100x80", f"{text} is no line of notes such as 100x80")
    return NoteLine(int(face) * 100, int(pieces))


@pouch.command("approve")
@click.argument("station_code")
@click.argument("entry_no", type=click.IntRange(1))
@json_option
@pass_footing
def pouch_approve(footing: Footing, station_code: str, entry_no: int, *, as_json: bool) -> None:
    """Approve an entry as a second person; the station hears of it with its next exchange.

    Example: hq-server pouch approve ST-0417 1
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            done = pouches.approve(connection, hq.journal, by, station_code, entry_no, hq.clock())
    _show(footing, done, as_json=as_json)


@pouch.command("refuse")
@click.argument("station_code")
@click.argument("entry_no", type=click.IntRange(1))
@click.option("--reason", required=True, help="Why it is refused.")
@json_option
@pass_footing
def pouch_refuse(footing: Footing, station_code: str, entry_no: int, reason: str, *, as_json: bool) -> None:
    """Refuse an entry as a second person.

    Example: hq-server pouch refuse ST-0417 1 --reason 点数有误
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            done = pouches.refuse(connection, by, station_code, entry_no, reason, hq.clock())
    _show(footing, done, as_json=as_json)


@pouch.command("withdraw")
@click.argument("station_code")
@click.argument("entry_no", type=click.IntRange(1))
@json_option
@pass_footing
def pouch_withdraw(footing: Footing, station_code: str, entry_no: int, *, as_json: bool) -> None:
    """Take back one's own entry before it is decided. Example: hq-server pouch withdraw ST-0417 1."""
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            done = pouches.withdraw(connection, by, station_code, entry_no, hq.clock())
    _show(footing, done, as_json=as_json)


@pouch.command("list")
@click.option("--station", "station_code", default=None, help="One station instead of all.")
@click.option("--open", "only_open", is_flag=True, help="Only entries that wait for approval.")
@json_option
@pass_footing
def pouch_list(footing: Footing, station_code: str | None, *, only_open: bool, as_json: bool) -> None:
    """List pouches that stations sealed and the branch has not, and what the desk entered.

    Example: hq-server pouch list --station ST-0417
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        waiting = pouches.under_way(connection, station_code)
        entered = pouches.entries(connection, station_code, only_open=only_open)
    if as_json:
        under_way = [
            {"station_code": code, "label": one.label, "amount_fen": one.amount_fen, "sealed_seq": one.sealed_seq}
            for code, one in waiting
        ]
        show_json({"under_way": under_way, "entries": [asdict(entry) for entry in entered]})
        return
    word = footing.word
    rows = [(code, one.label, format_yuan(one.amount_fen), word("在途", "under way")) for code, one in waiting]
    rows += [
        (one.station_code, one.label, format_yuan(one.amount_fen), f"{one.direction} {one.state} #{one.entry_no}")
        for one in entered
    ]
    show_table([word("站点", "Station"), word("封袋", "Pouch"), word("金额", "Amount"), word("状态", "State")], rows)


def _show(footing: Footing, entry: PouchEntry, *, as_json: bool) -> None:
    if as_json:
        show_json(asdict(entry))
        return
    amount = format_yuan(entry.amount_fen)
    footing.say(
        f"站点 {entry.station_code} 第 {entry.entry_no} 号封袋录入 {entry.label} {amount} 元: {entry.state}",
        f"pouch entry {entry.entry_no} of station {entry.station_code}, {entry.label}, {amount} yuan: {entry.state}",
    )


@click.command()
@click.option("--station", "station_code", default=None, help="One station instead of all.")
@click.option("--disputed", is_flag=True, help="Only closes that a shopkeeper did not agree to.")
@json_option
@pass_footing
def closes(footing: Footing, station_code: str | None, *, disputed: bool, as_json: bool) -> None:
    """List the stations' Z reports, and stations whose last close lies behind their ended days.

    Example: hq-server closes --station ST-0417
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        lines = close_lines(connection, station_code, disputed=disputed)
        overdue = overdue_closes(connection, station_code)
    if as_json:
        show_json({"closes": [asdict(line) for line in lines], "overdue": [asdict(one) for one in overdue]})
        return
    word = footing.word
    rows = [
        (
            one.station_code,
            f"Z {one.z_no:04d}",
            one.business_date.isoformat(),
            format_yuan(one.counted_fen),
            format_yuan(one.difference_fen),
            _said(footing, disputed=one.disputed, unexplained=one.unexplained),
        )
        for one in lines
    ]
    heads = [word("站点", "Station"), "Z", word("日期", "Date"), word("实有", "Counted")]
    show_table([*heads, word("差额", "Difference"), word("情况", "State")], rows)
    for late in overdue:
        last = late.last_close.isoformat() if late.last_close else word("从未", "never")
        footing.say(
            f"{late.station_code} 已有 {late.days} 个营业日没有日终, 上次 {last}",
            f"{late.station_code} has {late.days} ended days without a close, last {last}",
        )


def _said(footing: Footing, *, disputed: bool, unexplained: bool) -> str:
    if disputed:
        return footing.word("争议, 未查明", "disputed, unexplained")
    return footing.word("认可, 未查明", "agreed, unexplained") if unexplained else footing.word("相符", "agrees")
