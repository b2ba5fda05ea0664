"""Rows put together from cells arrive in the database as what they were made of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Engine, text

from hq_server.db import raw_connection
from hq_server.db.binary_rows import (
    bigint_cell,
    copy_rows,
    date_cell,
    instant_cell,
    integer_cell,
    octets_cell,
    row_start,
    smallint_cell,
    text_cell,
)

_BEIJING = timezone(timedelta(hours=8))
_ROWS = [
    (1, 2, 3, "张家坝", b"\x00\xff", date(2026, 2, 28), datetime(2026, 2, 28, 1, 2, 3, 456_789, UTC)),
    (-(2**15), -(2**31), -(2**63), "", b"", date(1999, 12, 31), datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    (2**15 - 1, 2**31 - 1, 2**63 - 1, "\t\\N\n", b"\\N", date(1, 1, 1), datetime(2000, 1, 1, 8, tzinfo=_BEIJING)),
]


def test_every_cell_is_read_back_as_it_was(engine: Engine) -> None:
    makers: tuple[Any, ...] = (
        smallint_cell,
        integer_cell,
        bigint_cell,
        text_cell,
        octets_cell,
        date_cell,
        instant_cell,
    )
    many = [_ROWS[i % len(_ROWS)] for i in range(600)]  # more than go to the server at a time
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a int2, b int4, c int8, d text, e bytea, f date, g timestamptz)"))
        with raw_connection(connection).cursor() as cursor:
            rows = (b"".join((row_start(7), *(make(v) for make, v in zip(makers, row, strict=True)))) for row in many)
            copy_rows(cursor, "t (a, b, c, d, e, f, g)", rows)
            copy_rows(cursor, "t (a, b, c, d, e, f, g)", iter(()))
        kept = [tuple(row) for row in connection.execute(text("SELECT * FROM t"))]
    assert sorted(map(repr, kept)) == sorted(map(repr, ((*row[:6], row[6].astimezone(UTC)) for row in many)))
