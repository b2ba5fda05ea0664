"""Chart of accounts: what a posting may name.

One chart serves both sides, so that a balance means the same at the station and at HQ. Accounts 1001 to
1003, 1201, 2001, 2002 and 3001 are the shop's own (cash and whose it is, what the bank owes and paid it); all others
are HQ's books about the station.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import NamedTuple


class Account(IntEnum):
    """An account of the general ledger; the number is its code in every report."""

    DRAWER = 1001
    """抽屉现金: cash that should lie in the shop's drawer."""
    CASH_IN_TRANSIT = 1002
    """在途现金: the shop's cash in sealed pouches on the way to the branch; the party is the pouch's label."""
    OWNER_ACCOUNT = 1003
    """结算账户: what the bank has paid into the owner's bound account for withdrawals, fee included."""
    BANK_CLEARING = 1101
    """银行清算: money received for credit purchases, until matched to the bank's own statement."""
    BRANCH_CASH = 1102
    """网点现金: cash at the branch out of pouches from the station, less what it sent."""
    CASH_SENT = 1103
    """在途调拨现金: cash that the branch sent and the station has not accepted; the party is the pouch's label."""
    BANK_ACCOUNT = 1104
    """银行存款: HQ's account at the bank, as its statements show it; below zero in one station's books alone."""
    BANK_RECEIVABLE = 1201
    """应收取款垫款: approved withdrawals that the bank has not confirmed yet; the party is the acquirer."""
    CUSTOMER_CASH = 2001
    """待结顾客款: cash taken from a customer for a payment that is not final, or owed back to the customer."""
    PAYOUT_DUE = 2002
    """待付取款: approved withdrawals whose cash was not handed out yet; the shop owes it to the customer."""
    CREDIT_FREE = 2101
    """可用额度: prepaid credit the station may spend."""
    CREDIT_HELD = 2102
    """冻结额度: prepaid credit held for payments whose result is not known."""
    CREDIT_CODES = 2103
    """凭证码额度: credit sold by code at a branch and not yet released at the station."""
    BILLER_PAYABLE = 2201
    """应付收费单位: collected for a biller and owed to it; the party is the biller code."""
    COD_PAYABLE = 2202
    """应付代收货款: cash on delivery collected for a sender and owed to it; the party is the sender."""
    POSTAGE_PAYABLE = 2203
    """应付寄件资费: postage collected for a carrier and owed to it; the party is the carrier."""
    COMMISSION_PAYABLE = 2301
    """应付酬金: commission stated to the station and not yet paid; the party is empty where HQ pays it, else BRANCH."""
    TAX_WITHHELD = 2302
    """代扣税款: tax withheld from commission and owed to the tax office."""
    STATION_CURRENT = 2401
    """站点往来: cash that the branch holds for the station; below zero, cash that the station had in advance."""
    SUSPENSE = 2901
    """挂账: what breaks a rule rests here, owed by nobody, until a ruling; the party is the reason."""
    CORRECTIONS = 2902
    """更正对方: the other side of what HQ's corrections and rulings claim, give back or bear."""
    SHOP_FUNDS = 3001
    """本店资金: the shop's own money, the counterpart of cash in the drawer that is the shop's."""
    FEE_INCOME = 4101
    """手续费收入: tariff fees taken from payers."""
    COMMISSION_EXPENSE = 5101
    """酬金支出: commission stated to stations."""


class NormalSide(StrEnum):
    """The side on which an account's balance normally stands."""

    DEBIT = "debit"
    CREDIT = "credit"


_DEBIT_NORMAL = frozenset(
    {
        Account.DRAWER,
        Account.CASH_IN_TRANSIT,
        Account.OWNER_ACCOUNT,
        Account.BANK_CLEARING,
        Account.BRANCH_CASH,
        Account.CASH_SENT,
        Account.BANK_ACCOUNT,
        Account.BANK_RECEIVABLE,
        Account.COMMISSION_EXPENSE,
    }
)


def normal_side(account: Account) -> NormalSide:
    """Tell on which side the account's balance is reported as positive."""
    return NormalSide.DEBIT if account in _DEBIT_NORMAL else NormalSide.CREDIT


class Ledger(NamedTuple):
    """An account with the party it is kept for: a biller code, a sender, a carrier, a suspense reason, or empty."""

    account: Account
    party: str = ""


class Posting(NamedTuple):
    """One movement: one debit, one credit, one positive amount, so nothing can be unbalanced."""

    debit: Ledger
    credit: Ledger
    amount_fen: int
