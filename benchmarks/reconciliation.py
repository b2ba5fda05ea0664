"""One biller-day reconciled: every class planted, what is found, and the time over a bare full outer join in SQL.

The day has as many lines as ``RECON_LINES`` says (a million unless told otherwise) on 5,000 stations; one sale in a
hundred is broken. The time is that of the whole run as staff start it: matching, findings, cases. The reference joins
the same two tables on the same server by our number and counts what is absent or differs in amount: the least that
any reconciliation must do. Peak memory is the whole server, shared buffers included, and the client.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from benchmarks.figure import Figure
from benchmarks.scratch_database import scratch_database
from hq_server.db import make_engine
from hq_server.db.migrating import migrate
from hq_server.hq_journal import HqJournal
from hq_server.reconciliation.day_passes import WORK_MEMORY
from hq_server.reconciliation.day_run import reconcile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

LINES = int(os.environ.get("RECON_LINES", "1000000"))
STATIONS = 5_000
ROUNDS = 3
DAY = date(2026, 11, 23)
_AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
_SAMPLE_S = 0.1
_KINDS = 13

# Sale i is broken where 100 divides i; how, says i / 100 modulo 13. Its station is i modulo 5000.
_SALES = """
INSERT INTO payments (station_code, seq, operation_no, recorded_at, business_date, operator_no, product_code,
    biller_code, account_no, bill_no, bill_period, payer_name, amount_fen, fee_fen, tendered_fen, offline, status, cash,
    biller_no,
    reason, receipt_seq, receipt_no, pending_seq, invoice_no, reversal_seq, source_seq, answered_seq, released_seq,
    reversal_refused_seq, digest_hex)
SELECT station, seq, seq, '2026-11-23 01:00Z'::timestamptz + (i % 36000) * interval '1 second', :day, 2, 101, 'SCDL',
    CASE WHEN b IN (9, 12) THEN 'A' || i / 2 ELSE 'A' || i END, 'B' || i, '202611', '*', fen, 50, 100000, false,
    CASE WHEN kind = 3 THEN 4 ELSE 2 END, 2,
    CASE WHEN b IN (9, 10, 12) THEN '' WHEN kind = 4 THEN 'N' || i + 1 ELSE 'N' || i END,
    '', seq + 1, seq, 0, '', 0, 0, seq, 0, 0, substr(md5(i::text), 1, 8)
FROM bench_sales WHERE kind IS DISTINCT FROM 1
"""
# Money given back (kind 11) is of a sum that no station took: whom to tell is not measured here.
# A pair of the kinds 9 and 12 is i and i + 1; b is the kind of whichever pair a sale belongs to.
_PLAN = """
CREATE TABLE bench_sales AS
SELECT i, 'ST-' || lpad((i % 5000)::text, 4, '0') AS station, i / 5000 + 1 AS seq, kind,
    coalesce(kind, partner, -1) AS b,
    CASE WHEN coalesce(kind, partner, -1) = 9 THEN 7000 ELSE 100 + (i::bigint * 7919) % 50000 END AS fen
FROM (SELECT i, CASE WHEN i % 100 = 0 THEN i / 100 % 13 END AS kind,
        CASE WHEN i % 100 = 1 AND i / 100 % 13 IN (9, 12) THEN i / 100 % 13 END AS partner
    FROM generate_series(0, :lines - 1) i) numbered
"""
_LINE = """
INSERT INTO settlement_lines (station_code, biller_code, business_date, file_seq, line_seq, our_no, payment_seq,
    biller_no, account_no, at, kind, amount_fen, status, fee_fen)
SELECT {station}, 'SCDL', {day}, 1, {number}, {ours}, {seq}, {theirs}, {account},
    '2026-11-23 01:00Z'::timestamptz + (i % 36000) * interval '1 second', '{kind}', {fen}, 'SUCCESS', {fee}
FROM bench_sales WHERE {where}
"""
_OURS = "station || '-' || lpad(seq::text, 6, '0') || '-' || substr(md5(i::text), 1, 8)"
_NONE = {"station": "'BILLER:SCDL'", "ours": "''", "seq": "NULL", "day": ":day", "fee": "NULL", "kind": "PAY"}
_LINES = (
    _LINE.format(
        station="station",
        day="CASE WHEN kind = 8 THEN CAST(:day AS date) + 1 ELSE CAST(:day AS date) END",
        number="i + 1",
        ours=_OURS,
        seq="seq",
        theirs="'N' || i",
        account="CASE WHEN kind = 6 THEN 'Z' || i ELSE 'A' || i END",
        kind="PAY",
        fen="CASE WHEN kind = 2 THEN fen + 1 ELSE fen END",
        fee="CASE WHEN kind = 7 THEN 99 WHEN i % 2 = 0 THEN 50 END",
        where="coalesce(kind, -1) NOT IN (0, 4, 9, 10, 12) AND b NOT IN (9, 12)",
    ),
    _LINE.format(
        **{**_NONE, "station": "station", "ours": _OURS, "seq": "seq"},
        number="2000000000 + i / 100",
        theirs="'M' || i",
        account="'A' || i",
        fen="fen",
        where="kind = 5",
    ),
    _LINE.format(**_NONE, number="i + 1", theirs="'L' || i", account="'A' || i / 2", fen="fen", where="kind = 9"),
    _LINE.format(**_NONE, number="i + 1", theirs="'L' || i", account="'A' || i", fen="fen", where="kind = 10"),
    _LINE.format(
        **{**_NONE, "kind": "REV"},
        number="2100000000 + i / 100",
        theirs="'R' || i",
        account="'A' || i",
        fen="60001",
        where="kind = 11",
    ),
    _LINE.format(
        **_NONE,
        number="i + 1",
        theirs="'L' || i",
        account="'A' || i / 2",
        fen="fen + 100 + ((i + 1)::bigint * 7919) % 50000",
        where="kind = 12",
    ),
)
_EXPECTED = """
CREATE TABLE bench_expected AS
SELECT 'S:' || station || ':' || seq AS item, (ARRAY['OURS_ONLY', '', 'AMOUNT_MISMATCH', 'STATUS_MISMATCH',
    'DUPLICATE_OURS', '', 'ACCOUNT_MISMATCH', 'FEE_MISMATCH', 'CUTOFF_SHIFT', 'AMBIGUOUS'])[b + 1] AS break_class
FROM bench_sales WHERE b IN (0, 2, 3, 4, 6, 7, 8, 9)
UNION ALL SELECT 'L:' || i + 1, 'THEIRS_ONLY' FROM bench_sales WHERE kind = 1
UNION ALL SELECT 'L:' || 2000000000 + i / 100, 'DUPLICATE_THEIRS' FROM bench_sales WHERE kind = 5
UNION ALL SELECT 'L:' || i + 1, 'AMBIGUOUS' FROM bench_sales WHERE kind = 9
UNION ALL SELECT 'L:' || 2100000000 + i / 100, 'UNIDENTIFIED_CREDIT' FROM bench_sales WHERE kind = 11
"""
# Of two lines of one sale, whichever is named the repeated one is right.
_FOUND = """
WITH found AS (
    SELECT CASE WHEN f.payment_seq IS NOT NULL THEN 'S:' || f.station_code || ':' || f.payment_seq
        WHEN f.break_class = 'DUPLICATE_THEIRS' THEN 'L:' || (SELECT 2000000000 + i / 100 FROM bench_sales s
            WHERE s.station = f.station_code AND s.seq = (SELECT payment_seq FROM settlement_lines l
                WHERE l.station_code = f.station_code AND l.biller_code = 'SCDL' AND l.business_date = f.line_date
                AND l.file_seq = f.file_seq AND l.line_seq = f.line_seq))
        ELSE 'L:' || f.line_seq END AS item, f.break_class
    FROM recon_findings f WHERE f.break_class <> 'MATCHED'
)
SELECT (SELECT count(*) FROM bench_expected),
    (SELECT count(*) FROM bench_expected JOIN found USING (item, break_class)),
    (SELECT count(*) FROM found LEFT JOIN bench_expected USING (item, break_class) WHERE bench_expected.item IS NULL),
    (SELECT count(DISTINCT break_class) FROM bench_expected)
"""
_REFERENCE = """
SELECT count(*), count(*) FILTER (WHERE p.amount_fen IS DISTINCT FROM l.amount_fen)
FROM (SELECT * FROM payments WHERE biller_code = 'SCDL' AND business_date = :day) p
FULL OUTER JOIN (SELECT * FROM settlement_lines WHERE biller_code = 'SCDL' AND business_date = :day) l
    ON p.station_code = l.station_code AND p.seq = l.payment_seq
"""
_LINE_COUNTS = """
INSERT INTO settlement_line_counts
SELECT station_code, biller_code, business_date, file_seq, count(*), sum(amount_fen), min(payment_seq),
    max(payment_seq), count(*) > count(DISTINCT payment_seq)
FROM settlement_lines WHERE payment_seq IS NOT NULL GROUP BY 1, 2, 3, 4
"""
_FILE = """
INSERT INTO received_files (sha256, file_name, purpose, party_code, business_date, file_seq, profile_name,
    profile_version, state, line_count, amount_fen, net_fen, fee_fen, byte_count, imported_by, imported_at)
VALUES ('0', 'SCDL', 'BILLER', 'SCDL', :day, 1, 'default', 1, 'ACCEPTED', :lines, 0, 0, 0, 0, 11, :at)
"""


def figures() -> Iterator[Figure]:
    """Plant, reconcile, and hold what was found against what was planted."""
    with scratch_database() as url:
        engine = make_engine(url)
        try:
            migrate(engine)
            _plant(engine)
            yield from _measure(engine)
        finally:
            engine.dispose()


def _plant(engine: Engine) -> None:
    place = {"day": DAY, "lines": LINES, "at": _AT}
    with engine.begin() as connection:
        for statement in (_PLAN, _SALES, *_LINES, _LINE_COUNTS, _EXPECTED, _FILE):
            connection.execute(text(statement), place)
        connection.execute(text("CREATE INDEX ON bench_sales (station, seq)"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _measure(engine: Engine) -> Iterator[Figure]:
    """Take the quickest of some rounds for each part, since whatever else the machine does only ever slows one down."""
    journal = HqJournal(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    stopping, peak = Event(), [0.0]
    watcher = Thread(target=_watch, args=(_server(engine), stopping, peak), daemon=True)
    watcher.start()
    join_s: list[float] = []
    run_s: list[float] = []
    lines = 0
    for _ in range(ROUNDS):
        with engine.begin() as connection:  # each round finds its breaks for the first time
            connection.execute(text("TRUNCATE break_cases, break_events, recon_findings, recon_stations, recon_days"))
        join_s.append(_join(engine))
        started = time.perf_counter()
        result = reconcile(engine, journal, "SCDL", DAY, _AT)
        run_s.append(time.perf_counter() - started)
        lines = result.line_count
    stopping.set()
    watcher.join()
    with engine.connect() as connection:
        planted, right, wrong, classes = connection.execute(text(_FOUND)).one()
    yield Figure("recon_lines", lines, "lines")
    yield Figure("recon_classes", classes, "classes")
    yield Figure("recon_found_pct", 100 * right / planted, "%", 100.0)
    yield Figure("recon_false", wrong, "findings")
    yield Figure("recon_s", min(run_s), "s", min(join_s))
    yield Figure("recon_vs_join", min(run_s) / min(join_s), "ratio", 3.0)
    yield Figure("recon_peak_mb", peak[0], "MB", 500.0)


def _join(engine: Engine) -> float:
    with engine.connect() as connection:
        connection.execute(text(f"SET work_mem = '{WORK_MEMORY}'"))
        connection.execute(text("SET jit = off"))
        started = time.perf_counter()
        connection.execute(text(_REFERENCE), {"day": DAY}).one()
        return time.perf_counter() - started


def _server(engine: Engine) -> int:
    """Give the process id of the server itself: the parent of whoever serves us."""
    with engine.connect() as connection:
        served_by = connection.scalar(text("SELECT pg_backend_pid()"))
    return _parent(Path(f"/proc/{served_by}"))


def _parent(process: Path) -> int:
    return int((process / "stat").read_text().rpartition(")")[2].split()[1])


def _watch(server: int, stopping: Event, peak: list[float]) -> None:
    """Keep the most memory that server and client held together, each shared page counted once."""
    while not stopping.wait(_SAMPLE_S):
        peak[0] = max(peak[0], sum(_memory_mb(server, process) for process in Path("/proc").glob("[0-9]*")))


def _memory_mb(server: int, process: Path) -> float:
    try:
        if process.name not in {str(os.getpid()), str(server)} and _parent(process) != server:
            return 0.0
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
