"""封袋: accept a pouch from the branch, seal one for it, or open a sealed one again; the label says which."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_journal.money import format_yuan, parse_yuan
from station_journal.rules.pouches import IncomingPouch, OutgoingPouch, PouchState
from station_pos.commands.cash_orders import AcceptPouch, CancelPouch, SealPouch
from station_pos.commands.outcome import Accepted, Refusal
from station_pos.tui.command_line import EntryMode
from station_pos.tui.presenters.cash_form import CashForm
from station_pos.tui.presenters.cash_jobs import TEXT, accept_view, accepted_words, cancel_view, pouches_view, seal_view
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.widgets.bells import ring_done
from station_pos.tui.widgets.order_screen import OrderScreen

if TYPE_CHECKING:
    from station_journal.facts.cash import NoteLine
    from station_pos.commands.outcome import Outcome
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View


class PouchScreen(OrderScreen, inherit_bindings=False):
    """A label opens what can be done with its pouch; a pouch that is done says with which entry."""

    TOPIC: ClassVar[str] = "pouches"

    def __init__(self, desk: Desk, label: str = "") -> None:
        """Start with the list, or with the pouch of a label."""
        super().__init__(desk)
        self._pouch: IncomingPouch | OutgoingPouch | None = None
        self._label = ""
        self._form = CashForm()
        self._notes: tuple[NoteLine, ...] = ()
        self._coins_fen = 0
        if label:
            self.entry.put(label)  # where it cannot be looked up now, Enter tries again
            self.call_later(self._open, label)

    @property
    def _sealing(self) -> bool:
        return bool(self._label) and self._pouch is None

    def picture(self) -> object:
        """Every step asks something else."""
        return self._label, self._form.complete

    def view(self) -> View:
        """Show the list, or the pouch that was chosen."""
        if isinstance(self._pouch, IncomingPouch):
            return accept_view(self._pouch)
        if isinstance(self._pouch, OutgoingPouch):
            return cancel_view(self._pouch)
        if self._sealing:
            before_fen = self._form_before_fen()
            return seal_view(self._label, self._form, before_fen)
        desk = self.desk.counter.day_close
        return pouches_view(desk.incoming(), desk.outgoing())

    def _form_before_fen(self) -> int:
        return sum(line.face_fen * line.pieces for line in self._notes) + self._coins_fen

    def entry_mode(self) -> EntryMode:
        """Take a label, an amount, or numbers of notes."""
        if isinstance(self._pouch, IncomingPouch):
            return EntryMode.AMOUNT
        if isinstance(self._pouch, OutgoingPouch) or (self._sealing and self._form.complete):
            return EntryMode.NOTHING
        if self._sealing:
            return EntryMode.AMOUNT if self._form.asks_coins else EntryMode.NUMBER
        return EntryMode.TEXT

    def scanned(self, text: str) -> None:
        """Open the pouch with this label; one that is being filled stays as it is."""
        if self._sealing and (self._form.place or self._notes):
            self.refuse(SENTENCES("scan_waits", code=text[:32]))
        else:
            self._open(text)

    def picked_line(self, line: int) -> None:
        """Open a pouch of the list."""
        desk = self.desk.counter.day_close
        listed = [*(one.label for one in desk.incoming()), *(one.label for one in desk.outgoing())]
        if not self._label and line <= len(listed):
            self._open(listed[line - 1])
        else:
            super().picked_line(line)

    def _open(self, text: str) -> None:
        label = text.strip()
        pouch = self.desk.counter.day_close.pouch(label)
        self._close()
        if isinstance(pouch, IncomingPouch) and pouch.accepted_seq:
            self.refuse(refused_twice(label, pouch.accepted_seq))
        elif isinstance(pouch, OutgoingPouch) and pouch.state is not PouchState.UNDER_WAY:
            self.refuse(refused_twice(label, pouch.received_seq or pouch.cancelled_seq))
        else:
            self._pouch, self._label = pouch, label
            self.note("")

    def _close(self) -> None:
        self._pouch, self._label, self._form, self._notes, self._coins_fen = None, "", CashForm(), (), 0
        self.entry.put("")

    def entered(self, text: str) -> None:
        """Open a label, accept what was counted, fill a field, or seal."""
        if isinstance(self._pouch, IncomingPouch):
            self._accept(self._pouch, text)
        elif self._sealing:
            self._fill(text)
        elif isinstance(self._pouch, OutgoingPouch):
            self.refuse(SENTENCES("key_unused"))
        elif text.strip():
            self._open(text)

    def _accept(self, pouch: IncomingPouch, text: str) -> None:
        try:
            counted_fen = parse_yuan(text) if text else pouch.amount_fen
        except ValueError:
            self.refuse(SENTENCES("amount_wrong"))
            return
        self.submit(AcceptPouch(self.desk.operator_no, pouch.label, counted_fen))

    def _fill(self, text: str) -> None:
        if self._form.complete:
            notes = tuple(line for line in (*self._notes, *self._form.notes) if line.pieces)
            coins_fen = self._coins_fen + self._form.coins_fen
            self.submit(SealPouch(self.desk.operator_no, self._label, notes, coins_fen))
            return
        try:
            self._form = self._form.filled(text)
        except ValueError as error:
            self.refuse(str(error))
        else:
            self.entry.put("")
            self.note("")

    def plus(self) -> None:
        """Count one more bundle into the same pouch: its lines add up."""
        if self._sealing and self._form.complete:
            self._notes += tuple(line for line in self._form.notes if line.pieces)
            self._coins_fen += self._form.coins_fen
            self._form = CashForm()
            self.note("")
        else:
            self.refuse(SENTENCES("key_unused"))

    def minus(self) -> None:
        """Go back one field; at a sealed pouch, open it again."""
        if isinstance(self._pouch, OutgoingPouch):
            self.submit(CancelPouch(self.desk.operator_no, self._pouch.label))
        elif self._sealing:
            self._form = self._form.back()
            self.note("")
        else:
            self.refuse(SENTENCES("key_unused"))

    def escaped(self) -> None:
        """Back to the list, or leave; nothing is recorded."""
        if self._label:
            self._close()
            self.note("")
        else:
            super().escaped()

    def decided(self, outcome: Outcome) -> None:
        """Say what was recorded; a pouch that was accepted before is said so, with its entry."""
        if not isinstance(outcome, Accepted):
            if outcome.reason in {Refusal.POUCH_ACCEPTED, Refusal.POUCH_KNOWN}:
                self._close()
            self.refuse(refused(outcome))
            return
        pouch = outcome.subjects[0]
        self._close()
        ring_done(self)
        if isinstance(pouch, IncomingPouch):
            told = accepted_words(pouch)
        elif isinstance(pouch, OutgoingPouch):
            word = "cancelled" if pouch.cancelled_seq else "sealed"
            told = TEXT(word, label=pouch.label, sum=format_yuan(pouch.amount_fen))
        else:
            told = ""
        self.note(told)


def refused_twice(label: str, seq: int) -> str:
    """Say that a pouch is done, and by which entry."""
    return TEXT("settled", label=label, seq=seq)
