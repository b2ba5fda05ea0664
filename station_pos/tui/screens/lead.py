"""保险线索: a customer who wants to be called back; only where a registration is on file, only with consent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from station_journal.facts.distribution import LeadKind
from station_pos.commands.distribution_orders import TakeLead, is_phone
from station_pos.commands.outcome import Accepted, Outcome, Refusal, Refused
from station_pos.tui.command_line import EntryMode
from station_pos.tui.presenters.faults import failed_words
from station_pos.tui.presenters.lead import TEXT, lead_view
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.widgets.bells import ring_done
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from concurrent.futures import Future

    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

_KINDS = {str(int(kind)): kind for kind in LeadKind}
_MODES = {
    "kind": EntryMode.NUMBER,
    "name": EntryMode.TEXT,
    "phone": EntryMode.NUMBER,
    "consent": EntryMode.NOTHING,
}


class LeadScreen(FrameScreen, inherit_bindings=False):
    """Asks for the kind, the name and the number, then for the customer's consent; + records."""

    TOPIC: ClassVar[str] = "lead"

    @dataclass
    class Submitted(Message):
        """The register decided."""

        outcome: Outcome

    @dataclass
    class Failed(Message):
        """Something behind the counter failed; nothing was recorded."""

        reason: str

    def __init__(self, desk: Desk) -> None:
        """Start with nothing asked."""
        super().__init__(desk)
        self._read_books()
        self._kind: LeadKind | None = None
        self._customer = ""
        self._number = ""
        self._operation_no = desk.counter.open_operation()

    def _read_books(self) -> None:
        self._filing = self.desk.counter.distribution.registration()
        self._leads = self.desk.counter.distribution.leads()

    @property
    def _asked(self) -> str:
        if self._kind is None:
            return "kind"
        if not self._customer:
            return "name"
        return "consent" if self._number else "phone"

    def picture(self) -> object:
        """Every step asks something else."""
        return self._asked

    def view(self) -> View:
        """Show what is asked, or why nothing is."""
        given = [TEXT(self._kind.name) if self._kind else "", self._customer, self._number]
        answers = [answer for answer in given if answer]
        return lead_view(self._filing, answers, self._asked, self._leads)

    def entry_mode(self) -> EntryMode:
        """Take what is asked for; nothing where no lead may be taken."""
        return EntryMode.NOTHING if self._filing is None else _MODES[self._asked]

    def entered(self, text: str) -> None:
        """Take an answer and ask for the next."""
        typed, asked = text.strip(), self._asked
        if self._filing is None or asked == "consent" or not typed:
            return
        if asked == "kind" and typed not in _KINDS:
            self.refuse(SENTENCES("key_unused"))
            return
        if asked == "kind":
            self._kind = _KINDS[typed]
        elif asked == "name" and typed.isdecimal():
            self.refuse_typed(TEXT("name_digits"))
            return
        elif asked == "name":
            self._customer = typed
        elif not is_phone(typed):
            self.refuse_typed(refused(Refused(Refusal.PHONE_WRONG)))
            return
        else:
            self._number = typed
        self.entry.put("")
        self.note("")

    def plus(self) -> None:
        """Record the lead: the customer agreed."""
        if self._filing is None or self._asked != "consent" or self._kind is None:
            self.refuse(SENTENCES("key_unused"))
        elif self.may_commit():
            self.busy = True
            order = TakeLead(
                operator_no=self.desk.operator_no,
                operation_no=self._operation_no,
                kind=self._kind,
                customer_name=self._customer,
                phone=self._number,
                consent=True,
                salt=self.desk.counter.distribution.salt(),
            )
            self.run_worker(self._await_outcome(self.desk.counter.submit(order)), group="submit", exit_on_error=False)

    async def _await_outcome(self, future: Future[Outcome]) -> None:
        try:
            outcome = await asyncio.wrap_future(future)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Submitted(outcome))

    def on_lead_screen_submitted(self, message: LeadScreen.Submitted) -> None:
        """Say what became of it; a number that is none is asked for again."""
        self.busy = False
        if isinstance(message.outcome, Accepted):
            self._kind, self._customer, self._number = None, "", ""
            self._operation_no = self.desk.counter.open_operation()
            self._read_books()
            ring_done(self)
            self.note(TEXT("done"))
        else:
            self._number = ""
            self.refuse(refused(message.outcome))

    def on_lead_screen_failed(self, message: LeadScreen.Failed) -> None:
        """Say what failed."""
        self.busy = False
        self.refuse(SENTENCES("fault", reason=message.reason))
