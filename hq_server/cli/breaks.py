"""breaks: what is open, the chain behind one break, and its end by two people."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from hq_server.cli.footing import Footing, json_option, pass_footing, show_chain, show_json, show_table
from hq_server.reconciliation import resolving
from hq_server.reconciliation.breaks import break_rows
from hq_server.reconciliation.cases import assign as assign_case
from hq_server.reconciliation.cases import name_owner
from hq_server.reconciliation.causes import Action, Cause
from hq_server.reconciliation.chain import chain_of_case
from hq_server.reconciliation.resolving import Proposal
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from datetime import datetime

_DATE = click.DateTime(["%Y-%m-%d"])
_CASE = click.argument("case_no", type=click.IntRange(1))


@click.group(invoke_without_command=True)
@click.option("--biller", "biller_code", default=None, help="One biller instead of all.")
@click.option("--date", "day", default=None, type=_DATE, help="One business date instead of all.")
@json_option
@pass_footing
@click.pass_context
def breaks(
    context: click.Context, footing: Footing, biller_code: str | None, day: datetime | None, *, as_json: bool
) -> None:
    """List the differences that runs found and nothing has explained yet.

    Those open for more than three days are carried in suspense. Example: hq-server breaks --biller SCDL
    """
    if context.invoked_subcommand:
        return
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        rows = break_rows(connection, biller_code, day.date() if day else None, hq.clock().date())
    if as_json:
        show_json([asdict(row) for row in rows])
        return
    heads = footing.word(
        "编号,收费单位,日期,差错,站点,我方流水,对方流水,户号,差额",
        "no.,biller,date,class,station,ours,theirs,account,difference",
    )
    show_table(
        heads.split(","),
        [
            (
                row.case_no,
                row.biller_code,
                row.run_date,
                row.break_class,
                row.station_code,
                row.our_no,
                row.biller_no,
                row.account_no,
                format_yuan(row.difference_fen),
            )
            for row in rows
        ],
    )


@breaks.command("show")
@_CASE
@json_option
@pass_footing
def show(footing: Footing, case_no: int, *, as_json: bool) -> None:
    """Show the chain behind a break, receipt to bank line, and its trail. Example: hq-server breaks show 12."""
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        chain = chain_of_case(connection, case_no)
    show_chain(footing, chain, as_json=as_json)


@breaks.command("assign")
@_CASE
@click.option("--owner", "owner_no", required=True, type=int, help="Staff number.")
@click.option("--due", required=True, type=_DATE, help="To be done by.")
@pass_footing
def assign(footing: Footing, case_no: int, owner_no: int, due: datetime) -> None:
    """Give a break to somebody. Example: hq-server breaks assign 12 --owner 11 --due 2026-11-27."""
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            assign_case(connection, by, case_no, hq.clock(), owner_no=owner_no, due_on=due.date())
    footing.say(f"差错 {case_no} 交给工号 {owner_no}", f"break {case_no} is with staff {owner_no} now")


@breaks.command("owner")
@click.option("--biller", "biller_code", required=True)
@click.option("--staff", "staff_no", required=True, type=int)
@pass_footing
def owner(footing: Footing, biller_code: str, staff_no: int) -> None:
    """Name whose a counterparty's new breaks are. Example: hq-server breaks owner --biller SCDL --staff 11."""
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            name_owner(connection, by, biller_code, staff_no)
    footing.say(f"{biller_code} 的新差错归工号 {staff_no}", f"new breaks of {biller_code} are staff {staff_no}'s")


@breaks.command("propose")
@click.argument("case_nos", nargs=-1, required=True, type=click.IntRange(1))
@click.option("--action", required=True, type=click.Choice([one.value for one in Action]))
@click.option("--cause", required=True, type=click.Choice([one.value for one in Cause]))
@click.option("--finding", required=True, help="What was found out, and where it can be read again.")
@click.option("--other", "other_case_no", default=0, help="MATCH: the break of the other side.")
@click.option("--preview", "only_preview", is_flag=True, help="Show what it would do; change nothing.")
@json_option
@pass_footing
def propose(  # noqa: PLR0913 - one argument an option
    footing: Footing,
    /,
    case_nos: tuple[int, ...],
    action: str,
    cause: str,
    finding: str,
    other_case_no: int,
    *,
    only_preview: bool,
    as_json: bool,
) -> None:
    """Propose how breaks end; a second person approves.

    Example: hq-server breaks propose 12 13 --action HQ_BEARS --cause SYSTEM_FAULT --finding "fault 7, see note"
    """
    proposal = Proposal(Action(action), Cause(cause), finding, other_case_no)
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            if other_case_no:
                resolving.propose(connection, by, case_nos[0], proposal, hq.clock())
                footing.say("已提出, 待另一人审批", "proposed; it waits for a second person")
                return
            batch_no = ""
            seen = resolving.preview(connection, case_nos, proposal)
            if not only_preview:
                batch_no, seen = resolving.propose_many(connection, by, case_nos, proposal, hq.clock())
    if as_json:
        refused = [[number, why.code] for number, why in seen.refused]
        fields = {"taken": seen.taken, "over_fen": seen.over_fen, "short_fen": seen.short_fen, "refused": refused}
        show_json({"batch_no": batch_no, **fields})
        return
    over, short = format_yuan(seen.over_fen), format_yuan(seen.short_fen)
    footing.say(
        f"可处理 {len(seen.taken)} 笔: 长款 {over}, 短款 {short}; 不可处理 {len(seen.refused)} 笔",
        f"{len(seen.taken)} taken: over {over}, short {short}; {len(seen.refused)} not",
    )
    for _, why in seen.refused:
        click.echo(f"  {why.sentence.said_in(footing.language)}")


@breaks.command("approve")
@click.argument("case_nos", nargs=-1, required=True, type=click.IntRange(1))
@pass_footing
def approve(footing: Footing, case_nos: tuple[int, ...]) -> None:
    """Approve what another person proposed, all or none. Example: hq-server breaks approve 12 13."""
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            total = sum(resolving.approve(connection, by, case_no, hq.clock()) for case_no in case_nos)
    footing.say(
        f"已审批 {len(case_nos)} 笔, 入账 {format_yuan(total)} 元",
        f"{len(case_nos)} approved, {format_yuan(total)} yuan entered",
    )


@breaks.command("refuse")
@_CASE
@click.option("--reason", required=True)
@pass_footing
def refuse(footing: Footing, case_no: int, reason: str) -> None:
    """Refuse what another person proposed. Example: hq-server breaks refuse 12 --reason "no letter"."""
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            resolving.refuse(connection, by, case_no, reason, hq.clock())
    footing.say("已退回", "refused")


@breaks.command("withdraw")
@_CASE
@pass_footing
def withdraw(footing: Footing, case_no: int) -> None:
    """Take back one's own proposal before it is decided. Example: hq-server breaks withdraw 12."""
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            resolving.withdraw(connection, by, case_no, hq.clock())
    footing.say("已撤回", "taken back")
