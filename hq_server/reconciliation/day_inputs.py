"""What the rule for tangled items is given: what shares a key, in pieces that fit into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import text

from hq_server.files.rows import LineKind, LineStatus
from hq_server.reconciliation.day_passes import LINE_PAIRED_ELSEWHERE, SALE_PAIRED_ELSEWHERE
from hq_server.reconciliation.discrepancy import OurSale, SaleStatus, TheirLine
from hq_server.reconciliation.matching import BillerDay
from station_journal.payment import PaymentStatus
from station_journal.reference_no import our_no

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from sqlalchemy import Connection

ITEMS_AT_ONCE = 100_000
"""Sales and lines in one piece, unless they hang together over stations."""
_STATUS = {
    PaymentStatus.HELD: SaleStatus.HELD,
    PaymentStatus.CONFIRMED: SaleStatus.CAPTURED,
    PaymentStatus.DECLINED: SaleStatus.DECLINED,
    PaymentStatus.REVERSED: SaleStatus.REVERSED,
    # In suspense it was never sent: no money of this biller.
    PaymentStatus.SUSPENDED: SaleStatus.DECLINED,
}
_Item = TypeVar("_Item", OurSale, TheirLine)
_KINDS = {one.value: one for one in LineKind}
_OUTCOMES = {one.value: one for one in LineStatus}

_ITEMS = """
WITH items AS (
    SELECT station_code, biller_no FROM tangled_sales UNION ALL SELECT station_code, biller_no FROM tangled_lines
), crossing AS (
    SELECT biller_no FROM items WHERE biller_no <> '' AND biller_no NOT IN (SELECT biller_no FROM recon_hollow)
    GROUP BY 1 HAVING count(DISTINCT station_code) > 1
)
SELECT station_code, count(*), bool_or(biller_no IN (SELECT biller_no FROM crossing)) FROM items GROUP BY 1 ORDER BY 1
"""
_SALES = f"""
SELECT p.station_code, p.seq, p.digest_hex, p.biller_no, p.account_no, p.amount_fen, p.fee_fen, p.status,
    p.business_date, p.recorded_at, p.business_date = :day AND {SALE_PAIRED_ELSEWHERE} IS NOT NULL AS paired,
    p.business_date <> :day AND EXISTS (SELECT FROM recon_days d WHERE d.biller_code = :biller
        AND d.run_date = p.business_date)
    AND NOT EXISTS (SELECT FROM recon_findings f WHERE f.station_code = p.station_code AND f.payment_seq = p.seq
        AND f.run_date = p.business_date AND f.break_class IN ('OURS_ONLY', 'AMBIGUOUS') AND f.closed_by_date IS NULL)
    AS settled
FROM tangled_sales t JOIN payments p ON p.station_code = t.station_code AND p.seq = t.seq
WHERE t.station_code = ANY(:stations)
"""
_LINES = f"""
SELECT l.business_date, l.file_seq, l.line_seq, l.our_no,
    CASE WHEN l.biller_no IN (SELECT biller_no FROM recon_hollow) THEN '' ELSE l.biller_no END,
    l.account_no, l.at, l.kind, l.amount_fen, l.status, l.fee_fen, l.station_code,
    l.business_date = :day AND {LINE_PAIRED_ELSEWHERE} IS NOT NULL AS paired,
    l.business_date <> :day AND EXISTS (SELECT FROM recon_days d WHERE d.biller_code = :biller
        AND d.run_date = l.business_date)
    AND NOT EXISTS (SELECT FROM recon_findings f WHERE f.biller_code = :biller AND f.station_code = l.station_code
        AND f.run_date = l.business_date AND f.line_date = l.business_date AND f.file_seq = l.file_seq
        AND f.line_seq = l.line_seq AND f.payment_seq IS NULL AND f.closed_by_date IS NULL
        AND f.break_class IN ('THEIRS_ONLY', 'AMBIGUOUS', 'UNIDENTIFIED_CREDIT'))
    AS settled
FROM tangled_lines t JOIN settlement_lines l ON l.station_code = t.station_code AND l.biller_code = :biller
    AND l.business_date = t.business_date AND l.file_seq = t.file_seq AND l.line_seq = t.line_seq
WHERE t.station_code = ANY(:stations)
"""


def tangled_pieces(connection: Connection, biller_code: str, day: date) -> Iterator[BillerDay]:
    """Read what `day_passes.tangle` gathered, piece by piece; the same books and files give the same pieces.

    Items of another day count as left open where that day has not run yet, or its run left them open. What the run of
    another day has paired already is no matter of this one.
    """
    place = {"biller": biller_code, "day": day}
    for stations in _pieces(connection, place):
        asked = {**place, "stations": stations}
        sales, others, settled = _shared_out((_sale(row) for row in connection.execute(text(_SALES), asked)), day)
        lines, other_lines, _ = _shared_out((_line(row) for row in connection.execute(text(_LINES), asked)), day)
        yield BillerDay(day, sales, lines, others, other_lines, settled)


def _shared_out(items: Iterable[tuple[_Item, bool, bool]], day: date) -> tuple[list[_Item], list[_Item], list[_Item]]:
    """Give what is of the day, what other days left open, and what they settled; each comes as paired and settled."""
    of_day: list[_Item] = []
    left_open: list[_Item] = []
    done: list[_Item] = []
    for item, paired, settled in items:
        if item.business_date != day:
            (done if settled else left_open).append(item)
        elif not paired:
            of_day.append(item)
    return of_day, left_open, done


def _pieces(connection: Connection, place: dict[str, Any]) -> Iterator[list[str]]:
    """Share the stations out; those that a number of the biller joins stay together, and come first."""
    rows = connection.execute(text(_ITEMS), place).all()
    piece = [code for code, _, crossing in rows if crossing]
    size = sum(count for _, count, crossing in rows if crossing)
    for code, count, crossing in rows:
        if crossing:
            continue
        if piece and size + count > ITEMS_AT_ONCE:
            yield piece
            piece, size = [], 0
        piece.append(code)
        size += count
    if piece:
        yield piece


def _sale(row: Sequence[Any]) -> tuple[OurSale, bool, bool]:
    code, seq, digest_hex, their_no, account_no, fen, fee_fen, status, day, at, paired, settled = row
    number = our_no(code, seq, bytes.fromhex(digest_hex))
    sale = OurSale(code, number, their_no or None, account_no, fen, _STATUS[status], day, at, fee_fen)
    return sale, paired, settled


def _line(row: Sequence[Any]) -> tuple[TheirLine, bool, bool]:
    day, file_seq, line_seq, number, their_no, account_no, at, kind, fen, status, fee_fen, code, paired, settled = row
    said = (_KINDS[kind], fen, _OUTCOMES[status], fee_fen)
    return TheirLine(day, file_seq, line_seq, number or None, their_no, account_no, at, *said, code), paired, settled
