"""Cash handed back to customers, and marked copies of what was printed for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.records import CashReturned, CopyIssued, DrawerOpened, Fact
from station_pos.commands.outcome import Refusal, Refused
from station_pos.commands.payments import cash_is_due

if TYPE_CHECKING:
    from station_pos.commands.orders import IssueCopy, OpenDrawer, ReturnCash
    from station_pos.commands.view import Moment, StationView


def return_cash(command: ReturnCash, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on handing back the cash of a declined or reversed payment: once, and only while it is due."""
    payment = view.payment(command.payment_seq)
    if payment is None:
        return Refused(Refusal.NO_SUCH_PAYMENT)
    if not cash_is_due(payment):
        return Refused(Refusal.CASH_NOT_DUE, (("payment_seq", payment.seq),))
    return [CashReturned(payment.seq)]


def issue_copy(command: IssueCopy, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on a marked copy; the original is printed once, whatever became of the paper."""
    issued = view.issued_paper(command.of_seq)
    if issued is None:
        return Refused(Refusal.NOTHING_TO_COPY)
    return [CopyIssued(command.of_seq, issued.copies + 1)]


def open_drawer(command: OpenDrawer, _view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on opening the drawer without a sale: any operator may, and it is on record."""
    return [DrawerOpened(command.reason)]
