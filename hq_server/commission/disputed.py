"""Sales whose sum is disputed or unanswered: they earn nothing and are taken back by nobody until the dispute ends.

Trade goes on and nothing is deducted before a ruling, so a run leaves out what a correction of HQ that the station has
not accepted speaks of, and what an open case of the station is about. The books say which: no list is kept beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from hq_server.db.ledger_tables import subjects
from station_journal.facts.disputes import CitedSide, DisputeAbout
from station_journal.rules.case import OPEN_CASES, DisputeCase
from station_journal.rules.disputes import Correction, CorrectionState
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

_OPEN_CORRECTIONS = (int(CorrectionState.PROPOSED), int(CorrectionState.DISPUTED))
_OPEN_CASES = tuple(int(state) for state in OPEN_CASES)


def disputed_sales(connection: Connection) -> list[tuple[str, int]]:
    """List the station records, by station and number, that an open correction or case speaks of."""
    return sorted(set(_cited(connection)))


def _cited(connection: Connection) -> Iterator[tuple[str, int]]:
    table = subjects.c
    correction = (table.kind == Correction.SUBJECT) & table.state.in_(_OPEN_CORRECTIONS)
    case = (table.kind == DisputeCase.SUBJECT) & table.state.in_(_OPEN_CASES)
    query = select(table.station_code, table.kind, table.data).where(or_(correction, case))
    for code, kind, data in connection.execute(query):
        if kind == Correction.SUBJECT:
            proposed = from_row_bytes(Correction, data)
            if proposed.cited_side is CitedSide.STATION:
                yield code, proposed.cited_seq
        else:
            about = from_row_bytes(DisputeCase, data)
            if about.about is DisputeAbout.STATION_RECORD:
                yield code, about.of_seq
