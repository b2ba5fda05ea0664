"""Big text, high contrast, bells, help on every screen, the palette, and the numpad alone for every task."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from itertools import pairwise

import pytest

from station_journal.records import BillPaymentTaken, Outcome, ReversalRequested, Side
from station_pos.text import Language
from station_pos.tui import screens
from station_pos.tui.actions import FUNCTION_KEYS, Action
from station_pos.tui.presenters.big_text import block
from station_pos.tui.screens.help import TEXT as HELP
from station_pos.tui.widgets import bells
from station_pos.tui.widgets.frame import FrameScreen
from tests.station_pos.tui.at_counter import NARROW, WIDE, columns, serving
from tests.station_pos.tui.books_counter import PIN, BooksCounter, take_bill
from tests.station_pos.tui.test_glyphs_and_frame import doubtful_glyphs

PAD = {*"0123456789./*-+", "enter", "escape"}


def drawn(till, amount):
    """Whether the amount stands on the screen in block digits."""
    rows = [row.strip() for row in block(amount)]
    return all(any(row in line for line in till.rows()) for row in rows)


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("language", list(Language))
async def test_big_text_draws_the_amount_that_matters_on_each_screen_and_keeps_the_frame(size, language):
    counter = BooksCounter(biller_says=Outcome.DECLINED)
    async with serving(counter, size=size, language=language) as till:
        assert not drawn(till, "2,000.00")
        await till.type("*0")
        assert drawn(till, "2,000.00")
        await till.scan("0081234567")
        assert drawn(till, "72.60")
        await till.type("100")
        assert drawn(till, "27.40")
        await till.keys("enter")
        await till.seen()
        assert drawn(till, "72.60"), "what goes back to the customer"
        await till.keys("f8")
        assert drawn(till, "1,927.40") or drawn(till, "2,000.00")
        for row in till.rows():
            assert columns(row) == size[0]
        assert doubtful_glyphs(till.rows()) == set()
        await till.type("*0")
        assert not drawn(till, "2,000.00")


async def test_big_text_never_hides_the_list_of_what_was_typed():
    async with serving() as till:
        await till.type("*0")
        await till.type("df")
        assert "电费 四川电力" in till.row(7)


async def test_contrast_changes_colours_and_not_one_word():
    async with serving() as till:
        before = till.rows()
        theme = till.app.theme
        await till.type("//")
        assert till.screen == "PaletteScreen"
        await till.type("gdb")
        await till.keys("enter")
        assert till.app.theme != theme
        assert till.rows() == before


def test_the_bells_are_four_words_that_no_ear_confuses():
    words = {"done": bells.DONE, "refused": bells.REFUSED, "unknown": bells.UNKNOWN, "wrong item": bells.WRONG_ITEM}
    assert [len(pattern) for pattern in (bells.DONE, bells.WRONG_ITEM, bells.REFUSED)] == [1, 2, 3]
    gaps = {name: tuple(b - a for a, b in pairwise(one)) for name, one in words.items()}
    assert len(set(gaps.values())) == 4
    assert min(gaps["unknown"]) > 2 * max(*gaps["refused"], *gaps["wrong item"]), "length is rhythm"


def screen_classes():
    for module in pkgutil.walk_packages(screens.__path__, "station_pos.tui.screens."):
        for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(found, FrameScreen) and found.__module__ == module.name and found.TOPIC:
                yield found


def test_every_screen_that_f1_can_be_asked_from_has_a_help_text():
    without = {one.__name__ for one in screen_classes() if one.TAKES_FUNCTION_KEYS and f"{one.TOPIC}_1" not in HELP}
    assert without - {"HelpScreen"} == set()


async def test_the_palette_finds_by_initials_and_does_what_the_line_says():
    async with serving() as till:
        await till.type("//")
        assert "F7 或 /7" in till.shown
        await till.type("ls")
        assert "流水" in till.row(8)
        await till.keys("enter")
        assert till.screen == "HistoryScreen"
        await till.type("//")
        await till.type("zzz")
        await till.keys("enter")
        assert "没有相符的功能" in till.shown
        await till.keys("escape", "escape")
        assert till.screen == "HistoryScreen"
        await till.type("//")
        await till.keys("f1")
        assert "流水: Enter 打开一笔" in till.shown, "help is that of the screen beneath"


async def test_the_palette_keeps_the_job_under_way():
    async with serving() as till:
        await till.scan("0081234567")
        await till.type("100")
        await till.type("//")
        await till.keys("escape")
        assert till.screen == "PaymentScreen"
        assert till.app.screen.entry.text == "100"


def test_every_action_has_a_key_or_the_palette():
    assert set(FUNCTION_KEYS.values()) | {Action.PALETTE, Action.PRACTICE} == set(Action)


async def test_every_task_is_done_with_the_sixteen_keys_of_the_number_pad_and_esc():
    counter = BooksCounter()
    take_bill(counter, "0081234568", None)
    pressed: list[str] = []

    async with serving(counter) as till:

        async def pad(keys):
            pressed.extend(keys)
            for key in keys:
                await till.keys({"+": "plus", "-": "minus"}.get(key, key))

        def last(kind):
            return next(r.fact for r in reversed(counter.records[Side.STATION]) if isinstance(r.fact, kind))

        await pad([*"0081234567", "enter", "+"])  # a bill
        await till.seen()
        assert last(BillPaymentTaken).account_no == "0081234567"
        await pad(["enter", *"/7", "enter", "-", "1", *PIN, "enter"])  # its undo
        await till.settle()
        assert last(ReversalRequested)
        await pad(["escape", "escape", *"/5", "enter"])  # what is unknown
        assert till.screen == "ResultScreen"
        await pad(["escape", "escape", *"13908162007", "enter", *"48.50", "enter", *"/11", "enter"])  # put aside
        assert till.screen == "HomeScreen"
        await pad([*"*1", "escape", "escape"])
        for command, screen in (("/8", "CreditScreen"), ("/9", "EvidenceScreen"), ("//", "PaletteScreen")):
            await pad(command)
            assert till.screen == screen
        await pad(["escape", *"/1", "enter"])
        assert till.screen == "HelpScreen"
        await pad(["escape", *"*0", *"/12", "enter"])
        assert till.screen == "SignInScreen"
        await pad([*PIN, "enter"])
        await till.settle()
        assert till.screen != "SignInScreen"
    assert set(pressed) <= PAD
