"""A terminal's answers as the register takes them; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from station_journal.facts.withdrawals import FailureKind
from station_journal.money import format_yuan
from station_journal.rules.withdrawal import WithdrawalState
from station_pos.commands.outcome import Refusal
from station_pos.commands.withdrawal_orders import CardSeen, EndTold, TerminalTold
from station_pos.config import ZONE
from station_pos.devices.card_reasons import CardReason
from station_pos.devices.card_terminal import CardRecord, CardVerdict
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from station_journal.rules.withdrawal import Withdrawal
    from station_pos.commands.outcome import Refused
    from station_pos.devices.card_terminal import CardOutcome, CardShown


class End(NamedTuple):
    """An end without cash: its kind, its stable code, and its words (Chinese, English)."""

    failure: FailureKind
    code: str
    words: tuple[str, str]


VOIDED: Final = End(FailureKind.REVERSED, "voided", ("已在刷卡机上撤销", "undone at the terminal"))
BANK_DENIES: Final = End(
    FailureKind.NOT_DEBITED, "bank_says_no", ("银行说没有扣款", "the bank says that the card was not debited")
)
_OURS = Catalogue(
    {
        Refusal.CARD_DAY_CAP: (
            "超过每卡每天限额 {cap}, 今天还可取 {left}",
            "above the card's {cap} a day; {left} left today",
        ),
        Refusal.PAYOUT_ALLOWANCE_USED: (
            "银行还没确认的取款到了上限, 还可付 {room}",
            "unconfirmed payouts reach their limit; {room} left",
        ),
        "other": ("本站没有接受这笔结果", "the station did not take this result"),
    }
)
_UNDONE = {CardReason.REVERSED.value, CardReason.NOT_ISSUED.value, CardReason.AMOUNT_DIFFERS.value}


def card_seen(card: CardShown) -> CardSeen:
    """Give a card as the register may know it."""
    return CardSeen(card.last4, card.issuer, card.card_token)


def told_of(record: CardRecord) -> TerminalTold:
    """Give a transaction as the register takes it."""
    at = record.terminal_time
    return TerminalTold(
        card=card_seen(record.card),
        trace_no=record.trace_no,
        reference_no=record.reference_no,
        auth_code=record.auth_code,
        batch_no=record.batch_no,
        receipt_no=record.receipt_no,
        terminal_no=record.terminal_no,
        merchant_no=record.merchant_no,
        terminal_time=f"{at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}" if at else "",
    )


def failure_of(outcome: CardOutcome, withdrawal: Withdrawal, refused: Refused | None) -> FailureKind:
    """Say how a withdrawal ended that was not completed; ``refused`` is our own refusal of its result, if any."""
    if outcome.verdict is CardVerdict.NOT_STARTED:
        return FailureKind.NOT_STARTED
    if refused is not None and refused.reason in {Refusal.CARD_DAY_CAP, Refusal.PAYOUT_ALLOWANCE_USED}:
        return FailureKind.OVER_LIMIT
    if withdrawal.state is WithdrawalState.APPROVED or outcome.reason.code in _UNDONE:
        return FailureKind.REVERSED
    return FailureKind.CANCELLED if outcome.verdict is CardVerdict.CANCELLED else FailureKind.DECLINED


def end_told(outcome: CardOutcome, withdrawal: Withdrawal, failure: FailureKind) -> EndTold:
    """Give the numbers under which the terminal keeps a failed one: of its reversal, else of what it reversed."""
    record = outcome.record or CardRecord()
    own = record if record.trace_no and not record.reverses_trace_no else _approved_as(withdrawal)
    undo = outcome.reversal or (record if record.reverses_trace_no else None)
    if undo is not None:
        return EndTold(undo.trace_no, undo.receipt_no, undo.reverses_trace_no or own.trace_no)
    undone = own.trace_no if failure in {FailureKind.REVERSED, FailureKind.OVER_LIMIT} else ""
    return EndTold(own.trace_no, own.receipt_no, undone)


def _approved_as(withdrawal: Withdrawal) -> CardRecord:
    return CardRecord(trace_no=withdrawal.trace_no, receipt_no=withdrawal.receipt_no)


def reason_of_refusal(refused: Refused) -> str:
    """Say in one sentence why the station did not take a result."""
    figures = {name.removesuffix("_fen"): format_yuan(int(fen)) for name, fen in refused.detail if name[-4:] == "_fen"}
    return _OURS(refused.reason, **figures) if refused.reason in _OURS else _OURS("other")
