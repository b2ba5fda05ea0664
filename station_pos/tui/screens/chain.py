"""来龙去脉: where the money of a payment or withdrawal went, asked of HQ and kept for when HQ cannot be reached."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from station_journal.bought_credit import BoughtCredit
from station_journal.side import Side
from station_pos.commands.chain_orders import PrintChain
from station_pos.commands.outcome import Refused
from station_pos.tui.command_line import EntryMode
from station_pos.tui.presenters.chain import TEXT, chain_view
from station_pos.tui.presenters.faults import sentence_of
from station_pos.tui.presenters.lists import Place
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.widgets.bells import ring_done
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from concurrent.futures import Future

    from station_pos.commands.outcome import Outcome
    from station_pos.services.chain import ChainView
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View


class ChainScreen(FrameScreen, inherit_bindings=False):
    """Shows at once what the station knows, and HQ's part when it comes; ``P`` puts it on paper."""

    TOPIC: ClassVar[str] = "evidence"

    @dataclass
    class Heard(Message):
        """HQ was asked: the chain as it stands now."""

        chain: ChainView | None

    @dataclass
    class Printed(Message):
        """The register decided on the slip."""

        outcome: Outcome

    @dataclass
    class Failed(Message):
        """Something behind the counter failed; the sentence says what."""

        reason: str

    def __init__(self, desk: Desk, chain: ChainView) -> None:
        """Show what is known already."""
        super().__init__(desk)
        subject = chain.subject
        self._seq, self._chain = subject.seq, chain
        self._side = subject.side if isinstance(subject, BoughtCredit) else Side.STATION
        self._grant_no = subject.grant.grant_no if isinstance(subject, BoughtCredit) and subject.grant else 0
        self._place = Place()
        self._asking = False

    def on_mount(self) -> None:
        """Ask HQ once, beside what the screen shows."""
        self._ask()
        self.repaint()

    def view(self) -> View:
        """Show a page of the steps."""
        return chain_view(self.desk, self._chain, self._place, asking=self._asking)

    def entry_mode(self) -> EntryMode:
        """Take no text here."""
        return EntryMode.NOTHING

    def arrow(self, key: str) -> None:
        """Move the mark."""
        self._place = self._place.moved(key, len(self._chain.steps))
        self.repaint()

    def plus(self) -> None:
        """Turn to later steps."""
        self.arrow("pagedown")

    def minus(self) -> None:
        """Turn to earlier steps."""
        self.arrow("pageup")

    def typed(self, character: str) -> None:
        """Take ``R`` to ask HQ again and ``P`` to print; on the numpad ``1`` and ``2`` do the same."""
        if character.lower() in {"r", "1"}:
            self.defer(self._ask)
        elif character.lower() in {"p", "2"}:
            self.defer(self._print)
        else:
            super().typed(character)

    def _ask(self) -> None:
        if not self._asking:
            self._asking = True
            future = self.desk.counter.chain.ask(self._seq, self._side)
            self.run_worker(self._await_answer(future), group="chain", exit_on_error=False)
            self.note("")

    async def _await_answer(self, future: Future[ChainView | None]) -> None:
        try:
            self.post_message(self.Heard(await asyncio.wrap_future(future)))
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(sentence_of(error)))

    def on_chain_screen_heard(self, message: ChainScreen.Heard) -> None:
        """Show HQ's part; the mark stays where it is."""
        self._asking = False
        if message.chain is not None:
            self._chain = message.chain
            if self._place.index >= len(self._chain.steps):
                self._place = Place()
        self.repaint()

    def _print(self) -> None:
        if not self.may_commit():
            return
        self.busy = True
        of_seq = self._seq if self._side is Side.STATION else 0
        command = PrintChain(self.desk.operator_no, of_seq, self._chain.answer, self._grant_no)
        self.run_worker(self._await_print(self.desk.counter.submit(command)), group="submit", exit_on_error=False)

    async def _await_print(self, future: Future[Outcome]) -> None:
        try:
            self.post_message(self.Printed(await asyncio.wrap_future(future)))
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(sentence_of(error)))

    def on_chain_screen_printed(self, message: ChainScreen.Printed) -> None:
        """Say that it prints, or why not."""
        self.busy = False
        if isinstance(message.outcome, Refused):
            self.refuse(refused(message.outcome))
        else:
            ring_done(self)
            self.note(TEXT("printed"))

    def on_chain_screen_failed(self, message: ChainScreen.Failed) -> None:
        """Say what failed; nothing was done."""
        self.busy = self._asking = False
        self.refuse(message.reason)
