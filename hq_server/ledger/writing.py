"""Writing what a posting run found: entries and new payments by COPY, the few rows that change by upsert."""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from hq_server.db.binary_rows import (
    bigint_cell,
    copy_rows,
    date_cell,
    integer_cell,
    row_start,
    smallint_cell,
    text_cell,
)
from hq_server.db.engine import raw_connection
from hq_server.ledger.batch import PAYMENT_FIELDS
from station_journal.reference_no import number_tail
from station_journal.side import Side
from station_journal.subject import to_row_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    import psycopg
    from sqlalchemy import Connection

    from hq_server.ledger.batch import StationBatch
    from hq_server.ledger.fold import Posted
    from station_journal.accounts import Ledger

_ENTRIES = (
    "ledger_entries (station_code, side, epoch, seq, business_date, line, debit_account, debit_party, credit_account, "
    "credit_party, amount_fen)"
)
_ENTRY_COLUMNS = 11
_CELLS_KEPT = 4_096  # accounts and dates written out already: the entries of years name the same few
_PAYMENT_TYPES = {
    "recorded_at": "timestamptz",
    "business_date": "date",
    "offline": "bool",
    "status": "int2",
    "cash": "int2",
} | dict.fromkeys(
    ("biller_code", "account_no", "bill_no", "bill_period", "payer_name", "biller_no", "reason", "invoice_no"), "text"
)
_PAYMENT_VALUES = attrgetter(*PAYMENT_FIELDS)
_COPY_TYPES = ["text", *(_PAYMENT_TYPES.get(name, "int8") for name in PAYMENT_FIELDS), "text"]


def write(
    connection: Connection, batches: Sequence[StationBatch], found: Iterable[Posted], now: datetime
) -> list[Posted]:
    """Write everything a run finds about its stations, in the transaction that read their state; gives what it found.

    ``found`` may still be at work: the server stores the entries of one station while the next one is being folded.
    """
    by_code = {batch.station_code: batch for batch in batches}
    all_posted: list[Posted] = []
    with raw_connection(connection).cursor() as cursor:
        copy_rows(cursor, _ENTRIES, _entry_rows(found, all_posted))
        new: list[tuple[Any, ...]] = []
        changed: list[tuple[Any, ...]] = []
        for posted in all_posted:
            batch = by_code[posted.station_code]
            digests = {item.seq: item.digest for item in batch.items[Side.STATION]}
            for seq, payment in posted.payments.items():
                row = (posted.station_code, *_PAYMENT_VALUES(payment))
                if seq in batch.payments:
                    changed.append(row)
                else:
                    new.append((*row, number_tail(digests[seq])))
        _copy(cursor, f"payments (station_code, {', '.join(PAYMENT_FIELDS)}, digest_hex)", _COPY_TYPES, new)
        _change_payments(cursor, changed)
        _write_subjects(cursor, all_posted)
        _write_balances(cursor, batches, all_posted)
        _write_standings(cursor, all_posted)
        _write_stops(cursor, all_posted, now)
    return all_posted


def _copy(cursor: psycopg.Cursor[Any], target: str, types: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
    with cursor.copy(f"COPY {target} FROM STDIN (FORMAT BINARY)".encode()) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def _entry_rows(found: Iterable[Posted], all_posted: list[Posted]) -> Iterator[bytes]:
    """Give the rows of each station as it comes, and keep what came in ``all_posted``."""
    for posted in found:
        all_posted.append(posted)
        start = row_start(_ENTRY_COLUMNS) + text_cell(posted.station_code)
        for item, postings in posted.entries:
            if item.record is None:
                continue
            journal, seq = _journal_cells(item.side, item.epoch), bigint_cell(item.seq)
            place = b"".join((start, journal, seq, _day_cell(item.record.business_date)))
            for line, (debit, credit, amount_fen) in enumerate(postings, 1):
                accounts = _account_cells(debit), _account_cells(credit)
                yield b"".join((place, smallint_cell(line), *accounts, bigint_cell(amount_fen)))


@lru_cache(_CELLS_KEPT)
def _journal_cells(side: Side, epoch: int) -> bytes:
    return text_cell(side.value) + integer_cell(epoch)


@lru_cache(_CELLS_KEPT)
def _account_cells(ledger: Ledger) -> bytes:
    return smallint_cell(ledger.account) + text_cell(ledger.party)


_day_cell = lru_cache(_CELLS_KEPT)(date_cell)


_CHANGE_PAYMENT = (
    f"UPDATE payments SET {', '.join(f'{name} = %s' for name in PAYMENT_FIELDS)} "  # noqa: S608 - our own field names
    "WHERE station_code = %s AND seq = %s"
).encode()


def _change_payments(cursor: psycopg.Cursor[Any], changed: list[tuple[Any, ...]]) -> None:
    if changed:
        cursor.executemany(_CHANGE_PAYMENT, [(*values, code, values[0]) for code, *values in changed])


def _write_subjects(cursor: psycopg.Cursor[Any], all_posted: Sequence[Posted]) -> None:
    rows = [
        (
            posted.station_code,
            *subject.place,
            subject.state_no,
            to_row_bytes(subject),
            subject.on_day,
            subject.device_no,
        )
        for posted in all_posted
        for subject in posted.subjects.values()
    ]
    _upsert(cursor, _UPSERT_SUBJECTS, rows)


def _write_balances(cursor: psycopg.Cursor[Any], batches: Sequence[StationBatch], all_posted: Sequence[Posted]) -> None:
    before = {batch.station_code: batch.balances for batch in batches}
    rows = [
        (posted.station_code, int(ledger.account), ledger.party, balance_fen)
        for posted in all_posted
        for ledger, balance_fen in posted.books.balances.items()
        if before[posted.station_code].get(ledger, 0) != balance_fen
    ]
    _upsert(cursor, _UPSERT_BALANCES, rows)


_UPSERT_SUBJECTS = b"""
    INSERT INTO subjects (station_code, kind, key, state, data, on_day, device_no)
    SELECT * FROM unnest(%s::text[], %s::int2[], %s::text[], %s::int2[], %s::bytea[], %s::date[], %s::text[])
    ON CONFLICT (station_code, kind, key) DO UPDATE SET state = EXCLUDED.state, data = EXCLUDED.data,
        on_day = EXCLUDED.on_day, device_no = EXCLUDED.device_no
"""
_UPSERT_BALANCES = b"""
    INSERT INTO balances (station_code, account, party, balance_fen)
    SELECT * FROM unnest(%s::text[], %s::int2[], %s::text[], %s::int8[])
    ON CONFLICT (station_code, account, party) DO UPDATE SET balance_fen = EXCLUDED.balance_fen
"""
_UPSERT_STANDINGS = b"""
    INSERT INTO standings (station_code, station_seq, hq_seq, seen_seq, tariff_hash, receipts_issued, operation_no,
                           day_ended)
    SELECT * FROM unnest(%s::text[], %s::int8[], %s::int8[], %s::int8[], %s::bytea[], %s::int8[], %s::int8[],
                         %s::date[])
    ON CONFLICT (station_code) DO UPDATE SET station_seq = EXCLUDED.station_seq, hq_seq = EXCLUDED.hq_seq,
        seen_seq = EXCLUDED.seen_seq, tariff_hash = EXCLUDED.tariff_hash, receipts_issued = EXCLUDED.receipts_issued,
        operation_no = EXCLUDED.operation_no, day_ended = EXCLUDED.day_ended
"""
_UPSERT_STOPS = b"""
    INSERT INTO posting_stops (station_code, side, seq, reason, since)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::int8[], %s::text[], %s::timestamptz[])
    ON CONFLICT (station_code) DO UPDATE SET side = EXCLUDED.side, seq = EXCLUDED.seq, reason = EXCLUDED.reason,
        since = CASE WHEN (posting_stops.side, posting_stops.seq) = (EXCLUDED.side, EXCLUDED.seq)
            THEN posting_stops.since ELSE EXCLUDED.since END
"""


def _upsert(cursor: psycopg.Cursor[Any], query: bytes, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        cursor.execute(query, [list(column) for column in zip(*rows, strict=True)])


def _write_standings(cursor: psycopg.Cursor[Any], all_posted: Sequence[Posted]) -> None:
    rows = []
    for posted in all_posted:
        seqs, facts = posted.books.seqs, posted.books.standing()
        place = (posted.station_code, seqs[Side.STATION], seqs[Side.HQ], posted.seen_seq)
        rows.append((*place, facts.tariff_hash, facts.receipts_issued, facts.operation_no, facts.day_ended))
    _upsert(cursor, _UPSERT_STANDINGS, rows)


def _write_stops(cursor: psycopg.Cursor[Any], all_posted: Sequence[Posted], now: datetime) -> None:
    going = [posted.station_code for posted in all_posted if posted.stop is None]
    cursor.execute(b"DELETE FROM posting_stops WHERE station_code = ANY(%s)", [going])
    stops = [(posted.station_code, posted.stop) for posted in all_posted if posted.stop is not None]
    rows = [(code, stop.side.value, stop.seq, stop.reason.replace("\x00", ""), now) for code, stop in stops]
    _upsert(cursor, _UPSERT_STOPS, rows)
