"""Biller-days that reconcile themselves: a late file, a late station, an outcome that changes, a day that fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from hq_server.db.break_tables import break_cases, break_events
from hq_server.db.reconciliation_tables import recon_days, recon_due
from hq_server.listing.paging import read_page
from hq_server.reconciliation.day_run import reconcile
from hq_server.reconciliation.due_days import FILE_WAIT_DAYS, LOOK_EVERY, STRETCH_DAYS, DueDays
from hq_server.statements.break_list import DAY_LIST
from station_journal.payment import PaymentStatus
from tests.hq_server.reconciliation.test_day_passes import (
    BILLER,
    DAY,
    JOURNAL,
    NEXT,
    NOON,
    Books,
    books,
    one_engine,
    open_cases,
)

__all__ = ["books", "one_engine"]


@pytest.fixture
def jobs(books: Books) -> Callable[..., int]:
    """The stage of one jobs process, told how much later it is."""
    stage = DueDays(JOURNAL)

    def run(later: timedelta = timedelta()) -> int:
        return stage.run(books.engine, lambda: NOON + timedelta(days=1) + later)

    return run


def board(books: Books) -> list[tuple[Any, ...]]:
    """What the day board of the console lists: date, reason why due, whether it ever ran."""
    with books.engine.connect() as connection:
        rows = read_page(connection, DAY_LIST, {}).rows
    return [(row["day"], row["reason"], row["run"] is not None) for row in rows]


def test_a_file_is_reconciled_once_and_a_late_one_changes_the_case(books: Books, jobs: Callable[..., int]) -> None:
    number = books.sale(1, 500)
    assert jobs() == 0
    books.file()
    assert jobs() == 1
    assert open_cases(books) == {"OURS_ONLY": 1}
    assert jobs(LOOK_EVERY) == 0
    books.line(number, 500, "5107800001", file_seq=2)
    books.file(file_seq=2)
    assert jobs(LOOK_EVERY) == 1
    assert open_cases(books) == {}
    assert [row.kind for row in books.rows(select(break_events))] == ["EXPLAINED"]
    assert jobs(LOOK_EVERY * 3) == 0
    assert board(books) == [(DAY, None, True)]


def test_a_late_station_closes_the_break_of_a_day_that_had_run(books: Books, jobs: Callable[..., int]) -> None:
    books.line("ST-1-000001-00000001", 500, "5107800001")
    books.file()
    jobs()
    assert open_cases(books) == {"THEIRS_ONLY": 1}
    books.sale(1, 500)
    books.sale(2, 700, day=NEXT)  # a day without a file is nobody's to run
    assert jobs() == 0, "between two looks the days are not counted"
    assert jobs(LOOK_EVERY) == 1
    assert open_cases(books) == {}
    assert [(row.state, row.closed_by) for row in books.rows(select(break_cases))] == [("EXPLAINED", f"{DAY}")]
    assert jobs(LOOK_EVERY * 2) == 0
    assert {row.run_date for row in books.rows(select(recon_days))} == {DAY}


def test_a_sale_reversed_after_the_run_becomes_a_break(books: Books, jobs: Callable[..., int]) -> None:
    books.line(books.sale(1, 500), 500, "5107800001")
    books.file()
    jobs()
    assert open_cases(books) == {}
    with books.engine.begin() as connection:
        connection.execute(text("UPDATE payments SET status = :s"), {"s": int(PaymentStatus.REVERSED)})
    assert jobs(LOOK_EVERY) == 1
    assert open_cases(books) == {"STATUS_MISMATCH": 1}


def test_a_look_whose_finding_was_not_stored_is_taken_again(books: Books, jobs: Callable[..., int]) -> None:
    books.line("ST-1-000001-00000001", 500, "5107800001")
    books.file()
    jobs()
    books.sale(1, 500)
    with books.engine.begin() as connection:
        connection.execute(text("ALTER TABLE recon_due ADD CONSTRAINT full_disk CHECK (reason <> 'RECORDS') NOT VALID"))
    with pytest.raises(IntegrityError):
        jobs(LOOK_EVERY)
    with books.engine.begin() as connection:
        connection.execute(text("ALTER TABLE recon_due DROP CONSTRAINT full_disk"))
    assert jobs(LOOK_EVERY * 2) == 1
    assert open_cases(books) == {}


def test_after_a_long_stop_the_other_stages_have_their_turn_between_the_days(
    books: Books, jobs: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hq_server.reconciliation.due_days.RUNS_AT_ONCE", 1)
    for day in (DAY, NEXT):
        books.line(books.sale(day.day, 500, day=day), 500, f"51078{day.day:05d}", day=day)
        books.file(day)
    assert [jobs() for _ in range(3)] == [1, 1, 0]
    assert board(books) == [(NEXT, None, True), (DAY, None, True)]


def test_a_day_that_fails_stays_due_on_the_board_and_holds_up_no_other(
    books: Books, jobs: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (DAY, NEXT):
        books.line(books.sale(day.day, 500, day=day), 500, f"51078{day.day:05d}", day=day)
        books.file(day)

    def failing(engine: Any, journal: Any, biller: str, day: Any, now: Any) -> Any:
        if day == DAY:
            raise OSError("the disk of one day is full")
        return reconcile(engine, journal, biller, day, now)

    monkeypatch.setattr("hq_server.reconciliation.due_days.reconcile", failing)
    assert jobs() == 1
    assert board(books) == [(NEXT, None, True), (DAY, "FILE", False)]
    with pytest.raises(OSError, match="one day is full"):
        jobs()
    monkeypatch.undo()
    assert jobs() == 1
    assert books.rows(select(recon_due)) == []
    assert books.matched() == {DAY.day, NEXT.day}
    assert {row.biller_code for row in books.rows(select(recon_days))} == {BILLER}


def test_records_of_whatever_age_make_their_day_due_stretch_by_stretch(books: Books, jobs: Callable[..., int]) -> None:
    ages = (STRETCH_DAYS + 8, 5 * STRETCH_DAYS)  # neither is among the recent days
    for age in ages:
        day = DAY - timedelta(days=age)
        books.line(f"ST-1-{age:06d}-{age:08x}", 500, f"51078{age:05d}", day=day)
        books.file(day)
    jobs()
    assert open_cases(books) == {"THEIRS_ONLY": 2}
    for age in ages:  # a station comes back after months
        books.sale(age, 500, day=DAY - timedelta(days=age))
    ran = [jobs(LOOK_EVERY * look) for look in range(1, 12)]
    assert sum(ran) == 2
    assert open_cases(books) == {}
    assert sum(jobs(LOOK_EVERY * look) for look in range(12, 24)) == 0, "each is run once"


def test_a_day_of_sales_without_a_file_stands_on_the_board_until_one_comes(
    books: Books, jobs: Callable[..., int]
) -> None:
    books.line(books.sale(1, 500), 500, "5107800001")
    assert jobs() == 0
    assert board(books) == [], "the file may still come"
    late = timedelta(days=FILE_WAIT_DAYS)
    assert jobs(late) == 0
    assert board(books) == [(DAY, "NO_FILE", False)]
    assert jobs(late + LOOK_EVERY) == 0
    books.file()
    assert jobs(late + LOOK_EVERY) == 1
    assert board(books) == [(DAY, None, True)]
    assert books.matched() == {1}
