"""How a list's values read: one text for the screen, for the digest and, where it is no number, for the file."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from hq_server.listing.filters import CHINA
from hq_server.listing.spec import Form
from hq_server.wording import Sentence
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hq_server.listing.spec import ListColumn
    from hq_server.wording import Language

_BYTES_SHOWN = 8


def month_text(month: int) -> str:
    """Write a month as people do: 202611 is 2026-11."""
    return f"{month // 100}-{month % 100:02d}"


def cell_text(column: ListColumn, value: Any, language: Language) -> str:  # noqa: ANN401 - any type a column has
    """Say a value as the screen does; nothing for none."""
    if value is None:
        return ""
    if column.form is Form.MONEY:
        return format_yuan(int(value))
    if column.form is Form.MOMENT and isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
    if column.form is Form.DAY and isinstance(value, date):
        return value.isoformat()
    if column.form is Form.MONTH:
        return month_text(int(value))
    if isinstance(value, Sentence):
        return value.said_in(language)
    if isinstance(value, bytes):
        return value[:_BYTES_SHOWN].hex()
    text = str(value)
    return column.words[text].said_in(language) if text in column.words else text


def lines_as_text(
    columns: Sequence[ListColumn], rows: Iterable[Mapping[str, Any]], language: Language
) -> Iterable[list[str]]:
    """Say rows as the screen does."""
    for row in rows:
        yield [cell_text(column, row[column.name], language) for column in columns]


def digest_of_lines(lines: Iterable[Sequence[str]]) -> str:
    """Give SHA-256, in hex, over heads, rows and totals as people read them: cells between tabs, a line each."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(("\t".join(line) + "\n").encode())
    return digest.hexdigest()
