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
    SELECT s.our_no, t.biller_no, s.account_no, s.amount_fen, t.line_date, t.file_seq, t.line_seq,
        abs(extract(epoch FROM s.at - t.at))::int AS apart_s,
        row_number() OVER (PARTITION BY t.line_date, t.file_seq, t.line_seq
            ORDER BY abs(extract(epoch FROM s.at - t.at)), s.our_no) AS place
    FROM open_lines t JOIN open_sales s USING (account_no, amount_fen)
    WHERE s.run_date = :day AND t.run_date = :day AND abs(extract(epoch FROM s.at - t.at)) <= :window
) near WHERE place <= :most ORDER BY line_date, file_seq, line_seq, place LIMIT :shown
"""


def suggestions(connection: Connection, day: date) -> tuple[SuggestedPair, ...]:
    """Propose sales for open lines of the day that runs: at most five minutes apart, the nearest three each."""
    place = {"day": day, "window": WINDOW_S, "most": CANDIDATES_MAX, "shown": _SHOWN_MAX}
    return tuple(SuggestedPair(*row) for row in connection.execute(text(_PAIRS), place))
