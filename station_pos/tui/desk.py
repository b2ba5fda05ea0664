"""What all screens share while the counter is open: the station, the clock, who serves, and what waits its turn."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from station_journal.payment import Payment
    from station_pos.counter import Counter, CounterState, OperatorRow, ScannedCode
    from station_pos.tui.tally import Tally

HELD_S = 0.7
"""A keyboard repeats a held key after at most so long (X11 waits 0.66 s, most consoles less), then faster."""
IDLE_LOCK_S = 300.0
"""The counter locks itself after so long without a key; what is half typed stays."""
ANSWER_WAIT_S = 25.0
"""How long the screen waits for a biller before it calls the result unknown."""


@dataclass(slots=True)
class Desk:
    """The open counter. ``now`` gives aware UTC time.

    ``waiting_scans`` are codes scanned while another customer was being served; the home screen takes them next, one by
    one. ``codes`` are those of the serial scanner that no screen has taken yet, as while one was at work.
    ``last_payment`` is the payment shown on the home screen as the one before. ``touched_at`` is when the last key was
    pressed. ``fault`` says why the books could not be looked at the last time, empty if they could.
    ``withdrawals_rung`` keeps, by its number, the record a withdrawal last rang for, on its own screen or
    another. Of the key or code that is acted on now, ``key_held`` tells that it was not pressed but held down since the
    one before, ``pressed_s`` when it was pressed (monotonic; infinite for a code, which acts on what it names and not
    on what is shown). ``tally`` runs while one customer's jobs are added up.
    ``speak`` says a phrase aloud, None where there is no voice.
    """

    counter: Counter
    now: Callable[[], datetime]
    answer_wait_s: float = ANSWER_WAIT_S
    operator: OperatorRow | None = None
    waiting_scans: deque[str] = field(default_factory=deque)
    codes: deque[ScannedCode] = field(default_factory=deque)
    last_payment: Payment | None = None
    idle_lock_s: float = IDLE_LOCK_S
    touched_at: datetime | None = None
    big_text: bool = False
    key_held: bool = False
    pressed_s: float = inf
    last_key: tuple[str, float] = ("", float("-inf"))
    withdrawals_rung: dict[int, int] = field(default_factory=dict)
    fault: str = ""
    tally: Tally | None = None
    speak: Callable[[str], None] | None = None
    refreshed: CounterState | None = field(default=None, init=False)

    def refresh(self) -> CounterState:
        """Read the station's state and keep it for the rows that show it."""
        self.refreshed = self.counter.state()
        return self.refreshed

    def state(self) -> CounterState:
        """Give the state as last read."""
        return self.refreshed or self.refresh()

    def pressed(self, key: str, at_s: float) -> None:
        """Note a key at a moment (monotonic seconds): one that follows itself without a pause is held, not pressed."""
        self.touched_at = self.now()
        before, before_s = self.last_key
        self.key_held = key == before and at_s - before_s < HELD_S
        self.last_key = key, at_s
        self.pressed_s = at_s

    def scanned(self) -> None:
        """Note that a code is acted on: no key was held or pressed for it, not even the Enter that a scanner sends."""
        self.key_held, self.pressed_s, self.last_key = False, inf, ("", -inf)

    def idle(self) -> bool:
        """Tell whether nobody has pressed a key for so long that the counter locks itself."""
        now = self.now()
        self.touched_at = self.touched_at or now
        return (now - self.touched_at).total_seconds() >= self.idle_lock_s

    @property
    def operator_no(self) -> int:
        """The number of the operator who serves, 0 while nobody is signed in."""
        return self.operator.operator_no if self.operator else 0
