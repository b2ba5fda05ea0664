"""The keys of each task, counted: a task may never need more of them than it does today."""

from __future__ import annotations

import pytest

from station_journal.posting import PaymentStatus
from station_journal.records import BillPaymentTaken, CashReturned, Outcome, ReversalReason, ReversalRequested, Side
from station_pos.text import Language
from tests.station_pos.tui.at_counter import NARROW, WIDE, serving
from tests.station_pos.tui.books_counter import PIN, BooksCounter


def last(counter, kind):
    """The newest station record of a kind, as the journal holds it."""
    return next(record for record in reversed(counter.records[Side.STATION]) if isinstance(record.fact, kind))


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
async def test_a_scanned_bill_takes_one_key(size, language):
    async with serving(size=size, language=language) as till:
        await till.scan("0081234567")
        await till.keys("plus")

        record = last(till.counter, BillPaymentTaken)
        fact = record.fact
        assert (fact.account_no, fact.bill_no, fact.amount_fen, fact.tendered_fen) == ("0081234567", "B10", 7260, 7260)
        assert fact.payer_name == "*三"
        assert record.actor.number == 1
        assert till.keys_pressed == 1
        assert till.screen == "ResultScreen"


async def test_a_scanned_bill_with_change_takes_four_keys():
    async with serving() as till:
        await till.scan("0081234567")
        await till.type("100")
        assert "27.40" in till.row(13)
        await till.keys("enter")

        assert last(till.counter, BillPaymentTaken).fact.tendered_fen == 10_000
        assert till.keys_pressed == 4
        assert "27.40" in till.shown


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
async def test_a_bill_by_number_takes_fifteen_keys(size, language):
    async with serving(size=size, language=language) as till:
        await till.type("0081234567")
        await till.keys("enter")
        assert "*三" in till.shown
        assert "72.60" in till.shown
        await till.type("100")
        await till.keys("enter")

        fact = last(till.counter, BillPaymentTaken).fact
        assert (fact.account_no, fact.amount_fen, fact.tendered_fen) == ("0081234567", 7260, 10_000)
        assert not fact.offline
        assert till.keys_pressed == 15
        payment = till.counter.recent(1)[0]
        assert (payment.status, payment.receipt_no) == (PaymentStatus.CONFIRMED, 5)


async def test_initials_find_a_service_and_its_account_is_asked_for():
    async with serving() as till:
        await till.type("df")
        assert "电费 四川电力" in till.row(7)
        await till.keys("enter")
        await till.type("0081234567")
        await till.keys("enter", "plus")
        assert last(till.counter, BillPaymentTaken).fact.account_no == "0081234567"
        assert till.keys_pressed == 2 + 1 + 10 + 1 + 1


async def test_undoing_a_mistake_takes_nine_keys():
    async with serving() as till:
        await till.scan("0081234567")
        await till.keys("plus")
        await till.seen()
        till.keys_pressed = 0
        await till.keys("f7", "enter", "minus", "1", *PIN, "enter")

        fact = last(till.counter, ReversalRequested).fact
        assert (fact.payment_seq, fact.reason) == (12, ReversalReason.WRONG_AMOUNT)
        assert till.keys_pressed == 9
        assert till.counter.payment(12).status is PaymentStatus.CONFIRMED, "nothing moves before HQ answers"


async def test_an_unknown_result_takes_two_keys():
    counter = BooksCounter(biller_says=None)
    async with serving(counter) as till:
        await till.scan("0081234567")
        await till.keys("plus")
        counter.time_up()
        await till.seen()
        await till.keys("enter")
        till.keys_pressed = 0
        await till.keys("f5")
        assert "待定" in till.row(7)
        await till.keys("enter")
        assert "先不要重做" in till.shown
        assert till.keys_pressed == 2


async def test_the_number_pad_alone_serves_a_customer_who_gets_the_cash_back():
    counter = BooksCounter(biller_says=Outcome.DECLINED)
    pressed = []
    async with serving(counter) as till:
        keys = [*"0081234567", "enter", *"100", "enter"]
        await till.keys(*keys)
        await till.until(lambda: "把 现 金 退 给 顾 客" in till.shown)
        await till.seen()
        await till.keys("enter")
        pressed += [*keys, "enter"]
        await till.seen()
        assert last(counter, CashReturned).fact.payment_seq == 12
        for command in ("/5", "/7", "/8", "/9"):
            await till.type(command)
            pressed += command
        assert till.screen == "EvidenceScreen"
        assert set(pressed) <= {*"0123456789./*-+", "enter"}
