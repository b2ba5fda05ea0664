"""Scans on every screen, garbage and control characters, paste, and typing ahead."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from time import monotonic

import pytest
from textual import events

from station_journal.records import BillPaymentTaken, Side
from station_pos.counter import InquiryAnswer
from station_pos.tui.command_line import Burst, EntryMode, function_asked, picked, read_scan, split_command, takes
from tests.station_pos.tui.at_counter import SCANNER_S, serving
from tests.station_pos.tui.books_counter import HISTORY_FEN, BooksCounter


class SlowBiller(BooksCounter):
    """A biller whose answer comes when the test says so."""

    biller_waits = True

    def inquire(self, product_code, account_no):
        self.answered = super().inquire(product_code, account_no).result()
        self.asked: Future[InquiryAnswer] = Future()
        return self.asked

    def reply(self):
        self.asked.set_result(self.answered)


def payments(counter):
    return sum(isinstance(r.fact, BillPaymentTaken) for r in counter.records[Side.STATION]) - len(HISTORY_FEN)


async def test_a_scan_is_taken_on_every_screen_and_opens_its_job():
    async with serving() as till:
        for key in ("f1", "f5", "f7", "f8", "f9"):
            await till.keys(key)
            await till.scan("0081234567")
            assert till.screen == "PaymentScreen", key
            assert "*三" in till.shown
            await till.keys("escape")


async def test_a_scan_during_a_job_waits_its_turn_and_touches_nothing():
    async with serving() as till:
        await till.scan("0081234567")
        await till.type("10")
        await till.scan("20010007")
        assert "已扫到下一张 20010007" in till.shown
        assert till.app.screen.entry.text == "10"
        assert payments(till.counter) == 0
        await till.type("0")
        await till.keys("enter")
        await till.seen()
        await till.keys("enter")
        assert till.screen == "PaymentScreen"
        assert "水费" in till.shown


async def test_two_codes_scanned_in_a_row_are_served_one_after_the_other():
    async with serving() as till:
        for place, code in enumerate(("0081234567", "20010007")):
            for letter in (*code, "enter"):
                till.send(letter, 1e6 + place)
        await till.settle()
        assert [type(screen).__name__ for screen in till.app.screen_stack] == ["HomeScreen", "PaymentScreen"]
        assert "电费" in till.row(3)
        await till.keys("escape")
        assert "水费" in till.row(3)


async def test_a_scan_while_a_result_is_awaited_waits_too():
    counter = BooksCounter(biller_says=None)
    async with serving(counter) as till:
        await till.scan("0081234567")
        await till.keys("plus")
        await till.scan("20010007")
        await till.keys("escape")
        assert till.screen == "PaymentScreen"
        assert "水费" in till.shown


async def test_a_scan_after_a_payment_begins_the_next_one():
    async with serving() as till:
        await till.scan("0081234567")
        await till.keys("plus")
        await till.seen()
        await till.scan("20010007")
        assert "水费" in till.shown


async def test_typing_after_a_payment_begins_the_next_one_and_loses_no_digit():
    async with serving() as till:
        await till.scan("0081234567")
        await till.keys("plus")
        await till.seen()
        await till.keys("2")
        await till.type("0010007")
        assert till.screen == "HomeScreen"
        assert till.app.screen.entry.text == "20010007"
        assert "水费" in till.row(7)


async def test_signs_inside_a_scan_never_act_on_a_payment():
    async with serving() as till:
        await till.scan("0081234567")
        for code in ("A+0081234567", "+0081234567", "-008123456+", "/5/0081234567", "*1*0081234567"):
            await till.scan(code)
            assert payments(till.counter) == 0, code
            assert till.screen == "PaymentScreen", code


async def test_a_sign_at_the_head_of_a_scan_does_not_act_though_the_counter_was_stalled_before_it_read_the_rest():
    async with serving() as till:
        await till.scan("0081234567")
        screen, at_s = till.app.screen, monotonic() + 1
        till.send("plus", at_s)
        while screen._deferred is None:  # noqa: ASYNC110, SLF001
            await asyncio.sleep(0)
        for place, key in enumerate([*"0081234567", "enter"]):
            event = events.Key(key, key if len(key) == 1 else None)
            event.time = at_s + (place + 1) * SCANNER_S
            till.app.post_message(event)
        screen._defer_timer._callback()  # noqa: SLF001  # the moment that + had is over, the rest waits to be read
        await till.settle()
        assert payments(till.counter) == 0
        assert till.screen == "PaymentScreen"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), ("enter", "ctrl+j")),
        (("ctrl+b",), ("ctrl+c", "enter")),
        ((), ("tab", "enter")),
        ("]C1", ("enter",)),
    ],
)
async def test_what_scanners_put_around_a_code_is_taken_off(before, after):
    async with serving() as till:
        await till.scan([*before, *"0081234567"], end=after)
        assert till.screen == "PaymentScreen"
        assert till.app.focused is till.app.screen.entry


async def test_garbage_from_a_scanner_gets_one_sentence_and_changes_nothing():
    controls = [["ctrl+q", *"00812", "ctrl+x", *"34567"], [*"008123", "ctrl+right_square_bracket", *"4567"]]
    async with serving() as till:
        await till.keys("4")
        for garbage in (*controls, ["x"] * 4096, ["9"] * 5000):
            await till.scan(garbage)
            assert "扫到的内容读不懂" in till.row(6), garbage[:12]
            assert till.screen == "HomeScreen"
            assert till.app.screen.entry.text == "4", "what was typed before stays"
            assert till.app.is_running


async def test_an_unknown_code_says_that_nothing_fits():
    async with serving() as till:
        await till.scan("777777777777777777")
        assert "没有相符的业务" in till.shown


async def test_pasted_text_is_typed_and_never_acts():
    async with serving() as till:
        till.app.post_message(events.Paste("00812345\x0067"))
        await till.settle()
        assert till.app.screen.entry.text == "0081234567"
        assert till.screen == "HomeScreen"
        await till.keys("enter")
        till.app.post_message(events.Paste("+100"))
        await till.settle()
        assert till.app.screen.entry.text == "100"
        assert payments(till.counter) == 0


async def test_a_paste_with_its_own_line_end_is_a_scan():
    async with serving() as till:
        till.app.post_message(events.Paste("0081234567\r"))
        await till.settle()
        assert till.screen == "PaymentScreen"


async def test_cash_keyed_while_the_bill_is_asked_for_is_kept_but_not_taken():
    counter = SlowBiller()
    async with serving(counter) as till:
        await till.scan("0081234567")
        await till.type("100")
        await till.keys("enter")
        assert "还在查" in till.shown
        counter.reply()
        await till.settle()
        assert payments(counter) == 0
        assert "找零      27.40" in till.shown
        await till.keys("enter")
        assert payments(counter) == 1


async def test_keys_that_do_not_exist_do_nothing():
    async with serving() as till:
        before = till.rows()
        await till.keys("f13", "f24", "ctrl+q", "ctrl+c", "ctrl+p", "tab", "shift+tab")
        assert till.rows() == before
        assert till.app.focused is till.app.screen.entry


class TestRules:
    def test_a_slow_hand_is_no_scanner_and_a_fast_one_none_below_eight_characters(self):
        for gap_s, count, scanned in ((0.029, 8, True), (0.031, 20, False), (0.001, 7, False)):
            burst = Burst()
            for place in range(count):
                burst.feed("5", "5", 10 + place * gap_s)
            assert (burst.end(10 + count * gap_s) is not None) is scanned

    @pytest.mark.parametrize(
        ("raw", "readable"),
        [
            ("12345678", True),
            ("]Q3https://x.cn/1", True),
            ("", False),
            (" ", False),
            ("a\x1db", False),
            ("9" * 201, False),
        ],
    )
    def test_what_a_scan_may_be(self, raw, readable):
        assert read_scan(raw).readable is readable

    def test_numpad_commands(self):
        assert [picked(text) for text in ("*1", "*9", "*0", "*12", "1")] == [1, 9, 0, None, None]
        assert function_asked("/5", entered=False) == "pending"
        assert function_asked("/1", entered=False) is None
        assert function_asked("/1", entered=True) == "help"
        assert function_asked("/12", entered=False) == "lock"
        assert function_asked("/13", entered=True) is None
        assert function_asked("//", entered=False) == "palette"

    def test_the_input_line_takes_only_what_its_mode_allows(self):
        assert takes(EntryMode.AMOUNT, "1", ".")
        assert not takes(EntryMode.AMOUNT, "1", "-")
        assert not takes(EntryMode.NUMBER, "1", ".")
        assert not takes(EntryMode.TEXT, "x" * 64, "x")
        assert not takes(EntryMode.NOTHING, "", "5")
        assert takes(EntryMode.NOTHING, "*", "5")
        assert takes(EntryMode.TEXT, "0081*", "2")
        assert not takes(EntryMode.TEXT, "0081*", "x")
        assert split_command("0081*2") == ("0081", "*2")
        assert split_command("0081") == ("0081", "")
