"""What accounts are called, in Chinese and in English: on HQ's pages, in the chain behind a record, on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.accounts import Account

if TYPE_CHECKING:
    from station_journal.accounts import Posting

ACCOUNT_WORDS: dict[Account, tuple[str, str]] = {
    Account.DRAWER: ("抽屉现金", "drawer"),
    Account.CASH_IN_TRANSIT: ("在途现金", "cash on its way"),
    Account.OWNER_ACCOUNT: ("结算账户", "owner's account"),
    Account.BANK_CLEARING: ("银行清算", "bank clearing"),
    Account.BRANCH_CASH: ("网点现金", "branch's cash"),
    Account.CASH_SENT: ("调拨在途", "cash sent"),
    Account.BANK_ACCOUNT: ("银行存款", "HQ's bank account"),
    Account.BANK_RECEIVABLE: ("应收取款垫款", "owed by the bank"),
    Account.CUSTOMER_CASH: ("待结顾客款", "customer's cash"),
    Account.PAYOUT_DUE: ("待付取款", "payout due"),
    Account.CREDIT_FREE: ("可用额度", "free credit"),
    Account.CREDIT_HELD: ("冻结额度", "held credit"),
    Account.CREDIT_CODES: ("凭证码额度", "credit by code"),
    Account.BILLER_PAYABLE: ("应付收费单位", "owed to biller"),
    Account.COD_PAYABLE: ("应付代收货款", "owed to sender"),
    Account.POSTAGE_PAYABLE: ("应付寄件资费", "owed to carrier"),
    Account.COMMISSION_PAYABLE: ("应付酬金", "commission due"),
    Account.TAX_WITHHELD: ("代扣税款", "tax withheld"),
    Account.STATION_CURRENT: ("站点往来", "station's account"),
    Account.SUSPENSE: ("挂账", "suspense"),
    Account.CORRECTIONS: ("更正对方", "corrections"),
    Account.SHOP_FUNDS: ("本店资金", "shop's funds"),
    Account.FEE_INCOME: ("手续费收入", "fee income"),
    Account.COMMISSION_EXPENSE: ("酬金支出", "commission expense"),
}
"""What each account is called, in Chinese and in English."""


def posting_words(posting: Posting) -> tuple[str, str]:
    """Say a posting in plain words, in Chinese and in English: where from and where to."""
    debit, credit = (
        tuple(" ".join(filter(None, (words, ledger.party))) for words in ACCOUNT_WORDS[ledger.account])
        for ledger in (posting.debit, posting.credit)
    )
    return f"借 {debit[0]} 贷 {credit[0]}", f"debit {debit[1]}, credit {credit[1]}"
