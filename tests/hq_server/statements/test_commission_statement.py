"""The commission statement on paper, read back by another program."""

from __future__ import annotations

from datetime import date

import pypdfium2

from hq_server.commission.queries import MonthLine, PartRow, StationMonthRow
from hq_server.statements.commission_statement import Statement, statement_pdf
from station_journal.facts.commission import DISTRIBUTION_PRODUCT


def statement(lines: int = 3) -> Statement:
    bills = [
        MonthLine("ST-0417", 101, "2026-1", 118, 999_900, 4_248, "118 x 0.36 = 42.48", 0),
        MonthLine("ST-0417", 101, "2026-1", -1, -5_000, -36, "-1 x 0.36 = -0.36", 202610),
        *(MonthLine("ST-0417", 104, f"v{n}", 7, 30_460, 152, "304.60 x 0.5% = 1.52", 0) for n in range(lines - 2)),
    ]
    goods = MonthLine("ST-0417", DISTRIBUTION_PRODUCT, "fx-1", 3, 27_000, 1_800, "2 x 5.00 + 1 x 8.00 = 18.00", 0)
    parts = (
        PartRow("ST-0417", "DISTRIBUTION", "BRANCH", 0, 1_800, 0, 0, 1_800, "LABOUR_WITHHOLDING"),
        PartRow("ST-0417", "E_COMMERCE", "HQ", -100, 4_264, 0, 0, 4_264, "LABOUR_WITHHOLDING"),
    )
    row = StationMonthRow(
        "ST-0417", -100, 6_064, 0, 0, 6_064, "labour-2019", "0.00 x 20% = 0.00", "张三丰", "62179900022"
    )
    names = {101: "电费", 104: "话费"}
    place = ("ST-0417", "太平镇便民服务站", "江油支局", 202611, date(2026, 12, 18), "ab" * 32)
    return Statement(*place, row, parts, (goods, *bills), names, 4, 400)


def text_of(data: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(data)
    try:
        return [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()


def test_says_who_pays_what_by_which_formula_and_is_the_same_bytes_again():
    data = statement_pdf(statement())
    assert data == statement_pdf(statement())
    (page,) = text_of(data)
    for words in (
        *("酬金结算单", "2026-11", "太平镇便民服务站", "*三丰", "*******0022", "总部支付", "支局支付"),
        *("118 x 0.36 = 42.48", "冲回 202610", "2 x 5.00 + 1 x 8.00 = 18.00", "60.64", "上月结转 -1.00"),
        *("助农取款手续费 4 笔 4.00 元", "ab" * 16),
    ):
        assert words in page, words
    assert "62179900022" not in page
    assert "张三丰" not in page


def test_goes_on_over_pages_and_loses_no_line():
    pages = text_of(statement_pdf(statement(120)))
    assert len(pages) > 2
    assert sum(page.count("304.60 x 0.5% = 1.52") for page in pages) == 118


def test_ships_no_font():
    data = statement_pdf(statement())
    assert b"/FontFile" not in data
    assert len(data) < 10_000
