"""现金进出: cash of the shop's own that goes into the drawer or out of it, with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_journal.facts.cash import CashReason
from station_journal.money import format_yuan, parse_yuan
from station_pos.commands.cash_orders import MoveCash
from station_pos.commands.outcome import Accepted
from station_pos.receipts.cash_wording import REASONS
from station_pos.tui.command_line import EntryMode
from station_pos.tui.presenters.cash_jobs import TEXT, move_view
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.widgets.bells import ring_done
from station_pos.tui.widgets.order_screen import OrderScreen

if TYPE_CHECKING:
    from station_pos.commands.outcome import Outcome
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View


class CashMoveScreen(OrderScreen, inherit_bindings=False):
    """A reason by its number, then an amount; each job is recorded once."""

    TOPIC: ClassVar[str] = "cash_move"

    def __init__(self, desk: Desk) -> None:
        """Start without a reason."""
        super().__init__(desk)
        self._reason: CashReason | None = None
        self._operation_no = desk.counter.open_operation()

    def picture(self) -> object:
        """Every step asks something else."""
        return self._reason

    def view(self) -> View:
        """Show the reasons, or ask for the amount."""
        return move_view(self._reason)

    def entry_mode(self) -> EntryMode:
        """Take the number of a reason, then an amount."""
        return EntryMode.NUMBER if self._reason is None else EntryMode.AMOUNT

    def picked_line(self, line: int) -> None:
        """Take a reason by its line."""
        if self._reason is None and line <= len(CashReason):
            self._choose(line)
        else:
            super().picked_line(line)

    def edited(self) -> None:
        """Take a reason by one digit, without Enter."""
        text = self.entry.text
        if self._reason is None and text.isdecimal() and 1 <= int(text) <= len(CashReason):
            self.defer(lambda: self._choose(int(text)))

    def _choose(self, number: int) -> None:
        self._reason = CashReason(number)
        self.entry.put("")
        self.note("")

    def entered(self, text: str) -> None:
        """Record the amount."""
        if self._reason is None:
            self.refuse(SENTENCES("key_unused"))
            return
        if not text:
            self.note("")  # the digit that chose took no Enter; one that follows it out of habit is no mistake
            return
        try:
            amount_fen = parse_yuan(text)
        except ValueError:
            self.refuse_typed(SENTENCES("amount_wrong"))
            return
        self.submit(MoveCash(self.desk.operator_no, self._operation_no, self._reason, amount_fen))

    def escaped(self) -> None:
        """Choose another reason, or leave; nothing is recorded."""
        if self._reason is None:
            super().escaped()
        else:
            self._reason = None
            self.note("")

    def decided(self, outcome: Outcome) -> None:
        """Say what was recorded, and be ready for the next."""
        if not isinstance(outcome, Accepted):
            self.refuse(refused(outcome))
            return
        fact = outcome.facts[0]
        self.entry.put("")
        self._reason = None
        self._operation_no = self.desk.counter.open_operation()
        ring_done(self)
        reason, amount_fen = REASONS(str(int(getattr(fact, "reason", 1)))), getattr(fact, "amount_fen", 0)
        self.note(TEXT("moved", reason=reason, sum=format_yuan(amount_fen)))
