"""Half-typed jobs: parked, locked, logged off, cut. They are drafts, never entries, and come back into view."""

from __future__ import annotations

from datetime import timedelta

import pytest

from station_journal.posting import CashStatus
from station_journal.records import BillPaymentTaken, Outcome, Side
from station_pos.text import Language
from tests.station_pos.tui.at_counter import NARROW, WIDE, serving
from tests.station_pos.tui.books_counter import PIN, START, BooksCounter, take_bill


def payments(counter):
    return [record for record in counter.records[Side.STATION] if isinstance(record.fact, BillPaymentTaken)]


async def test_a_customer_is_parked_the_next_one_served_and_the_first_one_goes_on():
    async with serving() as till:
        before = len(payments(till.counter))
        await till.scan("0081234567")
        await till.type("10")
        await till.keys("f11")
        assert till.screen == "HomeScreen"
        assert "1 放着没办 14:31 电费 *三 72.60" in till.row(8)
        assert len(payments(till.counter)) == before
        await till.scan("20010007")
        await till.keys("plus")
        await till.seen()
        await till.keys("enter")
        await till.type("*1")
        assert till.screen == "PaymentScreen"
        assert till.app.screen.entry.text == "10"
        await till.type("0")
        await till.keys("enter")
        await till.seen()
        fact = payments(till.counter)[-1].fact
        assert (fact.account_no, fact.amount_fen, fact.tendered_fen) == ("0081234567", 7260, 10_000)
        assert till.counter.kept_jobs.jobs() == ()


async def test_an_amount_that_was_keyed_comes_back_to_be_confirmed_not_taken():
    async with serving() as till:
        await till.type("13908162007")
        await till.keys("enter", *"48.00", "enter", *"5", "f11")
        await till.type("*1")
        assert till.app.screen.entry.text == "48.00", "the amount is on the line again; Enter takes it"
        await till.keys("enter")
        assert till.app.screen.entry.text == "5"
        assert len(payments(till.counter)) == 4


async def test_a_dropped_job_is_kept_no_more():
    async with serving() as till:
        await till.scan("0081234567")
        assert [job.amount_fen for job in till.counter.kept_jobs.jobs()] == [7260]
        await till.keys("escape")
        assert till.counter.kept_jobs.jobs() == ()
        assert "放着没办" not in till.shown


async def test_nothing_can_be_put_aside_while_it_is_being_recorded():
    counter = BooksCounter()
    async with serving(counter) as till:
        await till.scan("0081234567")
        counter.held_back = True
        await till.keys("plus", "f11")
        assert till.screen == "PaymentScreen"
        counter.release()
        await till.seen()
        assert till.screen == "ResultScreen"
        assert counter.kept_jobs.jobs() == ()


async def test_a_counter_left_alone_locks_itself_and_takes_no_cash():
    async with serving() as till:
        before = len(till.counter.records[Side.STATION])
        await till.scan("0081234567")
        await till.type("100")
        till.counter.time = START + timedelta(seconds=301)
        await till.until(lambda: till.screen == "SignInScreen")
        assert len(till.counter.records[Side.STATION]) == before
        await till.keys(*PIN, "enter")
        assert till.app.screen.entry.text == "100"


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
async def test_sign_in_lists_what_is_in_flight_with_its_state_and_its_cash(size, language):
    counter = BooksCounter()
    take_bill(counter, "0081234567", None)
    take_bill(counter, "0081234568", Outcome.DECLINED)
    counter.time += timedelta(minutes=1)
    async with serving(counter) as till:
        await till.type("13908162007")
        await till.keys("enter", *"30", "enter")
    async with serving(counter, signed_in=False, size=size, language=language) as till:
        records = len(counter.records[Side.STATION])
        await till.keys("1", "enter", *PIN, "enter")
        assert till.screen == "InFlightScreen"
        unknown, declined, typed = till.rows()[8:11]
        zh = language is Language.ZH
        assert ("不知道" if zh else "unknown") in unknown
        assert ("没办" if zh else "not done") in declined
        assert ("退给顾客 51.10" if zh else "hand out 51.10") in declined
        assert ("没办" if zh else "not done") in typed
        assert ("不用动" if zh else "leave as is") in typed
        assert ("不要重做" if zh else "do not repeat") in till.shown
        assert len(counter.records[Side.STATION]) == records
        await till.type("*2")
        assert till.screen == "ResultScreen"
        await till.seen()
        await till.keys("enter")
        assert counter.recent(1)[0].cash is CashStatus.RETURNED


async def test_what_is_left_of_an_earlier_day_is_listed_once_and_then_gone():
    counter = BooksCounter()
    async with serving(counter) as till:
        await till.scan("0081234567")
    (job,) = counter.kept_jobs.jobs()
    from dataclasses import replace

    counter.kept_jobs.keep(replace(job, business_date=job.business_date - timedelta(days=1)))
    async with serving(counter, signed_in=False) as till:
        await till.keys("1", "enter", *PIN, "enter")
        assert "电费 *三" in till.row(9)
        await till.keys("escape")
        assert till.screen == "HomeScreen"
        assert counter.kept_jobs.jobs() == ()
        assert "放着没办" not in till.shown
