"""One biller-day reconciled: the findings written, neighbours closed, and unknown payments ended by the file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, text, update

from hq_server.db.engine import raw_connection
from hq_server.db.file_tables import received_files
from hq_server.db.reconciliation_tables import recon_days, recon_due, recon_findings
from hq_server.files.intake import refused_totals
from hq_server.files.profile import Purpose
from hq_server.gateway.answering import Evidence, end_unknown
from hq_server.reconciliation.cases import keep_cases
from hq_server.reconciliation.day_at_hand import day_at_hand
from hq_server.reconciliation.day_inputs import tangled_pieces
from hq_server.reconciliation.day_leftovers import close_across_days, pair_what_is_alone, store, write_alone
from hq_server.reconciliation.day_passes import begin, match_by_number, tangle
from hq_server.reconciliation.discrepancy import CLOSED_CLASSES, BreakClass, Finding, SettlesUnknown
from hq_server.reconciliation.importing import pseudo_station
from hq_server.reconciliation.matching import SHIFT_DAYS_MAX, match_day
from hq_server.reconciliation.suggesting import SuggestedPair, suggestions
from hq_server.reconciliation.unmatched_credits import tell_possible_owners
from hq_server.wording import RefusedError
from station_journal.records import AnswerSource, Outcome
from station_journal.reference_no import seq_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Engine

    from hq_server.hq_journal import HqJournal

_LOCK = 7_201_003
"""Advisory lock class of reconciliation runs; the key is the biller."""


_COLUMNS = (
    "station_code, biller_code, run_date, finding_no, break_class, match_key, payment_seq, sale_date, line_date, "
    "file_seq, line_seq, our_no, biller_no, account_no, ours_fen, theirs_fen, difference_fen"
)
_COPY = f"COPY recon_found ({_COLUMNS}) FROM STDIN (FORMAT BINARY)".encode()
_TYPES = [
    *("text", "text", "date", "int4", "text", "text", "int8", "date", "date", "int4", "int4"),
    *("text", "text", "text", "int8", "int8", "int8"),
]


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

    Whatever made the day due (`due_days`) is dealt with. Differences become cases (`cases`), which later files and late
    stations close; what it settles of unknown payments is told to the stations. Nothing else moves.

    Raises:
        RefusedError: no settlement file of that biller-day was accepted.
    """
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:c, hashtext(:b))"), {"c": _LOCK, "b": biller_code})
        owner_no = _file_taker(connection, biller_code, day)
        table = recon_due.c
        connection.execute(delete(recon_due).where(table.biller_code == biller_code, table.run_date == day))
        files = _file_count(connection, biller_code, day)
        touched = _clear(connection, biller_code, day)
        with day_at_hand(connection, biller_code, day):
            told = find(connection, biller_code, day)
        ended = sum(_end_unknown(connection, journal, one, now) for one in told)
        result = _note_run(connection, biller_code, day, files, now)
        keep_cases(connection, biller_code, {day, *touched, *_closed(connection, biller_code, day)}, owner_no, now)
        tell_possible_owners(connection, journal, biller_code, day, now)
        classes = open_breaks(connection, biller_code, day)
        pairs = suggestions(connection, day)
    return DayResult(biller_code, day, *result, classes, ended, pairs)


def find(connection: Connection, biller_code: str, day: date) -> list[SettlesUnknown]:
    """Write a day's findings; gives the unknown outcomes that the file ends. Nothing of an earlier run is there."""
    begin(connection)
    match_by_number(connection, biller_code, day)
    tangle(connection, biller_code, day)
    written, told = 0, []
    for piece in tangled_pieces(connection, biller_code, day):
        findings = match_day(piece)
        _write(connection, biller_code, day, findings, written)
        written += len(findings)
        told += [one.evidence for one in findings if one.evidence and one.break_class in CLOSED_CLASSES]
    write_alone(connection, biller_code, day, written)
    close_across_days(connection, biller_code, day)
    pair_what_is_alone(connection, biller_code, day)
    store(connection)
    return told


def _clear(connection: Connection, biller_code: str, day: date) -> set[date]:
    """Take back what an earlier run of the day found and closed; gives the dates that it had closed something of."""
    table = recon_findings.c
    of_biller = table.biller_code == biller_code
    closed = _closed(connection, biller_code, day)
    connection.execute(delete(recon_findings).where(of_biller, table.run_date == day))
    connection.execute(
        update(recon_findings)
        .where(of_biller, table.run_date.in_(closed), table.closed_by_date == day)
        .values(closed_by_date=None)
    )
    return closed


def _closed(connection: Connection, biller_code: str, day: date) -> set[date]:
    """List the dates whose open findings this day's run closed."""
    near, table = timedelta(days=SHIFT_DAYS_MAX), recon_findings.c
    query = select(table.run_date).where(
        table.biller_code == biller_code, table.run_date.between(day - near, day + near), table.closed_by_date == day
    )
    return set(connection.scalars(query.distinct()))


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


def _file_taker(connection: Connection, biller_code: str, day: date) -> int:
    """Tell who took in the biller-day's first file.

    Raises:
        RefusedError: there is none.
    """
    table = received_files.c
    mine = (table.purpose == Purpose.BILLER.value) & (table.party_code == biller_code)
    mine &= (table.business_date == day) & (table.state == "ACCEPTED")
    taker: int | None = connection.scalar(select(table.imported_by).where(mine).order_by(table.file_seq).limit(1))
    if taker is None:
        raise RefusedError(
            "no_file",
            f"还没有收下收费单位 {biller_code} {day} 的对账文件",
            f"no settlement file of biller {biller_code} for {day} was accepted yet",
        )
    return taker


def _write(connection: Connection, biller_code: str, day: date, findings: Sequence[Finding], after: int) -> None:
    """Write findings by COPY, numbered on from ``after``."""
    with raw_connection(connection).cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_TYPES)
        for number, finding in enumerate(findings, after + 1):
            copy.write_row(_row(biller_code, day, number, finding))


def _row(biller_code: str, day: date, number: int, finding: Finding) -> tuple[Any, ...]:
    sale, line = finding.sale, finding.line
    # A line that names no sale of ours rests under the biller's pseudo-station: it is nobody's shortfall.
    station = sale.station_code if sale else line.station_code if line else pseudo_station(biller_code)
    return (
        station,
        biller_code,
        day,
        number,
        finding.break_class.value,
        finding.key.value,
        seq_of(sale.our_no, sale.station_code) if sale else None,
        sale.business_date if sale else None,
        line.business_date if line else None,
        line.file_seq if line else None,
        line.line_seq if line else None,
        (sale.our_no if sale else line.our_no if line else "") or "",
        (line.biller_no if line else sale.biller_no if sale else "") or "",
        sale.account_no if sale else line.account_no if line else "",
        sale.amount_fen if sale else None,
        line.amount_fen if line else None,
        finding.difference_fen,
    )


def _end_unknown(connection: Connection, journal: HqJournal, evidence: SettlesUnknown, now: datetime) -> bool:
    payment_seq = seq_of(evidence.our_no, evidence.station_code)
    if payment_seq is None:
        return False
    outcome = Outcome.CONFIRMED if evidence.confirmed else Outcome.DECLINED
    reason = "" if evidence.confirmed else "settlement file"
    told = Evidence(outcome, AnswerSource.SETTLEMENT_FILE, evidence.biller_no, reason)
    return end_unknown(connection, journal, evidence.station_code, payment_seq, told, now)


def _file_count(connection: Connection, biller_code: str, day: date) -> int:
    """Count the day's files before anything of them is read, so that one which comes meanwhile makes it due again."""
    table = received_files.c
    mine = (table.purpose == Purpose.BILLER.value) & (table.party_code == biller_code)
    mine &= (table.business_date == day) & (table.state == "ACCEPTED")
    return connection.scalar(select(func.count()).select_from(received_files).where(mine)) or 0


def _note_run(connection: Connection, biller_code: str, day: date, files: int, now: datetime) -> tuple[int, int, int]:
    """Note the run; gives how many sales and lines it had, and how many it matched."""
    place = {"biller": biller_code, "day": day}
    sales, fen, status_sum, lines, matched = connection.execute(text(_COUNTS), place).one()
    table = recon_days.c
    connection.execute(delete(recon_days).where(table.biller_code == biller_code, table.run_date == day))
    counts = {"sale_count": sales, "line_count": lines, "matched_count": matched}
    row = {"biller_code": biller_code, "run_date": day, "run_at": now, "file_count": files}
    row |= {"amount_fen": fen, "status_sum": status_sum}
    connection.execute(insert(recon_days).values(**row, **counts))
    return sales, lines, matched


_COUNTS = """
SELECT s.sales, s.fen, s.status_sum,
    coalesce((SELECT sum(line_count) FROM received_files WHERE purpose = 'BILLER' AND party_code = :biller
        AND business_date = :day AND state = 'ACCEPTED'), 0), s.sales - f.named + f.matched
FROM (SELECT coalesce(sum(sales), 0) AS sales, coalesce(sum(fen), 0) AS fen,
        coalesce(sum(status_sum), 0) AS status_sum FROM recon_counts) s,
    (SELECT count(*) FILTER (WHERE of_day) AS named, coalesce(sum(matched), 0) AS matched FROM (
        SELECT payment_seq IS NOT NULL AND bool_or(sale_date = :day) AS of_day,
            count(*) FILTER (WHERE break_class = 'MATCHED') AS matched
        FROM recon_found GROUP BY station_code, payment_seq) items) f
"""
