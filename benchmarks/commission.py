"""A month's commission of 5,000 stations: counting, lines, tax, keeping the list; and the same month again.

Each station sold 6.5 bills a day, as the rules say is typical: 195 in the month, all matched. A month before is listed
already, and one in a hundred of its sales was reversed since, so that clawbacks are computed as well.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import text

from benchmarks.figure import Figure
from benchmarks.scratch_database import scratch_database
from benchmarks.trade import tariff
from hq_server.commission.counting import last_day
from hq_server.commission.runs import list_month, recompute
from hq_server.db import make_engine
from hq_server.db.migrating import migrate
from hq_server.reference.staff import Role, StaffMember
from hq_server.reference.working_days import seeded_table
from station_journal.payment import PaymentStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

STATIONS = 5_000
SALES_A_STATION = 195
EARLIER_A_STATION = 20
REVERSED_OF_EARLIER = 100
TARGET_S = 60.0
MAKER = StaffMember(11, "张三", Role.ECOM)
EARLIER, MONTH = 202610, 202611
NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


def figures() -> Iterator[Figure]:
    """Measure the run and its proof."""
    with scratch_database() as url:
        engine = make_engine(url)
        try:
            migrate(engine)
            yield from _measure(engine)
        finally:
            engine.dispose()


def _measure(engine: Engine) -> Iterator[Figure]:
    _set_up(engine)
    _sell(engine, EARLIER, EARLIER_A_STATION, first_seq=1)
    _list(engine, EARLIER)
    with engine.begin() as connection:
        reverse = "UPDATE payments SET status = :reversed WHERE seq = 1 AND hashtext(station_code) % :of = 0"
        values = {"reversed": int(PaymentStatus.REVERSED), "of": REVERSED_OF_EARLIER // EARLIER_A_STATION}
        reversed_count = connection.execute(text(reverse), values).rowcount
    _sell(engine, MONTH, SALES_A_STATION, first_seq=EARLIER_A_STATION + 1)
    started = time.perf_counter()
    sales = _list(engine, MONTH)
    run_s = time.perf_counter() - started
    assert sales == STATIONS * SALES_A_STATION + reversed_count, sales
    started = time.perf_counter()
    with engine.connect() as connection:
        assert recompute(connection, MONTH).same
    yield Figure("commission_run_s", run_s, "s", TARGET_S)
    yield Figure("commission_recompute_s", time.perf_counter() - started, "s", TARGET_S)
    yield Figure("commission_sales", float(sales), "sales")


def _list(engine: Engine, month: int) -> int:
    with engine.begin() as connection:
        made = list_month(connection, MAKER, month, seeded_table(), NOW)
    assert made.gross_fen > 0
    assert made.waiting == 0
    return made.sales


def _set_up(engine: Engine) -> None:
    document = tariff()
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO tariffs VALUES (:hash, :version, :day, :document, :at, 11)"),
            {
                "hash": document.hash,
                "version": document.version,
                "day": date(2026, 1, 1),
                "document": document.to_bytes(),
                "at": NOW,
            },
        )
        connection.execute(
            text("""
                INSERT INTO agreements (station_code, terms_no, valid_from, payee_name, settlement_account, tax_regime,
                    maker_no, made_at, state, approver_no, decided_at)
                SELECT 'ST-' || n, 1, '2026-01-01', '张三', '6217990000' || n, 'LABOUR_WITHHOLDING',
                    11, :at, 'APPROVED', 12, :at
                FROM generate_series(1, :stations) n
            """),
            {"at": NOW, "stations": STATIONS},
        )


_SALES = text("""
    INSERT INTO payments (station_code, seq, operation_no, recorded_at, business_date, operator_no, product_code,
        biller_code, account_no, bill_no, bill_period, payer_name, amount_fen, fee_fen, tendered_fen, offline, status,
        cash, biller_no, reason, receipt_seq, receipt_no, pending_seq, invoice_no, reversal_seq, source_seq,
        answered_seq, released_seq, reversal_refused_seq)
    SELECT 'ST-' || n, :first_seq + k, :first_seq + k, CAST(:day AS date) + k % 28, CAST(:day AS date) + k % 28, 1,
        (CAST(:products AS bigint[]))[1 + (n + k) % :product_count], 'B', '5107800001', 'B' || k, '2026-10', '*三',
        3000 + (n * 7919 + k * 104729) % 20000, 0, 30000, false, :confirmed, 2, 'N' || k, '', 0, 0, 0, '', 0, 0, 1, 0, 0
    FROM generate_series(1, :stations) n, generate_series(0, :sales - 1) k
""")


def _sell(engine: Engine, month: int, sales: int, first_seq: int) -> None:
    """Write a month's payments as the ledger would have them, confirmed and matched."""
    products = [product.code for product in tariff().products]
    day = last_day(month).replace(day=1)
    values = {
        "first_seq": first_seq,
        "day": day,
        "products": products,
        "product_count": len(products),
        "confirmed": int(PaymentStatus.CONFIRMED),
        "stations": STATIONS,
        "sales": sales,
    }
    with engine.begin() as connection:
        connection.execute(_SALES, values)
        connection.execute(_MATCHED, {"first_seq": first_seq})
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("ANALYZE"))


_MATCHED = text("""
    INSERT INTO recon_stations (station_code, biller_code, run_date, upto_seq, sale_count, amount_fen)
    SELECT station_code, biller_code, business_date, max(seq), count(*), sum(amount_fen)
    FROM payments WHERE seq >= :first_seq GROUP BY 1, 2, 3
""")
