"""A counter job takes effect once, whatever it was: its number is looked for among everything that carries one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.rules.cash import CashMove
from station_journal.rules.distribution import CounterJob
from station_pos.commands.outcome import Refusal, Refused

if TYPE_CHECKING:
    from station_pos.commands.view import StationView


def operation_refused(view: StationView, operation_no: int) -> Refused | None:
    """Refuse a number that is none, or that a payment, a withdrawal, a move of cash, an order or a lead has used."""
    if operation_no <= 0:
        return Refused(Refusal.OPERATION_ALREADY_DONE, (("entry_seq", 0),))
    if operation_no > view.standing().operation_no:
        return None  # above all that were ever used: nothing to look for
    payment = view.payment_of_operation(operation_no)
    if payment is not None:
        return Refused(Refusal.OPERATION_ALREADY_DONE, (("payment_seq", payment.seq),))
    key = str(operation_no)
    known = view.subject(CashMove, key) or view.subject(CounterJob, key)
    entry_seq = known.seq if known else view.withdrawal_of_operation(operation_no)
    return Refused(Refusal.OPERATION_ALREADY_DONE, (("entry_seq", entry_seq),)) if entry_seq else None
