"""A scanner in serial mode at the counter: its codes go to the screen, not to the field, and none is lost."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from station_journal.records import BillPaymentTaken, Equipment, Side
from station_pos.bootstrap import open_station
from station_pos.config import Settings
from station_pos.counter import DeviceRow, DeviceState, ScannedCode
from station_pos.text import Language
from station_pos.tui.presenters.state_rows import clock
from tests.outside.processes import control, running
from tests.station_pos.headless import enrolled_folder
from tests.station_pos.tui.at_counter import NARROW, WIDE, columns, serving
from tests.station_pos.tui.books_counter import HISTORY_FEN, BooksCounter


def payments(counter):
    return sum(isinstance(r.fact, BillPaymentTaken) for r in counter.records[Side.STATION]) - len(HISTORY_FEN)


async def read(till, *codes):
    """Read codes as the scanner's thread does."""
    scanned = [code if isinstance(code, ScannedCode) else ScannedCode(code) for code in codes]
    thread = threading.Thread(target=lambda: [till.counter.scan(code) for code in scanned])
    thread.start()
    thread.join()
    await till.settle()


async def test_every_screen_takes_a_code_and_the_job_opens():
    async with serving() as till:
        for key in ("f1", "f5", "f7", "f8", "f9", "f2"):
            await till.keys(key)
            await read(till, "0081234567")
            assert till.screen == "PaymentScreen", key
            await till.keys("escape")


async def test_what_is_typed_stays_and_the_code_is_not_in_it():
    async with serving() as till:
        await read(till, "0081234567")
        await till.type("10")
        await read(till, "20010007")
        assert till.app.screen.entry.text == "10"
        assert "已扫到下一张 20010007" in till.shown
        assert payments(till.counter) == 0


async def test_codes_that_come_at_once_are_served_one_after_the_other_and_none_is_lost():
    async with serving() as till:
        await read(till, "0081234567", "20010007", "0081234568", "0081234569")
        served = []
        for _ in range(4):
            assert till.screen == "PaymentScreen"
            served.append(till.row(3))
            await till.keys("escape")
        assert ["水费" in row for row in served] == [False, True, False, False]
        assert till.screen == "HomeScreen"
        assert not till.app.desk.codes
        assert not till.app.desk.waiting_scans


async def test_while_the_register_works_keys_are_ignored_and_codes_wait():
    counter = BooksCounter()
    async with serving(counter) as till:
        await read(till, "0081234567")
        counter.held_back = True
        await till.keys("plus")
        assert till.app.screen.busy
        await till.type("99")
        await read(till, "20010007", "0081234568")
        assert till.app.screen.entry.text == ""
        assert len(till.app.desk.codes) == 2
        counter.release()
        await till.until(lambda: not till.app.desk.codes)
        await till.seen()
        assert payments(counter) == 1
        assert till.screen == "PaymentScreen"
        assert "水费" in till.row(3)
        await till.keys("escape")
        assert till.screen == "PaymentScreen"
        assert "2026-08" in till.shown, "the account with two bills"


@pytest.mark.parametrize(
    "code",
    [
        ScannedCode("", readable=False),
        ScannedCode("x" * 4096),
        ScannedCode("01\x1d10AB"),
        ScannedCode("\u202e69012345"),
    ],
    ids=["garbled", "4 kB", "gs1", "odd"],
)
async def test_a_code_that_means_nothing_gets_one_sentence_and_changes_nothing(code):
    async with serving() as till:
        await till.type("4")
        await read(till, code)
        assert till.screen == "HomeScreen"
        said = till.row(6)
        assert "扫到的内容读不懂" in said or "没有相符的业务" in said
        assert all(columns(row) <= 80 for row in till.rows())
        await read(till, "0081234567")
        assert till.screen == "PaymentScreen"


async def test_nobody_signed_in_takes_no_code_and_says_so():
    async with serving(signed_in=False) as till:
        await read(till, "0081234567")
        assert till.screen == "SignInScreen"
        assert "先登录, 再扫一次" in till.shown
        await till.sign_in()
        assert till.screen == "HomeScreen"


class TestTheStateRow:
    def rows(self, state):
        return (
            DeviceRow(Equipment.SCANNER, state, ("/dev/x 被另一个程序占用 (PID 812 (cutecom))", "/dev/x is in use")),
            DeviceRow(Equipment.ID_READER, DeviceState.READY),
        )

    @pytest.mark.parametrize("size", [NARROW, WIDE])
    async def test_says_which_device_is_away_and_what_it_is_no_longer_when_it_is_back(self, size):
        counter = BooksCounter(devices=self.rows(DeviceState.OFFLINE))
        async with serving(counter, size=size) as till:
            await till.until(lambda: "扫码 不通" in till.row(1))
            assert "扫码不通, 请检查电源和电缆" in till.row(2)
            assert "读证" not in till.row(1)
            assert all(columns(row) <= size[0] for row in till.rows())
            counter.devices = self.rows(DeviceState.READY)
            await till.until(lambda: "扫码" not in till.row(1))
            if size == WIDE:
                assert "扫码 好   读证 好" in till.shown

    @pytest.mark.parametrize(("size", "language"), [(NARROW, Language.ZH), (NARROW, Language.EN), (WIDE, Language.EN)])
    async def test_says_since_when_a_terminal_is_silent_and_what_not_to_do_meanwhile(self, size, language):
        counter = BooksCounter()
        since = counter.now() - timedelta(minutes=3)
        counter.devices = (DeviceRow(Equipment.CARD_TERMINAL, DeviceState.NO_ANSWER, since=since),)
        word = {Language.ZH: f"刷卡 {clock(since)}起没回应", Language.EN: f"Card silent {clock(since)}"}[language]
        advice = {Language.ZH: "先不付钱, 不要重做, 别拔线", Language.EN: "do not redo, do not unplug"}[language]
        async with serving(counter, size=size, language=language) as till:
            assert word in till.row(1)
            assert advice in till.row(2)
            assert all(columns(row) <= size[0] for row in till.rows())

    async def test_names_the_program_that_has_the_line(self):
        async with serving(BooksCounter(devices=self.rows(DeviceState.LINE_BUSY))) as till:
            await till.until(lambda: "PID 812 (cutecom)" in till.row(2))
            assert "扫码 被占用" in till.row(1)


@asynccontextmanager
async def counter_with_a_scanner(folder):
    world = enrolled_folder(folder / "station")
    now = world.clock
    world.close()
    with running("scanner_simulator", "--link", folder / "tty", "--control", folder / "ctl"):
        station = open_station(folder / "station", now, Settings(scanner=str(folder / "tty")))
        vars(station.counter).update(now=now, held_back=False)
        station.start()
        try:
            async with serving(station.counter) as till:
                yield till
        finally:
            station.stop()


async def test_from_the_trigger_over_a_real_line_to_the_screen(tmp_path):
    async with counter_with_a_scanner(tmp_path) as till:
        control(tmp_path / "ctl", cmd="scan", code="0081234567", prefix="]C1", suffix="crlf")
        await till.until(lambda: "1 电费 四川电力   0081 2345 67" in till.shown)
        control(tmp_path / "ctl", cmd="pull")
        await till.until(lambda: "扫码 不通" in till.row(1))
        control(tmp_path / "ctl", cmd="plug")
        await till.until(lambda: "扫码" not in till.row(1))
