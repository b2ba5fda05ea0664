"""Why a bank gives a payment back: ISO 20022 external return reason codes as they are met, in plain words."""

from __future__ import annotations

from hq_server.wording import Sentence

RETURN_WORDS: dict[str, Sentence] = {
    "AC01": Sentence("账号有误", "the account number is wrong"),
    "AC03": Sentence("收款账号无效", "the payee's account number is invalid"),
    "AC04": Sentence("账户已销户", "the account is closed"),
    "AC06": Sentence("账户被冻结", "the account is blocked"),
    "AG01": Sentence("该账户不能办理此业务", "the account does not take such payments"),
    "AM05": Sentence("重复付款", "paid twice"),
    "AM09": Sentence("金额有误", "the amount is wrong"),
    "BE01": Sentence("户名与账号不符", "name and account do not belong together"),
    "BE04": Sentence("缺少收款人地址", "the payee's address is missing"),
    "BE05": Sentence("收款方不认识付款人", "the payee does not know who paid"),
    "FOCR": Sentence("应付款方要求退回", "given back at the payer's own request"),
    "MD07": Sentence("户主已去世", "the holder has died"),
    "MS02": Sentence("收款人未说明原因", "the payee gave no reason"),
    "MS03": Sentence("银行未说明原因", "the bank gave no reason"),
    "RC01": Sentence("收款行行号有误", "the payee's bank number is wrong"),
    "RR04": Sentence("监管原因", "for a regulatory reason"),
}
"""Codes that are not here are shown as they are, with the bank's own text."""


def reason_of(code: str, said: str) -> str:
    """Give the reason that is kept with a payment: the bank's code, and what it says beside it."""
    return " ".join(f"{code} {said}".split())


def return_words(reason: str) -> Sentence | None:
    """Say what the code at the head of a kept reason means, None where nobody knows."""
    return RETURN_WORDS.get(reason.partition(" ")[0])
