"""One customer, many slips: their number keyed first and held against the scans, and one sum of cash for all of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest

from station_journal.facts.cash import CashReason
from station_journal.records import BillPaymentTaken, Outcome
from station_pos import text
from station_pos.commands.cash_orders import MoveCash
from station_pos.commands.orders import ReturnCash
from station_pos.services.day_close import DrawerLine
from station_pos.text import Language
from station_pos.tui.presenters.tally import (
    ROWS,
    begun_words,
    bill_line,
    done_words,
    first_settle_words,
    home_line,
    tally_view,
)
from station_pos.tui.tally import Tally
from tests.station_pos.register.test_withdrawals import paid
from tests.station_pos.tui.at_counter import columns
from tests.station_pos.tui.test_over_the_register import real
from tests.station_pos.tui.test_over_the_register import world as world  # noqa: PLC0414  the fixture of the real books
from tests.station_pos.tui.test_parcel_screens import facts
from tests.station_pos.world import OWNER

if TYPE_CHECKING:
    from station_pos.services.day_close import DayClose

NOW = datetime(2026, 10, 23, 6, 0, tzinfo=UTC)
ACCOUNTS = ("0081234501", "0081234502")


async def asked(till, account):
    """Scan a slip that two services could mean, and take the first; waits for its bill."""
    await till.scan(account)
    await till.keys("enter")
    await till.until(lambda: till.screen == "PaymentScreen" and not till.app.screen.busy)


async def taken(till):
    await till.keys("plus")
    await till.until(lambda: till.screen == "ResultScreen" and not till.app.screen.busy)


async def serve(till, *accounts):
    for account in accounts:
        await asked(till, account)
        await taken(till)


async def home(till):
    await till.keys("escape")
    await till.until(lambda: till.screen == "HomeScreen")


async def test_bills_and_a_payout_are_one_sum_and_the_slips_are_as_many_as_promised(world):
    before = len(facts(world, BillPaymentTaken))
    async with real(world, answer_wait_s=0.05) as till:
        await till.keys(*"2+")
        assert "2 张单子" in till.shown
        await serve(till, ACCOUNTS[0])
        await asked(till, ACCOUNTS[1])  # what all come to is seen before the second is taken
        assert "单子 1/2, 连这笔应收 145.20" in till.shown
        await taken(till)
        await home(till)
        assert "单子 2/2, 应收 145.20" in till.shown
        paid(world, 50_000)
        till.app._tick()  # noqa: SLF001  # the second's look at the books
        await till.until(lambda: "应付 354.80" in till.shown)
        await till.keys("plus")
        assert till.screen == "TallyScreen"
        shown = till.shown
        assert shown.count("+72.60") == 2
        assert "-500.00" in shown
        assert "一共付给您 354.80" in shown
        await till.keys("enter")
        await till.until(lambda: till.screen == "HomeScreen")
        assert "结清" in till.shown
        assert till.app.desk.tally is None
    assert len(facts(world, BillPaymentTaken)) == before + 2


async def test_a_slip_left_over_is_missed_before_the_customer_goes_and_change_is_worked_out_once_for_all(world):
    async with real(world, answer_wait_s=0.05) as till:
        await till.keys(*"2+")
        await serve(till, ACCOUNTS[0])
        await home(till)
        await till.keys("plus", "enter")
        assert till.screen == "TallyScreen"
        assert "还差 1 张" in till.shown
        await serve(till, ACCOUNTS[1])  # it lay under another one
        await home(till)
        await till.keys("plus", *"140")
        assert "还差   5.20" in till.shown
        await till.keys("enter")
        assert till.screen == "TallyScreen"
        await till.keys(*"200")
        assert "找零   54.80" in till.shown
        assert "一共 145.20 元, 收您 200.00, 找您 54.80" in till.shown
        await till.keys("enter")
        await till.until(lambda: "找 54.80" in till.shown and till.screen == "HomeScreen")


@dataclass
class Drawer:
    """The drawer's entries, as the counter lists them."""

    lines: tuple[DrawerLine, ...]

    def entries(self, after_seq, cut_seq):
        return tuple(one for one in self.lines if after_seq < one.seq <= cut_seq)


def entry(seq, kind, change_fen, title="电费 008123****"):
    return DrawerLine(seq, NOW, kind, change_fen, title)


@pytest.mark.parametrize("language", list(Language))
def test_what_is_promised_and_what_came_are_told_apart_in_rows_of_eighty_columns(language):
    text.choose(language)
    try:
        bills = [entry(seq, BillPaymentTaken.KIND, 9_999_999) for seq in range(2, 16)]
        tally = Tally(after_seq=1, slips=13)
        drawer = Drawer((entry(1, BillPaymentTaken.KIND, 100), *bills))
        tally.look(cast("DayClose", drawer), 15)
        assert (tally.slips_done, tally.slips_missing, tally.due_fen) == (14, -1, 14 * 9_999_999)
        view = tally_view(tally, "2000000")
        assert len(view.above) == 2 + ROWS + 2
        lines = [*view.above, *view.below, home_line(tally), bill_line(tally, 9_999_999)]
        rows = [row.text for row in lines] + [view.say, view.keys, begun_words(tally), done_words(tally, 200_000_000)]
        rows.append(" " + first_settle_words(tally))
        assert all(columns(row) <= 80 for row in rows), max(rows, key=columns)
        assert any(("多 1 张" if language is Language.ZH else "1 too many") in row for row in rows)
    finally:
        text.choose(Language.ZH)


async def test_a_slip_undone_and_taken_again_does_not_stand_for_the_one_that_lies_under_it(world):
    async with real(world, answer_wait_s=0.05) as till:
        await till.keys(*"2+")
        await serve(till, ACCOUNTS[0])
        wrong = world.rows("SELECT max(seq) FROM payments")[0][0]
        world.answer(wrong, Outcome.DECLINED)
        world.accepted(ReturnCash(OWNER, wrong))
        await home(till)
        await till.tick()
        assert "单子 0/2, 不收不付" in till.shown
        await serve(till, ACCOUNTS[0])
        await home(till)
        assert "单子 1/2, 应收 72.60" in till.shown
        await till.keys("plus", "enter")
        assert till.screen == "TallyScreen"
        assert "还差 1 张" in till.shown


async def test_cash_given_back_for_an_earlier_customer_is_no_slip_less(world):
    async with real(world, answer_wait_s=0.05) as till:
        earlier = world.accepted(world.pay(account_no=ACCOUNTS[1])).seq
        world.answer(earlier, Outcome.DECLINED)
        await till.keys(*"1+")
        await serve(till, ACCOUNTS[0])
        world.accepted(ReturnCash(OWNER, earlier))
        await home(till)
        await till.tick()
        assert "单子 1/1, 不收不付" in till.shown


async def test_a_number_of_slips_keyed_again_is_taken_while_nothing_is_in_the_tally_and_refused_afterwards(world):
    async with real(world, answer_wait_s=0.05) as till:
        await till.keys(*"5+")
        await till.keys(*"2+")
        assert "单子 0/2" in till.shown
        await serve(till, ACCOUNTS[0])
        await home(till)
        await till.keys(*"3+")
        assert "前一位还没结 (单子 1/2, 应收 72.60)" in till.shown
        assert till.app.desk.tally.slips == 2
        await till.keys("plus")
        assert till.screen == "TallyScreen", "the line is empty: its + settles"


async def test_minus_settles_although_the_slips_differ(world):
    async with real(world, answer_wait_s=0.05) as till:
        await till.keys(*"5+")
        await till.keys("plus", "enter")
        assert till.screen == "TallyScreen"
        await till.keys("minus")
        await till.until(lambda: till.screen == "HomeScreen")
        assert till.app.desk.tally is None


async def test_the_shops_own_cash_is_no_customers(world):
    async with real(world, answer_wait_s=0.05) as till:
        await till.keys("plus")
        world.accepted(MoveCash(OWNER, world.register.open_operation(), CashReason.SHOP_SALES_IN, 7_000))
        till.app._tick()  # noqa: SLF001  # the second's look at the books
        await till.settle()
        assert "不收不付" in till.shown
        await till.keys("escape")
        assert till.app.desk.tally is None, "nothing was in it"


async def test_a_tally_leaves_no_record_and_outlives_the_lock(world):
    async with real(world, answer_wait_s=0.05) as till:
        head = till.counter.state().as_of_seq
        await till.keys(*"2+")
        await till.keys("f12")
        assert till.screen == "SignInScreen"
        await till.keys(*"4711", "enter")
        await till.until(lambda: till.screen == "HomeScreen")
        assert "单子 0/2" in till.shown
        await till.keys("plus", "minus")
        await till.until(lambda: till.screen == "HomeScreen")
        assert till.counter.state().as_of_seq == head


async def test_a_scanned_code_that_begins_with_a_number_and_a_plus_begins_no_tally(world):
    async with real(world, answer_wait_s=0.05) as till:
        await till.scan("5+81234567")
        assert till.app.desk.tally is None
