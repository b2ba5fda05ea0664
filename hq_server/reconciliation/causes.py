"""Why a difference was there, and how it ends: fixed lists, each in both languages. None speaks of anybody's fault."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from hq_server.wording import Sentence


class Cause(StrEnum):
    """What was found to be behind a difference; UNEXPLAINED while nothing was."""

    UNEXPLAINED = "UNEXPLAINED"
    CUT_OFF = "CUT_OFF"
    LATE_FILE = "LATE_FILE"
    STATION_OFFLINE = "STATION_OFFLINE"
    COUNTERPARTY_BOOKING = "COUNTERPARTY_BOOKING"
    FILE_FAULT = "FILE_FAULT"
    SENT_TWICE = "SENT_TWICE"
    ANSWER_LOST = "ANSWER_LOST"
    ACCOUNT_DIFFERS = "ACCOUNT_DIFFERS"
    SYSTEM_FAULT = "SYSTEM_FAULT"
    REFUND_WITHOUT_NUMBER = "REFUND_WITHOUT_NUMBER"


CAUSE_WORDS: dict[Cause, Sentence] = {
    Cause.UNEXPLAINED: Sentence("原因不明", "unexplained"),
    Cause.CUT_OFF: Sentence("日切时间不同", "cut-off times differ"),
    Cause.LATE_FILE: Sentence("对账文件晚到", "the file came late"),
    Cause.STATION_OFFLINE: Sentence("站点脱机后补传", "the station was offline"),
    Cause.COUNTERPARTY_BOOKING: Sentence("对方记账差错", "the counterparty's booking"),
    Cause.FILE_FAULT: Sentence("对账文件有误", "the file is wrong"),
    Cause.SENT_TWICE: Sentence("重复发送", "sent twice"),
    Cause.ANSWER_LOST: Sentence("应答丢失", "an answer was lost"),
    Cause.ACCOUNT_DIFFERS: Sentence("户号不一致", "the accounts differ"),
    Cause.SYSTEM_FAULT: Sentence("系统故障", "a system fault"),
    Cause.REFUND_WITHOUT_NUMBER: Sentence("退款无流水号", "money given back without a number"),
}


class Action(StrEnum):
    """How a break ends."""

    NO_ENTRY = "NO_ENTRY"
    MATCH = "MATCH"
    PAY_COUNTERPARTY = "PAY_COUNTERPARTY"
    CLAIM_FROM_COUNTERPARTY = "CLAIM_FROM_COUNTERPARTY"
    RETURN_TO_PAYER = "RETURN_TO_PAYER"
    HQ_BEARS = "HQ_BEARS"


ACTION_WORDS: dict[Action, Sentence] = {
    Action.NO_ENTRY: Sentence("已查明, 不入账", "explained, no entry"),
    Action.MATCH: Sentence("人工勾对", "matched by hand"),
    Action.PAY_COUNTERPARTY: Sentence("补付对方", "pay the counterparty"),
    Action.CLAIM_FROM_COUNTERPARTY: Sentence("向对方追索", "claim from the counterparty"),
    Action.RETURN_TO_PAYER: Sentence("退还缴费人", "return to the payer"),
    Action.HQ_BEARS: Sentence("总部承担", "HQ bears it"),
}


class EntryAccounts(NamedTuple):
    """Debit and credit of the entry that an action makes; the party of each is the counterparty."""

    debit: str
    credit: str


ENTRIES: dict[Action, EntryAccounts] = {
    Action.PAY_COUNTERPARTY: EntryAccounts("SUSPENSE", "COUNTERPARTY_PAYABLE"),
    Action.CLAIM_FROM_COUNTERPARTY: EntryAccounts("COUNTERPARTY_CLAIM", "SUSPENSE"),
    Action.RETURN_TO_PAYER: EntryAccounts("SUSPENSE", "PAYER_REFUND"),
    Action.HQ_BEARS: EntryAccounts("HQ_LOSS", "SUSPENSE"),
}
"""None of these accounts is a station's: what a station is to correct is proposed to it (`hq_server.disputes`)."""
FITTING_SIGN: dict[Action, int] = {
    Action.PAY_COUNTERPARTY: 1,
    Action.HQ_BEARS: 1,
    Action.CLAIM_FROM_COUNTERPARTY: -1,
    Action.RETURN_TO_PAYER: -1,
}
"""Over, their money above ours, is paid or borne; short is claimed or given back."""
