"""The cash drawer without a sale: by the numpad, with a reason, on record under the operator's name."""

from __future__ import annotations

from station_journal.records import Actor, ActorKind, DrawerOpened, DrawerReason, Side
from station_pos.text import Language
from tests.station_pos.tui.at_counter import serving
from tests.station_pos.tui.books_counter import BooksCounter


def opened(counter):
    return [(r.fact.reason, r.actor) for r in counter.records[Side.STATION] if isinstance(r.fact, DrawerOpened)]


async def test_three_keys_open_it_and_say_who_and_why():
    counter = BooksCounter(drawer_wired=True)
    async with serving(counter) as till:
        before = till.keys_pressed
        await till.keys("/", "0")
        assert till.screen == "DrawerScreen"
        await till.keys("1")
        assert till.keys_pressed - before == 3
        assert opened(counter) == [(DrawerReason.CHANGE, Actor(ActorKind.PERSON, 1))]
        assert till.screen == "HomeScreen"


async def test_escape_keeps_it_shut_and_a_scan_is_no_reason():
    counter = BooksCounter(drawer_wired=True)
    async with serving(counter) as till:
        await till.keys("/", "0", "escape")
        await till.keys("/", "0")
        await till.scan("1111111111")
        assert opened(counter) == []


async def test_a_key_pressed_twice_opens_it_once():
    counter = BooksCounter(drawer_wired=True)
    async with serving(counter) as till:
        await till.keys("/", "0")
        counter.held_back = True
        await till.keys("2", "2", "3")
        counter.release()
        await till.settle()
        assert [reason for reason, _ in opened(counter)] == [DrawerReason.COUNT]


async def test_without_a_drawer_nothing_is_recorded():
    counter = BooksCounter()
    async with serving(counter, language=Language.EN) as till:
        await till.keys("/", "0")
        assert "No drawer is wired" in till.shown
        await till.keys("1")
        assert opened(counter) == []
