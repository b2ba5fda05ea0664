"""Dropping what was derived and computing it again from both journals, with a comparison of before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, text

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.ledger_tables import balances, ledger_entries, payments, posting_stops, standings, subjects
from hq_server.ledger.batch import PAYMENT_FIELDS, STATIONS_AT_ONCE, due_stations
from hq_server.reference.stations import station_codes
from station_journal.facts.parcels import Place
from station_journal.parcel import CustodyTotal
from station_journal.subject import to_row_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine

    from hq_server.db import Clock
    from hq_server.ledger.book import Bookkeeper

_NOTHINGS = ", ".join(f"'\\x{to_row_bytes(CustodyTotal(place, 0)).hex()}'::bytea" for place in Place)
"""Totals of no items: there or not by who was heard first, as balances of zero are."""
_COMPARED = {
    "ledger_entries": "SELECT * FROM ledger_entries",
    "payments": f"SELECT station_code, {', '.join(PAYMENT_FIELDS)} FROM payments",  # noqa: S608 - our own field names
    "balances": "SELECT * FROM balances WHERE balance_fen <> 0",
    "subjects": f"SELECT * FROM subjects WHERE NOT (kind = {CustodyTotal.SUBJECT} AND data IN ({_NOTHINGS}))",  # noqa: S608
    "standings": "SELECT * FROM standings",
    "posting_stops": "SELECT station_code, side, seq, reason FROM posting_stops",
}
_DERIVED = (ledger_entries, payments, subjects, balances, standings, posting_stops)


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What came of computing anew: stations done, records posted, and which tables differed before, by station."""

    stations: int
    records: int
    differences: tuple[tuple[str, str], ...]


def recompute(engine: Engine, keeper: Bookkeeper, clock: Clock, actor: str) -> Recomputed:
    """Compute the books of all stations anew, some stations a transaction, and keep what came out.

    Whatever differed before was wrong or stood behind: the journals are the truth.
    """
    with engine.connect() as connection:
        codes = station_codes(connection)
    records = 0
    differences: list[tuple[str, str]] = []
    for start in range(0, len(codes), STATIONS_AT_ONCE):
        some = codes[start : start + STATIONS_AT_ONCE]
        # What arrived meanwhile is no difference, so the books are brought up to date first.
        keeper.post_new(engine, clock, retry_stopped=True)
        with engine.begin() as connection:
            keeper.lock(connection)
            before = _fingerprints(connection, some)
            for table in _DERIVED:
                connection.execute(delete(table).where(table.c.station_code.in_(some)))
            records += _post_all(connection, keeper, some, clock)
            after = _fingerprints(connection, some)
            found = sorted({place for place in before.keys() | after.keys() if before.get(place) != after.get(place)})
            differences += found
            details = {"stations": len(some), "differences": [list(place) for place in found]}
            audit.note(connection, AuditTag.LEDGER_RECOMPUTED, actor, clock(), details)
    return Recomputed(len(codes), records, tuple(differences))


def _post_all(connection: Connection, keeper: Bookkeeper, codes: Sequence[str], clock: Clock) -> int:
    count = 0
    stuck: list[str] = []
    while batches := due_stations(connection, retry_stopped=True, but=stuck, only=codes):
        all_posted = keeper.post(connection, batches, clock())
        count += sum(posted.count for posted in all_posted)
        stuck += [posted.station_code for posted in all_posted if posted.stop or not posted.count]
    return count


def _fingerprints(connection: Connection, codes: Sequence[str]) -> dict[tuple[str, str], tuple[int, int]]:
    """Sum up each station's rows of each table, whatever their order."""
    found = {}
    for table, query in _COMPARED.items():
        rows = connection.execute(
            text(
                "SELECT station_code, count(*), sum(hashtextextended(t::text, 0)::numeric) "  # noqa: S608 - fixed queries
                f"FROM ({query}) t WHERE station_code = ANY(:codes) GROUP BY station_code"
            ),
            {"codes": list(codes)},
        )
        for code, count, total in rows:
            found[code, table] = (count, int(total))
    return found
