"""Keys held, repeated, typed ahead or pressed on a stalled screen act once, and never on a screen they were not for."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from station_journal.posting import CashStatus
from station_journal.records import BillPaymentTaken, CashReturned, CopyIssued, Outcome, Side
from station_pos.store.database import DATABASE_NAME
from tests.station_pos.tui.at_counter import serving
from tests.station_pos.tui.books_counter import BooksCounter, take_bill
from tests.station_pos.tui.test_over_the_register import real
from tests.station_pos.tui.test_over_the_register import world as world  # noqa: PLC0414  the fixture of the real books

REPEAT_S = 0.033


def facts(counter, kind):
    return [record.fact for record in counter.records[Side.STATION] if isinstance(record.fact, kind)]


async def hold(till, key, times=20, first_s=0.5):
    """Hold a key down as a keyboard reports it: a press, a pause, then a quick run of the same key."""
    at_s = asyncio.get_running_loop().time() + 1_000
    for place in range(times):
        till.send(key, at_s + (0 if place == 0 else first_s + place * REPEAT_S))
    await till.settle()


async def test_enter_held_on_a_stalled_register_makes_one_record_and_a_scan_waits_its_turn(world):
    async with real(world) as till:
        before = len(till.counter.recent(50))
        await till.scan("0081234567")
        await till.type("100")
        blocker = sqlite3.connect(world.folder / DATABASE_NAME, isolation_level=None)
        till.counter.held_back = True  # nobody waits for it here
        blocker.execute("BEGIN IMMEDIATE")  # the disk is somebody else's: the register stands still
        await hold(till, "enter")
        await till.until(lambda: "处理中, 请等一下" in till.shown)
        assert len(till.counter.recent(50)) == before
        await till.type("7f")
        await till.keys("plus", "minus", "escape", "f2", "f11")
        await till.scan("0081234599")
        assert till.screen == "PaymentScreen", "nothing typed ahead acts on anything"
        blocker.execute("ROLLBACK")
        blocker.close()
        till.counter.held_back = False
        await till.until(lambda: till.screen == "ResultScreen")
        assert len(till.counter.recent(50)) == before + 1
        assert till.counter.recent(1)[0].tendered_fen == 10_000
        world.answer(till.counter.recent(1)[0].seq)
        await till.until(lambda: "缴 成 了" in till.shown)
        await till.seen()
        await till.keys("enter")
        assert till.app.screen.entry.text == "0081234599", "the scan had waited for its turn"


async def test_enter_held_through_a_decline_gives_no_cash_back_by_itself():
    counter = BooksCounter(biller_says=Outcome.DECLINED)
    async with serving(counter) as till:
        await till.scan("0081234567")
        await till.type("100")
        at_s = asyncio.get_running_loop().time() + 1_000
        till.send("enter", at_s)
        await till.until(lambda: "把 现 金 退 给 顾 客" in till.shown and till.app.screen.was_seen())
        for place in range(20):
            till.send("enter", at_s + 0.5 + place * REPEAT_S)
        await till.settle()
        assert facts(counter, CashReturned) == []
        assert "只算按了一次" in till.shown
        till.send("enter", at_s + 3)
        await till.settle()
        assert counter.recent(1)[0].cash is CashStatus.RETURNED


async def test_plus_held_takes_one_payment():
    counter = BooksCounter(biller_says=None)
    async with serving(counter) as till:
        before = len(facts(counter, BillPaymentTaken))
        await till.scan("0081234567")
        await hold(till, "plus")
        assert len(facts(counter, BillPaymentTaken)) == before + 1


async def test_plus_held_in_the_history_prints_one_copy():
    counter = BooksCounter()
    take_bill(counter, "0081234567", Outcome.CONFIRMED)
    async with serving(counter) as till:
        await till.keys("f7", "enter")
        await hold(till, "plus")
        assert [fact.copy_no for fact in facts(counter, CopyIssued)] == [1]


@pytest.mark.parametrize("key", ["enter", "plus"])
async def test_a_key_held_from_home_never_gets_as_far_as_cash(key):
    counter = BooksCounter()
    async with serving(counter) as till:
        before = len(facts(counter, BillPaymentTaken))
        await till.type("0081234567")
        await till.keys("enter")
        await hold(till, key, first_s=0.25)
        expected = before + (key == "plus")
        assert len(facts(counter, BillPaymentTaken)) == expected
