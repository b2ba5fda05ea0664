"""分销 and 保险: order, sign for what came, see the clock; leads only with a registration and the customer's word."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from station_journal.facts.distribution import (
    GoodsDispatched,
    GoodsLine,
    GoodsListPublished,
    GoodsSigned,
    LeadAnswered,
    LeadKind,
    LeadNoted,
    LeadOutcome,
    OrderAnswer,
    OrderAnswered,
    OrderCancelled,
    OrderPlaced,
    RegistrationFiled,
)
from station_journal.goods_list import GoodsItem, goods_hash, write_goods
from station_journal.records import Side
from station_pos.text import Language
from station_pos.workers.register_journals import RegisterJournals
from tests.station_pos.tui.at_counter import NARROW, WIDE, serving
from tests.station_pos.tui.books_counter import TODAY, BooksCounter
from tests.station_pos.tui.test_over_the_register import real, world  # noqa: F401 - a fixture
from tests.station_pos.world import World

ITEMS = (
    GoodsItem(11, "加碘盐", "Iodised salt", "袋", 180, 24),
    GoodsItem(12, "菜籽油", "Rapeseed oil", "桶", 6_500, 1),
)
GOODS = write_goods("2026-12", ITEMS)
SALT, OIL = GoodsLine(11, 24), GoodsLine(12, 6)


def stocked() -> BooksCounter:
    counter = BooksCounter()
    counter.distribution.goods = GOODS
    counter.hq(GoodsListPublished(goods_hash(GOODS)))
    return counter


def facts(counter, kind):
    return [record.fact for record in counter.records[Side.STATION] if isinstance(record.fact, kind)]


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
async def test_goods_are_ordered_by_keys_alone_and_signed_for_as_counted(size, language):
    counter = stocked()
    async with serving(counter, size=size, language=language) as till:
        await till.type("fx")
        await till.keys("enter", "plus")
        assert "65.00" in till.shown
        await till.keys("2", "4", "enter", "6", "enter")
        assert "433.20" in till.shown
        await till.keys("plus")
        assert [(one.list_hash, one.lines) for one in facts(counter, OrderPlaced)] == [(goods_hash(GOODS), (SALT, OIL))]
        seq = len(counter.records[Side.STATION])
        counter.hq(OrderAnswered(seq, OrderAnswer.ACCEPTED, TODAY + timedelta(days=5), ""))
        counter.hq(GoodsDispatched(seq, (SALT, OIL), "邮车"))
        await till.keys("escape")
        await till.type("fx")
        await till.keys("enter")
        assert "10-28" in till.shown
        await till.keys("enter", "2", "0", "enter", "plus")
        assert [(one.order_seq, one.lines) for one in facts(counter, GoodsSigned)] == [(seq, (GoodsLine(11, 20), OIL))]
        await till.keys("enter", "plus")
        first, rest = facts(counter, GoodsSigned)
        assert (rest.order_seq, rest.lines) == (seq, (GoodsLine(11, 4),))
        assert rest.operation_no != first.operation_no, "what came later is another job"
        await till.keys("enter", "plus")
        assert len(facts(counter, GoodsSigned)) == 2, "what is complete is not signed for again"


async def test_more_than_is_missing_is_not_signed_for():
    counter = stocked()
    async with serving(counter) as till:
        await till.type("fx")
        await till.keys("enter", "plus", "5", "enter", "plus", "enter", "plus", "6", "enter")
        assert "多出来的货请退给送货人" in till.shown
        await till.keys("backspace", "5", "enter", "plus")
        assert facts(counter, GoodsSigned)[0].lines == (GoodsLine(11, 5),)


async def test_a_late_delivery_is_shown_as_late():
    counter = stocked()
    async with serving(counter) as till:
        await till.type("fx")
        await till.keys("enter", "plus", "5", "enter", "plus", "escape")
        seq = len(counter.records[Side.STATION])
        counter.hq(OrderAnswered(seq, OrderAnswer.ACCEPTED, TODAY - timedelta(days=1), ""))
        await till.type("fx")
        await till.keys("enter")
        assert "应 10-22 到, 已过期" in till.shown


@pytest.mark.parametrize("language", list(Language))
async def test_an_order_is_cancelled_by_the_same_key_twice_until_hq_answers(language):
    counter = stocked()
    async with serving(counter, language=language) as till:
        await till.type("fx")
        await till.keys("enter", "plus", "5", "enter", "plus", "enter", "minus")
        assert facts(counter, OrderCancelled) == []
        await till.keys("down", "minus")
        assert facts(counter, OrderCancelled) == [], "another key in between takes the question back"
        await till.keys("minus")
        (cancelled,) = facts(counter, OrderCancelled)
        assert ("已取消" if language is Language.ZH else "cancelled") in till.shown
        await till.keys("enter", "plus", "minus", "minus")
        assert facts(counter, GoodsSigned) == []
        assert facts(counter, OrderCancelled) == [cancelled]
        await till.keys("escape", "plus", "5", "enter", "plus")
        seq = len(counter.records[Side.STATION])
        await till.keys("enter", "minus")
        counter.hq(OrderAnswered(seq, OrderAnswer.ACCEPTED, TODAY, ""))
        await till.keys("minus")
        assert ("总部已答复" if language is Language.ZH else "HQ has answered") in till.shown
        assert facts(counter, OrderCancelled) == [cancelled]


async def test_without_a_list_nothing_can_be_ordered_and_one_that_changed_is_chosen_from_again():
    async with serving() as till:
        await till.type("fx")
        await till.keys("enter", "plus", "plus")
        assert "还没有发商品目录" in till.shown
    counter = stocked()
    async with serving(counter) as till:
        await till.type("fx")
        await till.keys("enter", "plus", "5", "enter")
        counter.hq(GoodsListPublished(b"n" * 32))
        await till.keys("plus")
        assert "商品目录刚换过" in till.shown
        assert facts(counter, OrderPlaced) == []


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
async def test_a_lead_is_taken_with_the_customers_word_and_little_of_the_customer(size, language):
    counter = BooksCounter()
    counter.hq(RegistrationFiled("51000000000012345", "*三", date(2027, 12, 31)))
    async with serving(counter, size=size, language=language) as till:
        await till.type("bx")
        await till.keys("enter", "3", "enter")
        await till.type("wangwu")
        await till.keys("enter")
        await till.type("13812346621")
        await till.keys("enter")
        assert facts(counter, LeadNoted) == [], "nothing before the customer agrees"
        await till.keys("plus")
        (lead,) = facts(counter, LeadNoted)
        assert (lead.kind, lead.customer_name, lead.phone) == (LeadKind.MOTOR, "*angwu", "1386621")
        assert lead.registration_no == "51000000000012345"
        counter.hq(LeadAnswered(len(counter.records[Side.STATION]), LeadOutcome.CALLED))
        await till.keys("escape")
        await till.type("bx")
        await till.keys("enter")
        assert ("已回电" if language is Language.ZH else "called") in till.shown
        assert "13812346621" not in till.shown
        assert "138****6621" in till.shown


async def test_a_customer_who_does_not_agree_leaves_nothing_and_a_wrong_number_is_asked_for_again():
    counter = BooksCounter()
    counter.hq(RegistrationFiled("R1", "*三", date(2027, 12, 31)))
    async with serving(counter) as till:
        await till.type("bx")
        await till.keys("enter", "1", "enter", "w", "u", "enter", *"123", "enter")
        assert "电话号码不对" in till.shown
        await till.keys("plus")
        await till.keys(*"13812346621", "enter", "escape")
        assert facts(counter, LeadNoted) == []
        assert till.screen == "HomeScreen"


async def test_without_a_registration_one_sentence_says_why_and_nothing_is_asked():
    counter = BooksCounter()
    counter.hq(RegistrationFiled("R1", "*三", TODAY - timedelta(days=1)))
    async with serving(counter) as till:
        await till.type("bx")
        await till.keys("enter")
        assert "没有有效的保险执业登记" in till.shown
        await till.keys("3", "enter", "plus")
        assert facts(counter, LeadNoted) == []


async def test_over_the_register_the_list_comes_as_a_document_and_the_slip_prints_in_two_copies(world: World):  # noqa: F811
    named = goods_hash(GOODS)
    world.from_hq(GoodsListPublished(named))
    journals = RegisterJournals(world.register, world.clock)
    assert named in journals.documents_wanted()
    world.register.keep_document(GOODS)
    assert named not in journals.documents_wanted()
    async with real(world) as till:
        await till.type("fx")
        await till.keys("enter", "plus", "5", "enter", "plus")
        await till.until(lambda: "下单了" in till.shown)
        await till.keys("enter", "plus")
        assert "总部还没答复" in till.shown, "nothing is signed for by one key while HQ has not answered"
        await till.keys("plus")
        await till.until(lambda: "签收好了" in till.shown)
    assert world.rows("SELECT title FROM print_jobs ORDER BY job_no DESC LIMIT 1") == [("分销到货签收单",)]
