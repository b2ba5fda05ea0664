"""What made a shopkeeper stop and think over a whole day at the counter: each once, with exact keys."""

from __future__ import annotations

import re
from datetime import date, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from station_journal.facts.cash import CashReason, NoteLine
from station_journal.facts.distribution import LeadNoted, RegistrationFiled
from station_journal.facts.parcels import ConsentGiven, ParcelAccepted, ParcelScannedIn
from station_journal.records import BillPaymentTaken
from station_journal.side import Side
from station_pos import text
from station_pos.commands.cash_orders import MoveCash, SealPouch
from station_pos.counter import OfflineLeft
from station_pos.receipts.label import LabelFacts, compose_label
from station_pos.receipts.paper import from_bytes, to_text
from station_pos.text import Language
from station_pos.tui.presenters.offline_left import offline_words
from tests.factories.parcels import line
from tests.station_pos.register.test_withdrawals import intent, paid, papers
from tests.station_pos.tui.at_counter import NARROW, WIDE, columns, serving
from tests.station_pos.tui.books_counter import PRODUCTS, START, BooksCounter
from tests.station_pos.tui.parcel_till import announce, at_the_shelves, name_courier, shelve
from tests.station_pos.tui.test_goods_and_leads import facts as facts_of
from tests.station_pos.tui.test_over_the_register import real, world
from tests.station_pos.tui.test_parcel_screens import W, facts
from tests.station_pos.tui.test_parcel_work import beside
from tests.station_pos.tui.test_withdrawal_screens import counter_with_terminal
from tests.station_pos.world import OWNER

if TYPE_CHECKING:
    from station_pos.tui.desk import Desk

__all__ = ["world"]


async def test_one_line_is_offered_as_one_and_no_second_key_is_named():
    async with serving() as till:
        await till.type("0081234567")
        assert "Enter 选第 1 行" in till.shown
        assert "*2 选第 2 行" not in till.shown
        await till.keys("escape", "f2")
        assert "*2 选第 2 行" in till.shown


async def test_what_fits_nothing_is_said_once():
    async with serving() as till:
        await till.type("99")
        await till.keys("enter")
        assert till.shown.count("没有相符的业务") == 1


async def test_a_served_customer_does_not_hold_back_the_list_of_services():
    async with serving() as till:
        await till.scan("0081234567")
        await till.keys("plus")
        await till.until(lambda: "缴 成 了" in till.shown)
        await till.keys("f2")
        assert till.screen == "HomeScreen"
        assert "*2 选第 2 行" in till.shown, "F2 lists the services for the next customer"


async def test_where_the_credit_is_too_small_nobody_is_asked_for_money():
    async with serving(BooksCounter(credit_fen=5000)) as till:
        await till.scan("0081234567")
        assert "对顾客说: 请稍等, 我先充一下额度" in till.shown
        assert "F8 充额度, 充好回来接着收" in till.shown
        assert "收款打印" not in till.shown


async def test_too_little_cash_is_typed_anew_by_the_next_digit():
    async with serving() as till:
        await till.scan("0081234567")
        await till.type("20")
        await till.keys("enter")
        await till.type("100")
        await till.keys("enter")
        await till.until(lambda: "缴 成 了" in till.shown)
        taken = [one.fact for one in till.counter.records[Side.STATION] if isinstance(one.fact, BillPaymentTaken)]
        assert taken[-1].tendered_fen == 10_000


async def test_a_mobile_number_is_named_and_grouped_as_it_is_read_aloud():
    async with serving() as till:
        await till.type("13800001234")
        assert "138 0000 1234" in till.shown
        await till.keys("enter")
        assert "手机号  138 0000 1234" in till.shown
        await till.type("50")
        await till.keys("enter")
        assert "把号码读给顾客核对" in till.shown


@pytest.mark.parametrize("language", list(Language))
async def test_the_cash_row_tells_what_is_not_the_shops_yet_and_for_how_many_payouts_it_is_good(world, language):
    async with counter_with_terminal(world, language=language) as till:
        chinese = language is Language.ZH
        free = next(row for row in till.rows() if row.startswith(" 现金" if chinese else " Cash"))
        assert ("还够取款 500 元 0 笔" if chinese else "enough for 0 payouts of 500") in free
        held = world.accepted(world.pay(bill_no="B10", tendered_fen=10_000)).seq
        till.app._tick()  # noqa: SLF001  # the second's look at the books
        await till.settle()
        row = next(row for row in till.rows() if row.startswith(" 现金" if chinese else " Cash"))
        assert ("其中结果未定或待退 72.60" if chinese else "undecided or due back 72.60") in row
        world.answer(held)


async def test_the_card_terminal_stands_in_the_state_row_also_while_it_works(world):
    async with counter_with_terminal(world) as till:
        await till.until(lambda: till.app._tick() or "刷卡 好" in till.row(1))  # noqa: SLF001
        assert columns(till.row(1)) <= NARROW[0]


@pytest.mark.parametrize("language", list(Language))
async def test_wide_home_counts_down_what_may_be_taken_without_the_link(language):
    async with serving(size=WIDE, language=language) as till:
        lower = "\n".join(row[:80] for row in till.rows()[23:34])
        assert ("断网还能收" if language is Language.ZH else "Without the link") in lower
        assert ("电费" if language is Language.ZH else "Electricity") in lower
        await till.type("*0")
        assert ("断网还能收" if language is Language.ZH else "Without the link") not in till.shown, "not in big text"


@pytest.mark.parametrize("language", list(Language))
def test_a_product_that_may_be_taken_without_the_link_is_named_with_all_its_figures_or_counted(language):
    left = OfflineLeft(5, 80_000, START + timedelta(hours=3))
    counter = SimpleNamespace(products=lambda: PRODUCTS * 3, offline_left=lambda _code: left)
    desk = SimpleNamespace(counter=counter, state=lambda: SimpleNamespace(not_computable=""), now=lambda: START)
    text.choose(language)
    try:
        row = offline_words(cast("Desk", desk))
    finally:
        text.choose(Language.ZH)
    more = re.search(r"等 (\d) 项" if language is Language.ZH else r"and (\d) more", row)
    assert more is not None
    assert row.count("/800.00") + int(more[1]) == 3 * len(PRODUCTS)
    assert columns(row) <= NARROW[0]


async def test_before_the_slip_is_on_record_no_screen_says_that_it_prints(world):
    async with counter_with_terminal(world) as till:
        world.accepted(intent(world))
        world.clock.forward(minutes=2)
        till.app._tick()  # noqa: SLF001
        await till.keys("f5", "enter")
        assert "结 果 未 知, 不 要 付 钱" in till.shown
        assert "顾客先别走" in till.shown
        assert "待定凭条在打印" not in till.shown


class NothingRuns:
    """Practice with no drill begun."""

    def hint(self):
        return ""

    def drills(self):
        return ()

    def begin(self, number, operator_no, operator_name):
        raise AssertionError(number, operator_no, operator_name)


async def test_practice_says_at_home_how_a_drill_is_chosen():
    counter = BooksCounter()
    counter.practice = NothingRuns()
    async with serving(counter) as till:
        assert "练习: 按 // 再按 Enter 选一题" in till.shown


# Parcels


async def an_evening_shelf(world):
    name_courier(world)
    announce(
        world,
        (line(W[0], consented=True), "张三", "13800006621"),
        (line(W[1]), "张三", "13800006621"),
        (line(W[2]), "王五", "13700006621"),
    )
    for place, waybill in enumerate(W[:3], 1):
        name, phone = ("*三", "1386621") if place < 3 else ("*五", "1376621")
        shelve(world, waybill, f"A-01-00{place}", phone, name)


async def test_among_several_customers_a_line_is_chosen_by_its_digit_and_enter(world):
    await an_evening_shelf(world)
    async with at_the_shelves(world) as till:
        await till.keys("f4")
        await till.type("6621")
        await till.keys("enter")
        assert "2 位顾客" in till.shown
        heads = [row for row in till.rows() if "货架" in row or "A-01-001" in row]
        places = [columns(row[: row.index(mark)]) for row, mark in zip(heads, ("货架", "A-01-001"), strict=True)]
        assert places[0] == places[1], "a heading stands over its column"
        mine = next(row for row in till.rows() if "A-01-001" in row)
        await till.keys(mine.strip(" >")[0], "enter")
        assert "找到 2 件" in till.shown


async def test_what_is_done_by_minus_is_about_the_item_scanned_last_and_named(world):
    await an_evening_shelf(world)
    async with at_the_shelves(world) as till:
        await till.keys("f4")
        await till.type("101001")
        await till.keys("enter")
        await till.scan(W[1])
        await till.keys("minus", "6")
        await till.until(lambda: "A-01-002 已记同意放站" in till.shown)
        assert [one.waybill for one in facts(world, ConsentGiven)] == [W[1]]


async def test_the_customer_is_told_the_change_with_the_item(world):
    announce(world, (line(W[0], cod_fen=19_900), "张三", "13800006621"))
    shelve(world, W[0], "A-01-001")
    async with at_the_shelves(world) as till:
        await till.keys("f4")
        await till.type("101001")
        await till.keys("enter")
        await till.scan(W[0])
        await till.type("200")
        await till.keys("enter")
        await till.until(lambda: "对顾客说: 收您 200.00, 找您 1.00, 请拿好" in till.shown)


async def test_an_unannounced_items_phone_is_asked_by_its_own_number_and_typed_anew(world):
    name_courier(world)
    announce(world, (line(W[0]), "张三", "13800006621"))
    async with at_the_shelves(world) as till:
        await till.keys("f6")
        await till.scan(W[9])
        await till.keys("1")
        assert "70009 收下入架" in till.shown
        await till.type("66")
        await till.keys("enter")
        assert "手机尾号是 4 位数字" in till.shown
        await till.type("6621")
        await till.keys("enter")
        await till.until(lambda: facts(world, ParcelScannedIn))
        await till.keys("plus")
        assert "刚扫" not in till.shown, "what is signed for is the batch, not its last item"


def test_a_label_names_the_carrier_as_the_screens_do():
    text = to_text(compose_label(LabelFacts("A-01-001", W[0], "YTO", "*三", "1386621", date(2026, 11, 26), "站")))
    assert "圆通" in text


async def test_acceptance_says_what_is_wrong_with_the_number_the_name_and_the_postage(world):
    async with at_the_shelves(world) as till:
        await beside(till, 4)
        await till.scan("RR123456784CN")
        assert "没有收寄" in till.shown
        await till.scan("RR123456785CN")
        await till.keys("1")
        await till.type("510781188801010019")
        await till.keys("enter")
        assert "这里输姓名" in till.shown
        await till.type("张三")
        await till.keys("enter")
        await till.type("510781188801010019")
        await till.keys("enter", "1", "enter")
        assert "照资费表输资费" in till.shown
        await till.type("12")
        await till.keys("enter")
        await till.type("20")
        await till.keys("enter")
        await till.until(lambda: "对顾客说: 找您 8.00, 凭条请收好" in till.shown)
        assert len(facts(world, ParcelAccepted)) == 1


# Cash, history, leads, paper


async def test_a_digit_that_chose_and_an_enter_out_of_habit_are_no_mistake(world):
    async with real(world) as till:
        await till.keys("f10")
        await till.type("*1")
        await till.keys("1", "enter")
        assert "金额不对" not in till.shown
        await till.type("300")
        await till.keys("enter")
        await till.until(lambda: "已记: 站主放入自己的钱 300.00" in till.shown)


async def test_history_names_the_thing_and_no_sum_where_none_moved(world):
    await an_evening_shelf(world)
    world.accepted(MoveCash(OWNER, world.register.open_operation(), CashReason.OWNER_IN, 50_000))
    world.accepted(SealPouch(OWNER, "FD-1001", (NoteLine(10_000, 5),), 0))
    async with at_the_shelves(world) as till:
        await till.keys("f4")
        await till.type("101001")
        await till.keys("enter")
        await till.scan(W[0])
        await till.keys("plus", "escape", "f7")
        listed = till.shown
        assert next(row for row in listed.splitlines() if "取件" in row and "70000" in row)
        assert next(row for row in listed.splitlines() if "封袋交款" in row and "500.00" in row and "FD-1001" in row)
        await till.type("*1")
        assert "金额    -   70000" in till.shown


async def test_a_lead_takes_a_name_that_is_one_and_a_number_that_can_be_called():
    counter = BooksCounter()
    counter.hq(RegistrationFiled("R1", "*三", date(2027, 12, 31)))
    async with serving(counter) as till:
        await till.type("bx")
        await till.keys("enter", "1", "enter", *"13812346621", "enter")
        assert "这里输姓名" in till.shown
        await till.keys("w", "u", "enter", "1", "enter")
        assert "电话号码不对" in till.shown, "said before the customer is asked for his consent"
        await till.keys(*"13812346621", "enter", "plus")
        assert len(facts_of(counter, LeadNoted)) == 1


def test_both_sign_a_pouch_each_on_a_row_and_a_paid_withdrawal_has_its_name_on_the_day(world):
    world.accepted(MoveCash(OWNER, world.register.open_operation(), CashReason.OWNER_IN, 500_000))
    world.accepted(SealPouch(OWNER, "FD-1001", (NoteLine(10_000, 5),), 0))
    slip = next(paper for paper in papers(world) if "封袋解款单" in paper)
    assert [row.strip() for row in slip.splitlines() if "款人签字" in row][:2] == [
        "交款人签字 ____________",
        "收款人签字 ____________",
    ]
    paid(world)
    from station_pos.commands.cash_orders import IssueTrial

    world.accepted(IssueTrial(OWNER))
    (trial,) = world.rows("SELECT paper FROM print_jobs ORDER BY job_no DESC LIMIT 1")
    text = to_text(from_bytes(trial[0]))
    assert "取款付出" in text
    assert "其他" not in text
