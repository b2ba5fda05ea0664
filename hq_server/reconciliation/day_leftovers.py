"""What stands alone after the passes by number: written as findings, paired where it is the only pair, or left open.

UNIQUE: a sale and a line of equal account and amount, each the only one, and neither carries a number that says
otherwise; within the day first, then with the day before and after (cut-off shift). BATCH_SUM: sales and lines of one
settlement batch, or of one account, that are equal together. What has several candidates is AMBIGUOUS, for a person.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from hq_server.reconciliation.day_passes import OUR_NO
from station_journal.payment import PaymentStatus

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

ONE_DAY = timedelta(days=1)
ACCOUNT_SUM_MAX = 20
"""Items of one account that may make one sum; among more, some subset fits by chance."""

_BATCH_MAX = 10_000_000
_HELD, _CONFIRMED = int(PaymentStatus.HELD), int(PaymentStatus.CONFIRMED)
_COLUMNS = """station_code, biller_code, run_date, finding_no, break_class, match_key, payment_seq, sale_date,
    line_date, file_seq, line_seq, our_no, biller_no, account_no, ours_fen, theirs_fen, difference_fen"""

_PAID_THERE = "(kind = 'PAY' AND line_status = 'SUCCESS')"
# A confirmed sale and the line of its number, not equal in all: named as `discrepancy.classify` names it.
_PAIRS = f"""
INSERT INTO recon_found ({_COLUMNS})
SELECT station_code, :biller, :day, :after + row_number() OVER (ORDER BY station_code, seq),
    CASE WHEN sale_account <> line_account THEN 'ACCOUNT_MISMATCH' WHEN NOT {_PAID_THERE} THEN 'STATUS_MISMATCH'
        WHEN sale_fen <> line_fen THEN 'AMOUNT_MISMATCH'
        WHEN coalesce(line_fee, sale_fee) <> sale_fee THEN 'FEE_MISMATCH' ELSE 'MATCHED' END,
    'OUR_SERIAL', seq, :day, :day, file_seq, line_seq, our_no, line_no, sale_account, sale_fen, line_fen,
    CASE WHEN {_PAID_THERE} THEN line_fen ELSE 0 END - sale_fen
FROM recon_rest WHERE NOT tangled AND seq IS NOT NULL AND line_seq IS NOT NULL
"""
_ALONE_SALES = f"""
INSERT INTO recon_found ({_COLUMNS}, closed_by_date)
SELECT r.station_code, :biller, :day, :after + row_number() OVER (ORDER BY r.station_code, r.seq),
    CASE WHEN r.sale_status IN ({_HELD}, {_CONFIRMED}) THEN 'OURS_ONLY' ELSE 'MATCHED' END, 'NONE', r.seq, :day,
    NULL, NULL, NULL, {OUR_NO.format("r")}, r.sale_no, r.sale_account, r.sale_fen, NULL,
    CASE WHEN r.sale_status = {_CONFIRMED} THEN -r.sale_fen ELSE 0 END,
    CASE WHEN r.sale_status IN ({_HELD}, {_CONFIRMED}) THEN r.paired_by END
FROM recon_rest r WHERE NOT r.tangled AND r.line_seq IS NULL
"""
_GIVEN_BACK = "(kind = 'REV' AND line_status <> 'FAILED')"
_ALONE_LINES = f"""
INSERT INTO recon_found ({_COLUMNS}, closed_by_date)
SELECT line_station, :biller, :day, :after + row_number() OVER (ORDER BY file_seq, line_seq),
    CASE WHEN {_GIVEN_BACK} THEN 'UNIDENTIFIED_CREDIT' WHEN {_PAID_THERE} THEN 'THEIRS_ONLY' ELSE 'MATCHED' END,
    'NONE', NULL, NULL, :day, file_seq, line_seq, our_no, line_no, line_account, NULL, line_fen,
    CASE WHEN {_GIVEN_BACK} THEN -line_fen WHEN {_PAID_THERE} THEN line_fen ELSE 0 END,
    CASE WHEN {_GIVEN_BACK} OR {_PAID_THERE} THEN paired_by END
FROM recon_rest WHERE NOT tangled AND seq IS NULL
"""

# What this run pairs of other days.
_CLOSE = (
    """
    UPDATE recon_findings o SET closed_by_date = f.run_date FROM recon_found f
    WHERE f.payment_seq IS NOT NULL AND f.line_date IS NOT NULL
        AND f.sale_date <> :day AND o.station_code = f.station_code AND o.payment_seq = f.payment_seq
        AND o.biller_code = :biller AND o.run_date = f.sale_date AND o.line_date IS NULL AND o.closed_by_date IS NULL
        AND o.break_class IN ('OURS_ONLY', 'AMBIGUOUS')
    """,
    """
    UPDATE recon_findings o SET closed_by_date = f.run_date FROM recon_found f
    WHERE f.payment_seq IS NOT NULL AND f.line_date <> :day
        AND o.biller_code = :biller AND o.run_date = f.line_date AND o.line_date = f.line_date
        AND o.file_seq = f.file_seq AND o.line_seq = f.line_seq AND o.payment_seq IS NULL AND o.closed_by_date IS NULL
        AND o.break_class IN ('THEIRS_ONLY', 'AMBIGUOUS', 'UNIDENTIFIED_CREDIT')
    """,
)

_OPEN = (
    "DROP TABLE IF EXISTS open_sales, open_lines",
    f"""
    CREATE TEMP TABLE open_sales ON COMMIT DROP AS
    SELECT f.station_code, f.run_date, f.finding_no, f.payment_seq, f.sale_date, f.our_no, f.account_no, p.amount_fen,
        p.fee_fen, p.biller_no, p.recorded_at AS at, p.status = {_CONFIRMED} AS confirmed
    FROM (SELECT * FROM recon_found UNION ALL
        SELECT * FROM recon_findings WHERE biller_code = :biller AND run_date BETWEEN :first AND :last) f
    JOIN payments p ON p.station_code = f.station_code AND p.seq = f.payment_seq
    WHERE f.break_class = 'OURS_ONLY' AND f.closed_by_date IS NULL
    """,
    """
    CREATE TEMP TABLE open_lines ON COMMIT DROP AS
    SELECT f.station_code, f.run_date, f.finding_no, f.line_date, f.file_seq, f.line_seq, f.our_no, f.account_no,
        l.amount_fen, l.fee_fen, l.biller_no, l.batch_no, l.at
    FROM (SELECT * FROM recon_found UNION ALL
        SELECT * FROM recon_findings WHERE biller_code = :biller AND run_date BETWEEN :first AND :last) f
    JOIN settlement_lines l ON l.station_code = f.station_code AND l.biller_code = :biller
        AND l.business_date = f.line_date AND l.file_seq = f.file_seq AND l.line_seq = f.line_seq
    WHERE f.break_class = 'THEIRS_ONLY' AND f.closed_by_date IS NULL
    """,
    "ANALYZE open_sales, open_lines",
)
_NO_OTHER_NUMBER = "(s.biller_no = '' OR t.biller_no = '')"
_SALES = "(SELECT * FROM open_sales WHERE confirmed AND run_date BETWEEN :first AND :last)"
_LINES = "(SELECT * FROM open_lines WHERE our_no = '' AND run_date BETWEEN :first AND :last)"

_FIND_UNIQUE = f"""
CREATE TEMP TABLE recon_unique ON COMMIT DROP AS
SELECT s.station_code, s.run_date AS sale_run, s.finding_no AS sale_no, s.payment_seq, s.sale_date, s.our_no,
    s.account_no, s.amount_fen, t.station_code AS line_station, t.run_date AS line_run, t.finding_no AS line_no,
    t.line_date, t.file_seq, t.line_seq, coalesce(nullif(t.biller_no, ''), s.biller_no) AS biller_no
FROM (SELECT *, count(*) OVER (PARTITION BY account_no, amount_fen) AS alike FROM {_SALES} a) s
JOIN (SELECT *, count(*) OVER (PARTITION BY account_no, amount_fen) AS alike FROM {_LINES} a) t
    USING (account_no, amount_fen)
WHERE s.alike = 1 AND t.alike = 1 AND {_NO_OTHER_NUMBER} AND coalesce(t.fee_fen, s.fee_fen) = s.fee_fen
    AND :day IN (s.run_date, t.run_date)
"""
_TAKE_UNIQUE = (
    """
    DELETE FROM recon_found f USING recon_unique u
    WHERE f.station_code = u.station_code AND f.finding_no = u.sale_no AND u.sale_run = :day
    """,
    """
    DELETE FROM recon_found f USING recon_unique u
    WHERE f.station_code = u.line_station AND f.finding_no = u.line_no AND u.line_run = :day
    """,
    f"""
    INSERT INTO recon_found ({_COLUMNS})
    SELECT station_code, :biller, :day, CASE WHEN sale_run = :day THEN sale_no ELSE line_no END,
        CASE WHEN sale_date = line_date THEN 'MATCHED' ELSE 'CUTOFF_SHIFT' END, 'UNIQUE', payment_seq, sale_date,
        line_date, file_seq, line_seq, our_no, biller_no, account_no, amount_fen, amount_fen, 0
    FROM recon_unique
    """,
    """
    UPDATE recon_findings f SET closed_by_date = :day FROM recon_unique u WHERE f.biller_code = :biller
        AND f.run_date <> :day AND f.station_code = u.station_code AND f.run_date = u.sale_run
        AND f.finding_no = u.sale_no
    """,
    """
    UPDATE recon_findings f SET closed_by_date = :day FROM recon_unique u WHERE f.biller_code = :biller
        AND f.run_date <> :day AND f.station_code = u.line_station AND f.run_date = u.line_run
        AND f.finding_no = u.line_no
    """,
    """
    DELETE FROM open_sales s USING recon_unique u WHERE s.station_code = u.station_code AND s.run_date = u.sale_run
        AND s.finding_no = u.sale_no
    """,
    """
    DELETE FROM open_lines t USING recon_unique u WHERE t.station_code = u.line_station AND t.run_date = u.line_run
        AND t.finding_no = u.line_no
    """,
)

_SUMS = f"""
CREATE TEMP TABLE recon_sums ON COMMIT DROP AS
WITH s AS (SELECT s.*, {{sale_batch}} AS batch FROM {_SALES} s),
    t AS (SELECT t.*, {{line_batch}} AS batch FROM {_LINES} t),
    sums AS (
        SELECT batch, row_number() OVER (ORDER BY batch) AS group_no
        FROM (SELECT batch, count(*) AS n, sum(amount_fen) AS fen FROM s WHERE batch <> '' GROUP BY 1) a
        JOIN (SELECT batch, count(*) AS n, sum(amount_fen) AS fen FROM t WHERE batch <> '' GROUP BY 1) b USING (batch)
        WHERE a.fen = b.fen AND a.n + b.n > 2 AND a.n + b.n <= :most
    )
SELECT s.station_code, s.finding_no, group_no + :groups AS group_no FROM s JOIN sums USING (batch)
UNION ALL
SELECT t.station_code, t.finding_no, group_no + :groups FROM t JOIN sums USING (batch)
"""
_TAKE_SUMS = (
    """
    UPDATE recon_found f SET break_class = 'MATCHED', match_key = 'BATCH_SUM', group_no = i.group_no,
        difference_fen = 0
    FROM recon_sums i WHERE f.station_code = i.station_code AND f.finding_no = i.finding_no
    """,
    """
    DELETE FROM open_sales s USING recon_sums i WHERE s.run_date = :day AND s.station_code = i.station_code
        AND s.finding_no = i.finding_no
    """,
    """
    DELETE FROM open_lines t USING recon_sums i WHERE t.run_date = :day AND t.station_code = i.station_code
        AND t.finding_no = i.finding_no
    """,
)
_BY_BATCH = _SUMS.format(
    sale_batch="""coalesce((SELECT g.run_no::text FROM gateway_requests g WHERE g.station_code = s.station_code
        AND g.kind = 'PAY' AND g.seq = s.payment_seq), '')""",
    line_batch="t.batch_no",
)
_BY_ACCOUNT = _SUMS.format(sale_batch="s.account_no", line_batch="t.account_no")

_AMBIGUOUS = f"""
WITH s AS (SELECT * FROM {_SALES} a), t AS (SELECT * FROM {_LINES} a),
    alike AS (SELECT s.station_code AS sale_station, s.finding_no AS sale_no, t.station_code AS line_station,
        t.finding_no AS line_no FROM s JOIN t USING (account_no, amount_fen) WHERE {_NO_OTHER_NUMBER}),
    items AS (SELECT sale_station AS station_code, sale_no AS finding_no FROM alike
        UNION SELECT line_station, line_no FROM alike)
UPDATE recon_found f SET break_class = 'AMBIGUOUS' FROM items i
WHERE f.station_code = i.station_code AND f.finding_no = i.finding_no
"""


def write_alone(connection: Connection, biller_code: str, day: date, after: int) -> None:
    """Write a finding for each pair, sale and line that shares a key with nothing else, numbered on from ``after``."""
    for statement in (_PAIRS, _ALONE_SALES, _ALONE_LINES):
        place = {"biller": biller_code, "day": day, "after": after}
        after += connection.execute(text(statement), place).rowcount


def close_across_days(connection: Connection, biller_code: str, day: date) -> None:
    """Mark what other days had left open and this one explains."""
    for statement in _CLOSE:
        connection.execute(text(statement), {"biller": biller_code, "day": day})


def pair_what_is_alone(connection: Connection, biller_code: str, day: date) -> None:
    """Pair the only candidates, then sums, then name what has several candidates."""
    this_day = {"biller": biller_code, "day": day, "first": day, "last": day}
    beside = {**this_day, "first": day - ONE_DAY, "last": day + ONE_DAY}
    for statement in _OPEN:
        connection.execute(text(statement), beside)
    for place in (this_day, beside):
        if connection.execute(text(_FIND_UNIQUE), place).rowcount:
            for statement in _TAKE_UNIQUE:
                connection.execute(text(statement), place)
        connection.execute(text("DROP TABLE recon_unique"))
    groups = 0
    for statement, most in ((_BY_BATCH, _BATCH_MAX), (_BY_ACCOUNT, ACCOUNT_SUM_MAX)):
        if connection.execute(text(statement), {**this_day, "most": most, "groups": groups}).rowcount:
            groups = connection.scalar(text("SELECT max(group_no) FROM recon_sums"))
            for step in _TAKE_SUMS:
                connection.execute(text(step), this_day)
        connection.execute(text("DROP TABLE recon_sums"))
    connection.execute(text(_AMBIGUOUS), this_day)


def store(connection: Connection) -> None:
    """Keep the run's findings, which until now only the run itself has seen."""
    connection.execute(text("INSERT INTO recon_findings SELECT * FROM recon_found"))
