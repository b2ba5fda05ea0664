"""流水: the entries of this station; copy a slip, or undo an entry while its window is open."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from station_journal.records import ReversalReason
from station_pos.commands.orders import Command, IssueCopy, RequestReversal
from station_pos.commands.outcome import Accepted, Outcome
from station_pos.commands.reversals import refusal
from station_pos.services.entries import Entry, WayOut
from station_pos.tui.command_line import EntryMode
from station_pos.tui.messages import ItemAsked
from station_pos.tui.presenters.faults import failed_words
from station_pos.tui.presenters.history import TEXT, detail_view, entry_view, list_view, product_of
from station_pos.tui.presenters.lists import Place
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.widgets.bells import ring_done
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from concurrent.futures import Future

    from station_journal.payment import Payment
    from station_pos.counter import OperatorRow
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

ROWS_MAX = 450
_REASONS = {str(int(reason)): reason for reason in ReversalReason}


class Step(IntEnum):
    """What the screen shows."""

    LIST = 1
    DETAIL = 2
    REASON = 3
    PIN = 4


class HistoryScreen(FrameScreen, inherit_bindings=False):
    """A list; Enter opens a payment, ``+`` copies its receipt, ``-`` asks for its reversal."""

    TOPIC: ClassVar[str] = "history"

    @dataclass
    class Submitted(Message):
        """The register decided."""

        outcome: Outcome

    @dataclass
    class Checked(Message):
        """The operator's PIN was tried."""

        operator: OperatorRow | None

    @dataclass
    class Failed(Message):
        """Something behind the counter failed; the sentence says what."""

        reason: str

    def __init__(self, desk: Desk) -> None:
        """Start with the newest entry."""
        super().__init__(desk)
        found: list[Payment | Entry] = [*desk.counter.recent(ROWS_MAX), *desk.counter.entries(ROWS_MAX)]
        self._rows = sorted(found, key=lambda row: -row.seq)
        self._place = Place()
        self._step = Step.LIST
        self._reason = ReversalReason.WRONG_AMOUNT
        self._asked_seq = 0

    @property
    def _chosen(self) -> Payment | Entry | None:
        if self._place.index >= len(self._rows):
            return None
        chosen = self._rows[self._place.index]
        if isinstance(chosen, Entry):
            return next((one for one in self.desk.counter.entries(ROWS_MAX) if one.seq == chosen.seq), chosen)
        return self.desk.counter.payment(chosen.seq) or chosen

    def repaint(self) -> None:
        """Say what became of the reversal that was asked for, in place of what to do until then."""
        self.kept_up(self._follow)
        super().repaint()

    def _follow(self) -> None:
        asked = self.desk.counter.payment(self._asked_seq) if self._asked_seq else None
        if asked is not None and (asked.released_seq or not asked.reversal_seq):
            if self.sentence == TEXT("reversal_asked"):
                self.sentence = TEXT("reversal_done" if asked.released_seq else "reversal_not_done")
            self._asked_seq = 0

    def picture(self) -> object:
        """Every step asks something else."""
        return self._step

    def view(self) -> View:
        """Show the list, or the entry that was opened."""
        if self._step is Step.LIST:
            return list_view(self.desk, self._rows, self._place)
        chosen = self._chosen
        if isinstance(chosen, Entry):
            return entry_view(self.desk, chosen, self._step)
        if chosen is None:
            return list_view(self.desk, self._rows, self._place)
        return detail_view(self.desk, chosen, self._step)

    def entry_mode(self) -> EntryMode:
        """Take the PIN hidden; else only commands."""
        return EntryMode.HIDDEN if self._step is Step.PIN else EntryMode.NOTHING

    def entered(self, text: str) -> None:
        """Open the chosen entry, or try the PIN."""
        if self._step is Step.LIST and self._chosen is not None:
            self._go(Step.DETAIL)
        elif self._step is Step.PIN and text:
            self.busy = True
            self.entry.put("")
            self.run_worker(self._check(text), group="trial", exit_on_error=False)
        elif self._step is Step.DETAIL:
            self.note(TEXT("choose"))

    def picked_line(self, line: int) -> None:
        """Open a line by its number, or choose a reason by it."""
        place = self._place.at_line(line, len(self._rows)) if self._step is Step.LIST else None
        if self._step is Step.REASON and str(line) in _REASONS:
            self._choose_reason(str(line))
        elif place is None:
            super().picked_line(line)
        else:
            self._place = place
            self._go(Step.DETAIL)

    def _mark(self, line: int) -> None:
        """Move the mark to a line by its number, so that Enter opens what was meant."""
        place = self._place.at_line(line, len(self._rows))
        if place is None:
            self.refuse(SENTENCES("no_such_line", line=line))
        else:
            self._place = place
            self.note("")

    def arrow(self, key: str) -> None:
        """Move the mark."""
        if self._step is Step.LIST:
            self._place = self._place.moved(key, len(self._rows))
            self.note("")

    def plus(self) -> None:
        """Turn the page of the list; in a payment, print a marked copy of its receipt or slip."""
        chosen = self._chosen
        if self._step is Step.LIST:
            self.arrow("pagedown")
        elif self._step is Step.DETAIL and chosen is not None:
            issued_seq = chosen.issued_seq if isinstance(chosen, Entry) else chosen.receipt_seq or chosen.pending_seq
            if self.may_commit():
                self._submit(IssueCopy(self.desk.operator_no, issued_seq))
        else:
            self.refuse(SENTENCES("key_unused"))

    def minus(self) -> None:
        """Turn the page back; in an entry, begin its undo, or say what to do instead."""
        chosen = self._chosen
        if self._step is Step.LIST:
            self.arrow("pageup")
        elif self._step is not Step.DETAIL or chosen is None:
            self.refuse(SENTENCES("key_unused"))
        elif isinstance(chosen, Entry):
            undo = self.desk.counter.undo(chosen)
            if isinstance(undo, WayOut):
                self.refuse(undo.sentence)
            else:
                self._go(Step.REASON)
        else:
            moment = self.desk.now(), self.desk.state().business_date
            why_not = refusal(chosen, product_of(self.desk, chosen), moment)
            if why_not is None:
                self._go(Step.REASON)
            else:
                self.refuse(refused(why_not))

    def typed(self, character: str) -> None:
        """Take the reason by its digit; a scanner's digits are none."""
        if self._step is Step.REASON and character in _REASONS:
            self.defer(lambda: self._choose_reason(character))
        elif self._step is Step.LIST and character.isdecimal():
            self.defer(lambda: self._mark(int(character)))
        elif self._step is Step.DETAIL and character.lower() == "c" and _is_followed(self._chosen):
            self.defer(self._show_chain)
        else:
            super().typed(character)

    def _show_chain(self) -> None:
        self.post_message(ItemAsked("chain", self._rows[self._place.index].seq))

    def escaped(self) -> None:
        """Go one step back; from the list, leave."""
        if self._step is Step.LIST:
            super().escaped()
        else:
            self._go(Step.LIST if self._step is Step.DETAIL else Step.DETAIL)

    def _go(self, step: Step) -> None:
        self._step = step
        self.entry.put("")
        self.note("")

    def _choose_reason(self, digit: str) -> None:
        self._reason = _REASONS[digit]
        self._go(Step.PIN)

    async def _check(self, pin: str) -> None:
        try:
            operator = await asyncio.to_thread(self.desk.counter.sign_in, self.desk.operator_no, pin)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Checked(operator))

    def _submit(self, order: Command) -> None:
        if self.busy:
            return
        self.busy = True
        future = self.desk.counter.submit(order)
        self.run_worker(self._await_outcome(future), group="submit", exit_on_error=False)

    async def _await_outcome(self, future: Future[Outcome]) -> None:
        try:
            outcome = await asyncio.wrap_future(future)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Submitted(outcome))

    def on_history_screen_checked(self, message: HistoryScreen.Checked) -> None:
        """Ask for the reversal, if the PIN was right."""
        self.busy = False
        chosen = self._chosen
        if message.operator is None:
            self.refuse(SENTENCES("pin_wrong"))
        elif isinstance(chosen, Entry):
            undo = self.desk.counter.undo(chosen)
            if isinstance(undo, WayOut):
                self.refuse(undo.sentence)
            else:
                self._submit(undo.order(self.desk.operator_no, self._reason))
        elif chosen is not None:
            self._submit(RequestReversal(self.desk.operator_no, chosen.seq, self._reason))

    def on_history_screen_submitted(self, message: HistoryScreen.Submitted) -> None:
        """Say what the register made of it."""
        self.busy = False
        self.desk.refresh()
        asked, chosen = self._step is Step.PIN, self._chosen
        self._go(Step.DETAIL)
        if isinstance(message.outcome, Accepted):
            ring_done(self)
            done = "undo_asked" if isinstance(chosen, Entry) else "reversal_asked"
            if asked and chosen is not None and done == "reversal_asked":
                self._asked_seq = chosen.seq
            self.note(TEXT(done if asked else "copy_printing"))
        else:
            self.refuse(refused(message.outcome))

    def on_history_screen_failed(self, message: HistoryScreen.Failed) -> None:
        """Say what failed."""
        self.busy = False
        self.refuse(SENTENCES("fault", reason=message.reason))


def _is_followed(chosen: Payment | Entry | None) -> bool:
    """Tell whether there is a chain behind an entry: of services' entries a withdrawal and opened credit have one."""
    return chosen is not None and (not isinstance(chosen, Entry) or chosen.is_followed)
