"""退件 and 交寄: every item scanned to the courier, both sides sign by PIN, the slip has two copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from station_journal.facts.parcels import ReturnedParcel
from station_journal.waybill import waybill_tail
from station_pos.commands.parcel_handoff import scan_is_of
from station_pos.commands.parcel_orders import ReturnParcels, SignUplift
from station_pos.tui.command_line import EntryMode
from station_pos.tui.presenters.parcel_lists import TEXT, Run, RunStep, reason_of, run_view
from station_pos.tui.presenters.receiving import TEXT as RECEIVING
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.widgets.bells import ring_done, ring_wrong_item
from station_pos.tui.widgets.work_screen import WorkScreen

if TYPE_CHECKING:
    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Accepted
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

_PINS = frozenset({RunStep.COURIER_PIN, RunStep.OWN_PIN})


class ParcelRunScreen(WorkScreen, inherit_bindings=False):
    """A return run, or the uplift of accepted items."""

    TOPIC: ClassVar[str] = "parcel_run"

    def __init__(self, desk: Desk, kind: str) -> None:
        """List what is due; ``kind`` is ``returns`` or ``uplift``."""
        super().__init__(desk)
        self._parcels = desk.counter.parcels
        due = self._parcels.returns_due() if kind == "returns" else self._parcels.outbound()
        self.run_ = Run(kind, due)
        self.step = RunStep.SCAN

    def picture(self) -> object:
        """Every step asks something else."""
        return self.step

    def view(self) -> View:
        """Show the run at its step."""
        return run_view(self.desk, self.run_, self.step)

    def entry_mode(self) -> EntryMode:
        """Take a waybill or label code, then numbers, PINs hidden."""
        if self.step in _PINS:
            return EntryMode.HIDDEN
        return EntryMode.NUMBER if self.step is RunStep.COURIER else EntryMode.TEXT

    def entered(self, text: str) -> None:
        """Go one step on with what was typed."""
        typed = text.strip()
        if not typed:
            return
        if self.step is RunStep.SCAN:
            self.scanned(typed)
        elif self.step is RunStep.COURIER:
            self._courier_typed(typed)
        elif self.step is RunStep.COURIER_PIN:
            self.sign(lambda: self._parcels.courier_signs(self.run_.courier_no, typed))
        else:
            number = self.desk.operator_no
            self.sign(lambda: self.desk.counter.sign_in(number, typed) is not None)

    def scanned(self, text: str) -> None:
        """Tick an item off; what is not due stays."""
        self.entry.put("")
        if self.step is not RunStep.SCAN:
            self.note(SENTENCES("key_unused"))
            return
        found = next((one for one in self.run_.due if scan_is_of(one, text)), None)
        if found is None:
            ring_wrong_item(self)
            tail = waybill_tail(text) or text[:12]
            listed = any(one.waybill.endswith(text.strip()) for one in self.run_.due)
            self.note(TEXT("whole") if listed else TEXT("not_due", tail=tail))
        elif found.waybill in self.run_.scanned:
            self.note(TEXT("twice", tail=waybill_tail(found.waybill)))
        else:
            self.run_.scanned[found.waybill] = found
            ring_done(self)
            self.note(TEXT("scanned_now", tail=waybill_tail(found.waybill)))

    def plus(self) -> None:
        """Begin to sign."""
        if self.step is not RunStep.SCAN:
            self.refuse(SENTENCES("key_unused"))
        elif self.run_.scanned:
            self._go(RunStep.COURIER)
        else:
            self.refuse(TEXT("nothing"))

    def escaped(self) -> None:
        """Go back; nothing was given yet."""
        if self.step is RunStep.SCAN:
            super().escaped()
        else:
            self._go(RunStep.SCAN)

    def _go(self, step: RunStep) -> None:
        self.step = step
        self.entry.put("")
        self.note("")

    def _courier_typed(self, typed: str) -> None:
        known = [one for one in self._parcels.couriers() if str(one.courier_no) == typed]
        if not known:
            self.refuse_typed(RECEIVING("no_such_courier" if self._parcels.couriers() else "no_courier"))
        elif not known[0].has_pin:
            self.refuse(RECEIVING("no_pin"))
        else:
            self.run_.courier_no, self.run_.courier_name = known[0].courier_no, known[0].name
            self._go(RunStep.COURIER_PIN)

    def signed(self) -> None:
        """Go on to the second signature, then give the items."""
        if self.step is RunStep.COURIER_PIN:
            self._go(RunStep.OWN_PIN)
            return
        run, by = self.run_, self.desk.operator_no
        if run.kind == "uplift":
            waybills = tuple(run.scanned)
            self.carry_on(SignUplift(by, run.courier_no, run.courier_name, courier_signed=True, waybills=waybills))
            return
        parcels = tuple(ReturnedParcel(one.waybill, reason_of(one)) for one in run.scanned.values())
        self.carry_on(ReturnParcels(by, run.courier_no, run.courier_name, courier_signed=True, parcels=parcels))

    def done(self, order: Command, accepted: Accepted) -> None:  # noqa: ARG002  # nothing of them is shown
        """Say how many went, and leave room for the next run."""
        ring_done(self)
        count = len(self.run_.scanned)
        due = self._parcels.returns_due() if self.run_.kind == "returns" else self._parcels.outbound()
        self.run_ = Run(self.run_.kind, due)
        self._go(RunStep.SCAN)
        self.note(TEXT("run_done", count=count))

    def not_done(self, order: Command) -> None:  # noqa: ARG002  # whatever was refused, scanning goes on
        """Stay with what was scanned."""
        self.step = RunStep.SCAN
