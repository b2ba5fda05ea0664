"""日终 at the counter, over the real register: keys, what is hidden, what Cancel leaves alone, what is on record."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest

from station_journal.codec import decode
from station_journal.facts.cash import (
    CashMoved,
    CashReason,
    CloseVerdict,
    DayClosed,
    DayCounted,
    FloatCounted,
    NoteLine,
    PouchAccepted,
    PouchCancelled,
    PouchSealed,
    PouchSent,
    TrialIssued,
)
from station_journal.records import Side
from station_pos.commands.cash_orders import CountFloat
from station_pos.text import Language
from tests.station_pos.tui.at_counter import NARROW, WIDE, columns
from tests.station_pos.tui.test_over_the_register import PIN, real
from tests.station_pos.world import OWNER, World

NOTES = (10_000, 5_000, 2_000, 1_000, 500, 100)
COUNT = ("05", "05", "06", "10", "05", "24", "2.")
"""1,021.00: the count of the picture in the product's description, two keys a field."""


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    made.accepted(CountFloat(OWNER, (NoteLine(10_000, 9),), 3_580))
    seq = made.accepted(made.pay(bill_no="", amount_fen=8_520, tendered_fen=10_000)).seq
    made.answer(seq)
    made.clock.forward(minutes=3)
    yield made
    made.close()


def facts(world: World, kind: type) -> list[Any]:
    found = world.rows("SELECT bytes FROM journal WHERE side='S' ORDER BY seq")
    records = [decode(data, Side.STATION) for (data,) in found]
    return [record.fact for record in records if isinstance(record.fact, kind)]


def length(world: World) -> int:
    return int(world.rows("SELECT count(*) FROM journal")[0][0])


async def count(till, *pieces: str) -> None:
    for typed in pieces:
        await till.type(typed)
        await till.keys("enter")
    await till.keys("enter")


async def settled(till, *keys: str) -> None:
    await till.keys(*keys)
    await till.until(lambda: not till.app.screen.busy)


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
async def test_a_close_that_agrees_takes_twenty_eight_keys(world, size, language):
    async with real(world, size=size, language=language) as till:
        await till.keys("f10")
        assert till.screen == "DayCloseScreen"
        # 100 x 9, 50 x 1, 20 x 1, 10 x 5, 1 x 1 = 1,021.00 counted as it lies there.
        await count(till, "09", "01", "01", "05", "00", "01", "00")
        await till.until(lambda: not till.app.screen.busy)
        await till.type(PIN)
        await settled(till, "enter")
        await till.until(lambda: facts(world, DayClosed))
        assert till.keys_pressed == 28
        (closed,) = facts(world, DayClosed)
        assert (closed.z_no, closed.verdict, closed.expected_fen) == (1, CloseVerdict.AGREED, 102_100)
        assert "Z 0001" in till.shown
        assert all(columns(row) <= size[0] for row in till.rows())
        await till.type("*5")
        await till.until(lambda: till.screen == "ClosesScreen")  # where the picture says that it is printed again


@pytest.mark.parametrize(("size", "language"), [(NARROW, Language.ZH), (WIDE, Language.EN), (NARROW, Language.EN)])
@pytest.mark.parametrize(("key", "verdict"), [("a", CloseVerdict.AGREED), ("b", CloseVerdict.DISPUTED)])
async def test_a_close_with_a_difference_takes_one_key_more(world, size, language, key, verdict):
    async with real(world, size=size, language=language) as till:
        await till.keys("f10")
        await count(till, "09", "00", "05", "00", "00", "06", "00")
        await till.until(lambda: not till.app.screen.busy)
        await till.type(key)
        await till.type(PIN)
        await settled(till, "enter")
        await till.until(lambda: facts(world, DayClosed))
        assert till.keys_pressed == 29
        (closed,) = facts(world, DayClosed)
        assert closed.verdict is verdict
        disputed = world.rows("SELECT balance_fen FROM balances WHERE party='CASH_DISPUTED'")
        assert disputed == ([(-1_500,)] if verdict is CloseVerdict.DISPUTED else [])


async def test_the_books_figure_is_nowhere_on_the_screen_until_the_count_is_on_record(world):
    for size in (NARROW, WIDE):
        async with real(world, size=size) as till:
            assert "1,021" in till.shown
            await till.keys("f10")
            for typed in COUNT:
                assert "1,021" not in till.shown
                assert "885" not in till.shown
                await till.type(typed)
                await till.keys("enter")


async def test_a_difference_shows_its_causes_and_each_its_evidence(world):
    async with real(world, size=WIDE) as till:
        await till.keys("f10")
        # 14.80 short: the change of the bill of 85.20 out of 100.00.
        await count(till, "09", "01", "01", "03", "01", "01", "0.20")
        await till.until(lambda: "可能的原因" in till.shown)
        assert "应有 1,021.00" in till.shown
        assert "差 -14.80" in till.shown
        assert "截至本站第" in till.shown
        cause = next(row for row in till.rows() if row.startswith("  1 "))
        assert "85.20" in cause
        assert "找零可能找了两次" in cause
        await till.type("1")
        assert "收缴费现金" in till.shown
        assert "代收费收据" in till.shown
        await till.keys("escape")
        assert "可能的原因" in till.shown


async def test_counting_again_keeps_both_counts_and_the_close_uses_the_second(world):
    async with real(world) as till:
        await till.keys("f10")
        await count(till, "09", "0", "0", "0", "0", "0", "0")
        await till.until(lambda: "可能的原因" in till.shown)
        await till.type("c")
        assert "1,021" not in till.shown
        await count(till, "09", "02", "0", "0", "0", "0", "0")
        await till.until(lambda: "第1次 900.00" in till.shown)
        assert "第2次 1,000.00" in till.shown
        await till.type("+")
        await till.type(PIN)
        await settled(till, "enter")
        await till.until(lambda: facts(world, DayClosed))
        assert [one.count_no for one in facts(world, DayCounted)] == [1, 2]
        assert world.rows("SELECT balance_fen FROM balances WHERE account=1001") == [(100_000,)]


async def test_leaving_at_any_prompt_changes_no_figure(world):
    before = world.rows("SELECT * FROM balances ORDER BY account, party")
    async with real(world) as till:
        for presses in ((), ("1", "enter"), ("*1",), ("*2",), ("*4",), ("*5",)):
            await till.keys("f10")
            for press in presses:
                await till.type(press) if press != "enter" else await till.keys("enter")
            await till.settle()
            records = length(world)
            for _ in range(4):
                await till.keys("escape")
            assert length(world) == records
        await till.keys("f10")
        await count(till, "09", "01", "01", "03", "01", "01", "0.20")
        await till.until(lambda: "可能的原因" in till.shown)
        records = length(world)
        for choice in ("b", "a", "1"):
            await till.type(choice)
            await till.keys("escape")
            assert "可能的原因" in till.shown
        await till.keys("escape")
        assert till.screen == "HomeScreen"
        assert length(world) == records
    assert world.rows("SELECT * FROM balances ORDER BY account, party") == before
    assert facts(world, DayClosed) == []


async def test_a_wrong_pin_closes_nothing(world):
    async with real(world) as till:
        await till.keys("f10")
        await count(till, "09", "01", "01", "05", "0", "1", "0")
        await till.until(lambda: not till.app.screen.busy)
        await till.type("0000")
        await settled(till, "enter")
        assert "密码不对" in till.shown
        assert facts(world, DayClosed) == []


async def test_a_number_that_is_none_is_refused_with_one_sentence_and_asked_again(world):
    async with real(world) as till:
        await till.keys("f10")
        await till.type("99999")
        await till.keys("enter")
        assert "张数是 0 到 9999 的整数" in till.shown
        await till.keys("escape")
        assert till.screen == "DayCloseScreen"


class TestOtherJobsByTheNumberPad:
    async def test_cash_out_with_its_reason(self, world):
        async with real(world) as till:
            await till.type("/10")
            assert till.screen == "DayCloseScreen"
            await till.type("*1")
            await till.type("2")
            await till.type("200")
            await settled(till, "enter")
            assert "已记" in till.shown
            assert facts(world, CashMoved) == [CashMoved(2, CashReason.OWNER_OUT, 20_000)]
            await till.type("2")
            await till.type("9999")
            await settled(till, "enter")
            assert "抽屉里没有这么多" in till.shown
            assert len(facts(world, CashMoved)) == 1

    async def test_an_x_report_and_the_float(self, world):
        async with real(world) as till:
            await till.keys("f10")
            await till.type("*3")
            await till.until(lambda: "X 报表在打印" in till.shown)
            assert facts(world, TrialIssued)[0].expected_fen == 102_100
            await till.type("*4")
            await count(till, "11", "0", "0", "0", "0", "0", "0")
            await till.until(lambda: "备用金已记" in till.shown)
            assert facts(world, FloatCounted)[-1].notes[0] == NoteLine(10_000, 11)
            assert world.rows("SELECT balance_fen FROM balances WHERE account=1001") == [(110_000,)]

    async def test_a_pouch_is_sealed_in_two_bundles_and_opened_again(self, world):
        async with real(world) as till:
            await till.keys("f10")
            await till.type("*2")
            await till.type("FD-0001")
            await till.keys("enter")
            for typed in ("4", "0", "0", "0", "0", "0", "0"):
                await till.type(typed)
                await till.keys("enter")
            await till.type("+")
            await count(till, "4", "0", "0", "0", "0", "0", "0")
            await till.until(lambda: "已封 FD-0001" in till.shown)
            assert facts(world, PouchSealed) == [PouchSealed("FD-0001", (NoteLine(10_000, 4),) * 2, 0)]
            await till.type("*1")
            await till.type("-")
            await till.until(lambda: "已取消 FD-0001" in till.shown)
            assert facts(world, PouchCancelled) == [PouchCancelled("FD-0001")]
            assert world.rows("SELECT sum(balance_fen) FROM balances WHERE account=1002") == [(0,)]

    async def test_a_label_typed_at_home_opens_the_pouch_and_what_it_lacks_is_said(self, world):
        world.from_hq(PouchSent("PK-20260001", (NoteLine(10_000, 80),), 0, 7, 8))
        async with real(world) as till:
            await till.type("PK-20260001")
            await till.keys("enter")
            assert till.screen == "PouchScreen"
            assert "8,000.00" in till.shown
            assert facts(world, PouchAccepted) == []
            await till.type("7999")
            await till.keys("enter")
            await till.until(lambda: "比清单少 1.00, 不由本站承担" in till.shown)
            assert facts(world, PouchAccepted) == [PouchAccepted("PK-20260001", 799_900)]

    async def test_a_pouch_scanned_at_home_is_accepted_once_whatever_is_pressed(self, world):
        world.from_hq(PouchSent("PK-20260001", (NoteLine(10_000, 80),), 0, 7, 8))
        async with real(world) as till:
            await till.scan("PK-20260001")
            assert till.screen == "PouchScreen"
            assert "8,000.00" in till.shown
            for _ in range(20):
                till.send("enter", monotonic())
            await till.until(lambda: facts(world, PouchAccepted))
            await till.scan("PK-20260001")
            await till.until(lambda: "已经办完" in till.shown)
            assert facts(world, PouchAccepted) == [PouchAccepted("PK-20260001", 800_000)]
            assert world.rows("SELECT balance_fen FROM balances WHERE account=1001") == [(902_100,)]

    async def test_an_earlier_close_is_read_and_copied(self, world):
        async with real(world) as till:
            await till.keys("f10")
            await count(till, "09", "01", "01", "05", "0", "1", "0")
            await till.until(lambda: not till.app.screen.busy)
            await till.type(PIN)
            await settled(till, "enter")
            await till.until(lambda: facts(world, DayClosed))
            await till.keys("enter")
            assert till.screen == "HomeScreen"
            await till.keys("f10")
            await till.type("*5")
            assert "Z 0001" in till.shown
            assert "差 0.00" in till.shown
            await till.keys("enter")
            assert "日终报表" in till.shown
            await till.type("+")
            await till.until(lambda: "补打的在打印" in till.shown)
            assert world.rows("SELECT max(copy_no) FROM print_jobs") == [(1,)]


async def test_help_in_a_count_keeps_it_hides_what_it_hides_and_goes_back_to_it(world):
    async with real(world) as till:
        await till.keys("f10")
        await till.type("12")
        await till.keys("enter", "f1")
        assert till.screen == "HelpScreen"
        assert "1,020.98" not in till.shown
        await till.keys("f1")
        await till.keys("escape")
        assert till.screen == "DayCloseScreen"
        assert "1,200.00" in till.shown
