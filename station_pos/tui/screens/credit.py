"""额度: what the station may still sell for, how long it lasts, and a code that adds to it; + shows commission."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from station_journal.facts.grants import GrantCodeRefused
from station_journal.sealed_code import is_code
from station_pos.commands.grant_orders import ReleaseSealedGrant
from station_pos.commands.outcome import Accepted, Refusal, Refused
from station_pos.tui.command_line import EntryMode
from station_pos.tui.messages import ItemAsked
from station_pos.tui.presenters.commission import LINES_SHOWN, commission_view
from station_pos.tui.presenters.credit import ADDED_SHOWN, CodeEntry, credit_view
from station_pos.tui.presenters.faults import failed_words
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.widgets.bells import ring_done, ring_refused
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from concurrent.futures import Future

    from station_pos.commands.outcome import Outcome
    from station_pos.services.credit import Looked
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View


class CreditScreen(FrameScreen, inherit_bindings=False):
    """Takes a code: Enter looks it up, Enter adds it. The second page shows the commission month by month."""

    TOPIC: ClassVar[str] = "credit"

    class LookedUp(Message):
        """The slow hash is done."""

        def __init__(self, looked: Looked) -> None:
            """Carry what the code is."""
            super().__init__()
            self.looked = looked

    class Answered(Message):
        """The register has answered."""

        def __init__(self, outcome: Outcome) -> None:
            """Carry the outcome."""
            super().__init__()
            self.outcome = outcome

    class Failed(Message):
        """Something behind the counter failed; nothing was recorded."""

        def __init__(self, reason: str) -> None:
            """Carry its sentence."""
            super().__init__()
            self.reason = reason

    def __init__(self, desk: Desk, code: str = "") -> None:
        """Start with an empty line, or with a code that was typed at home."""
        super().__init__(desk)
        self._code = CodeEntry(code, fits=is_code(code))
        self.entry.put(code)
        self._rows = desk.counter.commission()
        self._commission = False
        self._chosen = 0
        self._first_line = 0
        self._read_books()

    def _read_books(self) -> None:
        self._added = self.desk.counter.credit.added(ADDED_SHOWN)
        self._ready = self.desk.counter.credit.codes_ready()

    def picture(self) -> object:
        """Every step asks something else."""
        return self._commission, self._code.state == "look"

    def view(self) -> View:
        """Show the credit, or the chosen month of the commission."""
        if self._commission:
            return commission_view(self.desk, self._rows, self._chosen, self._first_line)
        return credit_view(self.desk, self._code, self._added, self._ready)

    def entry_mode(self) -> EntryMode:
        """Take the digits of a code."""
        return EntryMode.NOTHING if self._commission else EntryMode.CODE

    def edited(self) -> None:
        """Say at each digit how far the code is, and at the last whether it can be one."""
        typed = self.entry.text
        self.sentence = ""
        self._code = CodeEntry(typed, fits=is_code(typed))
        self.repaint()

    def entered(self, text: str) -> None:
        """Look a code up; on the second Enter add it."""
        if self._commission or self.busy:
            return
        looked = self._code.looked
        if self._code.state == "look" and looked is not None:
            if self.may_commit():
                self._release(looked)
        elif text and not is_code(text):
            self.refuse(refused(Refused(Refusal.CODE_FORM_WRONG)))
        elif text and self.may_commit():
            self.busy = True
            self._code = CodeEntry(text, fits=True, state="checking")
            self.run_worker(self._look(self.desk.counter.credit.look(text)), group="trial", exit_on_error=False)
            self.repaint()

    async def _look(self, future: Future[Looked]) -> None:
        try:
            looked = await asyncio.wrap_future(future)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.LookedUp(looked))

    def on_credit_screen_looked_up(self, message: CreditScreen.LookedUp) -> None:
        """Show what the code adds; one that opens nothing is asked for at once, so that the try is on record."""
        self.busy = False
        self._code = CodeEntry(self._code.typed, fits=True, state="look", looked=message.looked)
        if message.looked.opens:
            self.repaint()
        else:
            self._release(message.looked)

    def _release(self, looked: Looked) -> None:
        self.busy = True
        order = ReleaseSealedGrant(self.desk.operator_no, looked.grant_no, looked.key)
        future = self.desk.counter.submit(order)
        self.run_worker(self._await_outcome(future), group="submit", exit_on_error=False)

    async def _await_outcome(self, future: Future[Outcome]) -> None:
        try:
            outcome = await asyncio.wrap_future(future)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Answered(outcome))

    def on_credit_screen_answered(self, message: CreditScreen.Answered) -> None:
        """Say what became of the code."""
        self.busy = False
        self.entry.put("")
        self.desk.refresh()
        self._read_books()
        outcome, looked = message.outcome, self._code.looked
        if isinstance(outcome, Accepted) and not isinstance(outcome.facts[0], GrantCodeRefused):
            self._code = CodeEntry(state="done", looked=looked)
            ring_done(self)
            self.repaint()
        elif isinstance(outcome, Refused):
            self._code = CodeEntry()
            self.refuse(refused(outcome))
        else:
            self._code = CodeEntry(state="wrong")
            ring_refused(self)
            self.repaint()

    def on_credit_screen_failed(self, message: CreditScreen.Failed) -> None:
        """Say that nothing was done; the code stays on the line."""
        self.busy = False
        self._code = CodeEntry(self.entry.text, fits=is_code(self.entry.text))
        self.refuse(SENTENCES("fault", reason=message.reason))

    def escaped(self) -> None:
        """Go back from the commission, or leave; a code on the line is put aside first."""
        if self._commission:
            self._commission = False
            self.repaint()
        else:
            super().escaped()

    def arrow(self, key: str) -> None:
        """Show a later or earlier month."""
        chosen = self._chosen + (1 if key in {"down", "pagedown"} else -1)
        if self._commission and 0 <= chosen < len(self._rows):
            self._chosen, self._first_line = chosen, 0
        self.repaint()

    def plus(self) -> None:
        """Show the commission; there, the next lines of the month, and after the last the first again."""
        if not self._commission:
            self._commission = True
            self.repaint()
        else:
            count = len(self._rows[self._chosen].lines) if self._rows else 0
            step = self._first_line + LINES_SHOWN
            self._first_line = step if step < count else 0
            self.repaint()

    def picked_line(self, line: int) -> None:
        """Dispute the statement shown."""
        if self._commission and line == 1 and self._rows and self._rows[self._chosen].hq_seq:
            self.post_message(ItemAsked("dispute_commission", self._rows[self._chosen].hq_seq))
        else:
            super().picked_line(line)

    def minus(self) -> None:
        """Show the month before."""
        if self._commission:
            self.arrow("down")
        else:
            self.refuse(SENTENCES("key_unused"))
