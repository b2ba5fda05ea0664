"""ZVT's codes in words: results (27), aborts (06 1E), refusals (84), and intermediate states (04 FF)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from station_pos.devices.card_terminal import Reason
from station_pos.devices.card_terminal_state import Progress, TerminalCondition

if TYPE_CHECKING:
    from collections.abc import Mapping

CANCELLED: Final = 0x6C
BUSY: Final = 0x9C
ALREADY_REVERSED: Final = 0xB4
LAST_HOST_CODE: Final = 0x63
REVERSAL_CONFIRMED: Final = frozenset({0x00, CANCELLED})
"""Aborts after "not issued" that tell that the terminal has reversed; with any other it has said it could not."""

_WORDS: Final[Mapping[int, tuple[str, str]]] = {
    0x64: ("卡片无法读取", "the card cannot be read"),
    0x65: ("卡片数据不完整", "the card's data are incomplete"),
    0x66: ("交易没有被接受, 已要求冲正", "the result was not accepted and is reversed"),
    0x6C: ("顾客取消或超时", "cancelled, or nobody acted in time"),
    0x6F: ("刷卡机不支持人民币", "the terminal does not take this currency"),
    0x71: ("卡片不被接受", "the card is not accepted"),
    0x72: ("卡片不能用于此交易", "the card is not for this transaction"),
    0x78: ("卡片已过期", "the card has expired"),
    0x7D: ("刷卡机与银行通信失败", "the terminal could not reach the bank"),
    0x83: ("刷卡机现在不能做这项交易", "the terminal cannot do that now"),
    0x85: ("刷卡机正在更新, 请稍候", "the terminal is being updated"),
    0x9A: ("刷卡机不理解指令", "the terminal did not understand the request"),
    0x9C: ("刷卡机正忙, 请稍候", "the terminal is busy; wait a moment"),
    0xA3: ("刷卡机没有网络", "the terminal has no connection"),
    0xB1: ("刷卡机存储已满, 请先结算", "the terminal's memory is full; settle first"),
    0xB4: ("这笔交易已经冲正", "the transaction is reversed already"),
    0xB5: ("这笔交易不能冲正", "the transaction cannot be reversed"),
    0xC2: ("刷卡机需要维护", "the terminal needs maintenance"),
    0xC3: ("金额超过刷卡机限额", "the amount is above the terminal's limit"),
    0xCC: ("刷卡机没纸了, 请装纸", "the terminal is out of paper; put in a new roll"),
    0xCD: ("刷卡机不支持取现", "the terminal does not give cash back"),
    0xDC: ("刷卡机里有卡, 请顾客取回", "a card is in the terminal; have it taken out"),
    0xFF: ("刷卡机系统出错", "the terminal reports a system error"),
}
# The bank's own answers, as ISO 8583 field 39 numbers them.
_HOST_WORDS: Final[Mapping[int, tuple[str, str]]] = {
    1: ("银行要求联系发卡行", "the bank asks to contact the issuer"),
    3: ("商户未登记", "the bank does not know this merchant"),
    4: ("银行要求没收卡片", "the bank asks to keep the card"),
    5: ("银行不予批准", "the bank does not approve"),
    12: ("银行不接受这种交易", "the bank does not take this transaction"),
    13: ("银行不接受这个金额", "the bank does not take this amount"),
    14: ("卡号无效", "the card number is not valid"),
    30: ("银行报文格式错误", "the bank did not understand the terminal"),
    41: ("卡片已挂失", "the card is reported lost"),
    43: ("卡片被报失窃", "the card is reported stolen"),
    51: ("余额不足", "not enough money on the account"),
    54: ("卡片已过期", "the card has expired"),
    55: ("密码错误", "wrong PIN"),
    57: ("此卡不允许这种交易", "this card may not do that"),
    58: ("此终端不允许这种交易", "this terminal may not do that"),
    61: ("超过取款限额", "above the withdrawal limit"),
    62: ("卡片受限", "the card is restricted"),
    65: ("超过取款次数", "too many withdrawals"),
    75: ("密码错误次数过多", "wrong PIN too many times"),
    91: ("发卡行没有回应", "the issuer does not answer"),
    96: ("银行系统故障", "the bank's system failed"),
}
_PROGRESS: Final[Mapping[int, Progress]] = {
    0x00: Progress.WAIT,
    0x01: Progress.LOOK_AT_PIN_PAD,
    0x02: Progress.LOOK_AT_PIN_PAD,
    0x04: Progress.ASKING_BANK,
    0x05: Progress.AUTO_REVERSAL,
    0x0A: Progress.INSERT_CARD,
    0x0B: Progress.REMOVE_CARD,
    0x0E: Progress.WAIT,
    0x15: Progress.WRONG_PIN,
    0x1C: Progress.APPROVED,
    0x1D: Progress.DECLINED,
}
_CONDITIONS: Final[Mapping[int, TerminalCondition]] = {
    0x00: TerminalCondition.READY,
    0x9C: TerminalCondition.BUSY,
    0xCC: TerminalCondition.PRINTER_NOT_READY,
    0xDC: TerminalCondition.CARD_LEFT_IN,
}


def reason_of(code: int) -> Reason:
    """A result, abort or refusal code in words; the code itself is kept as `host_51` or `zvt_6C`."""
    if code <= LAST_HOST_CODE:
        chinese, english = _HOST_WORDS.get(code, ("银行没有批准", "the bank did not approve"))
        return Reason(f"host_{code:02d}", f"{chinese} (代码 {code:02d})", f"{english} (code {code:02d})")
    chinese, english = _WORDS.get(code, ("刷卡机没有完成交易", "the terminal did not complete the transaction"))
    return Reason(f"zvt_{code:02X}", f"{chinese} (代码 {code:02X})", f"{english} (code {code:02X})")


def progress_of(code: int) -> Progress:
    """What an intermediate status tells; a state that we do not know is a wait."""
    return _PROGRESS.get(code, Progress.WAIT)


def condition_of(code: int) -> TerminalCondition:
    """How a terminal is by the status byte of its answer to 05 01."""
    return _CONDITIONS.get(code, TerminalCondition.FAULT)
