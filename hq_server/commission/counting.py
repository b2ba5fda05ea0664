"""Which sales a month's commission counts: confirmed, matched with the biller's file, undisputed, not counted before.

What is counted is kept sale by sale, and a month is always summed up from what was kept, when it is listed and whenever
it is computed again: later sales, files and answers find it as it was. One statement each, whatever the network's size.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from hq_server.commission.disputed import disputed_sales
from hq_server.commission.rates import RateNotKnown
from hq_server.commission.rules import EarnedGroup, TakenGroup
from hq_server.db.distributed import is_distributed
from hq_server.reconciliation.matched import IS_MATCHED, MATCHED_BY_FINDING, MATCHED_BY_RUN
from station_journal.payment import PaymentStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection
    from sqlalchemy.sql.elements import TextClause

    from hq_server.commission.rate_tables import PinnedRates

_MONTHS = 12
_HELD = "SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:seqs AS bigint[])) AS held (station_code, seq)"
_EARNS = f"""p.status = {int(PaymentStatus.CONFIRMED)} AND p.business_date <= :last
    AND NOT EXISTS (SELECT FROM commission_sales c
                    WHERE c.station_code = p.station_code AND c.payment_seq = p.seq AND NOT c.taken_back)"""
_UNDISPUTED = f"NOT EXISTS (SELECT FROM ({_HELD}) h WHERE h.station_code = p.station_code AND h.seq = p.seq)"
_COUNT_EARNED = text(f"""
    INSERT INTO commission_sales (station_code, payment_seq, taken_back, month, of_month)
    SELECT p.station_code, p.seq, false, :month, 0 FROM payments p
    WHERE {_EARNS} AND {MATCHED_BY_RUN} AND {_UNDISPUTED}
    UNION ALL
    SELECT p.station_code, p.seq, false, :month, 0 FROM payments p
    WHERE {_EARNS} AND {MATCHED_BY_FINDING} AND {_UNDISPUTED}
""")  # noqa: S608
_COUNT_TAKEN = text(f"""
    INSERT INTO commission_sales (station_code, payment_seq, taken_back, month, of_month)
    SELECT c.station_code, c.payment_seq, true, :month, c.month
    FROM commission_sales c JOIN payments p ON p.station_code = c.station_code AND p.seq = c.payment_seq
    WHERE NOT c.taken_back AND p.status = {int(PaymentStatus.REVERSED)} AND c.month < :month
      AND NOT EXISTS (SELECT FROM commission_sales b
                      WHERE b.station_code = c.station_code AND b.payment_seq = c.payment_seq AND b.taken_back)
      AND {_UNDISPUTED}
""")  # noqa: S608
# What was counted is left out first: only the few sales that are left are asked whether they are matched.
_LEFT = f"WITH p AS MATERIALIZED (SELECT * FROM payments p WHERE {_EARNS}) SELECT count(*) FROM p"  # noqa: S608
_WAITING = f"{_LEFT} WHERE NOT {IS_MATCHED}"
_DISPUTED = f"{_LEFT} WHERE {IS_MATCHED} AND NOT {_UNDISPUTED}"

_RATES = """rates AS (SELECT * FROM unnest(CAST(:months AS int[]), CAST(:numbers AS int[]), CAST(:products AS bigint[]),
    CAST(:firsts AS date[]), CAST(:ends AS date[])) AS r (run_month, rate_no, product_code, first_on, before))"""
_IN_FORCE = "r.product_code = p.product_code AND p.business_date >= r.first_on AND p.business_date < r.before"
_EARNED = text(f"""
    WITH {_RATES}
    SELECT s.station_code, p.product_code, r.rate_no, count(*), sum(p.amount_fen), min(p.business_date)
    FROM commission_sales s JOIN payments p ON p.station_code = s.station_code AND p.seq = s.payment_seq
    LEFT JOIN rates r ON r.run_month = :month AND {_IN_FORCE}
    WHERE s.month = :month AND NOT s.taken_back GROUP BY 1, 2, 3
""")  # noqa: S608
_TAKEN = text(f"""
    WITH {_RATES},
    back AS (SELECT DISTINCT station_code, of_month FROM commission_sales WHERE month = :month AND taken_back),
    sales AS (
        SELECT s.station_code, s.payment_seq, s.taken_back, s.month = :month AS now, b.of_month
        FROM commission_sales s JOIN back b ON b.station_code = s.station_code
            AND b.of_month = CASE WHEN s.taken_back THEN s.of_month ELSE s.month END
        WHERE NOT s.taken_back OR s.month <= :month)
    SELECT s.station_code, p.product_code, r.rate_no, s.of_month,
        count(*) FILTER (WHERE NOT taken_back) - count(*) FILTER (WHERE taken_back AND NOT now),
        coalesce(sum(amount_fen) FILTER (WHERE NOT taken_back), 0)
            - coalesce(sum(amount_fen) FILTER (WHERE taken_back AND NOT now), 0),
        count(*) FILTER (WHERE taken_back AND now), sum(amount_fen) FILTER (WHERE taken_back AND now),
        min(p.business_date)
    FROM sales s JOIN payments p ON p.station_code = s.station_code AND p.seq = s.payment_seq
    LEFT JOIN rates r ON r.run_month = s.of_month AND {_IN_FORCE}
    GROUP BY 1, 2, 3, 4 HAVING count(*) FILTER (WHERE taken_back AND now) > 0
""")  # noqa: S608


def last_day(month: int) -> date:
    """Give the last date of a month given as YYYYMM."""
    year, number = divmod(month, 100)
    following = date(year + (number == _MONTHS), number % _MONTHS + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def _disputes(connection: Connection) -> dict[str, list[Any]]:
    held = disputed_sales(connection)
    return {"codes": [code for code, _ in held], "seqs": [seq for _, seq in held]}


def count_sales(connection: Connection, month: int) -> int:
    """Keep which sales the month counts and which it takes back; gives how many.

    Sales up to the month's end earn; those that match late are counted in the month they match, and those whose sum is
    disputed once the dispute has ended. Taken back is what an earlier run counted and was reversed since.
    """
    values = {"month": month, "last": last_day(month), **_disputes(connection)}
    counted = connection.execute(_COUNT_EARNED, values).rowcount
    del values["last"]
    return counted + connection.execute(_COUNT_TAKEN, values).rowcount


def waiting_count(connection: Connection, month: int) -> int:
    """Count the confirmed sales up to the month's end that wait for their match and so earn later."""
    return connection.scalar(_left(connection, _WAITING), {"last": last_day(month)}) or 0


def disputed_count(connection: Connection, month: int) -> int:
    """Count the matched sales up to the month's end that are left out while their sum is disputed."""
    return connection.scalar(_left(connection, _DISPUTED), {"last": last_day(month), **_disputes(connection)}) or 0


def _left(connection: Connection, query: str) -> TextClause:
    """Give the query, on Citus without its fence: what is read first by itself is not joined by station there."""
    return text(query.replace(" MATERIALIZED", " NOT MATERIALIZED") if is_distributed(connection) else query)


def earned_groups(connection: Connection, month: int, rates: PinnedRates) -> list[EarnedGroup]:
    """Sum up what the month counted by station, product and rate.

    Raises:
        RateNotKnown: a counted sale has no rate in force; the month is computed whole or not at all.
    """
    values = {"month": month, **_columns({month: rates})}
    return [
        EarnedGroup(code, _rate(rates, number, product, first), count, int(base_fen))
        for code, product, number, count, base_fen, first in connection.execute(_EARNED, values)
    ]


def taken_groups(connection: Connection, month: int, rates: Mapping[int, PinnedRates]) -> list[TakenGroup]:
    """Sum up what the month takes back, at the rates of the runs that had counted it (by month, in ``rates``).

    Raises:
        RateNotKnown: as for `earned_groups`.
    """
    values = {"month": month, **_columns(rates)}
    return [
        TakenGroup(
            code, _rate(rates[of_month], number, product, first), of_month, stood, int(stood_fen), count, int(fen)
        )
        for code, product, number, of_month, stood, stood_fen, count, fen, first in connection.execute(_TAKEN, values)
    ]


def _rate(rates: PinnedRates, number: int | None, product: int, on: date) -> Any:  # noqa: ANN401 - a `Rate`
    if number is None:
        raise RateNotKnown(product, on)
    return rates.rates[number]


def _columns(rates: Mapping[int, PinnedRates]) -> dict[str, list[Any]]:
    rows = [(month, *row) for month, pinned in rates.items() for row in pinned.rows()]
    names = ("months", "numbers", "products", "firsts", "ends")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}
