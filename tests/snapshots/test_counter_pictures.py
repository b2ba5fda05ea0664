"""Pictures of the two screens that an operator sees all day, at both sizes, with a fixed clock.

After an intended change: ``pytest tests/snapshots --snapshot-update``, and look at the pictures before committing them.
"""

from __future__ import annotations

import pytest

from station_pos.tui.app import CounterApp
from station_pos.tui.desk import Desk
from tests.snapshots.picture import PICTURE, counter_picture
from tests.station_pos.tui.at_counter import NARROW, WIDE, Till
from tests.station_pos.tui.books_counter import an_afternoon


@pytest.fixture
def counter():
    return an_afternoon()


@pytest.fixture
def app(counter, monkeypatch):
    monkeypatch.setattr("station_pos.tui.app.REFRESH_S", 3600.0)
    return CounterApp(Desk(counter, counter.now))


def at_the_counter(app, counter, *steps):
    async def serve(pilot):
        till = Till(app, pilot, counter)
        await till.settle()
        await till.sign_in()
        for step in steps:
            await till.keys(*step)
        await till.settle()

    return serve


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x35"])
def test_home_with_an_account_typed(snap_compare, app, counter, size):
    assert snap_compare(app, terminal_size=size, run_before=at_the_counter(app, counter, "0081234567"))


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x35"])
def test_a_bill_with_cash_keyed(snap_compare, app, counter, size):
    steps = ("0081234567", ("enter",), "100")
    assert snap_compare(app, terminal_size=size, run_before=at_the_counter(app, counter, *steps))


async def test_the_readme_shows_the_counter_as_it_is():
    assert PICTURE.read_text("utf-8") == await counter_picture(), "draw it again: python -m tests.snapshots.picture"
