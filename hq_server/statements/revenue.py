"""The revenue report by service: one set of rows for screen, print and file, so that their totals are the same.

Rule (article 8, part three, item four 2(2)): revenue of all services, grouped by service, printable.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hq_server.ledger.queries import posting_stop_list, revenue
from hq_server.wording import Language, Sentence
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from hq_server.ledger.queries import RevenueRow

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

SERVICES = {
    "ELECTRICITY": Sentence("电力", "Electricity"),
    "WATER": Sentence("水务", "Water"),
    "GAS": Sentence("燃气", "Gas"),
    "MOBILE": Sentence("通信", "Mobile"),
    "TELEVISION": Sentence("电视", "Television"),
    "BROADBAND": Sentence("宽带", "Broadband"),
}
_OTHER = Sentence("其他", "Other")
_TOTAL = Sentence("合计", "Total")
HEADS = (
    Sentence("业务", "Service"),
    Sentence("产品", "Product"),
    Sentence("笔数", "Count"),
    Sentence("代收金额 (元)", "Collected (yuan)"),
    Sentence("手续费 (元)", "Fees (yuan)"),
    Sentence("待定笔数", "Not known, count"),
    Sentence("待定金额 (元)", "Not known (yuan)"),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Confirmed and not yet known, counts and fen."""

    confirmed_count: int = 0
    confirmed_fen: int = 0
    fee_fen: int = 0
    held_count: int = 0
    held_fen: int = 0

    def plus(self, other: Figures) -> Figures:
        """Add two lines."""
        return Figures(
            self.confirmed_count + other.confirmed_count,
            self.confirmed_fen + other.confirmed_fen,
            self.fee_fen + other.fee_fen,
            self.held_count + other.held_count,
            self.held_fen + other.held_fen,
        )


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One line: a product, or with ``is_sum`` the sum of a service or of all."""

    service: Sentence
    product: Sentence
    figures: Figures
    is_sum: bool

    def cells(self, language: Language) -> tuple[str, str, int, int, int, int, int]:
        """Give the line's cells; amounts in fen."""
        named = self.service.said_in(language), self.product.said_in(language)
        return (
            *named,
            self.figures.confirmed_count,
            self.figures.confirmed_fen,
            self.figures.fee_fen,
            self.figures.held_count,
            self.figures.held_fen,
        )


@dataclass(frozen=True, slots=True)
class RevenueReport:
    """A report of some business dates; ``left_out`` are stations whose figures cannot be computed."""

    from_date: date
    to_date: date
    station_code: str
    lines: tuple[ReportLine, ...]
    total: Figures
    left_out: tuple[str, ...]


def revenue_report(connection: Connection, from_date: date, to_date: date, station_code: str = "") -> RevenueReport:
    """Report revenue by service and product, both dates included, for one station or all.

    Raises:
        FiguresNotComputableError: the one station's figures cannot be computed.
    """
    rows = revenue(connection, from_date, to_date, station_code or None)
    left_out = () if station_code else tuple(stop.station_code for stop in posting_stop_list(connection))
    lines, total = _lines(rows)
    return RevenueReport(from_date, to_date, station_code, lines, total, left_out)


def _lines(rows: list[RevenueRow]) -> tuple[tuple[ReportLine, ...], Figures]:
    by_service: defaultdict[str, dict[int, tuple[Sentence, Figures]]] = defaultdict(dict)
    for row in rows:
        name = Sentence(row.product_name or str(row.product_code), row.product_name_en or str(row.product_code))
        figures = Figures(row.confirmed_count, row.confirmed_fen, row.fee_fen, row.held_count, row.held_fen)
        earlier = by_service[row.service].get(row.product_code, (name, Figures()))[1]
        by_service[row.service][row.product_code] = (name, earlier.plus(figures))
    lines, total = [], Figures()
    for service in sorted(by_service):
        named, subtotal = SERVICES.get(service, _OTHER), Figures()
        for _, (product, figures) in sorted(by_service[service].items()):
            lines.append(ReportLine(named, product, figures, is_sum=False))
            subtotal = subtotal.plus(figures)
        lines.append(ReportLine(named, Sentence("小计", "Subtotal"), subtotal, is_sum=True))
        total = total.plus(subtotal)
    lines.append(ReportLine(_TOTAL, Sentence("", ""), total, is_sum=True))
    return tuple(lines), total


def screen_lines(report: RevenueReport, language: Language) -> list[list[str]]:
    """Say heads and lines as the screen does, for the digest of an export."""
    lines = [[head.said_in(language) for head in HEADS]]
    for line in report.lines:
        service, product, count, confirmed_fen, fee_fen, held_count, held_fen = line.cells(language)
        sums = [format_yuan(confirmed_fen), format_yuan(fee_fen), str(held_count), format_yuan(held_fen)]
        lines.append([service, product, str(count), *sums])
    return lines


def plain_cell(text: str) -> str:
    """Make a text safe for spreadsheets: what would start a formula is shown as text instead."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def as_csv(report: RevenueReport, language: Language) -> bytes:
    """Write the report as CSV (RFC 4180) in UTF-8 with a mark, as spreadsheets expect; amounts in yuan."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([head.said_in(language) for head in HEADS])
    for line in report.lines:
        service, product, count, confirmed_fen, fee_fen, held_count, held_fen = line.cells(language)
        amounts = [_yuan(confirmed_fen), _yuan(fee_fen), held_count, _yuan(held_fen)]
        writer.writerow([plain_cell(service), plain_cell(product), count, *amounts])
    return out.getvalue().encode("utf-8-sig")


def _yuan(fen: int) -> str:
    return format_yuan(fen, grouped=False)


def as_xlsx(report: RevenueReport, language: Language) -> bytes:
    """Write the report as a spreadsheet; amounts are numbers in yuan that show two decimals."""
    from decimal import Decimal

    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(Sentence("营收", "Revenue").said_in(language))
    sheet.append([head.said_in(language) for head in HEADS])

    def amount(fen: int) -> WriteOnlyCell:
        cell = WriteOnlyCell(sheet, Decimal(fen) / 100)
        cell.number_format = "#,##0.00"
        return cell

    for line in report.lines:
        service, product, count, confirmed_fen, fee_fen, held_count, held_fen = line.cells(language)
        row = [plain_cell(service), plain_cell(product), count, amount(confirmed_fen), amount(fee_fen)]
        sheet.append([*row, held_count, amount(held_fen)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
