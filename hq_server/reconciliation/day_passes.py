"""The passes of a biller-day in SQL, set by set: what is equal never leaves the database.

In this order, each on what the earlier ones left: our number; the biller's number where the line has none of ours;
then, among what stands alone, items that agree in account and amount and are the only such pair (UNIQUE), and sums per
settlement batch or account (BATCH_SUM). What shares a key with something it does not equal is *tangled*: the rule in
`matching` judges it. No pass ends an unknown outcome, and nothing is matched against a number that says otherwise.

Works on temporary tables of the transaction; a run starts with `begin`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from hq_server.reconciliation.matching import SHIFT_DAYS_MAX
from station_journal.payment import PaymentStatus

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

WORK_MEMORY = "128MB"
"""What one step of a run may keep in memory before it goes to disk."""
_PLANNING = {"jit": "off", "random_page_cost": "1.1", "parallel_tuple_cost": "0"}
"""A join of which nearly nothing is left looks to the planner as if all of it were: it is shared among processes all
the same, and few keys are looked up by index."""
ROUNDS_MAX = 50
"""Steps from key to key that one tangle may take; more would be a fault of the file."""
SAME_NUMBER_MAX = 100
"""A number that more lines than this carry is no number (a column of zeros), and nothing is matched by it."""

_SALES = """(SELECT station_code, seq, digest_hex, biller_no, account_no, amount_fen, fee_fen, status FROM payments
    WHERE biller_code = :biller AND business_date = :day) p"""
_LINES = """(SELECT station_code, payment_seq, our_no, biller_no, account_no, amount_fen, fee_fen, kind, status,
    file_seq, line_seq FROM settlement_lines WHERE biller_code = :biller AND business_date = :day) l"""
_AGREE = f"""p.status = {int(PaymentStatus.CONFIRMED)} AND l.kind = 'PAY' AND l.status = 'SUCCESS'
    AND p.amount_fen = l.amount_fen AND p.account_no = l.account_no AND coalesce(l.fee_fen, p.fee_fen) = p.fee_fen"""

_TABLES = """
CREATE TEMP TABLE recon_hollow (biller_no text PRIMARY KEY) ON COMMIT DROP;
CREATE TEMP TABLE tangled_sales (station_code text, seq bigint, business_date date, biller_no text, step int,
    PRIMARY KEY (station_code, seq)) ON COMMIT DROP;
CREATE TEMP TABLE tangled_lines (station_code text, business_date date, file_seq int, line_seq int, payment_seq bigint,
    biller_no text, step int, PRIMARY KEY (business_date, file_seq, line_seq)) ON COMMIT DROP;
"""

_MADE = """recon_hollow, tangled_sales, tangled_lines, recon_rest, recon_counts, recon_line_counts, recon_suspected,
    recon_repeated, recon_told"""

# Tables made by a query, since only such a query is shared among processes of the server.
_BY_OUR_NUMBER = (
    f"""
    CREATE TEMP TABLE recon_rest ON COMMIT DROP AS
    SELECT p.station_code, p.seq, l.station_code AS line_station, l.payment_seq, l.file_seq, l.line_seq,
        false AS tangled, CAST(NULL AS date) AS paired_by
    FROM {_SALES} FULL JOIN {_LINES} ON p.station_code = l.station_code AND p.seq = l.payment_seq
    WHERE ({_AGREE} AND right(l.our_no, 8) = p.digest_hex) IS NOT TRUE
    """,
    f"""
    CREATE TEMP TABLE recon_counts ON COMMIT DROP AS
    SELECT station_code, max(seq) AS upto_seq, count(*) AS sales, sum(amount_fen) AS fen, 0::bigint AS lines
    FROM {_SALES} GROUP BY station_code
    """,
    """
    INSERT INTO recon_stations (station_code, biller_code, run_date, upto_seq, sale_count, amount_fen)
    SELECT station_code, :biller, :day, upto_seq, sales, fen FROM recon_counts
    """,
    f"""
    CREATE TEMP TABLE recon_line_counts ON COMMIT DROP AS
    SELECT station_code, count(*) AS lines FROM {_LINES} WHERE payment_seq IS NOT NULL GROUP BY station_code
    """,
    "ANALYZE recon_rest",
)

# More pairs than sales that have a line: at such a station some sale has two.
_REPEATED = (
    """
    CREATE TEMP TABLE recon_suspected ON COMMIT DROP AS
    SELECT s.station_code FROM recon_counts s JOIN recon_line_counts l USING (station_code)
    LEFT JOIN (SELECT coalesce(station_code, line_station) AS station_code,
            count(*) FILTER (WHERE line_seq IS NULL) AS no_line,
            count(*) FILTER (WHERE seq IS NULL AND payment_seq IS NOT NULL) AS no_sale
        FROM recon_rest GROUP BY 1) r USING (station_code)
    WHERE l.lines - coalesce(r.no_sale, 0) > s.sales - coalesce(r.no_line, 0)
    """,
    "ANALYZE recon_suspected",
    f"""
    CREATE TEMP TABLE recon_repeated ON COMMIT DROP AS
    SELECT l.station_code, l.payment_seq FROM {_LINES} JOIN recon_suspected USING (station_code)
    WHERE l.payment_seq IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "ANALYZE recon_repeated",
    """
    INSERT INTO recon_rest
    SELECT l.station_code, l.payment_seq, l.station_code, l.payment_seq, l.file_seq, l.line_seq, false, NULL
    FROM recon_repeated k JOIN settlement_lines l ON l.station_code = k.station_code AND l.payment_seq = k.payment_seq
        AND l.biller_code = :biller AND l.business_date = :day
    WHERE EXISTS (SELECT FROM payments p WHERE p.station_code = k.station_code AND p.seq = k.payment_seq
            AND p.biller_code = :biller AND p.business_date = :day)
        AND NOT EXISTS (SELECT FROM recon_rest r WHERE r.station_code = l.station_code AND r.seq = l.payment_seq
            AND r.file_seq = l.file_seq AND r.line_seq = l.line_seq)
    """,
)

_BY_THEIR_NUMBER = (
    f"""
CREATE TEMP TABLE recon_told ON COMMIT DROP AS
WITH sales AS (
    SELECT p.* FROM recon_rest r JOIN payments p ON p.station_code = r.station_code AND p.seq = r.seq
    WHERE r.line_seq IS NULL AND p.biller_no <> ''
), lines AS (
    SELECT l.* FROM recon_rest r JOIN settlement_lines l ON l.station_code = r.line_station
        AND l.biller_code = :biller AND l.business_date = :day AND l.file_seq = r.file_seq AND l.line_seq = r.line_seq
    WHERE r.seq IS NULL AND l.our_no = ''
), pairs AS (
    SELECT p.station_code, p.seq, l.station_code AS line_station, l.file_seq, l.line_seq
    FROM (SELECT *, count(*) OVER (PARTITION BY biller_no) AS alike FROM sales) p
    JOIN (SELECT *, count(*) OVER (PARTITION BY biller_no) AS alike FROM lines) l USING (biller_no)
    WHERE p.alike = 1 AND l.alike = 1 AND {_AGREE}
)
SELECT * FROM pairs
    """,
    """
    DELETE FROM recon_rest r USING recon_told p
    WHERE r.station_code = p.station_code AND r.seq = p.seq AND r.line_seq IS NULL
    """,
    """
    DELETE FROM recon_rest r USING recon_told p WHERE r.line_station = p.line_station AND r.file_seq = p.file_seq
        AND r.line_seq = p.line_seq AND r.seq IS NULL
    """,
)

SALE_PAIRED_ELSEWHERE = """(SELECT min(f.run_date) FROM recon_findings f WHERE f.station_code = p.station_code
    AND f.payment_seq = p.seq AND f.biller_code = :biller AND f.run_date <> :day AND f.line_date IS NOT NULL)"""
"""Gives, of a sale of the day, the other day whose run has paired it, if one has."""
LINE_PAIRED_ELSEWHERE = """(SELECT min(f.run_date) FROM recon_findings f WHERE f.biller_code = :biller
    AND f.line_date = :day AND f.run_date <> f.line_date AND f.file_seq = l.file_seq AND f.line_seq = l.line_seq
    AND f.payment_seq IS NOT NULL)"""
"""Gives, of a line of the day, the other day whose run has paired it, if one has."""
_PAIRED_ELSEWHERE = (
    f"""
    UPDATE recon_rest r SET paired_by = {SALE_PAIRED_ELSEWHERE} FROM payments p
    WHERE r.line_seq IS NULL AND p.station_code = r.station_code AND p.seq = r.seq
    """,
    f"""
    UPDATE recon_rest r SET paired_by = {LINE_PAIRED_ELSEWHERE} FROM settlement_lines l
    WHERE r.seq IS NULL AND l.station_code = r.line_station AND l.biller_code = :biller AND l.business_date = :day
        AND l.file_seq = r.file_seq AND l.line_seq = r.line_seq
    """,
)
_HOLLOW = f"""
INSERT INTO recon_hollow
SELECT l.biller_no FROM recon_rest r JOIN settlement_lines l ON l.station_code = r.line_station
    AND l.biller_code = :biller AND l.business_date = :day AND l.file_seq = r.file_seq AND l.line_seq = r.line_seq
GROUP BY 1 HAVING count(*) > {SAME_NUMBER_MAX}
"""

_IN_WINDOW = "business_date BETWEEN :first AND :last"
_SALE_IS_NOT_ALONE = f"""
    EXISTS (SELECT FROM settlement_lines l WHERE l.station_code = p.station_code AND l.payment_seq = p.seq
        AND l.biller_code = :biller AND l.{_IN_WINDOW})
    OR (p.biller_no <> '' AND p.biller_no NOT IN (SELECT biller_no FROM recon_hollow)
        AND (EXISTS (SELECT FROM settlement_lines l WHERE l.biller_code = :biller AND l.biller_no = p.biller_no
                AND l.{_IN_WINDOW})
            OR EXISTS (SELECT FROM payments o WHERE o.biller_code = :biller AND o.biller_no = p.biller_no
                AND o.biller_no <> '' AND o.business_date = :day
                AND (o.station_code, o.seq) <> (p.station_code, p.seq))))"""
_LINE_IS_NOT_ALONE = f"""
    EXISTS (SELECT FROM payments p WHERE p.station_code = l.station_code AND p.seq = l.payment_seq
        AND p.biller_code = :biller AND p.{_IN_WINDOW})
    OR EXISTS (SELECT FROM settlement_lines o WHERE o.station_code = l.station_code AND o.payment_seq = l.payment_seq
        AND o.biller_code = :biller AND o.business_date = :day
        AND (o.file_seq, o.line_seq) <> (l.file_seq, l.line_seq))
    OR (l.biller_no <> '' AND l.biller_no NOT IN (SELECT biller_no FROM recon_hollow)
        AND (EXISTS (SELECT FROM payments p WHERE p.biller_code = :biller AND p.biller_no <> ''
                AND p.biller_no = l.biller_no AND p.{_IN_WINDOW})
            OR EXISTS (SELECT FROM settlement_lines o WHERE o.biller_code = :biller AND o.biller_no = l.biller_no
                AND o.business_date = :day AND (o.file_seq, o.line_seq) <> (l.file_seq, l.line_seq))))"""

_SALE_KEYS = "s.station_code, s.seq, s.business_date, s.biller_no"
_LINE_KEYS = "s.station_code, s.business_date, s.file_seq, s.line_seq, s.payment_seq, s.biller_no"
_TANGLE = (
    "UPDATE recon_rest SET tangled = true WHERE seq IS NOT NULL AND line_seq IS NOT NULL",
    f"""
    UPDATE recon_rest r SET tangled = true FROM payments p
    WHERE r.paired_by IS NULL AND r.line_seq IS NULL AND p.station_code = r.station_code AND p.seq = r.seq
        AND ({_SALE_IS_NOT_ALONE})
    """,
    f"""
    UPDATE recon_rest r SET tangled = true FROM settlement_lines l
    WHERE r.paired_by IS NULL AND r.seq IS NULL AND l.station_code = r.line_station AND l.biller_code = :biller
        AND l.business_date = :day AND l.file_seq = r.file_seq AND l.line_seq = r.line_seq AND ({_LINE_IS_NOT_ALONE})
    """,
    "ANALYZE recon_rest",
    f"""
    INSERT INTO tangled_sales SELECT DISTINCT {_SALE_KEYS}, 0 FROM recon_rest r
    JOIN payments s ON s.station_code = r.station_code AND s.seq = r.seq WHERE r.tangled
    """,
    f"""
    INSERT INTO tangled_lines SELECT DISTINCT {_LINE_KEYS}, 0 FROM recon_rest r
    JOIN settlement_lines s ON s.station_code = r.line_station AND s.biller_code = :biller AND s.business_date = :day
        AND s.file_seq = r.file_seq AND s.line_seq = r.line_seq WHERE r.tangled
    """,
)

_NUMBERS = "step = :step AND biller_no <> '' AND biller_no NOT IN (SELECT biller_no FROM recon_hollow)"
_GROW = (
    f"""
    INSERT INTO tangled_lines
    SELECT {_LINE_KEYS}, :step + 1 FROM settlement_lines s
    WHERE (s.station_code, s.payment_seq) IN (SELECT station_code, seq FROM tangled_sales WHERE step = :step)
        AND s.biller_code = :biller AND s.{_IN_WINDOW}
    UNION
    SELECT {_LINE_KEYS}, :step + 1 FROM settlement_lines s
    WHERE s.biller_code = :biller AND s.{_IN_WINDOW}
        AND s.biller_no IN (SELECT biller_no FROM tangled_sales WHERE {_NUMBERS})
    UNION
    SELECT {_LINE_KEYS}, :step + 1 FROM settlement_lines s
    WHERE s.biller_code = :biller AND s.business_date = :day
        AND s.biller_no IN (SELECT biller_no FROM tangled_lines WHERE {_NUMBERS})
    UNION
    SELECT {_LINE_KEYS}, :step + 1 FROM settlement_lines s
    WHERE (s.station_code, s.payment_seq) IN (SELECT station_code, payment_seq FROM tangled_lines WHERE step = :step)
        AND s.biller_code = :biller AND s.business_date = :day
    ON CONFLICT DO NOTHING
    """,
    f"""
    INSERT INTO tangled_sales
    SELECT {_SALE_KEYS}, :step + 1 FROM payments s
    WHERE (s.station_code, s.seq) IN (SELECT station_code, payment_seq FROM tangled_lines WHERE step = :step)
        AND s.biller_code = :biller AND s.{_IN_WINDOW}
    UNION
    SELECT {_SALE_KEYS}, :step + 1 FROM payments s
    WHERE s.biller_code = :biller AND s.{_IN_WINDOW} AND s.biller_no <> ''
        AND s.biller_no IN (SELECT biller_no FROM tangled_lines WHERE {_NUMBERS})
    UNION
    SELECT {_SALE_KEYS}, :step + 1 FROM payments s
    WHERE s.biller_code = :biller AND s.business_date = :day AND s.biller_no <> ''
        AND s.biller_no IN (SELECT biller_no FROM tangled_sales WHERE step = :step AND biller_no <> '')
    ON CONFLICT DO NOTHING
    """,
)


def begin(connection: Connection) -> None:
    """Make the run's temporary tables and give its steps room; once a transaction."""
    connection.execute(text(f"SET LOCAL work_mem = '{WORK_MEMORY}'"))
    for setting, value in _PLANNING.items():
        connection.execute(text(f"SET LOCAL {setting} = {value}"))
    connection.execute(text(f"DROP TABLE IF EXISTS {_MADE}"))
    for statement in _TABLES.strip().split(";\n"):
        connection.execute(text(statement))


def match_by_number(connection: Connection, biller_code: str, day: date) -> None:
    """Note how far each station was heard, and leave in ``recon_rest`` all that is not equal by a number."""
    place = {"biller": biller_code, "day": day}
    connection.execute(text("DELETE FROM recon_stations WHERE biller_code = :biller AND run_date = :day"), place)
    for statement in (*_BY_OUR_NUMBER, *_REPEATED, *_PAIRED_ELSEWHERE, *_BY_THEIR_NUMBER, _HOLLOW):
        connection.execute(text(statement), place)


def tangle(connection: Connection, biller_code: str, day: date) -> None:
    """Gather what shares a key, near days and equal pairs included, in ``tangled_sales`` and ``tangled_lines``."""
    near = timedelta(days=SHIFT_DAYS_MAX)
    place = {"biller": biller_code, "day": day, "first": day - near, "last": day + near}
    for statement in _TANGLE:
        connection.execute(text(statement), place)
    for step in range(ROUNDS_MAX):
        connection.execute(text("ANALYZE tangled_sales"))
        connection.execute(text("ANALYZE tangled_lines"))
        if not sum(connection.execute(text(statement), {**place, "step": step}).rowcount for statement in _GROW):
            return
