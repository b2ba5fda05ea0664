"""How a test serves at the counter: a running app over a counter in memory, keys at a hand's pace, rows as text."""

from __future__ import annotations

import asyncio
import unicodedata
from contextlib import asynccontextmanager
from math import inf
from time import monotonic
from unittest.mock import patch

from textual import events
from textual._compositor import Compositor
from textual.keys import _character_to_key  # the driver's own name for a character

from station_pos import text
from station_pos.text import Language
from station_pos.tui.app import CounterApp
from station_pos.tui.desk import Desk
from tests.station_pos.tui.books_counter import BooksCounter

NARROW, WIDE = (80, 24), (120, 35)
HAND_S, AGAIN_S, SCANNER_S = 0.2, 0.8, 0.0001
CHARACTERS = {"plus": "+", "minus": "-"}


class Till:
    """The app under test with the hands that serve at it."""

    def __init__(self, app, pilot, counter):
        self.app, self.pilot, self.counter = app, pilot, counter
        self.keys_pressed = 0
        self.bells: list[float] = []
        self._clock_s = 0.0
        self._last_key = ""
        app.bell = lambda: self.bells.append(asyncio.get_running_loop().time())

    async def keys(self, *keys):
        """Press keys one after the other: stamped at a hand's pace, and each command worked off before the next key."""
        for key in keys:
            self.keys_pressed += 1
            again = len(key) > 1 and key == self._last_key
            self._last_key = key
            self._clock_s = max(self._clock_s + (AGAIN_S if again else HAND_S), monotonic())
            self.send(key, self._clock_s)
            if len(key) > 1:
                await self.settle()
        await self.settle()

    def later(self):
        """Let a second pass between two keys: the same one again is pressed, not held."""
        self._clock_s = max(self._clock_s, monotonic()) + AGAIN_S

    async def type(self, typed):
        await self.keys(*typed)

    async def scan(self, code, end=("enter",), *, on_its_way=False):
        """Send a code as a keyboard scanner does, within a millisecond; it counts as no key.

        One that is ``on_its_way`` was sent a hand's pace after the keys before, however long those took to work off.
        """
        self._clock_s += HAND_S
        if not on_its_way:
            self._clock_s = max(self._clock_s, monotonic())
        for place, key in enumerate([*code, *end]):
            self.send(key, self._clock_s + place * SCANNER_S)
        await self.settle()

    def send(self, key, at_s):
        character = key if len(key) == 1 else CHARACTERS.get(key)
        name = _character_to_key(key) if len(key) == 1 else key
        event = events.Key(name, character)
        event.time = at_s
        self.app._driver.send_message(event)  # noqa: SLF001  # as the terminal's own driver does

    async def settle(self):
        """Wait until what was pressed has been worked off: nothing queued or deferred, no order or question open."""
        rest = 0
        for _ in range(6_000):
            rest = 0 if self._at_work() else rest + 1
            if rest >= 4 or not self.app.is_running:
                return
            await asyncio.sleep(0.005)

    async def seen(self):
        """Wait until what is shown may be acted on: drawn, and past the dead time of a picture that came by itself."""
        screen = self.app.screen
        await self.until(lambda: screen is not self.app.screen or monotonic() >= screen._drawn_s + screen.settle_s)  # noqa: SLF001

    async def too_early(self, key):
        """Press a key a moment after the picture came, before its dead time is over."""
        self.send(key, self.app.screen._drawn_s + self.app.screen.settle_s / 2)  # noqa: SLF001
        await self.settle()

    async def tick(self):
        """Move the second hand now, the counter's and that of the screen that is shown, rather than in a second."""
        self.app._tick()  # noqa: SLF001
        follow = getattr(self.app.screen, "_tick", None)
        if follow is not None:
            follow()
        await self.settle()

    async def until(self, condition, timeout_s=30.0):
        """Wait for what must come of itself (another thread's answer, the next tick), however slow the machine is."""
        for _ in range(int(timeout_s / 0.02)):
            if condition():
                break
            await asyncio.sleep(0.02)
        await self.settle()
        assert condition(), self.shown

    async def bells_over(self):
        """Let what rings ring out, and forget it."""

        def ringing():
            due = [one for one in self.app._timers if self.app.bell in getattr(one._callback, "args", ())]  # noqa: SLF001
            return any(not (one._task and one._task.done()) for one in due)  # noqa: SLF001

        await self.until(lambda: not ringing())
        await self.settle()
        self.bells.clear()

    def _at_work(self):
        screen = self.app.screen
        queued = self.app.message_queue_size + screen.message_queue_size
        groups = {"trial"} if self.counter.held_back else {"trial", "submit", "inquiry"}
        if getattr(self.counter, "biller_waits", False):
            groups.discard("inquiry")
        busy = any(worker.group in groups and not worker.is_finished for worker in self.app.workers)
        undrawn = screen._drawn_s == inf and not screen._closing  # noqa: SLF001  # what the frame will do in a moment
        return bool(queued or busy or undrawn or screen._deferred)  # noqa: SLF001

    async def sign_in(self):
        """Stand at the open counter; the keys of signing in are a test of their own."""
        self.app.desk.operator = self.counter.operators()[0]
        await self.app.pop_screen()
        await self.settle()
        self.bells.clear()

    def rows(self):
        """The screen as the terminal gets it, row by row."""
        strips = self.app.screen._compositor.render_strips()  # noqa: SLF001  # what the terminal gets
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


_drawn = Compositor.render_update


def _drawn_when_read(compositor, full=False, **more):
    """Draw nothing for the terminal that is not there; a picture that a test asks for (`rows`, a snapshot) is drawn."""
    if full:
        return _drawn(compositor, full, **more)
    compositor._dirty_regions.clear()  # noqa: SLF001  # as drawing them does
    return None


@asynccontextmanager
async def serving(counter=None, *, size=NARROW, language=Language.ZH, signed_in=True, answer_wait_s=25.0):
    """Open the counter, signed in as 李四 unless told otherwise."""
    text.choose(language)
    counter = counter or BooksCounter()
    app = CounterApp(Desk(counter, counter.now, answer_wait_s))
    try:
        with patch.object(Compositor, "render_update", _drawn_when_read):
            async with app.run_test(size=size) as pilot:
                till = Till(app, pilot, counter)
                await till.settle()
                if signed_in:
                    await till.sign_in()
                yield till
    finally:
        text.choose(Language.ZH)
