"""收寄: an item for dispatch, with the sender's document, the inspection and the postage; one record at the end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from station_journal.facts.parcels import IdentityShown, ParcelAccepted
from station_journal.masking import mask_name
from station_journal.money import format_yuan
from station_journal.waybill import WaybillRefusedError, likely_carrier, read_waybill
from station_pos.commands.parcel_orders import AcceptParcel
from station_pos.tui.command_line import EntryMode
from station_pos.tui.presenters.acceptance import TEXT, Item, Step, acceptance_view
from station_pos.tui.presenters.id_card import TEXT as ID_CARD
from station_pos.tui.presenters.id_card import number_problem
from station_pos.tui.presenters.payments import amount_typed
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.widgets.bells import ring_done
from station_pos.tui.widgets.id_card_screen import IdCardScreen
from station_pos.tui.widgets.work_screen import WorkScreen

if TYPE_CHECKING:
    from station_journal.resident_id import IdCard
    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Accepted
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

_KINDS = {
    "1": IdentityShown.RESIDENT_ID,
    "2": IdentityShown.RESIDENCE_PERMIT,
    "3": IdentityShown.PASSPORT,
    "4": IdentityShown.OFFICER_ID,
}
_DEFAULT_CARRIER = "POST"
_AMOUNTS = frozenset({Step.POSTAGE, Step.TENDER})
_TEXTS = frozenset({Step.WAYBILL, Step.NAME, Step.NUMBER})


class AcceptanceScreen(IdCardScreen, WorkScreen, inherit_bindings=False):
    """One item from its waybill to its postage."""

    TOPIC: ClassVar[str] = "acceptance"

    def __init__(self, desk: Desk) -> None:
        """Start with the waybill."""
        super().__init__(desk)
        self.item = Item()
        self.step = Step.WAYBILL

    def picture(self) -> object:
        """Every step asks something else."""
        return self.step

    def view(self) -> View:
        """Show the item at its step."""
        return acceptance_view(self.desk, self.item, self.step)

    def entry_mode(self) -> EntryMode:
        """Take what the step asks for; a document's number is typed hidden from bystanders."""
        if self.step in _AMOUNTS:
            return EntryMode.AMOUNT
        if self.step is Step.NUMBER:
            return EntryMode.HIDDEN
        return EntryMode.TEXT if self.step in _TEXTS else EntryMode.NOTHING

    def scanned(self, text: str) -> None:
        """Take a scan as the waybill while one is asked for."""
        if self.step is Step.WAYBILL:
            self._waybill(text)
        else:
            self.note(SENTENCES("key_unused"))

    def entered(self, text: str) -> None:
        """Go one step on with what was typed."""
        typed = text.strip()
        if self.step is Step.WAYBILL and typed:
            self._waybill(typed)
        elif self.step is Step.NAME:
            self._name_typed(typed)
        elif self.step is Step.NUMBER:
            self._number(typed)
        elif self.step in _AMOUNTS and typed:
            self._amount(typed)
        elif self.step is Step.POSTAGE:
            self.refuse(TEXT("postage_empty"))

    def plus(self) -> None:
        """Take exactly the postage."""
        if self.step is Step.TENDER:
            self._accept(self.item.postage_fen)
        else:
            self.refuse(SENTENCES("key_unused"))

    def typed(self, character: str) -> None:
        """Answer by a digit; a scanner's digits answer nothing."""
        if self.step is Step.KIND and character in {*_KINDS, "0"}:
            self.defer(lambda: self._kind(character))
        elif self.step is Step.INSPECTION and character in "01":
            self.defer(lambda: self._inspection(character))
        else:
            super().typed(character)

    def escaped(self) -> None:
        """Begin anew; from the beginning, leave."""
        if self.step is Step.WAYBILL:
            super().escaped()
        else:
            self._start("")

    def takes_card(self) -> bool:
        """Read an identity card while the sender's name and number are asked for."""
        return self.step in {Step.NAME, Step.NUMBER} and self.item.identity is IdentityShown.RESIDENT_ID

    def card_read(self, card: IdCard) -> None:
        """Take name and number from the card; a name that was typed before must be the card's (domain rule 4.5)."""
        typed = self.item.name
        if typed and typed != card.name:
            # The card still lies there: it is read again only when the operator asks for it.
            self.item, self.step = replace(self.item, name=""), Step.NAME
            self.refuse(ID_CARD("other_name", card=mask_name(card.name), typed=mask_name(typed)))
            return
        self.item = replace(self.item, name=card.name, document_no=card.resident_id.number, document_name=card.name)
        self._go(Step.INSPECTION, ID_CARD("read", name=mask_name(card.name), tail=self.item.document_no[-4:]))

    def _start(self, sentence: str, said: str = "") -> None:
        self.item = Item(said=said)
        self._go(Step.WAYBILL, sentence)

    def _go(self, step: Step, sentence: str = "") -> None:
        self.step = step
        self.entry.put("")
        self.note(sentence)
        self.mind_card()

    def _waybill(self, text: str) -> None:
        try:
            waybill = read_waybill(text)
        except WaybillRefusedError:
            self.entry.put("")
            self.refuse(TEXT("not_waybill"))
            return
        self.item = Item(waybill, likely_carrier(waybill) or _DEFAULT_CARRIER)
        self._go(Step.KIND)

    def _kind(self, digit: str) -> None:
        if digit == "0":
            self._start("")
            self.refuse(TEXT("stopped"))
            return
        self.item = replace(self.item, identity=_KINDS[digit])
        self._go(Step.NAME)

    def _name_typed(self, typed: str) -> None:
        if any(character.isdecimal() for character in typed):
            self.refuse_typed(TEXT("name_digits"))
        elif typed:
            self.item = replace(self.item, name=typed)
            self._go(Step.NUMBER)
        else:
            self.refuse(TEXT("name_empty"))

    def _number(self, typed: str) -> None:
        problem = number_problem(self.item.identity, typed, self.desk.state().business_date)
        if problem:
            self.entry.put("")
            self.refuse(problem)
        else:
            self.item = replace(self.item, document_no=typed.upper())
            self._go(Step.INSPECTION)

    def _inspection(self, digit: str) -> None:
        if digit == "1":
            self.item = replace(self.item, inspected=True)
            self._go(Step.POSTAGE)
        else:
            self._start("")
            self.refuse(TEXT("stopped"))

    def _amount(self, typed: str) -> None:
        amount_fen = amount_typed(typed)
        if amount_fen is None:
            self.refuse(SENTENCES("amount_wrong"))
            return
        if self.step is Step.TENDER:
            self._accept(amount_fen)
        elif amount_fen:
            self.item = replace(self.item, postage_fen=amount_fen)
            self._go(Step.TENDER)

    def _accept(self, tendered_fen: int) -> None:
        item = self.item
        self.submit(
            AcceptParcel(
                operator_no=self.desk.operator_no,
                waybill=item.waybill,
                carrier=item.carrier,
                sender_name=item.name,
                identity=item.identity,
                document_no=item.document_no,
                document_name=item.document_name,
                inspected=item.inspected,
                postage_fen=item.postage_fen,
                tendered_fen=tendered_fen,
            )
        )

    def done(self, order: Command, accepted: Accepted) -> None:  # noqa: ARG002  # the record says it all
        """Say what was taken; the receipt is printing, the number is forgotten."""
        ring_done(self)
        fact = accepted.facts[0]
        if isinstance(fact, ParcelAccepted):
            figures = {
                "postage": format_yuan(fact.postage_fen),
                "change": format_yuan(fact.tendered_fen - fact.postage_fen),
            }
            said = TEXT("say_done", change=figures["change"])
            self._start(TEXT("done", waybill=fact.waybill, **figures), said)
