"""The passes of a biller-day in SQL, set by set: what is equal never leaves the database.

In this order, each on what the earlier ones left: our number; the biller's number where the line has none of ours;
then, among what stands alone, items that agree in account and amount and are the only such pair (UNIQUE), and sums per
settlement batch or account (BATCH_SUM). A sale and a line of one number of ours that nothing else shares a key with
name their difference themselves; what shares a key with more is *tangled*: the rule in `matching` judges it. No pass
ends an unknown outcome, and nothing is matched against a number that says otherwise.

Works on temporary tables of the transaction; a run starts with `begin`. What the first join leaves over carries the
columns of both sides along, so that no later step fetches these rows again. What it does not leave is never looked at
again: how many sales there were follows from what the files' lines came to as they were taken in (ADR 0029).
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

OUR_NO = (
    "{0}.station_code || '-' || lpad({0}.seq::text, greatest(6, length({0}.seq::text)), '0') || '-' || {0}.digest_hex"
)
"""Our number of a payment in SQL, as `station_journal.reference_no` writes it."""
_SALES = """(SELECT station_code, seq, digest_hex, biller_no, account_no, amount_fen, fee_fen, status FROM payments
    WHERE biller_code = :biller AND business_date = :day) p"""
_LINES = """(SELECT station_code, payment_seq, our_no, biller_no, account_no, amount_fen, fee_fen, kind, status,
    file_seq, line_seq FROM settlement_lines WHERE biller_code = :biller AND business_date = :day) l"""
_BOTH = """p.station_code, p.seq, p.digest_hex, p.biller_no AS sale_no, p.account_no AS sale_account,
    p.amount_fen AS sale_fen, p.fee_fen AS sale_fee, p.status AS sale_status, l.station_code AS line_station,
    l.payment_seq, l.file_seq, l.line_seq, l.our_no, l.biller_no AS line_no, l.account_no AS line_account,
    l.amount_fen AS line_fen, l.fee_fen AS line_fee, l.kind, l.status AS line_status"""
_AGREE = f"""p.status = {int(PaymentStatus.CONFIRMED)} AND l.kind = 'PAY' AND l.status = 'SUCCESS'
    AND p.amount_fen = l.amount_fen AND p.account_no = l.account_no AND coalesce(l.fee_fen, p.fee_fen) = p.fee_fen"""

_TABLES = """
CREATE TEMP TABLE recon_hollow (biller_no text PRIMARY KEY) ON COMMIT DROP;
CREATE TEMP TABLE tangled_sales (station_code text, seq bigint, business_date date, biller_no text, step int,
    PRIMARY KEY (station_code, seq)) ON COMMIT DROP;
CREATE TEMP TABLE tangled_lines (station_code text, business_date date, file_seq int, line_seq int, payment_seq bigint,
    biller_no text, step int, PRIMARY KEY (business_date, file_seq, line_seq)) ON COMMIT DROP;
CREATE TEMP TABLE recon_found (LIKE recon_findings) ON COMMIT DROP;
"""

_MADE = """recon_hollow, tangled_sales, tangled_lines, recon_rest, recon_found, recon_counts, recon_line_counts,
    recon_repeated, recon_told, recon_numbers"""

# Tables made by a query, since only such a query is shared among processes of the server. Files are counted first: what
# arrives between the two statements is more than was counted, and the day is due again. A payment that stands on two
# lines stands on two of one file, or its files overlap.
_BY_OUR_NUMBER = (
    """
    CREATE TEMP TABLE recon_line_counts ON COMMIT DROP AS
    SELECT station_code, sum(line_count) AS lines, sum(amount_fen) AS fen, max(last_seq) AS last_seq,
        max(file_seq) AS last_file, bool_or(may_repeat OR first_seq <= last_before) IS TRUE AS may_repeat
    FROM (SELECT *, max(last_seq) OVER (PARTITION BY station_code ORDER BY first_seq, file_seq
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_before
        FROM settlement_line_counts WHERE biller_code = :biller AND business_date = :day) files
    GROUP BY station_code
    """,
    "ANALYZE recon_line_counts (station_code, may_repeat)",
    f"""
    CREATE TEMP TABLE recon_rest ON COMMIT DROP AS
    SELECT {_BOTH}, false AS tangled, CAST(NULL AS date) AS paired_by
    FROM {_SALES} FULL JOIN {_LINES} ON p.station_code = l.station_code AND p.seq = l.payment_seq
    WHERE ({_AGREE} AND right(l.our_no, 8) = p.digest_hex) IS NOT TRUE
    """,
    "ANALYZE recon_rest (station_code, seq, line_seq)",
)

_REPEATED = (
    f"""
    CREATE TEMP TABLE recon_repeated ON COMMIT DROP AS
    SELECT l.station_code, l.payment_seq FROM {_LINES} JOIN recon_line_counts c USING (station_code)
    WHERE c.may_repeat AND l.payment_seq IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "ANALYZE recon_repeated",
    f"""
    INSERT INTO recon_rest
    SELECT {_BOTH}, false, NULL
    FROM recon_repeated k JOIN settlement_lines l ON l.station_code = k.station_code AND l.payment_seq = k.payment_seq
        AND l.biller_code = :biller AND l.business_date = :day
    JOIN payments p ON p.station_code = k.station_code AND p.seq = k.payment_seq AND p.biller_code = :biller
        AND p.business_date = :day
    WHERE NOT EXISTS (SELECT FROM recon_rest r WHERE r.station_code = l.station_code AND r.seq = l.payment_seq
        AND r.file_seq = l.file_seq AND r.line_seq = l.line_seq)
    """,
)

# The sales of a station are those that are left, and one for each line of its files that is not left: their amounts
# were equal, and each was confirmed. Its last one is the last that a line names, unless that line found no sale.
_COUNT_SALES = (
    f"""
    CREATE TEMP TABLE recon_counts ON COMMIT DROP AS
    WITH lines AS (
        SELECT line_station AS station_code, count(*) AS lines, sum(line_fen) AS fen,
            max(payment_seq) FILTER (WHERE seq IS NULL) AS no_sale_seq
        FROM recon_rest WHERE payment_seq IS NOT NULL GROUP BY 1
    ), sales AS (
        SELECT station_code, count(*) AS sales, sum(sale_fen) AS fen, sum(sale_status * sale_status) AS status_sum,
            max(seq) AS last_seq
        FROM (SELECT DISTINCT station_code, seq, sale_fen, sale_status FROM recon_rest WHERE seq IS NOT NULL) s
        GROUP BY 1
    ), equal AS (
        SELECT c.station_code, c.lines - coalesce(t.lines, 0) AS sales, c.fen - coalesce(t.fen, 0) AS fen,
            CASE WHEN t.no_sale_seq IS DISTINCT FROM c.last_seq THEN c.last_seq ELSE (
                SELECT max(l.payment_seq) FROM settlement_lines l
                WHERE l.station_code = c.station_code AND l.biller_code = :biller AND l.business_date = :day
                    AND l.file_seq <= c.last_file AND l.payment_seq < c.last_seq
                    AND (l.station_code, l.payment_seq) NOT IN (SELECT line_station, payment_seq FROM recon_rest
                        WHERE seq IS NULL AND payment_seq IS NOT NULL)) END AS last_seq
        FROM recon_line_counts c LEFT JOIN lines t USING (station_code) WHERE c.lines > coalesce(t.lines, 0)
    )
    SELECT station_code, greatest(e.last_seq, s.last_seq) AS upto_seq,
        coalesce(e.sales, 0) + coalesce(s.sales, 0) AS sales, coalesce(e.fen, 0) + coalesce(s.fen, 0) AS fen,
        {int(PaymentStatus.CONFIRMED) ** 2} * coalesce(e.sales, 0) + coalesce(s.status_sum, 0) AS status_sum
    FROM equal e FULL JOIN sales s USING (station_code)
    """,
    """
    INSERT INTO recon_stations (station_code, biller_code, run_date, upto_seq, sale_count, amount_fen)
    SELECT station_code, :biller, :day, upto_seq, sales, fen FROM recon_counts
    """,
)

_BY_THEIR_NUMBER = f"""
CREATE TEMP TABLE recon_told ON COMMIT DROP AS
WITH sales AS (
    SELECT *, count(*) OVER (PARTITION BY sale_no) AS alike FROM recon_rest
    WHERE line_seq IS NULL AND sale_no <> ''
), lines AS (
    SELECT *, count(*) OVER (PARTITION BY line_no) AS alike FROM recon_rest WHERE seq IS NULL AND our_no = ''
)
SELECT p.station_code, p.seq, l.line_station, l.file_seq, l.line_seq
FROM sales p JOIN lines l ON p.sale_no = l.line_no
WHERE p.alike = 1 AND l.alike = 1 AND p.sale_status = {int(PaymentStatus.CONFIRMED)} AND l.kind = 'PAY'
    AND l.line_status = 'SUCCESS' AND p.sale_fen = l.line_fen AND p.sale_account = l.line_account
    AND coalesce(l.line_fee, p.sale_fee) = p.sale_fee
"""
_TAKE_TOLD = (
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
    """
    UPDATE recon_rest r SET paired_by = e.run_date FROM (
        SELECT f.station_code, f.payment_seq, min(f.run_date) AS run_date
        FROM recon_rest s JOIN recon_findings f ON f.station_code = s.station_code AND f.payment_seq = s.seq
        WHERE f.biller_code = :biller AND f.run_date <> :day AND f.line_date IS NOT NULL GROUP BY 1, 2
    ) e WHERE r.station_code = e.station_code AND r.seq = e.payment_seq
    """,
    """
    UPDATE recon_rest r SET paired_by = least(r.paired_by, e.run_date) FROM (
        SELECT file_seq, line_seq, min(run_date) AS run_date FROM recon_findings
        WHERE biller_code = :biller AND line_date = :day AND run_date <> line_date AND payment_seq IS NOT NULL
        GROUP BY 1, 2
    ) e WHERE r.file_seq = e.file_seq AND r.line_seq = e.line_seq
    """,
)
_HOLLOW = f"""
INSERT INTO recon_hollow
SELECT line_no FROM recon_rest WHERE line_seq IS NOT NULL GROUP BY 1 HAVING count(*) > {SAME_NUMBER_MAX}
"""

_IN_WINDOW = "business_date BETWEEN :first AND :last"
_SALE_KEYS = "s.station_code, s.seq, s.business_date, s.biller_no"
_LINE_KEYS = "s.station_code, s.business_date, s.file_seq, s.line_seq, s.payment_seq, s.biller_no"
# Each key of what is left is looked up once; what it leads to beside what is left is of step 1.
_REACHED = (
    """
    CREATE TEMP TABLE recon_numbers ON COMMIT DROP AS
    SELECT biller_no, bool_or(of_sale) AS of_sale, bool_or(NOT of_sale) AS of_line
    FROM (SELECT sale_no AS biller_no, true AS of_sale FROM recon_rest WHERE sale_no <> ''
        UNION ALL SELECT line_no, false FROM recon_rest WHERE line_no <> '') n
    WHERE biller_no NOT IN (SELECT biller_no FROM recon_hollow) GROUP BY 1 ORDER BY 1
    """,
    f"""
    INSERT INTO tangled_lines
    SELECT {_LINE_KEYS}, 1 FROM (
        SELECT s.* FROM recon_numbers n JOIN settlement_lines s ON s.biller_code = :biller
            AND s.biller_no = n.biller_no AND s.{_IN_WINDOW} AND (n.of_sale OR s.business_date = :day)
        UNION ALL
        SELECT s.* FROM recon_rest r JOIN settlement_lines s ON s.station_code = r.station_code
            AND s.payment_seq = r.seq AND s.biller_code = :biller AND s.{_IN_WINDOW}
    ) s LEFT JOIN recon_rest r ON s.business_date = :day AND r.file_seq = s.file_seq AND r.line_seq = s.line_seq
    WHERE r.line_seq IS NULL
    ON CONFLICT DO NOTHING
    """,
    f"""
    INSERT INTO tangled_sales
    SELECT {_SALE_KEYS}, 1 FROM (
        SELECT s.* FROM recon_numbers n JOIN payments s ON s.biller_code = :biller AND s.biller_no = n.biller_no
            AND s.biller_no <> '' AND s.{_IN_WINDOW} AND (n.of_line OR s.business_date = :day)
        UNION ALL
        SELECT s.* FROM recon_rest r JOIN payments s ON s.station_code = r.line_station AND s.seq = r.payment_seq
            AND s.biller_code = :biller AND s.{_IN_WINDOW} WHERE r.seq IS NULL
    ) s LEFT JOIN recon_rest r ON r.station_code = s.station_code AND r.seq = s.seq
    WHERE r.seq IS NULL
    ON CONFLICT DO NOTHING
    """,
)
# A confirmed sale and the line of its number name their difference themselves. A sale or line that the run of another
# day has paired is no matter of this one.
_TANGLE = (
    f"""
    WITH numbers AS MATERIALIZED (
        SELECT n FROM (
            SELECT sale_no AS n FROM recon_rest
            UNION ALL SELECT line_no FROM recon_rest WHERE line_no IS DISTINCT FROM sale_no
            UNION ALL SELECT biller_no FROM tangled_sales UNION ALL SELECT biller_no FROM tangled_lines) shared
        WHERE n <> '' AND n NOT IN (SELECT biller_no FROM recon_hollow) GROUP BY 1 HAVING count(*) > 1
    ), of_one_sale AS MATERIALIZED (
        SELECT station_code, seq FROM (
            SELECT coalesce(station_code, line_station) AS station_code, coalesce(seq, payment_seq) AS seq
            FROM recon_rest UNION ALL SELECT station_code, seq FROM tangled_sales
            UNION ALL SELECT station_code, payment_seq FROM tangled_lines) shared
        WHERE seq IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1
    )
    UPDATE recon_rest r SET tangled = true
    WHERE ((coalesce(r.station_code, r.line_station), coalesce(r.seq, r.payment_seq)) IN (SELECT * FROM of_one_sale)
            OR r.sale_no IN (SELECT n FROM numbers) OR r.line_no IN (SELECT n FROM numbers))
            AND (r.paired_by IS NULL OR (r.seq IS NOT NULL AND r.line_seq IS NOT NULL))
        OR (r.seq IS NOT NULL AND r.line_seq IS NOT NULL
            AND (r.paired_by IS NOT NULL OR r.sale_status <> {int(PaymentStatus.CONFIRMED)}
                OR r.our_no <> {OUR_NO.format("r")} OR r.line_no IN (SELECT biller_no FROM recon_hollow)
                OR r.sale_no IN (SELECT biller_no FROM recon_hollow)))
    """,
    """
    INSERT INTO tangled_sales SELECT DISTINCT station_code, seq, CAST(:day AS date), sale_no, 0 FROM recon_rest
    WHERE tangled AND seq IS NOT NULL ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO tangled_lines
    SELECT DISTINCT line_station, CAST(:day AS date), file_seq, line_seq, payment_seq, line_no, 0 FROM recon_rest
    WHERE tangled AND line_seq IS NOT NULL ON CONFLICT DO NOTHING
    """,
)
# Whatever the keys led to is the rule's, also where nothing led back from it.
_GROWN = """
UPDATE recon_rest r SET tangled = true
WHERE NOT r.tangled AND r.paired_by IS NULL
    AND ((r.station_code, r.seq) IN (SELECT station_code, seq FROM tangled_sales)
        OR (r.file_seq, r.line_seq) IN (SELECT file_seq, line_seq FROM tangled_lines WHERE business_date = :day))
"""

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
    for statement in (*_BY_OUR_NUMBER, *_REPEATED, *_COUNT_SALES, *_PAIRED_ELSEWHERE):
        connection.execute(text(statement), place)
    if connection.execute(text(_BY_THEIR_NUMBER), place).rowcount:
        for statement in _TAKE_TOLD:
            connection.execute(text(statement), place)
    connection.execute(text(_HOLLOW))


def tangle(connection: Connection, biller_code: str, day: date) -> None:
    """Gather what shares a key, near days and equal pairs included, in ``tangled_sales`` and ``tangled_lines``."""
    near = timedelta(days=SHIFT_DAYS_MAX)
    place = {"biller": biller_code, "day": day, "first": day - near, "last": day + near}
    for statement in (*_REACHED, *_TANGLE):
        connection.execute(text(statement), place)
    connection.execute(text("ANALYZE tangled_sales (station_code, seq, step), tangled_lines (station_code, step)"))
    for step in range(1, ROUNDS_MAX):
        if not sum(connection.execute(text(statement), {**place, "step": step}).rowcount for statement in _GROW):
            break
    connection.execute(text(_GROWN), place)
