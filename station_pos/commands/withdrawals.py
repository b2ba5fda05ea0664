"""Withdrawals 助农取款: what is checked before the terminal is asked, before it is acknowledged, before cash moves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from station_journal.facts.withdrawals import (
    FailureKind,
    PayoutInstructed,
    PersonalId,
    WithdrawalApproved,
    WithdrawalFailed,
    WithdrawalIntended,
    WithdrawalNumbersTold,
    WithdrawalPaid,
    WithdrawalPendingSlipIssued,
    WithdrawalVoidRefused,
    WithdrawalVoidRequested,
)
from station_journal.rules.withdrawal import Withdrawal, WithdrawalState, withdrawal_key
from station_journal.rules.withdrawals import payout_room_fen
from station_journal.subject import calendar_day
from station_pos.commands.operations import operation_refused
from station_pos.commands.outcome import Refusal, Refused
from station_pos.commands.withdrawal_limits import card_day_fen, fee_of
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from station_journal.records import Fact
    from station_journal.rules.withdrawal import Terms
    from station_pos.commands import withdrawal_orders as orders
    from station_pos.commands.view import Moment, StationView

TEXT_MAX = 64
"""Longest name or number of a person or of the terminal, in characters."""

TEXT = Catalogue({"refuted": ("银行说没有扣款, 现金没有付", "The bank says nothing was debited; no cash was paid")})


def terms_of(view: StationView, moment: Moment) -> Terms:
    """Give the withdrawal terms in force."""
    return view.withdrawal_terms(moment.business_date)


def intend(command: orders.IntendWithdrawal, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on asking the terminal: form, what is still open with it, the least, the cap, and the payout allowance."""
    refused = operation_refused(view, command.operation_no) or _person(command) or _unsettled(view)
    if refused:
        return refused
    terms = terms_of(view, moment)
    if command.amount_fen < terms.least_fen or command.amount_fen % terms.least_fen:
        return Refused(Refusal.WITHDRAWAL_AMOUNT, (("least_fen", terms.least_fen),))
    if command.amount_fen > terms.card_day_cap_fen:
        left = ("cap_fen", terms.card_day_cap_fen), ("left_fen", terms.card_day_cap_fen)
        return Refused(Refusal.CARD_DAY_CAP, left)
    over = _over_allowance(command.amount_fen, view, terms, moment)
    if over:
        return over
    receipt_no, trace_no = view.last_terminal_numbers()
    intended = WithdrawalIntended(
        operation_no=command.operation_no,
        amount_fen=command.amount_fen,
        known_receipt_no=receipt_no,
        known_trace_no=trace_no,
        by_agent=command.by_agent,
        person_name=command.person_name,
        id_kind=command.id_kind,
        id_masked=command.id_masked,
    )
    return [intended]


def _person(command: orders.IntendWithdrawal) -> Refused | None:
    texts = command.person_name, command.id_masked
    if any(len(text) > TEXT_MAX for text in texts):
        return Refused(Refusal.TEXT_TOO_LONG, (("longest", TEXT_MAX),))
    unknown = command.id_kind is PersonalId.NOT_NOTED or not command.id_masked
    bare = any(text and "*" not in text for text in texts)
    if bare or not all(text.isprintable() for text in texts) or (command.by_agent and unknown):
        return Refused(Refusal.AGENT_NOT_NOTED)
    return None


def _unsettled(view: StationView) -> Refused | None:
    """Refuse while the terminal's last transaction is ours and unknown: the next one would wipe it from its memory."""
    found = next((one for one in view.open_withdrawals() if one.unknown), None)
    return Refused(Refusal.WITHDRAWAL_UNSETTLED, (("withdrawal_seq", found.seq),)) if found else None


def _over_allowance(amount_fen: int, view: StationView, terms: Terms, moment: Moment) -> Refused | None:
    room_fen = payout_room_fen(view, terms, moment.seen_seq)
    if amount_fen <= room_fen:
        return None
    return Refused(Refusal.PAYOUT_ALLOWANCE_USED, (("room_fen", max(0, room_fen)),))


def _known(view: StationView, seq: int, *states: WithdrawalState) -> Withdrawal | Refused:
    found = view.subject(Withdrawal, withdrawal_key(seq).key)
    if found is None:
        return Refused(Refusal.NO_SUCH_WITHDRAWAL)
    return found if found.state in states else Refused(Refusal.NOTHING_TO_DO, (("withdrawal_seq", seq),))


def check_card(view: StationView, moment: Moment, withdrawal: Withdrawal, card: orders.CardSeen) -> Refused | None:
    """Hold a withdrawal to the cap of its card: what the card has had today and this one."""
    terms = terms_of(view, moment)
    day = withdrawal.on_day
    used_fen = card_day_fen(view.withdrawals_between(day, day), card, withdrawal.seq)
    left_fen = max(0, terms.card_day_cap_fen - used_fen)
    if withdrawal.amount_fen <= left_fen:
        return None
    return Refused(Refusal.CARD_DAY_CAP, (("cap_fen", terms.card_day_cap_fen), ("left_fen", left_fen)))


def approve(command: orders.RecordApproval, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on taking the bank's approval: once, within the card's cap and the allowance as they are by now.

    What the terminal has completed already is a fact and is recorded; a broken allowance then rests in suspense.
    """
    found = _known(view, command.withdrawal_seq, WithdrawalState.INTENDED)
    if isinstance(found, Refused):
        return found
    told, card = command.told, command.told.card
    terms = terms_of(view, moment)
    if not command.asked_again:
        over = check_card(view, moment, found, card) or _over_allowance(found.amount_fen, view, terms, moment)
        if over:
            return over
    day = found.on_day
    earlier = [one for one in view.withdrawals_between(day.replace(day=1), day) if one.seq < found.seq]
    fee_fen, payer = fee_of(terms, earlier, card)
    texts = {
        "card_last4": _last_four(card),
        "issuer": card.issuer,
        "card_token": card.token,
        "trace_no": told.trace_no,
        "reference_no": told.reference_no,
        "auth_code": told.auth_code,
        "batch_no": told.batch_no,
        "receipt_no": told.receipt_no,
        "terminal_no": told.terminal_no,
        "merchant_no": told.merchant_no,
        "terminal_time": told.terminal_time,
    }
    clean = {name: _clean(text) for name, text in texts.items()}
    approved = WithdrawalApproved(
        withdrawal_seq=found.seq, **clean, fee_fen=fee_fen, fee_payer=payer, asked_again=command.asked_again
    )
    return [approved]


def _clean(text: str) -> str:
    """Take what a device said as printable text of bounded length: its words never stop a sale."""
    return "".join(character for character in text if character.isprintable())[:TEXT_MAX]


def _last_four(card: orders.CardSeen) -> str:
    """Keep no more than the last four of what a driver says is that: a driver may be anybody's."""
    return _clean(card.last4)[-4:]


def instruct(command: orders.InstructPayout, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on telling the shop to pay: approved and complete, or unknown and the bank says that it was debited.

    Never what the bank has denied by then: the shop would hand out cash that nobody owes.
    """
    found = _known(view, command.withdrawal_seq, WithdrawalState.APPROVED, WithdrawalState.INTENDED)
    if isinstance(found, Refused):
        return found
    word = found.last_word
    denied = word is not None and not word.debited
    if denied or (found.state is WithdrawalState.INTENDED and word is None):
        return Refused(Refusal.PAYOUT_NOT_DUE)
    return [PayoutInstructed(found.seq)]


def pay_out(command: orders.PayOut, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on noting that the cash was handed out: only what the shop was told to pay, and once."""
    found = _known(view, command.withdrawal_seq, WithdrawalState.PAYABLE)
    if isinstance(found, Refused):
        return Refused(Refusal.PAYOUT_NOT_DUE) if found.reason is Refusal.NOTHING_TO_DO else found
    return [WithdrawalPaid(found.seq, command.notes_exchanged)]


def fail(command: orders.FailWithdrawal, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on noting an end without cash: of what was not told to be paid, or was undone by the terminal."""
    states = [WithdrawalState.INTENDED, WithdrawalState.APPROVED, WithdrawalState.VOIDING]
    found = _known(view, command.withdrawal_seq, *states)
    if isinstance(found, Refused):
        return found
    failed = WithdrawalFailed(found.seq, command.failure, command.reason_code[:TEXT_MAX], _clean(command.reason))
    told = command.told
    if not (told.trace_no or told.receipt_no):
        return [failed]
    numbers = _clean(told.trace_no), _clean(told.receipt_no), _clean(told.undone_trace_no)
    return [failed, WithdrawalNumbersTold(found.seq, *numbers)]


def close_refuted(command: orders.CloseRefuted, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on closing an instructed payout that was not paid, where the bank says that nothing was debited."""
    found = _known(view, command.withdrawal_seq, WithdrawalState.PAYABLE)
    if isinstance(found, Refused):
        return found
    word = found.last_word
    if word is None or word.debited:
        return Refused(Refusal.VOID_NOT_ALLOWED)
    return [WithdrawalFailed(found.seq, FailureKind.NOT_DEBITED, "bank_says_no", TEXT("refuted"))]


def pending_slip(command: orders.IssueWithdrawalSlip, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on the slip that says the result is unknown: once for a withdrawal."""
    found = _known(view, command.withdrawal_seq, WithdrawalState.INTENDED, WithdrawalState.APPROVED)
    if isinstance(found, Refused):
        return found
    if found.pending_seq:
        return Refused(Refusal.NOTHING_TO_DO)
    card = command.card
    return [WithdrawalPendingSlipIssued(found.seq, _last_four(card), _clean(card.issuer), _clean(card.token))]


def request_void(command: orders.RequestVoid, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on undoing a withdrawal: before the cash, on its own day, and with nothing else open at the terminal."""
    found = _known(view, command.withdrawal_seq, WithdrawalState.PAYABLE)
    if isinstance(found, Refused):
        return Refused(Refusal.VOID_NOT_ALLOWED) if found.reason is Refusal.NOTHING_TO_DO else found
    same_day = calendar_day(moment.now) - found.on_day < timedelta(days=1)
    if not same_day or not found.approved_seq:
        return Refused(Refusal.VOID_NOT_ALLOWED)
    return _unsettled(view) or [WithdrawalVoidRequested(found.seq)]


def refuse_void(command: orders.RefuseVoid, view: StationView, _moment: Moment) -> list[Fact] | Refused:
    """Decide on noting that the terminal did not undo it."""
    found = _known(view, command.withdrawal_seq, WithdrawalState.VOIDING)
    return found if isinstance(found, Refused) else [WithdrawalVoidRefused(found.seq, _clean(command.reason))]
