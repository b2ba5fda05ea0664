"""The nine tasks of a shopkeeper's day, each with the number of keys it takes; none may ever take more.

Each is done over the real register twice: with function keys, and with nothing but the sixteen keys of a number pad,
where ``/n`` stands for function key n. Scans count as no key, neither do the customer's card and PIN.
"""

from __future__ import annotations

from datetime import date

import pytest

from station_journal.facts.cash import DayClosed
from station_journal.facts.grants import SealedGrantReleased
from station_journal.facts.parcels import ParcelScannedIn, ParcelsHandedOff, ParcelsReceived
from station_journal.facts.withdrawals import WithdrawalPaid
from station_journal.records import BillPaymentTaken, PendingSlipIssued, ReversalRequested
from station_journal.rules.withdrawal import WithdrawalState
from station_pos.commands.orders import IssuePendingSlip
from tests.factories.parcels import line
from tests.station_pos.tui.parcel_till import announce, name_courier, shelve
from tests.station_pos.tui.test_commits_act_once import counter_for
from tests.station_pos.tui.test_commits_act_once import world as world  # noqa: PLC0414  the fixture of the real books
from tests.station_pos.tui.test_credit_code import CODE, sealed
from tests.station_pos.tui.test_over_the_register import PIN
from tests.station_pos.tui.test_parcel_screens import W, facts
from tests.station_pos.tui.test_withdrawal_screens import until

KEYS = {
    "bill_by_scan": 1,
    "bill_by_scan_with_change": 4,
    "bill_by_number": 15,
    "withdrawal": 6,
    "hand_off": 7,
    "receiving_twenty": 3,
    "top_up": 23,
    "undo": 9,
    "day_close": 28,
    "unknown_result": 2,
}
"""Keys by task (the first of the nine with and without change). A top-up code has twenty digits."""

NUMBER_PAD = frozenset({*"0123456789./*-+", "plus", "minus", "enter"})
RECORDS = {
    "bill_by_scan": (BillPaymentTaken, 1),
    "bill_by_scan_with_change": (BillPaymentTaken, 1),
    "bill_by_number": (BillPaymentTaken, 1),
    "withdrawal": (WithdrawalPaid, 1),
    "hand_off": (ParcelsHandedOff, 1),
    "receiving_twenty": (ParcelScannedIn, 20),
    "top_up": (SealedGrantReleased, 1),
    "undo": (ReversalRequested, 1),
    "day_close": (DayClosed, 1),
    "unknown_result": (PendingSlipIssued, 0),
}
"""What each task puts on record, and how often; looking at an unknown result records nothing."""


class Hands:
    """Press keys at a till, function keys as they are or as the number pad has them."""

    def __init__(self, till, *, pad):
        self.till, self.pad = till, pad
        self.pressed = []
        self.more = 0

    async def keys(self, *keys):
        self.pressed += keys
        await self.till.keys(*keys)

    async def function(self, number):
        if self.pad:
            self.more += len(str(number))
            await self.keys("/", *str(number))
            await self.till.settle()
        else:
            await self.keys(f"f{number}")


async def bill_by_scan(hands, _world):
    await hands.till.scan("0081234567")
    await hands.keys("plus")


async def bill_by_scan_with_change(hands, _world):
    await hands.till.scan("0081234567")
    await hands.keys(*"100", "enter")


async def bill_by_number(hands, _world):
    await hands.keys(*"0081234567", "enter", *"100", "enter")


async def withdrawal(hands, _world):
    hands.till.terminal.go.set()
    await hands.function(3)
    await hands.keys(*"500", "enter")
    await until(hands.till, WithdrawalState.PAYABLE)
    await hands.keys("enter")


async def hand_off(hands, world):
    shelve(world, W[0], "A-01-001")
    await hands.keys(*"101001", "enter")
    await hands.till.scan(W[0])


async def receiving_twenty(hands, world):
    name_courier(world)
    announce(world, *((line(waybill), "张三", f"1380000{place:04d}") for place, waybill in enumerate(W[:20])))
    await hands.function(6)
    for waybill in W[:20]:
        await hands.till.scan(waybill)
    await hands.keys("plus", "enter")
    await hands.till.until(lambda: len(facts(world, ParcelsReceived)) == 1)


async def top_up(hands, world):
    world.from_hq(sealed(until=date(2026, 12, 1)))
    await hands.function(8)
    await hands.keys(*CODE, "enter")
    await hands.till.until(lambda: "核对" in hands.till.shown)
    await hands.keys("enter")


async def undo(hands, _world):
    await hands.function(7)
    await hands.keys("enter", "minus", "1", *PIN, "enter")


async def day_close(hands, _world):
    await hands.function(10)
    for pieces in ("09", "01", "01", "01", "00", "05", "00"):
        await hands.keys(*pieces, "enter")
    await hands.keys("enter")
    await hands.till.until(lambda: not hands.till.app.screen.busy)
    await hands.keys(*PIN, "enter")


async def unknown_result(hands, world):
    seq = world.accepted(world.pay(bill_no="", amount_fen=7_260, tendered_fen=7_260)).seq
    world.accepted(IssuePendingSlip(seq))
    await hands.function(5)
    await hands.keys("enter")
    await hands.till.until(lambda: "先不要重做" in hands.till.shown)


TASKS = {task.__name__: task for task in (bill_by_scan, bill_by_scan_with_change, bill_by_number, withdrawal)}
TASKS |= {task.__name__: task for task in (hand_off, receiving_twenty, top_up, undo, day_close, unknown_result)}


def test_every_task_is_counted():
    assert set(TASKS) == set(KEYS) == set(RECORDS)
    assert len(TASKS) == 9 + 1, "nine tasks, the first of them with and without change"


@pytest.mark.parametrize("pad", [False, True], ids=["function keys", "number pad"])
@pytest.mark.parametrize("task", KEYS)
async def test_a_task_takes_its_keys_and_is_on_record(world, task, pad):
    kind, times = RECORDS[task]
    async with counter_for(task, world) as till:
        hands = Hands(till, pad=pad)
        before = len(facts(world, kind)) + (task == "unknown_result")
        await TASKS[task](hands, world)
        await till.until(lambda: len(facts(world, kind)) == before + times)
        assert till.keys_pressed == len(hands.pressed) == KEYS[task] + hands.more
        if pad:
            assert set(hands.pressed) <= NUMBER_PAD
