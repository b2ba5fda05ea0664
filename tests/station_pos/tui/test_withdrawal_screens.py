"""取款 with exact keys over the real register and the terminal's own thread: three pictures, and when Enter pays."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

import pytest

from station_journal.facts.withdrawals import PersonalId, WithdrawalPaid
from station_journal.records import Equipment
from station_journal.rules.withdrawal import WithdrawalState
from station_pos.commands.withdrawal_orders import InstructPayout
from station_pos.counter import PrinterState
from station_pos.queries import Queries
from station_pos.text import Language
from station_pos.tui import app
from station_pos.withdrawal_queries import WithdrawalQueries
from station_pos.workers.card_steps import CardTimes
from station_pos.workers.card_turn import CardTurn
from station_pos.workers.confirmer import Confirmer
from station_pos.workers.counter_devices import CounterDevices
from station_pos.workers.device_watch import DeviceWatch
from station_pos.workers.writer import Writer
from tests.factories import withdrawal as wd
from tests.station_pos.register.test_withdrawals import approved, drawer_fen, papers
from tests.station_pos.tui.at_counter import NARROW, WIDE, columns, serving
from tests.station_pos.tui.test_over_the_register import PlayedLink, RealCounter
from tests.station_pos.workers.played_terminal import PlayedTerminal
from tests.station_pos.world import World

if TYPE_CHECKING:
    from station_pos.devices.card_terminal import CardTerminal


class Devices(CounterDevices):
    def printer_state(self):
        return PrinterState.READY


class NoPaper(Devices):
    def printer_state(self):
        return PrinterState.PAPER_OUT


class HeldTerminal(PlayedTerminal):
    """A terminal whose customer takes until the test says so."""

    def __init__(self, clock):
        super().__init__(clock)
        self.go = threading.Event()
        self.during = lambda: self.go.wait(120)

    def cancel(self):
        super().cancel()
        self.go.set()


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    seq = made.accepted(made.pay(bill_no="", amount_fen=98_500, tendered_fen=98_500)).seq
    made.answer(seq)
    yield made
    made.close()


@asynccontextmanager
async def counter_with_terminal(world, watches=(), id_reader=None, devices_class=Devices, **changes):
    queries = Queries(world.database, world.register.tariffs)
    reads = WithdrawalQueries(world.database, queries.view, queries.business_date, world.clock)
    terminal = HeldTerminal(world.clock)
    times = CardTimes(slip_after_s=0.2, ask_s=(0.1,), poll_s=0.05)
    turn = CardTurn(cast("CardTerminal", terminal), reads, world.register.execute, times=times)
    world.register.subscribe(turn.wake)
    watch = DeviceWatch(Equipment.CARD_TERMINAL, turn, terminal.close, world.register.execute)
    writer = Writer(world.register.execute)
    confirmer = Confirmer(queries, world.register.execute, world.clock, 25)
    devices = devices_class(watches=(watch, *watches), card=turn, id_reader=id_reader)
    counter = RealCounter(world.register, queries, writer, confirmer, PlayedLink(world), devices, world.clock)
    counter.now = world.clock
    counter.set_pin(1, "4711")
    devices.start()
    try:
        async with serving(counter, **changes) as till:
            till.terminal = terminal
            yield till
    finally:
        terminal.go.set()
        writer.stop()
        devices.stop()
        counter.close()


def last(till):
    return till.counter.withdrawals.recent(1)[0]


async def until(till, state):
    await till.until(lambda: till.counter.withdrawals.recent(1) and last(till).state is state)
    # The picture follows, and what was pressed before it is ignored.
    await till.until(lambda: getattr(till.app.screen, "withdrawal", last(till)).state is state)
    await till.seen()


async def asked(till, amount="500"):
    """F3, amount, Enter: the terminal is asked."""
    await till.keys("f3")
    await till.type(amount)
    await till.keys("enter")
    await till.until(lambda: bool(till.counter.withdrawals.recent(1)) and till.screen == "WithdrawalCaseScreen")


@pytest.mark.parametrize(("size", "language"), [(NARROW, Language.ZH), (WIDE, Language.EN)])
async def test_a_withdrawal_takes_six_keys(world, size, language):
    async with counter_with_terminal(world, size=size, language=language) as till:
        await asked(till)
        assert "还 不 能 付 钱" in till.shown or "D O   N O T   P A Y   Y E T" in till.shown
        till.terminal.go.set()
        await until(till, WithdrawalState.PAYABLE)
        assert "可 以 付  500.00" in till.shown or "P A Y   O U T   500.00" in till.shown
        assert drawer_fen(world) == 98_500
        await till.keys("enter")
        await till.until(lambda: till.screen == "HomeScreen")
        assert till.keys_pressed == 6
        assert drawer_fen(world) == 48_500
        # What left the drawer is to come to the account: the third sum says so at either size.
        assert ("账户 500.00" if size == NARROW else "Account 500.00") in till.shown
        paid = last(till)
        assert (paid.state, paid.amount_fen, paid.operator_no) == (WithdrawalState.PAID, 50_000, 1)
        await till.until(lambda: len(till.bells) == 1)
        assert len(papers(world)) == 1 + 1  # the bill's receipt, and one slip in two copies
        kinds = [row.kind for row in till.counter.journal(6)]
        assert kinds.count(WithdrawalPaid.__name__) == 1


async def test_a_result_that_the_screen_rang_for_is_not_rung_for_again_however_quick_the_payout(world, monkeypatch):
    monkeypatch.setattr(app, "REFRESH_S", 3600.0)
    async with counter_with_terminal(world) as till:
        await asked(till)
        till.app._look()  # noqa: SLF001  # the second hand moved while the terminal was asked
        till.terminal.go.set()
        await until(till, WithdrawalState.PAYABLE)
        await till.keys("enter")
        await till.until(lambda: till.screen == "HomeScreen")
        till.app._look()  # noqa: SLF001  # and not again before the cash was out
        await till.until(lambda: len(till.bells) == 1)


async def test_fee_limit_drawer_and_notes_are_seen_before_the_terminal_is_asked(world):
    async with counter_with_terminal(world) as till:
        await till.keys("f3")
        await till.type("500")
        shown = till.shown
        assert "手续费   1.00 由顾客卡付" in shown
        assert "最多 2,000.00" in shown
        assert "985.00 -> 485.00" in shown
        assert "100 x 4   50 x 1   10 x 5" in shown
        assert "取 500.00, 手续费 1.00" in shown
        assert till.terminal.requests == []
        assert till.counter.withdrawals.recent(1) == ()


async def test_keys_ahead_on_a_picture_that_is_not_green_do_nothing(world):
    async with counter_with_terminal(world) as till:
        await asked(till)
        await till.keys("enter", "enter", "1", "enter")
        assert till.screen == "WithdrawalCaseScreen"
        assert drawer_fen(world) == 98_500
        till.terminal.fault = ""
        till.terminal.go.set()
        await till.until(lambda: "可 以 付" in till.shown)
        # Pressed before anybody can have seen the green picture.
        await till.too_early("enter")
        assert last(till).state is WithdrawalState.PAYABLE
        await till.seen()
        till.later()
        await till.keys("enter")
        await till.until(lambda: last(till).state is WithdrawalState.PAID)


@pytest.mark.parametrize(("fault", "words"), [("declined", "余额不足"), ("wrong_amount", "金额与要求的不同")])
async def test_not_done_rings_three_times_and_enter_pays_nothing(world, fault, words):
    async with counter_with_terminal(world) as till:
        till.terminal.fault = fault
        till.terminal.go.set()
        await asked(till)
        await until(till, WithdrawalState.FAILED)
        await till.until(lambda: "不 要 付 钱" in till.shown)
        assert words in till.shown
        assert f"没有取成: {last(till).reason}" in till.shown, "whoever it was that refused"
        await till.until(lambda: len(till.bells) == 3)
        await till.keys("enter")
        assert till.screen == "HomeScreen"
        assert drawer_fen(world) == 98_500


async def test_home_says_nothing_of_an_earlier_withdrawal_after_one_that_failed(world):
    async with counter_with_terminal(world) as till:
        till.terminal.go.set()
        await asked(till, "100")
        await until(till, WithdrawalState.PAYABLE)
        await till.keys("enter")
        await till.until(lambda: "已付清, 已记账" in till.shown)
        till.terminal.fault = "declined"
        await asked(till, "100")
        await until(till, WithdrawalState.FAILED)
        await till.keys("enter")
        assert till.screen == "HomeScreen"
        assert "已付清, 已记账" not in till.shown


async def test_unknown_has_its_own_picture_and_bell_and_ends_by_itself(world):
    async with counter_with_terminal(world) as till:
        till.terminal.fault, till.terminal.silent_for = "lost_after_bank", 10_000
        till.terminal.go.set()
        await asked(till)
        await till.until(lambda: last(till).pending_seq > 0)
        await till.until(lambda: "结 果 未 知, 不 要 付 钱" in till.shown)
        await till.until(lambda: len(till.bells) == 3)
        assert till.bells[1] - till.bells[0] > 0.5
        assert till.bells[2] - till.bells[0] > 1.0
        assert "按 F5" not in till.row(2), "it is on the screen already"
        await till.keys("enter")
        assert till.screen == "HomeScreen"
        assert "取款 500.00 结果未知" in till.row(2)
        await till.keys("f5")
        assert "不知道" in till.shown
        assert drawer_fen(world) == 98_500
        world.from_hq(wd.bank(last(till).seq))
        await until(till, WithdrawalState.PAYABLE)
        await till.keys("enter")
        await till.until(lambda: "可 以 付  500.00" in till.shown)
        await till.seen()
        await till.keys("enter")
        await till.until(lambda: drawer_fen(world) == 48_500)


async def test_esc_leaves_the_screen_and_cancels_nothing(world):
    async with counter_with_terminal(world) as till:
        await asked(till)
        await till.keys("escape")
        assert till.screen == "HomeScreen"
        assert not till.terminal.cancelled
        till.terminal.go.set()
        await until(till, WithdrawalState.PAYABLE)
        await till.tick()
        await till.until(lambda: len(till.bells) == 1)
        assert "已扣款, 现金还没付清" in till.row(2)
        assert drawer_fen(world) == 98_500


async def test_what_rang_on_its_own_picture_does_not_ring_again_at_home(world):
    async with counter_with_terminal(world) as till:
        await asked(till)
        till.app._tick()  # noqa: SLF001  # the second's look at the books, here while the bank is asked
        till.terminal.go.set()
        await till.until(lambda: last(till).state is WithdrawalState.PAYABLE and len(till.bells) == 1)
        await till.seen()
        await till.keys("enter")
        await till.until(lambda: till.screen == "HomeScreen")
        till.app._tick()  # noqa: SLF001
        await till.settle()
        await till.until(lambda: len(till.bells) == 1)


async def test_minus_asks_the_terminal_to_end_and_the_result_tells(world):
    async with counter_with_terminal(world) as till:
        await asked(till)
        await till.keys("minus")
        await until(till, WithdrawalState.FAILED)
        assert "不 要 付 钱" in till.shown
        assert till.terminal.book == []


async def test_what_was_not_paid_is_undone_at_the_terminal_after_being_asked_twice(world):
    async with counter_with_terminal(world) as till:
        till.terminal.go.set()
        await asked(till)
        await until(till, WithdrawalState.PAYABLE)
        await till.type("*2")
        assert last(till).state is WithdrawalState.PAYABLE
        assert "真的没付现金" in till.shown
        await till.type("*2")
        await until(till, WithdrawalState.FAILED)
        assert till.terminal.standing_fen() == 0
        assert drawer_fen(world) == 98_500


async def test_a_note_exchanged_on_the_spot_goes_on_record(world):
    async with counter_with_terminal(world) as till:
        till.terminal.go.set()
        await asked(till)
        await until(till, WithdrawalState.PAYABLE)
        await till.type("*1")
        assert "[记]" in till.shown
        await till.keys("enter")
        await till.until(lambda: last(till).state is WithdrawalState.PAID)
        assert last(till).notes_exchanged


async def test_more_than_the_drawer_holds_is_asked_about_first(world):
    async with counter_with_terminal(world) as till:
        await till.keys("f3")
        await till.type("1000")
        await till.keys("enter")
        assert "抽屉按账只有 985.00" in till.shown
        assert till.counter.withdrawals.recent(1) == ()
        await till.keys("escape")
        await till.type("1000")
        await till.keys("enter", "enter")
        await till.until(lambda: bool(till.counter.withdrawals.recent(1)))


@pytest.mark.parametrize("language", list(Language))
async def test_cash_that_is_due_is_listed_on_a_wide_home_screen_and_its_rows_stand_whole(world, language):
    world.accepted(InstructPayout(approved(world)))
    chinese = language is Language.ZH
    async with counter_with_terminal(world, size=WIDE, language=language) as till:
        await till.keys("escape")
        assert till.screen == "HomeScreen"
        assert ("500.00 取款没有结束" if chinese else "500.00 withdrawal not over") in till.shown
        await till.keys("f5", "enter")
        assert till.screen == "WithdrawalCaseScreen"
        core = [row.split(" | ")[0].rstrip() for row in till.rows()]
        ends = ("(含这一笔)", "另一联给顾客") if chinese else ("this one included", "keeps one")
        assert all(any(row.endswith(end) for row in core) for end in ends)


@pytest.mark.parametrize("language", list(Language))
async def test_a_printer_without_paper_is_asked_about_before_the_terminal_hears_of_it(world, language):
    async with counter_with_terminal(world, devices_class=NoPaper, language=language) as till:
        await till.keys("f3")
        await till.type("1000")
        await till.keys("enter")
        till.later()
        await till.keys("enter")  # the cash is there after all
        assert ("顾客没法签字" if language is Language.ZH else "no slip to sign") in till.shown
        assert (till.terminal.requests, till.counter.withdrawals.recent(1)) == ([], ())
        await till.keys("escape")
        await till.type("500")
        await till.keys("enter")
        till.later()
        await till.keys("enter")
        await till.until(lambda: bool(till.counter.withdrawals.recent(1)))


@pytest.mark.parametrize("amount", ["5", "55", "505", "0", "abc", "500.5"])
async def test_an_amount_that_is_none_gets_one_sentence_and_is_not_sent(world, amount):
    async with counter_with_terminal(world) as till:
        await till.keys("f3")
        await till.type(amount)
        await till.keys("enter")
        assert "没有发到银行" in till.shown
        assert till.terminal.requests == []


async def test_an_agent_collector_is_noted_masked_and_signs(world):
    async with counter_with_terminal(world) as till:
        till.terminal.go.set()
        await till.keys("f3", "minus")
        await till.type("510781188801010018")
        await till.keys("enter")
        assert "身份证号不对" in till.shown
        assert "510781188801010018" not in till.shown
        await till.type("510781188801010019")
        await till.keys("enter")
        await till.type("李四")
        await till.keys("enter")
        assert "510781********0019" in till.shown
        assert "188801" not in till.shown
        await till.type("500")
        await till.keys("enter")
        await until(till, WithdrawalState.PAYABLE)
        found = last(till)
        assert (found.by_agent, found.person_name, found.id_kind) == (True, "*四", PersonalId.RESIDENT_ID)
        assert "代取人签字" in papers(world)[-1]


async def test_a_balance_costs_one_key_and_leaves_no_record(world):
    async with counter_with_terminal(world) as till:
        await till.keys("f3", "plus")
        await till.until(lambda: "1,234.56" in till.shown)
        assert "不收费" in till.shown
        assert till.counter.withdrawals.recent(1) == ()


async def test_the_third_within_ten_minutes_is_pointed_out(world):
    async with counter_with_terminal(world) as till:
        till.terminal.go.set()
        shown = ""
        for _ in range(3):
            await asked(till, "100")
            await until(till, WithdrawalState.PAYABLE)
            shown = till.shown
            await till.keys("enter")
            await till.until(lambda: till.screen == "HomeScreen")
        assert "10 分钟内第 3 次" in shown


async def test_a_denied_payout_that_was_paid_by_the_slip_is_hqs(world):
    async with counter_with_terminal(world) as till:
        till.terminal.go.set()
        await asked(till, "150")
        await until(till, WithdrawalState.PAYABLE)
        world.from_hq(wd.bank(last(till).seq, debited=False))
        await till.until(lambda: "银 行 说 没 有 扣 款" in till.shown)
        await till.seen()
        await till.keys("enter")
        await till.until(lambda: drawer_fen(world) == 83_500)
        assert world.rows("SELECT balance_fen FROM balances WHERE party='PAYOUT_REFUTED'") == [(-15_000,)]


@pytest.mark.parametrize(("size", "language"), [(NARROW, Language.ZH), (WIDE, Language.EN)])
async def test_every_picture_keeps_its_columns(world, size, language):
    async with counter_with_terminal(world, size=size, language=language) as till:
        await till.keys("f3")
        await till.type("500")
        rows = [till.rows()]
        await till.keys("enter")
        await till.until(lambda: till.screen == "WithdrawalCaseScreen")
        rows.append(till.rows())
        till.terminal.go.set()
        await until(till, WithdrawalState.PAYABLE)
        rows.append(till.rows())
        for picture in rows:
            assert {columns(row) for row in picture} == {size[0]}


async def test_without_a_terminal_the_screen_says_so():
    async with serving() as till:
        await till.keys("f3")
        assert "没有接刷卡机" in till.shown
        await till.keys("enter")
        assert till.screen == "HomeScreen"
