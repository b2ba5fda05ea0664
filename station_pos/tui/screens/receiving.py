"""收件入库: each scan puts an item on its shelf and on record, its label is printed; both sides sign for the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_journal.facts.parcels import (
    CaseCause,
    DamageLeg,
    GivenBack,
    ParcelCondition,
    ParcelScannedIn,
    Place,
)
from station_journal.masking import mask_name, phone_key
from station_journal.money import format_yuan
from station_journal.waybill import WaybillRefusedError, likely_carrier, read_waybill, waybill_tail
from station_pos.commands.parcel_orders import OpenParcelCase, ReshelveParcel, ScanInParcel, SignBatch
from station_pos.tui.command_line import EntryMode
from station_pos.tui.messages import ItemAsked
from station_pos.tui.presenters.receiving import TEXT, Receipt, Step, receiving_view
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.widgets.bells import ring_done, ring_wrong_item
from station_pos.tui.widgets.work_screen import WorkScreen

if TYPE_CHECKING:
    from station_journal.parcel import Parcel
    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Accepted
    from station_pos.services.parcels import ManifestRow
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

_PINS = frozenset({Step.COURIER_PIN, Step.OWN_PIN})
_NUMBERS = frozenset({Step.PHONE, Step.COURIER})
_FATES = {"2": GivenBack.NOT_ANNOUNCED, "3": GivenBack.WRONG_STATION}
_PHONE_TAIL = 4
_BESIDE = {1: "returns", 2: "reminders", 3: "losses", 4: "acceptance", 5: "uplift"}


class ReceivingScreen(WorkScreen, inherit_bindings=False):
    """One batch of one courier, from the first scan to both signatures; an unsigned one goes on where it was."""

    TOPIC: ClassVar[str] = "receiving"

    def __init__(self, desk: Desk) -> None:
        """Take up the batch that was not signed, or begin one."""
        super().__init__(desk)
        self._parcels = desk.counter.parcels
        self._begin(self._parcels.open_batch())
        if self.job.scanned:
            self.sentence = TEXT("reopened", count=len(self.job.scanned))

    def _begin(self, batch_no: int) -> None:
        """Read a batch, then show it: with the manifest it was begun with, the only one, or the one that is picked."""
        manifests = self._parcels.manifests()
        scanned = self._scanned(batch_no)
        of_batch = {one.manifest_no for one in scanned if one.manifest_no}
        fits = [one for one in manifests if one.manifest_no in of_batch] or list(manifests)
        manifest = fits[0] if len(fits) == 1 else None
        expected = self._expected(manifest)
        self.job = Receipt(batch_no=batch_no, manifest=manifest, scanned=scanned, expected=expected)
        self.step = Step.MANIFEST if len(fits) > 1 else Step.SCAN
        self._manifests = manifests

    def _count(self) -> None:
        """Read again what is expected and what was scanned; of the newest no neighbour is known."""
        self.job.expected = self._expected(self.job.manifest)
        self.job.scanned, self.job.near = self._scanned(self.job.batch_no), ""

    def _expected(self, manifest: ManifestRow | None) -> tuple[Parcel, ...]:
        return self._parcels.expected(manifest.manifest_no) if manifest else ()

    def _scanned(self, batch_no: int) -> tuple[Parcel, ...]:
        """Give what was scanned, the newest last."""
        return tuple(sorted(self._parcels.batch(batch_no), key=lambda one: one.custody_seq))

    def picture(self) -> object:
        """Every step asks something else."""
        return self.step

    def view(self) -> View:
        """Show the batch at its step."""
        return receiving_view(self.desk, self.job, self.step, self._manifests)

    def entry_mode(self) -> EntryMode:
        """Take what the step asks for."""
        if self.step in _PINS:
            return EntryMode.HIDDEN
        if self.step is Step.SCAN:
            return EntryMode.TEXT
        return EntryMode.NUMBER if self.step in _NUMBERS else EntryMode.NOTHING

    def entered(self, text: str) -> None:
        """Go one step on with what was typed."""
        typed = text.strip()
        if self.step is Step.SCAN and typed:
            self.scanned(typed)
        elif self.step is Step.PHONE:
            self._phone_typed(typed)
        elif self.step is Step.SUMMARY:
            self._sign()
        elif self.step is Step.COURIER:
            self._courier_typed(typed)
        elif self.step is Step.COURIER_PIN and typed:
            self.sign(lambda: self._parcels.courier_signs(self.job.courier_no, typed))
        elif self.step is Step.OWN_PIN and typed:
            number = self.desk.operator_no
            self.sign(lambda: self.desk.counter.sign_in(number, typed) is not None)

    def scanned(self, text: str) -> None:
        """Take an item in; one that nobody announced waits for a decision."""
        self.entry.put("")
        if self.step is not Step.SCAN:
            self._wrong(SENTENCES("key_unused"))
            return
        try:
            waybill = read_waybill(text)
        except WaybillRefusedError:
            self._wrong(TEXT("not_waybill"))
            return
        known = self._parcels.parcel(waybill)
        if known is not None and known.where is Place.SHELF:
            self.job.again += 1
            self._wrong(TEXT("scanned_twice", tail=waybill_tail(waybill), code=known.code))
        elif known is not None and known.where is Place.CUSTOMER:
            self.job.pending = waybill
            ring_wrong_item(self)
            self._go(Step.BACK)
        elif known is not None and known.where not in {Place.EXPECTED, Place.MISSING}:
            self._wrong(TEXT("elsewhere", tail=waybill_tail(waybill)))
        elif known is None and self.job.manifest is not None:
            self.job.pending = waybill
            ring_wrong_item(self)
            self._go(Step.EXTRA)
        else:
            self._announced(waybill)

    def _announced(self, waybill: str) -> None:
        known = self._parcels.parcel(waybill)
        name, phone = self._parcels.contact(known) if known is not None else ("", "")
        if name or phone:
            self._scan_in(waybill, mask_name(name), phone_key(phone))
        else:
            self.job.pending = waybill
            self._go(Step.PHONE)

    def _wrong(self, sentence: str) -> None:
        ring_wrong_item(self)
        self.note(sentence)

    def _scan_in(self, waybill: str, recipient: str, phone: str) -> None:
        code = self._parcels.place_for(phone, recipient)
        if not code:
            self.refuse(TEXT("all_full"))
            return
        damaged = self.job.damaged_next
        self.carry_on(
            ScanInParcel(
                operator_no=self.desk.operator_no,
                batch_no=self.job.batch_no,
                waybill=waybill,
                code=code,
                carrier=likely_carrier(waybill),
                recipient=recipient,
                phone=phone,
                condition=ParcelCondition.DAMAGED_BEFORE if damaged else ParcelCondition.WHOLE,
            )
        )

    def _phone_typed(self, tail: str) -> None:
        if not tail:
            self.refuse(TEXT("phone_missing"))
        elif len(tail) != _PHONE_TAIL:
            self.refuse_typed(TEXT("phone_form"))
        else:
            self._shelve_pending(tail)

    def _shelve_pending(self, tail: str) -> None:
        if self.may_commit():
            self._scan_in(self.job.pending, "", tail)
            self.job.pending = ""
            self._go(Step.SCAN, self.sentence)

    def typed(self, character: str) -> None:
        """Choose what becomes of an unannounced item, or the manifest; a scanner's digits choose nothing."""
        if self.step is Step.EXTRA and character in "123":
            self.defer(lambda: self._decide(character))
        elif self.step is Step.BACK and character == "1":
            self.defer(self._take_back)
        elif self.step is Step.MANIFEST and character.isdecimal():
            self.defer(lambda: self.picked_line(int(character)))
        else:
            super().typed(character)

    def _decide(self, digit: str) -> None:
        waybill = self.job.pending
        if digit == "1":
            self._go(Step.PHONE)
        else:
            self.job.pending = ""
            self.job.given_back[waybill] = _FATES[digit]
            self._go(Step.SCAN)

    def _take_back(self) -> None:
        """Take an item back that was handed off by mistake: a dispute on record first, then its shelf."""
        contested = OpenParcelCase(self.desk.operator_no, self.job.pending, CaseCause.CONTESTED, DamageLeg.NOT_DAMAGE)
        self.submit(contested)

    def _shelve_again(self, waybill: str) -> None:
        known = self._parcels.parcel(waybill)
        code = self._parcels.place_for(known.phone, known.recipient) if known is not None else ""
        if code:
            self.carry_on(ReshelveParcel(self.desk.operator_no, waybill, code))
        else:
            self.refuse(TEXT("all_full"))

    def picked_line(self, line: int) -> None:
        """Choose a manifest, or go to what is done beside receiving."""
        if self.step is Step.MANIFEST and 1 <= line <= len(self._manifests):
            self.job.manifest = self._manifests[line - 1]
            self._count()
            self._go(Step.SCAN)
        elif self.step is Step.SCAN and line in _BESIDE:
            self.post_message(ItemAsked(_BESIDE[line], 0))
        else:
            super().picked_line(line)

    def plus(self) -> None:
        """Close the batch: show what differs, and ask for the signatures; shelve an item that has no phone number."""
        if self.step is Step.PHONE:
            typed = self.entry.text.strip()
            if typed:
                self._phone_typed(typed)
            else:
                self._shelve_pending("")
            return
        if self.step is not Step.SCAN:
            self.refuse(SENTENCES("key_unused"))
            return
        self._count()
        if self.job.scanned or self.job.differs:
            self._go(Step.SUMMARY)
        else:
            self.refuse(TEXT("nothing"))

    def minus(self) -> None:
        """Let the next scan count as damaged before it came here."""
        if self.step is Step.SCAN:
            self.job.damaged_next = not self.job.damaged_next
            self.repaint()
        else:
            self.refuse(SENTENCES("key_unused"))

    def escaped(self) -> None:
        """Go back to scanning; what was scanned stays on record, the batch stays open."""
        if self.step in {Step.SCAN, Step.MANIFEST}:
            super().escaped()
        else:
            self.job.pending = ""
            self._go(Step.SCAN)

    def _go(self, step: Step, sentence: str = "") -> None:
        self.step = step
        self.entry.put("")
        self.note(sentence)

    def _sign(self) -> None:
        manifest = self.job.manifest
        if manifest is not None:
            self.job.courier_no, self.job.courier_name = manifest.courier_no, manifest.courier_name
        if not self.job.courier_no:
            self._go(Step.COURIER)
        elif self.job.differs:
            self._go(Step.COURIER_PIN)
        else:
            self.submit(self._batch(signed=False))

    def _courier_typed(self, typed: str) -> None:
        known = [one for one in self._parcels.couriers() if str(one.courier_no) == typed]
        if not known:
            self.refuse_typed(TEXT("no_such_courier" if self._parcels.couriers() else "no_courier"))
            return
        self.job.courier_no, self.job.courier_name = known[0].courier_no, known[0].name
        if not self.job.differs:
            self.submit(self._batch(signed=False))
        elif known[0].has_pin:
            self._go(Step.COURIER_PIN)
        else:
            self.refuse(TEXT("no_pin"))

    def signed(self) -> None:
        """Go on to the second signature; after it the batch is received."""
        if self.step is Step.COURIER_PIN:
            self._go(Step.OWN_PIN)
        else:
            self.carry_on(self._batch(signed=True))

    def _batch(self, *, signed: bool) -> SignBatch:
        job = self.job
        return SignBatch(
            operator_no=self.desk.operator_no,
            batch_no=job.batch_no,
            manifest_no=job.manifest.manifest_no if job.manifest else "",
            courier_no=job.courier_no,
            courier_name=job.courier_name,
            courier_signed=signed,
            missing=tuple(one.waybill for one in job.expected),
            given_back=tuple(job.given_back.items()),
        )

    def done(self, order: Command, accepted: Accepted) -> None:
        """Show the item that was shelved; a signed batch makes room for the next one."""
        if isinstance(order, OpenParcelCase):
            self._shelve_again(order.waybill)
            return
        if isinstance(order, ReshelveParcel):
            ring_done(self)
            self.job.pending = ""
            self._count()
            self._go(Step.SCAN, self._again_words(order))
            return
        ring_done(self)
        fact = accepted.facts[0]
        if isinstance(fact, ParcelScannedIn):
            self._shelved(fact)
            return
        if isinstance(order, SignBatch):
            count = len(self._scanned(order.batch_no))
            self._begin(0)
            self.note(TEXT("received", count=count))

    def _again_words(self, order: ReshelveParcel) -> str:
        known, tail = self._parcels.parcel(order.waybill), waybill_tail(order.waybill)
        if known is None or not known.paid_fen:
            return TEXT("shelved_again", tail=tail, code=order.code)
        return TEXT("paid_again", tail=tail, code=order.code, yuan=format_yuan(known.paid_fen))

    def _shelved(self, fact: ParcelScannedIn) -> None:
        job = self.job
        job.batch_no, job.damaged_next = fact.batch_no, False
        known = self._parcels.parcel(fact.waybill)
        if known is not None:
            found = self._parcels.find(fact.code) if fact.phone else None
            others = [one for one in found.parcels if one.waybill != fact.waybill] if found else []
            job.near = others[0].code if others else ""
            job.scanned = (*job.scanned, known)
            job.expected = tuple(one for one in job.expected if one.waybill != fact.waybill)
        self._go(Step.SCAN)

    def not_done(self, order: Command) -> None:
        """Stay where the order came from; nothing was recorded."""
        if isinstance(order, SignBatch):
            self._count()
            self.step = Step.SUMMARY
