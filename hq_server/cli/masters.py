"""staff, station and tariff: the files of who works, who sells, and what may be sold at which price."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path

import click

from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.hq_journal import announce_tariffs
from hq_server.ledger.queries import station_position
from hq_server.reference import enrolment
from hq_server.reference.staff import Role, StaffMember, any_staff
from hq_server.reference.stations import StationProfile
from hq_server.reference.tariffs import publish, published, tariff_of_json
from hq_server.staff_desk import needs_second, open_account
from hq_server.wording import RefusedError
from station_journal.money import format_yuan


@click.group()
def staff() -> None:
    """Staff accounts."""


@staff.command("add")
@click.argument("staff_no", type=click.IntRange(1))
@click.argument("name")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@pass_footing
def staff_add(footing: Footing, staff_no: int, name: str, role: str) -> None:
    """Open an account; the first must be a SYS_ADMIN, later ones take one and a second person, who both sign in.

    The second person (SYS_ADMIN or GENERAL_OFFICE) is asked for, or taken from HQ_SECOND_STAFF and HQ_SECOND_PASSWORD;
    only the first account of such a person is opened by the administrator alone. The new password is asked for, or
    taken from HQ_NEW_PASSWORD. Example: hq-server staff add 11 张三 ECOM
    """
    with footing.headquarters() as hq:
        with hq.engine.connect() as connection:
            first = not any_staff(connection)
        by = None if first else footing.signed_in(hq)
        second = None
        if by is not None:
            with hq.engine.connect() as connection:
                takes_two = needs_second(connection, by)
            second = footing.second_signed_in(hq) if takes_two else None
        password = os.environ.get("HQ_NEW_PASSWORD") or _new_password(footing)
        with hq.engine.begin() as connection:
            member, memory_mib = StaffMember(staff_no, name, Role(role)), hq.settings.password_memory_mib
            open_account(connection, (by, second), member, password, hq.clock(), password_memory_mib=memory_mib)
    footing.say(f"已添加 {staff_no} {name} {role}", f"added {staff_no} {name} {role}")


def _new_password(footing: Footing) -> str:
    if not sys.stdin.isatty():
        raise RefusedError(
            "password", "请设置 HQ_NEW_PASSWORD, 或在终端运行", "set HQ_NEW_PASSWORD, or run this in a terminal"
        )
    question = footing.word("新密码", "New password")
    answer: str = click.prompt(question, hide_input=True, confirmation_prompt=True, err=True)
    return answer


@click.group()
def station() -> None:
    """The master file of stations and their enrolment."""


@station.command("add")
@click.argument("station_code")
@click.option("--name", required=True, help="Name as paper shows it.")
@click.option("--branch", required=True, help="The branch it belongs to.")
@click.option("--address", default="", help="Address as paper shows it.")
@click.option("--complaint-line", default="11185", show_default=True, help="Telephone number for complaints.")
@json_option
@pass_footing
def station_add(
    footing: Footing, station_code: str, name: str, branch: str, address: str, complaint_line: str, *, as_json: bool
) -> None:
    """Enter a station and issue its one-time enrolment code, shown once.

    Example: hq-server station add ST-0417 --name 太平镇便民服务站 --branch 江油支局
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        profile = StationProfile(station_code, name, branch, address, complaint_line)
        with hq.engine.begin() as connection:
            code = enrolment.add_station(connection, hq.journal.key, by, profile, hq.clock())
    _show_code(footing, station_code, code, as_json=as_json)


@station.command("reissue")
@click.argument("station_code")
@json_option
@pass_footing
def station_reissue(footing: Footing, station_code: str, *, as_json: bool) -> None:
    """Issue a new code, for a machine that was replaced or restored; an open code or request is withdrawn.

    Example: hq-server station reissue ST-0417
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            code = enrolment.issue_code(connection, hq.journal.key, by, station_code, hq.clock())
    _show_code(footing, station_code, code, as_json=as_json)


def _show_code(footing: Footing, station_code: str, code: str, *, as_json: bool) -> None:
    if as_json:
        show_json({"station_code": station_code, "enrolment_code": code})
    else:
        grouped = " ".join(code[i : i + 4] for i in range(0, len(code), 4))
        footing.say(
            f"站点 {station_code} 的开通码 (7 天内有效, 仅显示一次): {grouped}",
            f"enrolment code of station {station_code}, good for 7 days, shown once: {grouped}",
        )


@station.command("approve")
@click.argument("station_code")
@click.option("--refuse", "refused", is_flag=True, help="Refuse the request instead.")
@pass_footing
def station_approve(footing: Footing, station_code: str, *, refused: bool) -> None:
    """Approve, as a second person, the request that a station's machine has made.

    Example: HQ_STAFF=12 HQ_PASSWORD=... hq-server station approve ST-0417
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            if refused:
                enrolment.refuse(connection, by, station_code, hq.clock())
            else:
                enrolment.approve(connection, hq.journal.key, by, station_code, hq.clock())
        announce_tariffs(hq.engine, hq.journal, hq.clock())
    if refused:
        footing.say(f"已拒绝站点 {station_code} 的申请", f"the request of station {station_code} is refused")
    else:
        footing.say(f"站点 {station_code} 已开通", f"station {station_code} is approved")


@station.command("list")
@json_option
@pass_footing
def station_list(footing: Footing, *, as_json: bool) -> None:
    """List stations, how far each is enrolled, and when it was last heard.

    Example: hq-server station list --json
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        rows = enrolment.station_overview(connection)
    if as_json:
        show_json([asdict(row) for row in rows])
        return
    word = footing.word
    heads = [word("代码", "Code"), word("名称", "Name"), word("支局", "Branch"), word("状态", "State")]
    heads += [word("期", "Epoch"), word("最后联络 (UTC)", "Last heard (UTC)")]
    shown = [
        [
            row.station_code,
            row.name,
            row.branch,
            row.state,
            row.epoch,
            f"{row.last_seen_at:%Y-%m-%d %H:%M}" if row.last_seen_at else "-",
        ]
        for row in rows
    ]
    show_table(heads, shown)


@station.command("position")
@click.argument("station_code")
@json_option
@pass_footing
def position(footing: Footing, station_code: str, *, as_json: bool) -> None:
    """Show how a station stands. Ends with 1 when its figures cannot be computed.

    Example: hq-server station position ST-0417 --json
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = station_position(connection, station_code)
    if as_json:
        show_json(asdict(found) | {"up_to_date": found.up_to_date})
        return
    word = footing.word
    posted = f"{found.posted_station_seq}/{found.station_head_seq} + {found.posted_hq_seq}/{found.hq_head_seq}"
    show_table(
        [word("项目", "Item"), f"{found.station_code} {found.name}"],
        [
            [word("已入账/已收 (站点 + 总部)", "Posted/held (station + HQ)"), posted],
            [word("可用额度", "Credit free"), format_yuan(found.credit_free_fen)],
            [word("冻结额度", "Credit held"), format_yuan(found.credit_held_fen)],
            [word("抽屉现金", "Drawer"), format_yuan(found.drawer_fen)],
            [word("待结顾客款", "Customers' cash"), format_yuan(found.customer_cash_fen)],
            [word("挂账", "Suspense"), format_yuan(found.suspense_fen)],
            [word("未决笔数", "Payments unknown"), str(found.payments_held)],
            [word("已结营业日", "Last day ended"), str(found.day_ended or "-")],
            [word("告警", "Alarms"), str(found.alarms)],
        ],
    )


@station.command("key")
@json_option
@pass_footing
def public_key(footing: Footing, *, as_json: bool) -> None:
    """Show HQ's public key, against which anybody can verify an exported journal.

    Example: hq-server station key
    """
    with footing.headquarters() as hq:
        key = hq.journal.public_key.hex()
    if as_json:
        show_json({"hq_public_key": key})
    else:
        click.echo(key)


@click.group()
def tariff() -> None:
    """Tariffs: published whole, announced to every station."""


@tariff.command("publish")
@click.argument("path", type=click.Path(path_type=Path))
@json_option
@pass_footing
def tariff_publish(footing: Footing, path: Path, *, as_json: bool) -> None:
    """Publish a tariff written as JSON; it is refused whole if any figure in it makes no sense.

    Example: hq-server tariff publish tariff-2026-12.json
    """
    try:
        written = tariff_of_json(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError("file", f"文件 {path} 读不出: {error}", f"{path} cannot be read: {error}") from error
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            name = publish(connection, by, written, hq.clock())
        told = announce_tariffs(hq.engine, hq.journal, hq.clock())
    if as_json:
        show_json({"version": written.version, "hash": name.hex(), "stations_told": told})
    else:
        footing.say(
            f"已发布资费 {written.version}, {written.effective_on} 起生效, 已通知 {told} 个站点",
            f"tariff {written.version} is published from {written.effective_on}; {told} stations told",
        )


@tariff.command("list")
@json_option
@pass_footing
def tariff_list(footing: Footing, *, as_json: bool) -> None:
    """List published tariffs.

    Example: hq-server tariff list
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        rows = published(connection)
    if as_json:
        show_json([{"version": version, "effective_on": day, "hash": name.hex()} for version, day, name in rows])
        return
    word = footing.word
    heads = [word("版本", "Version"), word("生效日", "From"), word("摘要", "Hash")]
    show_table(heads, [[version, str(day), name.hex()[:16]] for version, day, name in rows])
