"""取件: find by code or tail, check every item by scan, collect cash on delivery, hand off. One record a customer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from station_journal.facts.parcels import (
    CaseCause,
    ConsentScope,
    ConsentSource,
    DamageLeg,
    Found,
    HandedParcel,
    IdentityShown,
    ParcelsHandedOff,
)
from station_journal.masking import mask_name
from station_pos.commands.parcel_handoff import TAIL_LENGTH, scan_is_of
from station_pos.commands.parcel_orders import (
    Agent,
    GiveConsent,
    HandOffParcels,
    NoteFailedTry,
    OpenParcelCase,
    RefuseParcel,
    ReshelveParcel,
    ReturnCod,
    RevokeConsent,
)
from station_pos.tui.command_line import EntryMode
from station_pos.tui.presenters.bill import NOTE_FEN
from station_pos.tui.presenters.id_card import TEXT as ID_CARD
from station_pos.tui.presenters.id_card import number_problem
from station_pos.tui.presenters.payments import amount_typed
from station_pos.tui.presenters.pickup import TEXT, Job, Step, done_words, handed_words, parting_words, pickup_view
from station_pos.tui.presenters.receiving import TEXT as RECEIVING
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.widgets.bells import ring_done, ring_wrong_item
from station_pos.tui.widgets.id_card_screen import IdCardScreen
from station_pos.tui.widgets.work_screen import WorkScreen

if TYPE_CHECKING:
    from station_journal.resident_id import IdCard
    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Accepted
    from station_pos.services.parcels import FoundParcels
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

_NUMBERS = frozenset({Step.PHONE, Step.AGENT_PHONE})
_TEXTS = frozenset({Step.ASK, Step.CHECK, Step.AGENT_NAME})
_RELATIONS = "1234"
_LINE_DIGITS = 2  # no code is as short
_DOCUMENTS = {
    "1": IdentityShown.RESIDENT_ID,
    "2": IdentityShown.RESIDENCE_PERMIT,
    "3": IdentityShown.PASSPORT,
    "4": IdentityShown.OFFICER_ID,
}
_CASES = {"3": CaseCause.DAMAGED, "4": CaseCause.NOT_FOUND}
_CONSENTS = {"6": ConsentScope.ITEM, "7": ConsentScope.STANDING}


class PickupScreen(IdCardScreen, WorkScreen, inherit_bindings=False):
    """One customer after another; ``asked`` is what was typed or scanned at home."""

    TOPIC: ClassVar[str] = "pickup"

    def __init__(self, desk: Desk, asked: str = "") -> None:
        """Start with the question, or with what was asked already."""
        super().__init__(desk)
        self.job = Job()
        self.step = Step.ASK
        self._asked = asked

    def on_mount(self) -> None:
        """Look up what was asked at home."""
        if self._asked:
            self.entry.put(self._asked)  # where it cannot be looked up now, Enter tries again
            self.kept_up(lambda: self._look_up(self._asked))
        self.repaint()

    def picture(self) -> object:
        """Every step asks something else."""
        return self.step

    def view(self) -> View:
        """Show the job at its step."""
        return pickup_view(self.desk, self.job, self.step)

    def entry_mode(self) -> EntryMode:
        """Take what the step asks for; a document's number is typed hidden from bystanders."""
        if self.step is Step.IDENTITY_NO:
            return EntryMode.HIDDEN
        if self.step in _TEXTS:
            return EntryMode.TEXT
        if self.step is Step.TENDER:
            return EntryMode.AMOUNT
        return EntryMode.NUMBER if self.step in _NUMBERS else EntryMode.NOTHING

    def entered(self, text: str) -> None:
        """Go one step on with what was typed."""
        typed = text.strip()
        if self.step is Step.ASK:
            if typed:
                self._look_up(typed)
        elif self.step is Step.PHONE:
            self._phone_typed(typed)
        elif self.step is Step.CHECK:
            self._code_typed(typed)
        elif self.step is Step.TENDER:
            self._tender_typed(typed)
        else:
            self._detail_typed(typed)

    def scanned(self, text: str) -> None:
        """Check an item by its scan; before a customer is chosen a scan finds one."""
        if self.step is Step.ASK:
            self._look_up(text)
        elif self.step is Step.CHECK:
            self._match(text)
        else:
            self.note(TEXT("wrong_scan"))

    def plus(self) -> None:
        """Hand off what is checked; with cash to collect, exactly that sum."""
        if self.step is Step.TENDER:
            self._hand_off(self.job.cod_fen)
        elif self.step is Step.CHECK:
            self._go_on()
        else:
            self.refuse(SENTENCES("key_unused"))

    def minus(self) -> None:
        """Show what else can be done with the marked item."""
        if self.step is Step.CHECK and len(self.job.people) == 1:
            self._go(Step.MORE)
        else:
            self.refuse(SENTENCES("key_unused"))

    def picked_line(self, line: int) -> None:
        """Mark an item; where several customers fit, choose whose it is."""
        if self.step is not Step.CHECK or not 1 <= line <= len(self.job.parcels):
            super().picked_line(line)
            return
        if len(self.job.people) > 1:
            chosen = self.job.parcels[line - 1]
            who = chosen.phone, chosen.recipient
            mine = tuple(one for one in self.job.parcels if (one.phone, one.recipient) == who)
            self.job = Job(mine, self.job.found)
            self.note("")
        else:
            self.job.marked = line - 1
            self.repaint()

    def arrow(self, key: str) -> None:
        """Move the mark."""
        if self.step is Step.CHECK:
            self.job.move(key)
            self.repaint()

    def typed(self, character: str) -> None:
        """Choose by a digit; a scanner's digits are none."""
        chosen = {
            Step.MORE: self._more,
            Step.AGENT_RELATION: self._relation,
            Step.IDENTITY_KIND: self._document,
        }.get(self.step)
        if chosen is not None and character.isdecimal():
            self.defer(lambda: chosen(character))
        else:
            super().typed(character)

    def escaped(self) -> None:
        """Go one step back; nothing was handed off."""
        if self.step is Step.ASK:
            super().escaped()
        elif self.step is Step.CHECK:
            self._start("")
        else:
            self._go(Step.ASK if self.step is Step.PHONE else Step.CHECK)

    def _go(self, step: Step, sentence: str = "") -> None:
        self.step = step
        self.entry.put("")
        self.note(sentence)
        self.mind_card()

    def takes_card(self) -> bool:
        """Read an identity card while its number is asked for."""
        return self.step is Step.IDENTITY_NO and self.job.identity is IdentityShown.RESIDENT_ID

    def card_read(self, card: IdCard) -> None:
        """Keep the last four of the card's number; the hand-off itself takes the operator's key.

        A card that is not the recipient's is taken once an agent is noted.
        """
        job, name = self.job, mask_name(card.name)
        recipient = job.to_hand[0].recipient
        if job.agent is None and recipient and recipient != name:
            self._go(Step.CHECK)
            self.refuse(ID_CARD("not_recipient", card=name, recipient=recipient))
        else:
            job.identity_tail = card.resident_id.number[-TAIL_LENGTH:]
            self._go(Step.CHECK, ID_CARD("read", name=name, tail=job.identity_tail))

    def _start(self, sentence: str, said: str = "") -> None:
        self.job = Job(said=said)
        self._go(Step.ASK, sentence)

    def _look_up(self, text: str) -> None:
        found = self.desk.counter.parcels.find(text)
        self.entry.put("")
        if found is None:
            self.refuse(TEXT("not_code"))
        elif not found.people:
            self.refuse(TEXT("none"))
        elif not found.parcels:
            self.refuse(TEXT("too_many", tail=text.strip()[-TAIL_LENGTH:], people=found.people))
        else:
            self._found(found)

    def _found(self, found: FoundParcels) -> None:
        self.job = Job(found.parcels, found.found)
        self.job.asks_phone = found.found is Found.PICKUP_CODE and self.desk.counter.parcels.asks_phone
        self._go(Step.PHONE if self.job.asks_phone and found.parcels[0].phone else Step.CHECK)

    def _phone_typed(self, tail: str) -> None:
        first = self.job.parcels[0]
        if first.phone.endswith(tail) and len(tail) == TAIL_LENGTH:
            self.job.phone_tail = tail
            self._go(Step.CHECK)
        else:
            self.submit(NoteFailedTry(self.desk.operator_no, first.waybill))

    def _code_typed(self, typed: str) -> None:
        chosen = int(typed) if len(typed) <= _LINE_DIGITS and typed.isdecimal() else 0
        if len(self.job.people) > 1 and 1 <= chosen <= len(self.job.parcels):
            self.entry.put("")
            self.picked_line(chosen)
        elif typed:
            self.entry.put("")
            self._match(typed)
        else:
            self._go_on()

    def _match(self, text: str) -> None:
        """Match a scan with this customer's items; another's item goes back to its shelf."""
        mine = next((one for one in self.job.parcels if scan_is_of(one, text)), None)
        if mine is not None and len(self.job.people) > 1:
            self.picked_line(self.job.parcels.index(mine) + 1)
        if mine is not None:
            # What is asked for next by "-" is about the item in the hand, not about the first of the list.
            self.job.marked = self.job.parcels.index(mine)
        if mine is None:
            self._wrong(text)
        elif mine.waybill in self.job.checked:
            self.note(TEXT("checked_before", code=mine.code))
        else:
            self.job.checked[mine.waybill] = text.strip()[:64]
            self.note(TEXT("checked_now", code=mine.code))
            if len(self.job.checked) == len(self.job.parcels):
                self._go_on()

    def _wrong(self, text: str) -> None:
        found = self.desk.counter.parcels.find(text)
        others = found.parcels if found else ()
        ring_wrong_item(self)
        self.note(TEXT("wrong_item", code=others[0].code) if others else TEXT("wrong_scan"))

    def _go_on(self) -> None:
        """Ask for what is still missing of the checked items: a document, the cash; else hand them off."""
        job = self.job
        if not job.checked:
            self.refuse(TEXT("nothing_checked"))
        elif job.takes_document and not job.identity_tail:
            self._go(Step.IDENTITY_KIND)
        elif job.cod_fen:
            self._go(Step.TENDER)
        else:
            self._hand_off(0)

    def _tender_typed(self, typed: str) -> None:
        tendered_fen = amount_typed(typed)
        if tendered_fen is None:
            self.refuse(SENTENCES("amount_wrong"))
            return
        odd = tendered_fen - self.job.cod_fen >= NOTE_FEN
        if odd and tendered_fen != self.job.keyed_fen:
            self.job.keyed_fen = tendered_fen
            self.entry.put("")
            self.refuse(TEXT("tender_again"))
        else:
            self._hand_off(tendered_fen)

    def _hand_off(self, tendered_fen: int) -> None:
        job = self.job
        self.submit(
            HandOffParcels(
                operator_no=self.desk.operator_no,
                parcels=tuple(HandedParcel(one.waybill, job.checked[one.waybill]) for one in job.to_hand),
                found=job.found,
                tendered_fen=tendered_fen,
                identity=job.identity,
                identity_tail=job.identity_tail,
                agent=job.agent,
                phone_tail=job.phone_tail,
            )
        )

    def _detail_typed(self, typed: str) -> None:
        job = self.job
        if self.step is Step.AGENT_PHONE and len(typed) == TAIL_LENGTH:
            job.agent = Agent("", "", typed)
            self._go(Step.AGENT_RELATION)
        elif self.step is Step.AGENT_NAME and job.agent is not None:
            job.agent = replace(job.agent, name=typed)
            self._go(Step.CHECK)
        elif self.step is Step.IDENTITY_NO:
            self._number_typed(typed)
        else:
            self.refuse(SENTENCES("key_unused"))

    def _number_typed(self, typed: str) -> None:
        """Take the whole number and check it, or its last four characters alone; only those are kept."""
        today = self.desk.state().business_date
        problem = "" if len(typed) == TAIL_LENGTH else number_problem(self.job.identity, typed, today)
        if problem:
            self.entry.put("")
            self.refuse(problem)
        else:
            self.job.identity_tail = typed[-TAIL_LENGTH:].upper()
            self._go_on()

    def _relation(self, digit: str) -> None:
        if digit in _RELATIONS and self.job.agent is not None:
            self.job.agent = replace(self.job.agent, relation=TEXT(digit))
            self._go(Step.AGENT_NAME)

    def _document(self, digit: str) -> None:
        if digit in _DOCUMENTS:
            self.job.identity = _DOCUMENTS[digit]
            self._go(Step.IDENTITY_NO)

    def _more(self, digit: str) -> None:
        marked, by = self.job.parcels[self.job.marked], self.desk.operator_no
        if digit == "1":
            self._go(Step.AGENT_PHONE)
        elif digit == "2":
            self.submit(RefuseParcel(by, marked.waybill))
        elif digit in _CASES:
            self.submit(OpenParcelCase(by, marked.waybill, _CASES[digit], DamageLeg.AT_STATION))
        elif digit == "5":
            code = self.desk.counter.parcels.place_for(marked.phone, marked.recipient)
            if code:
                self.submit(ReshelveParcel(by, marked.waybill, code))
            else:
                self.refuse(RECEIVING("all_full"))
        elif digit in _CONSENTS:
            self.submit(GiveConsent(by, marked.waybill, _CONSENTS[digit], ConsentSource.AT_COUNTER))
        elif digit == "8":
            self.submit(ReturnCod(by, marked.waybill))
        elif digit == "9":
            self.submit(RevokeConsent(by, marked.waybill))

    def done(self, order: Command, accepted: Accepted) -> None:
        """Say what was done; a handed-off customer makes room for the next."""
        if isinstance(order, NoteFailedTry):
            self.entry.put("")
            self.refuse(TEXT("phone_wrong"))
            return
        ring_done(self)
        fact = accepted.facts[0]
        if isinstance(fact, ParcelsHandedOff):
            self._start(handed_words(fact), parting_words(fact))
            return
        words = done_words(order, fact, self.job.parcels[self.job.marked].code)
        self._refresh_job()
        if self.job.parcels:
            self._go(Step.CHECK, words)
        else:
            self._start(words)

    def _refresh_job(self) -> None:
        """Read the items again; what is on its shelf no more leaves the list."""
        parcels = self.desk.counter.parcels
        marked, kept = self.job.parcels[self.job.marked].waybill, []
        for one in self.job.parcels:
            now = parcels.parcel(one.waybill)
            if now is not None and now.where is one.where:
                kept.append(now)
        self.job.parcels = tuple(kept)
        self.job.marked = next((place for place, one in enumerate(kept) if one.waybill == marked), 0)
        on_hand = {one.waybill for one in kept}
        self.job.checked = {waybill: raw for waybill, raw in self.job.checked.items() if waybill in on_hand}
