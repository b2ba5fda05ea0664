"""Lists of the console: pages, filters and the Excel file have the same rows; nothing in a cell runs."""

from __future__ import annotations

import io
import re
from importlib.resources import files
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from hq_server.console.pages import all_routes, menu_of
from hq_server.db.desk_tables import credit_purchases
from hq_server.db.reference_tables import audit_entries, stations
from hq_server.listing import (
    Form,
    ListColumn,
    ListFilter,
    ListOrder,
    ListSpec,
    all_rows,
    cell_text,
    contains,
    digest_of_lines,
    export,
    neighbours,
    read_page,
)
from hq_server.reference.staff import Role
from hq_server.wording import Language, RefusedError, Sentence
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import Counter
from tests.hq_server.people import MAKER, NOON

_C = credit_purchases.c
SPEC = ListSpec(
    "purchases",
    Sentence("购买", "Purchases"),
    credit_purchases,
    (
        ListColumn("code", Sentence("站点", "Station"), _C.station_code),
        ListColumn("no", Sentence("序号", "No."), _C.purchase_no, Form.NUMBER),
        ListColumn("amount", Sentence("金额", "Amount"), _C.amount_fen, Form.MONEY, total=True),
        ListColumn("slip", Sentence("凭证", "Slip"), _C.evidence),
        ListColumn("at", Sentence("时间", "Time"), _C.entered_at, Form.MOMENT),
    ),
    (
        ListOrder("code", Sentence("站点", "station"), ("code", "no")),
        ListOrder("newest", Sentence("最新", "newest"), ("at", "code", "no"), descending=True),
    ),
    (ListFilter("q", Sentence("凭证", "Slip"), contains(_C.evidence), is_search=True),),
)


@pytest.fixture
def purchases(engine: Engine) -> int:
    """37 purchases, several at the same moment; one slip is a formula."""
    rows = [
        {
            "station_code": f"ST-{number % 5}",
            "purchase_no": number,
            "amount_fen": 50_000 + number,
            "evidence": "=1+1" if number == 7 else f"slip {number}",
            "state": "ENTERED",
            "maker_no": 1,
            "entered_at": NOON,
        }
        for number in range(1, 38)
    ]
    with engine.begin() as connection:
        connection.execute(insert(credit_purchases), rows)
    return len(rows)


@pytest.mark.parametrize("order", ["code", "newest"])
@pytest.mark.parametrize("text", ["", "3"])
def test_pages_forward_and_back_show_every_row_once_and_in_order(
    engine: Engine, purchases: int, order: str, text: str
) -> None:
    with engine.connect() as connection:
        whole = [dict(row) for row in all_rows(connection, SPEC, {"order": order, "q": text})]
        forward: list[Any] = []
        page = read_page(connection, SPEC, {"order": order, "q": text}, 6)
        assert page.before == ""
        pages = [page]
        while page.after:
            page = read_page(connection, SPEC, {"order": order, "q": text, "after": page.after}, 6)
            pages.append(page)
        forward = [dict(row) for one in pages for row in one.rows]
        backward = [page]
        while backward[-1].before:
            backward.append(read_page(connection, SPEC, {"order": order, "q": text, "before": backward[-1].before}, 6))
    assert forward == whole
    assert [dict(row) for one in reversed(backward) for row in one.rows] == whole
    assert len(whole) == (purchases if not text else 11)
    assert {one.count for one in pages} == {len(whole)}
    assert {one.totals["amount"] for one in pages} == {sum(row["amount"] for row in whole)}


def workbook(data: io.BytesIO) -> Any:
    from openpyxl import load_workbook  # half a second that only this worker spends

    return load_workbook(data)


@pytest.mark.parametrize("order", ["code", "newest"])
def test_every_row_knows_the_one_before_and_the_one_behind(engine: Engine, purchases: int, order: str) -> None:
    query = {"order": order, "q": "slip"}
    with engine.connect() as connection:
        whole: list[Any] = [dict(row) for row in all_rows(connection, SPEC, query)]
        assert len(whole) == purchases - 1
        for before, row, after in zip([None, *whole], whole, [*whole[1:], None], strict=False):
            only = (_C.station_code == row["code"]) & (_C.purchase_no == row["no"])
            assert neighbours(connection, SPEC, query, only) == (before, after)
        formula = neighbours(connection, SPEC, query, _C.purchase_no == 7)  # the filter hides it; it has its place
        assert None not in formula
        assert neighbours(connection, SPEC, query, _C.purchase_no == 999) == (None, None)


def test_the_excel_file_has_the_rows_and_totals_of_the_screen(engine: Engine, purchases: int) -> None:
    with engine.connect() as connection:
        rows = list(all_rows(connection, SPEC, {}))
        made = export(connection, SPEC, {}, Language.CHINESE, NOON)
    sheet = workbook(io.BytesIO(made.data)).active
    assert sheet is not None
    cells = list(sheet.iter_rows())
    assert len(cells) == purchases + 2
    assert [round(row[2].value * 100) for row in cells[1:-1]] == [row["amount"] for row in rows]
    assert round(cells[-1][2].value * 100) == made.totals["amount"] == sum(row["amount"] for row in rows)
    formula = next(row[3] for row in cells if row[3].value == "=1+1")
    assert formula.data_type == "s"
    assert formula.quotePrefix
    screen = [[column.head.zh for column in SPEC.columns]]
    screen += [[cell_text(column, row[column.name], Language.CHINESE) for column in SPEC.columns] for row in rows]
    screen.append(["合计", "", cell_text(SPEC.column("amount"), made.totals["amount"], Language.CHINESE), "", ""])
    assert made.screen_sha256 == digest_of_lines(screen)


@pytest.mark.parametrize(
    "place", ["x", "W10", "WzEsMl0", "WyJhIiwiYiJd", "WyJhIiwxZTk5XQ", "WyJhXHUwMDAwIiwxXQ", "[" * 99]
)
def test_a_place_that_no_page_gave_is_refused_in_a_sentence(engine: Engine, place: str) -> None:
    with engine.connect() as connection, pytest.raises(RefusedError, match="start anew"):
        read_page(connection, SPEC, {"after": place})


def test_an_export_is_noted_with_what_was_in_it(browser: Browser, counter: Counter) -> None:
    with counter.engine.begin() as connection:
        row = {"name": "=HYPERLINK(1)", "branch": "B", "address": "", "complaint_line": "", "maker_no": 1}
        connection.execute(insert(stations).values(station_code="ST-0001", created_at=NOON, **row))
    browser.sign_in(MAKER)
    browser.get("/stations")
    link = re.search(r'href="/console(/stations\.xlsx\?[^"]*)"', browser.page)
    assert link
    answer = browser.get(link[1].replace("&amp;", "&"))
    sheet = workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert [row[0].value for row in sheet.iter_rows()] == ["代码", "ST-0001", "ST-0417"]
    with counter.engine.connect() as connection:
        noted = connection.execute(select(audit_entries).where(audit_entries.c.tag == "list.exported")).one()
    assert noted.actor == f"staff:{MAKER.staff_no}"
    assert noted.details["rows"] == 2
    assert len(noted.details["screen_sha256"]) == len(noted.details["file_sha256"]) == 64


def test_every_page_of_the_menu_has_a_letter_of_its_own_and_an_address() -> None:
    routes = [route for route in all_routes() if route.menu]
    frame = (files("hq_server.console") / "templates" / "base.html").read_text("utf-8")
    keys = [route.menu.key for route in routes if route.menu] + re.findall(r'accesskey="([^{"]+)"', frame)
    assert len(keys) == len(set(keys)), "the frame's own keys count too"
    assert len({route.path for route in all_routes()}) == len(all_routes())
    assert {entry.path for _, entries in menu_of(Role.AUDITOR) for entry in entries} == {route.path for route in routes}


def test_enter_in_the_field_of_a_refusals_reason_never_approves() -> None:
    """Enter presses the first button of a form, so the one that refuses is the first of the form with its reason."""
    pages = [page for page in (files("hq_server.console") / "templates").iterdir() if page.name.endswith(".html")]
    forms = [form for page in pages for form in re.findall(r"<form.*?</form>", page.read_text("utf-8"), re.DOTALL)]
    of_refusals = [form for form in forms if 'name="refusal"' in form]
    assert len(of_refusals) > 5
    for form in of_refusals:
        first = re.search(r'name="deed" value="(\w+)"', form)
        assert first, form
        assert first[1] in {"refuse", "refuse_ruling"}, form
