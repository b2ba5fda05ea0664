"""Whether the chain behind a record may be printed, and which document the record of it names; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.chain import ChainRefusedError, answer_name, read_kept_answer
from station_journal.facts.chain import ChainPrinted
from station_journal.rules.grants import Grant, grant_key
from station_journal.rules.withdrawal import Withdrawal, withdrawal_key
from station_journal.side import Side
from station_pos.commands.outcome import Refusal, Refused

if TYPE_CHECKING:
    from station_journal.records import Fact
    from station_pos.commands.chain_orders import PrintChain
    from station_pos.commands.view import Moment, StationView


def print_chain(command: PrintChain, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on a paper: of a payment, withdrawal or bought credit of this station."""
    if not command.of_seq:
        if not _is_about_hq(command.answer):
            return Refused(Refusal.CHAIN_NOT_HEARD)
    elif not _is_followed(command, view):
        return Refused(Refusal.NO_SUCH_PAYMENT)
    return [ChainPrinted(command.of_seq, answer_name(command.answer) if command.answer else b"")]


def _is_followed(command: PrintChain, view: StationView) -> bool:
    if view.payment(command.of_seq) is not None:
        return True
    if view.subject(Withdrawal, withdrawal_key(command.of_seq).key) is not None:
        return True
    grant = view.subject(Grant, grant_key(command.grant_no)) if command.grant_no else None
    return grant is not None and grant.released_seq == command.of_seq


def _is_about_hq(answer: bytes) -> bool:
    try:
        return bool(answer) and read_kept_answer(answer).side is Side.HQ
    except ChainRefusedError:
        return False


def documents_of(command: PrintChain) -> tuple[bytes, ...]:
    """Give HQ's answer as the paper shows it; the record names it and may be printed again from it."""
    return (command.answer,) if command.answer else ()
