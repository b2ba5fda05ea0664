"""缴费: from the account to the recorded payment. Nothing is recorded before the cash has been counted and keyed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message

from station_pos.commands.amount_guard import is_odd
from station_pos.commands.orders import TakeBillPayment
from station_pos.commands.outcome import Accepted, Outcome, Refusal
from station_pos.text import Catalogue
from station_pos.tui.command_line import EntryMode
from station_pos.tui.messages import ClockAsked, PaymentTaken
from station_pos.tui.presenters.bill import BILLS_SHOWN, NOTE_FEN, Draft, Step, bill_view, sells_offline
from station_pos.tui.presenters.faults import failed_words
from station_pos.tui.presenters.kept_bill import is_worth_keeping, kept_job, read_kept
from station_pos.tui.presenters.payments import amount_typed
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.sentences import refused
from station_pos.tui.widgets.frame import FrameScreen

if TYPE_CHECKING:
    from concurrent.futures import Future

    from station_pos.counter import Candidate, InquiryAnswer, OpenBill
    from station_pos.services.kept_jobs import KeptJob
    from station_pos.tui.desk import Desk
    from station_pos.tui.presenters.lines import View

TEXT = Catalogue(
    {
        "still_asking": ("还在查, 查到才能收款", "Still asking; wait for the bill"),
        "no_bill": ("这户现在没有欠费, 不用缴", "This account owes nothing now"),
        "unknown_account": ("收费单位没有这个户号, 请照账单再输一次", "The biller has no such account; type it again"),
        "biller_silent": ("收费单位没有应答, 什么都没收。Enter 再查一次", "The biller is silent. Enter asks again"),
        "refused": ("总部没有让查, 什么都没收。请稍后再试", "HQ refused the question. Try later"),
        "unreachable": (
            "断网, 这项业务断网不能收, 什么都没收。网通了再办",
            "No link, and this service needs it; nothing was taken",
        ),
        "offline_amount": ("断网查不到账单: 照顾客的纸账单输金额", "No link: type the amount from the paper bill"),
        "account_form": ("户号的位数或写法不对, 请照账单再输一次", "The account number has the wrong form"),
        "tender_first": ("先输实收现金; 正好就按 +", "Key the cash received first; + if exact"),
        "short": ("实收比应收少, 没有收款", "The cash is less than the bill; nothing was taken"),
        "differs": ("两次输的不一样, 没有收款。请核对", "The two differ; nothing was taken. Check it"),
        "whole_only": ("这张账单要一次缴清, 不能改金额", "This bill is paid whole; the amount stands"),
        "range": ("这项业务每笔 {least} 到 {most} 元", "This service takes {least} to {most} yuan"),
    }
)


class PaymentScreen(FrameScreen, inherit_bindings=False):
    """One payment from choice to record."""

    TOPIC: ClassVar[str] = "payment"

    @dataclass
    class Answered(Message):
        """The bill inquiry came back."""

        answer: InquiryAnswer

    @dataclass
    class Submitted(Message):
        """The register decided."""

        outcome: Outcome

    @dataclass
    class Failed(Message):
        """Something behind the counter failed; the sentence says what."""

        reason: str

    def __init__(self, desk: Desk, candidate: Candidate, kept: KeptJob | None = None) -> None:
        """Open a job for what the operator chose; ``kept`` is the half-typed job that goes on here."""
        super().__init__(desk)
        self.draft = Draft(candidate.product, candidate.account_no, candidate.payer_name)
        self.step = Step.ACCOUNT
        self._operation_no = desk.counter.open_operation()
        self._guarded = False
        self._usual_fen: tuple[int, ...] = ()
        self._job_no = kept.job_no if kept else desk.counter.kept_jobs.new_no()
        self._kept = read_kept(kept) if kept else None

    def on_mount(self) -> None:
        """Ask for the bill at once if the account is known; a kept job asks again, for bills change."""
        if self.draft.account_no:
            account_no = self.draft.account_no
            self.entry.put(account_no)  # where it cannot be looked up now, Enter tries again
            self.kept_up(lambda: self._look_up(account_no))
        elif self._kept is not None:
            self.entry.put(self._kept.typed_at(Step.ACCOUNT))
        self.repaint()

    def _keep(self, *, parked: bool = False, payment_seq: int = 0) -> None:
        """Keep the job as it now stands: a lock, a log-off or a power cut loses no typing."""
        if is_worth_keeping(self.draft, self.entry.text):
            numbers = self._job_no, self._operation_no
            job = kept_job(self.desk, numbers, self.draft, self.step, self.entry.text)
            self.desk.counter.kept_jobs.keep(replace(job, parked=parked, payment_seq=payment_seq))

    def park(self) -> bool:
        """Put the job aside, unless it is being recorded."""
        if self.busy:
            return False
        self._keep(parked=True)
        return True

    def escaped(self) -> None:
        """Give the job up: nothing of it was recorded, and nothing is kept."""
        self.desk.counter.kept_jobs.drop(self._job_no)
        super().escaped()

    def picture(self) -> object:
        """Every step asks something else."""
        return self.step

    def view(self) -> View:
        """Show the draft at its step."""
        return bill_view(self.desk, self.draft, self.step, self.entry.text, self._usual_fen)

    def entry_mode(self) -> EntryMode:
        """Take an account at first, then amounts."""
        if self.step is Step.ACCOUNT:
            return EntryMode.TEXT
        return EntryMode.NOTHING if self.step in {Step.CHOOSE, Step.STOPPED} else EntryMode.AMOUNT

    def edited(self) -> None:
        """Show the change as it is typed."""
        self.sentence = ""
        self._keep()
        self.repaint()

    def scanned(self, text: str) -> None:
        """Take a scan as the account while one is asked for; any other waits for its turn at home."""
        if self.step is Step.ACCOUNT:
            self.entered(text)
        else:
            super().scanned(text)

    def entered(self, text: str) -> None:
        """Go one step on with what is on the screen."""
        if self.step is Step.ACCOUNT:
            self._account_entered(text.strip())
        elif self.step is Step.ASKING:
            self.refuse(TEXT("still_asking"))
        elif self.step is Step.CHOOSE:
            self._choose(self.draft.bills[0])
        elif self.step is Step.STOPPED:
            self._look_up(self.draft.account_no)
        else:
            self._amount_entered(text)

    def picked_line(self, line: int) -> None:
        """Choose a bill by its number."""
        if self.step is Step.CHOOSE and line <= min(len(self.draft.bills), BILLS_SHOWN):
            self._choose(self.draft.bills[line - 1])
        else:
            self.refuse(SENTENCES("no_such_line", line=line))

    def plus(self) -> None:
        """Take exactly what is due."""
        if self.step is Step.TENDER:
            self._submit(self.draft.total_fen)
        else:
            self.refuse(SENTENCES("key_unused"))

    def minus(self) -> None:
        """Change the amount, where the biller allows it."""
        if self.step <= Step.CHOOSE or self.step is Step.STOPPED:
            self.refuse(SENTENCES("key_unused"))
        elif self.draft.keyed or self.draft.product.part_payment:
            self._go(Step.AMOUNT)
        elif self.step is Step.TENDER_AGAIN:
            self._go(Step.TENDER)
        else:
            self.refuse(TEXT("whole_only"))

    def _go(self, step: Step, sentence: str = "") -> None:
        self.step = step
        self.entry.put(self._kept.typed_at(step) if self._kept else "")
        if step in {Step.TENDER, Step.STOPPED}:
            self._kept = None
        self._keep()
        self.note(sentence)

    def _account_entered(self, account_no: str) -> None:
        if self.draft.product.accepts_account(account_no):
            self._look_up(account_no)
        else:
            self.refuse_typed(TEXT("account_form"))

    def _look_up(self, account_no: str) -> None:
        self._usual_fen = self.desk.counter.usual_fen(self.draft.product.code, account_no)
        self.draft = replace(self.draft, account_no=account_no)
        if not self.draft.product.query_first:
            self._key_amount("")
            return
        self._go(Step.ASKING)
        asked = self.desk.counter.inquire(self.draft.product.code, account_no)
        self.run_worker(self._await_inquiry(asked), group="inquiry", exclusive=True, exit_on_error=False)

    def _key_amount(self, sentence: str) -> None:
        """Let the operator key the amount; without the link only where the product has an offline allowance."""
        if sells_offline(self.desk) and self.desk.counter.offline_left(self.draft.product.code) is None:
            self._stop(TEXT("unreachable"))
        else:
            self.draft = replace(self.draft, keyed=True)
            self._go(Step.AMOUNT, sentence)

    async def _await_inquiry(self, asked: Future[InquiryAnswer]) -> None:
        try:
            answer = await asyncio.wrap_future(asked)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Answered(answer))

    def on_payment_screen_answered(self, message: PaymentScreen.Answered) -> None:
        """Show the bill, or say in one sentence why there is none."""
        answer = message.answer
        if self.step is not Step.ASKING:
            return
        typed = self.entry.text
        if answer.problem == "unreachable":
            self._unreachable(answer)
        elif answer.problem == "unknown_account":
            self._go(Step.ACCOUNT)
            self.entry.put(self.draft.account_no)
            self.draft = replace(self.draft, account_no="")
            self.refuse_typed(TEXT("unknown_account"))
        elif answer.problem:
            self._stop(TEXT(answer.problem if answer.problem in TEXT else "biller_silent"))
        else:
            self._found(answer)
            self._keep_keyed_ahead(typed)

    def _keep_keyed_ahead(self, typed: str) -> None:
        """Keep cash that was keyed while the biller was asked; only a key pressed from now on takes it."""
        if self.step is Step.TENDER and typed:
            self.entry.put(typed)
            self.repaint()

    def _unreachable(self, answer: InquiryAnswer) -> None:
        """Sell offline where the product allows it; the name last heard is shown, never an old bill."""
        self.desk.refresh()
        if self.desk.counter.offline_left(self.draft.product.code) is None:
            self._stop(TEXT("unreachable"))
        else:
            name = answer.payer_name or self.draft.payer_name
            self.draft = replace(self.draft, payer_name=name, address=answer.address, keyed=True)
            self._go(Step.AMOUNT, TEXT("offline_amount"))

    def _stop(self, sentence: str) -> None:
        self._go(Step.STOPPED)
        self.refuse(sentence)

    def _found(self, answer: InquiryAnswer) -> None:
        draft = replace(self.draft, payer_name=answer.payer_name, address=answer.address, bills=answer.bills)
        self.draft = draft
        if not answer.bills and draft.product.part_payment:
            self._key_amount("")
        elif not answer.bills:
            self._stop(TEXT("no_bill"))
        elif len(answer.bills) == 1:
            self._choose(answer.bills[0])
        else:
            self._go(Step.CHOOSE)

    def _choose(self, bill: OpenBill) -> None:
        self.draft = replace(self.draft, bill_no=bill.bill_no, period=bill.period, keyed=False)
        self._set_amount(bill.amount_fen)

    def _set_amount(self, amount_fen: int) -> None:
        self.draft = replace(self.draft, amount_fen=amount_fen)
        self._guarded = not is_odd(amount_fen, self._usual_fen)
        self._go(Step.TENDER if self._guarded else Step.AMOUNT_AGAIN)

    def _amount_entered(self, text: str) -> None:
        if not text and self.step is Step.TENDER:
            self.refuse(TEXT("tender_first"))
            return
        amount_fen = amount_typed(text) or 0
        if amount_fen <= 0:
            self.refuse_typed(SENTENCES("amount_wrong"))
        elif self.step is Step.AMOUNT:
            self._amount_keyed(amount_fen)
        elif self.step is Step.AMOUNT_AGAIN:
            self._amount_repeated(amount_fen)
        else:
            self._tender_keyed(amount_fen)

    def _amount_keyed(self, amount_fen: int) -> None:
        product = self.draft.product
        if product.amount_min_fen <= amount_fen <= product.amount_max_fen:
            self.draft = replace(self.draft, keyed=True)
            self._set_amount(amount_fen)
        else:
            span = {"least": product.amount_min_fen // 100, "most": product.amount_max_fen // 100}
            self.refuse_typed(TEXT("range", **span))

    def _amount_repeated(self, amount_fen: int) -> None:
        if amount_fen == self.draft.amount_fen:
            self._guarded = True
            self._go(Step.TENDER)
        else:
            self._go(Step.AMOUNT if self.draft.keyed else Step.AMOUNT_AGAIN)
            self.refuse(TEXT("differs"))

    def _tender_keyed(self, tendered_fen: int) -> None:
        if self.step is Step.TENDER_AGAIN and tendered_fen != self.draft.tendered_fen:
            self._go(Step.TENDER)
            self.refuse(TEXT("differs"))
        elif tendered_fen < self.draft.total_fen:
            self.refuse_typed(TEXT("short"))
        elif self.step is Step.TENDER and tendered_fen - self.draft.total_fen >= NOTE_FEN:
            self.draft = replace(self.draft, tendered_fen=tendered_fen)
            self._go(Step.TENDER_AGAIN)
        else:
            self._submit(tendered_fen)

    def _submit(self, tendered_fen: int) -> None:
        """Hand the payment to the register once; keys are ignored until it has decided."""
        if not self._guarded or not self.may_commit():
            return
        offline = sells_offline(self.desk)
        if offline and self.desk.counter.offline_left(self.draft.product.code) is None:
            self.refuse(TEXT("unreachable"))
            return
        draft = self.draft = replace(self.draft, tendered_fen=tendered_fen)
        self.busy = True
        self.sentence = ""
        order = TakeBillPayment(
            operator_no=self.desk.operator_no,
            operation_no=self._operation_no,
            product_code=draft.product.code,
            account_no=draft.account_no,
            bill_no=draft.bill_no,
            bill_period=draft.period,
            payer_name=draft.payer_name,
            amount_fen=draft.amount_fen,
            tendered_fen=tendered_fen,
            offline=offline,
        )
        self.run_worker(self._await_outcome(self.desk.counter.submit(order)), group="submit", exit_on_error=False)

    async def _await_outcome(self, future: Future[Outcome]) -> None:
        try:
            outcome = await asyncio.wrap_future(future)
        except Exception as error:  # noqa: BLE001  # whatever failed behind the counter, the screen stays usable
            self.post_message(self.Failed(failed_words(error)))
        else:
            self.post_message(self.Submitted(outcome))

    def on_payment_screen_submitted(self, message: PaymentScreen.Submitted) -> None:
        """Hand a recorded payment on; give a refused one back to the operator as it was."""
        outcome = message.outcome
        if isinstance(outcome, Accepted):
            if outcome.payment is not None:
                self._keep(payment_seq=outcome.payment.seq)
                self.post_message(PaymentTaken(outcome.payment))
            return
        self.busy = False
        self.refuse(refused(outcome))
        if outcome.reason is Refusal.CLOCK_TO_CONFIRM:
            self.post_message(ClockAsked())

    def on_payment_screen_failed(self, message: PaymentScreen.Failed) -> None:
        """Say what failed; the draft stays for another try."""
        self.busy = False
        sentence = SENTENCES("fault", reason=message.reason)
        if self.step is Step.ASKING:
            self._stop(sentence)
        else:
            self.refuse(sentence)
