"""Why a card request ended as it did, where no code of the bank or the terminal says it; the same for each driver."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from station_pos.devices.card_terminal import CardOutcome, CardVerdict, Reason
from station_pos.devices.card_terminal_state import TERMINAL_WORDS, TerminalCondition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from station_pos.devices.ports import LineError


class CardReason(StrEnum):
    """Stable codes, kept with the outcome."""

    CANCELLED = "cancelled"
    AMOUNT_DIFFERS = "amount_differs"
    CARD_REFUSED = "card_refused"
    NOT_ISSUED = "not_issued"
    UNREADABLE_RESULT = "unreadable_result"
    TWO_RESULTS = "two_results"
    REVERSAL_FAILED = "reversal_failed"
    REVERSAL_UNCONFIRMED = "reversal_unconfirmed"
    ABORTED_AFTER_APPROVAL = "aborted_after_approval"
    NO_RESULT = "no_result"
    SILENT = "silent"
    UNFINISHED = "unfinished"
    REVERSED = "reversed"
    DID_NOT_HAPPEN = "did_not_happen"
    UNCLEAR = "unclear"
    NOT_KEPT = "not_kept"
    NO_RECEIPT_NO = "no_receipt_no"
    BAD_AMOUNT = "bad_amount"
    BAD_REFERENCE = "bad_reference"
    NO_BALANCE = "no_balance"
    UNSUPPORTED = "unsupported"


REASON_WORDS: Final[Mapping[CardReason, tuple[str, str]]] = {
    CardReason.CANCELLED: ("已取消, 没有扣款", "cancelled; the card was not charged"),
    CardReason.AMOUNT_DIFFERS: (
        "刷卡机返回的金额与要求的不同, 已拒绝",
        "the terminal answered for another amount; the result was refused",
    ),
    CardReason.CARD_REFUSED: ("这张卡不能办理, 已拒绝", "this card may not be used here; the result was refused"),
    CardReason.NOT_ISSUED: ("没有付款, 刷卡机已冲正", "nothing was paid out and the terminal has reversed"),
    CardReason.UNREADABLE_RESULT: (
        "刷卡机的结果无法读懂, 已拒绝",
        "the terminal's result cannot be read; it was refused",
    ),
    CardReason.TWO_RESULTS: ("刷卡机报告了两个不同结果", "the terminal told two different results"),
    CardReason.REVERSAL_FAILED: ("刷卡机没有完成冲正", "the terminal could not reverse"),
    CardReason.REVERSAL_UNCONFIRMED: ("冲正没有得到确认", "the reversal was not confirmed"),
    CardReason.ABORTED_AFTER_APPROVAL: ("批准后刷卡机中止了交易", "the terminal broke off after the approval"),
    CardReason.NO_RESULT: ("刷卡机没有报告结果", "the terminal told no result"),
    CardReason.SILENT: ("刷卡机没有继续回应", "the terminal stopped answering"),
    CardReason.UNFINISHED: (
        "刷卡机上有一笔没有结束的交易, 请先查询结果",
        "an earlier transaction is unfinished; ask for its result first",
    ),
    CardReason.REVERSED: ("这笔交易已冲正", "the transaction was reversed"),
    CardReason.DID_NOT_HAPPEN: ("刷卡机上没有这笔交易", "the terminal has no such transaction"),
    CardReason.UNCLEAR: ("刷卡机的答复不能说明这笔交易", "the terminal's answer does not settle this transaction"),
    CardReason.NOT_KEPT: ("已办理, 但没有记下来", "it was done, but could not be recorded"),
    CardReason.NO_RECEIPT_NO: (
        "缺少刷卡机凭证号, 不能撤销",
        "without the terminal's receipt number it cannot be undone",
    ),
    CardReason.BAD_AMOUNT: ("刷卡机不接受这个金额", "the terminal does not take this amount"),
    CardReason.BAD_REFERENCE: ("刷卡机不接受这个编号", "the terminal does not take this reference"),
    CardReason.NO_BALANCE: ("刷卡机没有报告余额", "the terminal told no balance"),
    CardReason.UNSUPPORTED: ("这台刷卡机不支持此功能", "this terminal cannot do that"),
}
"""(Chinese, English) for each code."""


def because(code: CardReason) -> Reason:
    """A reason with its words."""
    return Reason(code.value, *REASON_WORDS[code])


def because_terminal(condition: TerminalCondition) -> Reason:
    """How the terminal is, as a reason."""
    return Reason(condition.value, *TERMINAL_WORDS[condition])


def condition_of_line(error: LineError) -> TerminalCondition:
    """A line's fault, as the condition of the terminal behind it."""
    return TerminalCondition(error.fault.value)


def unsupported() -> CardOutcome:
    """The outcome of a request that a terminal cannot do."""
    return CardOutcome(CardVerdict.DECLINED, reason=because(CardReason.UNSUPPORTED))
