"""备用金: before the first customer the drawer is counted; what is above the books is the float."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_journal.money import format_yuan
from station_pos.commands.cash_orders import CountFloat
from station_pos.commands.outcome import Accepted
from station_pos.tui.command_line import EntryMode
from station_pos.tui.presenters.cash_form import CashForm
from station_pos.tui.presenters.cash_jobs import TEXT, float_view
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.widgets.bells import ring_done
from station_pos.tui.widgets.order_screen import OrderScreen

if TYPE_CHECKING:
    from station_pos.commands.outcome import Outcome
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View


class CashFloatScreen(OrderScreen, inherit_bindings=False):
    """Seven fields, then Enter; leaving before records nothing."""

    TOPIC: ClassVar[str] = "float"

    def __init__(self, desk: Desk) -> None:
        """Start with an empty count."""
        super().__init__(desk)
        self._form = CashForm()

    def picture(self) -> object:
        """Every step asks something else."""
        return self._form.complete

    def is_blind(self) -> bool:
        """A float is counted, not copied from the screen."""
        return True

    def view(self) -> View:
        """Show the fields."""
        return float_view(self._form)

    def entry_mode(self) -> EntryMode:
        """Take figures until all fields are filled."""
        if self._form.complete:
            return EntryMode.NOTHING
        return EntryMode.AMOUNT if self._form.asks_coins else EntryMode.NUMBER

    def entered(self, text: str) -> None:
        """Fill a field, or hand the count in."""
        if self._form.complete:
            self.submit(CountFloat(self.desk.operator_no, self._form.notes, self._form.coins_fen))
            return
        try:
            self._form = self._form.filled(text)
        except ValueError as error:
            self.refuse(str(error))
        else:
            self.entry.put("")
            self.note("")

    def minus(self) -> None:
        """Go back one field."""
        self._form = self._form.back()
        self.note("")

    def decided(self, outcome: Outcome) -> None:
        """Say what was recorded."""
        if not isinstance(outcome, Accepted):
            self.refuse(refused(outcome))
            return
        total_fen, self._form = self._form.total_fen, CashForm()
        ring_done(self)
        self.note(TEXT("floated", sum=format_yuan(total_fen)))
