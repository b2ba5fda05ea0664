"""Lists of the console: declared once, filtered, ordered and paged in SQL, shown on the screen and exported the same.

A part of HQ declares a ``ListSpec`` beside its own queries; the console makes a page, its filters and its Excel file of
it. Nothing here knows what the rows are about.
"""

from __future__ import annotations

from hq_server.listing.cells import cell_text, digest_of_lines, lines_as_text, month_text
from hq_server.listing.filters import contains, from_day, is_one_of, starts_with, to_day
from hq_server.listing.paging import PAGE_ROWS, ListPage, all_rows, neighbours, read_page
from hq_server.listing.spec import Form, ListColumn, ListFilter, ListOrder, ListSpec
from hq_server.listing.workbook import EXPORT_ROWS_MAX, XLSX_TYPE, Export, export

__all__ = [
    "EXPORT_ROWS_MAX",
    "PAGE_ROWS",
    "XLSX_TYPE",
    "Export",
    "Form",
    "ListColumn",
    "ListFilter",
    "ListOrder",
    "ListPage",
    "ListSpec",
    "all_rows",
    "cell_text",
    "contains",
    "digest_of_lines",
    "export",
    "from_day",
    "is_one_of",
    "lines_as_text",
    "month_text",
    "neighbours",
    "read_page",
    "starts_with",
    "to_day",
]
