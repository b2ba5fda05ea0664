"""Every screen that puts something on record does so once: held keys, quick keys, a stalled register, keys ahead."""

from __future__ import annotations

import sqlite3
from contextlib import asynccontextmanager
from datetime import date

import pytest

from station_journal.facts.cash import (
    CashMoved,
    DayClosed,
    DayCounted,
    FloatCounted,
    PouchAccepted,
    PouchCancelled,
    PouchSealed,
    PouchSent,
)
from station_journal.facts.cash import NoteLine as Notes
from station_journal.facts.distribution import GoodsListPublished, GoodsSigned, OrderPlaced
from station_journal.facts.grants import SealedGrantReleased
from station_journal.facts.parcels import (
    ParcelAccepted,
    ParcelRefused,
    ParcelScannedIn,
    ParcelsHandedOff,
    ParcelsReceived,
    ParcelsReturned,
    ReminderNoted,
)
from station_journal.facts.withdrawals import WithdrawalIntended, WithdrawalPaid, WithdrawalVoidRequested
from station_journal.goods_list import goods_hash
from station_journal.records import BillPaymentTaken, CopyIssued, ReversalRequested
from station_journal.rules.withdrawal import WithdrawalState
from station_pos.store.database import DATABASE_NAME
from tests.factories.parcels import line
from tests.station_pos.tui.parcel_till import COURIER_PIN, announce, name_courier, shelve
from tests.station_pos.tui.test_credit_code import CODE, sealed
from tests.station_pos.tui.test_goods_and_leads import GOODS
from tests.station_pos.tui.test_over_the_register import PIN, real
from tests.station_pos.tui.test_parcel_screens import W, facts
from tests.station_pos.tui.test_withdrawal_screens import asked, counter_with_terminal, until
from tests.station_pos.world import World

REPEAT_S, QUICK_S = 0.033, 0.09


def press(till, key, times, each_s, pause_s=0.0):
    """Send one key many times, stamped as a keyboard sends it when it is held (after a pause) or tapped."""
    at_s = till._clock_s + each_s  # noqa: SLF001  # the hand's own clock goes on
    for place in range(times):
        till.send(key, at_s + (0 if place == 0 else pause_s + place * each_s))
    till._clock_s = at_s + pause_s + times * each_s  # noqa: SLF001


@asynccontextmanager
async def stalled(world, till):
    """The disk is somebody else's: the register stands still."""
    blocker = sqlite3.connect(world.folder / DATABASE_NAME, isolation_level=None)
    till.counter.held_back = True
    blocker.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()
        till.counter.held_back = False


async def fields(till, *figures):
    for figure in figures:
        await till.type(figure)
        await till.keys("enter")


async def beside(till, page, number):
    await till.keys(page)
    await till.type(f"*{number}")


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready(credit_fen=500_000)
    made.answer(made.accepted(made.pay(bill_no="", amount_fen=98_500, tendered_fen=98_500)).seq)
    yield made
    made.close()


class Jobs:
    """How to stand right before the key that puts something on record: one method a job, over the real books."""

    async def bill(self, till, _world):
        await till.scan("0081234567")
        await till.type("100")

    async def copy(self, till, _world):
        await till.keys("f7", "enter")

    async def undo(self, till, _world):
        await till.keys("f7", "enter", "minus", "1", *PIN)

    async def withdrawal(self, till, _world):
        await till.keys("f3")
        await till.type("500")

    async def payout(self, till, _world):
        till.terminal.go.set()
        await asked(till)
        await until(till, WithdrawalState.PAYABLE)

    async def void(self, till, world):
        await self.payout(till, world)
        await till.type("*2")
        await till.type("*")

    async def hand_off(self, till, world):
        for number in range(2):
            shelve(world, W[number], f"A-01-00{number + 1}")
        await till.keys("f4")
        await till.type("6621")
        await till.keys("enter")
        await till.scan(W[0])

    async def refusal(self, till, world):
        shelve(world, W[0], "A-01-001")
        await till.keys("f4")
        await till.type("6621")
        await till.keys("enter", "minus")

    async def batch(self, till, world):
        name_courier(world)
        announce(world, (line(W[0]), "张三", "13800006621"))
        await till.keys("f6")
        await till.scan(W[0])
        await till.keys("plus")

    async def item(self, till, world):
        name_courier(world)
        announce(world, (line(W[0]), "张三", "13800006621"), with_contacts=False)
        await till.keys("f6")
        await till.scan(W[0])
        await till.type("6621")

    async def run(self, till, world):
        name_courier(world)
        shelve(world, W[0], "A-01-001")
        world.clock.forward(days=15)
        await beside(till, "f6", 1)
        await till.scan(W[0])
        await till.keys("plus", *"101", "enter", *COURIER_PIN, "enter")
        await till.until(lambda: "站方" in till.shown)
        await till.type(PIN)

    async def reminder(self, till, world):
        name_courier(world)
        announce(world, (line(W[0]), "张三", "13800006621"))
        shelve(world, W[0], "A-01-001")
        world.clock.forward(days=4)
        await beside(till, "f6", 2)
        await till.keys("enter")

    async def acceptance(self, till, _world):
        await beside(till, "f6", 4)
        await till.scan("RR123456785CN")
        await till.keys("1", *"张三", "enter", *"11010519491231002x", "enter", "1", *"12", "enter")

    async def day_count(self, till, _world):
        await till.keys("f10")
        await fields(till, "9", "1", "1", "0", "0", "0", "0")

    async def day_close(self, till, world):
        await self.day_count(till, world)
        await till.keys("enter")
        await till.until(lambda: not till.app.screen.busy)
        await till.keys("a")
        await till.type(PIN)

    async def float_(self, till, _world):
        await beside(till, "f10", 4)
        await fields(till, "11", "0", "0", "0", "0", "0", "0")

    async def cash_move(self, till, _world):
        await beside(till, "f10", 1)
        await till.type("2")
        await till.type("200")

    async def pouch(self, till, _world):
        await beside(till, "f10", 2)
        await till.type("FD-0001")
        await till.keys("enter")
        await fields(till, "4", "0", "0", "0", "0", "0", "0")

    async def opened_pouch(self, till, world):
        await self.pouch(till, world)
        await till.keys("enter")
        await till.until(lambda: facts(world, PouchSealed) and not till.app.screen.busy)
        await till.type("*1")

    async def incoming_pouch(self, till, world):
        world.from_hq(PouchSent("PK-20260001", (Notes(10_000, 80),), 0, 7, 8))
        await till.scan("PK-20260001")

    async def top_up(self, till, world):
        world.from_hq(sealed(until=date(2026, 12, 1)))
        await till.keys("f8")
        await till.type(CODE)
        await till.keys("enter")
        await till.until(lambda: "核对" in till.shown)

    async def order(self, till, world):
        world.from_hq(GoodsListPublished(goods_hash(GOODS)))
        world.register.keep_document(GOODS)
        await till.type("fx")
        await till.keys("enter", "plus", "5", "enter")

    async def goods(self, till, world):
        await self.order(till, world)
        await till.keys("plus")
        await till.until(lambda: "下单了" in till.shown)
        await till.keys("enter", "plus")


COMMITS = {
    "bill": ("enter", BillPaymentTaken),
    "copy": ("plus", CopyIssued),
    "undo": ("enter", ReversalRequested),
    "withdrawal": ("enter", WithdrawalIntended),
    "payout": ("enter", WithdrawalPaid),
    "void": ("2", WithdrawalVoidRequested),
    "hand_off": ("plus", ParcelsHandedOff),
    "refusal": ("2", ParcelRefused),
    "batch": ("enter", ParcelsReceived),
    "item": ("enter", ParcelScannedIn),
    "run": ("enter", ParcelsReturned),
    "reminder": ("1", ReminderNoted),
    "acceptance": ("plus", ParcelAccepted),
    "day_count": ("enter", DayCounted),
    "day_close": ("enter", DayClosed),
    "float_": ("enter", FloatCounted),
    "cash_move": ("enter", CashMoved),
    "pouch": ("enter", PouchSealed),
    "opened_pouch": ("minus", PouchCancelled),
    "incoming_pouch": ("enter", PouchAccepted),
    "top_up": ("enter", SealedGrantReleased),
    "order": ("plus", OrderPlaced),
    "goods": ("plus", GoodsSigned),
}
"""By job: the key that commits it, and the record it makes."""


def counter_for(job, world):
    return counter_with_terminal(world) if job in {"withdrawal", "payout", "void"} else real(world)


WITH_A_PIN = frozenset({"undo", "run", "day_close"})
"""What is committed by a PIN that is typed: it cannot have been on its way for another question."""


async def pressed_too_early(till, world, job):
    """Press what was on its way before the picture it would answer was drawn: it commits nothing and says so."""
    key, kind = COMMITS[job]
    before = len(facts(world, kind))
    till.send(key, 0.0)
    await till.settle()
    assert len(facts(world, kind)) == before
    assert "按得比画面早" in till.shown
    if job == "void":
        await till.type("*")


@pytest.mark.parametrize("job", COMMITS)
async def test_one_record_is_made_however_often_the_key_comes_on_a_stalled_register(world, job):
    key, kind = COMMITS[job]
    async with counter_for(job, world) as till:
        await getattr(Jobs(), job)(till, world)
        if job not in WITH_A_PIN:
            await pressed_too_early(till, world, job)
        before = len(facts(world, kind))
        async with stalled(world, till):
            till.later()
            press(till, key, 20, REPEAT_S, pause_s=0.5)
            await till.settle()
            press(till, key, 20, QUICK_S)
            await till.settle()
            assert len(facts(world, kind)) == before
        press(till, key, 10, REPEAT_S)
        await till.until(lambda: len(facts(world, kind)) > before)
        press(till, key, 10, QUICK_S)
        await till.settle()
        assert len(facts(world, kind)) == before + 1
