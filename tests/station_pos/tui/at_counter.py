"""How a test serves at the counter: a running app over a counter in memory, keys at a hand's pace, the screen as text."""

from __future__ import annotations

import asyncio
import unicodedata
from contextlib import asynccontextmanager

from station_pos import text
from station_pos.text import Language
from station_pos.tui.app import CounterApp
from station_pos.tui.desk import Desk
from tests.station_pos.tui.books_counter import PIN, BooksCounter

NARROW, WIDE = (80, 24), (120, 35)
HAND_S = 0.04
SCANNER_S = 0.0


class Till:
    """The app under test with the hands that serve at it."""

    def __init__(self, app, pilot, counter):
        self.app, self.pilot, self.counter = app, pilot, counter
        self.keys_pressed = 0
        self.bells = []
        app.bell = lambda: self.bells.append(asyncio.get_running_loop().time())

    async def keys(self, *keys, pace_s=HAND_S):
        """Press keys one after the other, as a hand does."""
        for key in keys:
            self.keys_pressed += 1
            await self.pilot.press(key)
            await asyncio.sleep(pace_s)
        await self.settle()

    async def type(self, typed):
        await self.keys(*typed)

    async def scan(self, code, end=("enter",)):
        """Send a code as a keyboard scanner does; it counts as no key."""
        from textual import events

        for key in [*code, *end]:
            name = key if len(key) > 1 else events.Key(key, key).key
            self.app._driver.send_message(events.Key(name, key if len(key) == 1 else None))
        await self.settle()

    async def settle(self, wait_s=0.06):
        await self.pilot.pause()
        await asyncio.sleep(wait_s)
        await self.pilot.pause()

    async def sign_in(self):
        await self.type("1")
        await self.keys("enter")
        await self.type(PIN)
        await self.keys("enter")
        await self.settle()
        self.keys_pressed = 0
        self.bells.clear()

    def rows(self):
        """The screen as the terminal gets it, row by row."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip) for strip in strips]

    @property
    def shown(self):
        return "\n".join(self.rows())

    def row(self, number):
        """A row by its number, from 1."""
        return self.rows()[number - 1].rstrip()

    @property
    def screen(self):
        return type(self.app.screen).__name__


def columns(row):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in row)


@asynccontextmanager
async def serving(counter=None, *, size=NARROW, language=Language.ZH, signed_in=True, answer_wait_s=25.0):
    """Open the counter, signed in as 王秀云 unless told otherwise."""
    text.choose(language)
    counter = counter or BooksCounter()
    app = CounterApp(Desk(counter, counter.now, answer_wait_s))
    try:
        async with app.run_test(size=size) as pilot:
            till = Till(app, pilot, counter)
            await till.settle()
            if signed_in:
                await till.sign_in()
            yield till
    finally:
        text.choose(Language.ZH)
