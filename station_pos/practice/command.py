"""``station-pos practice``: the command alone; what it needs is loaded when it runs."""

from __future__ import annotations

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
@click.option("--no-printer", is_flag=True, help="Practise without the simulated printer.")
def practice(folder: Path | None, *, no_printer: bool) -> None:
    """Practise at the real counter with failures to drill; nothing of it reaches HQ.

    Example: station-pos practice
    """
    from station_pos.bootstrap import data_folder
    from station_pos.practice.opening import run

    sys.exit(run(data_folder(folder), printer=not no_printer))
