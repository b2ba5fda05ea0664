"""An acquirer's day settled by itself when its file has come, and its differences kept as cases like a biller's.

A day is settled again when another file of it comes, every few hours while it is fresh and then once a day for a month,
since a station may bring its withdrawals late; settling holds up posting, so it is not done more often. What the bank
and the stations say alike is no case; a case that later evidence explains ends itself.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from hq_server.made_good import Cited, Remedy, made_good_among
from hq_server.reconciliation.cases import Difference, keep_differences
from hq_server.reconciliation.discrepancy import BreakClass
from hq_server.reference.working_days import business_date_of
from hq_server.withdrawals.bank_day import matched_day, settle_day
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from hq_server.files.rows import FileRow
    from hq_server.hq_journal import HqJournal
    from hq_server.made_good import MadeGood
    from hq_server.withdrawals.held import HeldWithdrawal
    from hq_server.withdrawals.matching import Day, Unclear, Word

LAYER = "BANK"
AGAIN_AFTER, LATER_AFTER = timedelta(hours=6), timedelta(hours=24)
FRESH_DAYS = 3
AGAIN_DAYS = 31
_DUE = text("""
    SELECT f.party_code, f.business_date, count(*), min(f.imported_by) FROM received_files f
    LEFT JOIN acquirer_days d ON d.acquirer_code = f.party_code AND d.business_date = f.business_date
    WHERE f.purpose = 'ACQUIRER' AND f.state = 'ACCEPTED'
    GROUP BY 1, 2 HAVING count(*) > coalesce(max(d.file_count), 0)
        OR (max(d.run_at) <= :before AND f.business_date >= :fresh)
        OR (max(d.run_at) <= :day_before AND f.business_date >= :since)
    ORDER BY 2, 1
""")
_NOTE = text("""
    INSERT INTO acquirer_days VALUES (:code, :day, :files, :now)
    ON CONFLICT (acquirer_code, business_date) DO UPDATE SET file_count = :files, run_at = :now
""")


def pseudo_station(acquirer_code: str) -> str:
    """Name the place where an acquirer's lines rest that no terminal of ours explains."""
    return f"ACQUIRER:{acquirer_code}"


class DueDay(NamedTuple):
    """An acquirer's day that is to be settled: how many files it has, and who took in the first."""

    acquirer_code: str
    business_date: date
    file_count: int
    owner_no: int


def due_days(engine: Engine, now: datetime) -> list[DueDay]:
    """List the acquirers' days that are to be settled, the oldest first."""
    today = business_date_of(now)
    place = {
        "before": now - AGAIN_AFTER,
        "day_before": now - LATER_AFTER,
        "fresh": today - timedelta(days=FRESH_DAYS),
        "since": today - timedelta(days=AGAIN_DAYS),
    }
    with engine.connect() as connection:
        return [DueDay(*row) for row in connection.execute(_DUE, place)]


def settle_one(engine: Engine, journal: HqJournal, due: DueDay, now: datetime) -> int:
    """Settle one day and keep its cases; gives 1."""
    code, day = due.acquirer_code, due.business_date
    settle_day(engine, journal, code, day, now)
    with engine.begin() as connection:
        matched, terminals = matched_day(connection, code, day)
        cited = [Cited(word.held.station_code, Side.STATION, word.held.withdrawal.seq) for word in matched.words]
        given = made_good_among(connection, cited)
        found = _differences(matched, terminals, given, code, day)
        keep_differences(connection, LAYER, code, {day}, found, due.owner_no, now)
        connection.execute(_NOTE, {"code": code, "day": day, "files": due.file_count, "now": now})
    return 1


def _differences(
    matched: Day, terminals: dict[str, str], given: dict[Cited, MadeGood], code: str, day: date
) -> Iterator[Difference]:
    for word in matched.words:
        yield from _of_word(word, given, day)
    for unclear in matched.unclear:
        yield _of_unclear(unclear, day)
    for found, lines in ((BreakClass.THEIRS_ONLY, matched.bank_only), (BreakClass.DUPLICATE_THEIRS, matched.repeated)):
        for line in lines:
            station = terminals.get(line.terminal_no, pseudo_station(code))
            item = f"L:{day}:{line.terminal_no}:{line.trace_no}:{line.line_no}"
            yield _difference(found, (station, day, item), 0, line)


def _of_word(word: Word, given: dict[Cited, MadeGood], day: date) -> Iterator[Difference]:
    """Name where cash in the shop and the debit at the bank disagree; paid out and debited, or neither, is no case.

    Unless a correction had made the payout good before the bank's debit came after all: then it was made good twice.
    """
    held = word.held.withdrawal
    made = given.get(Cited(word.held.station_code, Side.STATION, held.seq))
    paid_out = bool(held.placed_seq) and not held.failed_seq
    if paid_out and not word.debited:
        found = BreakClass.OURS_ONLY if word.line is None else BreakClass.STATUS_MISMATCH
        yield _difference(found, _place(word.held, day), held.amount_fen, None)
    elif held.failed_seq and word.debited:
        yield _difference(BreakClass.STATUS_MISMATCH, _place(word.held, day), 0, word.line)
    elif paid_out and made is not None and made.remedy is Remedy.CORRECTION:
        twice = _difference(BreakClass.DUPLICATE_OURS, _place(word.held, day), 0, word.line)
        yield twice._replace(difference_fen=made.amount_fen)


def _of_unclear(unclear: Unclear, day: date) -> Difference:
    held = unclear.held.withdrawal
    line = unclear.lines[0] if len(unclear.lines) == 1 else None
    if unclear.is_repeated:
        found = BreakClass.DUPLICATE_OURS
    elif line is not None and line.amount_fen != held.amount_fen:
        found = BreakClass.AMOUNT_MISMATCH
    else:
        found = BreakClass.AMBIGUOUS if unclear.lines else BreakClass.OURS_ONLY
    return _difference(found, _place(unclear.held, day), held.amount_fen, line)


def _place(held: HeldWithdrawal, day: date) -> tuple[str, date, str]:
    return held.station_code, day, f"W:{held.withdrawal.seq}"


def _difference(found: BreakClass, place: tuple[str, date, str], ours_fen: int, line: FileRow | None) -> Difference:
    station_code, day, item = place
    return Difference(
        station_code,
        day,
        item,
        found.value,
        our_no=f"{station_code} S{item[2:]}" if item.startswith("W:") else "",
        their_no=(line.their_no or line.trace_no) if line else "",
        line_date=day if line else None,
        ours_fen=ours_fen or None,
        theirs_fen=line.amount_fen if line else None,
        difference_fen=(line.amount_fen if line else 0) - ours_fen,
    )
