"""Whether the chain behind a record may be printed, and which document the record of it names; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.chain import answer_name
from station_journal.facts.chain import ChainPrinted
from station_journal.rules.withdrawal import Withdrawal, withdrawal_key
from station_pos.commands.outcome import Refusal, Refused

if TYPE_CHECKING:
    from station_journal.records import Fact
    from station_pos.commands.chain_orders import PrintChain
    from station_pos.commands.view import Moment, StationView


def print_chain(command: PrintChain, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on a paper: of a payment or withdrawal of this station."""
    withdrawal = view.subject(Withdrawal, withdrawal_key(command.of_seq).key)
    if view.payment(command.of_seq) is None and withdrawal is None:
        return Refused(Refusal.NO_SUCH_PAYMENT)
    return [ChainPrinted(command.of_seq, answer_name(command.answer) if command.answer else b"")]


def documents_of(command: PrintChain) -> tuple[bytes, ...]:
    """Give HQ's answer as the paper shows it; the record names it and may be printed again from it."""
    return (command.answer,) if command.answer else ()
