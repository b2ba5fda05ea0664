"""file-profile: how counterparties write their files; versions, and a look at what a profile makes of a sample."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.files.preview import SAMPLE_BYTES_MAX, preview
from hq_server.files.profiles import current_profiles, set_profile, shipped_documents, store_shipped, stored_profile
from hq_server.files.rows import BankEntry, FileFacts, FileRow
from hq_server.wording import RefusedError
from station_journal.money import AmountRefusedError, format_yuan, parse_yuan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hq_server.files.preview import Preview

_DATE = click.DateTime(["%Y-%m-%d"])
_PATH = click.Path(path_type=Path)


def stated_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what a person states of a file that does not say it itself."""
    for name, what in (("charge", "Charges withheld"), ("fee", "Payers' fees"), ("net", "Payments less refunds")):
        command = click.option(f"--{name}", default=None, help=f"{what}, in yuan, as the counterparty's notice says.")(
            command
        )
    command = click.option("--count", type=click.IntRange(0), default=None, help="Number of rows, as the notice says.")(
        command
    )
    return click.option("--date", "day", type=_DATE, default=None, help="Date, where file and name do not say it.")(
        command
    )


def stated_facts(stated: Mapping[str, object]) -> FileFacts:
    """Put together what the options of `stated_options` say.

    Raises:
        RefusedError: a sum is no amount.
    """
    sums: dict[str, int] = {}
    for name, value in stated.items():
        if isinstance(value, int):
            sums[name] = value
        elif isinstance(value, str):
            try:
                fen = parse_yuan(value.removeprefix("-"))
            except AmountRefusedError as error:
                raise RefusedError("amount", "金额不对, 例: 500.00", "the amount has the form 500.00") from error
            sums[name] = -fen if value.startswith("-") else fen
    day = stated.get("day")
    return FileFacts(date=day.date() if isinstance(day, datetime) else None, sums=sums)


@click.group("file-profile")
def file_profile() -> None:
    """How counterparties write their files, as data: list, show, set, try on a sample."""


@file_profile.command("list")
@json_option
@pass_footing
def list_profiles(footing: Footing, *, as_json: bool) -> None:
    """List the profiles with the file names they read.

    Example: hq-server file-profile list
    """
    with footing.headquarters() as hq, hq.engine.begin() as connection:
        store_shipped(connection, hq.clock())
        profiles = [(one, one.read()) for one in current_profiles(connection)]
    rows = [
        (one.name, one.version, made.purpose.value, " ".join(p.text for p in made.file_names), made.title)
        for one, made in profiles
    ]
    if as_json:
        keys = ("name", "version", "purpose", "file_names", "title")
        show_json([dict(zip(keys, (*row[:4], row[4].en), strict=True)) for row in rows])
        return
    heads = footing.word("方案,版本,用途,文件名,说明", "profile,version,purpose,file names,what it is")
    show_table(heads.split(","), [(*row[:4], footing.word(*row[4])) for row in rows])


@file_profile.command("show")
@click.argument("name")
@click.option("--version", type=int, default=None, help="An older version.")
@pass_footing
def show(footing: Footing, name: str, version: int | None) -> None:
    """Write a profile's document to standard output.

    Example: hq-server file-profile show default-1 > mine.toml
    """
    with footing.headquarters() as hq, hq.engine.begin() as connection:
        store_shipped(connection, hq.clock())
        click.echo(stored_profile(connection, name, version).document, nl=False)


@file_profile.command("set")
@click.argument("name")
@click.argument("document", type=_PATH)
@pass_footing
def set_command(footing: Footing, name: str, document: Path) -> None:
    """Store a new version of a profile, or a new one; files taken in from now on are read by it.

    Example: HQ_STAFF=3 HQ_PASSWORD=... hq-server file-profile set water-works mine.toml
    """
    text = _text(document)
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            store_shipped(connection, hq.clock())
            made = set_profile(connection, by, name, text, hq.clock())
    footing.say(f"方案 {name} 第 {made.version} 版已生效", f"profile {name}, version {made.version}, is in force")


@file_profile.command("preview")
@click.argument("profile")
@click.argument("sample", type=_PATH)
@stated_options
@json_option
@pass_footing
def preview_command(footing: Footing, /, profile: str, sample: Path, *, as_json: bool, **stated: object) -> None:
    """Show what a profile makes of a sample file: rows, totals, the first thing that is wrong. Nothing is kept.

    PROFILE is a document of yours or the name of one. Ends with 1 if the sample would be refused.
    Example: hq-server file-profile preview mine.toml SCDL_20261123_1.txt
    """
    facts = stated_facts(stated)
    document = _text(Path(profile)) if Path(profile).is_file() else _document(footing, profile)
    try:
        with sample.open("rb") as stream:
            content = stream.read(SAMPLE_BYTES_MAX + 1)
    except OSError as error:
        raise RefusedError("file_unreadable", f"读不到文件 {sample}", f"file {sample} cannot be read") from error
    if len(content) > SAMPLE_BYTES_MAX:
        raise RefusedError(
            "sample", "样本请不超过 1 MB, 可截取开头和结尾", "a sample is at most 1 MB; cut its head and its end"
        )
    found = preview(document, content, sample.name, facts)
    if as_json:
        show_json({**asdict(found), "rows": [row._asdict() for row in found.rows], "totals": asdict(found.totals)})
    else:
        _show_preview(footing, found)
    if found.problem:
        raise RefusedError("sample", *found.problem)


def _show_preview(footing: Footing, found: Preview) -> None:
    rows: list[tuple[object, ...]] = []
    for row in found.rows:
        if isinstance(row, FileRow):
            rows.append((row.row_no, row.kind.value, row.their_no, row.account_no, format_yuan(row.amount_fen)))
        elif isinstance(row, BankEntry):
            rows.append((row.row_no, row.booked_on, row.bank_no, row.their_name, format_yuan(row.amount_fen)))
    if rows:
        heads = footing.word("行,类型或日期,对方流水,户号或对方,金额", "row,kind or date,their number,account,amount")
        show_table(heads.split(","), rows)
    totals = found.totals
    party, day, net = found.party or "?", found.business_date or "?", format_yuan(totals.net)
    footing.say(
        f"对方 {party}, 日期 {day}: {totals.count} 行, 净额 {net} 元",
        f"of {party} for {day}: {totals.count} rows, net {net} yuan",
    )
    if found.missing:
        names = ", ".join(found.missing)
        footing.say(f"收文件时还要填写: {names}", f"to be stated when such a file is taken in: {names}")


def _document(footing: Footing, name: str) -> str:
    """Find a document by name: the one that staff has set, without opening HQ the one that came with the program."""
    known = shipped_documents()
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = {one.name: one.document for one in current_profiles(connection)}
    document = found.get(name) or known.get(name)
    if document is None:
        raise RefusedError("file_profile", f"没有解析方案 {name}", f"there is no profile {name}")
    return document


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(
            "file_unreadable", f"读不到 UTF-8 文件 {path}", f"{path} cannot be read as UTF-8 text"
        ) from error
