"""Suggestions for a person: a sale and a line left open that agree in account and amount and lie close in time.

Never matched by anything but a person's resolution: equal sums are common, and a wrong match hides two differences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

WINDOW_S = 300
CANDIDATES_MAX = 3
"""Candidates shown for one line; more would invite picking any."""
_SHOWN_MAX = 50


@dataclass(frozen=True, slots=True)
class SuggestedPair:
    """A sale and a line left open that may belong together; only a person can say so."""

    our_no: str
    biller_no: str
    account_no: str
    amount_fen: int
    apart_s: int


_PAIRS = """
SELECT our_no, biller_no, account_no, amount_fen, apart_s FROM (
    SELECT s.our_no, t.biller_no, s.account_no, p.amount_fen, t.line_date, t.file_seq, t.line_seq,
        abs(extract(epoch FROM p.recorded_at - l.at))::int AS apart_s,
        row_number() OVER (PARTITION BY t.line_date, t.file_seq, t.line_seq
            ORDER BY abs(extract(epoch FROM p.recorded_at - l.at)), s.our_no) AS place
    FROM recon_findings t
    JOIN settlement_lines l ON l.station_code = t.station_code AND l.biller_code = t.biller_code
        AND l.business_date = t.line_date AND l.file_seq = t.file_seq AND l.line_seq = t.line_seq
    JOIN recon_findings s ON s.biller_code = t.biller_code AND s.run_date = t.run_date
        AND s.account_no = t.account_no AND s.line_date IS NULL AND s.closed_by_date IS NULL
        AND s.break_class IN ('OURS_ONLY', 'AMBIGUOUS')
    JOIN payments p ON p.station_code = s.station_code AND p.seq = s.payment_seq AND p.amount_fen = l.amount_fen
    WHERE t.biller_code = :biller AND t.run_date = :day AND t.payment_seq IS NULL AND t.closed_by_date IS NULL
        AND t.break_class IN ('THEIRS_ONLY', 'AMBIGUOUS')
        AND abs(extract(epoch FROM p.recorded_at - l.at)) <= :window
) near WHERE place <= :most ORDER BY line_date, file_seq, line_seq, place LIMIT :shown
"""


def suggestions(connection: Connection, biller_code: str, day: date) -> tuple[SuggestedPair, ...]:
    """Propose sales for open lines of a day: at most five minutes apart, the nearest three each, fifty in all."""
    place = {"biller": biller_code, "day": day, "window": WINDOW_S, "most": CANDIDATES_MAX, "shown": _SHOWN_MAX}
    return tuple(SuggestedPair(*row) for row in connection.execute(text(_PAIRS), place))
