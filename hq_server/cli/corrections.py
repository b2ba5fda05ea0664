"""correction: what HQ proposes to stations, by two people and at times three."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hq_server.cli.evidence_file import read_evidence_file, read_figure
from hq_server.cli.footing import Footing, json_option, pass_footing, show_json, show_table
from hq_server.disputes import corrections
from station_journal.facts.disputes import CitedSide, CorrectedBook, CorrectionReason
from station_journal.money import format_yuan
from station_journal.rules.case import number_of_correction

if TYPE_CHECKING:
    from hq_server.disputes.corrections import Proposal

_PATH = click.Path(path_type=Path)
_PAGE_ROWS = 200


@click.group()
def correction() -> None:
    """Corrections: proposed by one person, approved by another, answered by the station."""


@correction.command("propose")
@click.argument("station_code")
@click.option("--book", required=True, type=click.Choice([one.name for one in CorrectedBook]), help="Which book.")
@click.option("--record", "seq", required=True, type=click.IntRange(1), help="Number of the record it is about.")
@click.option("--of-hq", is_flag=True, help="The record stands in HQ's journal instead of the station's.")
@click.option("--reason", required=True, type=click.Choice([one.name for one in CorrectionReason]), help="Why.")
@click.option("--because", required=True, help="The reason in words, as the station reads it.")
@click.option("--from", "old", required=True, help="The figure as it stands, in yuan.")
@click.option("--to", "new", required=True, help="The figure as it should be, in yuan.")
@click.option("--evidence", required=True, type=_PATH, help="A file that the station receives.")
@click.option("--title", default="", help="What the evidence is called.")
@json_option
@pass_footing
def correction_propose(footing: Footing, /, station_code: str, *, as_json: bool, **said: Any) -> None:
    """Propose a correction; nobody is told before it is approved, and nothing is owed before the station answers.

    The figures are the station's: a larger one gives, a smaller one takes. A payment takes credit and is below zero.

    Example: hq-server correction propose ST-0417 --book CREDIT --record 412 --reason AMOUNT_DIFFERS --because 账单为
    72.60 --from -472.60 --to -72.60 --evidence bill.txt
    """
    draft = corrections.Draft(
        book=CorrectedBook[said["book"]],
        cited_side=CitedSide.HQ if said["of_hq"] else CitedSide.STATION,
        cited_seq=said["seq"],
        reason=CorrectionReason[said["reason"]],
        explanation=said["because"],
        old_fen=read_figure(said["old"]),
        new_fen=read_figure(said["new"]),
    )
    paper = read_evidence_file(said["evidence"], said["title"])
    with footing.headquarters() as hq:
        by, stale_days = footing.signed_in(hq), hq.settings.correction_stale_days
        with hq.engine.begin() as connection:
            made = corrections.propose(connection, by, station_code, draft, paper, hq.clock(), stale_days=stale_days)
    _show_proposal(footing, made, as_json=as_json)


@correction.command("sign")
@click.argument("station_code")
@click.argument("correction_no", type=click.IntRange(1))
@click.option("--why", required=True, help="Why it is proposed although the customer can hardly be traced.")
@json_option
@pass_footing
def correction_sign(footing: Footing, station_code: str, correction_no: int, why: str, *, as_json: bool) -> None:
    """Sign, as a third person, for a correction of a record older than HQ_CORRECTION_STALE_DAYS.

    Example: hq-server correction sign ST-0417 3 --why 银行已确认付款人
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            done = corrections.sign_stale(connection, by, station_code, correction_no, why, hq.clock())
    _show_proposal(footing, done, as_json=as_json)


@correction.command("approve")
@click.argument("station_code")
@click.argument("correction_no", type=click.IntRange(1))
@json_option
@pass_footing
def correction_approve(footing: Footing, station_code: str, correction_no: int, *, as_json: bool) -> None:
    """Approve a correction as a second person; the station is asked with its next exchange.

    Example: hq-server correction approve ST-0417 3
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            done = corrections.approve(connection, hq.journal, by, station_code, correction_no, hq.clock())
    _show_proposal(footing, done, as_json=as_json)


@correction.command("refuse")
@click.argument("station_code")
@click.argument("correction_no", type=click.IntRange(1))
@click.option("--reason", required=True, help="Why it is refused.")
@json_option
@pass_footing
def correction_refuse(footing: Footing, station_code: str, correction_no: int, reason: str, *, as_json: bool) -> None:
    """Refuse a correction as a second person; the station never hears of it.

    Example: hq-server correction refuse ST-0417 3 --reason 证据不足
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.begin() as connection:
            done = corrections.refuse(connection, by, station_code, correction_no, reason, hq.clock())
    _show_proposal(footing, done, as_json=as_json)


@correction.command("list")
@click.option("--station", "station_code", default=None, help="One station instead of all.")
@click.option("--open", "only_open", is_flag=True, help="Only those that wait for approval or for the station.")
@json_option
@pass_footing
def correction_list(footing: Footing, station_code: str | None, *, only_open: bool, as_json: bool) -> None:
    """List corrections, the newest first, with what the station said.

    Example: hq-server correction list --open
    """
    with footing.headquarters() as hq, hq.engine.connect() as connection:
        found, _ = corrections.proposals(connection, station_code=station_code, only_open=only_open, limit=_PAGE_ROWS)
    if as_json:
        show_json([_proposal_row(one) for one in found])
        return
    word = footing.word
    heads = [word("站点", "Station"), word("更正", "Correction"), word("原", "From"), word("改为", "To")]
    heads += [word("总部", "HQ"), word("站点答复", "Station")]
    rows = [
        [
            one.station_code,
            number_of_correction(one.correction_no),
            format_yuan(one.draft.old_fen),
            format_yuan(one.draft.new_fen),
            one.state,
            one.answer_state.name if one.answer_state else "-",
        ]
        for one in found
    ]
    show_table(heads, rows)


def _proposal_row(one: Proposal) -> dict[str, Any]:
    return {
        "station_code": one.station_code,
        "correction_no": one.correction_no,
        "book": one.draft.book.name,
        "cited_side": one.draft.cited_side.name,
        "cited_seq": one.draft.cited_seq,
        "reason": one.draft.reason.name,
        "explanation": one.draft.explanation,
        "old_fen": one.draft.old_fen,
        "new_fen": one.draft.new_fen,
        "evidence": one.evidence_hash.hex(),
        "evidence_title": one.evidence_title,
        "stale": one.stale,
        "state": one.state,
        "maker_no": one.maker_no,
        "approver_no": one.approver_no,
        "signer_no": one.signer_no,
        "answer": one.answer_state.name if one.answer_state else "",
    }


def _show_proposal(footing: Footing, one: Proposal, *, as_json: bool) -> None:
    if as_json:
        show_json(_proposal_row(one))
        return
    figures = f"{format_yuan(one.draft.old_fen)} -> {format_yuan(one.draft.new_fen)}"
    third = one.stale and one.signer_no is None and one.state == "PROPOSED"
    number = number_of_correction(one.correction_no)
    footing.say(
        f"站点 {one.station_code} 更正 {number} {figures}: {one.state}" + (", 时间较久, 须另一人签批" if third else ""),
        f"correction {number} of station {one.station_code}, {figures}: {one.state}"
        + (", old: a third person signs first" if third else ""),
    )
