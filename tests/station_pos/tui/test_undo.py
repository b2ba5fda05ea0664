"""Undo from F7: for every entry there is an undo or a sentence that says what to do instead."""

from __future__ import annotations

from datetime import timedelta

import pytest

from station_journal.records import InvoiceIssued, Outcome, ReversalReason, ReversalRequested, Side
from station_pos.commands.orders import RequestReversal
from station_pos.services.entries import Entry, UndoOffer, WayOut
from tests.station_pos.tui.at_counter import serving
from tests.station_pos.tui.books_counter import PIN, START, BooksCounter, take_bill


def undos(counter):
    return [record.fact for record in counter.records[Side.STATION] if isinstance(record.fact, ReversalRequested)]


def invoiced(counter):
    take_bill(counter, "0081234567", Outcome.CONFIRMED)
    counter.hq(InvoiceIssued(counter.recent(1)[0].seq, "FP0001"))


def unanswered(counter):
    take_bill(counter, "0081234567", None)


def declined(counter):
    take_bill(counter, "0081234567", Outcome.DECLINED)


def too_late(counter):
    take_bill(counter, "0081234567", Outcome.CONFIRMED)
    counter.time = START + timedelta(minutes=181)


def undone_before(counter):
    take_bill(counter, "0081234567", Outcome.CONFIRMED)
    counter.submit(RequestReversal(1, counter.recent(1)[0].seq, ReversalReason.WRONG_AMOUNT))
    counter.answer_reversal(counter.recent(1)[0].seq, accepted=True)


@pytest.mark.parametrize(
    ("arrange", "way_out"),
    [
        (invoiced, "先到网点冲红发票, 再在网点退费"),
        (unanswered, "等 F5 里有了答复再撤"),
        (declined, "没有缴成, 不用撤。要退的现金在 F5"),
        (too_late, "请顾客带凭条到网点办退费"),
        (undone_before, "已经撤过, 不会再撤。按 F5 看现金退了没有"),
    ],
)
async def test_a_refused_undo_names_the_next_step_and_records_nothing(arrange, way_out):
    counter = BooksCounter()
    arrange(counter)
    before = len(undos(counter))
    async with serving(counter) as till:
        till.app.desk.idle_lock_s = 1e6
        await till.keys("f7", "enter", "minus")
        assert way_out in till.shown
        assert len(till.bells) >= 1
        assert len(undos(counter)) == before
        outcome = counter.submit(RequestReversal(1, counter.recent(1)[0].seq, ReversalReason.WRONG_AMOUNT)).result()
        assert not hasattr(outcome, "seq"), "the register refuses what the screen refuses"


async def test_a_sale_taken_offline_is_undone_only_once_it_is_booked():
    counter = BooksCounter()
    counter.cut_link()
    async with serving(counter) as till:
        await till.scan("0081234567")
        await till.keys(*"72.60", "enter", "plus")
        await till.seen()
        await till.keys("f7", "enter", "minus")
        assert "网通入账后再撤" in till.shown
        assert undos(counter) == []


async def test_a_product_without_undo_sends_the_customer_to_the_biller():
    async with serving() as till:
        await till.type("13908162007")
        await till.keys("enter", *"50", "enter", "plus")
        await till.seen()
        await till.keys("f7", "enter", "minus")
        assert "请顾客带凭条找收费单位退费" in till.shown


async def test_entries_of_every_service_stand_in_one_list_each_with_its_undo_or_its_way_out():
    counter = BooksCounter()
    take_bill(counter, "0081234567", Outcome.CONFIRMED)
    bill = counter.recent(1)[0].seq
    counter.listed = [
        Entry("cash", bill + 5, START, "现金入柜", 50_000, "已记", undo_until=START + timedelta(minutes=30)),
        Entry("parcels", bill + 3, START, "取件", 0, "已交付"),
        Entry("withdrawal", bill + 2, START, "取款 卡尾 0128", 20_000, "已付清"),
    ]
    counter.undos = {
        bill + 5: UndoOffer(lambda operator_no, reason: RequestReversal(operator_no, bill, reason)),
        bill + 3: WayOut("交出去的件不能撤。顾客拿错了, 请他拿回来按 F6 重新收件"),
    }
    async with serving(counter) as till:
        await till.keys("f7")
        assert "现金入柜" in till.row(7)
        assert "可撤销 0:30" in till.row(7)
        assert "取件" in till.row(8)
        assert "取款" in till.row(9)
        assert "卡尾 0128" in till.row(9)
        assert "电费" in till.row(10)
        await till.keys("4", "enter")
        assert "电费" in till.row(3)
        await till.keys("escape")
        await till.type("*2")
        await till.keys("minus")
        assert "按 F6 重新收件" in till.shown
        await till.keys("escape")
        await till.type("*1")
        await till.keys("minus", "4", *PIN, "enter")
        assert [fact.payment_seq for fact in undos(counter)] == [bill]
        assert "已撤销, 记在您名下" in till.shown
