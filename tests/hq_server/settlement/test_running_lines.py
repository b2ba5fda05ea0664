"""What is owed in the window that runs is explained to the line: ledger lines sum to the due, whatever came when."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from fastapi import FastAPI
from openpyxl import load_workbook
from sqlalchemy import Connection, Engine, text

from hq_server.console.app import console_router
from hq_server.console.visits import ConsoleDesk
from hq_server.listing import all_rows, export, read_page
from hq_server.settlement.payees import PayeeKind
from hq_server.settlement.running_dues import running_lines, running_list
from hq_server.wording import Language, RefusedError
from station_journal.records import ReversalAnswered, ReversalReason, ReversalRequested
from tests.hq_server.commission.test_runs import _sold_and_matched
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import CODE
from tests.hq_server.people import MAKER, NOON
from tests.hq_server.reconciliation.test_day_run import TODAY, TOMORROW
from tests.hq_server.settlement.test_a_month import Money


@pytest.fixture
def money(engine: Engine, tmp_path: Path) -> Money:
    return Money(engine, tmp_path)


def dues(connection: Connection) -> dict[tuple[str, str], int]:
    rows = read_page(connection, running_list(TODAY), {}).rows
    return {(row["kind_code"], "" if row["party"] == "-" else row["party"]): row["running"] for row in rows}


def explained(money: Money) -> list[int]:
    """What the lines of SCDL's running due come to, one by one; each due agrees with its lines."""
    with money.engine.connect() as connection:
        found: list[int] = []
        for (kind, party), running_fen in dues(connection).items():
            spec = running_lines(connection, PayeeKind(kind), party)
            each = [row["due"] for row in all_rows(connection, spec, {})]
            assert sum(each) == running_fen, (kind, party)
            assert read_page(connection, spec, {}).totals == {"due": running_fen}
            assert read_page(connection, spec, {"q": CODE}).totals == {"due": running_fen}
            found = each if party == "SCDL" else found
        return found


def test_lines_that_come_early_late_and_back_are_each_in_the_running_due_until_a_window_holds_them(money: Money):
    earlier, _ = _sold_and_matched(money, 100_000, 25_050)
    assert explained(money) == [100_000, 25_050]  # no window was ever closed
    money.clock.step(days=1)
    money.sale("5107800055", 3_333)  # of the 24th, posted before the 23rd is settled
    assert explained(money) == [100_000, 25_050, 3_333]
    money.settle(TODAY)
    assert explained(money) == [3_333]
    money.clock.step(days=-1)
    money.sale("5107800044", 7_777)  # of the 23rd, arriving after it was settled
    money.counter.send(ReversalRequested(earlier, ReversalReason.WRONG_AMOUNT))
    money.answer(ReversalAnswered(earlier, accepted=True, reason=""))
    assert sorted(explained(money)) == [-100_000, 3_333, 7_777]
    money.clock.step(days=2)
    money.settle(TOMORROW)  # below nothing: no window closes, all of it runs on
    assert sorted(explained(money)) == [-100_000, 3_333, 7_777]


def test_the_console_opens_a_running_due_to_its_lines_and_their_excel_file(money: Money):
    _sold_and_matched(money, 10_000, 20_050)
    made = FastAPI(openapi_url=None)
    made.include_router(console_router(ConsoleDesk(money.engine, money.counter.journal, money.clock)))
    browser = Browser(made)
    browser.sign_in(MAKER)
    path = "/settlement/running/BILLER/SCDL"
    assert f'href="/console{path}"' in browser.get("/settlement/running").text
    page = browser.get(path).text
    assert "300.50" in page
    assert page.count(f'href="/console/stations/{CODE}/records/') == 2
    rows = list(load_workbook(io.BytesIO(browser.get(f"{path}.xlsx").content)).active.iter_rows(values_only=True))
    assert [float(row[-1]) for row in rows[1:]] == [100.0, 200.5, 300.5]
    for wrong in ("/settlement/running/BILLER/NOBODY", "/settlement/running/BRANCH/x", "/settlement/running/x/y"):
        assert browser.get(wrong).status_code == 409
    with money.engine.connect() as connection, pytest.raises(RefusedError):
        running_lines(connection, PayeeKind.SENDER, "SCDL")
    browser.get("/")
    browser.post("/language", language="en")
    assert "Ledger lines of the running window: biller SCDL" in browser.get(path).text


def test_a_due_that_is_kept_wrong_does_not_hide_what_its_lines_come_to(money: Money):
    _sold_and_matched(money, 10_000, 20_050)
    with money.engine.begin() as connection:
        connection.execute(text("UPDATE balances SET balance_fen = balance_fen + 7 WHERE party = 'SCDL'"))
        assert dues(connection)["BILLER", "SCDL"] == 30_057
        spec = running_lines(connection, PayeeKind.BILLER, "SCDL")
        assert read_page(connection, spec, {}).totals == {"due": 30_050}
        made = export(connection, spec, {}, Language.ENGLISH, NOON)
        assert (made.rows, made.totals) == (2, {"due": 30_050})
        connection.rollback()


def test_a_list_whose_count_is_not_kept_says_how_many_rows_it_shows(money: Money):
    _sold_and_matched(money, 10_000, 20_050)
    with money.engine.connect() as connection:
        spec = running_lines(connection, PayeeKind.BILLER, "SCDL")
        whole = read_page(connection, spec, {})
        assert (whole.count, whole.is_count_capped) == (2, False)
        first = read_page(connection, spec, {}, page_rows=1)
        assert (first.count, first.is_count_capped) == (1, True)
