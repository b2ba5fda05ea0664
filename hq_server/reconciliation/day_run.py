"""One biller-day reconciled: the findings written, neighbours closed, and unknown payments ended by the file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, text, update

from hq_server.db.reconciliation_tables import recon_days, recon_findings
from hq_server.files.intake import accepted_files, refused_totals
from hq_server.files.profile import Purpose
from hq_server.gateway.answering import Evidence, end_unknown
from hq_server.reconciliation.day_inputs import read_biller_day
from hq_server.reconciliation.discrepancy import CLOSED_CLASSES, BreakClass, Finding
from hq_server.reconciliation.importing import pseudo_station
from hq_server.reconciliation.matching import Suggestion, match_day, suggestions
from hq_server.wording import RefusedError
from station_journal.records import AnswerSource, Outcome
from station_journal.reference_no import seq_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection, Engine

    from hq_server.hq_journal import HqJournal

_LOCK = 7_201_003
"""Advisory lock class of reconciliation runs; the key is the biller."""


@dataclass(frozen=True, slots=True)
class SuggestedPair:
    """A sale and a line left open that may belong together; only a person can say so."""

    our_no: str
    biller_no: str
    account_no: str
    amount_fen: int
    apart_s: int


@dataclass(frozen=True, slots=True)
class DayResult:
    """A run's result: how much was compared, what stands open by class, and how many unknown payments it ended.

    ``suggestions`` are for a person to look at; no run ever matches by them.
    """

    biller_code: str
    run_date: date
    sale_count: int
    line_count: int
    matched: int
    breaks: dict[str, int]
    unknown_ended: int
    suggestions: tuple[SuggestedPair, ...]


def reconcile(engine: Engine, journal: HqJournal, biller_code: str, day: date, now: datetime) -> DayResult:
    """Reconcile one biller-day; running it again, with files that came later or without, ends in the same findings.

    Raises:
        RefusedError: no settlement file of that biller-day was accepted.
    """
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:c, hashtext(:b))"), {"c": _LOCK, "b": biller_code})
        _require_file(connection, biller_code, day)
        table = recon_findings.c
        of_biller = table.biller_code == biller_code
        connection.execute(delete(recon_findings).where(of_biller, table.run_date == day))
        reopened = update(recon_findings).where(of_biller, table.closed_by_date == day).values(closed_by_date=None)
        connection.execute(reopened)
        inputs = read_biller_day(connection, biller_code, day)
        findings = match_day(inputs)
        rows = [_row(biller_code, day, number, finding) for number, finding in enumerate(findings, 1)]
        if rows:
            connection.execute(insert(recon_findings), rows)
        for finding in findings:
            _close_neighbours(connection, biller_code, day, finding)
        _close_what_neighbours_explain(connection, biller_code, day)
        ended = sum(_end_unknown(connection, journal, finding, now) for finding in findings)
        _note_run(connection, biller_code, day, len(inputs.sales), len(inputs.lines), now)
        classes = open_breaks(connection, biller_code, day)
    matched = sum(finding.break_class is BreakClass.MATCHED for finding in findings)
    pairs = tuple(_suggested(one) for one in suggestions(findings))
    return DayResult(biller_code, day, len(inputs.sales), len(inputs.lines), matched, classes, ended, pairs)


def _suggested(one: Suggestion) -> SuggestedPair:
    sale, line = one.sale, one.line
    return SuggestedPair(sale.our_no, line.biller_no, sale.account_no, sale.amount_fen, int(one.apart.total_seconds()))


def open_breaks(connection: Connection, biller_code: str, day: date) -> dict[str, int]:
    """Count what a day's run left, by class; a file refused for its totals counts while no good one followed.

    Cut-off shifts are counted although they leave nothing open: they are found and named.
    """
    table = recon_findings.c
    found = select(table.break_class, func.count()).where(
        table.biller_code == biller_code,
        table.run_date == day,
        table.break_class != BreakClass.MATCHED.value,
        table.closed_by_date.is_(None),
    )
    counts = Counter({row[0]: row[1] for row in connection.execute(found.group_by(table.break_class))})
    counts[BreakClass.FILE_TOTAL_MISMATCH.value] += refused_totals(connection, biller_code, day)
    return {name: count for name, count in sorted(counts.items()) if count}


def _require_file(connection: Connection, biller_code: str, day: date) -> None:
    if not accepted_files(connection, Purpose.BILLER, biller_code, day):
        raise RefusedError(
            "no_file",
            f"还没有收下收费单位 {biller_code} {day} 的对账文件",
            f"no settlement file of biller {biller_code} for {day} was accepted yet",
        )


def _row(biller_code: str, day: date, number: int, finding: Finding) -> dict[str, Any]:
    sale, line = finding.sale, finding.line
    station = sale.station_code if sale else _station_of_line(finding, biller_code)
    return {
        "station_code": station,
        "biller_code": biller_code,
        "run_date": day,
        "finding_no": number,
        "break_class": finding.break_class.value,
        "match_key": finding.key.value,
        "payment_seq": seq_of(sale.our_no, sale.station_code) if sale else None,
        "sale_date": sale.business_date if sale else None,
        "line_date": line.business_date if line else None,
        "file_seq": line.file_seq if line else None,
        "line_seq": line.line_seq if line else None,
        "our_no": (sale.our_no if sale else line.our_no if line else "") or "",
        "biller_no": (line.biller_no if line else sale.biller_no if sale else "") or "",
        "account_no": sale.account_no if sale else line.account_no if line else "",
        "ours_fen": sale.amount_fen if sale else None,
        "theirs_fen": line.amount_fen if line else None,
        "difference_fen": finding.difference_fen,
    }


def _station_of_line(finding: Finding, biller_code: str) -> str:
    """A line that names no sale of ours rests under the biller's pseudo-station: it is nobody's shortfall."""
    number = finding.line.our_no if finding.line else None
    code = (number or "").rpartition("-")[0].rpartition("-")[0]
    return code if number and code and seq_of(number, code) is not None else pseudo_station(biller_code)


def _close_neighbours(connection: Connection, biller_code: str, day: date, finding: Finding) -> None:
    """Mark what a neighbour's run had left open and this finding explains."""
    if finding.sale is None or finding.line is None:
        return
    table = recon_findings.c
    of_biller = update(recon_findings).where(table.biller_code == biller_code, table.run_date != day)
    if finding.sale.business_date != day:
        same_sale = (table.station_code == finding.sale.station_code) & (table.our_no == finding.sale.our_no)
        only_ours = table.break_class == BreakClass.OURS_ONLY.value
        connection.execute(of_biller.where(same_sale, only_ours).values(closed_by_date=day))
    if finding.line.business_date != day:
        line = finding.line
        same_line = (
            (table.line_date == line.business_date)
            & (table.file_seq == line.file_seq)
            & (table.line_seq == line.line_seq)
        )
        only_theirs = table.break_class == BreakClass.THEIRS_ONLY.value
        connection.execute(of_biller.where(same_line, only_theirs).values(closed_by_date=day))


def _close_what_neighbours_explain(connection: Connection, biller_code: str, day: date) -> None:
    """Mark what this day leaves open and a neighbour's run, made earlier, had paired already."""
    mine, theirs = recon_findings.c, recon_findings.alias("theirs").c
    here = (mine.biller_code == biller_code) & (mine.run_date == day)
    pairs_it = (theirs.biller_code == biller_code) & (theirs.run_date != day)
    pairs_it &= theirs.payment_seq.is_not(None) & theirs.line_date.is_not(None)
    same_sale = (theirs.station_code == mine.station_code) & (theirs.payment_seq == mine.payment_seq)
    same_line = (
        (theirs.line_date == mine.line_date) & (theirs.file_seq == mine.file_seq) & (theirs.line_seq == mine.line_seq)
    )
    for found, same in ((BreakClass.OURS_ONLY, same_sale), (BreakClass.THEIRS_ONLY, same_line)):
        explained = update(recon_findings).where(here, mine.break_class == found.value, pairs_it, same)
        connection.execute(explained.values(closed_by_date=theirs.run_date))


def _end_unknown(connection: Connection, journal: HqJournal, finding: Finding, now: datetime) -> bool:
    evidence = finding.evidence
    if evidence is None or finding.break_class not in CLOSED_CLASSES:
        return False
    payment_seq = seq_of(evidence.our_no, evidence.station_code)
    if payment_seq is None:
        return False
    outcome = Outcome.CONFIRMED if evidence.confirmed else Outcome.DECLINED
    reason = "" if evidence.confirmed else "settlement file"
    told = Evidence(outcome, AnswerSource.SETTLEMENT_FILE, evidence.biller_no, reason)
    return end_unknown(connection, journal, evidence.station_code, payment_seq, told, now)


def _note_run(
    connection: Connection, biller_code: str, day: date, sale_count: int, line_count: int, now: datetime
) -> None:
    table = recon_days.c
    connection.execute(delete(recon_days).where(table.biller_code == biller_code, table.run_date == day))
    row = {"biller_code": biller_code, "run_date": day, "run_at": now}
    connection.execute(insert(recon_days).values(**row, sale_count=sale_count, line_count=line_count))
