"""What became of a withdrawal. Only on the green picture does Enter mean that the cash was handed out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from station_journal.money import format_yuan
from station_pos.commands.outcome import Accepted, Outcome
from station_pos.commands.withdrawal_orders import CloseRefuted, PayOut, RequestVoid
from station_pos.text import Catalogue
from station_pos.tui.command_line import EntryMode
from station_pos.tui.messages import HomeAsked, ScreenLeft
from station_pos.tui.presenters.faults import failed_words, read_fault
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.presenters.withdrawal_case import SLIP_AFTER_S, Verdict, case_view, verdict_of
from station_pos.tui.widgets.bells import bell_step, ring_done, ring_refused, ring_unknown
from station_pos.tui.widgets.frame import FrameScreen
from station_pos.tui.widgets.keyed_screen import SETTLE_S

if TYPE_CHECKING:
    from concurrent.futures import Future

    from station_journal.rules.withdrawal import Withdrawal
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

_TICK_S = 0.25
_EXCHANGED, _UNDO = 1, 2
_UNDER_WAY = frozenset({Verdict.WAITING, Verdict.UNDOING})
_BELLS = {
    Verdict.PAY: ring_done,
    Verdict.NOT_DONE: ring_refused,
    Verdict.DENIED: ring_refused,
    Verdict.UNKNOWN: ring_unknown,
}
TEXT = Catalogue(
    {
        "paid": ("取款 {sum} 已付清, 已记账", "Withdrawal {sum} paid and recorded"),
        "sure_undo": (
            "真的没付现金? 没付就再按一次 *2 撤销; 付了按 Enter",
            "Is the cash really not out? *2 again undoes it; if it is out, Enter",
        ),
        "cancel_asked": ("已请刷卡机取消; 是否取消以结果为准", "The terminal is asked to cancel; the result tells"),
        "asking": ("正在再问", "Asking again"),
    }
)


def asked_just_now(desk: Desk, withdrawal: Withdrawal) -> bool:
    """Tell whether a withdrawal is so new that its result is waited for, and rung for, rather than looked up."""
    age_s = abs((desk.now() - withdrawal.recorded_at).total_seconds())
    return not withdrawal.pending_seq and age_s < SLIP_AFTER_S


class WithdrawalCaseScreen(FrameScreen, inherit_bindings=False):
    """Follows one withdrawal from the recorded intent, or opens it again from a list.

    Once the terminal was asked no key changes what it does: Esc only leaves the screen.
    """

    TOPIC: ClassVar[str] = "payout"

    @dataclass
    class Submitted(Message):
        """The register decided."""

        outcome: Outcome
        paid: bool

    @dataclass
    class Failed(Message):
        """Something behind the counter failed; the sentence says what."""

        reason: str

    def __init__(self, desk: Desk, withdrawal: Withdrawal, *, fresh: bool) -> None:
        """Show a withdrawal; ``fresh`` if the terminal is being asked right now."""
        super().__init__(desk)
        self.withdrawal = withdrawal
        self._fresh = fresh
        self._verdict = verdict_of(withdrawal, fresh=fresh)
        self._exchanged = False
        self._undo_asked = False
        self._sending = False

    @property
    def withdrawal_seq(self) -> int:
        """Which withdrawal is shown."""
        return self.withdrawal.seq

    def about_seq(self) -> int:
        """The withdrawal that is shown needs no alert."""
        return self.withdrawal.seq

    def on_mount(self) -> None:
        """Start to follow, and ring for what is known already."""
        if self._fresh:
            self._announce()
        self.set_interval(_TICK_S, self._tick)
        self.repaint()

    def picture(self) -> object:
        """Every step asks something else."""
        return self._verdict

    def view(self) -> View:
        """Show the verdict."""
        return case_view(self.desk, self.withdrawal, self._verdict, exchanged=self._exchanged)

    def entry_mode(self) -> EntryMode:
        """Take no text here."""
        return EntryMode.NOTHING

    def may_leave_while_busy(self) -> bool:
        """Esc leaves a wait; it never cancels one."""
        return not self._sending

    def _announce(self) -> None:
        """Ring, and ignore keys that were pressed before anybody could have seen this."""
        self.busy = self._verdict in _UNDER_WAY
        self.settle_s = SETTLE_S
        self._undo_asked = False
        self.sentence = ""
        self.desk.withdrawals_rung[self.withdrawal.seq] = bell_step(self.withdrawal)
        ring = _BELLS.get(self._verdict)
        if ring is not None:
            ring(self)

    def _tick(self) -> None:
        try:
            self._look()
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, it looks again in a moment
            self.fault = read_fault(error)
            self.alert(self.fault)

    def _look(self) -> None:
        now = self.desk.counter.withdrawals.withdrawal(self.withdrawal.seq)
        self.fault = ""
        if now is not None and now != self.withdrawal:
            self.moved(now)
        elif self._verdict in _UNDER_WAY:
            self.repaint()

    def moved(self, withdrawal: Withdrawal) -> None:
        """Show where the withdrawal stands now."""
        self.withdrawal = withdrawal
        verdict = verdict_of(withdrawal, fresh=self._fresh)
        if verdict is not self._verdict:
            self._verdict = verdict
            self.desk.refresh()
            self._announce()
        self.repaint()

    def entered(self, text: str) -> None:
        """On the green picture the cash is out; on the others go home."""
        del text
        if self._verdict in {Verdict.PAY, Verdict.DENIED}:
            self._pay_out()
        elif not self.was_seen():
            return
        elif self._verdict in {Verdict.NOT_DONE, Verdict.PAID}:
            self.post_message(HomeAsked())
        elif self._verdict is Verdict.UNKNOWN:
            self.post_message(ScreenLeft())

    def _pay_out(self) -> None:
        if self.may_commit():
            order = PayOut(self.desk.operator_no, self.withdrawal.seq, self._exchanged)
            self._send(self.desk.counter.submit(order), paid=True)

    def plus(self) -> None:
        """Ask about an unknown result now."""
        if self._verdict is Verdict.UNKNOWN:
            self.desk.counter.withdrawals.ask_now()
            self.note(TEXT("asking"))
        else:
            super().plus()

    def typed(self, character: str) -> None:
        """Do nothing with keys that have no meaning here; a payout is no place for a wrong key's bell."""
        del character

    def _character(self, character: str) -> None:
        # While the terminal is asked every key is ignored but the one that asks it to end.
        if character == "-" and self._verdict is Verdict.WAITING:
            self.desk.counter.withdrawals.cancel()
            self.note(TEXT("cancel_asked"))
        else:
            super()._character(character)

    def picked_line(self, line: int) -> None:
        """Note an exchanged note; undo what was not paid, asked twice."""
        if self._verdict not in {Verdict.PAY, Verdict.DENIED}:
            super().picked_line(line)
        elif not self.was_seen():
            self.note(SENTENCES("key_early"))
        elif line == _EXCHANGED and self._verdict is Verdict.PAY:
            self._exchanged = not self._exchanged
            self.note("")
        elif line == _UNDO and not self._undo_asked:
            self._undo_asked = True
            self.note(TEXT("sure_undo"))
        elif line == _UNDO:
            self._undo()
        else:
            super().picked_line(line)

    def _undo(self) -> None:
        if not self.may_commit():
            return
        operator_no, seq = self.desk.operator_no, self.withdrawal.seq
        if self._verdict is Verdict.DENIED:
            self._send(self.desk.counter.submit(CloseRefuted(operator_no, seq)), paid=False)
        else:
            self._send(self.desk.counter.withdrawals.void(RequestVoid(operator_no, seq)), paid=False)

    def _send(self, future: Future[Outcome], *, paid: bool) -> None:
        self.busy = self._sending = True
        self._fresh = True
        self.sentence = ""
        self.run_worker(self._await_outcome(future, paid=paid), group="submit", exit_on_error=False)

    async def _await_outcome(self, future: Future[Outcome], *, paid: bool) -> None:
        try:
            outcome = await asyncio.wrap_future(future)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Submitted(outcome, paid))

    def on_withdrawal_case_screen_submitted(self, message: WithdrawalCaseScreen.Submitted) -> None:
        """Go home once the payout is on record; else show what the register made of it."""
        self.busy = self._sending = False
        self._undo_asked = False
        outcome = message.outcome
        if not isinstance(outcome, Accepted):
            self.refuse(refused(outcome))
            return
        self.desk.refresh()
        if message.paid:
            paid = TEXT("paid", sum=format_yuan(self.withdrawal.amount_fen))
            self.post_message(HomeAsked(said=paid))
        else:
            self._look()

    def on_withdrawal_case_screen_failed(self, message: WithdrawalCaseScreen.Failed) -> None:
        """Say what failed."""
        self.busy = self._sending = False
        self.refuse(SENTENCES("fault", reason=message.reason))
