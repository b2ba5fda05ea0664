"""The command `station-pos withdrawals`: the register of withdrawals 登记簿 as CSV."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click


@click.command("withdrawals")
@click.option(
    "--data",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data folder; else STATION_POS_DATA, else where the system keeps such data.",
)
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First calendar day.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last calendar day.")
def withdrawals(folder: Path | None, first: datetime | None, last: datetime | None) -> None:
    """Write the register of withdrawals as CSV; may run beside the counter.

    Example: station-pos withdrawals --from 2026-11-01 --to 2026-11-30 > register.csv
    """
    from station_pos.bootstrap import data_folder
    from station_pos.data_folder import withdrawal_register

    begin = first.date() if first else date.min
    end = last.date() if last else date.max
    click.echo(withdrawal_register(data_folder(folder), begin, end), nl=False)
