"""Time that passes only when the control side says so, for a party whose waits are under test.

A test that waits on a real clock proves something about the machine that it runs on. With `--told-time` every wait of
the party (for an answer, a card, a cable) ends when `{"cmd": "pass", "s": 0.1}` has told enough of them, and never
because the machine was slow. `sent` and `read` are the bytes that the other side has sent and read: while some are
still on their way there is something left to happen, and no time passes ("passed": false). The answer tells the bytes
`taken` and `given` since the line was opened here.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

TURNS = 20
"""Turns of the loop in which everything has happened that a moment brings: a message in, its answer out."""

Act = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class CountedEnd(Protocol):
    """A line that counts its bytes since it was opened, and says whether it takes any now."""

    @property
    def taken(self) -> int:
        """Bytes that have come in."""
        ...

    @property
    def given(self) -> int:
        """Bytes that have gone out."""
        ...

    @property
    def taking(self) -> bool:
        """Whether bytes that come are taken in at once."""
        ...


class ToldTime(asyncio.SelectorEventLoop):
    """A loop whose time stands still."""

    def __init__(self) -> None:
        super().__init__(selectors.DefaultSelector())
        self._now_s = 0.0

    def time(self) -> float:
        """The seconds told so far."""
        return self._now_s

    def let_pass(self, seconds: float) -> None:
        """Let time pass; what was to happen by then happens in the loop's next turns."""
        self._now_s += seconds


def loop_of(*, told: bool) -> Callable[[], asyncio.AbstractEventLoop]:
    """The loop to run a party in: of told time, or of the machine's."""
    return ToldTime if told else asyncio.new_event_loop


def with_told_time(act: Act, end: CountedEnd) -> Act:
    """Let a party's control side also take `pass`, where its time is told."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, ToldTime):
        return act

    async def told(command: dict[str, Any]) -> dict[str, Any]:
        await _settle()
        if command["cmd"] != "pass":
            return await act(command)
        arrived = end.taken >= command.get("sent", 0) or not end.taking
        passed = arrived and end.given <= command.get("read", end.given)
        if passed:
            loop.let_pass(command["s"])
            await _settle()
        return {**await act({"cmd": "status"}), "passed": passed, "taken": end.taken, "given": end.given}

    return told


async def _settle() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)
