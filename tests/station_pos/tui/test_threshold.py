"""The first picture: a pass phrase typed before the station is open is kept, and what stops the opening ends it."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import Future

import pytest

from station_pos.tui.threshold import Threshold


class Opening:
    """A station that opens when the test says so."""

    def __init__(self):
        self.future: Future[bool] = Future()
        self.begun = 0

    def begin(self):
        self.begun += 1
        return self.future


class Stepped(Threshold):
    """Tells when it ends."""

    ended = False

    def exit(self, *given, **named):
        self.ended = True
        super().exit(*given, **named)


async def until_ended(pilot):
    for _ in range(200):
        if pilot.app.ended:
            return
        await pilot.pause(0.01)
    raise AssertionError("the picture stays")


@pytest.mark.parametrize("opened_first", [True, False], ids=["open before Enter", "Enter before it is open"])
async def test_the_pass_phrase_is_given_whole_whenever_the_station_comes_open(opened_first):
    opening = Opening()
    app = Stepped(opening.begin)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("x", "y", "backspace")
        if opened_first:
            opening.future.set_result(False)
        await pilot.press("y", "z", "enter", "q")
        if not opened_first:
            assert not app.ended
            assert "正在打开账本" in str(app.query_one("#below").lines)  # type: ignore[attr-defined]
            opening.future.set_result(False)
        await until_ended(pilot)
    assert app.return_value == "xyz"
    assert opening.begun == 1


async def test_an_empty_line_is_no_pass_phrase_and_0_leaves():
    opening = Opening()
    app = Stepped(opening.begin)
    async with app.run_test(size=(80, 24)) as pilot:
        opening.future.set_result(False)
        await pilot.press("enter")
        assert not app.ended
        await pilot.press("x", "escape", "0", "enter")
        await until_ended(pilot)
    assert app.return_value is None


async def test_a_key_that_is_open_already_asks_for_nothing():
    opening = Opening()
    app = Stepped(opening.begin)
    async with app.run_test(size=(80, 24)) as pilot:
        opening.future.set_result(True)
        await until_ended(pilot)
    assert app.return_value == ""


async def test_a_station_that_cannot_be_opened_ends_it():
    opening = Opening()
    app = Stepped(opening.begin)
    async with app.run_test(size=(80, 24)) as pilot:
        opening.future.set_exception(OSError("no folder"))
        await until_ended(pilot)
    assert app.return_value is None


def test_it_loads_neither_books_nor_screens():
    code = "import station_pos.tui.threshold, sys, json; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    ours = {name for name in loaded if name.startswith(("station_pos.", "station_journal"))}
    assert not {
        name for name in ours if name.startswith(("station_journal", "station_pos.commands", "station_pos.store"))
    }
    assert not {name for name in ours if name.startswith("station_pos.tui.screens")}
    assert "sqlalchemy" not in loaded
