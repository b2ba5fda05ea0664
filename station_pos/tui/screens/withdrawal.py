"""取款: from the amount to the recorded intent. Fee, limit and drawer are shown before the terminal is asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from station_journal.facts.withdrawals import PersonalId
from station_journal.masking import mask_name
from station_journal.money import format_yuan
from station_journal.resident_id import ResidentIdRefusedError, resident_id
from station_pos.commands.outcome import Accepted, Outcome, Refusal
from station_pos.commands.withdrawal_orders import IntendWithdrawal
from station_pos.text import Catalogue, either
from station_pos.tui.command_line import EntryMode
from station_pos.tui.messages import ClockAsked, ItemAsked
from station_pos.tui.presenters.faults import failed_words
from station_pos.tui.presenters.id_card import TEXT as ID_CARD
from station_pos.tui.presenters.payments import amount_typed
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.presenters.state_rows import NO_SLIP
from station_pos.tui.presenters.withdrawal import Draft, Step, withdrawal_view
from station_pos.tui.widgets.id_card_screen import IdCardScreen

if TYPE_CHECKING:
    from concurrent.futures import Future

    from station_journal.resident_id import IdCard, ResidentId
    from station_pos.services.withdrawals import BalanceAnswer
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

SERVICE = "withdrawal"
_TAKE_NOTHING = frozenset({Step.SHORT, Step.NO_PAPER, Step.SENDING})
_MODES = {Step.AMOUNT: EntryMode.AMOUNT, Step.AGENT_ID: EntryMode.HIDDEN}
TEXT = Catalogue(
    {
        "amount_wrong": (
            "金额要是 {least} 的整数倍, 没有发到银行",
            "The amount is a multiple of {least}; nothing was sent",
        ),
        "balance": ("卡尾 {last4} 余额 {sum}。不收费, 不记账", "Card {last4}: balance {sum}. No fee, not recorded"),
        "balance_asked": ("请顾客刷卡、按密码查余额", "The customer uses card and PIN to see the balance"),
        "no_balance": ("查不到余额: {reason}", "No balance: {reason}"),
    }
)


class WithdrawalScreen(IdCardScreen, inherit_bindings=False):
    """Takes the amount, and an agent collector if there is one, and asks the terminal once."""

    TOPIC: ClassVar[str] = "withdrawal"

    @dataclass
    class Submitted(Message):
        """The register decided on the intent."""

        outcome: Outcome

    @dataclass
    class Told(Message):
        """The terminal told a balance, or why it did not."""

        answer: BalanceAnswer

    @dataclass
    class Failed(Message):
        """Something behind the counter failed; the sentence says what."""

        reason: str

    def __init__(self, desk: Desk) -> None:
        """Open a job."""
        super().__init__(desk)
        self.draft = Draft()
        self.step = Step.AMOUNT
        self._operation_no = desk.counter.open_operation()

    def picture(self) -> object:
        """Every step asks something else."""
        return self.step

    def view(self) -> View:
        """Show the draft at its step."""
        return withdrawal_view(self.desk, self.draft, self.step, self.entry.text)

    def entry_mode(self) -> EntryMode:
        """Take an amount, or the collector's document, hidden from bystanders, and name."""
        if not self.desk.counter.withdrawals.has_terminal or self.step in _TAKE_NOTHING:
            return EntryMode.NOTHING
        return _MODES.get(self.step, EntryMode.TEXT)

    def edited(self) -> None:
        """Show the change as it is typed."""
        self.sentence = ""
        self.repaint()

    def entered(self, text: str) -> None:
        """Go one step on with what is on the screen."""
        if not self.desk.counter.withdrawals.has_terminal:
            self.escaped()
        elif self.step is Step.AMOUNT:
            self._amount_entered(text)
        elif self.step is Step.SHORT:
            self._with_paper()
        elif self.step is Step.NO_PAPER:
            self._submit()
        elif self.step is Step.AGENT_ID:
            self._id_entered(text)
        elif self.step is Step.AGENT_NAME:
            self.draft = replace(self.draft, person_name=mask_name(text))
            self._go(Step.AMOUNT)

    def plus(self) -> None:
        """Ask for the card's balance: no fee, nothing recorded."""
        if self.step is Step.AMOUNT and not self.entry.text and self.desk.counter.withdrawals.has_terminal:
            self.busy = True
            self.note(TEXT("balance_asked"))
            asked = self.desk.counter.withdrawals.balance()
            self.run_worker(self._await_balance(asked), group="balance", exit_on_error=False)
        else:
            super().plus()

    def minus(self) -> None:
        """Note an agent collector, or go back to the holder."""
        if self.step is not Step.AMOUNT:
            super().minus()
        elif self.draft.by_agent:
            self.draft = Draft(self.draft.amount_fen)
            self.note("")
        else:
            self._go(Step.AGENT_ID)

    def escaped(self) -> None:
        """Go a step back, then home; nothing is recorded yet."""
        if self.step is Step.AMOUNT or self.step is Step.SENDING:
            super().escaped()
        else:
            self.draft = replace(self.draft, amount_fen=0)
            self._go(Step.AMOUNT)

    def _go(self, step: Step) -> None:
        self.step = step
        self.entry.put("")
        self.note("")
        self.mind_card()

    def takes_card(self) -> bool:
        """Read the collector's identity card while its number is asked for."""
        return self.step is Step.AGENT_ID

    def card_read(self, card: IdCard) -> None:
        """Note the collector by the card, name and number masked."""
        self._collector(card.resident_id)
        self.draft = replace(self.draft, person_name=mask_name(card.name))
        self._go(Step.AMOUNT)

    def _amount_entered(self, text: str) -> None:
        amount_fen = amount_typed(text) or 0
        least_fen = self.desk.counter.withdrawals.terms().least_fen
        if amount_fen < least_fen or amount_fen % least_fen:
            self.refuse(TEXT("amount_wrong", least=format_yuan(least_fen)))
            return
        self.draft = replace(self.draft, amount_fen=amount_fen)
        drawer_fen = self.desk.state().drawer_fen
        if drawer_fen is not None and amount_fen > drawer_fen:
            self._go(Step.SHORT)
        else:
            self._with_paper()

    def _with_paper(self) -> None:
        """Ask the terminal; where the printer is known not to print, the operator first: the customer signs paper."""
        if self.desk.state().printer in NO_SLIP:
            self._go(Step.NO_PAPER)
        else:
            self._submit()

    def _id_entered(self, text: str) -> None:
        try:
            known = resident_id(text.strip(), self.desk.state().business_date)
        except ResidentIdRefusedError as error:
            self.entry.put("")
            self.refuse(ID_CARD(error.problem))
            return
        self._collector(known)
        self._go(Step.AGENT_NAME)

    def _collector(self, known: ResidentId) -> None:
        self.draft = replace(self.draft, by_agent=True, id_kind=PersonalId.RESIDENT_ID, id_masked=known.masked())

    def _submit(self) -> None:
        """Hand the intent to the terminal's thread once; keys are ignored until it is on record."""
        if not self.may_commit():
            return
        self.busy = True
        self.sentence = ""
        self.step = Step.SENDING
        draft = self.draft
        order = IntendWithdrawal(
            operator_no=self.desk.operator_no,
            operation_no=self._operation_no,
            amount_fen=draft.amount_fen,
            by_agent=draft.by_agent,
            person_name=draft.person_name,
            id_kind=draft.id_kind,
            id_masked=draft.id_masked,
        )
        asked = self.desk.counter.withdrawals.begin(order)
        self.run_worker(self._await_outcome(asked), group="submit", exit_on_error=False)

    async def _await_outcome(self, future: Future[Outcome]) -> None:
        try:
            outcome = await asyncio.wrap_future(future)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Submitted(outcome))

    async def _await_balance(self, future: Future[BalanceAnswer]) -> None:
        try:
            answer = await asyncio.wrap_future(future)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Told(answer))

    def on_withdrawal_screen_submitted(self, message: WithdrawalScreen.Submitted) -> None:
        """Follow a recorded intent; give a refused one back to the operator as it was."""
        outcome = message.outcome
        if isinstance(outcome, Accepted):
            self.post_message(ItemAsked(SERVICE, outcome.seq, instead=True))
            return
        self._back()
        self.refuse(refused(outcome))
        if outcome.reason is Refusal.CLOCK_TO_CONFIRM:
            self.post_message(ClockAsked())

    def on_withdrawal_screen_told(self, message: WithdrawalScreen.Told) -> None:
        """Show the balance until the next key."""
        self.busy = False
        answer = message.answer
        if answer.balance_fen is None:
            self.refuse(TEXT("no_balance", reason=either(*answer.sentence)))
        else:
            self.note(TEXT("balance", last4=answer.card_last4, sum=format_yuan(answer.balance_fen)))

    def on_withdrawal_screen_failed(self, message: WithdrawalScreen.Failed) -> None:
        """Say what failed; the draft stays for another try."""
        self._back()
        self.refuse(SENTENCES("fault", reason=message.reason))

    def _back(self) -> None:
        self.busy = False
        if self.step is Step.SENDING:
            amount_fen, self.draft = self.draft.amount_fen, replace(self.draft, amount_fen=0)
            self.step = Step.AMOUNT
            self.entry.put(format_yuan(amount_fen).replace(",", "").removesuffix(".00"))
