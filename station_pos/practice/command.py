"""``station-pos practice``: the command alone; what it needs is loaded when it runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click


@click.command()
@click.option(
    "--data",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data folder; else STATION_POS_DATA, else where the system keeps such data.",
)
@click.option("--no-devices", is_flag=True, help="Practise without the simulated printer and card terminal.")
@click.option("--passed", is_flag=True, help="Tell who passed which drill, as JSON, and practise nothing.")
def practice(folder: Path | None, *, no_devices: bool, passed: bool) -> None:
    """Practise at the real counter with failures to drill; nothing of it reaches HQ.

    Example: station-pos practice
    """
    from station_pos.bootstrap import data_folder

    if passed:
        _tell_passes(data_folder(folder))
        return
    from station_pos.practice.opening import run
    from station_pos.text import either

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        click.echo(either("练习要在终端里开。", "Practice needs a terminal."), err=True)
        sys.exit(1)
    run(data_folder(folder), devices=not no_devices)


def _tell_passes(folder: Path) -> None:
    from station_pos.drill_passes import NAMES, PASSES_NAME, PassesUnreadableError, read_passes

    try:
        found = read_passes(folder / PASSES_NAME)
    except PassesUnreadableError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    for one in found:
        line = {
            "operator_no": one.operator_no,
            "name": one.operator_name,
            "drill": one.drill,
            "about": NAMES(one.drill),
        }
        click.echo(json.dumps({**line, "passed_at": one.passed_at.isoformat()}, ensure_ascii=False))
