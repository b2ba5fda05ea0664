"""The same keys over the real counter: SQLite, register, writer and confirmer; HQ is played record by record."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager

import pytest

from station_journal.posting import CashStatus, PaymentStatus
from station_journal.records import BillPaymentTaken, Outcome, Side
from station_pos.counter import InquiryAnswer, LinkState, OpenBill, PrinterState
from station_pos.queries import Queries
from station_pos.station_counter import StationCounter
from station_pos.store.errors import StoreError, StoreTrouble
from station_pos.sync.link_fault import LinkError, LinkFault
from station_pos.text import Language
from station_pos.workers.confirmer import Confirmer
from station_pos.workers.counter_devices import CounterDevices
from station_pos.workers.writer import Writer
from tests.station_pos.register.test_faults import unknown_kind
from tests.station_pos.tui.at_counter import NARROW, WIDE, serving
from tests.station_pos.world import ELECTRICITY, Clock, World

PIN = "4711"


class PlayedLink:
    """A line to an HQ that knows one household."""

    def __init__(self, world):
        self.up = True
        self.world = world
        self.stated: dict[int, bytes] = {}

    def open(self, pass_phrase):
        return pass_phrase == "blue sky"

    def is_open(self):
        return True

    def state(self):
        return LinkState.UP if self.up else LinkState.DOWN, self.world.clock()

    def inquire(self, product_code, account_no):
        if not self.up or product_code != ELECTRICITY:
            return InquiryAnswer(account_no, "", "", (), "unreachable")
        bills = (OpenBill("B10", "2026-09", 7260),)
        return InquiryAnswer(account_no, "*三", "*家坝村 3 组", bills)

    def ask_chain(self, seq, side=Side.STATION):
        """HQ's signed answer, where a test put one there."""
        if not self.up:
            raise LinkError(LinkFault.UNREACHABLE)
        asked = seq if side is Side.STATION else (side, seq)
        if asked not in self.stated:
            raise LinkError(LinkFault.HQ_REFUSED, status=403)
        return self.stated[asked]

    def sealing_key(self):
        return None

    def wake(self):
        pass


class RealCounter(StationCounter):
    """The real counter, with what the till of the tests asks of the world."""

    held_back = False
    unreadable = False
    now: Clock
    played: PlayedLink

    def payment(self, seq):
        if self.unreadable:
            raise StoreError(StoreTrouble.FAILED)
        return super().payment(seq)


class WithAPrinter(CounterDevices):
    def printer_state(self):
        return PrinterState.READY


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    for amount_fen in (6810, 7400, 6680, 7020):
        seq = made.accepted(made.pay(bill_no="", amount_fen=amount_fen)).seq
        made.answer(seq)
        made.clock.forward(minutes=1)
    yield made
    made.close()


@asynccontextmanager
async def real(world, devices=None, **changes):
    queries = Queries(world.database, world.register.tariffs)
    writer = Writer(world.register.execute)
    confirmer = Confirmer(queries, world.register.execute, world.clock, 25)
    link = PlayedLink(world)
    counter = RealCounter(world.register, queries, writer, confirmer, link, devices or WithAPrinter(), world.clock)
    counter.now, counter.played = world.clock, link
    counter.set_pin(1, PIN)
    world.register.subscribe(confirmer.wake)
    confirmer.start()
    try:
        async with serving(counter, **changes) as till:
            yield till
    finally:
        writer.stop()
        confirmer.stop()
        counter.close()


def last_taken(counter):
    return next(p for p in counter.recent(1))


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
async def test_a_scanned_bill_takes_one_key_to_the_journal_on_the_disk(world, size, language):
    async with real(world, size=size, language=language) as till:
        await till.scan("0081234567")
        await till.keys("plus")
        assert till.keys_pressed == 1
        payment = last_taken(till.counter)
        assert (payment.account_no, payment.bill_no, payment.amount_fen) == ("0081234567", "B10", 7260)
        assert (payment.operator_no, payment.payer_name, payment.tendered_fen) == (1, "*三", 7260)
        kinds = [row.kind for row in till.counter.journal(3) if row.side == Side.STATION]
        assert BillPaymentTaken.__name__ in kinds


async def test_a_bill_by_number_takes_fifteen_keys_and_is_confirmed_by_hq(world):
    async with real(world) as till:
        await till.type("0081234567")
        await till.keys("enter")
        await till.type("100")
        await till.keys("enter")
        assert till.keys_pressed == 15
        payment = last_taken(till.counter)
        assert (payment.amount_fen, payment.tendered_fen) == (7260, 10_000)
        assert "正 在 问 收 费 单 位" in till.shown
        world.answer(payment.seq)
        await till.tick()
        await till.until(lambda: "缴 成 了" in till.shown)
        await till.seen()
        assert last_taken(till.counter).status is PaymentStatus.CONFIRMED
        assert "72.60" in till.counter.receipt_text(payment.seq)


async def test_a_declined_bill_gives_the_cash_back_over_the_real_books(world):
    async with real(world) as till:
        await till.scan("0081234567")
        await till.keys("plus")
        seq = last_taken(till.counter).seq
        world.answer(seq, Outcome.DECLINED, "户号已销户")
        await till.tick()
        await till.until(lambda: "户号已销户" in till.shown)
        await till.seen()
        await till.keys("enter")
        assert till.counter.payment(seq).cash is CashStatus.RETURNED
        assert till.counter.state().customer_cash_fen == 0


async def test_an_answer_that_does_not_come_turns_into_a_pending_slip_and_an_open_case(world):
    async with real(world, answer_wait_s=0.3) as till:
        await till.scan("0081234567")
        await till.keys("plus")
        await till.until(lambda: "先不要重做, 凭条已印, 系统会自己再问" in till.shown)
        world.clock.forward(seconds=30)
        await till.until(lambda: last_taken(till.counter).pending_seq)
        await till.seen()
        await till.keys("enter")
        assert "待定1笔" in till.row(2)


async def test_an_offline_sale_stands_at_once_over_the_real_books(world):
    async with real(world) as till:
        till.counter.played.up = False
        await till.tick()
        await till.scan("0081234567")
        await till.type("70.20")
        await till.keys("enter", "plus")
        payment = last_taken(till.counter)
        assert payment.offline
        assert payment.receipt_no
        assert "收 好 了 (断网先收)" in till.shown


async def test_signing_in_and_every_screen_over_the_real_counter(world):
    async with real(world, signed_in=False) as till:
        await till.keys("1", "enter", *PIN, "enter")
        await till.until(lambda: till.screen == "HomeScreen")
        for key in ("f2", "f5", "f7", "f8", "f9", "f1"):
            await till.keys(key)
            assert "张三" in till.row(23), key


async def test_a_clock_far_ahead_of_hq_is_asked_about_and_then_sells(world):
    async with real(world) as till:
        world.register.acknowledge(world.register.head(Side.STATION), b"s" * 64, int(world.clock().timestamp()))
        world.clock.forward(days=3)
        till.app.desk.touched_at = world.clock()  # somebody has stood here all the time
        await till.tick()
        await till.scan("0081234567")
        await till.until(lambda: till.screen == "PaymentScreen" and "实收" in till.shown)
        await till.keys("plus")
        await till.until(lambda: till.screen == "ClockScreen")
        await till.keys("1")
        await till.until(lambda: till.screen == "PaymentScreen")
        await till.keys("plus")
        await till.until(lambda: till.screen == "ResultScreen")
        assert last_taken(till.counter).bill_no == "B10"


async def test_keys_stay_quick_over_a_long_history(world):
    for number in range(300):
        seq = world.accepted(world.pay(account_no=f"{number:010d}", bill_no="", amount_fen=100)).seq
        world.answer(seq)
    world.clock.forward(seconds=1)
    async with real(world) as till:
        from time import perf_counter

        began = perf_counter()
        home = till.app.screen
        for typed in ("0", "00", "000", "0000", "00000"):
            home.entry.put(typed)
            home.edited()
        each_s = (perf_counter() - began) / 5
        assert each_s < 0.1, "an answer on the screen within a tenth of a second"
        assert ELECTRICITY in {product.code for product in till.counter.products()}


def sums_outside_of_payments(till):
    """Every amount of money on the screen, save in the rows that show one payment each."""
    rows = [row for row in till.rows() if not re.search(r"[0-9]{2}:[0-9]{2} .*(电费|Elec|Sichuan)", row)]
    return re.findall(r"[0-9]+[.][0-9]{2}", "\n".join(rows))


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
async def test_where_a_record_cannot_be_read_the_screens_say_so_in_place_of_every_sum(world, size, language):
    world.raw_from_hq([unknown_kind(world)])
    record = {Language.ZH: f"总部第 {world.hq_position.seq} 条", Language.EN: f"HQ record {world.hq_position.seq}"}
    why = {Language.ZH: "算不出", Language.EN: "cannot compute"}[language] + f" ({record[language]})"
    async with real(world, size=size, language=language) as till:
        state = till.counter.state()
        assert (state.not_computable, state.read_only) == (record[language], True)
        assert {state.drawer_fen, state.credit_free_fen, state.owner_account_fen, state.bills_today} == {None}
        assert why in till.row(1)
        assert till.shown.count(why) >= (4 if size == NARROW else 6), till.shown
        assert sums_outside_of_payments(till) == [], till.shown
        await till.keys("f8")
        assert till.screen == "CreditScreen"
        assert till.shown.count(why) >= 5, till.shown
        assert [sum_ for sum_ in sums_outside_of_payments(till) if sum_ != "500.00"] == [], till.shown


def rename(world, old, new):
    with world.database.transaction() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")


@pytest.mark.parametrize("screen", ["HomeScreen", "ResultScreen"])
async def test_a_fault_while_the_screen_looks_at_the_books_is_shown_and_ends_nothing(world, screen):
    async with real(world) as till:
        if screen == "ResultScreen":
            await till.scan("0081234567")
            await till.keys("plus")
        await till.until(lambda: till.screen == screen)
        rename(world, "journal", "journal_away")
        await till.until(lambda: "账本现在读不出" in till.row(2))
        await till.tick()
        await till.tick()
        assert till.app.is_running
        assert "账本现在读不出" in till.row(2)
        rename(world, "journal_away", "journal")
        await till.until(lambda: "账本现在读不出" not in till.shown)
        assert till.screen == screen


async def test_a_payment_that_cannot_be_read_keeps_its_screen_until_it_can(world):
    async with real(world) as till:
        await till.scan("0081234567")
        await till.keys("plus")
        await till.until(lambda: till.screen == "ResultScreen")
        seq = last_taken(till.counter).seq
        till.counter.unreadable = True
        await till.until(lambda: "磁盘报错" in till.row(2))
        till.counter.unreadable = False
        world.answer(seq)
        await till.until(lambda: "缴 成 了" in till.shown)
        await till.until(lambda: "磁盘报错" not in till.shown)


async def test_a_key_pressed_while_the_disk_is_somebody_elses_says_so_and_the_counter_goes_on(world, monkeypatch):
    def busy():
        raise StoreError(StoreTrouble.BUSY)

    async with real(world) as till:
        for key in ("f5", "f7", "f10"):  # read by the picture, by the screen being made, by the register
            with monkeypatch.context() as patched:
                patched.setattr(world.database, "reading", busy)
                await till.keys(key)
                await till.until(lambda: "被另一个程序占用" in till.row(2))
            await till.until(lambda: "被另一个程序占用" not in till.shown)
            await till.keys("escape")
        assert till.app.is_running


async def test_a_copy_that_is_refused_is_said_so_and_the_paper_stays_on_the_list(world):
    world.answer(world.accepted(world.pay()).seq)
    with world.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE print_jobs SET state='done'")
        job_no = connection.exec_driver_sql("SELECT max(job_no) FROM print_jobs").scalar_one()
        connection.exec_driver_sql("UPDATE print_jobs SET state='doubtful' WHERE job_no=?", (job_no,))
    world.register.set_read_only("restored")
    async with real(world, signed_in=False) as till:
        await till.keys("1", "enter", *PIN, "enter")
        await till.until(lambda: till.screen == "DoubtfulScreen")
        await till.keys("2")
        await till.until(lambda: "只能看不能收。什么都没丢" in till.shown)
        assert till.screen == "DoubtfulScreen"
        assert [job.job_no for job in till.counter.doubtful_prints()] == [job_no]
        world.register.set_read_only("")
        till.later()
        await till.keys("2")
        await till.until(lambda: till.screen == "HomeScreen")
        assert till.counter.doubtful_prints() == ()
        assert world.rows("SELECT count(*) FROM print_jobs WHERE copy_no=1") == [(1,)]
