"""Layers beside billers' files become cases by themselves: acquirers' days, the bank account, day digests."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, text

from hq_server import credit
from hq_server.db.break_tables import break_cases, break_events
from hq_server.db.file_tables import bank_entries, received_files
from hq_server.hq_journal import raise_alarm
from hq_server.settlement.acquirer_days import AGAIN_AFTER
from hq_server.settlement.other_layers import LOOK_EVERY, OtherLayers
from hq_server.withdrawals.bank_day import settle_day
from station_journal.facts.withdrawals import BankAnswered
from station_journal.records import AlarmCode, AlarmRaised, BusinessDayEnded
from tests.factories import withdrawal as wd
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, CODE, Counter
from tests.hq_server.people import MAKER, NOON, SteppingClock
from tests.hq_server.test_withdrawals import HEAD, day_of, line, pay_out, write

ACCOUNT = "5100"
TODAY = date(2026, 11, 23)


@pytest.fixture
def counter(engine: Engine) -> Counter:
    return Counter(engine, SteppingClock(), credit_fen=0)


@pytest.fixture
def jobs(counter: Counter) -> Callable[..., int]:
    stage = OtherLayers(counter.journal)

    def run(later: timedelta = timedelta()) -> int:
        done = stage.run(counter.engine, lambda: counter.clock.now + later)
        counter.post()
        return done

    return run


def cases(counter: Counter, layer: str) -> set[tuple[Any, ...]]:
    with counter.engine.connect() as connection:
        rows = connection.execute(select(break_cases).where(break_cases.c.layer == layer)).all()
    return {(row.break_class, row.station_code, row.difference_fen, row.state) for row in rows}


def take(counter: Counter, folder: Path, *lines: str, number: int = 1) -> None:
    """Have the acquirer's file taken in, and nobody settle it."""
    fields = [one.split(",") for one in lines]
    amount_fen = sum(int(one[4].replace(".", "")) for one in fields)
    fee_fen = sum(int(one[5].replace(".", "")) for one in fields)
    body = "".join(one + "\n" for one in (HEAD, *lines))
    write(folder, counter, body, f"END,{len(lines)},,,{amount_fen / 100:.2f},{fee_fen / 100:.2f},,", number)


class TestAnAcquirersDay:
    def test_is_settled_by_itself_and_each_difference_is_a_case_with_owner_and_due_date(
        self, counter: Counter, jobs: Callable[..., int], tmp_path: Path
    ) -> None:
        good, absent, other = pay_out(counter), pay_out(counter, 15_000), pay_out(counter, 20_000)
        assert jobs() == 0
        twice = line(counter, 777, "300.00")
        lines = (line(counter, good), line(counter, other, "250.00"), twice)
        take(counter, tmp_path, *lines)
        take(counter, tmp_path, twice, number=2)
        assert jobs() == 1
        assert {one.withdrawal_seq for one in counter.told(BankAnswered)} == {good, absent}
        assert cases(counter, "BANK") == {
            ("OURS_ONLY", CODE, -15_000, "OPEN"),
            ("AMOUNT_MISMATCH", CODE, 5_000, "OPEN"),
            ("THEIRS_ONLY", CODE, 30_000, "OPEN"),
            ("DUPLICATE_THEIRS", CODE, 30_000, "OPEN"),
        }
        with counter.engine.connect() as connection:
            rows = connection.execute(select(break_cases)).all()
        assert {(row.counterparty, row.due_on, row.owner_no) for row in rows} == {
            ("100", day_of(counter) + timedelta(days=3), MAKER.staff_no)
        }
        assert jobs(LOOK_EVERY) == 0

    def test_whose_file_cannot_be_read_any_more_keeps_no_other_day_and_no_other_layer_waiting(
        self, counter: Counter, jobs: Callable[..., int], tmp_path: Path
    ) -> None:
        with counter.engine.begin() as connection:
            lost = {"purpose": "ACQUIRER", "party_code": "999", "file_seq": 1, "sha256": "lost", "file_name": "lost"}
            lost |= {"profile_name": "gone", "state": "ACCEPTED", "imported_by": 31, "imported_at": NOON}
            zeros = ("amount_fen", "net_fen", "fee_fen", "byte_count", "profile_version", "line_count")
            day = {"business_date": day_of(counter) - timedelta(days=1)}
            connection.execute(insert(received_files).values(**lost, **day, **dict.fromkeys(zeros, 0)))
        absent = pay_out(counter, 15_000)
        take(counter, tmp_path)
        Statements(counter.engine).taken(TODAY - timedelta(days=3), 0, 700)
        with pytest.raises(Exception, match=r"."):
            jobs()
        counter.post()
        assert {one.withdrawal_seq for one in counter.told(BankAnswered)} == {absent}
        assert cases(counter, "BANK") == {("OURS_ONLY", CODE, -15_000, "OPEN")}
        assert cases(counter, "ACCOUNT") == {("THEIRS_ONLY", f"ACCOUNT:{ACCOUNT}", 700, "OPEN")}

    def test_settled_by_the_jobs_and_a_person_at_once_tells_once(self, counter: Counter, tmp_path: Path) -> None:
        good = pay_out(counter)
        take(counter, tmp_path, line(counter, good))
        now, start = counter.clock.now, Barrier(3)

        def settle(_: int) -> int:
            start.wait()
            return settle_day(counter.engine, counter.journal, "100", day_of(counter), now).confirmed

        with ThreadPoolExecutor(3) as people:
            assert sorted(people.map(settle, range(3))) == [0, 0, 1]
        counter.post()
        assert len(counter.told(BankAnswered)) == 1

    def test_a_second_file_explains_the_case_and_the_trail_stays(
        self, counter: Counter, jobs: Callable[..., int], tmp_path: Path
    ) -> None:
        absent = pay_out(counter, 15_000)
        take(counter, tmp_path)
        jobs()
        assert cases(counter, "BANK") == {("OURS_ONLY", CODE, -15_000, "OPEN")}
        take(counter, tmp_path, line(counter, absent, "150.00"), number=2)
        assert jobs() == 1
        assert cases(counter, "BANK") == {("OURS_ONLY", CODE, -15_000, "EXPLAINED")}
        with counter.engine.connect() as connection:
            assert [row.kind for row in connection.execute(select(break_events))] == ["EXPLAINED"]

    def test_a_withdrawal_that_comes_late_explains_the_banks_line(
        self, counter: Counter, jobs: Callable[..., int], tmp_path: Path
    ) -> None:
        known = pay_out(counter, 20_000)
        late = counter.head.seq + 1
        take(counter, tmp_path, line(counter, known, "200.00"), line(counter, late))
        jobs()
        assert cases(counter, "BANK") == {("THEIRS_ONLY", CODE, 50_000, "OPEN")}
        counter.operations += 1
        (seq,) = counter.send(wd.intended(counter.operations))
        counter.send(wd.approved(seq, trace_no=f"{late:06d}"), operator_no=0)
        assert jobs(AGAIN_AFTER) == 1
        assert cases(counter, "BANK") == {("THEIRS_ONLY", CODE, 50_000, "EXPLAINED")}


class Statements:
    """The bank's statements, as rows."""

    def __init__(self, engine: Engine, account: str = ACCOUNT) -> None:
        self.engine, self.account = engine, account

    def taken(self, day: date, opening_fen: int, *amounts: int) -> None:
        facts = {"opening_fen": opening_fen, "closing_fen": opening_fen + sum(amounts), "business_date": day}
        zeros = dict.fromkeys(("amount_fen", "net_fen", "fee_fen", "byte_count", "profile_version"), 0)
        named = f"{self.account} {day}"
        row = {"sha256": named, "file_name": named, "purpose": "ACCOUNT", "party_code": self.account, "file_seq": 1}
        row |= {"profile_name": "camt", "state": "ACCEPTED", "imported_by": 31, "imported_at": NOON}
        empty = ("statement_no", "bank_no", "end_to_end_id", "batch_no", "their_name", "their_account", "text")
        with self.engine.begin() as connection:
            connection.execute(insert(received_files).values(**row, **zeros, **facts, line_count=len(amounts)))
            for number, fen in enumerate(amounts, 1):
                place = {"account_no": self.account, "business_date": day, "file_seq": 1, "row_no": number}
                entry = {"entry_no": number, "booked_on": day, "amount_fen": fen, "is_reversal": False}
                connection.execute(insert(bank_entries).values(**place, **entry, **dict.fromkeys(empty, "")))


class TestTheAccount:
    def test_a_statement_that_does_not_go_on_where_the_last_one_ended_is_a_case_until_the_missing_one_comes(
        self, counter: Counter, jobs: Callable[..., int]
    ) -> None:
        bank = Statements(counter.engine)
        bank.taken(TODAY - timedelta(days=6), 0)
        bank.taken(TODAY - timedelta(days=4), 700)
        jobs()
        assert cases(counter, "ACCOUNT") == {("BALANCE_GAP", f"ACCOUNT:{ACCOUNT}", 700, "OPEN")}
        bank.taken(TODAY - timedelta(days=5), 0, 700)
        jobs()
        assert cases(counter, "ACCOUNT") == {
            ("BALANCE_GAP", f"ACCOUNT:{ACCOUNT}", 700, "EXPLAINED"),
            ("THEIRS_ONLY", f"ACCOUNT:{ACCOUNT}", 700, "OPEN"),
        }

    def test_a_credit_that_may_be_a_stations_purchase_is_told_to_it_once_and_both_sides_are_cases(
        self, counter: Counter, jobs: Callable[..., int]
    ) -> None:
        buy(counter, 123_400)
        bank = Statements(counter.engine)
        bank.taken(counter.clock.now.date(), 0, 123_400, 55)
        jobs()
        assert cases(counter, "ACCOUNT") == set(), "the line may still be matched today"
        bank.taken(counter.clock.now.date() + timedelta(days=3), 123_455)
        assert jobs(timedelta(days=4)) == 1
        assert {row[:3] for row in cases(counter, "ACCOUNT")} == {
            ("THEIRS_ONLY", f"ACCOUNT:{ACCOUNT}", 123_400),
            ("THEIRS_ONLY", f"ACCOUNT:{ACCOUNT}", 55),
            ("OURS_ONLY", CODE, -123_400),
        }
        assert counter.told(AlarmRaised) == [AlarmRaised(AlarmCode.UNMATCHED_CREDIT, 0, 123_400)]
        assert jobs(timedelta(days=5)) == 0

    def test_what_a_station_bought_early_in_the_morning_is_awaited_as_long_as_what_it_bought_at_noon(
        self, counter: Counter, jobs: Callable[..., int]
    ) -> None:
        counter.clock.now = NOON + timedelta(hours=19)  # seven in the morning of the next day in Beijing
        buy(counter, 123_400)
        bank = Statements(counter.engine)
        bank.taken(TODAY, 0)
        bank.taken(TODAY + timedelta(days=1), 0)
        jobs(timedelta(days=2))
        assert cases(counter, "ACCOUNT") == set(), "the statement after that of its own day is still to come"
        bank.taken(TODAY + timedelta(days=2), 0)
        jobs(timedelta(days=3))
        assert cases(counter, "ACCOUNT") == {("OURS_ONLY", CODE, -123_400, "OPEN")}
        with counter.engine.connect() as connection:
            assert connection.scalar(select(break_cases.c.business_date)) == TODAY + timedelta(days=1)

    def test_what_no_line_shows_stays_one_case_whichever_account_is_told_of_next(
        self, counter: Counter, jobs: Callable[..., int]
    ) -> None:
        buy(counter, 123_400)
        first, other = Statements(counter.engine), Statements(counter.engine, "5200")
        first.taken(TODAY + timedelta(days=2), 0)
        jobs(timedelta(days=4))
        assert cases(counter, "ACCOUNT") == {("OURS_ONLY", CODE, -123_400, "OPEN")}
        other.taken(TODAY + timedelta(days=2), 0)
        jobs(timedelta(days=4))
        first.taken(TODAY + timedelta(days=3), 0)
        jobs(timedelta(days=4))
        assert cases(counter, "ACCOUNT") == {("OURS_ONLY", CODE, -123_400, "OPEN")}
        with counter.engine.connect() as connection:
            assert connection.execute(select(break_events)).all() == [], "nothing explained it meanwhile"


def buy(counter: Counter, amount_fen: int) -> None:
    """Have a purchase of credit entered and approved now."""
    with counter.engine.begin() as connection:
        made = credit.enter(connection, CLERK, CODE, amount_fen, "SLIP-0001", counter.clock())
        credit.approve(connection, counter.journal, BRANCH_HEAD, CODE, made.purchase_no, counter.clock())


def test_a_days_end_that_differs_is_a_case_of_that_day_beside_its_alarm(
    counter: Counter, jobs: Callable[..., int]
) -> None:
    ended = TODAY - timedelta(days=9)
    (seq,) = counter.send(BusinessDayEnded(ended, (), bytes(32)))  # HQ's figures are others, and its alarm says so
    with counter.engine.begin() as connection:
        differs = AlarmRaised(AlarmCode.DAY_DIGEST_DIFFERS, seq + 7, 0)  # a record that HQ does not hold
        raise_alarm(connection, counter.journal, CODE, differs, counter.clock.now)
    assert jobs() == 1
    assert cases(counter, "STATION") == {("DIGEST_MISMATCH", CODE, 0, "OPEN")}
    with counter.engine.begin() as connection:
        rows = connection.execute(select(break_cases.c.our_no, break_cases.c.business_date)).all()
        assert {tuple(row) for row in rows} == {(f"{CODE} S{seq}", ended), (f"{CODE} S{seq + 7}", TODAY)}
        connection.execute(text("UPDATE break_cases SET state = 'RESOLVED', closed_at = opened_at"))
    assert jobs(LOOK_EVERY) == 0
    assert cases(counter, "STATION") == {("DIGEST_MISMATCH", CODE, 0, "RESOLVED")}
