"""缴费 and what becomes of it: one press, one payment; bad input gets one sentence and changes nothing."""

from __future__ import annotations

import pytest

from station_journal.accounts import Account
from station_journal.posting import CashStatus, PaymentStatus
from station_journal.records import BillPaymentTaken, CashReturned, Outcome, PaymentResubmitted, Side
from station_pos.commands.orders import TakeBillPayment
from station_pos.counter import OpenBill, PrinterState
from tests.station_pos.tui.at_counter import WIDE, serving
from tests.station_pos.tui.books_counter import HISTORY_FEN, BooksCounter, Household


def taken(counter):
    """Payments of today's journal, that is, all but the account's history."""
    facts = [record.fact for record in counter.records[Side.STATION] if isinstance(record.fact, BillPaymentTaken)]
    return facts[len(HISTORY_FEN) :]


def owe(counter, account_no, amount_fen):
    counter.households[1, account_no] = Household("张三", "", (OpenBill("X1", "2026-10", amount_fen),))


async def test_twenty_enters_make_one_payment():
    counter = BooksCounter(held_back=True)
    async with serving(counter) as till:
        await till.scan("0081234567")
        await till.type("100")
        await till.keys(*["enter"] * 20)
        counter.release()
        await till.settle()
        await till.keys(*["enter"] * 20)
        await till.seen()
        assert len(taken(counter)) == 1
        assert len([order for order in counter.submitted if isinstance(order, TakeBillPayment)]) == 1


async def test_twenty_enters_in_one_burst_make_one_payment():
    counter = BooksCounter()
    async with serving(counter) as till:
        await till.scan("0081234567")
        await till.type("100")
        await till.scan("", end=["enter"] * 20)
        await till.scan("", end=["enter"] * 5, on_its_way=True)
        assert len(taken(counter)) == 1
        assert till.screen == "ResultScreen", "keys that were on their way do not close what nobody has read"


async def test_from_submit_to_outcome_keys_are_ignored_and_the_screen_says_so():
    counter = BooksCounter(held_back=True)
    async with serving(counter) as till:
        await till.scan("0081234567")
        await till.keys("plus")
        await till.until(lambda: "处理中" in till.shown)
        await till.type("55")
        await till.keys("plus", "escape", "f7", "f2")
        assert till.screen == "PaymentScreen"
        counter.release()
        await till.settle()
        assert [fact.tendered_fen for fact in taken(counter)] == [7260]


async def test_what_is_no_amount_gets_one_sentence_and_takes_nothing():
    async with serving() as till:
        await till.scan("0081234567")
        for typed in ("0", "0.00", "100.005", "1234567890123", ".", "1..2", "1.2.3", "9" * 20, "00000"):
            await till.type(typed)
            await till.keys("enter")
            assert "金额不对" in till.row(12), typed
            assert taken(till.counter) == []
            await till.keys("escape")
        await till.seen()
        await till.bells_over()
        await till.type("0")
        await till.keys("enter")
        await till.seen()
        await till.until(lambda: len(till.bells) == 3)  # three short: refused


async def test_a_minus_sign_cannot_be_typed_into_an_amount():
    async with serving() as till:
        await till.scan("0081234567")
        await till.keys("5", "minus", "5", "enter")
        assert taken(till.counter) == []
        assert till.screen == "PaymentScreen"


async def test_too_little_cash_is_refused_before_anything_happens():
    async with serving() as till:
        await till.scan("0081234567")
        await till.type("72.5")
        assert "还差      0.10" in till.shown
        await till.keys("enter")
        assert "实收比应收少" in till.row(12)
        assert taken(till.counter) == []


async def test_more_notes_than_anybody_hands_over_are_keyed_twice():
    async with serving() as till:
        await till.scan("0081234567")
        await till.type("1000")
        await till.keys("enter")
        assert "请再输一次实收" in till.row(11)
        await till.type("100")
        await till.keys("enter")
        assert "两次输的不一样" in till.shown
        assert taken(till.counter) == []
        await till.type("1000")
        await till.keys("enter")
        await till.type("1000")
        await till.keys("enter")
        assert [fact.tendered_fen for fact in taken(till.counter)] == [100_000]


async def test_an_amount_like_the_accounts_own_is_not_asked_again():
    async with serving() as till:
        await till.scan("0081234567")
        assert "实收" in till.row(11)


async def test_ten_times_the_usual_amount_is_keyed_again_before_it_can_be_taken():
    counter = BooksCounter()
    owe(counter, "0081234567", 72_600)
    async with serving(counter) as till:
        await till.scan("0081234567")
        assert "请再输一次金额" in till.row(11)
        assert "66.80 到 74.00" in till.shown
        await till.keys("plus")
        assert taken(counter) == []
        await till.type("72.6")
        await till.keys("enter")
        assert "两次输的不一样" in till.shown
        await till.type("726")
        await till.keys("enter", "plus")
        assert [fact.amount_fen for fact in taken(counter)] == [72_600]


async def test_two_open_bills_are_chosen_by_line():
    async with serving() as till:
        await till.scan("0081234568")
        assert "2026-08   51.10" in till.shown
        await till.type("*2")
        await till.keys("plus")
        assert [(fact.bill_no, fact.amount_fen) for fact in taken(till.counter)] == [("B21", 4800)]


async def test_a_bill_paid_already_is_refused_with_where_to_find_it():
    async with serving() as till:
        for _ in range(2):
            await till.scan("0081234567")
            await till.keys("plus")
            await till.seen()
        assert "已经收过" in till.shown
        assert len(taken(till.counter)) == 1


async def test_a_sale_beyond_the_credit_names_what_is_missing():
    counter = BooksCounter(credit_fen=5000)
    async with serving(counter) as till:
        await till.scan("0081234567")
        assert "还差 22.60, 收不了这一笔" in till.shown
        await till.keys("plus")
        assert "额度还差 22.60 元, 没有记账, 没有扣款" in till.row(12)
        assert taken(counter) == []
        assert till.screen == "PaymentScreen"


@pytest.mark.parametrize(
    ("account", "sentence"),
    [("0081234569", "没有欠费"), ("0099999999", "没有这个户号")],
)
async def test_an_account_with_nothing_to_pay_says_why(account, sentence):
    async with serving() as till:
        await till.scan(account)
        assert sentence in till.shown
        await till.keys("plus")
        await till.type("100")
        await till.keys("enter", "enter")
        assert taken(till.counter) == []


async def test_a_top_up_asks_for_the_amount_first_and_keeps_to_the_services_range():
    async with serving() as till:
        await till.scan("13800001234")
        await till.type("5")
        await till.keys("enter")
        assert "每笔 10 到 500 元" in till.shown
        await till.keys("escape")
        await till.type("50")
        await till.keys("enter")
        await till.keys("minus")
        await till.type("30")
        await till.keys("enter", "plus")
        assert [(fact.amount_fen, fact.tendered_fen) for fact in taken(till.counter)] == [(3000, 3000)]


async def test_a_whole_bill_cannot_be_changed():
    async with serving() as till:
        await till.scan("0081234567")
        await till.keys("minus")
        assert "要一次缴清" in till.shown


async def test_a_fault_behind_the_counter_is_one_sentence_and_the_job_can_be_done_again():
    counter = BooksCounter(fail_next="磁盘满了")
    async with serving(counter) as till:
        await till.scan("0081234567")
        await till.keys("plus")
        assert "没有做成, 没有记账: 磁盘满了" in till.row(12)
        await till.keys("plus")
        assert len(taken(counter)) == 1


async def test_esc_before_the_cash_leaves_no_trace():
    async with serving() as till:
        records = len(till.counter.records[Side.STATION])
        await till.scan("0081234567")
        await till.type("100")
        await till.keys("escape")
        await till.keys("escape")
        assert till.screen == "HomeScreen"
        assert len(till.counter.records[Side.STATION]) == records


async def test_a_declined_payment_gives_the_cash_back_and_the_books_agree():
    counter = BooksCounter(biller_says=Outcome.DECLINED)
    async with serving(counter) as till:
        drawer_fen = counter.books.balance_fen(Account.DRAWER)
        await till.scan("0081234567")
        await till.keys("plus")
        await till.until(lambda: "把 现 金 退 给 顾 客" in till.shown)
        await till.seen()
        assert "户号已销户" in till.shown
        await till.until(lambda: len(till.bells) == 3)
        assert counter.books.balance_fen(Account.CUSTOMER_CASH) == 7260
        await till.keys("enter")
        assert "现 金 已 退" in till.shown
        assert counter.payment(12).cash is CashStatus.RETURNED
        assert counter.books.balance_fen(Account.DRAWER) == drawer_fen
        assert counter.books.balance_fen(Account.CUSTOMER_CASH) == 0
        await till.seen()
        await till.keys("enter", "enter")
        returned = [r for r in counter.records[Side.STATION] if isinstance(r.fact, CashReturned)]
        assert len(returned) == 1, "the money leaves the drawer once"


async def test_a_declined_payment_may_be_sent_again_with_the_same_cash():
    counter = BooksCounter(biller_says=Outcome.DECLINED)
    async with serving(counter) as till:
        await till.scan("0081234567")
        await till.keys("plus")
        await till.seen()
        counter.biller_says = Outcome.CONFIRMED
        await till.type("*1")
        await till.until(lambda: "缴 成 了" in till.shown)
        await till.seen()
        assert any(isinstance(record.fact, PaymentResubmitted) for record in counter.records[Side.STATION])
        assert counter.payment(12).cash is CashStatus.SENT_AGAIN
        assert counter.books.balance_fen(Account.CUSTOMER_CASH) == 0


async def test_an_unknown_result_is_calm_stays_listed_and_rings_when_it_is_known():
    counter = BooksCounter(biller_says=None)
    async with serving(counter, size=WIDE) as till:
        await till.scan("0081234567")
        await till.keys("plus")
        assert "正 在 问 收 费 单 位" in till.shown
        await till.bells_over()
        counter.time_up()
        await till.until(lambda: "先不要重做, 凭条已印, 系统会自己再问" in till.shown)
        await till.until(lambda: len(till.bells) == 3)
        assert till.bells[1] - till.bells[0] > 0.5, "two long, one short"
        assert till.bells[2] - till.bells[0] > 1.0
        assert counter.books.balance_fen(Account.CREDIT_HELD) == 7260
        await till.keys("enter")
        assert "待定1笔" in till.row(2)
        assert "待定 1" in till.row(1)
        await till.bells_over()
        counter.answer(12, Outcome.CONFIRMED)
        await till.tick()
        await till.until(lambda: len(till.bells) == 1)
        assert till.row(2) == ""
        assert "已入账" in till.shown


async def test_a_dead_printer_stops_no_sale_and_no_paper_is_claimed():
    counter = BooksCounter(printer=PrinterState.PAPER_OUT)
    async with serving(counter) as till:
        assert "打印机缺纸, 照常收费" in till.row(2)
        await till.scan("0081234567")
        await till.keys("plus")
        assert "缴 成 了" in till.shown
        assert "等打印机好了就印" in till.shown
        assert "在打印" not in till.shown


async def test_leaving_a_wait_cancels_nothing_and_the_bell_tells_the_result():
    counter = BooksCounter(biller_says=None)
    async with serving(counter) as till:
        await till.scan("0081234567")
        await till.keys("plus")
        await till.type("99")
        await till.keys("enter")
        assert till.screen == "ResultScreen"
        await till.keys("escape")
        assert till.screen == "HomeScreen"
        await till.bells_over()
        counter.answer(12, Outcome.CONFIRMED)
        await till.settle()
        await till.until(lambda: len(till.bells) == 1)
        assert counter.payment(12).status is PaymentStatus.CONFIRMED


async def test_an_offline_sale_is_final_at_once_and_shows_its_allowance():
    counter = BooksCounter()
    async with serving(counter) as till:
        counter.cut_link()
        await till.tick()
        assert "网 断0分" in till.row(1)
        await till.scan("0081234567")
        assert "断网查不到账单" in till.shown
        assert "还剩 10 笔 / 600.00" in till.shown
        await till.type("70.20")
        await till.keys("enter", "plus")
        assert "收 好 了 (断网先收)" in till.shown
        payment = counter.recent(1)[0]
        assert payment.offline
        assert payment.receipt_no == 5


async def test_an_offline_sale_that_the_biller_refuses_later_is_refunded_from_the_list():
    counter = BooksCounter()
    async with serving(counter) as till:
        counter.cut_link()
        await till.tick()
        await till.scan("0081234567")
        await till.type("70.20")
        await till.keys("enter", "plus")
        await till.seen()
        counter.mend_link()
        counter.answer(counter.recent(1)[0].seq, Outcome.DECLINED, "户号已销户")
        await till.keys("enter")
        await till.tick()
        assert "没缴成, 现金还没退给顾客。按 F5" in till.row(2)
        await till.keys("f5", "enter", "enter")
        assert counter.recent(1)[0].cash is CashStatus.RETURNED


async def test_a_service_that_needs_the_biller_is_not_sold_without_the_link():
    counter = BooksCounter()
    async with serving(counter) as till:
        counter.cut_link()
        await till.tick()
        for account in ("20010007", "13800001234"):
            await till.scan(account)
            assert "断网不能收" in till.shown
            await till.type("50")
            await till.keys("enter", "plus", "enter")
            await till.keys("escape")
        assert taken(counter) == []
