"""Holding the ledger's rows of one station against what each record does, in the order of the records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hq_server.db.ledger_tables import ledger_entries
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from station_journal.accounts import Posting

_ROWS_AT_ONCE = 5_000
_Line = tuple[int, str, int, str, int]


class EntryCheck:
    """Walks the ledger's rows beside a fold: each record's rows, once, neither more nor fewer nor others."""

    def __init__(self, connection: Connection, station_code: str) -> None:
        """Begin before the first row of both journals."""
        self._rows = {side: _Pages(connection, station_code, side) for side in Side}

    def differs(self, side: Side, seq: int, postings: Sequence[Posting]) -> int | None:
        """Compare the rows of the next record; the amount in fen that the books are off by, None where all is right.

        Rows that name no record of the journal count to the next one.
        """
        kept = list(self._rows[side].up_to(seq))
        should = [_line_of(posting) for posting in postings]
        if kept == [(seq, number, *line) for number, line in enumerate(should, 1)]:
            return None
        return sum(int(line[-1]) for line in kept) - sum(line[-1] for line in should)

    def left(self, side: Side) -> int | None:
        """Give the number of a record that has rows and is not in the journal; None where there is none."""
        row = next(self._rows[side].up_to(2**62), None)
        return None if row is None else int(row[0])


def _line_of(posting: Posting) -> _Line:
    (debit, debit_party), (credit, credit_party), amount_fen = posting
    return int(debit), debit_party, int(credit), credit_party, amount_fen


class _Pages:
    """The ledger's rows of one journal in order, a bounded number at a time."""

    def __init__(self, connection: Connection, station_code: str, side: Side) -> None:
        self._connection, self._station_code, self._side = connection, station_code, side
        self._page: list[tuple[Any, ...]] = []
        self._at = 0
        self._after = (0, 0)
        self._more = True

    def up_to(self, seq: int) -> Iterator[tuple[Any, ...]]:
        """Give (record, line, debit, debit party, credit, credit party, fen) of the rows up to a record."""
        while (row := self._peek()) is not None and row[0] <= seq:
            self._at += 1
            yield row

    def _peek(self) -> tuple[Any, ...] | None:
        if self._at == len(self._page) and self._more:
            self._page, self._at = self._read(), 0
            self._more = len(self._page) == _ROWS_AT_ONCE
            if self._page:
                self._after = self._page[-1][0], self._page[-1][1]
        return self._page[self._at] if self._at < len(self._page) else None

    def _read(self) -> list[tuple[Any, ...]]:
        table = ledger_entries.c
        seq, line = self._after
        query = (
            select(
                table.seq,
                table.line,
                table.debit_account,
                table.debit_party,
                table.credit_account,
                table.credit_party,
                table.amount_fen,
            )
            .where(table.station_code == self._station_code, table.side == self._side.value)
            .where((table.seq > seq) | ((table.seq == seq) & (table.line > line)))
            .order_by(table.epoch, table.seq, table.line)
            .limit(_ROWS_AT_ONCE)
        )
        return [tuple(row) for row in self._connection.execute(query)]
