"""日终: count by note without seeing the books' figure, look at the difference, agree or not, sign with the PIN."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

from station_journal.facts.cash import CloseVerdict, DayClosed
from station_journal.rules.case import DisputeCase
from station_pos.commands.cash_orders import CloseDay, CountDay, IssueTrial
from station_pos.commands.outcome import Accepted
from station_pos.tui.command_line import EntryMode
from station_pos.tui.messages import HomeAsked, ItemAsked
from station_pos.tui.presenters.cash_form import CashForm
from station_pos.tui.presenters.day_close import (
    CAUSES_SHOWN,
    TEXT,
    closed_view,
    count_view,
    evidence_view,
    sign_view,
    verdict_view,
)
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.widgets.bells import ring_done
from station_pos.tui.widgets.order_screen import OrderScreen

if TYPE_CHECKING:
    from station_pos.commands.outcome import Outcome
    from station_pos.counter import JournalRow, OperatorRow
    from station_pos.services.day_close import Review
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

_JOBS = {1: "cash_move", 2: "pouches", 4: "float", 5: "closes"}
"""What ``*n`` opens while counting; 3 prints an X report."""
_X_REPORT, _CLOSES = 3, 5
_CLOSES_SHOWN = 8


class Step(IntEnum):
    """Where the close is."""

    COUNT = 1
    VERDICT = 2
    EVIDENCE = 3
    SIGN = 4
    CLOSED = 5


class DayCloseScreen(OrderScreen, inherit_bindings=False):
    """Nothing is closed before the PIN; leaving at any step changes no figure, and a count that was made stays."""

    TOPIC: ClassVar[str] = "day_close"

    def __init__(self, desk: Desk) -> None:
        """Start with an empty count."""
        super().__init__(desk)
        self._start = desk.counter.day_close.start()
        self._form = CashForm()
        self._step = Step.COUNT
        self._review: Review | None = None
        self._verdict = CloseVerdict.AGREED
        self._chosen = 0
        self._evidence: tuple[tuple[JournalRow, ...], str] = (), ""
        self._z_no = 0
        self._case_no = 0

    def picture(self) -> object:
        """Every step asks something else."""
        return self._step, self._form.complete

    def is_blind(self) -> bool:
        """Hide what the drawer should hold until the count is on record."""
        return self._step is Step.COUNT

    def view(self) -> View:
        """Show the step."""
        review = self._review
        if self._step is Step.COUNT or review is None:
            return count_view(self._start, self._form)
        if self._step is Step.EVIDENCE:
            rows, paper = self._evidence
            return evidence_view(review.causes[self._chosen], review, rows, paper)
        if self._step is Step.CLOSED:
            return closed_view(self._start, review, self._z_no, self._case_no)
        desk = self.desk.counter.day_close
        figures, closes = desk.figures(), desk.closes(_CLOSES_SHOWN)
        if self._step is Step.VERDICT:
            return verdict_view(self._start, review, figures, closes)
        disputed = self._verdict is CloseVerdict.DISPUTED
        said = "disputed" if disputed else "agreed" if review.difference_fen else "agrees"
        name = self.desk.operator.name if self.desk.operator else ""
        return sign_view(self._start, review, said, name, (figures, closes))

    def entry_mode(self) -> EntryMode:
        """Take figures while counting, the PIN hidden, else only commands."""
        if self._step is Step.COUNT and not self._form.complete:
            return EntryMode.AMOUNT if self._form.asks_coins else EntryMode.NUMBER
        return EntryMode.HIDDEN if self._step is Step.SIGN else EntryMode.NOTHING

    def entered(self, text: str) -> None:
        """Fill a field, hand the count in, try the PIN, or go on."""
        if self._step is Step.COUNT:
            self._count(text)
        elif self._step is Step.EVIDENCE:
            self._go(Step.VERDICT)
        elif self._step is Step.CLOSED:
            self.post_message(HomeAsked())
        elif self._step is Step.SIGN and text:
            self.try_pin(text)

    def _count(self, text: str) -> None:
        if self._form.complete:
            form = self._form
            self.submit(CountDay(self.desk.operator_no, self._start.count_no, form.notes, form.coins_fen))
            return
        try:
            self._form = self._form.filled(text)
        except ValueError as error:
            self.refuse(str(error))
        else:
            self.entry.put("")
            self.note("")

    def plus(self) -> None:
        """Agree to the difference."""
        self._choose("a")

    def minus(self) -> None:
        """Go back one field while counting; else disagree."""
        if self._step is Step.COUNT:
            self._form = self._form.back()
            self.note("")
        else:
            self._choose("b")

    def typed(self, character: str) -> None:
        """Take A, B, C or the number of a cause; a scanner's characters are none."""
        named = character.lower()
        if self._step is Step.VERDICT and (named in "abc0" or named in "123"):
            self.defer(lambda: self._choose(named))
        else:
            super().typed(character)

    def picked_line(self, line: int) -> None:
        """Open another job of the drawer while counting, or the evidence of a cause."""
        if self._step is Step.VERDICT:
            self._choose(str(line))
        elif line in _JOBS and (self._step is Step.COUNT or (self._step is Step.CLOSED and line == _CLOSES)):
            self.post_message(ItemAsked(_JOBS[line], 0))
        elif self._step is Step.COUNT and line == _X_REPORT:
            self.submit(IssueTrial(self.desk.operator_no))
        else:
            super().picked_line(line)

    def _choose(self, named: str) -> None:
        if self._step is not Step.VERDICT or self._review is None:
            self.refuse(SENTENCES("key_unused"))
        elif named in {"a", "b"}:
            self._verdict = CloseVerdict.AGREED if named == "a" else CloseVerdict.DISPUTED
            self._go(Step.SIGN)
        elif named in {"c", "0"}:
            self._again()
        elif 1 <= int(named) <= min(CAUSES_SHOWN, len(self._review.causes)):
            self._look_at(int(named) - 1)
        else:
            super().picked_line(int(named))

    def _again(self) -> None:
        self._start = self.desk.counter.day_close.start()
        self._form, self._review = CashForm(), None
        self._go(Step.COUNT)

    def _look_at(self, place: int) -> None:
        assert self._review is not None  # noqa: S101  only the verdict step looks
        cause, desk = self._review.causes[place], self.desk.counter.day_close
        line = next((self._review.lines[seq] for seq in cause.seqs if seq in self._review.lines), None)
        rows = desk.evidence(line.seq) if line else ()
        paper = self.desk.counter.receipt_text(line.payment_seq) if line and line.payment_seq else ""
        self._chosen, self._evidence = place, (rows, paper)
        self._go(Step.EVIDENCE)

    def escaped(self) -> None:
        """Go one step back, or leave; nothing is closed and a count that was made stays."""
        differs = self._review is not None and self._review.difference_fen
        if self._step is Step.EVIDENCE or (self._step is Step.SIGN and differs):
            self._go(Step.VERDICT)
        else:
            super().escaped()

    def _go(self, step: Step) -> None:
        self._step = step
        self.entry.put("")
        self.note("")

    def pin_tried(self, operator: OperatorRow | None) -> None:
        """Close, if the PIN was right."""
        if operator is not None and self._review is not None:
            self.carry_on(CloseDay(self.desk.operator_no, self._review.count_seq, self._verdict))

    def decided(self, outcome: Outcome) -> None:
        """Show what the register made of it."""
        if not isinstance(outcome, Accepted):
            # What this count was to close was closed or counted again elsewhere: only a new count leads on.
            self._start = self.desk.counter.day_close.start()
            self.refuse(refused(outcome))
        elif isinstance(outcome.facts[0], DayClosed):
            self._z_no = outcome.facts[0].z_no
            self._case_no = next((one.case_no for one in outcome.subjects if isinstance(one, DisputeCase)), 0)
            ring_done(self)
            self._go(Step.CLOSED)
        elif self._step is Step.COUNT and self._form.complete:
            self._review = self.desk.counter.day_close.review(outcome.seq)
            agrees = self._review is not None and not self._review.difference_fen
            self._verdict = CloseVerdict.AGREED
            self._go(Step.SIGN if agrees else Step.VERDICT)
        else:
            self.note(TEXT("x_printed"))
