"""dispute: the cases that stations opened, with owner, due date, answer and ruling."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hq_server.cli.evidence_file import read_evidence_file, read_figure
from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.disputes import cases, rulings
from hq_server.disputes.case_clock import run_clock
from hq_server.reference.working_days import business_date_of
from station_journal.facts.disputes import FindingCause
from station_journal.money import format_yuan
from station_journal.rules.case import number_of_case

if TYPE_CHECKING:
    from datetime import date

    from hq_server.disputes.cases import CaseRow
    from hq_server.disputes.rulings import Ruling

_PATH = click.Path(path_type=Path)
_PAGE_ROWS = 200


@click.group()
def dispute() -> None:
    """Cases that stations opened: owner, due date, answer, ruling."""


@dispute.command("list")
@click.option("--station", "station_code", default=None, help="One station instead of all.")
@click.option("--open", "only_open", is_flag=True, help="Only those that HQ owes an answer.")
@click.option("--late", "only_late", is_flag=True, help="Only those whose answer is late.")
@json_option
@pass_footing
def dispute_list(
    footing: Footing, station_code: str | None, *, only_open: bool, only_late: bool, as_json: bool
) -> None:
    """List cases, those due first at the top.

    Example: hq-server dispute list --late
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        today = business_date_of(hq.clock())
        late_on = today if only_late else None
        found, _ = cases.tracker(
            connection, station_code=station_code, only_open=only_open, late_on=late_on, limit=_PAGE_ROWS
        )
    if as_json:
        show_json([_case_row(one, today) for one in found])
        return
    word = footing.word
    heads = [word("站点", "Station"), word("争议", "Case"), word("事由", "About"), word("金额", "Sum")]
    heads += [word("状态", "State"), word("负责", "Owner"), word("期限", "Due"), word("逾期", "Late")]
    rows = [
        [
            one.station_code,
            number_of_case(one.case.case_no),
            one.case.about.name,
            format_yuan(one.case.amount_fen),
            one.case.state.name,
            one.owner_no or "-",
            str(one.due_on or "-"),
            word("是", "yes") if one.overdue(today) else "",
        ]
        for one in found
    ]
    show_table(heads, rows)


def _case_row(one: CaseRow, today: date) -> dict[str, Any]:
    case = one.case
    return {
        "station_code": one.station_code,
        "case_no": case.case_no,
        "about": case.about.name,
        "of_seq": case.of_seq,
        "correction_no": case.correction_no,
        "amount_fen": case.amount_fen,
        "state": case.state.name,
        "status": "EXPLAINED" if case.ruled_seq else "UNEXPLAINED",
        "ground": case.ground.name,
        "note": case.note,
        "withdrawn": bool(case.withdrawn_seq),
        "owner_no": one.owner_no,
        "due_on": one.due_on,
        "late": one.overdue(today),
        "answer": case.answer,
        "cause": FindingCause(case.cause_no).name if case.cause_no else "",
        "finding": case.finding,
        "stands_fen": case.stands_fen,
        "award_fen": case.award_fen,
    }


@dispute.command("show")
@click.argument("station_code")
@click.argument("case_no", type=click.IntRange(1))
@pass_footing
def dispute_show(footing: Footing, station_code: str, case_no: int) -> None:
    """Show all that is known of a case, with every ruling that was ever proposed, as one JSON document.

    Example: hq-server dispute show ST-0417 1
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found = cases.find_case(connection, station_code, case_no)
        tried = rulings.rulings_of(connection, station_code, case_no)
        today = business_date_of(hq.clock())
    show_json(_case_row(found, today) | {"rulings": [_ruling_row(one) for one in tried]})


@dispute.command("give")
@click.argument("station_code")
@click.argument("case_no", type=click.IntRange(1))
@click.argument("owner_no", type=click.IntRange(1))
@pass_footing
def dispute_give(footing: Footing, station_code: str, case_no: int, owner_no: int) -> None:
    """Give a case to another member of staff; the due date stays.

    Example: hq-server dispute give ST-0417 1 12
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            cases.give_to(connection, hq.journal, by, station_code, case_no, owner_no, hq.clock())
    number = number_of_case(case_no)
    footing.say(f"{station_code} {number} 由工号 {owner_no} 负责", f"{station_code} {number} is with staff {owner_no}")


@dispute.command("answer")
@click.argument("station_code")
@click.argument("case_no", type=click.IntRange(1))
@click.argument("text")
@pass_footing
def dispute_answer(footing: Footing, station_code: str, case_no: int, text: str) -> None:
    """Answer what a station asked; it decides nothing.

    Example: hq-server dispute answer ST-0417 1 已向电力公司索要原始单据
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            cases.answer(connection, hq.journal, by, station_code, case_no, text, hq.clock())
    number = number_of_case(case_no)
    footing.say(f"已答复 {station_code} {number}", f"{station_code} {number} is answered")


@dispute.command("rule")
@click.argument("station_code")
@click.argument("case_no", type=click.IntRange(1))
@click.option("--cause", required=True, type=click.Choice([one.name for one in FindingCause]), help="What was found.")
@click.option("--finding", required=True, help="The finding in words, as the station reads it.")
@click.option("--evidence", required=True, type=_PATH, help="A file that the station receives.")
@click.option("--title", default="", help="What the evidence is called.")
@click.option("--stands", default="0.00", help="How much of the resting sum stands, in yuan.")
@click.option("--award", default="0.00", help="What the station is given where no sum rests, in yuan.")
@json_option
@pass_footing
def dispute_rule(footing: Footing, /, station_code: str, case_no: int, *, as_json: bool, **said: Any) -> None:
    """Write down what was found and what follows; a second person reviews it before the station hears of it.

    Example: hq-server dispute rule ST-0417 1 --cause SYSTEM_FAULT --finding 重印多记一次 --evidence log.txt
    """
    cause = FindingCause[said["cause"]]
    finding = rulings.Finding(cause, said["finding"], read_figure(said["stands"]), read_figure(said["award"]))
    paper = read_evidence_file(said["evidence"], said["title"])
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            made = rulings.propose(connection, by, station_code, case_no, finding, paper, hq.clock())
    _show_ruling(footing, made, as_json=as_json)


@dispute.command("approve")
@click.argument("station_code")
@click.argument("case_no", type=click.IntRange(1))
@json_option
@pass_footing
def dispute_approve(footing: Footing, station_code: str, case_no: int, *, as_json: bool) -> None:
    """Review the ruling on a case as a second person; the station is told with its next exchange.

    Example: hq-server dispute approve ST-0417 1
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            done = rulings.approve(connection, hq.journal, by, station_code, case_no, hq.clock())
    _show_ruling(footing, done, as_json=as_json)


@dispute.command("refuse")
@click.argument("station_code")
@click.argument("case_no", type=click.IntRange(1))
@click.option("--reason", required=True, help="Why it is sent back.")
@json_option
@pass_footing
def dispute_refuse(footing: Footing, station_code: str, case_no: int, reason: str, *, as_json: bool) -> None:
    """Send the ruling on a case back as a second person; the case stays open.

    Example: hq-server dispute refuse ST-0417 1 --reason 没有核对链路记录
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            done = rulings.refuse(connection, by, station_code, case_no, reason, hq.clock())
    _show_ruling(footing, done, as_json=as_json)


@dispute.command("clock")
@json_option
@pass_footing
def dispute_clock(footing: Footing, *, as_json: bool) -> None:
    """Give new cases their owner and due date, and raise the alarm of late ones; the jobs do so by themselves.

    Example: hq-server dispute clock
    """
    with footing.headquarters() as hq:
        done = run_clock(hq.engine, hq.journal, hq.clock())
    if as_json:
        show_json({"done": done})
    else:
        footing.say(f"处理 {done} 件", f"{done} cases done")


def _ruling_row(one: Ruling) -> dict[str, Any]:
    return {
        "case_no": one.case_no,
        "ruling_no": one.ruling_no,
        "cause": one.cause.name,
        "finding": one.finding,
        "evidence": one.evidence_hash.hex(),
        "evidence_title": one.evidence_title,
        "stands_fen": one.stands_fen,
        "award_fen": one.award_fen,
        "state": one.state,
        "maker_no": one.maker_no,
        "approver_no": one.approver_no,
        "refusal": one.refusal,
    }


def _show_ruling(footing: Footing, one: Ruling, *, as_json: bool) -> None:
    if as_json:
        show_json(_ruling_row(one))
        return
    number = number_of_case(one.case_no)
    footing.say(
        f"{one.station_code} {number} 裁定 {one.cause.name}: {one.state}",
        f"ruling on {number} of {one.station_code}, {one.cause.name}: {one.state}",
    )
