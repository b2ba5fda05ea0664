"""Rows in the binary form of PostgreSQL's COPY, for the tables that every record is written to.

A row is put together from cells, so that what many rows share (a station's code, an account, a date) is written out
once. The form is that of the manual's page on COPY, "Binary Format": a cell is its length in four bytes and its value.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from struct import Struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
_ROWS_AT_ONCE = 250
_FIRST_DAY, _FIRST_MOMENT = date(2000, 1, 1), datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_count = Struct(">h").pack
_length = Struct(">i").pack
_smallint = Struct(">ih").pack
_integer = Struct(">ii").pack
_bigint = Struct(">iq").pack


def row_start(columns: int) -> bytes:
    """Begin a row of so many columns."""
    return _count(columns)


def text_cell(value: str) -> bytes:
    """Write text."""
    return octets_cell(value.encode())


def octets_cell(value: bytes) -> bytes:
    """Write a byte string."""
    return _length(len(value)) + value


def smallint_cell(value: int) -> bytes:
    """Write a number of two bytes."""
    return _smallint(2, value)


def integer_cell(value: int) -> bytes:
    """Write a number of four bytes."""
    return _integer(4, value)


def bigint_cell(value: int) -> bytes:
    """Write a number of eight bytes."""
    return _bigint(8, value)


def date_cell(value: date) -> bytes:
    """Write a date."""
    return integer_cell((value - _FIRST_DAY).days)


def instant_cell(value: datetime) -> bytes:
    """Write a point in time, which must know its zone."""
    return bigint_cell((value - _FIRST_MOMENT) // _MICROSECOND)


def copy_rows(cursor: psycopg.Cursor[Any], target: str, rows: Iterable[bytes]) -> None:
    """Copy rows into a table; ``target`` names it and its columns. The server stores some while others are made."""
    with cursor.copy(f"COPY {target} FROM STDIN (FORMAT BINARY)".encode()) as copy:
        waiting = [_HEADER]
        for row in rows:
            waiting.append(row)
            if len(waiting) > _ROWS_AT_ONCE:
                copy.write(b"".join(waiting))
                waiting.clear()
        waiting.append(_TRAILER)
        copy.write(b"".join(waiting))
