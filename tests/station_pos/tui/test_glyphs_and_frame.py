"""Every screen, at both sizes and in both languages: the fixed frame, and no glyph whose width a terminal may doubt."""

from __future__ import annotations

import unicodedata

import pytest

from station_journal.records import CommissionLine, CommissionStated, Outcome
from station_pos.counter import DoubtfulPrint, OpenBill, PrinterState
from station_pos.text import Language
from station_pos.tui.actions import function_bar
from station_pos.tui.messages import PrintAsked
from station_pos.tui.presenters.bill import Step
from station_pos.tui.widgets.lines_area import LinesArea
from tests.station_pos.tui.at_counter import NARROW, WIDE, columns, serving
from tests.station_pos.tui.books_counter import START, BooksCounter, Household, take_bill


def doubtful_glyphs(rows):
    """Characters that are neither printable ASCII nor wide."""
    return {
        character
        for row in rows
        for character in row
        if not (character.isascii() and character.isprintable()) and unicodedata.east_asian_width(character) not in "WF"
    }


def over(area, line):
    return area.display and columns(line.text) > area.size.width


def check(till, size):
    width, height = size
    rows = till.rows()
    assert len(rows) == height
    assert {columns(row) for row in rows} == {width}, "a row is as wide as the terminal"
    assert doubtful_glyphs(rows) == set()
    assert till.app.focused is till.app.screen.entry, "the input line has the focus"
    cut = [
        (line.text, columns(line.text))
        for area in till.app.screen.query(LinesArea)
        for line in area.lines
        if over(area, line)
    ]
    assert cut == [], "no sentence runs out of its row"
    if till.app.screen.TAKES_FUNCTION_KEYS:
        assert rows[-1].rstrip() == function_bar()
    if width >= 120:
        assert [row for row in rows[2:-1] if row[-39:-37] != "| " and "|" not in row] == []
    return rows


def core(rows, columns_wanted=80):
    """The 80-column core of rows 3 to 23."""
    kept = []
    for row in rows[2:23]:
        used, text = 0, ""
        for character in row:
            used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
            if used > columns_wanted:
                break
            text += character
        kept.append(text)
    return kept


def full_counter():
    counter = BooksCounter(biller_says=None, printer=PrinterState.PAPER_OUT)
    lines = (CommissionLine(1, 118, 856_680, "v7", "8,566.80 x 0.5%", 4283),)
    counter.hq(CommissionStated(202609, 4283, 0, "2019", lines))
    counter.doubtful.append(DoubtfulPrint(7, "代收费收据 No.4", 7260, START))
    return counter


async def every_screen(till):
    """Go through all screens and steps; stop at each."""
    for typed in ("", "0081234567", "zz", "df"):
        await till.keys("escape")
        await till.type(typed)
        yield "home " + typed
    await till.keys("escape", "f2")
    yield "list"
    await till.keys("enter")
    yield "account"
    await till.type("0081234568")
    await till.keys("enter")
    yield "choose"
    await till.keys("enter")
    await till.type("100")
    yield "tender"
    for step in Step:
        till.app.screen.step = step
        till.app.screen.repaint()
        await till.settle()
        yield step.name
    till.app.screen.step = Step.TENDER
    till.app.screen.repaint()
    await till.settle()
    await till.keys("enter")
    yield "waiting"
    till.counter.time_up()
    await till.seen()
    yield "unknown"
    for key in ("f5", "f7", "f8", "f9", "f1"):
        await till.keys(key)
        yield key
    await till.keys("f7", "enter")
    yield "detail"
    till.app.post_message(PrintAsked(till.counter.doubtful[0]))
    await till.settle()
    yield "doubtful"
    till.counter.answer(12, Outcome.DECLINED, "户号·已销户\x1b[2J")
    await till.keys("f5", "2")
    await till.keys("escape", "f2")
    await till.tick()
    yield "declined"
    await till.keys("f12")
    yield "lock"


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
async def test_every_screen_keeps_the_frame_and_doubtful_glyphs_out(size, language):
    seen = set()
    async with serving(full_counter(), size=size, language=language) as till:
        async for name in every_screen(till):
            rows = check(till, size)
            seen.add(till.screen)
            if till.app.screen.TAKES_FUNCTION_KEYS and language is Language.ZH:
                assert "对顾客说" in rows[21], name
                assert "李四" in rows[22], name
    assert len(seen) == 10, seen


@pytest.mark.parametrize("language", list(Language))
async def test_rows_of_payments_keep_within_the_core_whatever_became_of_them(language):
    counter = BooksCounter(credit_fen=10_000_000)
    for place, says in enumerate((Outcome.CONFIRMED, Outcome.DECLINED, None, Outcome.CONFIRMED)):
        account_no = f"00900000{place:02d}"
        bill = OpenBill(f"Z{place}", "2026-09", 1_234_567)
        counter.households[1, account_no] = Household("张三李四王五赵六", "", (bill,))
        take_bill(counter, account_no, says)
    counter.answer_reversal(counter.recent(1)[0].seq, accepted=True)
    async with serving(counter, language=language) as till:
        check(till, NARROW)
        assert "2:59" in till.shown or "3:00" in till.shown
        for key in ("f7", "f5"):
            await till.keys(key)
            check(till, NARROW)


async def test_the_core_is_the_same_on_a_wide_terminal():
    cores = []
    for size in (NARROW, WIDE):
        async with serving(size=size) as till:
            shown = [core(till.rows())]
            await till.scan("0081234567")
            await till.type("100")
            shown.append(core(till.rows()))
            await till.keys("f8")
            shown.append(core(till.rows()))
            cores.append(shown)
    assert cores[0] == cores[1]


async def test_the_rail_keeps_the_three_sums_on_top_and_devices_at_the_bottom():
    async with serving(full_counter(), size=WIDE) as till:
        for key in ("f2", "f5", "f7", "f8", "f9", "f1"):
            await till.keys(key)
            rows = till.rows()
            assert "三笔钱" in rows[2], key
            assert "额度 2,000.00  冻结 0.00" in rows[3], key
            assert "设备" in rows[-4], key
            assert "打印 缺纸" in rows[-3], key


async def test_a_window_that_is_too_small_says_so_and_a_larger_one_shows_all_again():
    async with serving() as till:
        await till.pilot.resize_terminal(60, 20)
        await till.settle()
        assert "请放大到至少 80x24" in till.row(2)
        await till.pilot.resize_terminal(120, 35)
        await till.settle()
        assert "请放大" not in till.shown
        assert "三笔钱" in till.row(3)


async def test_names_from_elsewhere_cannot_steer_the_terminal():
    counter = full_counter()
    house = counter.households[1, "0081234567"]
    counter.households[1, "0081234567"] = type(house)("阿依·古丽\x1b]0;x\x07", "3\x00组", house.bills)
    async with serving(counter) as till:
        await till.scan("0081234567")
        assert doubtful_glyphs(till.rows()) == set()
        assert "*依.古丽" in till.shown
