"""Transbank's response codes in words, and what its progress messages tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from station_pos.devices.card_terminal import CardVerdict, Reason
from station_pos.devices.card_terminal_state import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

ALREADY_VOIDED: Final = 4
NO_SALE: Final = 11
_CANCELLED: Final = {7, 22}
_UNSURE: Final = {2, 3, 16, 65, 94}
"""The terminal had asked the bank and does not know the answer."""
_WORDS: Final[Mapping[int, tuple[str, str]]] = {
    1: ("银行不予批准", "the bank does not approve"),
    2: ("银行没有回应", "the bank does not answer"),
    3: ("刷卡机与银行通信失败", "the terminal could not reach the bank"),
    4: ("这笔交易已经撤销", "the transaction is voided already"),
    5: ("没有可撤销的交易", "there is no such transaction to void"),
    6: ("卡片不被接受", "the card is not accepted"),
    7: ("已在刷卡机上取消", "cancelled on the terminal"),
    8: ("借记卡交易不能撤销", "a debit card transaction cannot be voided"),
    9: ("卡片无法读取", "the card cannot be read"),
    10: ("金额低于下限", "the amount is below the minimum"),
    11: ("刷卡机上没有交易", "the terminal has no sale"),
    12: ("刷卡机不支持这种交易", "the terminal does not do that"),
    13: ("请先结算", "settle first"),
    16: ("银行答复格式错误", "the bank's answer could not be read"),
    17: ("卡号末四位不符", "the last four digits do not match"),
    20: ("卡片无效", "the card is not valid"),
    21: ("不允许撤销", "voiding is not allowed"),
    22: ("超时, 没有操作", "nobody acted in time"),
    24: ("刷卡机没纸了, 请装纸", "the terminal is out of paper; put in a new roll"),
    26: ("刷卡机需要签到", "the terminal has to load its keys"),
    27: ("刷卡机需要更新", "the terminal has to be updated"),
    65: ("银行答复无法处理", "the bank's answer could not be processed"),
    70: ("编号太长", "the ticket is too long"),
    72: ("金额必须大于零", "the amount must be above zero"),
    74: ("请先结算", "settle first"),
    76: ("交易笔数已满, 请先结算", "too many sales; settle first"),
    77: ("请先结算", "settle first"),
    93: ("银行拒绝", "declined by the bank"),
    94: ("银行答复无法处理", "the bank's answer could not be processed"),
}
_PROGRESS: Final[Mapping[int, Progress]] = {
    78: Progress.INSERT_CARD,
    79: Progress.LOOK_AT_PIN_PAD,
    81: Progress.ENTER_PIN,
    82: Progress.ASKING_BANK,
    84: Progress.INSERT_CARD,
}


def reason_of(code: int) -> Reason:
    """A response code in words; the code itself is kept as `transbank_01`."""
    chinese, english = _WORDS.get(code, ("刷卡机没有完成交易", "the terminal did not complete the transaction"))
    return Reason(f"transbank_{code:02d}", f"{chinese} (代码 {code:02d})", f"{english} (code {code:02d})")


def verdict_of(code: int) -> CardVerdict:
    """What a response code of a sale means. Where the bank's answer was lost, nobody knows."""
    if code in _CANCELLED:
        return CardVerdict.CANCELLED
    return CardVerdict.UNKNOWN if code in _UNSURE else CardVerdict.DECLINED


def progress_of(code: int | None) -> Progress:
    """What a progress message tells; one that we do not know is a wait."""
    return _PROGRESS.get(code or 0, Progress.WAIT)
