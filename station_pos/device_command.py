"""The command `station-pos device-test`: each configured device explained in plain words."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from station_pos.device_check import Finding


@click.command("device-test")
@click.option(
    "--data",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data folder; else STATION_POS_DATA, else where the system keeps such data.",
)
@click.option("--print", "print_page", is_flag=True, help="Print a test page on each printer.")
@click.option("--open-drawer", is_flag=True, help="Open the cash drawer.")
@click.option(
    "--wait-s",
    type=click.FloatRange(0, 300),
    default=0.0,
    help="Wait so long for a code to scan and for a card to read; 0 only opens the lines.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer as one line of JSON.")
def device_test(folder: Path | None, *, print_page: bool, open_drawer: bool, wait_s: float, as_json: bool) -> None:
    """Try each configured device and say what was tried, what came back and what to do.

    Ends with 0 if all work, 1 if one does not. The counter should not be open: it has the lines.

    Example: station-pos device-test --print --wait-s 20
    """
    from station_pos.bootstrap import data_folder, now
    from station_pos.config import SETTINGS_NAME, ZONE, read_settings
    from station_pos.device_check import Result, Trial, check_devices
    from station_pos.device_words import TEXT

    where = data_folder(folder)
    trial = Trial(print_page=print_page, open_drawer=open_drawer, wait_s=wait_s)
    findings: list[Finding] = []
    for finding in check_devices(read_settings(where), where, trial, lambda: now().astimezone(ZONE)):
        findings.append(finding)
        if not as_json:
            _say(finding)
    good = all(finding.result is not Result.BAD for finding in findings)
    if as_json:
        devices = [asdict(finding) for finding in findings]
        click.echo(json.dumps({"good": good, "devices": devices}, ensure_ascii=False))
    elif not findings:
        click.echo(TEXT("nothing", path=where / SETTINGS_NAME))
    sys.exit(0 if good else 1)


def _say(finding: Finding) -> None:
    from station_pos.device_words import TEXT

    click.echo(TEXT("heading", device=TEXT(finding.device), line=finding.line))
    click.echo(TEXT("tried", sentence=finding.tried))
    if finding.answer:
        click.echo(TEXT("answer", sentence=finding.answer))
    click.echo(TEXT("result", sentence=TEXT(finding.result)))
    if finding.todo:
        click.echo(TEXT("todo", sentence=finding.todo))
