"""One time for a driver and the terminal it talks to, which passes only while both of them wait.

On a real clock such a test asks how fast the machine is: a terminal that is late is taken for a silent one. Here a wait
is over once the driver waits and the terminal waits and no byte is on its way between them; then the same moment passes
for both. So the times of a bench say in which order waits end, and no test ever waits them out.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from station_pos.devices.ports import LineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.devices.ports import Line

_STEP_S = 0.05
_ON_ITS_WAY_S = 0.005
_LOST_AFTER_S = 30.0


class ToldTime:
    """The time of one driver: `clock` is what it reads; `let_pass` has the terminal's time pass as well."""

    def __init__(self, tell: Callable[..., dict[str, Any]]) -> None:
        """`tell` gives the terminal a control command and returns its status."""
        self._tell = tell
        self._now_s = 0.0
        self._due: list[tuple[float, Callable[[], Any]]] = []

    def clock(self) -> float:
        """The seconds passed so far."""
        return self._now_s

    def let_pass(self, seconds: float, **counted: int) -> bool:
        """Let a moment pass, unless bytes are on their way: `sent` and `read` are what the driver's side counts."""
        passed: bool = self._tell("pass", s=seconds, **counted)["passed"]
        if passed:
            self._now_s += seconds
            due = [act for at_s, act in self._due if at_s <= self._now_s]
            self._due = [(at_s, act) for at_s, act in self._due if at_s > self._now_s]
            for act in due:
                act()
        return passed

    def later(self, after_s: float, act: Callable[[], Any]) -> None:
        """Have a hand at the device do something once so much time has passed."""
        self._due.append((self._now_s + after_s, act))

    def counts(self) -> tuple[int, int]:
        """The bytes that the terminal has taken and given."""
        status = self._tell("pass", s=0)
        return status["taken"], status["given"]


class ToldLine:
    """A line whose reads wait in told time."""

    def __init__(self, line: Line, told: ToldTime) -> None:
        self._line, self._told = line, told
        self._sent = self._read = 0
        self._is_open = False

    @property
    def name(self) -> str:
        return self._line.name

    def open(self) -> None:
        self._line.open()
        if not self._is_open:
            self._is_open = True
            self._sent, self._read = self._told.counts()

    def read(self, size: int, timeout_s: float) -> bytes:
        left_s, late_at = timeout_s, time.monotonic() + _LOST_AFTER_S
        patience_s = 0.0
        while True:
            data: bytes = self._noting(lambda: self._line.read(size, patience_s))  # noqa: B023 - called at once
            self._read += len(data)
            if data or left_s <= 0:
                return data
            step_s = min(left_s, _STEP_S)
            if self._told.let_pass(step_s, sent=self._sent, read=self._read):
                left_s, patience_s = left_s - step_s, 0.0
            else:
                assert time.monotonic() < late_at, "bytes were lost on the line"
                patience_s = _ON_ITS_WAY_S

    def write(self, data: bytes) -> None:
        self._noting(lambda: self._line.write(data))
        self._sent += len(data)

    def drain_input(self) -> None:
        _, self._read = self._told.counts()
        self._line.drain_input()

    def close(self) -> None:
        self._line.close()
        self._is_open = False

    def _noting(self, call: Callable[[], Any]) -> Any:
        """Note that the line closed itself, as it does when it is lost."""
        try:
            return call()
        except LineError:
            self._is_open = False
            raise
