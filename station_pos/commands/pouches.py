"""Sealed pouches of cash: sealing and cancelling one for the branch, accepting one from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.cash import PouchAccepted, PouchCancelled, PouchSealed, notes_fen
from station_journal.rules.pouches import IncomingPouch, OutgoingPouch
from station_pos.commands.day_close import sane_cash
from station_pos.commands.outcome import Refusal, Refused

if TYPE_CHECKING:
    from station_journal.records import Fact
    from station_pos.commands.cash_orders import AcceptPouch, CancelPouch, SealPouch
    from station_pos.commands.view import Moment, StationView

LABEL_MAX = 32
COUNTED_MAX_FEN = 10_000_000_000


def label_is_sane(label: str) -> bool:
    """Tell whether a text can be the number on a pouch: printable ASCII without blanks, as a barcode holds it."""
    return 0 < len(label) <= LABEL_MAX and all("!" <= character <= "~" for character in label)


def seal(command: SealPouch, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on sealing a pouch: a label is used once, and no more goes in than the drawer should hold."""
    amount_fen = notes_fen(command.notes, command.coins_fen)
    if not label_is_sane(command.label):
        return Refused(Refusal.POUCH_LABEL_WRONG)
    known = view.subject(OutgoingPouch, command.label)
    if known is not None or view.subject(IncomingPouch, command.label) is not None:
        return Refused(Refusal.POUCH_KNOWN, (("entry_seq", known.sealed_seq if known else 0),))
    if not sane_cash(command.notes, command.coins_fen) or amount_fen <= 0:
        return Refused(Refusal.COUNT_WRONG)
    if amount_fen > view.drawer_fen():
        return Refused(Refusal.DRAWER_TOO_LOW, (("drawer_fen", view.drawer_fen()),))
    return [PouchSealed(command.label, command.notes, command.coins_fen)]


def cancel(command: CancelPouch, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on opening a sealed pouch again: once, and not after the branch has it."""
    pouch = view.subject(OutgoingPouch, command.label)
    if pouch is None:
        return Refused(Refusal.POUCH_UNKNOWN)
    if pouch.cancelled_seq:
        return Refused(Refusal.POUCH_KNOWN, (("entry_seq", pouch.cancelled_seq),))
    if pouch.received_seq:
        return Refused(Refusal.POUCH_COLLECTED)
    return [PouchCancelled(command.label)]


def accept(command: AcceptPouch, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on a pouch from the branch: one that HQ's journal announces, once, whatever keys are pressed."""
    pouch = view.subject(IncomingPouch, command.label)
    if pouch is None:
        return Refused(Refusal.POUCH_UNKNOWN)
    if pouch.accepted_seq:
        return Refused(Refusal.POUCH_ACCEPTED, (("entry_seq", pouch.accepted_seq),))
    if not 0 <= command.counted_fen <= COUNTED_MAX_FEN:
        return Refused(Refusal.COUNT_WRONG)
    return [PouchAccepted(command.label, command.counted_fen)]
