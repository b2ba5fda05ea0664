"""The disk refuses at the worst moment: one sentence, what was typed stays, the counter stands, nothing acts twice.

What the screens read fails while ``away``; the writer's thread goes on, so that what was asked for is on record and
only cannot be shown. One test lets the operating system refuse the writes themselves.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager

import pytest

from station_journal.codec import decode
from station_journal.facts.cash import DayCounted
from station_journal.facts.parcels import ParcelScannedIn
from station_journal.facts.withdrawals import WithdrawalIntended
from station_journal.records import BillPaymentTaken, ReversalRequested, Side
from station_pos.counter import ScannedCode
from station_pos.store.errors import StoreError, StoreTrouble
from station_pos.text import Language
from station_pos.tui import app, messages
from station_pos.tui.widgets import standing_screen
from tests.horizon.test_h14_failed_append import disk_error
from tests.station_pos.tui.at_counter import NARROW, WIDE
from tests.station_pos.tui.test_over_the_register import PIN, real
from tests.station_pos.tui.test_withdrawal_screens import counter_with_terminal
from tests.station_pos.world import ELECTRICITY, World

UNREADABLE = "账本现在读不出"
WAYBILLS = "YT0000000070001", "YT0000000070002"
OWED = "结果读出就显示, 不要重做"


@pytest.fixture(autouse=True)
def looked_at_often(monkeypatch):
    for module, name in ((standing_screen, "AGAIN_S"), (app, "AGAIN_S"), (app, "REFRESH_S")):
        monkeypatch.setattr(module, name, 0.05)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    for amount_fen in (6810, 7400):
        made.answer(made.accepted(made.pay(bill_no="", amount_fen=amount_fen)).seq)
        made.clock.forward(minutes=1)
    yield made
    made.close()


@pytest.fixture
def away(world, monkeypatch):
    """Let the screens' reads fail as long as the block runs, or from a record of ``after`` on."""
    reading, screens = world.database.reading, threading.get_ident()

    @contextmanager
    def block(after=None):
        def refused():
            if threading.get_ident() == screens and (after is None or facts(world, after)):
                raise StoreError(StoreTrouble.BUSY)
            return reading()

        with monkeypatch.context() as patched:
            patched.setattr(world.database, "reading", refused)
            yield

    return block


def facts(world, kind):
    """What is on record, read past the screens' connection."""
    connection = sqlite3.connect(world.database.path)
    try:
        found = connection.execute("SELECT bytes FROM journal WHERE side='S' ORDER BY seq").fetchall()
    finally:
        connection.close()
    records = (decode(data, Side.STATION) for (data,) in found)
    return [record.fact for record in records if isinstance(record.fact, kind)]


def taken(world):
    return len(facts(world, BillPaymentTaken)) - 2


async def unreadable(till):
    await till.until(lambda: UNREADABLE in till.row(2))
    assert till.app.is_running


async def test_a_payment_that_was_recorded_is_shown_once_it_can_be_read_and_was_taken_once(world, away):
    async with real(world) as till:
        await till.scan("0081234567")
        await till.until(lambda: till.screen == "PaymentScreen" and "实收" in till.shown)
        with away():
            till.send("plus", 1e9)
            await till.until(lambda: taken(world) == 1)
            await unreadable(till)
            assert "什么也没记" not in till.shown, "it is on record: a fault of reading does not say otherwise"
            till.later()
            await till.keys("plus", "enter")
        await till.until(lambda: "正 在 问 收 费 单 位" in till.shown and UNREADABLE not in till.shown)
        assert taken(world) == 1


@pytest.mark.parametrize(("size", "language"), [(NARROW, Language.ZH), (WIDE, Language.EN)])
async def test_a_count_that_was_recorded_waits_for_its_verdict_and_keys_do_nothing(world, away, size, language):
    owed = {Language.ZH: OWED, Language.EN: "The result follows, do not redo"}[language]
    async with real(world, size=size, language=language) as till:
        await till.keys("f10")
        for pieces in ("05", "05", "06", "10", "05", "24", "2.00"):
            await till.type(pieces)
            await till.keys("enter")
        with away():
            till.later()
            await till.keys("enter")
            await till.until(lambda: owed in till.row(2))
            till.later()
            await till.keys("enter", "plus", "escape", "f8")
            assert (till.screen, len(facts(world, DayCounted))) == ("DayCloseScreen", 1)
        await till.until(lambda: owed not in till.shown and till.app.screen.picture()[0].name == "VERDICT")
        assert len(facts(world, DayCounted)) == 1
        await till.keys("escape")
        assert till.screen == "HomeScreen"


async def test_a_parcel_stays_on_the_screen_until_it_has_its_shelf_and_then_is_on_it_once(world, away):
    async with real(world) as till:
        await till.keys("f6")
        await till.type(WAYBILLS[0])
        with away():
            await till.keys("enter")
            await unreadable(till)
            assert till.app.screen.entry.text == WAYBILLS[0]
        till.later()
        await till.keys("enter")
        await till.until(lambda: till.app.screen.step.name == "PHONE")
        await till.type("6621")
        with away():
            await till.keys("enter")
            await unreadable(till)
            assert (till.app.screen.job.pending, till.app.screen.entry.text) == (WAYBILLS[0], "6621")
        till.later()
        await till.keys("enter")
        await till.until(lambda: len(till.app.screen.job.scanned) == 1)
        assert len(facts(world, ParcelScannedIn)) == 1


async def test_a_withdrawal_that_was_begun_is_followed_once_it_can_be_read(world, away):
    world.accepted(world.pay(account_no="0081234599", bill_no="", amount_fen=60_000, tendered_fen=60_000))
    async with counter_with_terminal(world) as till:
        await till.keys("f3")
        await till.type("500")
        with away(after=WithdrawalIntended):
            await till.keys("enter")
            await till.until(lambda: len(facts(world, WithdrawalIntended)) == 1)
            await unreadable(till)
            assert till.screen == "WithdrawalScreen"
        await till.until(lambda: till.screen == "WithdrawalCaseScreen")
        assert len(facts(world, WithdrawalIntended)) == 1


async def test_what_was_typed_or_scanned_stays_until_the_books_can_be_read(world, away):
    code = "12345678901234567897"
    async with real(world) as till:
        await till.type("008123456")
        with away():
            await till.type("7")
            await unreadable(till)
            await till.keys("enter")
            assert (till.screen, till.app.screen.entry.text) == ("HomeScreen", "0081234567")
        await till.until(lambda: UNREADABLE not in till.shown)
        till.later()
        await till.keys("enter")
        await till.until(lambda: till.screen == "PaymentScreen")
        assert till.app.screen.draft.account_no == "0081234567"
        await till.keys("escape")
        with away():
            till.app.post_message(messages.CodeAsked(code))
            await unreadable(till)
            assert (till.screen, till.app.screen.entry.text) == ("HomeScreen", code)
        await till.keys("escape")
        with away():
            till.app.post_message(messages.CodeRead(ScannedCode("0081234567")))
            await unreadable(till)
            assert till.screen == "HomeScreen"
        await till.until(lambda: till.screen == "PaymentScreen" and "实收" in till.shown)
        await till.keys("escape", "f10")
        await till.type("05")
        with away():
            await till.keys("f8")
            await unreadable(till)
            assert (till.screen, till.app.screen.entry.text) == ("DayCloseScreen", "05")


async def test_an_undo_is_asked_for_once_and_its_words_are_those_of_an_undo(world, away):
    async with real(world) as till:
        await till.keys("f7", "enter", "minus")
        await till.type("1")
        await till.type(PIN)
        with away():
            till.send("enter", 1e9)
            await till.until(lambda: OWED in till.row(2))
        await till.until(lambda: len(facts(world, ReversalRequested)) == 1)
        await till.until(lambda: "撤销" in till.shown and OWED not in till.shown)
        assert "补打" not in till.row(6)
        assert len(facts(world, ReversalRequested)) == 1


async def test_signing_in_locking_and_timers_end_nothing_while_nothing_can_be_read(world, away):
    async with real(world, signed_in=False) as till:
        with away():
            till.app.post_message(messages.SignedIn(lock_only=False))
            till.app.post_message(messages.SignedIn(lock_only=False))
            await unreadable(till)
            assert till.screen == "SignInScreen"
        await till.until(lambda: till.screen == "HomeScreen")
        assert len(till.app.screen_stack) == 1
        till.app.desk.operator = till.counter.operators()[0]
        with away():
            till.app.set_timer(0.01, lambda: till.counter.recent(1))
            till.app.screen.set_timer(0.01, lambda: till.counter.recent(1))
            till.app.screen.call_later(till.counter.recent, 1)
            await unreadable(till)
            await till.keys("f12")
            await till.until(lambda: till.screen == "SignInScreen")
        assert till.app.is_running


async def test_a_fault_of_the_program_still_comes_to_light(world):
    async def meet_one():
        async with real(world) as till:
            till.app.screen.call_later(lambda: 1 // 0)
            await till.until(lambda: not till.app.is_running)

    with pytest.raises(ZeroDivisionError):
        await meet_one()


async def test_a_disk_that_refuses_the_write_is_said_the_draft_stays_and_the_same_key_books_once(world):
    async with real(world) as till:
        await till.scan("0081234567")
        await till.until(lambda: till.screen == "PaymentScreen" and "实收" in till.shown)
        with disk_error(world):
            till.later()
            await till.keys("plus")
            await till.until(lambda: "没有做成, 没有记账" in till.shown)
            assert till.screen == "PaymentScreen"
            assert taken(world) == 0
        till.later()
        await till.keys("plus")
        await till.until(lambda: till.screen == "ResultScreen")
        assert taken(world) == 1
        assert facts(world, BillPaymentTaken)[-1].product_code == ELECTRICITY
