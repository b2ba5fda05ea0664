"""health, backup and restore: what whoever runs HQ needs."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hq_server.backup import back_up, read_note
from hq_server.backup import restore as restore_from
from hq_server.bootstrap import utc_now
from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.db import open_engine
from hq_server.db.migrating import migrate
from hq_server.hq_journal import mark_all, recoveries
from hq_server.statements.condition import condition

if TYPE_CHECKING:
    from hq_server.backup import BackupNote

_FOLDER = click.Path(path_type=Path, file_okay=False)
_LABELS = {
    "stations": ("站点", "stations"),
    "stations_silent": ("一天多没有联系的站点", "stations silent for over a day"),
    "stations_stopped": ("入账停住的站点", "stations whose posting stopped"),
    "stations_recovering": ("还没有送回记录的站点", "stations that have not brought back records"),
    "records_unposted": ("尚未入账的记录", "records not posted yet"),
    "payments_waiting": ("等待收费单位的缴费", "payments that wait for a biller"),
    "payments_waiting_s": ("其中最久 (秒)", "the oldest of them (s)"),
    "alarms": ("报警累计", "alarms so far"),
    "branch_cases": ("历史分叉", "histories that came apart"),
    "difference_fen": ("试算差额 (分)", "trial balance off by (fen)"),
    "jobs_working": ("jobs 在工作", "jobs at work"),
}


@click.command()
@json_option
@pass_footing
def health(footing: Footing, *, as_json: bool) -> None:
    """Tell how HQ stands. Ends with 1 when somebody has to look at something.

    Example: hq-server health --json
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = condition(connection, hq.clock())
    troubles = [sentence.said_in(footing.language) for sentence in found.troubles()]
    if as_json:
        show_json({**asdict(found), "troubles": troubles})
    else:
        rows = [(footing.word(*_LABELS[name]), int(value)) for name, value in asdict(found).items()]
        show_table((footing.word("项目", "what"), footing.word("数", "count")), rows)
        for sentence in troubles:
            click.echo(f"! {sentence}")
    if troubles:
        sys.exit(1)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--keep", type=click.IntRange(1, 1000), default=None, help="In a folder of backups, keep so many.")
@json_option
@pass_footing
def backup(footing: Footing, folder: Path, keep: int | None, *, as_json: bool) -> None:
    """Write the database and the key into FOLDER, which must not be there yet, while HQ goes on working.

    With --keep, FOLDER holds backups: one more is made in it, named by the time, and the oldest go.

    Example: hq-server backup /var/backups/hq --keep 14
    """
    with footing.headquarters() as hq:
        now = hq.clock()
        target = folder if keep is None else folder / f"{now:%Y%m%dT%H%M%SZ}"
        note = back_up(hq.engine, hq.settings.key_path, target, now)
    if keep is not None:
        _drop_oldest(folder, keep)
    _show(footing, target, note, as_json=as_json)


def _drop_oldest(folder: Path, keep: int) -> None:
    """Remove the oldest backups, and only what names itself one."""
    import shutil

    made = sorted(one for one in folder.iterdir() if one.is_dir() and (one / "manifest.json").is_file())
    for one in made[:-keep]:
        shutil.rmtree(one)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--check", "only_check", is_flag=True, help="Only check that the backup is whole.")
@json_option
@pass_footing
def restore(footing: Footing, folder: Path, *, only_check: bool, as_json: bool) -> None:
    """Bring the backup in FOLDER into an empty database, with its key. Run `hq-server verify` after it.

    HQ then writes nothing to a station before that has brought back what HQ signed after the backup:
    see `hq-server recovery`.

    Example: hq-server --data ./new-hq restore /var/backups/hq/20261125T020000Z
    """
    if only_check:
        _show(footing, folder, read_note(folder), as_json=as_json)
        return
    settings = footing.settings()
    engine = open_engine(settings)
    try:
        note = restore_from(engine, settings.key_path, folder)
        migrate(engine)
        with engine.begin() as connection:
            mark_all(connection, utc_now())
    finally:
        engine.dispose()
    _show(footing, folder, note, as_json=as_json)


@click.command()
@click.option("--begin", is_flag=True, help="Mark all stations, after a restore by other means than `restore`.")
@json_option
@pass_footing
def recovery(footing: Footing, *, begin: bool, as_json: bool) -> None:
    """List from which stations a restored HQ has still to take back what it had signed, and what it took back.

    Example: hq-server recovery --json
    """
    with footing.headquarters() as hq, hq.engine.begin() as connection:
        if begin:
            mark_all(connection, hq.clock())
        found, count = recoveries(connection, limit=500)
    if as_json:
        show_json([one._asdict() for one in found])
        return
    heads = footing.word("站点,原因,开始,原有记录,取回到,结束", "station,cause,begun,held,taken back to,ended").split(
        ","
    )
    rows = [
        (
            one.station_code,
            one.cause,
            f"{one.begun_at:%Y-%m-%d %H:%M}Z",
            f"S{one.station_seq} H{one.hq_seq}",
            f"S{one.recovered_station_seq} H{one.recovered_hq_seq}" if one.ended_at else "-",
            f"{one.ended_at:%Y-%m-%d %H:%M}Z" if one.ended_at else "-",
        )
        for one in found
    ]
    show_table(heads, rows)
    footing.say(f"共 {count} 次", f"{count} in all")


def _show(footing: Footing, folder: Path, note: BackupNote, *, as_json: bool) -> None:
    if as_json:
        show_json({"folder": str(folder), **asdict(note)})
        return
    held = note.holdings
    footing.say(
        f"{folder}: {note.made_at}, {held.stations} 个站点, 记录 {held.station_records} + {held.hq_records} 条",
        f"{folder}: {note.made_at}, {held.stations} stations, {held.station_records} + {held.hq_records} records",
    )
