"""A list as an Excel file: the rows and totals of the screen, in its order, and digests of both.

A cell never runs: text is written as text whatever it begins with (=, +, -, @), and marked so that it stays text when
somebody edits it.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hq_server.listing.cells import cell_text, digest_of_lines
from hq_server.listing.filters import CHINA
from hq_server.listing.paging import all_rows, read_page
from hq_server.listing.spec import Form
from hq_server.wording import RefusedError, Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from openpyxl.cell import WriteOnlyCell
    from sqlalchemy import Connection

    from hq_server.listing.paging import ListPage
    from hq_server.listing.spec import ListColumn, ListSpec
    from hq_server.wording import Language

EXPORT_ROWS_MAX = 50_000
"""More rows are no list to read; a narrower filter is."""
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TOTAL = Sentence("合计", "Total")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_SAFE_INTEGER_MAX = 10**15
_CELL_MAX = 32_000
_WIDTHS = {Form.LONG: 60, Form.MOMENT: 20, Form.DAY: 12, Form.MONEY: 16, Form.NUMBER: 12}


@dataclass(frozen=True, slots=True)
class Export:
    """A file, with what the audit trail keeps of it. ``screen_sha256`` is over the list as the screen words it."""

    file_name: str
    data: bytes
    rows: int
    screen_sha256: str
    file_sha256: str
    totals: Mapping[str, int]


def export(
    connection: Connection, spec: ListSpec, query: Mapping[str, str], language: Language, now: datetime
) -> Export:
    """Write all rows that the filters let through.

    Raises:
        RefusedError: a filter's value cannot be read, or there are too many rows.
    """
    from openpyxl import Workbook

    page = read_page(connection, spec, {**query, "after": "", "before": ""}, 1)
    columns = spec.shown
    book = Workbook(write_only=True)
    sheet = book.create_sheet("".join(sign for sign in spec.title.said_in(language) if sign not in r"[]:*?/\ ")[:31])
    for number, column in enumerate(columns):
        sheet.column_dimensions[_letters(number)].width = _WIDTHS.get(column.form, 18)
    totals = dict.fromkeys(page.totals, 0)
    lines = [[column.head.said_in(language) for column in columns]]
    sheet.append([_text_cell(sheet, text) for text in lines[0]])
    rows = 0
    for row in all_rows(connection, spec, query):
        rows += 1
        if rows > EXPORT_ROWS_MAX:
            raise RefusedError(
                "export",
                f"超过 {EXPORT_ROWS_MAX} 行, 请先缩小筛选范围再导出",
                f"there are more than {EXPORT_ROWS_MAX} rows: filter first, then export",
            )
        totals = {name: fen + int(row[name] or 0) for name, fen in totals.items()}
        lines.append([cell_text(column, row[column.name], language) for column in columns])
        sheet.append([_cell(sheet, column, row[column.name], language) for column in columns])
    page = replace(page, totals=totals)  # of the very rows above, if more came in meanwhile or something is kept wrong
    if totals:
        lines.append(total_line(page, language))
        sheet.append([_total_cell(sheet, number, page, language) for number in range(len(columns))])
    out = io.BytesIO()
    book.save(out)
    data = out.getvalue()
    name = f"{spec.name}_{now.astimezone(CHINA):%Y%m%d_%H%M%S}.xlsx"
    return Export(name, data, rows, digest_of_lines(lines), hashlib.sha256(data).hexdigest(), page.totals)


def total_line(page: ListPage, language: Language) -> list[str]:
    """Say the totals of a list below its columns; the first cell says what they are."""
    line = [
        cell_text(column, page.totals[column.name], language) if column.name in page.totals else ""
        for column in page.spec.shown
    ]
    return [line[0] or TOTAL.said_in(language), *line[1:]]


def _total_cell(sheet: Any, number: int, page: ListPage, language: Language) -> WriteOnlyCell:  # noqa: ANN401 - untyped
    column = page.spec.shown[number]
    if column.name in page.totals:
        return _cell(sheet, column, page.totals[column.name], language)
    return _text_cell(sheet, TOTAL.said_in(language) if number == 0 else "")


def _cell(sheet: Any, column: ListColumn, value: Any, language: Language) -> WriteOnlyCell:  # noqa: ANN401 - untyped
    from openpyxl.cell import WriteOnlyCell

    if column.form is Form.MONEY and value is not None and abs(value) < _SAFE_INTEGER_MAX:
        cell = WriteOnlyCell(sheet, Decimal(int(value)) / 100)
        cell.number_format = "#,##0.00"
        return cell
    if column.form is Form.NUMBER and isinstance(value, int) and abs(value) < _SAFE_INTEGER_MAX:
        return WriteOnlyCell(sheet, value)
    return _text_cell(sheet, cell_text(column, value, language))


def _text_cell(sheet: Any, text: str) -> WriteOnlyCell:  # noqa: ANN401 - untyped
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    # What a spreadsheet cannot hold (control characters, very long text) is cut rather than the file refused.
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub(" ", text)[:_CELL_MAX])
    cell.data_type = "s"
    if text.startswith(_FORMULA_STARTS):
        cell.quotePrefix = True
    return cell


def _letters(number: int) -> str:
    from openpyxl.utils import get_column_letter

    letters: str = get_column_letter(number + 1)
    return letters
