"""The command line of the counter: each command says in its help what it does, with an example.

Exit codes: 0 done, 1 the answer is no, 2 wrong use. Errors are one plain sentence on stderr.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from station_pos import text
from station_pos.device_command import device_test
from station_pos.practice.command import practice
from station_pos.register_command import withdrawals

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.bootstrap import Station

DATA = click.option(
    "--data",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data folder; else STATION_POS_DATA, else where the system keeps such data.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Answer as one line of JSON.")
PASS_PHRASE_FILE = click.option(
    "--pass-phrase-file",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Read the pass phrase of the station's key from this file instead of asking.",
)
_SAID = text.Catalogue(
    {
        "no_terminal": (
            "柜台画面要在终端里打开; 不用画面就加 --headless。",
            "The counter's screen needs a terminal; without a screen run it with --headless.",
        ),
        "pass_phrase": ("密钥口令", "Pass phrase of the key"),
        "wrong_pass_phrase": ("口令不对。", "The pass phrase is wrong."),
        "code": ("总部给的登记码", "One-time code from HQ"),
        "waiting": ("已报总部, 等第二人批准 ...", "Announced to HQ; waiting for its second person ..."),
        "enrolled": (
            "站点 {station} 已登记, 第 {epoch} 期。总部公钥 {key}, 请抄下: 核对导出文件时要用。",
            "Station {station} is enrolled, epoch {epoch}. HQ's key is {key}: keep it to verify exports against.",
        ),
        "put_aside": ("总部没有的 {count} 条记录已另存。", "{count} records that HQ never held were put aside."),
        "sound": (
            "两本账完好: 本站 {station} 条, 总部 {hq} 条, 总部已签收到第 {held} 条。",
            "Both journals are sound: {station} station records, {hq} of HQ; HQ signed for those up to {held}.",
        ),
        "fault": ("{side} 第 {seq} 条 ({day}): {problem}", "{side} record {seq} ({day}): {problem}"),
        "station": ("本站", "Station"),
        "hq": ("总部", "HQ"),
        "no_day": ("日期不明", "date unknown"),
        "rebuilt": ("已从两本账重新算出全部数字。", "Every figure was derived again from both journals."),
        "equal": ("数字与两本账相符。", "The figures are what the journals say."),
        "differing": ("数字与账不符: {tables}", "The figures differ from the journals: {tables}"),
        "blocked": ("从这里起算不出: {why}", "Not computable from here on: {why}"),
        "exported": ("已导出 {count} 字节到 {path}。", "{count} bytes were exported to {path}."),
        "operator": ("操作员 {number} {name} 已开。", "Operator {number} {name} was added."),
        "pin": ("新操作员的密码 (4 到 12 位数字)", "The new operator's PIN (4 to 12 digits)"),
        "owner_pin": ("站主密码", "The owner's PIN"),
        "not_signed_in": ("站主号或密码不对。", "The owner's number or PIN is wrong."),
        "refused": ("没有做: {reason}", "Not done: {reason}"),
        "synced": (
            "已同步, 总部签收到第 {held} 条, 未传 {unsent} 条。",
            "Synced: HQ holds up to {held}, {unsent} unsent.",
        ),
    }
)


class Refusal(click.ClickException):
    """The answer is no: one sentence on stderr, exit code 1."""

    def show(self, file: Any = None) -> None:  # noqa: ANN401  the base class's signature
        """Write the sentence alone."""
        click.echo(self.message, err=True, file=file)


def _open(folder: Path | None, ahead_s: int = 0) -> Station:
    from datetime import timedelta

    from station_pos.bootstrap import data_folder, now, open_station

    return open_station(data_folder(folder), lambda: now() + timedelta(seconds=ahead_s))


def _pass_phrase(path: Path | None, *, confirm: bool = False) -> str:
    if path is not None:
        return path.read_text("utf-8").strip("\r\n")
    asked: str = click.prompt(_SAID("pass_phrase"), hide_input=True, confirmation_prompt=confirm, err=True)
    return asked


@click.group()
@click.version_option(package_name="station-pos")
def cli() -> None:
    """Counter of a village convenience station (便民服务站). Chinese unless STATION_POS_LANG=en."""


@cli.command()
@DATA
@click.option("--headless", is_flag=True, help="No screen: commands come as JSON lines over control.sock.")
@click.option(
    "--clock-ahead-s",
    type=click.IntRange(0, 3_456_000),
    default=0,
    help="Run ahead of the machine's clock, to drill the end of a business day. With --headless only.",
)
@PASS_PHRASE_FILE
def run(folder: Path | None, pass_phrase_file: Path | None, *, headless: bool, clock_ahead_s: int) -> None:
    """Open the counter, or run it without a screen.

    Example: station-pos run --data ./station
    """
    if clock_ahead_s and not headless:
        raise click.UsageError("--clock-ahead-s goes with --headless.")
    from station_pos.run_counter import run_headless, run_with_screen

    if headless:
        run_headless(_opened(folder, pass_phrase_file, clock_ahead_s))
    elif not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refusal(_SAID("no_terminal"))
    else:
        run_with_screen(lambda: _opened(folder, pass_phrase_file))


def _opened(folder: Path | None, pass_phrase_file: Path | None, clock_ahead_s: int = 0) -> Station:
    """Open the station, its log and, with a file, its key."""
    from station_pos.bootstrap import log_to_file

    station = _open(folder, clock_ahead_s)
    try:
        log_to_file(station.folder)
        _unlock_by_file(station, pass_phrase_file)
    except BaseException:
        station.stop()
        raise
    return station


def _unlock_by_file(station: Station, pass_phrase_file: Path | None) -> None:
    if pass_phrase_file is not None and not station.counter.unlock(_pass_phrase(pass_phrase_file)):
        raise Refusal(_SAID("wrong_pass_phrase"))


@cli.command()
@DATA
@click.option("--station", "station_code", required=True, help="The station's code, as HQ gave it.")
@click.option("--hq", "hq_url", required=True, help="HQ's address, https://...")
@click.option("--code", help="The one-time code; asked for if not given.")
@click.option("--no-wait", is_flag=True, help="Announce the key and end; the same command later fetches the approval.")
@click.option("--start-over", is_flag=True, help="Give up a key that waits for approval and make a new one.")
@PASS_PHRASE_FILE
def enroll(
    folder: Path | None,
    station_code: str,
    hq_url: str,
    code: str | None,
    pass_phrase_file: Path | None,
    *,
    no_wait: bool,
    start_over: bool,
) -> None:
    """Make this machine's key and have HQ approve it; also for a new epoch after a restore.

    Example: station-pos enroll --station 5107-0427 --hq https://hq.example
    """
    from station_pos.bootstrap import data_folder, enrol_station

    where = data_folder(folder)
    code = code or click.prompt(_SAID("code"), err=True)
    pass_phrase = _pass_phrase(pass_phrase_file, confirm=pass_phrase_file is None)
    enrolled = enrol_station(
        where,
        station_code,
        hq_url,
        (code, pass_phrase),
        start_over=start_over,
        wait=not no_wait,
        announced=lambda: click.echo(_SAID("waiting"), err=True),
    )
    if enrolled is not None:
        key = enrolled.hq_public_key.hex()
        click.echo(_SAID("enrolled", station=station_code, epoch=enrolled.epoch, key=key))
    elif no_wait:
        sys.exit(1)


@cli.command()
@DATA
@click.option("--once", is_flag=True, help="Exchange until nothing is left, then end (the only way so far).")
@PASS_PHRASE_FILE
@AS_JSON
def sync(folder: Path | None, pass_phrase_file: Path | None, *, once: bool, as_json: bool) -> None:  # noqa: ARG001
    """Exchange with HQ now, without opening the counter.

    Example: station-pos sync --once --data ./station
    """
    station = _open(folder)
    try:
        syncer = station.link.prepare(_pass_phrase(pass_phrase_file))
        if syncer is None:
            raise Refusal(_SAID("wrong_pass_phrase"))
        syncer.sync_once()
        state = station.counter.state()
        found = {"held_seq": state.held_seq, "unsent": state.unsent}
        click.echo(json.dumps(found) if as_json else _SAID("synced", held=state.held_seq, unsent=state.unsent))
    finally:
        station.stop()


@cli.command()
@click.option("--scripted", is_flag=True, help="Play a scripted day although there is a terminal.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep everything in this folder; else in a temporary one that goes away.",
)
@click.option("--keep", is_flag=True, help="Leave the temporary folder standing.")
def demo(folder: Path | None, *, scripted: bool, keep: bool) -> None:
    """Run a whole small world: HQ, billers, a printer and this counter; without a terminal a scripted day.

    Example: station-pos demo --scripted --folder ./demo
    """
    from station_pos.demo.command import run as run_demo

    sys.exit(run_demo(folder, scripted=scripted, keep=keep))


@cli.command()
@DATA
@AS_JSON
def verify(folder: Path | None, *, as_json: bool) -> None:
    """Read both journals from the disk and check every record; names the one at fault. May run beside the counter.

    Example: station-pos verify --json
    """
    from station_pos.bootstrap import data_folder
    from station_pos.data_folder import verify_folder

    found = verify_folder(data_folder(folder))
    if as_json:
        faults = [
            {"side": one.side.value, "seq": one.seq, "date": one.day, "problem": one.problem} for one in found.faults
        ]
        counts = {"station_records": found.station_records, "hq_records": found.hq_records}
        answer = {"sound": not faults, **counts, "held_seq": found.held_seq, "head": found.head.hex(), "faults": faults}
        click.echo(json.dumps(answer, ensure_ascii=False))
    elif not found.faults:
        click.echo(_SAID("sound", station=found.station_records, hq=found.hq_records, held=found.held_seq))
    for one in found.faults:
        side = _SAID("station" if one.side.value == "S" else "hq")
        click.echo(
            _SAID("fault", side=side, seq=one.seq, day=one.day or _SAID("no_day"), problem=one.problem), err=True
        )
    sys.exit(1 if found.faults else 0)


@cli.command()
@DATA
@click.option("--check", is_flag=True, help="Change nothing: say whether the figures are what the journals say.")
@AS_JSON
def rebuild(folder: Path | None, *, check: bool, as_json: bool) -> None:
    """Derive every figure again from both journals.

    Example: station-pos rebuild --check
    """
    from station_pos.bootstrap import data_folder
    from station_pos.data_folder import compare_folder, rebuild_folder

    where = data_folder(folder)
    differing, blocked = compare_folder(where) if check else ((), rebuild_folder(where))
    if as_json:
        click.echo(json.dumps({"equal": not differing, "differing": differing, "blocked": blocked}))
    elif not differing and not blocked:
        click.echo(_SAID("equal" if check else "rebuilt"))
    if differing:
        click.echo(_SAID("differing", tables=", ".join(differing)), err=True)
    if blocked:
        click.echo(_SAID("blocked", why=blocked), err=True)
    sys.exit(1 if differing or blocked else 0)


@cli.command()
@DATA
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@PASS_PHRASE_FILE
def export(folder: Path | None, target: Path, pass_phrase_file: Path | None) -> None:
    """Write both journals with every proof to one file that the stand-alone verifier reads.

    Example: station-pos export evidence.journal
    """
    from station_pos.bootstrap import data_folder
    from station_pos.data_folder import export_folder

    count = export_folder(data_folder(folder), target, _pass_phrase(pass_phrase_file))
    if count is None:
        raise Refusal(_SAID("wrong_pass_phrase"))
    click.echo(_SAID("exported", count=count, path=target))


@cli.group()
def operator() -> None:
    """Operator accounts of this station."""


@operator.command("add")
@DATA
@click.option("--number", type=click.IntRange(1, 99), required=True, help="The new operator's number.")
@click.option("--name", required=True, help="The new operator's name.")
@click.option("--role", type=click.Choice(["owner", "clerk"]), default="clerk", show_default=True)
@click.option("--pin", help="The new operator's PIN; asked for if not given.")
@click.option("--by", "by_number", type=int, default=0, help="Number of the owner who adds; none for the first owner.")
@click.option("--by-pin", help="The owner's PIN; asked for if not given.")
def operator_add(
    folder: Path | None, number: int, name: str, role: str, pin: str | None, by_number: int, by_pin: str | None
) -> None:
    """Open an operator's account; the first one is the owner's.

    Example: station-pos operator add --number 1 --name 张三 --role owner
    """
    from station_journal.records import OperatorRole
    from station_pos.commands.orders import EnrolOperator
    from station_pos.commands.outcome import Refused
    from station_pos.tui.presenters.sentences import refused

    station = _open(folder)
    try:
        if by_number:
            by_pin = by_pin or click.prompt(_SAID("owner_pin"), hide_input=True, err=True)
            if station.counter.sign_in(by_number, str(by_pin)) is None:
                raise Refusal(_SAID("not_signed_in"))
        pin = pin or click.prompt(_SAID("pin"), hide_input=True, confirmation_prompt=True, err=True)
        station.counter.check_pin_form(str(pin))
        wanted = OperatorRole.OWNER if role == "owner" else OperatorRole.CLERK
        outcome = station.counter.submit(EnrolOperator(by_number, number, name, wanted)).result()
        if isinstance(outcome, Refused):
            raise Refusal(_SAID("refused", reason=refused(outcome)))
        station.counter.set_pin(number, str(pin))
        click.echo(_SAID("operator", number=number, name=name))
    finally:
        station.stop()


cli.add_command(device_test)
cli.add_command(withdrawals)
cli.add_command(practice)


def main() -> None:
    """Run the command line; every known trouble is one sentence and exit code 1."""
    text.choose(text.language_from(os.environ))
    sys.exit(_guarded(lambda: cli.main(standalone_mode=False)))


def _guarded(work: Callable[[], Any]) -> int:
    try:
        work()
    except click.UsageError as error:
        error.show()
        return 2
    except click.ClickException as error:
        error.show()
        return 1
    except click.Abort:
        return 1
    except Exception as error:
        from station_pos.bootstrap import sentence_of

        sentence = sentence_of(error)
        if sentence is None:
            raise
        click.echo(sentence, err=True)
        return 1
    return 0


if __name__ == "__main__":
    main()
