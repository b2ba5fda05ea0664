"""同步与证据: what the journals hold, who made it, and how much of it HQ holds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from station_pos.tui.messages import CaseAsked, ItemAsked
from station_pos.tui.presenters.evidence import TEXT, evidence_view
from station_pos.tui.presenters.faults import sentence_of
from station_pos.tui.presenters.lists import Place
from station_pos.tui.widgets.bells import ring_done
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from concurrent.futures import Future

    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

ROWS_MAX = 450
"""How far back the screen pages; the export holds everything."""


class EvidenceScreen(FrameScreen, inherit_bindings=False):
    """Pages through both journals, newest first; opening the screen wakes the sync."""

    TOPIC: ClassVar[str] = "evidence"

    @dataclass
    class Made(Message):
        """The packet is there, or one sentence says why not."""

        sentence: str
        done: bool

    def __init__(self, desk: Desk) -> None:
        """Read the newest records."""
        super().__init__(desk)
        self._rows = desk.counter.journal(ROWS_MAX)
        self._place = Place()
        self._others_only = False
        desk.counter.sync_now()

    def view(self) -> View:
        """Show a page."""
        seq = self.desk.state().as_of_seq
        if (
            not self._others_only
            and self._place == Place()
            and self._rows
            and seq != max((row.seq for row in self._rows if row.side == "S"), default=0)
        ):
            self._rows = self.desk.counter.journal(ROWS_MAX)
        return evidence_view(self.desk, self._rows, self._place, others_only=self._others_only)

    def arrow(self, key: str) -> None:
        """Move the mark."""
        self._place = self._place.moved(key, len(self._rows))
        self.repaint()

    def plus(self) -> None:
        """Turn to older records."""
        self.arrow("pagedown")

    def minus(self) -> None:
        """Turn to newer records."""
        self.arrow("pageup")

    def entered(self, text: str) -> None:
        """Open the payment that the chosen record is about."""
        del text
        if self._place.index < len(self._rows):
            self._open(self._rows[self._place.index].payment_seq)

    def typed(self, character: str) -> None:
        """Take ``E`` for a packet of the marked record, ``L`` for what others wrote, ``D`` to dispute it.

        ``C`` shows the chain behind its payment, withdrawal or bought credit. On the numpad ``1``, ``2``, ``3`` and
        ``4`` do the same.
        """
        if character.lower() in {"e", "1"}:
            self.defer(self._make_packet)
        elif character.lower() in {"l", "2"}:
            self.defer(self._turn_to_others)
        elif character.lower() in {"d", "3"}:
            self.defer(self._dispute)
        elif character.lower() in {"c", "4"}:
            self.defer(self._show_chain)
        else:
            super().typed(character)

    def _dispute(self) -> None:
        if self._place.index < len(self._rows):
            row = self._rows[self._place.index]
            own = "dispute_close" if row.kind == "DayClosed" else "dispute_record"
            hqs = "dispute_commission" if row.kind.endswith("CommissionStated") else "dispute_hq"
            self.post_message(ItemAsked(own if row.side == "S" else hqs, row.seq))

    def _show_chain(self) -> None:
        row = self._rows[self._place.index] if self._place.index < len(self._rows) else None
        if row is not None and row.followed_seq:
            self.post_message(ItemAsked("chain" if row.followed_side == "S" else "chain_hq", row.followed_seq))
        else:
            self.refuse(TEXT("no_chain"))

    def _turn_to_others(self) -> None:
        self._others_only = not self._others_only
        counter = self.desk.counter
        self._rows = counter.evidence.made_elsewhere(ROWS_MAX) if self._others_only else counter.journal(ROWS_MAX)
        self._place = Place()
        self.note("")

    def _make_packet(self) -> None:
        if not self.may_commit() or self._place.index >= len(self._rows):
            return
        self.busy = True
        future = self.desk.counter.evidence.packet(self._rows[self._place.index])
        self.run_worker(self._await_packet(future), group="submit", exit_on_error=False)

    async def _await_packet(self, future: Future[str]) -> None:
        try:
            folder = await asyncio.wrap_future(future)
            self.post_message(self.Made(TEXT("packet", folder=folder), done=True))
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Made(sentence_of(error), done=False))

    def on_evidence_screen_made(self, message: EvidenceScreen.Made) -> None:
        """Say where the packet lies, or why there is none."""
        self.busy = False
        if message.done:
            ring_done(self)
            self.note(message.sentence)
        else:
            self.refuse(message.sentence)

    def picked_line(self, line: int) -> None:
        """Choose a line by its number and open its payment."""
        place = self._place.at_line(line, len(self._rows))
        if place is None:
            super().picked_line(line)
            return
        self._place = place
        self.repaint()
        self._open(self._rows[place.index].payment_seq)

    def _open(self, payment_seq: int) -> None:
        payment = self.desk.counter.payment(payment_seq) if payment_seq else None
        if payment is not None:
            self.post_message(CaseAsked(payment))
