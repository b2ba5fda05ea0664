"""integrity: the nightly checks, run by hand and read."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import timedelta

import click

from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.integrity.nightly import NightlyCheck, night_of
from hq_server.integrity.queries import faults_of, last_checks, network_digests_since
from hq_server.reference.stations import station_codes
from station_journal.money import format_yuan

_DIGEST_DAYS = 35


@click.group()
def integrity() -> None:
    """Read what the nightly checks found, or run those that are due. The jobs process does so by itself at 23:30."""


@integrity.command("run")
@click.option("--now", "all_now", is_flag=True, help="Check all stations, also those that were checked last night.")
@click.option("--station", "station_code", default=None, help="Check this station at once, and no other.")
@json_option
@pass_footing
def run(footing: Footing, station_code: str | None, *, all_now: bool, as_json: bool) -> None:
    """Check every station that was not checked since the last night began.

    Ends with 1 when anything was found. Example: hq-server integrity run
    """
    with footing.headquarters() as hq:
        check, count = NightlyCheck(hq.journal), 0
        if all_now or station_code:
            with hq.engine.connect() as connection:
                codes = [code for code in station_codes(connection) if station_code in {None, code}]
            count = check.check(hq.engine, codes, hq.clock())
        else:
            while done := check.run(hq.engine, hq.clock):
                count += done
        with hq.engine.connect() as connection:
            found = last_checks(connection, faulty=True)
    faulty = [one for one in found if station_code in {None, one.station_code}]
    if as_json:
        show_json({"checked": count, "faulty": [asdict(one) for one in faulty]})
    else:
        footing.say(
            f"核对了 {count} 个站点, 有问题的 {len(faulty)} 个", f"{count} stations checked, {len(faulty)} with faults"
        )
    if faulty:
        sys.exit(1)


@integrity.command("list")
@click.option("--station", "station_code", default=None, help="What the last check of one station found.")
@click.option("--faulty", is_flag=True, help="Only stations with faults.")
@json_option
@pass_footing
def listed(footing: Footing, station_code: str | None, *, faulty: bool, as_json: bool) -> None:
    """Show the last check of each station, or what the last one of a station found.

    Example: hq-server integrity list --station ST-0417
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        checks = last_checks(connection, faulty=faulty)
        mine = next((one for one in checks if one.station_code == station_code), None)
        faults = faults_of(connection, mine) if mine else []
    word = footing.word
    if station_code is not None:
        if as_json:
            show_json(
                {
                    "check": asdict(mine) if mine else None,
                    "faults": [{**asdict(one), "what": one.what.en} for one in faults],
                }
            )
            return
        heads = (word("流水", "journal"), word("记录", "record"), word("差", "off by"), word("问题", "what"))
        show_table(heads, [(one.side, one.seq, format_yuan(one.amount_fen), word(*one.what)) for one in faults])
        return
    if as_json:
        show_json([asdict(one) for one in checks])
        return
    heads = (word("站点", "station"), word("夜", "night"), word("到", "up to"), word("问题", "faults"))
    show_table(heads, [(one.station_code, one.checked_on, one.station_seq, one.fault_count) for one in checks])


@integrity.command("digests")
@json_option
@pass_footing
def digests(footing: Footing, *, as_json: bool) -> None:
    """Show the digest over the heads of all journals for each of the last nights; stations hold the same ones.

    Example: hq-server integrity digests
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = network_digests_since(connection, night_of(hq.clock()) - timedelta(days=_DIGEST_DAYS))
    if as_json:
        show_json([{"checked_on": day, "digest": digest.hex(), "stations": count} for day, digest, count in found])
        return
    heads = (footing.word("夜", "night"), footing.word("站点", "stations"), footing.word("摘要", "digest"))
    show_table(heads, [(day, count, digest.hex()) for day, digest, count in found])
