"""A biller-day on one machine, where the database is spread over several: what the passes read is fetched first.

The passes join what they have found so far, in temporary tables, with sales, lines and findings. Citus joins no
temporary table with a distributed one. There, temporary tables of the same names are laid before the distributed ones
(PostgreSQL looks for a name among temporary tables first), filled with the biller's days within the window, and what
the passes wrote is carried back. On a database of one machine nothing of this happens.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from hq_server.db.distributed import is_distributed
from hq_server.reconciliation.matching import SHIFT_DAYS_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from sqlalchemy import Connection

_OF_DAYS = "biller_code = :biller AND {column} BETWEEN :first AND :last"
_SALES = _OF_DAYS.format(column="business_date")
_RUNS = _OF_DAYS.format(column="run_date")
_FETCHED = {
    # A sale that a line of the window names is fetched whatever its date.
    "payments": f"""{_SALES} OR (station_code, seq) IN (SELECT station_code, payment_seq
        FROM {{schema}}.settlement_lines WHERE {_SALES})""",
    "settlement_lines": _SALES,
    "gateway_requests": f"""kind = 'PAY' AND (station_code, seq) IN (SELECT station_code, seq
        FROM {{schema}}.payments WHERE {_SALES})""",
    "recon_findings": _RUNS,
    "recon_stations": _RUNS,
}
"""What is fetched of each table."""
_WRITTEN = ("recon_findings", "recon_stations")


@contextmanager
def day_at_hand(connection: Connection, biller_code: str, day: date) -> Iterator[None]:
    """Fetch a biller-day with the days around it where the database is distributed, and carry back what was found."""
    if not is_distributed(connection):
        yield
        return
    schema = connection.scalar(text("SELECT quote_ident(current_schema())"))
    near = timedelta(days=SHIFT_DAYS_MAX)
    place = {"biller": biller_code, "first": day - near, "last": day + near}
    for table, where in _FETCHED.items():
        connection.execute(text(f"CREATE TEMP TABLE {table} (LIKE {schema}.{table} INCLUDING ALL) ON COMMIT DROP"))
        connection.execute(
            text(f"INSERT INTO pg_temp.{table} SELECT * FROM {schema}.{table} WHERE {where.format(schema=schema)}"),
            place,
        )
        connection.execute(text(f"ANALYZE pg_temp.{table}"))
    yield
    for table in _WRITTEN:
        connection.execute(text(f"DELETE FROM {schema}.{table} WHERE {_RUNS}"), place)
        connection.execute(text(f"INSERT INTO {schema}.{table} SELECT * FROM pg_temp.{table}"))
    for table in _FETCHED:
        connection.execute(text(f"DROP TABLE pg_temp.{table}"))
