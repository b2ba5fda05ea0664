"""How a card terminal is and what it is doing, each with its words for the counter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Progress(StrEnum):
    """What the terminal is doing, for the screen; each has words in `PROGRESS_WORDS`."""

    INSERT_CARD = "insert_card"
    LOOK_AT_PIN_PAD = "look_at_pin_pad"
    ENTER_PIN = "enter_pin"
    WRONG_PIN = "wrong_pin"
    ASKING_BANK = "asking_bank"
    WAIT = "wait"
    APPROVED = "approved"
    DECLINED = "declined"
    AUTO_REVERSAL = "auto_reversal"
    REMOVE_CARD = "remove_card"
    PRINTING = "printing"
    LISTENING = "listening"
    ASKING_AGAIN = "asking_again"


PROGRESS_WORDS: Final[Mapping[Progress, tuple[str, str]]] = {
    Progress.INSERT_CARD: ("请顾客插卡或刷卡", "ask the customer to insert or swipe the card"),
    Progress.LOOK_AT_PIN_PAD: ("请看密码键盘", "look at the PIN pad"),
    Progress.ENTER_PIN: ("请顾客输入密码", "ask the customer to enter the PIN"),
    Progress.WRONG_PIN: ("密码错误, 请顾客重新输入", "wrong PIN; ask the customer to enter it again"),
    Progress.ASKING_BANK: ("正在联系银行", "asking the bank"),
    Progress.WAIT: ("请稍候", "please wait"),
    Progress.APPROVED: ("银行已批准, 等待刷卡机完成", "approved by the bank; waiting for the terminal to finish"),
    Progress.DECLINED: ("银行未批准", "not approved by the bank"),
    Progress.AUTO_REVERSAL: ("刷卡机正在自动冲正", "the terminal is reversing the transaction"),
    Progress.REMOVE_CARD: ("请顾客取回卡", "ask the customer to take the card"),
    Progress.PRINTING: ("正在打印", "printing"),
    Progress.LISTENING: ("在等刷卡机说完没说完的结果", "waiting for a result that the terminal may still tell"),
    Progress.ASKING_AGAIN: ("正在向刷卡机查询结果", "asking the terminal for the result"),
}
"""(Chinese, English) for each."""


class TerminalCondition(StrEnum):
    """One word for how the terminal is, with words in `TERMINAL_WORDS`."""

    READY = "ready"
    BUSY = "busy"
    CARD_LEFT_IN = "card_left_in"
    PRINTER_NOT_READY = "printer_not_ready"
    NOT_SIGNED_ON = "not_signed_on"
    FAULT = "fault"
    NO_ANSWER = "no_answer"
    LINE_BUSY = "line_busy"
    LINE_MISSING = "line_missing"
    LINE_FORBIDDEN = "line_forbidden"
    LINE_UNUSABLE = "line_unusable"
    LINE_LOST = "line_lost"
    LINE_STALLED = "line_stalled"


TERMINAL_WORDS: Final[Mapping[TerminalCondition, tuple[str, str]]] = {
    TerminalCondition.READY: ("刷卡机就绪", "card terminal ready"),
    TerminalCondition.BUSY: ("刷卡机正忙, 请稍候", "card terminal is busy; wait a moment"),
    TerminalCondition.CARD_LEFT_IN: ("刷卡机里有卡, 请顾客取回", "a card is in the terminal; have it taken out"),
    TerminalCondition.PRINTER_NOT_READY: ("刷卡机没纸了, 请装纸", "card terminal is out of paper; put in a new roll"),
    TerminalCondition.NOT_SIGNED_ON: ("刷卡机没有签到", "card terminal is not signed on"),
    TerminalCondition.FAULT: ("刷卡机出错, 请关机再开", "card terminal reports an error; switch it off and on"),
    TerminalCondition.NO_ANSWER: (
        "刷卡机没有回应, 请检查电源和电缆",
        "card terminal does not answer; check its power and cable",
    ),
    TerminalCondition.LINE_BUSY: ("刷卡机线路被另一个程序占用", "terminal line is in use by another program"),
    TerminalCondition.LINE_MISSING: ("没有找到刷卡机线路", "terminal line was not found"),
    TerminalCondition.LINE_FORBIDDEN: ("没有权限使用刷卡机线路", "this user may not use the terminal line"),
    TerminalCondition.LINE_UNUSABLE: ("设定的线路不是串口", "the line in the settings is not a serial line"),
    TerminalCondition.LINE_LOST: ("刷卡机线路断了", "the line to the terminal was lost"),
    TerminalCondition.LINE_STALLED: ("刷卡机不再接收数据", "card terminal stopped taking data"),
}
"""(Chinese, English) for each condition."""


@dataclass(frozen=True, slots=True)
class TerminalStatus:
    """How the terminal is. `detail` is its own code where it gave one; `software` what it runs, as it says."""

    condition: TerminalCondition
    detail: str = ""
    software: str = ""

    @property
    def ready(self) -> bool:
        """Whether a card transaction may be started now."""
        return self.condition is TerminalCondition.READY
