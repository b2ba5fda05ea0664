"""A station's month of commission on paper: one PDF, in Chinese with English beside it, the same bytes at any time.

The type is the PDF standard's own STSong-Light (Adobe-GB1, ISO 32000-1 section 9.7.5), which readers bring along or
replace by a Chinese type of the system, so no font is shipped or embedded. What HQ pays, what the branch pays and what
the customer's bank pays straight to the owner stand apart; each line shows its formula, and the last line the digest of
the listed month.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from hq_server.commission.counting import last_day
from hq_server.commission.queries import month_lines, month_parts, station_months
from hq_server.commission.units import LINE_WORDS, UNIT_WORDS, PayingUnit, ServiceLine, line_of_product
from hq_server.db.commission_tables import commission_runs
from hq_server.reference.stations import station_profile
from hq_server.reference.tariffs import all_tariffs
from hq_server.wording import RefusedError
from station_journal.accounts import Account
from station_journal.masking import mask_name
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from hq_server.commission.queries import MonthLine, PartRow, StationMonthRow

_FONT = "STSong-Light"
_MARGIN, _LEADING, _SIZE = 48, 15, 9.5
_COLUMNS = (0, 150, 215, 405, 499)
_ACCOUNT_TAIL = 4


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything that the paper says. ``outside_fen`` is what acquirers paid the owner for withdrawals in the month."""

    station_code: str
    station_name: str
    branch: str
    month: int
    pay_due: date
    sha256: str
    row: StationMonthRow
    parts: tuple[PartRow, ...]
    lines: tuple[MonthLine, ...]
    products: dict[int, str]
    outside_count: int
    outside_fen: int


_OUTSIDE = text("""
    SELECT count(*) FILTER (WHERE debit_account = :owner),
        coalesce(sum(CASE WHEN debit_account = :owner THEN amount_fen ELSE -amount_fen END), 0)
    FROM ledger_entries
    WHERE station_code = :code AND business_date BETWEEN :first AND :last
      AND ((debit_account = :owner AND credit_account = :shop) OR (debit_account = :shop AND credit_account = :owner))
""")


def statement_of(connection: Connection, station_code: str, month: int) -> Statement:
    """Gather a station's month as it was listed.

    Raises:
        RefusedError: no such station, or it is not on that month's list.
    """
    profile = station_profile(connection, station_code)
    run = connection.execute(select(commission_runs).where(commission_runs.c.month == month)).one_or_none()
    rows = station_months(connection, month, station_code=station_code)
    if run is None or not rows:
        raise RefusedError(
            "not_listed",
            f"站点 {station_code} 不在 {month} 的酬金清单上",
            f"station {station_code} is not on the commission list of {month}",
        )
    names = {one.code: one.name for tariff in all_tariffs(connection).values() for one in tariff.products}
    last = last_day(month)
    values = {"code": station_code, "first": last.replace(day=1), "last": last}
    accounts = {"owner": int(Account.OWNER_ACCOUNT), "shop": int(Account.SHOP_FUNDS)}
    count, fen = connection.execute(_OUTSIDE, {**values, **accounts}).one()
    return Statement(
        station_code,
        profile.name,
        profile.branch,
        month,
        run.pay_due,
        run.result_sha256,
        rows[0],
        tuple(month_parts(connection, month, station_code)),
        tuple(month_lines(connection, month, station_code)),
        names,
        count,
        int(fen),
    )


def statement_pdf(statement: Statement) -> bytes:
    """Write the paper; the same statement gives the same bytes."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfgen.canvas import Canvas

    registerFont(UnicodeCIDFont(_FONT))
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(f"{statement.station_code} {statement.month}")
    page = _Page(canvas, *A4)
    for cells, size in _rows(statement):
        page.line(cells, size)
    page.finish()
    return target.getvalue()


class _Page:
    """Writes rows from the top down and turns the page when it is full."""

    def __init__(self, canvas: Any, width: float, height: float) -> None:  # noqa: ANN401 - the library has no types
        self._canvas, self._width, self._height = canvas, width, height
        self._y, self._number = height - _MARGIN, 1

    def line(self, cells: tuple[str, ...], size: float) -> None:
        """Write a row: one cell over all columns, or one a column with the last to the right."""
        if self._y < _MARGIN + 2 * _LEADING:
            self._turn()
        for place, cell in enumerate(cells):
            self._canvas.setFont("Helvetica" if cell.isascii() else _FONT, size)
            x = _MARGIN + _COLUMNS[place]
            if place == len(_COLUMNS) - 1:
                self._canvas.drawRightString(x, self._y, cell)
            else:
                self._canvas.drawString(x, self._y, cell)
        self._y -= _LEADING * (size / _SIZE)

    def _turn(self) -> None:
        self.finish_page()
        self._y, self._number = self._height - _MARGIN, self._number + 1

    def finish_page(self) -> None:
        """Number the page and end it."""
        self._canvas.setFont(_FONT, 8)
        self._canvas.drawRightString(self._width - _MARGIN, _MARGIN / 2, str(self._number))
        self._canvas.showPage()

    def finish(self) -> None:
        """End the paper."""
        self.finish_page()
        self._canvas.save()


def _rows(one: Statement) -> list[tuple[tuple[str, ...], float]]:
    row, account = one.row, one.row.settlement_account
    shown = "*" * max(len(account) - _ACCOUNT_TAIL, 0) + account[-_ACCOUNT_TAIL:]
    year, month = divmod(one.month, 100)
    head = [
        ((f"酬金结算单 Commission statement  {year}-{month:02d}",), 15),
        ((f"站点 Station  {one.station_code}  {one.station_name}    支局 Branch  {one.branch}",), _SIZE),
        ((f"收款人 Payee  {mask_name(row.payee_name)}  {shown}    付款日 Pay by  {one.pay_due}",), _SIZE),
        (("",), _SIZE),
    ]
    body: list[tuple[tuple[str, ...], float]] = []
    for unit in PayingUnit:
        parts = [part for part in one.parts if part.paying_unit == unit.value]
        if parts:
            body += _unit_rows(one, unit, parts)
    tail = [
        ((f"合计 Total    应付 gross {format_yuan(row.gross_fen)}    税 tax {format_yuan(row.tax_fen)}",), 11),
        ((f"税额算式 Tax: {row.tax_formula}  ({row.tax_rule})",), _SIZE),
        ((f"税后应发 Net  {format_yuan(row.net_fen)} 元",), 13),
    ]
    if one.outside_count:
        paid = f"助农取款手续费 {one.outside_count} 笔 {format_yuan(one.outside_fen)} 元"
        tail.append(((f"{paid}, 已由银行直接付到本人账户, 不在上列",), _SIZE))
    tail.append(((f"清单校验码 List digest  {one.sha256[:32]}",), 8))
    return head + body + tail


def _unit_rows(one: Statement, unit: PayingUnit, parts: list[PartRow]) -> list[tuple[tuple[str, ...], float]]:
    zh, en = UNIT_WORDS[unit]
    rows: list[tuple[tuple[str, ...], float]] = [((f"{zh}支付 Paid by {en}",), 11)]
    rows.append((("产品 Product", "笔数 Items", "算式 Formula", "费率 Rate", "酬金 Yuan"), 8))
    here = {part.service_line for part in parts}
    for line in one.lines:
        service_line = line_of_product(line.product_code)
        if service_line.value in here:
            name = one.products.get(line.product_code) or LINE_WORDS[service_line][0]
            name += f" (冲回 {line.of_month})" if line.of_month else ""
            amount = format_yuan(line.commission_fen)
            rows.append(((name, str(line.item_count), line.formula, line.rate_version, amount), _SIZE))
    for part in parts:
        words, _ = LINE_WORDS[ServiceLine(part.service_line)]
        carried = ""
        if part.carried_in_fen or part.carried_out_fen:
            carried = f"  上月结转 {format_yuan(part.carried_in_fen)}  转下月 {format_yuan(part.carried_out_fen)}"
        sums = f"应付 {format_yuan(part.gross_fen)}  税 {format_yuan(part.tax_fen)}  实付 {format_yuan(part.net_fen)}"
        rows.append(((f"{words}: {sums}{carried}",), _SIZE))
    rows.append((("",), _SIZE))
    return rows
